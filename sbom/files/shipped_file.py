"""A shipped file: its path, its size, its digests, and what kind of file SPDX calls it."""

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


_TYPES = {
    "APPLICATION": "cat",
    "ARCHIVE": "7z appx bz2 cab gz jar msix msixupload nupkg tar whl xz zip",
    "BINARY": "dll exe exp lib o obj pdb pyc pyd so",
    "DOCUMENTATION": "chm html md rst",
    "IMAGE": "bmp gif ico jpg png ppm svg xbm",
    "SOURCE": "bat c cpp css h idl js msg ps1 py pyi pyw sh tcl tm",
    "TEXT": "cfg csv in ini json pem psmdcp rels toml txt xml",
}
_BY_SUFFIX = {suffix: kind for kind, suffixes in _TYPES.items() for suffix in suffixes.split()}


def file_types(path: str) -> tuple[str, ...]:
    """Return SPDX's types of a file by its name (SPDX 2.3, clause 8.3)."""
    return (_BY_SUFFIX.get(path.rpartition(".")[2].lower(), "OTHER"),)
