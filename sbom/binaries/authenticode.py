"""Authenticode messages: who signed a file, when, and whether the file is still that one.

A signature is a PKCS #7 message over the digest of a file, which is computed as its kind of file
wants it: Windows Authenticode Portable Executable Signature Format. Whether the certificate leads
to a trusted root depends on the day and on the list of roots, and is not looked at.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC
from functools import cache
from itertools import islice
from typing import Any

from asn1crypto import algos, cms, core

from sbom.binaries.pkcs7 import ALGORITHMS, DAMAGE, dump_certificates, find_certificate, is_signed
from sbom.binaries.signature import DigestFn, Signature, SignatureStatus
from sbom.binaries.timestamp import read_timestamp

#: The largest signature that is read; those of python.org have 10 KB.
_LARGEST = 1 << 20
#: The most secondary signatures that are read; files of Microsoft have one.
_MOST_SECONDARY = 16
#: SPC_NESTED_SIGNATURE, which has whole messages, and the countersignature of PKCS #9.
_NESTED, _COUNTERSIGNATURE = "microsoft_nested_signature", "counter_signature"
_LONGEST_TEXT = 512
_LONGEST_SHORT = 0x7F
#: SPC_INDIRECT_DATA_OBJID: a digest and what it is of.
_INDIRECT_DATA = "1.3.6.1.4.1.311.2.1.4"
#: id-data: any bytes.
_DATA = "1.2.840.113549.1.7.1"
_NUPKG_CONTENT = re.compile(rb"Version:1\r?\n\r?\n([0-9.]+)-Hash:([A-Za-z0-9+/=]+)(?:\r?\n)*")
#: szOID_CTL: a list of digests.
_TRUST_LIST = "1.3.6.1.4.1.311.10.1"
#: Names of attributes as certificates are usually written, RFC 4514.
_SHORT_NAMES = {
    "common_name": "CN",
    "organization_name": "O",
    "organizational_unit_name": "OU",
    "locality_name": "L",
    "state_or_province_name": "ST",
    "country_name": "C",
}


def parse_signature(message: bytes, compute_digest: DigestFn) -> Signature:
    """Return the signature in a PKCS #7 message in DER. Never raises: see ``SignatureStatus``."""
    return _parse(message, _INDIRECT_DATA, compute_digest)


def parse_nupkg_signature(message: bytes, compute_digest: DigestFn) -> Signature:
    """Return the signature of a NuGet package. Never raises: see ``SignatureStatus``.

    NuGet's "Package Signatures Technical Details": what is signed is a text with the digest.
    """
    return _parse(message, _DATA, compute_digest)


def _parse(message: bytes, content_type: str, compute_digest: DigestFn) -> Signature:
    if len(message) > _LARGEST:
        error = f"it has more than {_LARGEST:,} bytes, and is not read"
        return Signature(status=SignatureStatus.DAMAGED, parse_error=error)
    compute_once = cache(compute_digest)
    try:
        signed = cms.ContentInfo.load(message)["content"]
        signature = _read(signed, content_type, compute_once)
    except DAMAGE:
        return Signature(status=SignatureStatus.DAMAGED)
    return replace(signature, secondary=_read_secondary(signed, content_type, compute_once))


def parse_catalog(data: bytes) -> tuple[Signature, frozenset[str]]:
    """Return the signature of a catalog and the digests in it, in hexadecimal. Never raises."""
    try:
        signed = cms.ContentInfo.load(data)["content"]
        signature = _read(signed, _TRUST_LIST, None)
        secondary = _read_secondary(signed, _TRUST_LIST, None)
        content = signed["encap_content_info"]["content"]
        # The last part of the list has the members: a digest and what it is of.
        *_, members = core.SequenceOf(spec=core.Any, contents=content.contents)
        entries = _elements(members.contents)
        digests = {next(_elements(entry), b"").hex() for entry in entries}
        return replace(signature, secondary=secondary), frozenset(digests - {""})
    except DAMAGE:
        return Signature(status=SignatureStatus.DAMAGED), frozenset()


def _elements(data: bytes) -> Iterator[bytes]:
    """Yield the contents of each element in DER; asn1crypto takes 40 s for the largest catalog.

    ITU-T X.690, 8.1.3: up to 127, a length is one byte; longer ones say how many bytes follow.
    """
    at = 0
    while at + 1 < len(data):
        length, at = data[at + 1], at + 2
        if length > _LONGEST_SHORT:
            size = length & _LONGEST_SHORT
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        if at + length > len(data):
            raise ValueError("ends too early")
        yield data[at : at + length]
        at += length


def _read(signed: Any, content_type: str, compute_digest: DigestFn | None) -> Signature:
    signer = signed["signer_infos"][0]
    certificate = find_certificate(signed["certificates"], signer)
    _validate(signed, signer)
    found = _describe(signer, certificate, signed["certificates"], content_type)
    try:
        content = signed["encap_content_info"]
        if content["content_type"].dotted != content_type:
            return found
        data = content["content"].contents if content_type != _DATA else bytes(content["content"])
        if not is_signed(data, signer, certificate):
            return found
        if compute_digest is None:  # a catalog is in its own signature
            return replace(found, status=SignatureStatus.INTACT)
        stated = (
            _nupkg_digest(data) if content_type == _DATA else _signed_digest(content["content"])
        )
        is_same = compute_digest(stated[0]) == stated[1]
    except DAMAGE:
        return found
    return replace(found, status=SignatureStatus.INTACT if is_same else SignatureStatus.CHANGED)


