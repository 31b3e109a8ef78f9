"""Who signed the files of a build, compared with who is expected to have signed them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from sbom.binaries.signature import Signature, SignatureStatus
from sbom.bom.ownership import ExpectedContents, Inventory
from sbom.diagnostics import Diagnostic
from sbom.diagnostics.inspection_messages import (
    invalid_signature,
    unexpected_signer,
    unsigned_file,
)
from sbom.files.shipped_file import ShippedFile
from sbom.manifest.model import Manifest
from sbom.patterns import PathPatterns


class _SignerFinder:
    """Finds who is expected to sign a file whose path starts behind a prefix."""

    def __init__(self, manifest: Manifest, prefix: str = "") -> None:
        self._prefix = prefix
        self._signers = [
            (signer, PathPatterns(patterns))
            for signer, patterns in manifest.release.signers.items()
        ]

    def __call__(self, file: ShippedFile) -> str:
        path = file.path.removeprefix(self._prefix)
        return next((signer for signer, patterns in self._signers if patterns.matches(path)), "")


def check_own_signature(
    name: str, file: ShippedFile, contents: Iterable[ShippedFile], manifest: Manifest
) -> Iterator[Diagnostic]:
    """Yield what is wrong with the signature of an installer or a package with some contents.

    One that is not signed is reported if a package in it, or a file of CPython itself, is signed
    by whom it should be.
    """
    yield from _check_intact(name, "", file.signature)
    expected = _SignerFinder(manifest)(file)
    if file.signature is None:
        cpython = manifest.cpython.component
        if any(
            one.signature
            and one.signature.signer == expected
            and (not one.binary or cpython in {match.component for match in one.binary.matches})
            for one in contents
        ):
            yield unsigned_file(name, "", expected)
    elif file.signature.signer not in ("", expected):
        found = file.signature.signer
        yield unexpected_signer(name, "", expected=expected or "nobody", found=found)


def _listed_digests(
    files: Iterable[ShippedFile], find_signer: Callable[[ShippedFile], str]
) -> frozenset[str]:
    """Return the digests in catalogs of whom is expected to sign them."""
    return frozenset().union(
        *(
            file.catalog
            for file in files
            if file.signature
            and file.signature.status is SignatureStatus.INTACT
            and file.signature.signer == find_signer(file)
        )
    )


def _digests(file: ShippedFile) -> tuple[str, ...]:
    """Return by which digests a catalog can list a file."""
    authenticode = file.binary.headers.authenticode if file.binary else ""
    return authenticode, file.sha256, file.sha1


def _check_intact(name: str, path: str, signature: Signature | None) -> Iterator[Diagnostic]:
    if signature and signature.status is not SignatureStatus.INTACT:
        is_changed = signature.status is SignatureStatus.CHANGED
        yield invalid_signature(name, path, signature.signer, is_changed=is_changed)


def check_signatures(
    name: str, files: Sequence[ShippedFile], expected: ExpectedContents, inventory: Inventory
) -> Iterator[Diagnostic]:
    """Yield signatures that are invalid, and what is unsigned or signed by somebody else.

    ``name`` is what diagnostics call the layout or archive. Nobody signs the build of a developer:
    who signed is compared where a file of CPython itself is signed by whom it should be.
    """
    find_signer = _SignerFinder(expected.manifest, expected.prefix)
    for file in files:
        yield from _check_intact(name, file.path, file.signature)
    known = {*inventory.owned, *(one.path for one in inventory.ownership)}
    of_build = [
        file
        for file in files
        if file.binary and not file.binary.headers.parse_error and file.path in known
    ]
    cpython = expected.manifest.cpython.component
    if not any(
        inventory.owned.get(file.path) == cpython
        and file.signature
        and file.signature.signer == find_signer(file)
        for file in of_build
    ):
        return
    listed = _listed_digests(files, find_signer)
    unsigned = PathPatterns(expected.manifest.release.unsigned)
    for file in of_build:
        signer = find_signer(file)
        if file.signature is None:
            if (
                listed.isdisjoint(_digests(file))
                and signer
                and not unsigned.matches(file.path.removeprefix(expected.prefix))
            ):
                yield unsigned_file(name, file.path, signer)
        elif file.signature.signer and file.signature.signer != signer:
            found = file.signature.signer
            yield unexpected_signer(name, file.path, expected=signer or "nobody", found=found)
