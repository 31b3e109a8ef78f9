"""The bytes of a PE file to what its headers say; resource and imports are read by LIEF.

LIEF reads a damaged file as far as it makes sense to it, and says nothing. So the table of
sections and of certificates is looked at before: what cannot be of a whole file is told as
damage, and LIEF never sees it. The format is Microsoft's PE specification,
https://learn.microsoft.com/windows/win32/debug/pe-format.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from sbom.binaries.binary import PEHeaders

if TYPE_CHECKING:
    import lief

_MAGIC = b"MZ"
#: IMAGE_FILE_MACHINE_*
_MACHINES = {0x014C: "x86", 0x8664: "x64", 0xAA64: "arm64", 0x01C4: "arm32"}
#: Where a PE file says how far its PE header is from its start, and the most that may be.
_LFANEW, _FAR = 0x3C, 1 << 16
#: Behind the signature: the number of sections, the size of the optional header, that header.
_COUNT, _OPTIONAL_SIZE, _OPTIONAL = 6, 20, 24
#: In the optional header: its checksum; where the directories start, for PE32 and PE32+.
_CHECKSUM, _DIRECTORIES = 64, {0x10B: 96, 0x20B: 112}
#: The directory of certificates: the only one whose address is an offset in the file.
_CERTIFICATES, _DIRECTORY = 4, 8
_MOST_SECTIONS = 96  # more than these Windows does not load
_SECTION = 40
#: In the header of a section: the size and the place of its bytes in the file.
_RAW_SIZE, _RAW = 16, 20
#: A text of a version resource is no longer than this.
_LONG = 4096


def is_pe(data: bytes) -> bool:
    """Return whether a file starts as every PE file does."""
    return data[:2] == _MAGIC


def read_headers(data: bytes) -> PEHeaders:
    """Return what the headers of a PE file say. Never raises: what is wrong is its damage."""
    at = _header(data)
    if at < 0:
        return PEHeaders(parse_error="starts like a PE file and has no PE header")
    machine = _MACHINES.get(_number(data, at + 4, 2), "")
    if parse_error := _damage(data, at):
        return PEHeaders(machine=machine, parse_error=parse_error)
    return _read(data, machine, *_authenticode(data, at))


def authenticode_of(data: bytes) -> str:
    """Return the Authenticode SHA-256 of a whole PE file, and an empty text of anything else."""
    at = _header(data)
    return "" if at < 0 or _damage(data, at) else _authenticode(data, at)[0]


def _header(data: bytes) -> int:
    """Return where the PE header starts, or -1."""
    at = _number(data, _LFANEW, 4)
    found = len(data) >= _LFANEW + 4 and is_pe(data) and at <= _FAR
    return at if found and data[at : at + 4] == b"PE\0\0" else -1


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _damage(data: bytes, at: int) -> str:
    """Return why this cannot be a whole PE file, or an empty text."""
    optional = at + _OPTIONAL
    directories = _DIRECTORIES.get(_number(data, optional, 2))
    if directories is None:
        return "has an optional header of no known kind"
    sections = optional + _number(data, at + _OPTIONAL_SIZE, 2)
    count = _number(data, at + _COUNT, 2)
    if sections < optional + directories or sections + count * _SECTION > len(data):
        return "ends before its headers do"
    if not 0 < count <= _MOST_SECTIONS:
        return f"has {count} sections; Windows loads files with 1 to {_MOST_SECTIONS}"
    start, size = _certificates(data, at)
    spans = [*_spans(data, sections, count), (start, start + size)]
    if any(end > len(data) for _, end in spans):
        return f"has parts behind its end, at {len(data)} bytes"
    if any(end > following for (_, end), (following, _) in pairwise(sorted(_filled(spans)))):
        return "has sections that lie over each other"
    return ""


def _spans(data: bytes, sections: int, count: int) -> Iterator[tuple[int, int]]:
    for section in range(sections, sections + count * _SECTION, _SECTION):
        start, size = _number(data, section + _RAW, 4), _number(data, section + _RAW_SIZE, 4)
        yield start, start + size


def _filled(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    return ((start, end) for start, end in spans if end > start)


def _certificates(data: bytes, at: int) -> tuple[int, int]:
    """Return place and size of the certificate table, both 0 where there is none."""
    directory = _directory(data, at)
    optional = at + _OPTIONAL
    if directory + _DIRECTORY > optional + _number(data, at + _OPTIONAL_SIZE, 2):
        return 0, 0
    start, size = _number(data, directory, 4), _number(data, directory + 4, 4)
    return (start, size) if size else (0, 0)


def _directory(data: bytes, at: int) -> int:
    """Return where the directory entry of the certificate table is."""
    optional = at + _OPTIONAL
    first = optional + _DIRECTORIES[_number(data, optional, 2)]
    return first + _CERTIFICATES * _DIRECTORY


def _authenticode(data: bytes, at: int) -> tuple[str, bool]:
    """Return the Authenticode SHA-256, and whether there is a certificate table.

    The checksum, the directory entry of the certificates and these themselves are left out:
    Windows Authenticode Portable Executable Signature Format, "Calculating the PE Image
    Hash". LIEF's own takes seven times as long; the tests hold one against the other.
    """
    checksum, directory = at + _OPTIONAL + _CHECKSUM, _directory(data, at)
    start, size = _certificates(data, at)
    view = memoryview(data)
    digest = hashlib.sha256(view[:checksum])
    digest.update(view[checksum + 4 : directory])
    digest.update(view[directory + _DIRECTORY : start or len(data)])
    digest.update(view[start + size :] if size else b"")
    return digest.hexdigest(), bool(size)


def _read(data: bytes, machine: str, authenticode: str, signed: bool) -> PEHeaders:  # noqa: FBT001
    """Return what LIEF reads out of a file whose headers hold together."""
    # Importing LIEF takes a quarter of a second, which is for those who have a PE file.
    import lief  # noqa: PLC0415

    lief.logging.disable()
    wanted = lief.PE.ParserConfig()
    wanted.parse_signature = wanted.parse_exports = wanted.parse_reloc = False
    wanted.parse_exceptions = wanted.parse_arm64x_binary = False
    parsed = lief.PE.parse(data, wanted)
    if parsed is None:
        return PEHeaders(machine=machine, parse_error="has headers that make no sense")
    if parsed.is_arm64x:
        machine = "arm64x"
    elif parsed.is_arm64ec:
        machine = "arm64ec"
    try:
        imports = tuple(sorted({str(one.name).lower() for one in parsed.imports}))
        number, resource = _versions(parsed)
        parse_error = ""
    except UnicodeDecodeError:
        imports, number, resource = (), "", ()
        parse_error = "has a name or a version resource that is no text"
    return PEHeaders(machine, resource, number, imports, signed, authenticode, parse_error)


def _versions(parsed: lief.PE.Binary) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the fixed version and the texts of the first version resource."""
    import lief  # noqa: PLC0415

    manager = parsed.resources_manager if parsed.has_resources else None
    if not isinstance(manager, lief.PE.ResourcesManager) or not manager.has_version:
        return "", ()
    found = manager.version
    if not found:
        return "", ()
    fixed = found[0].file_info
    high, low = fixed.file_version_ms, fixed.file_version_ls
    number = f"{high >> 16}.{high & 0xFFFF}.{low >> 16}.{low & 0xFFFF}"
    info = found[0].string_file_info
    texts = {
        entry.key: entry.value[:_LONG].rstrip("\0")
        for table in (info.children if info else ())
        for entry in table.entries
    }
    return number, tuple(sorted(texts.items()))
