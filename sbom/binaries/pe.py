"""The bytes of a PE file to what its headers state; LIEF reads what linkers rarely write.

LIEF reads a damaged file as far as it can, without an error. So the tables of sections and of
certificates are validated before, and LIEF never sees a file that cannot be complete. The format
is Microsoft's, https://learn.microsoft.com/windows/win32/debug/pe-format.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from sbom.binaries.binary import Overlay, PEHeaders
from sbom.binaries.signature import Signature, SignatureStatus, read_signature
from sbom.binaries.version_resource import (
    LONGEST_TEXT,
    UnusualResourceError,
    read_version_resource,
)

if TYPE_CHECKING:
    import lief

_MAGIC = b"MZ"
#: IMAGE_FILE_MACHINE_*
_MACHINES = {0x014C: "x86", 0x8664: "x64", 0xAA64: "arm64", 0x01C4: "arm32"}
#: Where the offset of the PE header is, and the largest that is accepted.
_LFANEW, _LARGEST_OFFSET = 0x3C, 1 << 16
#: Offsets from the PE header: number of sections, size of the optional header, that header.
_SECTION_COUNT, _OPTIONAL_SIZE, _OPTIONAL = 6, 20, 24
#: Offsets in the optional header: its checksum; the data directories, for PE32 and PE32+.
_PE32 = 0x10B
_CHECKSUM, _DIRECTORIES = 64, {_PE32: 96, 0x20B: 112}
#: The directory of certificates: the only one whose address is an offset in the file.
_CERTIFICATES, _DIRECTORY_SIZE = 4, 8
#: The directories of resources and of the load configuration.
_RESOURCES, _LOAD_CONFIG = 2, 10
#: Where IMAGE_LOAD_CONFIG_DIRECTORY64 has its CHPEMetadataPointer: code for two machines.
_CHPE, _CHPE_SIZE = 0xC8, 8
#: WIN_CERTIFICATE: the size of its header, and the kind that is an Authenticode signature.
_CERTIFICATE_HEADER, _PKCS_SIGNED_DATA = 8, 2
#: Where the next one starts; how many are read. Files of Microsoft have one.
_CERTIFICATE_ALIGNMENT, _MOST_CERTIFICATES = 8, 16
_MOST_SECTIONS = 96  # Windows does not load files with more
_SECTION_SIZE, _NAME_SIZE = 40, 8
#: Offsets in the header of a section: its address, size and position of its bytes in the file.
_ADDRESS, _RAW_SIZE, _RAW_POSITION = 12, 16, 20
#: LIEF rounds positions that are not a multiple of it.
_ALIGNMENT = 512


def is_pe(data: bytes) -> bool:
    """Return whether a file starts as every PE file does."""
    return data[:2] == _MAGIC


def read_headers(data: bytes, overlay: Overlay | None = None) -> PEHeaders:
    """Return what the headers of a PE file state. Never raises: see ``parse_error``.

    With an ``overlay``, ``data`` are the start of the file, with all of its sections.
    """
    at = _find_pe_header(data)
    if at < 0:
        return PEHeaders(parse_error="starts like a PE file, but has no PE header")
    machine = _MACHINES.get(_number(data, at + 4, 2), "")
    if error := _validate(data, at, overlay.size if overlay else len(data)):
        return PEHeaders(machine=machine, parse_error=error)
    overlay = overlay or _whole_file(data, at)
    headers = _parse(data, at, machine, overlay.digests["sha256"].hex())
    return replace(headers, signature=_read_signature(data, at, overlay))


def find_image_end(data: bytes) -> int:
    """Return where the last section of a file ends, or -1 if its certificates are before that.

    ``data`` are the start of the file. A signature can be read without what is after the
    sections and before the certificates; -1 says that it cannot.
    """
    at = _find_pe_header(data)
    if at < 0 or _number(data, at + _OPTIONAL, 2) not in _DIRECTORIES:
        return -1
    sections = at + _OPTIONAL + _number(data, at + _OPTIONAL_SIZE, 2)
    count = _number(data, at + _SECTION_COUNT, 2)
    headers_end = sections + count * _SECTION_SIZE
    end = max((end for _, end in _section_spans(data, sections, count)), default=headers_end)
    start, size = _certificates(data, at)
    return -1 if headers_end > len(data) or (size and start < end) else max(end, headers_end)


def find_excluded_ranges(data: bytes) -> tuple[tuple[int, int], ...]:
    """Return the parts of a file that its signature does not cover, the certificates last.

    ``data`` are the start of a file whose ``find_image_end`` is not -1.
    """
    at = _find_pe_header(data)
    checksum, directory = at + _OPTIONAL + _CHECKSUM, _certificate_directory(data, at)
    start, size = _certificates(data, at)
    table = (start, start + size) if size else (len(data), len(data))
    return (checksum, checksum + 4), (directory, directory + _DIRECTORY_SIZE), table


def authenticode_of(data: bytes) -> str:
    """Return the Authenticode SHA-256 of a complete PE file, or an empty text."""
    return _authenticode(data, _find_pe_header(data)).hex() if _is_complete(data) else ""


def read_imports(data: bytes) -> tuple[str, ...]:
    """Return the names of the DLLs that a PE file loads, at once or when first called."""
    if not _is_complete(data):
        return ()
    import lief  # noqa: PLC0415

    config = _parser_config()
    config.parse_imports = True
    parsed = lief.PE.parse(data, config)
    imports = (*parsed.imports, *parsed.delay_imports) if parsed else ()
    return tuple(str(import_.name) for import_ in imports)


def find_section(data: bytes, name: str) -> tuple[int, int]:
    """Return offset and size of a section in the file by its name, both 0 if there is none.

    ``data`` is the file, or a start of it that includes the headers.
    """
    at = _find_pe_header(data)
    if at < 0:
        return 0, 0
    start = at + _OPTIONAL + _number(data, at + _OPTIONAL_SIZE, 2)
    end = start + min(_number(data, at + _SECTION_COUNT, 2), _MOST_SECTIONS) * _SECTION_SIZE
    for section in range(start, min(end, len(data)), _SECTION_SIZE):
        if data[section : section + _NAME_SIZE].rstrip(b"\0") == name.encode():
            offset = _number(data, section + _RAW_POSITION, 4)
            return offset, _number(data, section + _RAW_SIZE, 4)
    return 0, 0


def _is_complete(data: bytes) -> bool:
    at = _find_pe_header(data)
    return at >= 0 and not _validate(data, at, len(data))


def _find_pe_header(data: bytes) -> int:
    """Return the offset of the PE header, or -1."""
    if len(data) < _LFANEW + 4 or not is_pe(data):
        return -1
    at = _number(data, _LFANEW, 4)
    return at if at <= _LARGEST_OFFSET and data[at : at + 4] == b"PE\0\0" else -1


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _validate(data: bytes, at: int, size: int) -> str:
    """Return why this cannot be the start of a complete PE file of a size, or an empty text."""
    optional = at + _OPTIONAL
    magic = _number(data, optional, 2)
    if magic not in _DIRECTORIES:
        return f"has an optional header of unknown kind 0x{magic:x}"
    sections = optional + _number(data, at + _OPTIONAL_SIZE, 2)
    count = _number(data, at + _SECTION_COUNT, 2)
    end = sections + count * _SECTION_SIZE
    if sections < optional + _DIRECTORIES[magic] or end > len(data):
        return "ends in the middle of its headers"
    if not 0 < count <= _MOST_SECTIONS:
        return f"has {count} sections; Windows loads files with 1 to {_MOST_SECTIONS}"
    start, table_size = _certificates(data, at)
    spans = [*_section_spans(data, sections, count), (start, start + table_size)]
    if any(end > size for _, end in spans):
        return f"is truncated: its headers refer to more than its {size} bytes"
    filled = sorted((start, end) for start, end in spans if end > start)
    if any(end > following for (_, end), (following, _) in pairwise(filled)):
        return "has sections that overlap"
    return ""


def _section_spans(data: bytes, sections: int, count: int) -> Iterator[tuple[int, int]]:
    for section in range(sections, sections + count * _SECTION_SIZE, _SECTION_SIZE):
        start = _number(data, section + _RAW_POSITION, 4)
        yield start, start + _number(data, section + _RAW_SIZE, 4)


def _certificates(data: bytes, at: int) -> tuple[int, int]:
    """Return offset and size of the certificate table, both 0 if there is none."""
    directory = _certificate_directory(data, at)
    if directory + _DIRECTORY_SIZE > at + _OPTIONAL + _number(data, at + _OPTIONAL_SIZE, 2):
        return 0, 0
    start, size = _number(data, directory, 4), _number(data, directory + 4, 4)
    return (start, size) if size else (0, 0)


def _certificate_directory(data: bytes, at: int) -> int:
    """Return the offset of the directory entry of the certificate table."""
    optional = at + _OPTIONAL
    return optional + _DIRECTORIES[_number(data, optional, 2)] + _CERTIFICATES * _DIRECTORY_SIZE


def _read_signature(data: bytes, at: int, overlay: Overlay) -> Signature | None:
    """Return the first signature of a valid file, with those in further certificates."""
    _, size = _certificates(data, at)
    if not size:
        return None
    messages = _messages(overlay.table)
    first, *others = (
        read_signature(message, overlay.digests.__getitem__)
        if message
        else Signature(status=SignatureStatus.DAMAGED)
        for message in islice(messages, _MOST_CERTIFICATES)
    )
    added = [
        replace(signature, secondary=()) for other in others for signature in other.all_signatures
    ]
    if next(messages, None) is not None:
        error = f"there are more than {_MOST_CERTIFICATES} certificates, and not all are read"
        added.append(Signature(status=SignatureStatus.DAMAGED, parse_error=error))
    return replace(first, secondary=(*first.secondary, *added))


def _messages(table: bytes) -> Iterator[bytes]:
    """Yield the message of each entry of a table of certificates, empty if it is damaged.

    There is at least one. Entries start at multiples of 8, and zeros can be after the last one.
    """
    at, is_first, is_complete = 0, True, True
    header = table[:_CERTIFICATE_HEADER]
    while is_first or (is_complete and header.strip(b"\0")):
        length, kind = _number(header, 0, 4), _number(header, 6, 2)
        is_complete = _CERTIFICATE_HEADER < length <= len(table) - at
        is_message = is_complete and kind == _PKCS_SIGNED_DATA
        yield table[at + _CERTIFICATE_HEADER : at + length] if is_message else b""
        at += -(-length // _CERTIFICATE_ALIGNMENT) * _CERTIFICATE_ALIGNMENT
        header = table[at : at + _CERTIFICATE_HEADER]
        is_first = False


def _whole_file(data: bytes, at: int) -> Overlay:
    """Return what is after the start of a valid file that is there as a whole."""
    start, size = _certificates(data, at)
    return Overlay(len(data), data[start : start + size], _Digests(data, at))


class _Digests(dict[str, bytes]):
    """The Authenticode digests of a valid file, each computed once."""

    def __init__(self, data: bytes, at: int) -> None:
        super().__init__()
        self._data, self._at = data, at

    def __missing__(self, algorithm: str) -> bytes:
        self[algorithm] = _authenticode(self._data, self._at, algorithm)
        return self[algorithm]


def _authenticode(data: bytes, at: int, algorithm: str = "sha256") -> bytes:
    """Return the Authenticode digest of a file that is valid.

    It is of all but the checksum, the directory entry of the certificates and these themselves:
    Windows Authenticode Portable Executable Signature Format, "Calculating the PE Image Hash".
    LIEF's takes seven times as long; the tests compare the two.
    """
    checksum, directory = at + _OPTIONAL + _CHECKSUM, _certificate_directory(data, at)
    start, size = _certificates(data, at)
    view = memoryview(data)
    digest = hashlib.new(algorithm, view[:checksum], usedforsecurity=False)
    digest.update(view[checksum + 4 : directory])
    digest.update(view[directory + _DIRECTORY_SIZE : start or len(data)])
    digest.update(view[start + size :] if size else b"")
    return digest.digest()


def _parse(data: bytes, at: int, machine: str, authenticode: str) -> PEHeaders:
    """Return what a file that is valid states."""
    with suppress(UnusualResourceError):
        if not _has_two_machines(data, at):
            address = _directory(data, at, _RESOURCES)
            resource = (
                read_version_resource(data, address, lambda place: _offset_of(data, at, place))
                if address
                else {}
            )
            return PEHeaders(machine, resource, authenticode)
    return _parse_with_lief(data, machine, authenticode)


def _has_two_machines(data: bytes, at: int) -> bool:
    """Return whether a file may have code for another machine than its header names."""
    address = _directory(data, at, _LOAD_CONFIG)
    if not address or _number(data, at + _OPTIONAL, 2) == _PE32:
        return False
    start = _offset_of(data, at, address)
    if start < 0 or start + _CHPE + _CHPE_SIZE > len(data):
        return True
    size = _number(data, start, 4)
    return size > _CHPE and _number(data, start + _CHPE, _CHPE_SIZE) != 0


def _directory(data: bytes, at: int, index: int) -> int:
    """Return the address of a data directory, or 0. Raises UnusualResourceError."""
    start = at + _OPTIONAL + _DIRECTORIES[_number(data, at + _OPTIONAL, 2)]
    place = start + index * _DIRECTORY_SIZE
    if place + _DIRECTORY_SIZE > at + _OPTIONAL + _number(data, at + _OPTIONAL_SIZE, 2):
        raise UnusualResourceError
    if _number(data, start - 4, 4) <= index:  # NumberOfRvaAndSizes
        raise UnusualResourceError
    return _number(data, place, 4)


def _offset_of(data: bytes, at: int, address: int) -> int:
    """Return where in the file what is at an address stands, or -1."""
    first = at + _OPTIONAL + _number(data, at + _OPTIONAL_SIZE, 2)
    end = first + _number(data, at + _SECTION_COUNT, 2) * _SECTION_SIZE
    for section in range(first, end, _SECTION_SIZE):
        start, size = _number(data, section + _ADDRESS, 4), _number(data, section + _RAW_SIZE, 4)
        position = _number(data, section + _RAW_POSITION, 4)
        if start <= address < start + size and position % _ALIGNMENT == 0:
            return position + address - start
    return -1


def _parse_with_lief(data: bytes, machine: str, authenticode: str) -> PEHeaders:
    """Return what LIEF reads of a file that is valid."""
    # Importing LIEF takes 0.3 s, which only a run that needs it should pay.
    import lief  # noqa: PLC0415

    parsed = lief.PE.parse(data, _parser_config())
    if parsed is None:
        return PEHeaders(machine=machine, parse_error="has headers that LIEF cannot parse")
    if parsed.is_arm64x:
        machine = "arm64x"
    elif parsed.is_arm64ec:
        machine = "arm64ec"
    try:
        resource = _version_resource(parsed)
    except UnicodeDecodeError:
        error = "has a version resource that is not text"
        return PEHeaders(machine, authenticode=authenticode, parse_error=error)
    return PEHeaders(machine, resource, authenticode)


def _parser_config() -> lief.PE.ParserConfig:
    """Return a configuration in which LIEF reads headers and resources only, silently."""
    import lief  # noqa: PLC0415

    lief.logging.disable()
    config = lief.PE.ParserConfig()
    config.parse_signature = config.parse_exports = config.parse_reloc = False
    config.parse_exceptions = config.parse_arm64x_binary = config.parse_imports = False
    return config


def _version_resource(parsed: lief.PE.Binary) -> Mapping[str, str]:
    """Return the texts of the first version resource by their keys."""
    import lief  # noqa: PLC0415

    manager = parsed.resources_manager if parsed.has_resources else None
    if not isinstance(manager, lief.PE.ResourcesManager) or not manager.has_version:
        return {}
    versions = manager.version
    info = versions[0].string_file_info if versions else None
    return {
        entry.key: entry.value[:LONGEST_TEXT].rstrip("\0")
        for table in (info.children if info else ())
        for entry in table.entries
    }
