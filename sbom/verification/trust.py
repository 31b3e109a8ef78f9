"""Whether Windows trusts who signed: what depends on the day and on the list of roots.

No document states it. Signatures that are not intact are reported elsewhere, and not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from sbom.binaries.chain import ChainVerifier, Root, Usage, is_certificate
from sbom.binaries.signature import Signature, SignatureStatus
from sbom.binaries.windows_roots import parse_roots, read_windows_roots
from sbom.diagnostics import Diagnostic, InputError
from sbom.diagnostics.inspection_messages import untrusted_signer
from sbom.diagnostics.io_messages import input_error
from sbom.io import read_bytes
from sbom.verification.target import VerifyTarget

#: The largest file of certificates that is read; that of Windows' roots has 1.2 MB.
_ROOTS_SIZE = 16 << 20


def check_trust(
    target: VerifyTarget, more_roots: Sequence[Root], now: datetime
) -> Iterator[Diagnostic]:
    """Yield which signatures in a target lead to no root that Windows trusts for code signing.

    What counts is the time of the timestamp, and ``now`` without one that is trusted itself. Files
    that were signed with one certificate are one diagnostic. ``more_roots`` are trusted too.
    """
    signed = [
        (path, signature)
        for path, signature in target.signatures
        if signature.status is SignatureStatus.INTACT
    ]
    if not signed:
        return
    verifier = ChainVerifier([*read_windows_roots(), *more_roots])
    found: dict[tuple[str, str, str], list[str]] = {}
    for path, signature in signed:
        for subject, fault in _find_faults(signature, verifier, now):
            found.setdefault((subject, signature.serial, fault), []).append(path)
    for (subject, serial, fault), paths in found.items():
        yield untrusted_signer(target.name, paths, subject, serial=serial, found=fault)


def _find_faults(
    signature: Signature, verifier: ChainVerifier, now: datetime
) -> Iterator[tuple[str, str]]:
    """Yield what Windows does not trust, a signature or its timestamp, with the reason."""
    moment = now
    if signature.signed_at:
        signed_at = datetime.fromisoformat(signature.signed_at)
        authority = signature.timestamp_certificates
        if fault := verifier.find_fault(authority, Usage.TIME_STAMPING, signed_at):
            yield f"timestamp of the signature of {signature.signer}", fault
        else:
            moment = signed_at
    if fault := verifier.find_fault(signature.certificates, Usage.CODE_SIGNING, moment):
        yield f"signature of {signature.signer}", fault


def read_root_file(path: Path) -> list[Root]:
    """Return the certificates in a PEM file. Raises InputError if there are none."""
    text = read_bytes(path, _ROOTS_SIZE).decode("ascii", "replace")
    try:
        roots = list(parse_roots(text))
    except ValueError:
        roots = []
    if not roots or not all(is_certificate(root.certificate) for root in roots):
        message, hint = "has no certificates in PEM", "name a file with root certificates"
        raise InputError([input_error(str(path), message, hint)])
    return roots
