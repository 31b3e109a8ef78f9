"""The members of a tar stream: headers with their extensions to values; believes no path.

Not tarfile: that takes a damaged header for the end of an archive, and reads a long name of any
length into memory. Its TarInfo reads the single header.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sbom.files.gzip import DamagedError, GzipStream, fault

_BLOCK = 512
_COMMIT = re.compile(r"[0-9a-f]{40}")
#: The largest pax or GNU header, and the most digits of a number in one.
_HEADER_LIMIT = 1 << 20
_DIGITS = 18


class Type(StrEnum):
    """What a member is."""

    FILE = "a regular file"
    FOLDER = "a folder"
    SYMBOLIC = "a symbolic link"
    HARD = "a hard link"
    CHARACTERS = "a character device"
    BLOCKS = "a block device"
    FIFO = "a FIFO"
    SPARSE = "a sparse file"
    UNKNOWN = "a member of an unknown type"


@dataclass(frozen=True, slots=True)
class Member:
    """One member: what it is, its path and size, and where it links to."""

    type: Type
    path: str
    size: int
    link: str


class Tar:
    """A tar stream; ``commit`` is what git wrote into its global header, or empty."""

    def __init__(self, stream: GzipStream, name: str) -> None:
        """Read from ``stream``; ``name`` is what problems call the archive."""
        self.commit = ""
        self._stream = stream
        self._name = name

    def members(self) -> Iterator[Member]:
        """Yield each member; its contents are read, by ``contents``, before the next."""
        said: dict[str, str] = {}
        most = self._stream.limits.members
        count = 0
        while any(block := self._stream.take(_BLOCK)):
            count += 1
            if count > most:
                raise fault(self._name, f"has more than {most} members")
            try:
                header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
            except tarfile.HeaderError as error:
                message = f"member {count} has no valid tar header: {error}"
                raise DamagedError(self._name, message) from error
            if not self._extends(header, said):
                yield self._member(header, said)
                said = {}
        if said:
            raise fault(self._name, "ends with a header that belongs to no member")
        if any(self._stream.take(_BLOCK)):
            raise fault(self._name, "goes on behind the mark that ends a tar")

    def contents(self, size: int) -> Iterator[bytes]:
        """Yield what a member of this size holds."""
        yield from self._stream.pieces(size)
        self._stream.take(-size % _BLOCK)

    def _member(self, header: tarfile.TarInfo, said: dict[str, str]) -> Member:
        path = said.get("path") or header.name
        kind = _TYPES.get(header.type, Type.UNKNOWN)
        if any(key.startswith("GNU.sparse") for key in said):
            kind = Type.SPARSE
        elif kind is Type.FILE and path.endswith("/"):
            kind = Type.FOLDER
        size = said.get("size", "")
        number = int(size) if size.isascii() and size.isdigit() else header.size
        return Member(kind, path, number, said.get("linkpath") or header.linkname)

    def _extends(self, header: tarfile.TarInfo, said: dict[str, str]) -> bool:
        """Return whether a header only adds to the next; what it says then goes to ``said``."""
        match header.type:
            case tarfile.XGLTYPE:
                self._global(self._records(header))
            case tarfile.XHDTYPE | tarfile.SOLARIS_XHDTYPE:
                said |= self._records(header)
            case tarfile.GNUTYPE_LONGNAME:
                said["path"] = _text(self._extended(header))
            case tarfile.GNUTYPE_LONGLINK:
                said["linkpath"] = _text(self._extended(header))
            case _:
                return False
        return True

    def _extended(self, header: tarfile.TarInfo) -> bytes:
        if not 0 <= header.size <= _HEADER_LIMIT:
            raise fault(self._name, f"has an extended header of {header.size} bytes")
        return b"".join(self.contents(header.size))

    def _global(self, records: dict[str, str]) -> None:
        if moved := sorted(records.keys() & {"path", "linkpath", "size"}):
            raise fault(self._name, f"its global header sets {' and '.join(moved)}")
        if _COMMIT.fullmatch(records.get("comment", "")):
            self.commit = records["comment"]

    def _records(self, header: tarfile.TarInfo) -> dict[str, str]:
        """Return the records of a pax header: each its length, a blank, key=value, line feed."""
        data = self._extended(header)
        records: dict[str, str] = {}
        while data.strip(b"\0"):
            length, _, _ = data.partition(b" ")
            size = int(length) if length.isdigit() and len(length) < _DIGITS else 0
            key, _, value = data[len(length) + 1 : size].partition(b"=")
            numeric = key != b"size" or len(value) <= _DIGITS
            if size > len(data) or not value.endswith(b"\n") or not numeric:
                raise fault(self._name, "has a pax header that cannot be read")
            records[key.decode("utf-8", "replace")] = value[:-1].decode("utf-8", "surrogateescape")
            data = data[size:]
        return records


def _text(data: bytes) -> str:
    return data.partition(b"\0")[0].decode("utf-8", "surrogateescape")


_TYPES = {
    tarfile.REGTYPE: Type.FILE,
    tarfile.AREGTYPE: Type.FILE,
    tarfile.CONTTYPE: Type.FILE,
    tarfile.DIRTYPE: Type.FOLDER,
    tarfile.SYMTYPE: Type.SYMBOLIC,
    tarfile.LNKTYPE: Type.HARD,
    tarfile.CHRTYPE: Type.CHARACTERS,
    tarfile.BLKTYPE: Type.BLOCKS,
    tarfile.FIFOTYPE: Type.FIFO,
    tarfile.GNUTYPE_SPARSE: Type.SPARSE,
}
