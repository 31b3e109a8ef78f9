"""What ``verify`` is given: a directory, an archive that is never unpacked, or one binary."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from msgspec import structs

from sbom.binaries.binary import InspectFn
from sbom.binaries.pe_layout import is_pe
from sbom.bom.bom import Bom
from sbom.content_kind import describe_content
from sbom.diagnostics import Diagnostic, InputError, SbomError, failing, sort_diagnostics
from sbom.diagnostics.inspection_messages import not_inspected
from sbom.diagnostics.io_messages import input_error
from sbom.files.burn import BundleReader, installed_files
from sbom.files.burn_manifest import is_bundle
from sbom.files.cabinet import CABINET_MAGIC, OpenFile
from sbom.files.cabinet_archive import CabinetReader
from sbom.files.directory import hash_directory
from sbom.files.hash_ahead import HashAhead
from sbom.files.msi import MSI_MAGIC, MsiReader
from sbom.files.shipped_file import ShippedFile, hash_file
from sbom.files.zip import ArchiveContents, ZipReader
from sbom.formats import FORMATS, read_document
from sbom.io import DOCUMENT_LIMIT, find_file, is_directory, read_bytes, read_error
from sbom.manifest.model import Manifest
from sbom.patterns import PathPatterns

_ZIP = b"PK"
#: How much is read of a file to see what it is: more than the headers of a PE file.
_START_SIZE = 1 << 17
#: Members that are packages themselves; the upload to the Store contains one.
_PACKAGES = (".appx", ".msix", ".nupkg")
_PYTHON_DLL = re.compile(r"(?:.*/)?python3\d+t?(?:_d)?\.dll", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifyTarget:
    """Files to verify: those of a directory, the members of an archive, or a file by itself.

    ``file`` is the archive, or the one binary; ``prefix`` is what Python's own paths start with,
    where its DLL is. ``packages`` are what an installer installs these files from, by their paths.
    ``diagnostics`` are of what could not be opened. An installer, a package of one, or another
    archive with a signature ``can_be_signed`` as a whole.
    """

    name: str
    files: tuple[ShippedFile, ...]
    file: ShippedFile | None
    prefix: str
    packages: Mapping[str, ArchiveContents] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()
    can_be_signed: bool = False

    @property
    def is_one_binary(self) -> bool:
        """Return whether this is a binary by itself, of which the other files are elsewhere."""
        return self.file in self.files

    @property
    def all_files(self) -> tuple[ShippedFile, ...]:
        """Return the files, the packages, and the target itself, whose path is empty."""
        files = list(self.files)
        files += [
            structs.replace(package.archive, path=path) for path, package in self.packages.items()
        ]
        if self.file and self.file not in self.files:
            files.append(structs.replace(self.file, path=""))
        return tuple(sorted(files, key=lambda file: file.path))


def open_target(path: Path, inspect: InspectFn, ahead: HashAhead | None = None) -> VerifyTarget:
    """Return what is at a path, every file hashed and every binary inspected.

    ``ahead`` hashes it already, if it is a directory.
    Raises SbomError if it cannot be read, or is an archive that is not safe.
    """
    if is_directory(path):
        files = hash_directory(path, inspect=inspect, ahead=ahead)
        return VerifyTarget(name=str(path), files=files, file=None, prefix=_prefix(files))
    start = _read_start(path)
    if start.startswith(_ZIP):
        archive = ZipReader(_is_package, inspect).read(path, path.name)
        return _archive_target(path, archive, _members(archive))
    if start.startswith(CABINET_MAGIC):
        archive = _read_archive(path, CabinetReader(inspect).read)
        return replace(_archive_target(path, archive, archive.members), packages=archive.nested)
    if start.startswith(MSI_MAGIC) or is_bundle(start):
        is_msi = start.startswith(MSI_MAGIC)
        reader = MsiReader(inspect) if is_msi else BundleReader(inspect)
        archive = _read_archive(path, reader.read)
        files, conflicts = installed_files(archive)
        diagnostics = sort_diagnostics([*archive.diagnostics, *conflicts])
        target = _archive_target(path, replace(archive, diagnostics=diagnostics), files)
        return replace(target, packages=archive.nested, can_be_signed=True)
    if is_pe(start):
        file = hash_file(path, inspect)
        return VerifyTarget(name=str(path), files=(file,), file=file, prefix=_prefix((file,)))
    hint = "name a layout, an installed Python, a zip, nupkg, msix, msi, cabinet, installer or DLL"
    kind = describe_content(start, path.name)
    found = f", but {kind}" if kind else ""
    message = f"is not a directory, a zip file, a cabinet, an installer or a PE file{found}"
    raise InputError([input_error(str(path), message, hint)])


def choose_python(target: VerifyTarget, manifest: Manifest) -> VerifyTarget:
    """Return a target without all but one of the Pythons in it, each in a directory of its own.

    The one that the manifest is of is kept, or else the topmost one. What was installed into a
    Python later is not another one. A target with one Python is returned itself.
    """
    cpython = manifest.cpython.component
    runtime_files = PathPatterns(manifest.layout.runtime_files)
    versions: dict[str, str] = {}
    for file in target.files:
        if _PYTHON_DLL.fullmatch(file.path) and not runtime_files.matches(file.path):
            matches = file.binary.matches if file.binary else ()
            version = next((match.version for match in matches if match.component == cpython), "")
            versions.setdefault(file.path[: file.path.rfind("/") + 1], version)
    wanted = manifest.cpython.version.rstrip("+")
    prefix = next(
        (prefix for prefix, version in versions.items() if version == wanted), target.prefix
    )
    others = [other for other in versions if not prefix.startswith(other)]
    if not others:
        return target
    diagnostics = [
        not_inspected(
            target.name,
            other,
            f"another CPython than in {prefix or 'the top directory'}: {versions[other]}",
            "verify it by itself",
        )
        for other in others
    ]
    return replace(
        target,
        files=tuple(file for file in target.files if not file.path.startswith(tuple(others))),
        prefix=prefix,
        diagnostics=sort_diagnostics([*target.diagnostics, *diagnostics]),
    )


def _archive_target(
    path: Path, archive: ArchiveContents, files: tuple[ShippedFile, ...]
) -> VerifyTarget:
    if failing(archive.diagnostics):
        raise SbomError(archive.diagnostics)
    return VerifyTarget(
        name=str(path),
        files=files,
        file=archive.archive,
        prefix=_prefix(files),
        diagnostics=archive.diagnostics,
        can_be_signed=archive.archive.signature is not None,
    )


def _read_archive(
    path: Path, read: Callable[[IO[bytes], str, OpenFile], ArchiveContents]
) -> ArchiveContents:
    """Return the contents of an archive, with those of the files beside it that it names."""

    def open_sibling(name: str) -> IO[bytes] | None:
        sibling = find_file(path.parent, name)
        return sibling.open("rb") if sibling else None

    try:
        with path.open("rb") as file:
            return read(file, path.name, open_sibling)
    except OSError as error:
        raise read_error(path, error) from error


def _read_start(path: Path) -> bytes:
    """Return the first bytes of a regular file; a pipe would never end."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            message = "is neither a directory nor a regular file"
            hint = "name a directory, an archive or a DLL"
            raise InputError([input_error(str(path), message, hint)])
        with path.open("rb") as file:
            return file.read(_START_SIZE)
    except OSError as error:
        raise read_error(path, error) from error


