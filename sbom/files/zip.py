"""A zip file to its members, hashed as they are inflated; nothing is written to disk.

NuGet and MSIX packages are zip files too. The list of members is validated before any is read;
then every member is read to its end, so that a false length or checksum is found.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import IO
from urllib.parse import unquote

from msgspec import structs

from sbom.binaries.binary import InspectFn
from sbom.diagnostics import Diagnostic, failing, sort_diagnostics
from sbom.diagnostics.inspection_messages import unreadable_file, unsafe_archive
from sbom.files.limits import ARTIFACT_LIMITS, ArchiveLimits
from sbom.files.package_signature import read_package_signature
from sbom.files.shipped_file import ShippedFile, hash_stream, split_stream
from sbom.io import read_error

_MAGIC = b"PK"
_ENCRYPTED = 0x1
_UNIX, _TYPE_MASK, _SYMLINK = 3, 0xF000, 0xA000
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
#: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_DEVICES = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])(\..*)?", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[\x00-\x1f<>:"|?*]')


@dataclass(frozen=True, slots=True)
class ArchiveContents:
    """An archive: itself, its members, and those of archives in it by their paths.

    ``detached`` are members that are files beside it, ``absent`` those that are not available.
    Where a diagnostic is an error, nothing else may be trusted.
    """

    archive: ShippedFile
    members: tuple[ShippedFile, ...] = ()
    nested: Mapping[str, ArchiveContents] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()
    detached: frozenset[str] = frozenset()
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ZipReader:
    """How zip files are read.

    Members for whose path ``is_nested`` is true are zip files that are opened too; PE files are
    inspected with ``inspect``.
    """

    is_nested: Callable[[str], bool] = lambda _: False
    inspect: InspectFn | None = None
    limits: ArchiveLimits = ARTIFACT_LIMITS

    def read(self, path: Path, name: str) -> ArchiveContents:
        """Return the contents of a zip file; what is wrong with it is in its diagnostics."""
        try:
            with path.open("rb") as file:
                return self._read(file, name, 0)
        except OSError as error:
            return ArchiveContents(
                ShippedFile(name, 0), diagnostics=read_error(Path(name), error).diagnostics
            )

    def _read(self, file: IO[bytes], name: str, depth: int) -> ArchiveContents:
        archive = hash_stream(name, split_stream(file))
        file.seek(0)
        try:
            with zipfile.ZipFile(file) as opened:
                diagnostics = [*_validate_list(opened, name, archive.size, self.limits)]
                if diagnostics:
                    return ArchiveContents(archive, diagnostics=sort_diagnostics(diagnostics))
                return self._read_members(file, opened, archive, depth)
        except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError,
                struct.error) as error:  # fmt: skip
            message = f"is not a complete zip file: {error}"
            return ArchiveContents(archive, diagnostics=(unreadable_file(name, "", message),))

    def _read_members(
        self, file: IO[bytes], opened: zipfile.ZipFile, archive: ShippedFile, depth: int
    ) -> ArchiveContents:
        members: list[ShippedFile] = []
        nested: dict[str, ArchiveContents] = {}
        diagnostics: list[Diagnostic] = []
        infos = sorted(_file_members(opened), key=lambda info: info.header_offset)
        paths = _unescape_names(info.filename for info in infos)
        for info in infos:
            path = paths[info.filename]
            try:
                with opened.open(info) as member:
                    pieces = _limited(member, info.file_size, self.limits.member_size)
                    members.append(hash_stream(path, pieces, self.inspect))
                if self.is_nested(path) and depth < self.limits.depth and _is_zip(opened, info):
                    with opened.open(info) as member:
                        nested[path] = self._read(member, f"{archive.path}/{path}", depth + 1)
                    diagnostics += nested[path].diagnostics
                    signature = nested[path].archive.signature
                    members[-1] = structs.replace(members[-1], signature=signature)
            except _TooLargeError as error:
                diagnostics.append(unsafe_archive(archive.path, path, str(error)))
            except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError,
                    RuntimeError) as error:  # fmt: skip
                message = f"cannot be unpacked: {error or 'it ends too early'}"
                diagnostics.append(unreadable_file(archive.path, path, message))
        members.sort(key=lambda file: file.path)
        if not failing(diagnostics):
            archive = structs.replace(archive, signature=read_package_signature(file, opened))
        return ArchiveContents(archive, tuple(members), nested, sort_diagnostics(diagnostics))


def _file_members(opened: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return [info for info in opened.infolist() if not info.filename.endswith("/")]


def _is_zip(opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    with opened.open(info) as member:
        return member.read(len(_MAGIC)) == _MAGIC


class _TooLargeError(Exception):
    """A member that has, or unpacks to, more bytes than it may."""


def _limited(member: IO[bytes], size: int, limit: int) -> Iterator[bytes]:
    """Yield the bytes of a member, up to its declared size and a limit."""
    if size > limit:
        raise _TooLargeError(f"has {size} bytes; the limit is {limit}")
    count = 0
    for piece in split_stream(member):
        count += len(piece)
        if count > size:
            raise _TooLargeError(f"unpacks to more than the {size} bytes that it declares")
        yield piece
    if count != size:
        raise EOFError(f"expected {size} bytes, found {count}")


# The list of members, before any is read.


def _validate_list(
    opened: zipfile.ZipFile, name: str, size: int, limits: ArchiveLimits
) -> Iterator[Diagnostic]:
    """Yield what is wrong with the list of members of an archive of a size."""
    members = _file_members(opened)
    if message := limits.count_error(len(members), "members"):
        yield unsafe_archive(name, "", message)
        return
    paths = _unescape_names(info.filename for info in opened.infolist())
    for info in opened.infolist():
        if message := _validate_member(info, paths[info.filename]):
            yield unsafe_archive(name, info.orig_filename, message)
    for path, message in _duplicate_names(paths[info.filename] for info in members):
        yield unsafe_archive(name, path, message)
    total = sum(info.file_size for info in members)
    if message := limits.size_error(size, total):
        yield unsafe_archive(name, "", message)
    spans = sorted((info.header_offset, info.compress_size) for info in members)
    if any(start + length > following for (start, length), (following, _) in pairwise(spans)):
        # David Fifield, "A better zip bomb", USENIX WOOT 2019.
        yield unsafe_archive(name, "", "has members that overlap, like those of a zip bomb")


def _validate_member(info: zipfile.ZipInfo, path: str) -> str:
    """Return what is wrong with a member before it is read, or an empty text."""
    # zipfile cuts a name off at NUL and turns its separators: the original is checked too.
    if message := validate_member_name(path) or validate_member_name(info.orig_filename):
        return message
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted, so its contents cannot be inspected"
    if info.compress_type not in _METHODS:
        return f"is compressed with method {info.compress_type}; expected 0 or 8"
    if info.create_system == _UNIX and (info.external_attr >> 16) & _TYPE_MASK == _SYMLINK:
        return "is a symbolic link, which may lead out of the archive"
    return ""


def validate_member_name(name: str) -> str:  # noqa: PLR0911 - one return for each reason
    """Return why a member's name cannot be the path of a file on Windows, or an empty text."""
    if not name or name.startswith("/"):
        return "is an absolute path"
    if re.match(r"[A-Za-z]:", name):
        return "starts with a drive letter"
    if "\\" in name:
        return "contains a backslash, which separates directories on Windows only"
    if _FORBIDDEN.search(name):
        return "contains a character that Windows does not allow in file names"
    parts = name.removesuffix("/").split("/")
    if ".." in parts:
        return "leads out of the archive with '..'"
    if "" in parts or "." in parts:
        return "contains '.' or an empty name between slashes"
    if any(part.endswith((".", " ")) for part in parts):
        return "contains a name that ends with a dot or a blank, which Windows drops"
    if any(_DEVICES.fullmatch(part) for part in parts):
        return "contains the name of a Windows device"
    return ""


def _unescape_names(names: Iterable[str]) -> dict[str, str]:
    """Return the path of each member by its name, which only packages of the OPC escape.

    ECMA-376-2, clause 10.2: a package has ``[Content_Types].xml``, and the names of its other
    parts are percent-encoded; NuGet and MSIX are such packages.
    """
    known = list(names)
    is_package = any(unquote(name) == "[Content_Types].xml" for name in known)
    return {name: unquote(name) if is_package else name for name in known}


def _duplicate_names(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield paths that occur more than once, or would be one file on Windows, with a message."""
    exact = Counter(sorted(paths))
    folded = Counter(path.lower() for path in exact)
    for path, count in exact.items():
        if count > 1:
            yield path, f"occurs {count} times"
        elif folded[path.lower()] > 1:
            yield path, "occurs in another case too, which is the same file on Windows"
