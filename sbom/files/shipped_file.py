"""A shipped file: its path, its size, its digests."""

from __future__ import annotations

from dataclasses import dataclass

from sbom.binaries.binary import Binary

#: The suffixes of what Windows loads and runs.
EXECUTABLE_SUFFIXES = frozenset({"dll", "exe", "pyd"})
#: The digests of a file, in the order of its fields.
ALGORITHMS = ("sha1", "sha256", "sha512")


@dataclass(frozen=True, slots=True)
class ShippedFile:
    """A file in a folder or an archive: its path there, with slashes, and its size in bytes.

    The digests are lower-case hexadecimal; ``binary`` is what a PE file turned out to be, and
    None for any other file, or where nobody looked.
    """

    path: str
    size: int
    sha1: str
    sha256: str
    sha512: str
    binary: Binary | None = None


def is_executable(path: str) -> bool:
    """Return whether a file is called like one that Windows loads or runs."""
    return path.rpartition(".")[2].lower() in EXECUTABLE_SUFFIXES
