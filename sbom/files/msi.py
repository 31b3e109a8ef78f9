"""A Windows Installer package to the files it installs, hashed; nothing is written to disk.

The File table names the files, Component and Directory where each is installed, and Media the
cabinets, in which a file has the name of its row:
https://learn.microsoft.com/windows/win32/msi/file-table
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
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
from sbom.files.cabinet import Cabinet, CabinetError, parse_cabinet, read_files
from sbom.files.limits import ARTIFACT_LIMITS, ArchiveLimits
from sbom.files.msi_database import MsiDatabase, MsiError
from sbom.files.shipped_file import ShippedFile, hash_stream, split_stream
from sbom.files.zip import ArchiveContents, validate_member_name

MSI_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: The directory that everything is installed below, which has no name of its own.
_ROOT = "TARGETDIR"
#: Windows has the path of this folder, whatever its name in a package; msiextract writes it so.
_FOLDER_NAMES = {"ProgramFilesFolder": "Program Files"}
_EMBEDDED = "#"
#: https://learn.microsoft.com/windows/win32/msi/version: up to four numbers. Anything else in the
#: column is the key of another file, which is replaced together with this one.
_VERSION = re.compile(r"\d{1,5}(\.\d{1,5}){0,3}", re.ASCII)
_MOST_DIRECTORIES = 100
#: The longest path that Windows takes, in characters.
_PATH_SIZE = 32_767
#: The most characters in the paths of all directories, and the most cabinets.
_PATHS_SIZE, _MOST_CABINETS = 32 << 20, 1000

#: Opens the cabinet of a name that is not in the package; None if there is none. It is closed.
OpenCabinet = Callable[[str], IO[bytes] | None]


@dataclass(frozen=True, slots=True)
class _InstalledFile:
    """A row of the File table: its key, where it is installed, its size in bytes and version.

    ``version`` is empty if the row has none, or names a file that is replaced together with this
    one. It ``is_conditional`` if Windows can leave out its component.
    """

    key: str
    path: str
    size: int
    version: str
    is_conditional: bool


@dataclass(frozen=True, slots=True)
class MsiReader:
    """How packages are read: PE files are inspected with ``inspect``."""

    inspect: InspectFn | None = None
    limits: ArchiveLimits = ARTIFACT_LIMITS

    def read(self, file: IO[bytes], name: str, open_cabinet: OpenCabinet) -> ArchiveContents:
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
                cabinets = _open_cabinets(database, open_cabinet, opened, self.limits)
                return self._read_members(package, installed, cabinets)
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
            if message := validate_member_name(file.path):
                yield unsafe_archive(name, file.path, message)
        total = sum(file.size for file in installed)
        if message := limits.size_error(package.size, total):
            yield unsafe_archive(name, "", message)

    def _read_members(
        self,
        package: ShippedFile,
        installed: Sequence[_InstalledFile],
        cabinets: Sequence[tuple[IO[bytes], Cabinet]],
    ) -> ArchiveContents:
        waiting = {file.key: file for file in installed}
        members: dict[str, tuple[ShippedFile, _InstalledFile]] = {}
        diagnostics: list[Diagnostic] = []
        for packed in read_files(cabinets, self.limits.allowed_size(package.size)):
            wanted = [waiting.pop(name) for name in packed.names if name in waiting]
            if any(file.size != packed.size for file in wanted):
                diagnostics += [
                    unreadable_file(
                        package.path,
                        file.path,
                        f"expected {file.size} bytes, found {packed.size}",
                    )
                    for file in wanted
                ]
                continue
            if not wanted:
                continue
            hashed = hash_stream(wanted[0].path, packed.pieces, self.inspect)
            for file in wanted:
                member = structs.replace(hashed, path=file.path, listed_version=file.version)
                diagnostics += _compare_versions(package.path, member)
                first, other = members.setdefault(file.path.lower(), (member, file))
                if first.sha256 != hashed.sha256:
                    diagnostics.append(_conflict(package.path, file, other))
        diagnostics += [
            unreadable_file(package.path, file.path, "is in none of the package's cabinets")
            for file in waiting.values()
        ]
        found = sorted((member for member, _ in members.values()), key=lambda member: member.path)
        return ArchiveContents(package, tuple(found), diagnostics=sort_diagnostics(diagnostics))


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
    directories = _directory_paths(database)
    homes = {
        row.get_text("Component"): (
            directories.get(row.get_text("Directory_"), ""),
            bool(row.get_text("Condition")),
        )
        for row in database.read_table("Component")
    }
    installed = []
    for row in database.read_table("File"):
        key, component = row.get_text("File"), row.get_text("Component_")
        if component not in homes:
            raise MsiError(f"has a file {key} of a component that does not exist")
        home, is_conditional = homes[component]
        path = f"{home}{_long_name(row.get_text('FileName'))}"
        version = row.get_text("Version")
        if not _VERSION.fullmatch(version):
            version = ""
        size = row.get_number("FileSize")
        installed.append(_InstalledFile(key, path, size, version, is_conditional))
    return installed


def _directory_paths(database: MsiDatabase) -> Mapping[str, str]:
    """Return the path of each directory below the root, with a slash after it."""
    rows = {
        row.get_text("Directory"): (
            # https://learn.microsoft.com/windows/win32/msi/directory-table: target, ':', source.
            _long_name(row.get_text("DefaultDir").partition(":")[0]),
            row.get_text("Directory_Parent"),
        )
        for row in database.read_table("Directory")
    }
    paths: dict[str, str] = {}
    total = 0
    for key in rows:
        names: list[str] = []
        here, depth = key, 0
        while here in rows and here != _ROOT:
            name, parent = rows[here]
            if name not in ("", "."):
                names.append(_FOLDER_NAMES.get(here, name))
            here, depth = ("" if parent == here else parent), depth + 1
            if depth > _MOST_DIRECTORIES:
                raise MsiError(f"has a directory {key} that is below itself")
        length = sum(map(len, names)) + len(names)
        total += length
        if length > _PATH_SIZE:
            raise MsiError(f"has a directory {key} whose path is longer than Windows takes")
        if total > _PATHS_SIZE:
            raise MsiError(f"has directories whose paths have more than {_PATHS_SIZE} characters")
        paths[key] = "".join(f"{name}/" for name in reversed(names))
    return paths


def _long_name(name: str) -> str:
    """Return the long one of a file's two names: ``PYTHON~1.EXE|python3.14.exe``."""
    return name.rpartition("|")[2]


def _open_cabinets(
    database: MsiDatabase, open_cabinet: OpenCabinet, closing: ExitStack, limits: ArchiveLimits
) -> list[tuple[IO[bytes], Cabinet]]:
    """Return the cabinets of a package in the order of its media. Raises MsiError."""
    rows = sorted(database.read_table("Media"), key=lambda row: row.get_number("DiskId"))
    names = [name for row in rows if (name := row.get_text("Cabinet"))]
    if len(names) > _MOST_CABINETS or len({name.lower() for name in names}) < len(names):
        raise MsiError(f"names a cabinet twice, or more than {_MOST_CABINETS} cabinets")
    opened: list[tuple[IO[bytes], Cabinet]] = []
    count = 0
    for name in names:
        if name.startswith(_EMBEDDED):
            stream = database.open_stream(name.removeprefix(_EMBEDDED))
        else:
            stream = None if validate_member_name(name) else open_cabinet(name)
        if stream is None:
            raise MsiError(f"has its files in {name}, which is not there")
        closing.enter_context(stream)
        cabinet = parse_cabinet(stream)
        count += len(cabinet.files)
        if message := limits.count_error(count, "files in its cabinets"):
            raise MsiError(message)
        opened.append((stream, cabinet))
    return opened