def _is_package(path: str) -> bool:
    return path.lower().endswith(_PACKAGES)


def _members(archive: ArchiveContents, prefix: str = "") -> tuple[ShippedFile, ...]:
    """Return the members of an archive, and those of packages in it below their paths."""
    members = [structs.replace(file, path=prefix + file.path) for file in archive.members]
    for name, nested in archive.nested.items():
        members += _members(nested, f"{prefix}{name}/")
    return tuple(sorted(members, key=lambda file: file.path))


def _prefix(files: tuple[ShippedFile, ...]) -> str:
    """Return the directory of CPython's topmost DLL, with a slash, or an empty text."""
    dlls = [file.path for file in files if _PYTHON_DLL.fullmatch(file.path)]
    nearest = min(dlls, key=lambda path: (path.count("/"), path), default="")
    return nearest[: nearest.rfind("/") + 1]


def read_sbom(path: Path, sbom: Path | None) -> tuple[str, Bom] | None:
    """Return name and BOM of the SBOM that is given, or of the one beside a path; or None."""
    if sbom is not None:
        return str(sbom), read_document(read_bytes(sbom, DOCUMENT_LIMIT), str(sbom))
    target = path.resolve()
    for suffix in dict.fromkeys(each.suffix for each in FORMATS):
        document = target.with_name(target.name + suffix)
        if document.is_file():
            return document.name, read_document(read_bytes(document, DOCUMENT_LIMIT), document.name)
    return None
