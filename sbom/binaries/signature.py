"""Signatures of files: who signed one, when, and whether the file is still that one.

``authenticode`` reads them; it is imported only where a file is signed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

#: szOID_CTL: a list of digests, and how it is encoded; where a catalog has it.
_CATALOG_ID, _CATALOG_START = bytes.fromhex("2b0601040182370a01"), 128


class SignatureStatus(StrEnum):
    """Whether a file is the one that was signed."""

    INTACT = "intact"
    CHANGED = "changed"
    DAMAGED = "damaged"


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """A signature of a file.

    ``signer`` is the organization that signed, or the name in a certificate without one;
    ``subject`` and ``issuer`` are names as RFC 4514 writes them, ``serial`` is hexadecimal;
    ``signed_at`` is the time of the timestamp as ``2026-06-09T12:00:00Z``, empty without one and
    with one that is not of this signature or cannot be verified: ``has_invalid_timestamp``. All can
    be empty if the status is ``DAMAGED``; ``parse_error`` says why, if more is known. ``secondary``
    are the other signatures of the file, which Windows does not look at by default: those nested in
    this one, further ones of a PE file, and countersignatures of a NuGet package. They have no
    secondary ones themselves. ``certificates`` are those of the message in DER, that of the signer
    first; so are ``timestamp_certificates``, that of the authority first.
    """

    status: SignatureStatus
    signer: str = ""
    subject: str = ""
    issuer: str = ""
    serial: str = ""
    signed_at: str = ""
    has_invalid_timestamp: bool = False
    parse_error: str = ""
    secondary: tuple[Signature, ...] = ()
    certificates: tuple[bytes, ...] = field(default=(), repr=False, compare=False)
    timestamp_certificates: tuple[bytes, ...] = field(default=(), repr=False, compare=False)

    @property
    def is_intact(self) -> bool:
        """Return whether the file is the one that was signed."""
        return self.status is SignatureStatus.INTACT

    @property
    def all_signatures(self) -> tuple[Signature, ...]:
        """Return this signature and the secondary ones."""
        return self, *self.secondary

    def __str__(self) -> str:
        """Return in words who signed, the same for the same signature."""
        signed_at = f", timestamp {self.signed_at}" if self.signed_at else ""
        return f"{self.subject} (issuer {self.issuer}, serial {self.serial}{signed_at})"


#: Computes the digest of a file by the name of an algorithm, as a signature of it covers it.
DigestFn = Callable[[str], bytes]


def is_catalog(start: bytes) -> bool:
    """Return whether a file that starts so is a security catalog: a signed list of digests."""
    return start[:1] == b"\x30" and _CATALOG_ID in start[:_CATALOG_START]


def read_signature(message: bytes, compute_digest: DigestFn) -> Signature:
    """Return the signature in a PKCS #7 message in DER. Never raises: see ``SignatureStatus``."""
    # Importing its libraries takes 40 ms, which only a run that reads signed files should pay.
    from sbom.binaries import authenticode  # noqa: PLC0415

    return authenticode.parse_signature(message, compute_digest)


def read_nupkg_signature(message: bytes, compute_digest: DigestFn) -> Signature:
    """Return the signature of a NuGet package, in CMS. Never raises: see ``SignatureStatus``."""
    from sbom.binaries import authenticode  # noqa: PLC0415 - see read_signature

    return authenticode.parse_nupkg_signature(message, compute_digest)


def read_catalog(data: bytes) -> tuple[Signature, frozenset[str]]:
    """Return the signature of a catalog and the digests in it, in hexadecimal. Never raises.

    https://learn.microsoft.com/windows-hardware/drivers/install/catalog-files: a digest is the
    Authenticode digest of a PE file, and that of all bytes of any other file.
    """
    from sbom.binaries import authenticode  # noqa: PLC0415 - see read_signature

    return authenticode.parse_catalog(data)
