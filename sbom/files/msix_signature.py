"""The signature of an MSIX package: a member, behind all those that it covers.

It covers five digests: of the members' records in the zip file, of the central directory, of the
list of content types, of the block map, and of a catalog of the package's code if there is one. The
first two are of the file as it was without the signature. osslsigncode's appx.c
(https://github.com/mtrojnar/osslsigncode) describes it.
"""

from __future__ import annotations

import hashlib
import struct
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO

from sbom.binaries.signature import Signature, SignatureStatus, read_signature

_SIGNATURE, _MAGIC = "AppxSignature.p7x", b"PKCX"
#: What the digests are of, by the marks before them.
_MEMBERS = {
    b"AXCT": "[Content_Types].xml",
    b"AXBM": "AppxBlockMap.xml",
    b"AXCI": "AppxMetadata/CodeIntegrity.cat",
}
_LARGEST = 1 << 20
_PIECE = 1 << 20
#: The start of an entry of the central directory, with the sizes of name, extra field and comment.
_ENTRY = struct.Struct("<4s24x3H12x")
#: The ends of a zip file, APPNOTE 4.3.14 to 4.3.16: numbers of disks, entries, size and offset.
_END64 = struct.Struct("<4sQ4s2I4Q")
_LOCATOR = struct.Struct("<4sIQI")
_END = struct.Struct("<4s4H2IH")
_ENTRY_MAGIC, _END64_MAGIC = b"PK\1\2", b"PK\6\6"
#: What the end has instead of a number that only its version for 64 bits has.
_IN_END64 = (0xFFFF, 0xFFFFFFFF)


def read_msix_signature(file: IO[bytes], opened: zipfile.ZipFile) -> Signature | None:
    """Return the signature of a package, None if it has none.

    ``file`` is what is ``opened``, whose members were read to their ends before.
    """
    info = opened.NameToInfo.get(_SIGNATURE)
    if info is None:
        return None
    with opened.open(info) as member:
        message = member.read(_LARGEST + 1)
    if not message.startswith(_MAGIC):
        return Signature(status=SignatureStatus.DAMAGED)

    def compute_digest(algorithm: str) -> bytes:
        parts = {
            b"AXPC": _read(file, 0, info.header_offset),
            b"AXCD": iter([_unsigned_directory(file, opened.start_dir, info.header_offset)]),
        }
        for mark, name in _MEMBERS.items():
            if name in opened.NameToInfo:
                parts[mark] = _read_member(opened, name)
        digests = (mark + _digest(algorithm, pieces) for mark, pieces in parts.items())
        return b"APPX" + b"".join(digests)

    return read_signature(message.removeprefix(_MAGIC), compute_digest)


def _digest(algorithm: str, pieces: Iterable[bytes]) -> bytes:
    digest = hashlib.new(algorithm, usedforsecurity=False)
    for piece in pieces:
        digest.update(piece)
    return digest.digest()


def _read_member(opened: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with opened.open(name) as member:
        yield from iter(lambda: member.read(_PIECE), b"")


def _read(file: IO[bytes], at: int, end: int) -> Iterator[bytes]:
    file.seek(at)
    while at < end and (piece := file.read(min(_PIECE, end - at))):
        at += len(piece)
        yield piece


def _unsigned_directory(file: IO[bytes], start: int, at: int) -> bytes:
    """Return a central directory as it was before the signature was added at an offset.

    Raises struct.error if it is damaged.
    """
    file.seek(start)
    data = file.read()
    entries: list[bytes] = []
    position = 0
    while data.startswith(_ENTRY_MAGIC, position):
        _, *sizes = _ENTRY.unpack_from(data, position)
        entry = data[position : position + _ENTRY.size + sum(sizes)]
        position += len(entry)
        if entry[_ENTRY.size : _ENTRY.size + sizes[0]] != _SIGNATURE.encode():
            entries.append(entry)
    directory = b"".join(entries)
    stated = (len(entries), len(entries), len(directory), at)
    return directory + b"".join(_unsigned_end(data[position:], stated))


def _unsigned_end(end: bytes, stated: tuple[int, ...]) -> Iterator[bytes]:
    """Yield what is behind a central directory, with other numbers of entries, size and offset."""
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
