"""The streams of an OLE compound file, read where they are.

olefile reads a whole stream into memory, sector by sector, and a package is one cabinet mostly.
[MS-CFB] describes the file: a table has the number of the sector after each sector, and streams
that are shorter than a limit are in sectors of a stream of their own.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Sequence
from typing import IO, Any

import olefile


class CompoundStreams:
    """Opens streams of a compound file by the entries of its directory."""

    def __init__(self, ole: olefile.OleFileIO[Any]) -> None:
        self._ole: Any = ole
        self._small: IO[bytes] | None = None

    def open(self, entry: Any) -> IO[bytes]:
        """Return the stream of an entry.

        Raises ValueError if it leads out of the file, and what olefile raises of damaged tables.
        """
        ole = self._ole
        if entry.size >= ole.minisectorcutoff:
            return self._open(ole.fp, ole.fat, ole.sectorsize, ole.sectorsize, entry)
        if self._small is None:
            ole.loadminifat()
            self._small = self._open(ole.fp, ole.fat, ole.sectorsize, ole.sectorsize, ole.root)
        return self._open(self._small, ole.minifat, ole.minisectorsize, 0, entry)

    @staticmethod
    def _open(
        file: IO[bytes], table: Sequence[int], sector_size: int, first: int, entry: Any
    ) -> IO[bytes]:
        starts = _list_sectors(table, entry.isectStart, -(-entry.size // sector_size))
        raw = _SectorStream(file, starts, sector_size, first, entry.size)
        return io.BufferedReader(raw, 1 << 16)


def _list_sectors(table: Sequence[int], start: int, count: int) -> list[tuple[int, int]]:
    """Return runs of sectors: the number in the stream of the first one, and in the file.

    Raises ValueError if the table has no such chain.
    """
    if count > len(table):
        raise ValueError("a stream is larger than its file")
    runs: list[tuple[int, int]] = []
    expected, sector = -1, start
    for number in range(count):
        if sector >= len(table):
            raise ValueError("a stream is shorter than its directory states")
        if sector != expected:
            runs.append((number, sector))
        expected, sector = sector + 1, table[sector] & 0xFFFFFFFF
    return runs


class _SectorStream(io.RawIOBase):
    """A stream that consists of runs of sectors of a file."""

    def __init__(
        self, file: IO[bytes], runs: list[tuple[int, int]], sector_size: int, first: int, size: int
    ) -> None:
        """Take runs as ``_list_sectors`` returns them; sector 0 starts at ``first``.

        Raises ValueError if one is after the end of the file.
        """
        self._file, self._size, self._at = file, size, 0
        self._starts = [number * sector_size for number, _ in runs]
        self._places = [first + sector * sector_size for _, sector in runs]
        self._ends = [*self._starts[1:], size] if runs else []
        file_size = file.seek(0, io.SEEK_END)
        for start, end, place in zip(self._starts, self._ends, self._places, strict=True):
            if place + end - start > file_size:
                raise ValueError("a stream ends after its file")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, target: Any) -> int:
        if self._at >= self._size:
            return 0
        run = bisect_right(self._starts, self._at) - 1
        self._file.seek(self._places[run] + self._at - self._starts[run])
        data = self._file.read(min(len(target), self._ends[run] - self._at))
        target[: len(data)] = data
        self._at += len(data)
        return len(data)
