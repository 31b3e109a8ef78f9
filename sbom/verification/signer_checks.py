"""The signers of shipped files, compared with the expected ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sbom.binaries.signature import Signature, SignatureStatus
from sbom.bom.expected_contents import ExpectedContents
from sbom.bom.ownership import Inventory
from sbom.diagnostics import Diagnostic
from sbom.diagnostics.inspection_messages import (
    invalid_signature,
    invalid_timestamp,
    unexpected_signer,
    unsigned_file,
)
from sbom.files.shipped_file import ShippedFile
from sbom.manifest.model import Manifest
from sbom.patterns import PathPatterns


class _ExpectedSigners:
    """The signers that ``[release.signers]`` names for files whose paths start with a prefix."""

    def __init__(self, manifest: Manifest, prefix: str = "") -> None:
        self._prefix = prefix
        self._signers = [
            (signer, PathPatterns(patterns))
            for signer, patterns in manifest.release.signers.items()
        ]
        self._unsigned = PathPatterns(manifest.release.unsigned)

    def signer_of(self, file: ShippedFile) -> str:
        """Return the expected signer of a file, an empty text if there is none."""
        path = file.path.removeprefix(self._prefix)
        return next((signer for signer, patterns in self._signers if patterns.matches(path)), "")

    def has_signed(self, file: ShippedFile) -> bool:
        """Return whether a file has a signature of its expected signer."""
        return _is_signed_by(file, self.signer_of(file))

    def requires_signature(self, file: ShippedFile) -> bool:
        """Return whether a file has an expected signer and is not declared as unsigned."""
        path = file.path.removeprefix(self._prefix)
        return bool(self.signer_of(file)) and not self._unsigned.matches(path)


def _is_signed_by(file: ShippedFile, signer: str) -> bool:
    return bool(signer) and file.signature is not None and file.signature.signer == signer


def check_installer_signature(
    name: str,
    file: ShippedFile,
    contents: Iterable[ShippedFile],
    manifest: Manifest,
    member: str = "",
) -> Iterator[Diagnostic]:
    """Yield what is wrong with the signature of an installer, or of a package of one.

    One without a signature is reported if its expected signer has signed a package in its
    contents, or a file of CPython itself. A package can be a ``member`` of the file ``name``.
    """
    yield from _check_intact(name, member, file.signature)
    expected = _ExpectedSigners(manifest).signer_of(file)
    if file.signature is None:
        cpython = manifest.cpython.component
        if any(
            _is_signed_by(inside, expected)
            and (
                not inside.binary
                or any(match.component == cpython for match in inside.binary.matches)
            )
            for inside in contents
        ):
            yield unsigned_file(name, member, expected)
    else:
        yield from _check_signer(name, member, file, expected)


def check_signatures(
    name: str, files: Sequence[ShippedFile], expected: ExpectedContents, inventory: Inventory
) -> Iterator[Diagnostic]:
    """Yield invalid signatures, missing signatures, and signatures of unexpected signers.

    ``name`` is what diagnostics call the layout or archive. A developer's build is not signed:
    signers are compared only if a file of CPython itself is signed by its expected signer.
    """
    signers = _ExpectedSigners(expected.manifest, expected.prefix)
    for file in files:
        yield from _check_intact(name, file.path, file.signature)
    known = {*inventory.owned, *(owner.path for owner in inventory.ownership)}
    of_build = [
        file
        for file in files
        if file.binary and not file.binary.headers.parse_error and file.path in known
    ]
    cpython = expected.manifest.cpython.component
    if not any(
        inventory.owned.get(file.path) == cpython and signers.has_signed(file) for file in of_build
    ):
        return
    listed = listed_digests(file for file in files if signers.has_signed(file))
    for file in of_build:
        signer = signers.signer_of(file)
        if file.signature is not None:
            yield from _check_signer(name, file.path, file, signer)
        elif signers.requires_signature(file) and listed.isdisjoint(catalog_digests(file)):
            yield unsigned_file(name, file.path, signer)


def _check_intact(name: str, path: str, signature: Signature | None) -> Iterator[Diagnostic]:
    for each in signature.all_signatures if signature else ():
        is_secondary = each is not signature
        if not each.is_intact:
            yield invalid_signature(
                name,
                path,
                each.signer,
                is_changed=each.status is SignatureStatus.CHANGED,
                is_secondary=is_secondary,
                reason=each.parse_error,
            )
        if each.has_invalid_timestamp:
            yield invalid_timestamp(name, path, each.signer, is_secondary=is_secondary)


def _check_signer(name: str, path: str, file: ShippedFile, expected: str) -> Iterator[Diagnostic]:
    """Yield known signers that are not the expected one; a damaged signature may name none."""
    signatures = file.signature.all_signatures if file.signature else ()
    found = ((signature.signer, signature is not file.signature) for signature in signatures)
    for signer, is_secondary in dict.fromkeys(found):
        if signer and signer != expected:
            yield unexpected_signer(
                name, path, expected=expected, found=signer, is_secondary=is_secondary
            )


def listed_digests(files: Iterable[ShippedFile]) -> frozenset[str]:
    """Return the digests in catalogs whose signatures are intact."""
    return frozenset().union(
        *(file.catalog for file in files if file.signature and file.signature.is_intact)
    )


def catalog_digests(file: ShippedFile) -> tuple[str, ...]:
    """Return the digests by which a catalog can list a file."""
    authenticode = file.binary.headers.authenticode if file.binary else ""
    return authenticode, file.sha256, file.sha1
