"""A shipped file: its path, size and checksums, and what was found in it if it is a PE file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sbom.binaries.binary import Binary, InspectFn, PEHeaders
from sbom.binaries.pe import is_pe
from sbom.files.limits import INSPECTED_SIZE

#: The checksums of a file that a document lists.
ALGORITHMS = ("sha1", "sha256", "sha512")
#: The suffixes of what Windows loads and runs.
EXECUTABLE_SUFFIXES = frozenset({"dll", "exe", "pyd"})


@dataclass(frozen=True, slots=True)
class ShippedFile:
    """A file in a directory or an archive: its path there, with slashes, and its size in bytes.

    The checksums are lower-case hexadecimal, and empty where they were not asked for. ``binary`` is
    what was found in a PE file; None for any other file, or where none are inspected.
    """

    path: str
    size: int
    sha1: str = ""
    sha256: str = ""
    sha512: str = ""
    binary: Binary | None = None


class FileHasher:
    """Takes the pieces of one file in order: hashes them, and keeps those of a PE file."""

    def __init__(
        self,
        algorithms: Sequence[str] = ALGORITHMS,
        inspect: InspectFn | None = None,
        limit: int = INSPECTED_SIZE,
    ) -> None:
        """Inspect a PE file of at most ``limit`` bytes with ``inspect``, if that is given."""
        self._hashes = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
        self._inspect = inspect
        self._limit = limit
        self._pieces: list[bytes] | None = None
        self._size = 0

    def update(self, piece: bytes) -> None:
        """Take the next piece."""
        for one in self._hashes.values():
            one.update(piece)
        if self._inspect:
            if self._pieces is None:
                self._pieces = [piece] if is_pe(piece) else []
            elif self._pieces and self._size <= self._limit:
                self._pieces.append(piece)
        self._size += len(piece)

    def finish(self, path: str) -> ShippedFile:
        """Return the file that consists of the pieces."""
        digests = {name: one.hexdigest() for name, one in self._hashes.items()}
        return ShippedFile(path, self._size, **digests, binary=self._inspected(path))

    def _inspected(self, path: str) -> Binary | None:
        if not self._inspect or not self._pieces:
            return None
        if self._size > self._limit:
            message = f"is larger than {self._limit:,} bytes, and was not inspected"
            return Binary(PEHeaders(parse_error=message))
        return self._inspect(path, b"".join(self._pieces))


def hash_stream(
    path: str, pieces: Iterable[bytes], inspect: InspectFn | None = None
) -> ShippedFile:
    """Return the file that comes in pieces, hashed with all ALGORITHMS, and inspected."""
    hasher = FileHasher(ALGORITHMS, inspect)
    for piece in pieces:
        hasher.update(piece)
    return hasher.finish(path)


def verification_code(sha1s: Iterable[str]) -> str:
    """Return the SPDX package verification code of files with these SHA-1 checksums.

    SPDX 2.3, clause 7.9: the SHA-1 of the sorted digests, one behind the other.
    """
    return hashlib.sha1("".join(sorted(sha1s)).encode(), usedforsecurity=False).hexdigest()


def is_executable(path: str) -> bool:
    """Return whether a file is called like one that Windows loads or runs."""
    return path.rpartition(".")[2].lower() in EXECUTABLE_SUFFIXES
