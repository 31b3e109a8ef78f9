"""Cabinets to the files in them, decompressed in order; nothing is written to disk.

[MS-CAB] describes the format: a cabinet has folders, a folder is one compressed stream of blocks,
and a file is a range of it. A folder can go on in the next cabinet of a set.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import IO, Any

from sbom.files.lzx import LzxDecoder, LzxError

CABINET_MAGIC = b"MSCF"
_HEADER = struct.Struct("<4s4xI4xI4x2B5H")
_HAS_PREVIOUS, _HAS_NEXT, _HAS_RESERVE = 1, 2, 4
_FOLDER = struct.Struct("<I2H")
_FILE = struct.Struct("<2I3HH")
_RESERVE = struct.Struct("<H2B")
_BLOCK = struct.Struct("<I2H")
#: The folders of files that begin in the cabinet before, or do not end in this one.
_FROM_PREVIOUS, _TO_NEXT, _FROM_PREVIOUS_TO_NEXT = 0xFFFD, 0xFFFE, 0xFFFF
_UTF8_NAME = 0x80
_BLOCK_SIZE = 1 << 15
_WORD = 4
#: [MS-CAB], 2.4: a name has at most 255 bytes and a zero.
_NAME_SIZE = 256

#: Opens another file, such as the next cabinet of a set, by its path below the directory of the
#: file that names it; None if there is none. Whoever reads it closes it.
OpenFile = Callable[[str], IO[bytes] | None]


class CabinetError(ValueError):
    """The data are not a cabinet that can be read; the text says why."""


@dataclass(frozen=True, slots=True)
class CabinetFile:
    """A file in a cabinet: its name, its size, and where it starts in its folder, in bytes."""

    name: str
    size: int
    offset: int
    folder: int


@dataclass(frozen=True, slots=True)
class CabinetFolder:
    """A compressed stream: where it starts in the cabinet, its blocks and its method."""

    start: int
    block_count: int
    method: int


@dataclass(frozen=True, slots=True)
class Cabinet:
    """What a cabinet states of itself.

    ``previous`` and ``next`` are the names of the other cabinets of its set, empty at its ends;
    ``set_id`` is that of the set, ``number`` counts its cabinets from 0. The folder of a file is
    counted from 0. ``reserve`` is unused bytes before each block.
    """

    size: int
    folders: tuple[CabinetFolder, ...]
    files: tuple[CabinetFile, ...]
    previous: str
    next: str
    reserve: int
    is_continued: bool
    set_id: int
    number: int


def parse_cabinet(stream: IO[bytes]) -> Cabinet:
    """Return what the cabinet at the start of a stream states. Raises CabinetError."""
    header = _read(stream, _HEADER)
    signature, size, files_at, _, major, folder_count, file_count, flags, set_id, number = header
    if signature != CABINET_MAGIC or major != 1:
        raise CabinetError("is not a cabinet of version 1")
    folder_reserve = block_reserve = 0
    if flags & _HAS_RESERVE:
        header_reserve, folder_reserve, block_reserve = _read(stream, _RESERVE)
        stream.seek(header_reserve, 1)
    previous = next_ = ""
    if flags & _HAS_PREVIOUS:
        previous, _ = _read_name(stream), _read_name(stream)
    if flags & _HAS_NEXT:
        next_, _ = _read_name(stream), _read_name(stream)
    folders = []
    for _ in range(folder_count):
        folders.append(CabinetFolder(*_read(stream, _FOLDER)))
        stream.seek(folder_reserve, 1)
    stream.seek(files_at)
    entries = [_read_file(stream, folder_count) for _ in range(file_count)]
    files = tuple(entry for entry, _ in entries)
    is_continued = any(starts_before for _, starts_before in entries)
    return Cabinet(
        size=size,
        folders=tuple(folders),
        files=files,
        previous=previous,
        next=next_,
        reserve=block_reserve,
        is_continued=is_continued,
        set_id=set_id,
        number=number,
    )


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file of a set of cabinets: its names, its size, and its bytes in pieces.

    The pieces can be left out, or must be read to their end before the next file.
    """

    names: tuple[str, ...]
    size: int
    pieces: Iterator[bytes]


