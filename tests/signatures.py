"""Makes Authenticode signatures by a certificate of its own, as osslsigncode makes them.

LIEF and osslsigncode verify them, which share no code with this.
"""

from __future__ import annotations

import hashlib
import io
import ssl
import struct
import zipfile
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_INDIRECT_DATA = "1.3.6.1.4.1.311.2.1.4"
_PE_IMAGE = "1.3.6.1.4.1.311.2.1.15"
#: SpcPeImageData without flags, and a link to nothing, as every signing tool writes it.
_PE_IMAGE_DATA = bytes.fromhex("3009030100a004a2028000")
#: Of the key, in bytes.
_KEY_SIZE = 256


class _Subject(core.Sequence):  # type: ignore[misc]
    _fields = [("type", core.ObjectIdentifier), ("value", core.Any)]  # noqa: RUF012


class _IndirectData(core.Sequence):  # type: ignore[misc]
    _fields = [("data", _Subject), ("message_digest", algos.DigestInfo)]  # noqa: RUF012


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=_KEY_SIZE * 8)


@cache
def _certificate(organization: str) -> bytes:
    """Return a certificate of an organization, signed by itself, in DER."""
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{organization} Signing"),
        ]
    )
    start = datetime(2020, 1, 1, tzinfo=UTC)
    usages = [ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.TIME_STAMPING]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_key().public_key())
        .serial_number(0x0102)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=10_000))
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(_key().public_key()), critical=False
        )
        .sign(_key(), hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER)


def pem_of(organizations: Iterable[str]) -> str:
    """Return the certificates of organizations in PEM: what to trust, to trust their signatures."""
    return "".join(ssl.DER_cert_to_PEM_cert(_certificate(name)) for name in organizations)


def signature_of(digest: bytes, organization: str) -> bytes:
    """Return a PKCS #7 message in which an organization signs a SHA-256."""
    subject = {"type": _PE_IMAGE, "value": core.Any.load(_PE_IMAGE_DATA)}
    stated = {"digest_algorithm": {"algorithm": "sha256"}, "digest": digest}
    content = _IndirectData({"data": subject, "message_digest": stated}, explicit=0)
    return _message(_INDIRECT_DATA, content, organization)


def nupkg_signature_of(digest: bytes, organization: str) -> bytes:
    """Return the message in which an organization signs the SHA-256 of a NuGet package."""
    text = f"Version:1\n\n2.16.840.1.101.3.4.2.1-Hash:{b64encode(digest).decode()}\n\n"
    content = core.ParsableOctetString(text.encode(), explicit=0)
    return _message("data", content, organization, names_key=True)


def signed_nupkg(data: bytes, organization: str, change: Callable[[bytes], bytes] = bytes) -> bytes:
    """Return a NuGet package, which is a zip file, signed by an organization.

    ``change`` changes the message.
    """
    message = change(nupkg_signature_of(hashlib.sha256(data).digest(), organization))
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as opened:
        opened.writestr(zipfile.ZipInfo(".signature.p7s", (2026, 1, 1, 0, 0, 0)), message)
    return buffer.getvalue()


def catalog_of(digests: Iterable[bytes], organization: str) -> bytes:
    """Return a security catalog that lists digests, signed by an organization."""
    members = [core.OctetString(digest).dump() + b"\x31\x00" for digest in digests]
    parts = [
        _sequence(core.ObjectIdentifier("1.3.6.1.4.1.311.12.1.1").dump()),
        core.OctetString(bytes(16)).dump(),
        core.UTCTime(datetime(2026, 6, 9, tzinfo=UTC)).dump(),
        _sequence(core.ObjectIdentifier("1.3.6.1.4.1.311.12.1.2").dump(), core.Null().dump()),
        _sequence(*map(_sequence, members)),
    ]
    content = core.Sequence(explicit=0, contents=b"".join(parts))
    return _message("1.3.6.1.4.1.311.10.1", content, organization)


def _sequence(*parts: bytes) -> bytes:
    made: bytes = core.Sequence(contents=b"".join(parts)).dump()
    return made


def _message(kind: str, content: Any, organization: str, *, names_key: bool = False) -> bytes:
    """Return a message; with ``names_key``, it names the signer by key, not by certificate."""
    content.dump()
    certificate = asn1_x509.Certificate.load(_certificate(organization))
    signed = cms.SignedData(
        {
            "version": "v3" if kind == "tst_info" or names_key else "v1",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": kind, "content": content},
            "certificates": [certificate],
            "signer_infos": [
                _signer_info(kind, content.contents, organization, names_key=names_key)
            ],
        }
    )
    message: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()
    return message


def _signer_info(
    kind: str,
    content: bytes,
    organization: str,
    more: Iterable[cms.CMSAttribute] = (),
    *,
    names_key: bool = False,
) -> cms.SignerInfo:
    attributes = cms.CMSAttributes(
        [
            _attribute("content_type", cms.ContentType(kind)),
            _attribute("message_digest", core.OctetString(hashlib.sha256(content).digest())),
            *more,
        ]
    )
    certificate = asn1_x509.Certificate.load(_certificate(organization))
    signer = cms.IssuerAndSerialNumber(
        {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    )
    return cms.SignerInfo(
        {
            "version": "v3" if names_key else "v1",
            "sid": cms.SignerIdentifier("subject_key_identifier", certificate.key_identifier)
            if names_key
            else cms.SignerIdentifier("issuer_and_serial_number", signer),
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "rsassa_pkcs1v15"},
            "signature": _key().sign(attributes.dump(), padding.PKCS1v15(), hashes.SHA256()),
        }
    )


