"""A shipped file: its path, its size, its digests, and what kind of file SPDX calls it."""

from __future__ import annotations

from dataclasses import dataclass

#: The digests of a file, in the order of its fields.
ALGORITHMS = ("sha1", "sha256", "sha512")


@dataclass(frozen=True, slots=True)
class ShippedFile:
    """A file in a folder or an archive: its path there, with slashes, and its size in bytes.

    The digests are lower-case hexadecimal; ``machine`` is what a PE file's header says it is
    built for, and empty for any other file.
    """

    path: str
    size: int
    sha1: str
    sha256: str
    sha512: str
    machine: str = ""


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


#: IMAGE_FILE_MACHINE_*, https://learn.microsoft.com/windows/win32/debug/pe-format
_MACHINES = {0x014C: "x86", 0x8664: "x64", 0xAA64: "arm64", 0x01C4: "arm32"}
#: Where a PE file says how far its PE header is from its start, and the most that may be.
_LFANEW, _FAR = 0x3C, 1 << 16


def machine_in(head: bytes) -> str:
    """Return what a PE file is built for by its first bytes, or an empty text.

    What runs as ARM64EC says x64 there, and ARM64X says arm64.
    """
    if head[:2] != b"MZ" or len(head) < _LFANEW + 4:
        return ""
    at = int.from_bytes(head[_LFANEW : _LFANEW + 4], "little")
    if at > _FAR or head[at : at + 4] != b"PE\0\0":
        return ""
    return _MACHINES.get(int.from_bytes(head[at + 4 : at + 6], "little"), "")