def list_cabinet_files(cabinets: Sequence[tuple[IO[bytes], Cabinet]]) -> list[CabinetFile]:
    """Return the files of a set of cabinets, in the order of the set: each once, in one folder."""
    return [file for _, files in _join_folders(cabinets) for file in files]


def read_files(
    cabinets: Sequence[tuple[IO[bytes], Cabinet]], allowed_size: int
) -> Iterator[PackedFile]:
    """Yield the files of a set of cabinets.

    ``cabinets`` are in the order of the set, each with the stream it was parsed from. Files that
    are the same range of a folder, as WiX writes equal ones, come once with all their names.
    Raises CabinetError, also where folders would unpack to more than ``allowed_size`` bytes.
    """
    unpacked = 0
    for parts, files in _join_folders(cabinets):
        unpacked += max((file.offset + file.size for file in files), default=0)
        if unpacked > allowed_size:
            raise CabinetError(f"would unpack to {unpacked} bytes; allowed are {allowed_size}")
        source = _FolderStream(parts)
        ranges = sorted(files, key=lambda file: (file.offset, file.size, file.name))
        for (offset, size), same in groupby(ranges, key=lambda file: (file.offset, file.size)):
            names = tuple(file.name for file in same)
            yield PackedFile(names, size, source.read_range(offset, size))


_Part = tuple[IO[bytes], Cabinet, CabinetFolder]


def _join_folders(
    cabinets: Sequence[tuple[IO[bytes], Cabinet]],
) -> Iterator[tuple[list[_Part], set[CabinetFile]]]:
    """Yield each folder as its parts, one for each cabinet that it is in, and its files."""
    parts: list[_Part] = []
    files: set[CabinetFile] = set()
    for stream, cabinet in cabinets:
        by_folder: dict[int, set[CabinetFile]] = {}
        for file in cabinet.files:
            by_folder.setdefault(file.folder, set()).add(replace(file, folder=0))
        for number, folder in enumerate(cabinet.folders):
            if parts and not (number == 0 and cabinet.is_continued):
                yield parts, files
                parts, files = [], set()
            parts.append((stream, cabinet, folder))
            files |= by_folder.get(number, set())
    if parts:
        yield parts, files


class _FolderStream:
    """The decompressed bytes of a folder, read forward."""

    def __init__(self, parts: Sequence[_Part]) -> None:
        self._blocks = _read_blocks(parts)
        self._decode = _decoder(parts[0][2].method)
        self._block = b""
        self._start = 0

    def read_range(self, offset: int, size: int) -> Iterator[bytes]:
        """Yield ``size`` bytes from ``offset`` on, which must not be before the last range."""
        end = offset + size
        while offset < end:
            while offset >= self._start + len(self._block):
                self._start += len(self._block)
                block = next(self._blocks, None)
                if block is None:
                    raise CabinetError("ends too early")
                self._block = self._decode(*block)
            if offset < self._start:
                raise CabinetError("has files that overlap")
            piece = self._block[offset - self._start : end - self._start]
            yield piece
            offset += len(piece)


def _read_blocks(parts: Sequence[_Part]) -> Iterator[tuple[bytes, int]]:
    """Yield each block of a folder, compressed, with its size when decompressed."""
    begun = b""
    for stream, cabinet, folder in parts:
        stream.seek(folder.start)
        for number in range(folder.block_count):
            checksum, packed, size = _read(stream, _BLOCK)
            stream.seek(cabinet.reserve, 1)
            data = stream.read(packed)
            if len(data) < packed:
                raise CabinetError("ends too early")
            if checksum and checksum != _checksum(
                struct.pack("<2H", packed, size), _checksum(data)
            ):
                raise CabinetError("has a block whose checksum is wrong")
            # [MS-CAB], 2.5: size 0 says that the rest of the block is in the next cabinet.
            if not size and number + 1 == folder.block_count:
                begun += data
                continue
            if not 0 < size <= _BLOCK_SIZE:
                raise CabinetError(f"has a block of {size} bytes; expected 1 to {_BLOCK_SIZE}")
            yield begun + data, size
            begun = b""