def _attribute(kind: str, value: Any) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": kind, "values": [value]})


def timestamped(message: bytes, time: datetime, authority: str) -> bytes:
    """Return a message with a timestamp as RFC 3161 has it, which is not signed with the file."""
    parsed = cms.ContentInfo.load(message)
    [signer] = parsed["content"]["signer_infos"]
    digest = hashlib.sha256(signer["signature"].native).digest()
    stated = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": "1.2.3.4",
            "message_imprint": {
                "hash_algorithm": {"algorithm": "sha256"},
                "hashed_message": digest,
            },
            "serial_number": 1,
            "gen_time": time,
        }
    )
    content = core.ParsableOctetString(stated.dump(), explicit=0)
    token = cms.ContentInfo.load(_message("tst_info", content, authority))
    return _with_unsigned(parsed, _attribute("microsoft_time_stamp_token", token))


def countersigned(
    message: bytes, time: datetime, authority: str, *, names_algorithm: bool = True
) -> bytes:
    """Return a message with a timestamp as it was before RFC 3161: PKCS #9, countersignature.

    Without ``names_algorithm``, the digest that is signed does not name its algorithm.
    """
    parsed = cms.ContentInfo.load(message)
    [signer] = parsed["content"]["signer_infos"]
    signed_at = _attribute("signing_time", cms.Time({"utc_time": time}))
    made = _signer_info("data", signer["signature"].native, authority, [signed_at])
    if not names_algorithm:
        digest = hashlib.sha256(made["signed_attrs"].untag().dump()).digest()
        numbers = _key().private_numbers()
        padded = b"\0\1" + b"\xff" * (_KEY_SIZE - 3 - len(digest)) + b"\0" + digest
        value = pow(int.from_bytes(padded, "big"), numbers.d, numbers.public_numbers.n)
        made["signature"] = value.to_bytes(_KEY_SIZE, "big")
    certificate = asn1_x509.Certificate.load(_certificate(authority))
    parsed["content"]["certificates"].append(cms.CertificateChoices("certificate", certificate))
    return _with_unsigned(parsed, _attribute("counter_signature", made))


def nested(message: bytes, *others: bytes) -> bytes:
    """Return a message with other messages nested in it, as osslsigncode's -nest writes them."""
    values = [cms.ContentInfo.load(other) for other in others]
    attribute = cms.CMSAttribute({"type": "microsoft_nested_signature", "values": values})
    return _with_unsigned(cms.ContentInfo.load(message), attribute)


def with_timestamp_of(message: bytes, other: bytes) -> bytes:
    """Return a message with the timestamp of another message."""
    [signer] = cms.ContentInfo.load(other)["content"]["signer_infos"]
    return _with_unsigned(cms.ContentInfo.load(message), signer["unsigned_attrs"][0])


def _with_unsigned(parsed: cms.ContentInfo, attribute: cms.CMSAttribute) -> bytes:
    [signer] = parsed["content"]["signer_infos"]
    signer["unsigned_attrs"] = cms.CMSAttributes([attribute])
    made: bytes = parsed.dump()
    return made


def signed_pe(
    data: bytes,
    organization: str = "Python Software Foundation",
    time: datetime | None = None,
    further: Sequence[bytes] = (),
    inside: Sequence[bytes] = (),
) -> bytes:
    """Return an unsigned PE file, signed by an organization, with a timestamp of a time.

    ``further`` messages are certificates after the first one, those ``inside`` are nested in it.
    """
    data = data.ljust(-(-len(data) // 8) * 8, b"\0")
    optional = int.from_bytes(data[60:64], "little") + 24
    wide = data[optional : optional + 2] == b"\x0b\x02"
    checksum, entry = optional + 64, optional + (112 if wide else 96) + 4 * 8
    covered = data[:checksum] + data[checksum + 4 : entry] + data[entry + 8 :]
    message = signature_of(hashlib.sha256(covered).digest(), organization)
    if time:
        message = timestamped(message, time, "Any Authority")
    if inside:
        message = nested(message, *inside)
    table = b"".join(map(_certificate_entry, (message, *further)))
    directory = struct.pack("<II", len(data), len(table))
    return data[:entry] + directory + data[entry + 8 :] + table


def _certificate_entry(message: bytes) -> bytes:
    padded = message.ljust(-(-len(message) // 8) * 8, b"\0")
    return struct.pack("<IHH", 8 + len(padded), 0x200, 2) + padded


def signed_msix(data: bytes, organization: str) -> bytes:
    """Return an MSIX package, which is a zip file, signed by an organization."""
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        start = opened.start_dir
        parts = {"AXPC": data[:start], "AXCD": data[start:]}
        names = {
            "AXCT": "[Content_Types].xml",
            "AXBM": "AppxBlockMap.xml",
            "AXCI": "AppxMetadata/CodeIntegrity.cat",
        }
        parts |= {
            mark: opened.read(name) for mark, name in names.items() if name in opened.namelist()
        }
    digest = b"APPX" + b"".join(
        mark.encode() + hashlib.sha256(part).digest() for mark, part in parts.items()
    )
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as opened:
        info = zipfile.ZipInfo("AppxSignature.p7x", (2026, 1, 1, 0, 0, 0))
        opened.writestr(info, b"PKCX" + signature_of(digest, organization))
    return buffer.getvalue()
