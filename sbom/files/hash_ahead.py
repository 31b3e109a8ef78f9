"""Other processes that hash the files of a directory while this one is busy with something else.

They start before the manifest is read, whose rules binaries are inspected by: of these, they only
compute the checksums. What they cannot read, or do not return, is left to the caller.
Two threads of Python do not hash small files at once; two processes do (`nox -s bench`).
"""

from __future__ import annotations

import os
import signal
import struct
import sys
import threading
from collections.abc import Container, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sbom.files.directory_scan import DirectoryScan, scan_directory
from sbom.files.file_reading import hash_contents
from sbom.files.shipped_file import ShippedFile
from sbom.io import is_directory

if TYPE_CHECKING:
    from sbom.files.digest_cache import DigestCache

#: Work is counted in bytes to hash. Opening a file takes as long as hashing this many.
_OPENING = 1 << 14
#: The work of a batch, and that below which starting a process takes longer than it saves.
_BATCH = 1 << 21
_LEAST_WORK = 1 << 24
#: The numbers of so many batches fit in the smallest pipe that Linux makes.
_MOST_BATCHES = 1 << 10
_MOST_PROCESSORS = 8
#: A result: position in the list, size, SHA-1, SHA-256, SHA-512.
_ROW = struct.Struct("<IQ20s32s64s")
#: The number of a batch in the pipe that processes take them from.
_NUMBER = struct.Struct("<I")

Batch = Sequence[tuple[int, str, int]]


class HashAhead:
    """A directory whose files are hashed by other processes from now on, until it is closed."""

    def __init__(self, scan: DirectoryScan, cache: DigestCache | None = None) -> None:
        """Start the processes, if there are other processors and there is enough to do.

        Files that ``cache`` has are not read.
        """
        self.scan = scan
        self._cache = cache
        self._known = cache.find(scan) if cache else {}
        self._children: list[tuple[int, int]] = []
        self._batches: list[Batch] = []
        self._numbers = -1
        if _can_fork():
            self._batches, work = _make_batches(scan, self._known)
            if work > _LEAST_WORK:
                with suppress(OSError):  # too many processes or files; this one does it alone
                    self._start()

    @property
    def is_running(self) -> bool:
        """Return whether other processes hash files."""
        return bool(self._children)

    def keep(self, files: Sequence[ShippedFile]) -> None:
        """Keep the checksums of all files of the directory, if there is a cache."""
        if self._cache:
            self._cache.keep(self.scan, files)

    def finish(self) -> dict[str, ShippedFile]:
        """Return the files that are hashed, not inspected, by path, and end the processes.

        Until none is left, this process takes batches too.
        """
        results = []
        if self._children:
            results.append(_hash_batches(self.scan, self._batches, self._numbers))
        for _, reading in self._children:
            with open(reading, "rb", closefd=False) as pipe:
                results.append(pipe.read())
        self.close()
        files = self.scan.files
        return self._known | {
            files[position][0]: ShippedFile(
                files[position][0], size, sha1.hex(), sha256.hex(), sha512.hex()
            )
            for rows in results
            # A process that was killed has written no half of a row that counts.
            for position, size, sha1, sha256, sha512 in _ROW.iter_unpack(
                rows[: len(rows) // _ROW.size * _ROW.size]
            )
        }

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes."""
        self.close()

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        for child, reading in self._children:
            os.close(reading)
            with suppress(OSError):
                os.kill(child, signal.SIGKILL)
            with suppress(OSError):
                os.waitpid(child, 0)
        if self._numbers >= 0:
            os.close(self._numbers)
        self._children, self._numbers = [], -1

    def _start(self) -> None:
        self._numbers, writing = os.pipe()
        os.write(writing, b"".join(map(_NUMBER.pack, range(len(self._batches)))))
        os.close(writing)
        for _ in range(count_processors() - 1):
            reading, writing = os.pipe()
            try:
                child = os.fork()
            except OSError:
                os.close(reading)
                os.close(writing)
                raise
            if child == 0:
                # Whatever happens: only the parent process flushes streams and runs exit handlers.
                try:
                    for _, other in [*self._children, (0, reading)]:
                        os.close(other)
                    _write(writing, _hash_batches(self.scan, self._batches, self._numbers))
                finally:
                    os._exit(0)
            os.close(writing)
            self._children.append((child, reading))


def hash_ahead(
    path: Path | None, cache: DigestCache | None = None
) -> AbstractContextManager[HashAhead | None]:
    """Hash a directory in other processes until the end of the block.

    Nothing is done for another path, of which the result is None.
    Files that ``cache`` has are not read, and it keeps the others.
    """
    if path is None or not is_directory(path):
        return nullcontext()
    return HashAhead(scan_directory(path, with_stamps=cache is not None), cache)


def _can_fork() -> bool:
    """Return whether a copy of this process can go on.

    Another thread would hold locks for ever in it, and libraries of macOS refuse to work in it.
    """
    return hasattr(os, "fork") and sys.platform != "darwin" and threading.active_count() == 1


def count_processors() -> int:
    """Return how many processors this process may use, and no more than make it faster."""
    affinity = getattr(os, "sched_getaffinity", None)
    count = len(affinity(0)) if affinity else os.cpu_count() or 1
    return min(count, _MOST_PROCESSORS)


def _make_batches(scan: DirectoryScan, known: Container[str]) -> tuple[list[Batch], int]:
    """Return batches of the files that are not known, the largest first, and the work of all."""
    files = [(n, *file) for n, file in enumerate(scan.files) if file[0] not in known]
    files.sort(key=lambda file: -file[2])
    work = sum(size for _, _, size in files) + _OPENING * len(files)
    most = max(_BATCH, work // (_MOST_BATCHES // 2))
    batches: list[list[tuple[int, str, int]]] = []
    left = 0
    for file in files:
        if left <= 0:
            batches.append([])
            left = most
        batches[-1].append(file)
        left -= file[2] + _OPENING
    return list(batches), work


def _hash_batches(scan: DirectoryScan, batches: Sequence[Batch], numbers: int) -> bytes:
    """Return the rows of batches, whose numbers come from a pipe, until that is empty."""
    parent = os.getppid()
    rows: list[bytes] = []
    # Each process reads whole numbers: a pipe gives four bytes at once to one of them.
    while len(number := os.read(numbers, _NUMBER.size)) == _NUMBER.size:
        if os.getppid() != parent:
            break  # the process that wanted this was killed
        for position, path, size in batches[_NUMBER.unpack(number)[0]]:
            with suppress(OSError):
                if digests := hash_contents(scan.system_path(path), size):
                    rows.append(_ROW.pack(position, *digests))
    return b"".join(rows)


def _write(writing: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(writing, view) :]
