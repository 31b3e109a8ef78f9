"""A zip file to its members, hashed as they are inflated; nothing is written to disk.

Also what NuGet and MSIX packages are. Every member is read to its end, so that a length or a
checksum that lies is found; names are judged before anything is read.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import IO

from sbom.binaries.binary import InspectFn
from sbom.binaries.keeping import Kept
from sbom.diagnostics import Code, Diagnostic, sort_diagnostics
from sbom.files.member_names import duplicate_names, unescape_names, validate_member_name
from sbom.files.shipped_file import ALGORITHMS, ShippedFile

_CHUNK = 1 << 20
_ENCRYPTED = 0x1
_LINK = 0xA000
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True, slots=True)
class Limits:
    """What no artifact of CPython comes near, and a zip bomb has to pass.

    ``member`` and ``whole`` are in bytes, ``ratio`` is of the whole to the archive's size.
    """

    member: int = 1 << 30
    whole: int = 4 << 30
    ratio: int = 200
    members: int = 200_000
    depth: int = 3


@dataclass(frozen=True, slots=True)
class ArchiveContents:
    """An archive: its own digests and size, its members, those of archives in it by their path.

    Where there are problems, nothing else may be trusted.
    """

    own: ShippedFile
    files: tuple[ShippedFile, ...] = ()
    nested: dict[str, ArchiveContents] = field(default_factory=dict)
    problems: tuple[Diagnostic, ...] = ()


def open_archives(
    paths: Sequence[tuple[Path, str]],
    wanted: Callable[[str], bool] = lambda _: False,
    limits: Limits = Limits(),
    inspect: InspectFn | None = None,
) -> list[ArchiveContents]:
    """Return archives opened, in the order of ``paths``, each with the name to report it by.

    Members for whose path ``wanted`` holds are archives themselves, and are opened too; what
    starts like a PE file is looked into with ``inspect``.
    """
    reader = _Reader(wanted, limits, inspect)
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return list(pool.map(lambda one: open_archive(one[0], one[1], reader), paths))


@dataclass(frozen=True, slots=True)
class _Reader:
    """How archives are read: which members are archives too, how much is believed."""

    wanted: Callable[[str], bool]
    limits: Limits
    inspect: InspectFn | None


def open_archive(path: Path, name: str, reader: _Reader) -> ArchiveContents:
    """Return one archive opened; what is wrong with it is in its problems."""
    try:
        with path.open("rb") as file:
            return _opened(file, name, reader, 0)
    except OSError as error:
        blank = ShippedFile(name, 0, "", "", "")
        message = f"cannot be read: {error.strerror or error}"
        return ArchiveContents(
            blank, problems=(_problem(Code.INPUT_ERROR, name, "", message, _CHECK),)
        )


_CHECK = "check the file, and fetch it again"
_DISTRUST = "do not publish it; make it again and find out who made this one"


def _opened(file: IO[bytes], name: str, reader: _Reader, depth: int) -> ArchiveContents:
    own = hash_stream(name, iter(lambda: file.read(_CHUNK), b""))
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            problems = _listed(archive, name, own.size, reader.limits)
            if problems:
                return ArchiveContents(own, problems=sort_diagnostics(problems))
            return _members(archive, own, reader, depth)
    except (
        zipfile.BadZipFile,
        ValueError,
        OverflowError,
        NotImplementedError,
        struct.error,
    ) as error:
        message = f"is no whole zip file: {error}"
        return ArchiveContents(
            own, problems=(_problem(Code.UNREADABLE_FILE, name, "", message, _CHECK),)
        )


def _listed(archive: zipfile.ZipFile, name: str, size: int, limits: Limits) -> list[Diagnostic]:
    """Return what is wrong with the list of members, before any is read."""
    members = [info for info in archive.infolist() if not info.filename.endswith("/")]
    called = unescape_names(info.filename for info in archive.infolist())
    problems = []
    if len(members) > limits.members:
        message = f"has {len(members)} members, more than {limits.members}"
        return [_problem(Code.UNSAFE_ARCHIVE, name, "", message, _DISTRUST)]
    for info in archive.infolist():
        # What zipfile cut off at a NUL, and the separators it turned, count as they stand.
        if fault := validate_member_name(called[info.filename]) or validate_member_name(
            info.orig_filename
        ):
            problems.append(
                _problem(Code.UNSAFE_ARCHIVE, name, info.orig_filename, fault, _DISTRUST)
            )
        elif info.flag_bits & _ENCRYPTED:
            message = "is encrypted, so nobody can tell what it is"
            problems.append(_problem(Code.UNSAFE_ARCHIVE, name, info.filename, message, _DISTRUST))
        elif info.compress_type not in _METHODS:
            message = f"is compressed by method {info.compress_type}; only 0 and 8 are read"
            problems.append(_problem(Code.UNSAFE_ARCHIVE, name, info.filename, message, _DISTRUST))
        elif (info.external_attr >> 16) & 0xF000 == _LINK and info.create_system == 3:  # noqa: PLR2004
            message = "is a link, and leads wherever it is unpacked"
            problems.append(_problem(Code.UNSAFE_ARCHIVE, name, info.filename, message, _DISTRUST))
    for member, message in duplicate_names(called[info.filename] for info in members):
        problems.append(_problem(Code.UNSAFE_ARCHIVE, name, member, message, _DISTRUST))
    whole = sum(info.file_size for info in members)
    if whole > limits.whole or whole > max(size, _CHUNK) * limits.ratio:
        message = f"would unpack {size} bytes to {whole}"
        problems.append(_problem(Code.UNSAFE_ARCHIVE, name, "", message, _DISTRUST))
    spans = sorted((info.header_offset, info.compress_size) for info in members)
    for (start, length), (following, _) in pairwise(spans):
        if start + length > following:
            message = "has members that lie over each other, as zip bombs have"
            problems.append(_problem(Code.UNSAFE_ARCHIVE, name, "", message, _DISTRUST))
            break
    return problems


def _members(
    archive: zipfile.ZipFile, own: ShippedFile, reader: _Reader, depth: int
) -> ArchiveContents:
    files: list[ShippedFile] = []
    nested: dict[str, ArchiveContents] = {}
    problems: list[Diagnostic] = []
    infos = sorted(
        (info for info in archive.infolist() if not info.filename.endswith("/")),
        key=lambda info: info.header_offset,
    )
    called = unescape_names(info.filename for info in infos)
    for info in infos:
        path = called[info.filename]
        try:
            with archive.open(info) as member:
                chunks = _limited(member, info.file_size, reader.limits)
                files.append(hash_stream(path, chunks, reader.inspect))
            if reader.wanted(path) and depth < reader.limits.depth and _is_zip(archive, info):
                with archive.open(info) as member:
                    inner = _opened(member, f"{own.path}/{path}", reader, depth + 1)
                nested[path] = inner
                problems += inner.problems
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, _TooMuchError,
                ValueError, RuntimeError) as error:  # fmt: skip
            code = Code.UNSAFE_ARCHIVE if isinstance(error, _TooMuchError) else Code.UNREADABLE_FILE
            message = f"cannot be unpacked: {error or 'it ends too early'}"
            problems.append(_problem(code, own.path, path, message, _CHECK))
    return ArchiveContents(
        own, tuple(sorted(files, key=lambda file: file.path)), nested, sort_diagnostics(problems)
    )


def _is_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    """Return whether a member starts like a zip file; what does not is no archive at all."""
    with archive.open(info) as member:
        return member.read(2) == b"PK"


class _TooMuchError(Exception):
    """More comes out of a member than there may be."""


def _limited(member: IO[bytes], size: int, limits: Limits) -> Iterable[bytes]:
    """Yield the bytes of a member, no more than it says it has and than is allowed."""
    most = min(size, limits.member)
    if size > limits.member:
        raise _TooMuchError(f"it says it has {size} bytes")
    read = 0
    while chunk := member.read(_CHUNK):
        read += len(chunk)
        if read > most:
            raise _TooMuchError(f"more than {most} bytes come out of it")
        yield chunk
    if read != size:
        raise EOFError(f"{read} of {size} bytes are there")


def hash_stream(
    path: str, chunks: Iterable[bytes], inspect: InspectFn | None = None
) -> ShippedFile:
    """Return a file that comes in pieces, hashed with every algorithm, and looked into."""
    hashes = [hashlib.new(algorithm, usedforsecurity=False) for algorithm in ALGORITHMS]
    size = 0
    kept = Kept(inspect)
    for chunk in chunks:
        kept.add(chunk)
        size += len(chunk)
        for one in hashes:
            one.update(chunk)
    sha1, sha256, sha512 = (one.hexdigest() for one in hashes)
    return ShippedFile(path, size, sha1, sha256, sha512, kept.seen(path))


def _problem(code: Code, file: str, where: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code=code, file=file, subject=where, message=message, hint=hint)
