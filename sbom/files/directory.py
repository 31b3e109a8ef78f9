"""A folder to its files, hashed and looked into."""

from __future__ import annotations

from pathlib import Path

from sbom.binaries.binary import InspectFn
from sbom.files.hashing import hash_folder
from sbom.files.shipped_file import ALGORITHMS, ShippedFile


def read_folder(folder: Path, inspect: InspectFn | None = None) -> tuple[ShippedFile, ...]:
    """Return the regular files below a folder, sorted by path, each read once.

    What starts like a PE file is looked into with ``inspect``. Links are not followed and not
    listed. Raises UnusableError with everything that cannot be read.
    """
    files = []
    for file in hash_folder(folder, ALGORITHMS, inspect):
        sha1, sha256, sha512 = file.digests
        files.append(ShippedFile(file.path, file.size, sha1, sha256, sha512, file.seen))
    return tuple(files)
