"""A folder to the digests of its files, with every core at work and each file read once.

Threads pay only where they meet no small files: handing each file to a pool costs more than
hashing it. So one thread takes the small end of the list and the others the large one, where
hashlib lets go of the interpreter lock. ``nox -s bench`` measures what that gains.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sbom.binaries.binary import Binary, InspectFn
from sbom.binaries.keeping import Kept
from sbom.diagnostics import Code, Diagnostic, InputError

#: Where a file is read in pieces instead of whole.
_CHUNK = 1 << 22
#: What the helpers take: below this, two threads hold each other up.
_LARGE = 1 << 16
_MOST_THREADS = 8


@dataclass(frozen=True, slots=True)
class HashedFile:
    """A regular file below a folder: its path with slashes, its size, its digests.

    The digests are lower-case hexadecimal, in the order of the algorithms asked for; ``seen``
    is what looking into an executable one showed.
    """

    path: str
    size: int
    digests: tuple[str, ...]
    seen: Binary | None = None


def hash_folder(
    folder: Path,
    algorithms: Sequence[str] = ("sha1",),
    inspect: InspectFn | None = None,
) -> tuple[HashedFile, ...]:
    """Return the regular files below ``folder``, sorted by path, each read once.

    ``inspect`` looks into each that starts like a PE file. Links are not followed and not
    listed. Raises UnusableError with everything that cannot be read.
    """
    problems: list[Diagnostic] = []
    waiting = deque(sorted(_walk(folder, problems), key=lambda found: (found[1], found[0])))
    hashed: list[HashedFile] = []
    broken: list[BaseException] = []
    helpers = min(os.cpu_count() or 1, _MOST_THREADS) - 1

    def work(take: Callable[[], tuple[str, int]], floor: int) -> None:
        while True:
            try:
                path, size = take()
            except IndexError:
                return
            if size < floor:
                waiting.append((path, size))
                return
            try:
                kept = Kept(inspect)
                digests = _digests(folder / path, size, algorithms, kept)
                hashed.append(HashedFile(path, size, digests, kept.seen(path)))
            except OSError as error:
                problems.append(_unreadable(folder / path, error))

    def help_out() -> None:
        try:
            work(waiting.pop, _LARGE)
        except BaseException as error:  # noqa: BLE001 - told by the thread that waits
            broken.append(error)

    threads = [threading.Thread(target=help_out) for _ in range(helpers)]
    for thread in threads:
        thread.start()
    work(waiting.popleft, 0)
    for thread in threads:
        thread.join()
    work(waiting.popleft, 0)
    if broken:
        raise broken[0]
    if problems:
        raise InputError(problems)
    return tuple(sorted(hashed, key=lambda file: file.path))


def _walk(folder: Path, problems: list[Diagnostic]) -> Iterator[tuple[str, int]]:
    """Yield path and size of each regular file below a folder."""
    stack = [("", os.fspath(folder))]
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
            problems.append(_unreadable(Path(here), error))


def _digests(path: Path, size: int, algorithms: Sequence[str], kept: Kept) -> tuple[str, ...]:
    hashes = [hashlib.new(algorithm, usedforsecurity=False) for algorithm in algorithms]
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        while data := os.read(descriptor, min(size + 1, _CHUNK)):
            for one in hashes:
                one.update(data)
            kept.add(data)
            if len(data) <= size < _CHUNK:
                break
    finally:
        os.close(descriptor)
    return tuple(one.hexdigest() for one in hashes)


def _unreadable(path: Path, error: OSError) -> Diagnostic:
    return Diagnostic(
        code=Code.INPUT_ERROR,
        file=str(path),
        message=f"cannot be read: {error.strerror or error}",
        hint="check the permissions",
    )


def verification_code(sha1s: Sequence[str]) -> str:
    """Return the SPDX package verification code of files with these SHA-1 digests.

    SPDX 2.3, clause 7.9: the SHA-1 of the sorted digests, one behind the other.
    """
    return hashlib.sha1("".join(sorted(sha1s)).encode(), usedforsecurity=False).hexdigest()
