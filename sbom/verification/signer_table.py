"""Who signed the files that ``verify`` read, as a table and as values of JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from sbom.diagnostics.render import align_columns, printable
from sbom.files.shipped_file import ShippedFile
from sbom.verification.signer_checks import catalog_digests, listed_digests
from sbom.verification.trust import SignatureResult


def render_signers(results: Sequence[SignatureResult], files: Sequence[ShippedFile]) -> str:
    """Return a line for each signer with the number of files it signed; empty if there are none."""
    if not results:
        return ""
    signed = {
        (result.file, result.signature.signer, result.signature.serial, _status(result))
        for result in results
    }
    counts = Counter((signer, serial, status) for _, signer, serial, status in signed)
    counts.update(
        ("", "", "not signed, listed in a catalog" if in_catalog else "not signed")
        for _, in_catalog in _unsigned(files)
    )
    rows = [["signer", "serial", "files", "status"]]
    for signer, serial, status in sorted(counts, key=lambda key: (not key[0], key)):
        cells = (signer, serial, str(counts[signer, serial, status]), status)
        rows.append([printable(cell) or "-" for cell in cells])
    return f"\n{align_columns(rows)}"


def signature_objects(results: Sequence[SignatureResult]) -> list[dict[str, object]]:
    """Return each signature as an object of JSON; ``file`` is empty for the target itself."""
    return [
        {
            "file": result.file,
            "is_secondary": result.is_secondary,
            "status": result.signature.status,
            "signer": result.signature.signer,
            "subject": result.signature.subject,
            "issuer": result.signature.issuer,
            "serial": result.signature.serial,
            "signed_at": result.signature.signed_at,
            "is_trusted": result.signature.is_intact and not result.faults,
            "not_trusted": [f"{subject}: found {fault}" for subject, fault in result.faults],
        }
        for result in results
    ]


def unsigned_objects(files: Sequence[ShippedFile]) -> list[dict[str, object]]:
    """Return each PE file without a signature as an object of JSON."""
    return [{"file": path, "is_in_catalog": in_catalog} for path, in_catalog in _unsigned(files)]


def _status(result: SignatureResult) -> str:
    noun = "secondary signature " if result.is_secondary else ""
    if not result.signature.is_intact:
        return f"{noun}{result.signature.status}"
    return f"{noun}{result.signature.status}, {'not trusted' if result.faults else 'trusted'}"


def _unsigned(files: Sequence[ShippedFile]) -> Iterator[tuple[str, bool]]:
    """Yield the PE files without a signature, and whether an intact catalog lists them."""
    listed = listed_digests(files)
    for file in files:
        if file.binary and file.signature is None:
            yield file.path, not listed.isdisjoint(catalog_digests(file))
