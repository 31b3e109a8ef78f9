"""A directory to its hashed files, with every core at work and each file read once.

Threads pay only where they meet no small files: handing each file to a pool costs more than
hashing it. So one thread takes the small end of the list and the others the large one, where
hashlib lets go of the interpreter lock. ``nox -s bench`` measures what that gains.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sbom.binaries.binary import InspectFn
from sbom.diagnostics import Diagnostic, InputError
from sbom.files.shipped_file import ALGORITHMS, FileHasher, ShippedFile
from sbom.io import read_error

#: Where a file is read in pieces instead of whole.
_PIECE = 1 << 22
#: What the helping threads take: below this, two threads hold each other up.
_LARGE = 1 << 16
_MOST_THREADS = 8


def hash_directory(  # noqa: C901 - what its threads run has to see what they share
    directory: Path, algorithms: Sequence[str] = ALGORITHMS, inspect: InspectFn | None = None
) -> tuple[ShippedFile, ...]:
    """Return the regular files below a directory, sorted by path, each read once.

    PE files are inspected with ``inspect``. Links are neither followed nor listed. Raises
    InputError with everything that cannot be read.
    """
    errors: list[Diagnostic] = []
    waiting = deque(sorted(_walk(directory, errors), key=lambda found: (found[1], found[0])))
    hashed: list[ShippedFile] = []
    failures: list[BaseException] = []

    def hash_files(take: Callable[[], tuple[str, int]], smallest: int) -> None:
        while True:
            try:
                path, size = take()
            except IndexError:
                return
            if size < smallest:
                waiting.append((path, size))
                return
            try:
                hasher = FileHasher(algorithms, inspect)
                _read(directory / path, size, hasher)
            except OSError as error:
                errors.extend(read_error(directory / path, error).diagnostics)
            else:
                hashed.append(hasher.finish(path))

    def help_out() -> None:
        try:
            hash_files(waiting.pop, _LARGE)
        except BaseException as error:  # noqa: BLE001 - raised by the thread that waits
            failures.append(error)

    helpers = min(os.cpu_count() or 1, _MOST_THREADS) - 1
    threads = [threading.Thread(target=help_out) for _ in range(helpers)]
    for thread in threads:
        thread.start()
    hash_files(waiting.popleft, 0)
    for thread in threads:
        thread.join()
    hash_files(waiting.popleft, 0)  # what a helping thread found too small, after the first left
    if failures:
        raise failures[0]
    if errors:
        raise InputError(errors)
    return tuple(sorted(hashed, key=lambda file: file.path))


def _walk(directory: Path, errors: list[Diagnostic]) -> Iterator[tuple[str, int]]:
    """Yield path and size of each regular file below a directory."""
    stack = [("", os.fspath(directory))]
    while stack:
        prefix, here = stack.pop()
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        stack.append((f"{prefix}{entry.name}/", entry.path))
                    elif entry.is_file(follow_symlinks=False):
                        yield f"{prefix}{entry.name}", entry.stat(follow_symlinks=False).st_size
        except OSError as error:
            errors.extend(read_error(Path(here), error).diagnostics)


def _read(path: Path, size: int, hasher: FileHasher) -> None:
    with path.open("rb", buffering=0) as file:
        while data := file.read(min(size + 1, _PIECE)):
            hasher.update(data)
            if len(data) <= size < _PIECE:
                break
