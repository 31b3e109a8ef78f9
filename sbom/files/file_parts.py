"""Parts of a file, read as a file of their own, where they are."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import IO, Any


class FileParts(io.RawIOBase):
    """A file that consists of parts of another one, in order: where each is, and its size."""

    def __init__(self, file: IO[bytes], parts: Sequence[tuple[int, int]]) -> None:
        self._file, self._at = file, 0
        self._places = [place for place, _ in parts]
        self._ends = [*accumulate(size for _, size in parts)]
        self._starts = [0, *self._ends[:-1]]
        self._size = self._ends[-1] if parts else 0

    def readable(self) -> bool:
        """Return True: it is opened to be read."""
        return True

    def seekable(self) -> bool:
        """Return True: any of its bytes can be read next."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set the position and return it; one after the end reads nothing."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, target: Any) -> int:
        """Read bytes of one part into a buffer and return how many; 0 at the end."""
        if self._at >= self._size:
            return 0
        part = bisect_right(self._starts, self._at) - 1
        self._file.seek(self._places[part] + self._at - self._starts[part])
        data = self._file.read(min(len(target), self._ends[part] - self._at))
        target[: len(data)] = data
        self._at += len(data)
        return len(data)
