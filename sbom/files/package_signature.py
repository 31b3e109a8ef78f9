"""The signatures of MSIX and NuGet packages: a member, after all those that it covers.

That of an MSIX package covers five digests: of the members' records in the zip file, of the central
directory, of the list of content types, of the block map, and of a catalog of the package's code if
there is one; osslsigncode's appx.c (https://github.com/mtrojnar/osslsigncode) describes it. That of
a NuGet package covers one, of the whole file: NuGet's "Package Signatures Technical Details".
Both are of the file as it was without the signature.
"""

from __future__ import annotations

import hashlib
import struct
import zipfile
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO

from sbom.binaries.signature import (
    Signature,
    SignatureStatus,
    read_nupkg_signature,
    read_signature,
)
from sbom.files.shipped_file import split_stream

_MSIX_SIGNATURE, _MAGIC = "AppxSignature.p7x", b"PKCX"
_NUPKG_SIGNATURE = ".signature.p7s"
#: What the digests are of, by the marks before them.
_MEMBERS = {
    b"AXCT": "[Content_Types].xml",
    b"AXBM": "AppxBlockMap.xml",
    b"AXCI": "AppxMetadata/CodeIntegrity.cat",
}
_PIECE, _LARGEST = 1 << 20, 1 << 21
#: The start of an entry of the central directory, with the sizes of name, extra field and comment.
_ENTRY = struct.Struct("<4s24x3H12x")
#: The ends of a zip file, APPNOTE 4.3.14 to 4.3.16: numbers of disks, entries, size and offset.
_END64 = struct.Struct("<4sQ4s2I4Q")
_LOCATOR = struct.Struct("<4sIQI")
_END = struct.Struct("<4s4H2IH")
_ENTRY_MAGIC, _END64_MAGIC = b"PK\1\2", b"PK\6\6"
#: What the end has instead of a number that only its version for 64 bits has.
_IN_END64 = (0xFFFF, 0xFFFFFFFF)


def read_package_signature(file: IO[bytes], opened: zipfile.ZipFile) -> Signature | None:
    """Return the signature of a package, None if it has none.

    ``file`` is what is ``opened``, whose members were read to their ends before.
    """
    if info := opened.NameToInfo.get(_MSIX_SIGNATURE):
        message = _read_message(opened, info)
        if not message.startswith(_MAGIC):
            return Signature(status=SignatureStatus.DAMAGED)
        return read_signature(
            message.removeprefix(_MAGIC), lambda algorithm: _msix_digest(file, opened, algorithm)
        )
    if info := opened.NameToInfo.get(_NUPKG_SIGNATURE):
        return read_nupkg_signature(
            _read_message(opened, info), lambda algorithm: _nupkg_digest(file, opened, algorithm)
        )
    return None


def _read_message(opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return the contents of a member, or more of it than any signature has."""
    with opened.open(info) as member:
        return member.read(_LARGEST)


def _msix_digest(file: IO[bytes], opened: zipfile.ZipFile, algorithm: str) -> bytes:
    info = opened.NameToInfo[_MSIX_SIGNATURE]
    parts = {
        b"AXPC": _read(file, 0, info.header_offset),
        b"AXCD": _unsigned_directory(file, opened, info),
    }
    for mark, name in _MEMBERS.items():
        if name in opened.NameToInfo:
            parts[mark] = _read_member(opened, name)
    return b"APPX" + b"".join(mark + _digest(algorithm, parts[mark]) for mark in parts)


def _nupkg_digest(file: IO[bytes], opened: zipfile.ZipFile, algorithm: str) -> bytes:
    info = opened.NameToInfo[_NUPKG_SIGNATURE]
    unsigned = chain(_read(file, 0, info.header_offset), _unsigned_directory(file, opened, info))
    return _digest(algorithm, unsigned)


def _digest(algorithm: str, pieces: Iterable[bytes]) -> bytes:
    digest = hashlib.new(algorithm, usedforsecurity=False)
    for piece in pieces:
        digest.update(piece)
    return digest.digest()


def _read_member(opened: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with opened.open(name) as member:
        yield from split_stream(member)


def _read(file: IO[bytes], at: int, end: int) -> Iterator[bytes]:
    file.seek(at)
    while at < end and (piece := file.read(min(_PIECE, end - at))):
        at += len(piece)
        yield piece


def _unsigned_directory(
    file: IO[bytes], opened: zipfile.ZipFile, info: zipfile.ZipInfo
) -> Iterator[bytes]:
    """Yield a central directory and its end as they were before the signature was added.

    Raises struct.error if they are damaged.
    """
    file.seek(opened.start_dir)
    data = file.read()
    entries: list[bytes] = []
    position = 0
    while data.startswith(_ENTRY_MAGIC, position):
        _, *sizes = _ENTRY.unpack_from(data, position)
        entry = data[position : position + _ENTRY.size + sum(sizes)]
        position += len(entry)
        if entry[_ENTRY.size : _ENTRY.size + sizes[0]] != info.filename.encode():
            entries.append(entry)
    yield from entries
    size = sum(map(len, entries))
    yield from _unsigned_end(
        data[position:], (len(entries), len(entries), size, info.header_offset)
    )


def _unsigned_end(end: bytes, stated: tuple[int, ...]) -> Iterator[bytes]:
    """Yield what is after a central directory, with other numbers of entries, size and offset."""
    if end.startswith(_END64_MAGIC):
        magic, size, versions, disk, other_disk, *_ = _END64.unpack_from(end)
        rest = size + 12 - _END64.size  # the size is without magic and itself
        yield _END64.pack(magic, size, versions, disk, other_disk, *stated)
        yield end[_END64.size : _END64.size + rest]
        end = end[_END64.size + rest :]
        magic, disk, _, disks = _LOCATOR.unpack_from(end)
        yield _LOCATOR.pack(magic, disk, stated[2] + stated[3], disks)
        end = end[_LOCATOR.size :]
    magic, _, _, *numbers, comment_size = _END.unpack_from(end)
    numbers = [old if old in _IN_END64 else new for old, new in zip(numbers, stated, strict=True)]
    # Numbers of disks are 0, whatever the file has.
    yield _END.pack(magic, 0, 0, *numbers, comment_size)
    yield end[_END.size :]
