"""The streams of an OLE compound file, read where they are.

olefile reads a whole stream into memory, sector by sector, and a package is one cabinet mostly.
[MS-CFB] describes the file: a table has the number of the sector after each sector, and streams
that are shorter than a limit are in sectors of a stream of their own.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import IO, Any

import olefile

from sbom.files.file_parts import FileParts


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
        """Open a stream in sectors of a file, of which sector 0 starts at ``first``."""
        runs = _list_sectors(table, entry.isectStart, -(-entry.size // sector_size))
        starts = [number * sector_size for number, _ in runs]
        ends = [*starts[1:], entry.size]
        parts = [
            (first + sector * sector_size, end - start)
            for (_, sector), start, end in zip(runs, starts, ends, strict=False)
        ]
        file_size = file.seek(0, io.SEEK_END)
        if any(place + size > file_size for place, size in parts):
            raise ValueError("a stream ends after its file")
        return io.BufferedReader(FileParts(file, parts), 1 << 16)


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
