"""Whether Windows trusts who signed: what depends on the day and on the list of roots.

No document states it. Signatures that are not intact are reported elsewhere, and not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sbom.binaries.chain import ChainVerifier, Root, Usage, is_certificate
from sbom.binaries.signature import Signature
from sbom.binaries.windows_roots import parse_roots, read_windows_roots
from sbom.content_kind import describe_content
from sbom.diagnostics import Diagnostic, InputError
from sbom.diagnostics.inspection_messages import untrusted_signer
from sbom.diagnostics.io_messages import input_error
from sbom.io import read_bytes
from sbom.verification.target import VerifyTarget

#: The largest file of certificates that is read; that of Windows' roots has 1.2 MB.
_ROOTS_SIZE = 16 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class SignatureResult:
    """A signature of a file, and what Windows does not trust of it: a subject with a reason.

    The path of the target itself is empty. Only intact signatures are looked at.
    """

    file: str
    signature: Signature
    is_secondary: bool = False
    faults: tuple[tuple[str, str], ...] = ()


def assess_signatures(
    target: VerifyTarget, more_roots: Sequence[Root], now: datetime
) -> tuple[SignatureResult, ...]:
    """Return the signatures in a target, and which lead to no root that Windows trusts for them.

    What counts is the time of the timestamp, and ``now`` without one that is trusted itself.
    ``more_roots`` are trusted too.
    """
    found = [
        SignatureResult(file=file.path, signature=signature, is_secondary=number > 0)
        for file in target.all_files
        if file.signature
        for number, signature in enumerate(file.signature.all_signatures)
    ]
    if not any(result.signature.is_intact for result in found):
        return tuple(found)
    verifier = ChainVerifier([*read_windows_roots(), *more_roots])
    return tuple(
        replace(result, faults=tuple(_find_faults(result.signature, verifier, now)))
        if result.signature.is_intact
        else result
        for result in found
    )


def untrusted_signers(name: str, results: Iterable[SignatureResult]) -> Iterator[Diagnostic]:
    """Yield what Windows does not trust of the signatures in the target of a name.

    Files that were signed with one certificate are one diagnostic.
    """
    found: dict[tuple[str, str, str], list[str]] = {}
    for result in results:
        for subject, fault in result.faults:
            found.setdefault((subject, result.signature.serial, fault), []).append(result.file)
    for (subject, serial, fault), paths in found.items():
        yield untrusted_signer(name, paths, subject, serial=serial, found=fault)


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
    content = read_bytes(path, _ROOTS_SIZE)
    text = content.decode("utf-8-sig", "replace")
    try:
        roots = list(parse_roots(text.replace("\r\n", "\n")))
    except ValueError:
        roots = []
    if not roots or not all(is_certificate(root.certificate) for root in roots):
        kind = describe_content(content, path.name)
        message = "has no certificates in PEM" + (f": it is {kind}" if kind else "")
        hint = "name a file with root certificates"
        raise InputError([input_error(str(path), message, hint)])
    return roots
