"""Compresses with LZX, as cabinets have it, with every kind of block and match.

cabextract 1.11 decompresses what it writes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

FRAME = 1 << 15
VERBATIM, ALIGNED, UNCOMPRESSED = 1, 2, 3
_SLOTS = {15: 30, 16: 32, 17: 34, 18: 36, 19: 38, 20: 42, 21: 50}
_BITS = [0, 0, *(min(17, slot // 2 - 1) for slot in range(2, 50))]
_STARTS = [sum(1 << bits for bits in _BITS[:slot]) for slot in range(50)]


def _even_code(count: int) -> list[tuple[int, int]]:
    """Return a complete prefix code of ``count`` symbols: value and length of each."""
    long = (count - 1).bit_length()
    short = (1 << long) - count
    codes = [(value, long - 1) for value in range(short)]
    return codes + [(2 * short + value, long) for value in range(count - short)]


_PRETREE, _LENGTHS = _even_code(20), _even_code(249)


@dataclass
class _Bits:
    """Writes bits to little-endian words of 16 bits, the highest first."""

    data: bytearray = field(default_factory=bytearray)
    value: int = 0
    count: int = 0

    def write(self, value: int, count: int) -> None:
        self.value, self.count = self.value << count | value, self.count + count
        while self.count >= 16:
            self.count -= 16
            self.data += struct.pack("<H", self.value >> self.count)
            self.value &= (1 << self.count) - 1

    def align(self) -> None:
        if self.count:
            self.write(0, 16 - self.count)


@dataclass
class LzxEncoder:
    """Compresses frames in order; each is one block of the kind that is asked for."""

    window_bits: int = 15
    translated_size: int = 0
    _data: bytes = b""
    _recent: list[int] = field(default_factory=lambda: [1, 1, 1])
    _lengths: list[int] = field(default_factory=list)
    _length_lengths: list[int] = field(default_factory=lambda: [0] * 249)
    _last: dict[bytes, int] = field(default_factory=dict)

    def frames(self, data: bytes, kinds: Sequence[int] = (VERBATIM,)) -> Iterator[bytes]:
        """Yield the compressed frames of all data; the kinds of blocks take turns."""
        for number, start in enumerate(range(0, len(data), FRAME)):
            frame = self._translate(data[start : start + FRAME], start)
            yield self._frame(frame, kinds[number % len(kinds)], is_first=start == 0)

    def _translate(self, frame: bytes, start: int) -> bytes:
        """Return a frame with the targets of x86 calls absolute."""
        made = bytearray(frame)
        at = frame.find(0xE8)
        while self.translated_size and 0 <= at < len(frame) - 10:
            (relative,) = struct.unpack_from("<i", frame, at + 1)
            here = start + at
            if -here <= relative < self.translated_size - here:
                struct.pack_into("<i", made, at + 1, relative + here)
            elif self.translated_size - here <= relative < self.translated_size:
                struct.pack_into("<i", made, at + 1, relative - self.translated_size)
            at = frame.find(0xE8, at + 5)
        return bytes(made)

    def _frame(self, frame: bytes, kind: int, *, is_first: bool) -> bytes:
        bits = _Bits()
        if is_first:
            bits.write(bool(self.translated_size), 1)
            if self.translated_size:
                bits.write(self.translated_size, 32)
        bits.write(kind, 3)
        bits.write(len(frame), 24)
        if kind == UNCOMPRESSED:
            bits.write(0, 16 - bits.count)  # 1 to 16 bits
            self._recent = [1, 1, 1]
            self._data += frame
            return bytes(bits.data) + struct.pack("<3I", 1, 1, 1) + frame + b"\0" * (len(frame) % 2)
        if kind == ALIGNED:
            for _ in range(8):
                bits.write(3, 3)
        main = _even_code(256 + 8 * _SLOTS[self.window_bits])
        self._lengths = self._lengths or [0] * len(main)
        self._write_lengths(bits, self._lengths[:256], main[:256])
        self._write_lengths(bits, self._lengths[256:], main[256:])
        self._write_lengths(bits, self._length_lengths, _LENGTHS)
        self._lengths = [length for _, length in main]
        self._length_lengths = [length for _, length in _LENGTHS]
        self._write_matches(bits, frame, kind, main)
        bits.align()
        return bytes(bits.data)

    def _write_lengths(
        self, bits: _Bits, old: Sequence[int], new: Sequence[tuple[int, int]]
    ) -> None:
        for _, length in _PRETREE:
            bits.write(length, 4)
        for before, (_, length) in zip(old, new, strict=True):
            bits.write(*_PRETREE[(before - length) % 17])

    def _write_matches(
        self, bits: _Bits, frame: bytes, kind: int, main: Sequence[tuple[int, int]]
    ) -> None:
        start = len(self._data)
        data = self._data = self._data + frame
        at = start
        while at < len(data):
            before = self._last.get(data[at : at + 3], at)
            self._last[data[at : at + 3]] = at
            offset, length = at - before, 0
            if 0 < offset < (1 << self.window_bits) - 2:
                most = min(257, len(data) - at)
                while length < most and data[before + length] == data[at + length]:
                    length += 1
            if length < 3:
                bits.write(*main[data[at]])
                at += 1
                continue
            self._write_match(bits, offset, length, kind, main)
            at += length

    def _write_match(
        self, bits: _Bits, offset: int, length: int, kind: int, main: Sequence[tuple[int, int]]
    ) -> None:
        if offset in self._recent:
            slot = self._recent.index(offset)
            self._recent[slot], self._recent[0] = self._recent[0], offset
        else:
            slot = max(slot for slot in range(3, 50) if _STARTS[slot] <= offset + 2)
            self._recent = [offset, *self._recent[:2]]
        bits.write(*main[256 + 8 * slot + min(length - 2, 7)])
        if length - 2 >= 7:
            bits.write(*_LENGTHS[length - 9])
        if slot >= 3:
            rest = offset + 2 - _STARTS[slot]
            if kind == ALIGNED and _BITS[slot] >= 3:
                bits.write(rest >> 3, _BITS[slot] - 3)
                bits.write(rest & 7, 3)
            else:
                bits.write(rest, _BITS[slot])
