"""LZX as cabinets have it, decompressed.

[MS-PATCH] describes the format ("LZX DELTA"), and the Cabinet SDK how cabinets use it: no reference
data, frames of 32 KiB that each start at a whole word, and calls in x86 code translated.
No library on PyPI decompresses it on every platform: libarchive-c needs a DLL that Windows lacks.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

FRAME_SIZE = 1 << 15
#: How many slots of match offsets a window of so many bits has.
_SLOTS = {15: 30, 16: 32, 17: 34, 18: 36, 19: 38, 20: 42, 21: 50}
_VERBATIM, _ALIGNED, _UNCOMPRESSED = 1, 2, 3
_LENGTH_SYMBOLS, _PRETREE_SYMBOLS, _ALIGNED_SYMBOLS = 249, 20, 8
_LITERALS = 256
#: A symbol of the main tree is a slot and a length; the last of these lengths is continued.
_LENGTHS, _SHORTEST_MATCH = 8, 2
#: The first slots are the three offsets before.
_RECENT = 3
#: How many low bits of an offset an aligned block writes with a code of their own.
_ALIGNED_BITS = 3
#: Symbols of the tree that writes lengths of codes: from here on, of more than one.
_ZEROS, _MANY_ZEROS, _MOST_LENGTH = 17, 18, 16
#: The last bytes of a frame have no call.
_CALL_END = 10
#: The call instruction of x86, and how much of a file is translated at most: 32,768 frames.
_CALL, _TRANSLATED_SIZE = 0xE8, 1 << 30


def _offset_slots() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return how many bits follow each slot, and the offset at which it starts."""
    bits = [0, 0, *(min(17, slot // 2 - 1) for slot in range(2, 50))]
    starts = [0]
    for count in bits:
        starts.append(starts[-1] + (1 << count))
    return tuple(bits), tuple(starts[:-1])


_OFFSET_BITS, _OFFSET_STARTS = _offset_slots()


class LzxError(ValueError):
    """The data are not LZX; the text says why."""


class LzxDecoder:
    """Decompresses the frames of one LZX stream, which must come in order."""

    def __init__(self, window_bits: int) -> None:
        """Take the size of the window, 15 to 21 bits. Raises LzxError for any other."""
        if window_bits not in _SLOTS:
            raise LzxError(f"has a window of {window_bits} bits; expected 15 to 21")
        self._window_size = 1 << window_bits
        self._main_lengths = [0] * (_LITERALS + _LENGTHS * _SLOTS[window_bits])
        self._length_lengths = [0] * _LENGTH_SYMBOLS
        self._main = self._lengths = self._aligned = _HuffmanTable([])
        self._window = bytearray()
        self._position = 0
        self._recent = [1, 1, 1]
        self._block_type = self._block_left = self._block_size = 0
        self._translated_size: int | None = None

    def decode(self, data: bytes, size: int) -> bytes:
        """Return the next frame of ``size`` bytes, at most FRAME_SIZE. Raises LzxError."""
        if size > FRAME_SIZE:
            raise LzxError(f"has a frame of {size} bytes; expected at most {FRAME_SIZE}")
        reader = _BitReader(data)
        if self._translated_size is None:
            self._translated_size = reader.read(32) if reader.read(1) else 0
        if len(self._window) > 4 * self._window_size:
            del self._window[: -self._window_size]
        start = len(self._window)
        end = start + size
        while len(self._window) < end:
            if not self._block_left:
                self._read_block_header(reader)
            before = len(self._window)
            until = min(end, before + self._block_left)
            if self._block_type == _UNCOMPRESSED:
                self._window += reader.read_bytes(until - before)
            else:
                self._decode_matches(reader, until)
            self._block_left -= len(self._window) - before
            if self._block_left < 0:
                break
            if not self._block_left and self._block_type == _UNCOMPRESSED and self._block_size % 2:
                reader.read_bytes(1)
        if len(self._window) != end or self._block_left < 0:
            raise LzxError("has a match that crosses the end of a block or a frame")
        frame = self._translate_calls(bytes(self._window[start:]))
        self._position += size
        return frame

    def _read_block_header(self, reader: _BitReader) -> None:
        self._block_type = reader.read(3)
        self._block_left = self._block_size = reader.read(24)
        if not self._block_size:
            raise LzxError("has an empty block")
        if self._block_type == _UNCOMPRESSED:
            reader.align()
            self._recent = list(struct.unpack("<3I", reader.read_bytes(12)))
            return
        if self._block_type == _ALIGNED:
            self._aligned = _HuffmanTable([reader.read(3) for _ in range(_ALIGNED_SYMBOLS)])
        elif self._block_type != _VERBATIM:
            raise LzxError(f"has a block of type {self._block_type}; expected 1, 2 or 3")
        _read_lengths(reader, self._main_lengths, 0, _LITERALS)
        _read_lengths(reader, self._main_lengths, _LITERALS, len(self._main_lengths))
        self._main = _HuffmanTable(self._main_lengths)
        _read_lengths(reader, self._length_lengths, 0, _LENGTH_SYMBOLS)
        self._lengths = _HuffmanTable(self._length_lengths)

    def _decode_matches(self, reader: _BitReader, end: int) -> None:
        """Append literals and matches to the window until it has ``end`` bytes."""
        window, main = self._window, self._main
        while len(window) < end:
            symbol = reader.decode(main)
            if symbol < _LITERALS:
                window.append(symbol)
                continue
            slot, length = divmod(symbol - _LITERALS, _LENGTHS)
            if length == _LENGTHS - 1:
                length += reader.decode(self._lengths)
            self._copy(self._read_offset(reader, slot), length + _SHORTEST_MATCH)

    def _copy(self, offset: int, length: int) -> None:
        window = self._window
        start = len(window) - offset
        if start < 0 or offset > self._window_size or offset < 1:
            raise LzxError("has a match that starts before the data")
        if offset >= length:
            window += window[start : start + length]
        else:
            window += (window[start:] * (length // offset + 1))[:length]

    def _read_offset(self, reader: _BitReader, slot: int) -> int:
        """Return the offset of a match back from the end, and remember it."""
        recent = self._recent
        if slot < _RECENT:
            recent[0], recent[slot] = recent[slot], recent[0]
            return recent[0]
        bits = _OFFSET_BITS[slot]
        if self._block_type == _ALIGNED and bits >= _ALIGNED_BITS:
            low = reader.read(bits - _ALIGNED_BITS) << _ALIGNED_BITS
            offset = low + reader.decode(self._aligned)
        else:
            offset = reader.read(bits)
        offset += _OFFSET_STARTS[slot] - 2
        self._recent = [offset, recent[0], recent[1]]
        return offset

    def _translate_calls(self, frame: bytes) -> bytes:
        """Return a frame with the targets of x86 calls relative again."""
        total = self._translated_size
        if not total or self._position >= _TRANSLATED_SIZE or len(frame) <= _CALL_END:
            return frame
        made = bytearray(frame)
        at = frame.find(_CALL)
        while 0 <= at < len(frame) - _CALL_END:
            here = self._position + at
            (target,) = struct.unpack_from("<i", frame, at + 1)
            if -here <= target < total:
                relative = target - here if target >= 0 else target + total
                struct.pack_into("<i", made, at + 1, relative)
            at = frame.find(_CALL, at + 5)
        return bytes(made)


class _BitReader:
    """Reads bits of little-endian words of 16 bits, the highest first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._bits = 0
        self._count = 0

    def _refill(self, count: int) -> None:
        while self._count < count:
            word = self._data[self._at : self._at + 2]
            # A decoder looks at 16 bits where fewer may be left.
            if self._at > len(self._data) + 4:
                raise LzxError("ends too early")
            self._bits = (self._bits << 16) | int.from_bytes(word, "little")
            self._at += 2
            self._count += 16

    def read(self, count: int) -> int:
        """Return the next bits as a number."""
        self._refill(count)
        self._count -= count
        value = self._bits >> self._count
        self._bits &= (1 << self._count) - 1
        return value

    def decode(self, table: _HuffmanTable) -> int:
        """Return the next symbol of a table."""
        width = table.width
        if self._count < width:
            self._refill(width)
        symbol, length = table.entries[self._bits >> (self._count - width)]
        if not length:
            raise LzxError("has a code that stands for nothing")
        self._count -= length
        self._bits &= (1 << self._count) - 1
        return symbol

    def align(self) -> None:
        """Skip to the next word: 1 to 16 bits."""
        self._refill(1)
        self._count -= self._count % 16 or 16
        self._bits &= (1 << self._count) - 1

    def read_bytes(self, count: int) -> bytes:
        """Return bytes as they are, from a whole word on."""
        start = self._at - self._count // 8
        data = self._data[start : start + count]
        if len(data) < count:
            raise LzxError("ends too early")
        self._at, self._bits, self._count = start + count, 0, 0
        return data


class _HuffmanTable:
    """A canonical prefix code: symbol and length of what the next ``width`` bits start with."""

    def __init__(self, lengths: Sequence[int]) -> None:
        self.width = max(lengths, default=0)
        self.entries: list[tuple[int, int]] = []
        size = 1 << self.width
        if sum(size >> length for length in lengths if length) > size:
            raise LzxError("has more codes than there can be")
        order = sorted((length, symbol) for symbol, length in enumerate(lengths) if length)
        for length, symbol in order:
            self.entries += [(symbol, length)] * (size >> length)
        self.entries += [(0, 0)] * (size - len(self.entries))


def _read_lengths(reader: _BitReader, lengths: list[int], start: int, end: int) -> None:
    """Read the lengths of the codes of the symbols from ``start`` up to ``end``, in place."""
    pretree = _HuffmanTable([reader.read(4) for _ in range(_PRETREE_SYMBOLS)])
    at = start
    while at < end:
        symbol = reader.decode(pretree)
        if symbol <= _MOST_LENGTH:
            count, length = 1, (lengths[at] - symbol) % (_MOST_LENGTH + 1)
        elif symbol == _ZEROS:
            count, length = reader.read(4) + 4, 0
        elif symbol == _MANY_ZEROS:
            count, length = reader.read(5) + 20, 0
        else:
            count = reader.read(1) + 4
            length = (lengths[at] - reader.decode(pretree)) % (_MOST_LENGTH + 1)
        if at + count > end:
            raise LzxError("has more lengths of codes than symbols")
        lengths[at : at + count] = [length] * count
        at += count
