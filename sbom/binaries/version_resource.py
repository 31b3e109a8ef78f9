"""The version resource of a well-formed PE file, read without LIEF.

Importing LIEF takes as long as reading the 5,000 files of a layout. So what linkers write is read
here, and LIEF is only asked about files that have something else. The formats are Microsoft's:
https://learn.microsoft.com/windows/win32/debug/pe-format#the-rsrc-section, and
https://learn.microsoft.com/windows/win32/menurc/vs-versioninfo.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

#: The type of a version resource, RT_VERSION.
_VERSION = 16
#: An entry of a directory leads to another directory.
_IS_DIRECTORY = 1 << 31
#: Sizes of the header of a directory and of an entry; where the numbers of entries are.
_DIRECTORY_HEADER, _ENTRY, _COUNTS = 16, 8, 12
#: More types of resources than any file has.
_MOST_ENTRIES = 256
#: The size of the numbers before the key of a block.
_BLOCK_HEADER = 6
_FIXED_INFO = b"\xbd\x04\xef\xfe"
#: Where VS_FIXEDFILEINFO has dwFileVersionMS, which dwFileVersionLS follows.
_FILE_VERSION = 8
#: The longest text that is kept.
LONGEST_TEXT = 4096


class UnusualResourceError(ValueError):
    """Resources that are not as linkers write them: damaged, or in several languages."""


@dataclass(frozen=True, slots=True)
class _Block:
    """A block of a version resource: its key, what is after it, and where both end."""

    key: str
    size: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class VersionResource:
    """A version resource: its texts by their keys, and the four numbers of the file's version.

    ``file_version`` is written ``3.14.7150.1013``; it is empty if there is no resource.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    file_version: str = ""


def read_version_resource(
    data: bytes, address: int, offset_of: Callable[[int], int]
) -> VersionResource:
    """Return the version resource of a file; an empty one if it has none.

    ``address`` is that of the resource directory, and ``offset_of`` returns where in the file what
    is at an address stands, or -1. Raises UnusualResourceError.
    """
    root = offset_of(address)
    entries = dict(_entries(data, root))
    if _VERSION not in entries:
        return VersionResource()
    at = entries[_VERSION]
    for _ in ("name", "language"):
        if not at & _IS_DIRECTORY:
            raise UnusualResourceError
        [(_, at)] = _only(_entries(data, root + (at & ~_IS_DIRECTORY)))
    if at & _IS_DIRECTORY:
        raise UnusualResourceError
    start = offset_of(_number(data, root + at, 4))
    size = _number(data, root + at + 4, 4)
    if start < 0 or start + size > len(data):
        raise UnusualResourceError
    return _read_version(data[start : start + size])


def _only(entries: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    found = [*entries]
    if len(found) != 1:
        raise UnusualResourceError
    return found


def _entries(data: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Yield the entries of a directory: what identifies each, and where it leads."""
    if at < 0:
        raise UnusualResourceError
    count = _number(data, at + _COUNTS, 2) + _number(data, at + _COUNTS + 2, 2)
    if count > _MOST_ENTRIES:
        raise UnusualResourceError
    first = at + _DIRECTORY_HEADER
    for entry in range(first, first + count * _ENTRY, _ENTRY):
        yield _number(data, entry, 4), _number(data, entry + 4, 4)


def format_file_version(high: int, low: int) -> str:
    """Return the two halves of a version in VS_FIXEDFILEINFO as text."""
    return ".".join(str(half >> shift & 0xFFFF) for half in (high, low) for shift in (16, 0))


def _read_version(data: bytes) -> VersionResource:
    """Return what VS_VERSIONINFO states; of one text in two tables, that of the later one."""
    info = _block(data, 0, len(data))
    fixed = data[info.start : info.start + 4]
    if info.key != "VS_VERSION_INFO" or not info.size or fixed != _FIXED_INFO:
        raise UnusualResourceError
    texts: dict[str, str] = {}
    strings = [
        block
        for block in _blocks(data, _aligned(info.start + info.size), info.end)
        if block.key == "StringFileInfo"
    ]
    if len(strings) > 1:
        raise UnusualResourceError
    for block in strings:
        for table in _blocks(data, block.start, block.end):
            for text in _blocks(data, table.start, table.end):
                texts[text.key] = _text(data[text.start : text.end])[:LONGEST_TEXT]
    file_version = format_file_version(
        _number(data, info.start + _FILE_VERSION, 4),
        _number(data, info.start + _FILE_VERSION + 4, 4),
    )
    return VersionResource(texts, file_version)


def _blocks(data: bytes, at: int, end: int) -> Iterator[_Block]:
    """Yield the blocks that follow each other in another one."""
    while at < end:
        block = _block(data, at, end)
        yield block
        at = _aligned(block.end)


def _block(data: bytes, at: int, end: int) -> _Block:
    length, size = _number(data, at, 2), _number(data, at + 2, 2)
    key_at = at + _BLOCK_HEADER
    if length < _BLOCK_HEADER or at + length > end:
        raise UnusualResourceError
    key_end = next((n for n in range(key_at, at + length - 1, 2) if data[n : n + 2] == b"\0\0"), -1)
    key = _decode(data[key_at:key_end]) if key_end >= 0 else ""
    if not key.isascii() or not key:
        raise UnusualResourceError
    return _Block(key, size, min(_aligned(key_end + 2), at + length), at + length)


def _text(data: bytes) -> str:
    """Return a text that ends with a zero, and has none in it."""
    text = _decode(data).rstrip("\0")
    if "\0" in text:
        raise UnusualResourceError
    return text


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-16-le")
    except UnicodeDecodeError as error:
        raise UnusualResourceError from error


def _number(data: bytes, at: int, size: int) -> int:
    if at + size > len(data):
        raise UnusualResourceError
    return int.from_bytes(data[at : at + size], "little")


def _aligned(at: int) -> int:
    return at + -at % 4
