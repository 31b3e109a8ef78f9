"""Authenticode messages: who signed a file, when, and whether the file is still that one.

A signature is a PKCS #7 message over the digest of a file, which is computed as its kind of file
wants it: Windows Authenticode Portable Executable Signature Format. asn1crypto parses the message
and cryptography verifies it. Whether the certificate leads to a trusted root depends on the day
and on the list of roots, and is not looked at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from asn1crypto import algos, cms, core, tsp
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from sbom.binaries.signature import DigestFn, Signature, SignatureStatus

#: The largest signature that is read; those of python.org have 10 KB.
_LARGEST = 1 << 20
_LONGEST_TEXT = 512
#: SPC_INDIRECT_DATA_OBJID: a digest and what it is of.
_INDIRECT_DATA = "1.3.6.1.4.1.311.2.1.4"
#: szOID_CTL: a list of digests.
_TRUST_LIST = "1.3.6.1.4.1.311.10.1"
#: What Windows accepts; SHA-1 in files of before 2016.
_ALGORITHMS = ("sha1", "sha256", "sha384", "sha512")
#: Names of attributes as certificates are usually written, RFC 4514.
_SHORT_NAMES = {
    "common_name": "CN",
    "organization_name": "O",
    "organizational_unit_name": "OU",
    "locality_name": "L",
    "state_or_province_name": "ST",
    "country_name": "C",
}
#: What asn1crypto raises where a message is damaged, mostly when a value is first used.
_DAMAGE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)


def parse_signature(message: bytes, compute_digest: DigestFn) -> Signature:
    """Return the signature in a PKCS #7 message in DER. Never raises: see ``SignatureStatus``."""
    if len(message) > _LARGEST:
        return Signature(status=SignatureStatus.DAMAGED)
    try:
        return _read(cms.ContentInfo.load(message)["content"], compute_digest)
    except _DAMAGE:
        return Signature(status=SignatureStatus.DAMAGED)


def parse_catalog(data: bytes) -> tuple[Signature, frozenset[str]]:
    """Return the signature of a catalog and the digests in it, in hexadecimal. Never raises."""
    try:
        signed = cms.ContentInfo.load(data)["content"]
        signature = _read(signed, None)
        content = signed["encap_content_info"]["content"]
        # The last part of the list has the members: a digest and what it is of.
        *_, members = core.SequenceOf(spec=core.Any, contents=content.contents)
        entries = core.SequenceOf.load(members.dump(), spec=core.Any)
        digests = [core.SequenceOf.load(one.dump(), spec=core.Any)[0].contents for one in entries]
        return signature, frozenset(digest.hex() for digest in digests)
    except _DAMAGE:
        return Signature(status=SignatureStatus.DAMAGED), frozenset()


def _read(signed: Any, compute_digest: DigestFn | None) -> Signature:
    signer = signed["signer_infos"][0]
    certificate = _find_certificate(signed, signer)
    subject = dict(_attributes(certificate.subject))
    found = Signature(
        status=SignatureStatus.DAMAGED,
        signer=subject.get("O") or subject.get("CN", ""),
        subject=_render_name(certificate.subject),
        issuer=_render_name(certificate.issuer),
        serial=certificate["tbs_certificate"]["serial_number"].contents.hex(),
        signed_at=_timestamp(signer),
    )
    try:
        return replace(found, status=_verify(signed, signer, certificate, compute_digest))
    except _DAMAGE:
        return found


def _find_certificate(signed: Any, signer: Any) -> Any:
    """Return the certificate of who signed. Raises ValueError if the message lacks it."""
    wanted = signer["sid"].chosen
    for choice in signed["certificates"]:
        certificate = choice.chosen
        same_serial = certificate.serial_number == wanted["serial_number"].native
        if same_serial and certificate.issuer.dump() == wanted["issuer"].dump():
            return certificate
    raise ValueError("no certificate of the signer")


def _attributes(name: Any) -> Iterator[tuple[str, str]]:
    """Yield the parts of a name in a certificate, from the country to the common name."""
    for parts in name.chosen:
        for part in parts:
            kind = part["type"].native
            yield _SHORT_NAMES.get(kind, kind), str(part["value"].native)[:_LONGEST_TEXT]


def _render_name(name: Any) -> str:
    parts = [f"{kind}={value.replace(',', chr(92) + ',')}" for kind, value in _attributes(name)]
    return ", ".join(reversed(parts))[:_LONGEST_TEXT]


def _timestamp(signer: Any) -> str:
    """Return the time of the timestamp of a signature, or an empty text."""
    for attribute in signer["unsigned_attrs"] or ():
        value = attribute["values"][0]
        if attribute["type"].native == "microsoft_time_stamp_token":
            token = bytes(value["content"]["encap_content_info"]["content"])
            return _render_time(tsp.TSTInfo.load(token)["gen_time"].native)
        if attribute["type"].native == "counter_signature":
            for signed in value["signed_attrs"]:
                if signed["type"].native == "signing_time":
                    return _render_time(signed["values"][0].native)
    return ""


def _render_time(time: Any) -> str:
    return str(time.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _verify(
    signed: Any, signer: Any, certificate: Any, compute_digest: DigestFn | None
) -> SignatureStatus:
    content = signed["encap_content_info"]
    expected = _INDIRECT_DATA if compute_digest else _TRUST_LIST
    if content["content_type"].dotted != expected or not _is_signed(
        content["content"].contents, signer, certificate
    ):
        return SignatureStatus.DAMAGED
    if compute_digest is None:  # a catalog is in its own signature
        return SignatureStatus.INTACT
    algorithm, digest = _signed_digest(content["content"])
    is_same = compute_digest(algorithm) == digest
    return SignatureStatus.INTACT if is_same else SignatureStatus.CHANGED


def _signed_digest(content: Any) -> tuple[str, bytes]:
    """Return the digest that was signed, and its algorithm. Raises ValueError."""
    parts = core.SequenceOf(spec=core.Any, contents=content.contents)
    stated = parts[1].parse(algos.DigestInfo)
    algorithm = stated["digest_algorithm"]["algorithm"].native
    if algorithm not in _ALGORITHMS:
        raise ValueError("unknown digest")
    return algorithm, stated["digest"].native


def _is_signed(content: bytes, signer: Any, certificate: Any) -> bool:
    """Return whether the key of a certificate signed content. Raises ValueError."""
    name = signer["digest_algorithm"]["algorithm"].native
    if name not in _ALGORITHMS:
        raise ValueError("unknown digest")
    attributes = signer["signed_attrs"]
    if attributes:
        [stated] = [one for one in attributes if one["type"].native == "message_digest"]
        if stated["values"][0].native != hashlib.new(name, content, usedforsecurity=False).digest():
            return False
        content = attributes.untag().dump()
    algorithm = getattr(hashes, name.upper())()
    signature = signer["signature"].native
    try:
        key = serialization.load_der_public_key(certificate.public_key.dump())
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, content, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, content, ec.ECDSA(algorithm))
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
