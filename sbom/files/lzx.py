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
_LONGEST_SHORT = _LENGTHS - 1 + _SHORTEST_MATCH
#: The first slots are the three offsets before.
_RECENT = 3
#: What a table has for a code that no symbol has: more than any symbol.
_NO_SYMBOL = 1 << 16
_WRONG_CODE = "has a code that stands for nothing"
#: How many bits are taken at once, and a mask for those that are left then.
_REFILL, _KEPT = 32, (1 << 32) - 1
#: How many bytes can be looked at after the end.
_PADDING = 16
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

    def _decode_matches(  # noqa: C901, PLR0912, PLR0915 - a call for each symbol takes twice as long
        self, reader: _BitReader, end: int
    ) -> None:
        """Append literals and matches to the window until it has ``end`` bytes."""
        window, window_size = self._window, self._window_size
        lengths, aligned = self._lengths, self._aligned
        entries, main_width, mask = self._main.entries, self._main.width, self._main.mask
        is_aligned = self._block_type == _ALIGNED
        first, second, third = self._recent
        bits, count = reader.bits, reader.count
        position = len(window)
        while position < end:
            if count < _REFILL:
                bits = (bits & _KEPT) << _REFILL | reader.take()
                count += _REFILL
            symbol, length = entries[(bits >> (count - main_width)) & mask]
            count -= length
            if symbol < _LITERALS:
                window.append(symbol)
                position += 1
                continue
            if symbol == _NO_SYMBOL:
                raise LzxError(_WRONG_CODE)
            slot, size = (symbol - _LITERALS) // _LENGTHS, symbol % _LENGTHS + _SHORTEST_MATCH
            if size == _LONGEST_SHORT:
                symbol, length = lengths.entries[(bits >> (count - lengths.width)) & lengths.mask]
                count -= length
                if symbol == _NO_SYMBOL:
                    raise LzxError(_WRONG_CODE)
                size += symbol
            if slot >= _RECENT:
                if count < _REFILL:
                    bits = (bits & _KEPT) << _REFILL | reader.take()
                    count += _REFILL
                width = _OFFSET_BITS[slot]
                count -= width
                offset = (bits >> count) & ((1 << width) - 1)
                if is_aligned and width >= _ALIGNED_BITS:
                    # The lowest bits are a code.
                    count += _ALIGNED_BITS
                    code = (bits >> (count - aligned.width)) & aligned.mask
                    symbol, length = aligned.entries[code]
                    count -= length
                    if symbol == _NO_SYMBOL:
                        raise LzxError(_WRONG_CODE)
                    offset = (offset & -1 << _ALIGNED_BITS) + symbol
                first, second, third = offset + _OFFSET_STARTS[slot] - 2, first, second
            elif slot == 1:
                first, second = second, first
            elif slot:
                first, third = third, first
            start = position - first
            if start < 0 or not 0 < first <= window_size:
                raise LzxError("has a match that starts before the data")
            if first >= size:
                window += window[start : start + size]
            else:
                window += (window[start:] * (size // first + 1))[:size]
            position += size
        self._recent = [first, second, third]
        reader.bits, reader.count = bits, count

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
    """Reads bits of little-endian words of 16 bits, the highest first.

    The lowest ``count`` bits of ``bits`` are those that come next.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        # A decoder looks at 16 bits where fewer may be left.
        padded = data + bytes(_PADDING + len(data) % 2)
        words = bytearray(padded)
        words[::2], words[1::2] = padded[1::2], padded[::2]
        self._words = bytes(words)
        self._last = len(data) + 4
        self._at = 0
        self.bits = 0
        self.count = 0

    def take(self) -> int:
        """Return the next 32 bits of the data. Raises LzxError after their end."""
        at = self._at
        if at > self._last:
            raise LzxError("ends too early")
        self._at = at + 4
        return int.from_bytes(self._words[at : at + 4], "big")

    def _refill(self) -> None:
        """Have at least 32 bits."""
        if self.count < _REFILL:
            self.bits = (self.bits & _KEPT) << _REFILL | self.take()
            self.count += _REFILL

    def read(self, count: int) -> int:
        """Return the next bits as a number; at most 32."""
        if self.count < count:
            self._refill()
        self.count -= count
        return (self.bits >> self.count) & ((1 << count) - 1)

    def decode(self, table: _HuffmanTable) -> int:
        """Return the next symbol of a table."""
        if self.count < table.width:
            self._refill()
        symbol, length = table.entries[(self.bits >> (self.count - table.width)) & table.mask]
        if symbol == _NO_SYMBOL:
            raise LzxError(_WRONG_CODE)
        self.count -= length
        return symbol

    def align(self) -> None:
        """Skip to the next word: 1 to 16 bits."""
        self._refill()
        self.count -= self.count % 16 or 16

    def read_bytes(self, count: int) -> bytes:
        """Return bytes as they are, from a whole word on."""
        start = self._at - self.count // 8
        data = self._data[start : start + count]
        if len(data) < count:
            raise LzxError("ends too early")
        self._at, self.bits, self.count = start + count, 0, 0
        return data


class _HuffmanTable:
    """A canonical prefix code: symbol and length of what the next ``width`` bits start with."""

    def __init__(self, lengths: Sequence[int]) -> None:
        self.width = max(lengths, default=0)
        self.mask = (1 << self.width) - 1
        self.entries: list[tuple[int, int]] = []
        size = 1 << self.width
        if sum(size >> length for length in lengths if length) > size:
            raise LzxError("has more codes than there can be")
        order = sorted((length, symbol) for symbol, length in enumerate(lengths) if length)
        for length, symbol in order:
            self.entries += [(symbol, length)] * (size >> length)
        self.entries += [(_NO_SYMBOL, 0)] * (size - len(self.entries))


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
