"""A Windows Installer package to the files it installs, hashed; nothing is written to disk.

The File table names the files, Component and Directory where each is installed, and Media the
cabinets, in which a file has the name of its row. A file that is in no cabinet is in a tree beside
the package: https://learn.microsoft.com/windows/win32/msi/file-table
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from typing import IO

from msgspec import structs

from sbom.binaries.binary import InspectFn
from sbom.diagnostics import Diagnostic, sort_diagnostics
from sbom.diagnostics.inspection_messages import (
    not_inspected,
    other_listed_version,
    unreadable_file,
    unsafe_archive,
)
from sbom.files.cabinet import (
    Cabinet,
    CabinetError,
    OpenFile,
    PackedFile,
    parse_cabinet,
    read_files,
)
from sbom.files.limits import ARTIFACT_LIMITS, MOST_CABINETS, ArchiveLimits
from sbom.files.msi_database import MsiDatabase, MsiError, Row
from sbom.files.msi_directories import (
    long_name,
    read_source_paths,
    read_target_paths,
    short_name,
)
from sbom.files.msi_summary import SourceKind, read_source_kind
from sbom.files.shipped_file import ShippedFile, hash_stream, split_stream
from sbom.files.zip import ArchiveContents, validate_member_name

MSI_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_EMBEDDED = "#"
#: https://learn.microsoft.com/windows/win32/msi/version: up to four numbers. Anything else in the
#: column is the key of another file, which is replaced together with this one.
_VERSION = re.compile(r"\d{1,5}(\.\d{1,5}){0,3}", re.ASCII)
#: Attributes of a row: msidbFileAttributesNoncompressed and msidbFileAttributesCompressed.
_NOT_COMPRESSED, _COMPRESSED = 0x2000, 0x4000


@dataclass(frozen=True, slots=True)
class _InstalledFile:
    """A row of the File table: its key, where it is installed, its size in bytes and version.

    ``version`` is empty if the row has none, or names a file that is replaced together with this
    one. It ``is_conditional`` if Windows can leave out its component. ``source`` is its path below
    the directory of the package if it ``is_packed`` in no cabinet; None says that the package is
    not packed, and the row does not say that its file is.
    """

    key: str
    path: str
    size: int
    version: str
    is_conditional: bool
    is_packed: bool | None
    source: str


@dataclass(frozen=True, slots=True)
class MsiReader:
    """How packages are read: PE files are inspected with ``inspect``."""

    inspect: InspectFn | None = None
    limits: ArchiveLimits = ARTIFACT_LIMITS

    def read(self, file: IO[bytes], name: str, open_source: OpenFile) -> ArchiveContents:
        """Return the files that a package installs; what is wrong is in the diagnostics."""
        file.seek(0)
        package = hash_stream(name, split_stream(file))
        file.seek(0)
        try:
            database = MsiDatabase(file)
            package = structs.replace(package, signature=database.read_signature())
            installed = _list_files(database)
            if diagnostics := [*self._validate(installed, package)]:
                return ArchiveContents(package, diagnostics=sort_diagnostics(diagnostics))
            with ExitStack() as opened:
                cabinets = _open_cabinets(database, open_source, opened, self.limits)
                return self._read_members(package, installed, cabinets, open_source)
        except (MsiError, CabinetError) as error:
            return ArchiveContents(package, diagnostics=(unreadable_file(name, "", str(error)),))

    def _validate(
        self, installed: Sequence[_InstalledFile], package: ShippedFile
    ) -> Iterator[Diagnostic]:
        name, limits = package.path, self.limits
        if message := limits.count_error(len(installed), "files"):
            yield unsafe_archive(name, "", message)
            return
        for file in installed:
            source_error = "" if file.is_packed else validate_member_name(file.source)
            if message := validate_member_name(file.path) or source_error:
                yield unsafe_archive(name, file.path, message)
        total = sum(file.size for file in installed if file.is_packed)
        if message := limits.size_error(package.size, total):
            yield unsafe_archive(name, "", message)
        outside = sum(file.size for file in installed if not file.is_packed)
        if outside > limits.total_size:
            message = f"has files of {outside} bytes beside it; the limit is {limits.total_size}"
            yield unsafe_archive(name, "", message)

    def _read_members(
        self,
        package: ShippedFile,
        installed: Sequence[_InstalledFile],
        cabinets: Sequence[tuple[IO[bytes], Cabinet]],
        open_source: OpenFile,
    ) -> ArchiveContents:
        # Where a row does not say how its file is stored, msiextract and 7z look in cabinets too.
        in_cabinets = {file.name for _, cabinet in cabinets for file in cabinet.files}
        outside = {
            file.key: file
            for file in installed
            if not file.is_packed and (file.is_packed is False or file.key not in in_cabinets)
        }
        waiting = {file.key: file for file in installed if file.key not in outside}
        packed = _take_packed(waiting, read_files(cabinets, self.limits.allowed_size(package.size)))
        members: dict[str, tuple[ShippedFile, _InstalledFile]] = {}
        diagnostics: list[Diagnostic] = []
        for source in chain(packed, _take_outside(outside, open_source)):
            if any(file.size != source.size for file in source.files):
                diagnostics += [
                    unreadable_file(
                        package.path,
                        file.path,
                        f"expected {file.size} bytes, found {source.size}",
                    )
                    for file in source.files
                ]
                continue
            hashed = hash_stream(source.files[0].path, source.pieces, self.inspect)
            for file in source.files:
                member = structs.replace(hashed, path=file.path, listed_version=file.version)
                diagnostics += _compare_versions(package.path, member)
                first, other = members.setdefault(file.path.lower(), (member, file))
                if first.sha256 != hashed.sha256:
                    diagnostics.append(_conflict(package.path, file, other))
        diagnostics += [
            unreadable_file(package.path, file.path, "is in none of the package's cabinets")
            for file in waiting.values()
        ]
        diagnostics += [
            unreadable_file(package.path, file.path, f"is not beside the package: {file.source}")
            for file in outside.values()
        ]
        found = sorted((member for member, _ in members.values()), key=lambda member: member.path)
        return ArchiveContents(package, tuple(found), diagnostics=sort_diagnostics(diagnostics))


@dataclass(frozen=True, slots=True)
class _Source:
    """The contents of installed files, which are the same: their size, and their pieces."""

    files: Sequence[_InstalledFile]
    size: int
    pieces: Iterator[bytes]


def _take_packed(
    waiting: dict[str, _InstalledFile], packed_files: Iterable[PackedFile]
) -> Iterator[_Source]:
    """Yield files that are in cabinets, and remove them from those that are ``waiting``."""
    for packed in packed_files:
        files = [waiting.pop(name) for name in packed.names if name in waiting]
        if files:
            yield _Source(files, packed.size, packed.pieces)


def _take_outside(waiting: dict[str, _InstalledFile], open_source: OpenFile) -> Iterator[_Source]:
    """Yield files that are in the source tree, and remove them from those that are ``waiting``."""
    for key, file in list(waiting.items()):
        stream = open_source(file.source)
        if stream:
            del waiting[key]
            with stream:
                size = stream.seek(0, io.SEEK_END)
                stream.seek(0)
                yield _Source([file], size, split_stream(stream))


def _compare_versions(package: str, member: ShippedFile) -> Iterator[Diagnostic]:
    """Report a file whose row has another version than the file itself."""
    found = member.binary.headers.file_version if member.binary else ""
    if found and member.listed_version and _numbers(found) != _numbers(member.listed_version):
        yield other_listed_version(package, member.path, member.listed_version, found)


def _numbers(version: str) -> tuple[int, ...]:
    """Return the four numbers of a version; those that are not written are 0."""
    numbers = [*map(int, version.split("."))]
    return (*numbers, *[0] * (4 - len(numbers)))


def _conflict(package: str, file: _InstalledFile, other: _InstalledFile) -> Diagnostic:
    """Report that two files with different contents are installed as one."""
    if file.is_conditional and other.is_conditional:
        reason = "on a condition, another file is installed there instead"
        return not_inspected(package, file.path, reason, "extract the package to inspect it")
    message = "is installed from two files with different contents"
    return unsafe_archive(package, file.path, message)


def _list_files(database: MsiDatabase) -> list[_InstalledFile]:
    """Return what a package installs, by its rows. Raises MsiError."""
    kind = read_source_kind(database)
    targets = read_target_paths(database)
    sources = read_source_paths(database, has_short_names=kind.has_short_names)
    homes = {
        row.get_text("Component"): (row.get_text("Directory_"), bool(row.get_text("Condition")))
        for row in database.read_table("Component")
    }
    installed = []
    for row in database.read_table("File"):
        key, component, name = (row.get_text(part) for part in ("File", "Component_", "FileName"))
        if component not in homes:
            raise MsiError(f"has a file {key} of a component that does not exist")
        home, is_conditional = homes[component]
        version = row.get_text("Version")
        source_name = short_name(name) if kind.has_short_names else long_name(name)
        installed.append(
            _InstalledFile(
                key=key,
                path=f"{targets.get(home, '')}{long_name(name)}",
                size=row.get_number("FileSize"),
                version=version if _VERSION.fullmatch(version) else "",
                is_conditional=is_conditional,
                is_packed=_is_packed(row, kind),
                source=f"{sources.get(home, '')}{source_name}",
            )
        )
    return installed


def _is_packed(row: Row, kind: SourceKind) -> bool | None:
    """Return whether a file is in a cabinet; None if neither its row nor the package says so."""
    attributes = row.get_number("Attributes", default=0)
    if attributes & (_COMPRESSED | _NOT_COMPRESSED):
        return not attributes & _NOT_COMPRESSED
    return True if kind.is_compressed else None


def _open_cabinets(
    database: MsiDatabase, open_source: OpenFile, closing: ExitStack, limits: ArchiveLimits
) -> list[tuple[IO[bytes], Cabinet]]:
    """Return the cabinets of a package in the order of its media. Raises MsiError."""
    rows = sorted(database.read_table("Media"), key=lambda row: row.get_number("DiskId"))
    names = [name for row in rows if (name := row.get_text("Cabinet"))]
    if len(names) > MOST_CABINETS or len({name.lower() for name in names}) < len(names):
        raise MsiError(f"names a cabinet twice, or more than {MOST_CABINETS} cabinets")
    opened: list[tuple[IO[bytes], Cabinet]] = []
    count = 0
    for name in names:
        if name.startswith(_EMBEDDED):
            stream = database.open_stream(name.removeprefix(_EMBEDDED))
        else:
            stream = None if validate_member_name(name) else open_source(name)
        if stream is None:
            raise MsiError(f"has its files in {name}, which is not there")
        closing.enter_context(stream)
        cabinet = parse_cabinet(stream)
        count += len(cabinet.files)
        if message := limits.count_error(count, "files in its cabinets"):
            raise MsiError(message)
        opened.append((stream, cabinet))
    return opened