def _checksum(data: bytes, seed: int = 0) -> int:
    """Return the checksum of [MS-CAB], 3.1: the exclusive or of the words of 4 bytes."""
    whole = len(data) // _WORD * _WORD
    value = seed ^ int.from_bytes(data[whole:], "big")
    # One number of all words is folded in half until one word is left. That takes a tenth of the
    # time of a loop over the words.
    words, count = int.from_bytes(data[:whole], "little"), whole // _WORD
    while count > 1:
        count = (count + 1) // 2
        bits = 8 * _WORD * count
        words = (words >> bits) ^ (words & ((1 << bits) - 1))
    return value ^ words


_Decode = Callable[[bytes, int], bytes]


def _decoder(method: int) -> _Decode:
    """Return what decompresses the blocks of a folder in order. Raises CabinetError."""
    match method & 0xF:
        case 0:
            return _copy
        case 1:
            return _Mszip().decode
        case 3:
            return _lzx((method >> 8) & 0x1F)
        case 2:
            # libmspack, which cabextract uses, reads it; no maintained package of PyPI does.
            error = "is compressed with Quantum, which is not supported; cabextract unpacks it"
            raise CabinetError(error)
        case other:
            raise CabinetError(f"is compressed with method {other}; expected MSZIP, LZX or none")


def _copy(data: bytes, size: int) -> bytes:
    if len(data) != size:
        raise CabinetError(f"has a block of {len(data)} bytes; expected {size}")
    return data


class _Mszip:
    """[MS-MCI]: blocks of deflate, each with the block before as dictionary."""

    def __init__(self) -> None:
        self._previous = b""

    def decode(self, data: bytes, size: int) -> bytes:
        """Return the next block, decompressed. Raises CabinetError."""
        if not data.startswith(b"CK"):
            raise CabinetError("has an MSZIP block that does not start with 'CK'")
        inflater = zlib.decompressobj(-zlib.MAX_WBITS, zdict=self._previous)
        try:
            block = inflater.decompress(data[2:], size + 1)
        except zlib.error as error:
            raise CabinetError(f"has a damaged block: {error}") from error
        if len(block) != size:
            raise CabinetError(f"has a block of {len(block)} bytes; expected {size}")
        self._previous = block
        return block


def _lzx(window_bits: int) -> _Decode:
    try:
        decoder = LzxDecoder(window_bits)
    except LzxError as error:
        raise CabinetError(str(error)) from error

    def decode(data: bytes, size: int) -> bytes:
        try:
            return decoder.decode(data, size)
        except (LzxError, IndexError) as error:
            raise CabinetError(f"has a damaged block: {error}") from error

    return decode


def _read_file(stream: IO[bytes], folder_count: int) -> tuple[CabinetFile, bool]:
    """Return a file, and whether it starts in the cabinet before."""
    size, offset, folder, _, _, attributes = _read(stream, _FILE)
    starts_before = folder in (_FROM_PREVIOUS, _FROM_PREVIOUS_TO_NEXT)
    if starts_before:
        folder = 0
    elif folder == _TO_NEXT:
        folder = folder_count - 1
    if not 0 <= folder < folder_count:
        raise CabinetError("has a file in a folder that does not exist")
    name = _read_name(stream, attributes & _UTF8_NAME)
    return CabinetFile(name, size, offset, folder), starts_before


def _read(stream: IO[bytes], layout: struct.Struct) -> tuple[Any, ...]:
    data = stream.read(layout.size)
    if len(data) < layout.size:
        raise CabinetError("ends too early")
    return layout.unpack(data)


def _read_name(stream: IO[bytes], is_utf8: int = 0) -> str:
    start = stream.tell()
    name, zero, _ = stream.read(_NAME_SIZE).partition(b"\0")
    if not zero:
        raise CabinetError("has a name without an end")
    stream.seek(start + len(name) + 1)
    return name.decode("utf-8" if is_utf8 else "cp1252", "replace")
