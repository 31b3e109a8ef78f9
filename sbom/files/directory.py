"""The files below a directory: hashed, and inspected if they can be."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from msgspec import structs

from sbom.binaries.binary import InspectFn
from sbom.diagnostics import Diagnostic, InputError
from sbom.files.directory_scan import DirectoryScan, scan_directory
from sbom.files.file_reading import hash_contents, read_pieces
from sbom.files.hash_ahead import HashAhead, count_processors
from sbom.files.shipped_file import ALGORITHMS, FileHasher, ShippedFile, is_executable
from sbom.io import read_error

#: The smallest file that helping threads take: below this, two threads slow each other down.
_LARGE = 1 << 14
#: What is computed of a binary that is read a second time, to see whether it is the same.
_MATCHED = ("sha256",)


def hash_directory(
    directory: Path,
    algorithms: Sequence[str] = ALGORITHMS,
    inspect: InspectFn | None = None,
    ahead: HashAhead | None = None,
) -> tuple[ShippedFile, ...]:
    """Return the regular files below a directory, sorted by path, each hashed.

    PE files are inspected with ``inspect``. Links are neither followed nor listed. ``ahead``
    hashes that directory already. Raises InputError with everything that cannot be read.
    """
    if tuple(algorithms) != ALGORITHMS:
        return _hash_scan(scan_directory(directory), algorithms, inspect)
    if ahead:
        return _hash_scan(ahead.scan, algorithms, inspect, ahead)
    with HashAhead(scan_directory(directory)) as started:
        return _hash_scan(started.scan, algorithms, inspect, started)


def _hash_scan(
    scan: DirectoryScan,
    algorithms: Sequence[str],
    inspect: InspectFn | None,
    ahead: HashAhead | None = None,
) -> tuple[ShippedFile, ...]:
    hashed: dict[str, ShippedFile] = {}
    threads = count_processors() - 1
    if ahead:
        executables = [file for file in scan.files if is_executable(file[0]) and ahead.is_running]
        inspected = _DirectoryRun(scan, _MATCHED, inspect)
        # One of the other processes is as busy as this thread.
        inspected.hash_all(executables, threads - 1)
        hashed = _merge(ahead.finish(), [path for path, _ in executables], inspected.hashed)
    run = _DirectoryRun(scan, algorithms, inspect)
    run.hash_all((file for file in scan.files if file[0] not in hashed), threads)
    if run.errors:
        raise InputError(run.errors)
    files = tuple(sorted([*hashed.values(), *run.hashed], key=lambda file: file.path))
    if ahead:
        ahead.keep(files)
    return files


def _merge(
    hashed: dict[str, ShippedFile], executables: Iterable[str], inspected: Iterable[ShippedFile]
) -> dict[str, ShippedFile]:
    """Return files with their checksums from other processes, binaries with what is in them.

    A binary that is not the same file in both, or that one of them could not read, is left out.
    """
    merged = {path: hashed.pop(path) for path in executables if path in hashed}
    for file in inspected:
        other = merged.get(file.path)
        if other and other.sha256 == file.sha256:
            hashed[file.path] = structs.replace(file, sha1=other.sha1, sha512=other.sha512)
    return hashed


class _DirectoryRun:
    """What the threads that hash one directory share."""

    def __init__(
        self, scan: DirectoryScan, algorithms: Sequence[str], inspect: InspectFn | None
    ) -> None:
        self.errors: list[Diagnostic] = [*scan.errors]
        self.hashed: list[ShippedFile] = []
        self._scan = scan
        self._algorithms = tuple(algorithms)
        self._inspect = inspect
        self._exceptions: list[BaseException] = []
        self._waiting: deque[tuple[str, int]] = deque()

    def hash_all(self, files: Iterable[tuple[str, int]], helpers: int) -> None:
        """Hash files in this thread and in some that help."""
        # Threads pay only where they meet no small files: handing each file to a pool costs more
        # than hashing it. So one thread takes the small end of the list and the others the large
        # one, where hashlib lets go of the interpreter lock; `nox -s bench` measures it.
        self._waiting.extend(sorted(files, key=lambda item: (item[1], item[0])))
        threads = [
            threading.Thread(target=self._hash_large)
            for _ in range(helpers if self._waiting else 0)
        ]
        for thread in threads:
            thread.start()
        self._hash_waiting()
        for thread in threads:
            thread.join()
        self._hash_waiting()  # what a helping thread found too small after the first ended
        if self._exceptions:
            raise self._exceptions[0]

    def _hash_waiting(self) -> None:
        """Hash files from the smallest on until none is left."""
        while file := _take(self._waiting.popleft):
            self._hash(*file)

    def _hash_large(self) -> None:
        """Hash files from the largest on until only small ones are left; never raises."""
        try:
            while file := _take(self._waiting.pop):
                if file[1] < _LARGE:
                    self._waiting.append(file)
                    return
                self._hash(*file)
        except BaseException as error:  # noqa: BLE001 - raised by the thread that waits
            self._exceptions.append(error)

    def _hash(self, path: str, size: int) -> None:
        try:
            self.hashed.append(self._hash_file(path, self._scan.system_path(path), size))
        except OSError as error:
            self.errors.extend(read_error(self._scan.directory / path, error).diagnostics)

    def _hash_file(self, path: str, system_path: str, size: int) -> ShippedFile:
        # A FileHasher takes as long as hashing 2 KB.
        is_plain = self._algorithms == ALGORITHMS and not is_executable(path)
        if is_plain and (digests := hash_contents(system_path, size)):
            length, sha1, sha256, sha512 = digests
            return ShippedFile(path, length, sha1.hex(), sha256.hex(), sha512.hex())
        hasher = FileHasher(self._algorithms, self._inspect)
        for piece in read_pieces(system_path, size):
            hasher.update(piece)
        return hasher.finish(path)


def _take(take: Callable[[], tuple[str, int]]) -> tuple[str, int] | None:
    """Return what ``take`` takes of a deque, or None from an empty one."""
    try:
        return take()
    except IndexError:
        return None