def _read_secondary(
    signed: Any, content_type: str, compute_digest: DigestFn | None
) -> tuple[Signature, ...]:
    """Return the signatures that are attributes of the first one. Never raises.

    Windows looks for them one level deep. No signature covers such an attribute: it can be added.
    """
    found: list[Signature] = []
    try:
        signer, certificates = signed["signer_infos"][0], signed["certificates"]
        values = _secondary_values(signer, content_type)
        for kind, value in islice(values, _MOST_SECONDARY):
            found.append(Signature(status=SignatureStatus.DAMAGED))
            with suppress(*DAMAGE):
                if kind == _NESTED:
                    found[-1] = _read(value["content"], content_type, compute_digest)
                else:
                    found[-1] = _read_countersignature(value, certificates, signer)
        if next(values, None):
            error = f"there are more than {_MOST_SECONDARY}, and not all are read"
            found.append(Signature(status=SignatureStatus.DAMAGED, parse_error=error))
    except DAMAGE:
        found.append(Signature(status=SignatureStatus.DAMAGED))
    return tuple(found)


def _secondary_values(signer: Any, content_type: str) -> Iterator[tuple[str, Any]]:
    # In a NuGet package, a countersignature is one of the repository, and no timestamp.
    kinds = (_NESTED, _COUNTERSIGNATURE) if content_type == _DATA else (_NESTED,)
    for attribute in signer["unsigned_attrs"] or ():
        kind = attribute["type"].native
        if kind in kinds:
            yield from ((kind, value) for value in attribute["values"])


def _read_countersignature(value: Any, certificates: Any, signer: Any) -> Signature:
    certificate = find_certificate(certificates, value)
    found = _describe(value, certificate, certificates, _DATA)
    is_intact = is_signed(signer["signature"].native, value, certificate)
    return replace(found, status=SignatureStatus.INTACT) if is_intact else found


def _describe(signer: Any, certificate: Any, certificates: Any, content_type: str) -> Signature:
    """Return who signed and when, as if the signature could not be verified."""
    subject = dict(_attributes(certificate.subject))
    found = Signature(
        status=SignatureStatus.DAMAGED,
        signer=subject.get("O") or subject.get("CN", ""),
        subject=_render_name(certificate.subject),
        issuer=_render_name(certificate.issuer),
        serial=certificate["tbs_certificate"]["serial_number"].contents.hex(),
        certificates=dump_certificates(certificate, certificates),
    )
    try:
        timestamp = read_timestamp(signer, certificates, allows_pkcs9=content_type != _DATA)
    except DAMAGE:
        return replace(found, has_invalid_timestamp=True)
    if timestamp is None:
        return found
    return replace(
        found,
        signed_at=f"{timestamp.time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        timestamp_certificates=timestamp.certificates,
    )


def _validate(signed: Any, signer: Any) -> None:
    """Raise one of ``DAMAGE`` if a message is not as every program writes it.

    asn1crypto parses only what is used, and other programs refuse damage elsewhere too.
    """
    for part in (signed["version"], signer["version"], signer["signature_algorithm"]):
        _ = part.native
    stated = [part["algorithm"].native for part in signed["digest_algorithms"]]
    if signer["digest_algorithm"]["algorithm"].native not in stated:
        raise ValueError("a digest that the message does not name")


def _attributes(name: Any) -> Iterator[tuple[str, str]]:
    """Yield the parts of a name in a certificate, from the country to the common name."""
    for parts in name.chosen:
        for part in parts:
            kind = part["type"].native
            yield _SHORT_NAMES.get(kind, kind), str(part["value"].native)[:_LONGEST_TEXT]


def _render_name(name: Any) -> str:
    parts = [f"{kind}={value.replace(',', chr(92) + ',')}" for kind, value in _attributes(name)]
    return ", ".join(reversed(parts))[:_LONGEST_TEXT]


def _signed_digest(content: Any) -> tuple[str, bytes]:
    """Return the digest that was signed, and its algorithm. Raises ValueError."""
    parts = core.SequenceOf(spec=core.Any, contents=content.contents)
    stated = parts[1].parse(algos.DigestInfo)
    algorithm = stated["digest_algorithm"]["algorithm"].native
    if algorithm not in ALGORITHMS:
        raise ValueError("unknown digest")
    return algorithm, stated["digest"].native


def _nupkg_digest(content: bytes) -> tuple[str, bytes]:
    """Return the digest that was signed of a NuGet package, and its algorithm."""
    stated = _NUPKG_CONTENT.fullmatch(content)
    if not stated:
        raise ValueError("unknown content")
    algorithm: str = algos.DigestAlgorithmId(stated[1].decode()).native
    if algorithm not in ALGORITHMS:
        raise ValueError("unknown digest")
    return algorithm, b64decode(stated[2])
