"""A file on the disk, read in as few steps as the system allows: most are smaller than 4 KB."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator

from sbom.files.shipped_file import is_executable, is_inspected

#: Where a file is read in pieces instead of whole.
_PIECE = 1 << 22
#: Windows would translate line ends, and hand the file on to child processes.
_READING = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)


def read_pieces(path: str, size: int) -> Iterator[bytes]:
    """Yield the contents of a file of about that size; nothing of an empty one.

    Path.open() takes as long as hashing 2 KB, os.open() less.
    """
    file = os.open(path, _READING)
    try:
        while data := os.read(file, min(size + 1, _PIECE)):
            yield data
            if len(data) <= size < _PIECE:
                break
    finally:
        os.close(file)


def hash_contents(path: str, size: int) -> tuple[int, bytes, bytes, bytes] | None:
    """Return size, SHA-1, SHA-256 and SHA-512 of a file of about that size.

    Return None for a file that has to be inspected though it is not named like an executable one.
    """
    pieces = read_pieces(path, size)
    data = next(pieces, b"")
    if is_inspected(data) and not is_executable(path):
        return None
    # hashlib.new() looks each name up again, which takes as long as hashing half a kilobyte.
    sha1 = hashlib.sha1(data, usedforsecurity=False)
    sha256 = hashlib.sha256(data, usedforsecurity=False)
    sha512 = hashlib.sha512(data, usedforsecurity=False)
    total = len(data)
    for piece in pieces:
        total += len(piece)
        for hasher in (sha1, sha256, sha512):
            hasher.update(piece)
    return total, sha1.digest(), sha256.digest(), sha512.digest()
