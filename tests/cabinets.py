"""Writes cabinets: stored, MSZIP or LZX, with checksums, and split into a set."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence

from lzx_encoder import LzxEncoder

STORED, MSZIP, LZX = 0, 1, 3 | 15 << 8
BLOCK = 1 << 15


def cabinet(
    files: Mapping[str, bytes],
    method: int = MSZIP,
    same: Mapping[str, str] | None = None,
    reserve: bytes = b"",
) -> bytes:
    """Return a cabinet of one folder. ``same`` names files that are the bytes of another one."""
    data = b"".join(files.values())
    entries, at, offsets = b"", 0, {}
    for name, content in files.items():
        offsets[name] = at
        entries += _entry(name, len(content), at)
        at += len(content)
    for name, other in (same or {}).items():
        entries += _entry(name, len(files[other]), offsets[other])
    blocks = [_block(block, size, reserve) for block, size in compress(data, method)]
    count = len(files) + len(same or {})
    return _cabinet(entries, count, [(method, blocks)], reserve)


def compress(data: bytes, method: int) -> Iterator[tuple[bytes, int]]:
    """Yield the blocks of a folder, and the size of each when decompressed."""
    pieces = [data[at : at + BLOCK] for at in range(0, len(data), BLOCK)]
    if method == MSZIP:
        before = b""
        for piece in pieces:
            deflater = zlib.compressobj(wbits=-15, zdict=before)
            yield b"CK" + deflater.compress(piece) + deflater.flush(), len(piece)
            before = piece
    elif method & 0xF == LZX & 0xF:
        frames = LzxEncoder(method >> 8).frames(data)
        yield from zip(frames, map(len, pieces), strict=True)
    else:
        yield from ((piece, len(piece)) for piece in pieces)


def split_set(name: str, content: bytes, names: Sequence[str]) -> list[bytes]:
    """Return a set of cabinets that one file goes through: its only block is in all of them."""
    [(block, size)] = compress(content, MSZIP)
    step = len(block) // len(names) + 1
    made = []
    for number in range(len(names)):
        is_last = number == len(names) - 1
        folder = {0: 0xFFFE, len(names) - 1: 0xFFFD}.get(number, 0xFFFF)
        part = block[number * step : (number + 1) * step]
        made.append(
            _cabinet(
                _entry(name, len(content), 0, folder),
                1,
                [(MSZIP, [_block(part, size if is_last else 0, b"")])],
                previous=names[number - 1] if number else "",
                following="" if is_last else names[number + 1],
                number=number,
            )
        )
    return made


def _entry(name: str, size: int, offset: int, folder: int = 0) -> bytes:
    is_ascii = name.isascii()
    attributes = 0x20 if is_ascii else 0xA0
    return struct.pack("<2I4H", size, offset, folder, 0, 0, attributes) + name.encode() + b"\0"


def _block(data: bytes, size: int, reserve: bytes) -> bytes:
    checksum = _checksum(struct.pack("<2H", len(data), size), _checksum(data, 0))
    return struct.pack("<I2H", checksum, len(data), size) + reserve + data


def _checksum(data: bytes, value: int) -> int:
    """Return the checksum word by word, as [MS-CAB], 3.1, writes it."""
    for at in range(0, len(data) - len(data) % 4, 4):
        value ^= int.from_bytes(data[at : at + 4], "little")
    return value ^ int.from_bytes(data[len(data) - len(data) % 4 :], "big")


def _cabinet(
    entries: bytes,
    count: int,
    folders: Sequence[tuple[int, Sequence[bytes]]],
    reserve: bytes = b"",
    *,
    previous: str = "",
    following: str = "",
    number: int = 0,
) -> bytes:
    flags = bool(previous) | bool(following) << 1 | bool(reserve) << 2
    extra = struct.pack("<H2B", 0, 0, len(reserve)) if reserve else b""
    for name in (previous, following):
        extra += f"{name}\0disk\0".encode() if name else b""
    files_at = 36 + len(extra) + 8 * len(folders)
    table, body, at = b"", b"", files_at + len(entries)
    for method, blocks in folders:
        table += struct.pack("<I2H", at, len(blocks), method)
        body += b"".join(blocks)
        at += sum(map(len, blocks))
    header = struct.pack(
        "<4s4xI4xI4x2B5H", b"MSCF", at, files_at, 3, 1, len(folders), count, flags, 1, number
    )
    return header + extra + table + entries + body
