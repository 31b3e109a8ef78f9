"""A folder to its files, hashed."""

from __future__ import annotations

from pathlib import Path

from sbom.contents.shipped import ALGORITHMS, ShippedFile
from sbom.hashing import hash_folder


def read_folder(folder: Path) -> tuple[ShippedFile, ...]:
    """Return the regular files below a folder, sorted by path, each read once.

    Links are not followed and not listed. Raises UnusableError with everything that cannot be
    read.
    """
    return tuple(
        ShippedFile(file.path, file.size, *file.digests) for file in hash_folder(folder, ALGORITHMS)
    )
