"""The layout of a PE file: where its headers, its sections and its certificates are.

The format is Microsoft's, https://learn.microsoft.com/windows/win32/debug/pe-format.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

#: The section that WiX bundles have, whose packages are after the sections.
BUNDLE_SECTION = ".wixburn"
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
_MOST_SECTIONS = 96  # Windows does not load files with more
_SECTION_SIZE, _NAME_SIZE = 40, 8
#: Offsets in the header of a section: its address, size and position of its bytes in the file.
_ADDRESS, _RAW_SIZE, _RAW_POSITION = 12, 16, 20
#: LIEF rounds positions that are not a multiple of it.
_ALIGNMENT = 512


def is_pe(data: bytes) -> bool:
    """Return whether a file starts as every PE file does."""
    return data[:2] == _MAGIC


def find_layout(data: bytes) -> PELayout | None:
    """Return the layout of a file, or of its start; None if it has no PE header."""
    if len(data) < _LFANEW + 4 or not is_pe(data):
        return None
    header = int.from_bytes(data[_LFANEW : _LFANEW + 4], "little")
    is_there = header <= _LARGEST_OFFSET and data[header : header + 4] == b"PE\0\0"
    return PELayout(data, header) if is_there else None


@dataclass(frozen=True, slots=True)
class PELayout:
    """A PE file, or its start with the headers, and where its PE header is.

    What ``validate`` finds wrong is to be known before most else is asked for.
    """

    data: bytes
    header: int

    def read_number(self, at: int, size: int) -> int:
        """Return the number at an offset in the file."""
        return int.from_bytes(self.data[at : at + size], "little")

    @property
    def machine(self) -> str:
        """Return the machine that the header names; empty for an unknown one."""
        return _MACHINES.get(self.read_number(self.header + 4, 2), "")

    @property
    def is_64_bit(self) -> bool:
        """Return whether the optional header is that of PE32+."""
        return self._kind != _PE32

    @property
    def _kind(self) -> int:
        return self.read_number(self.header + _OPTIONAL, 2)

    @property
    def _section_count(self) -> int:
        return self.read_number(self.header + _SECTION_COUNT, 2)

    @property
    def _sections(self) -> int:
        """Return where the headers of sections start: at the end of the optional header."""
        return self.header + _OPTIONAL + self.read_number(self.header + _OPTIONAL_SIZE, 2)

    @property
    def _headers_end(self) -> int:
        return self._sections + self._section_count * _SECTION_SIZE

    @property
    def _directories(self) -> int:
        """Return where the data directories start."""
        return self.header + _OPTIONAL + _DIRECTORIES[self._kind]

    def _section_headers(self) -> range:
        return range(self._sections, self._headers_end, _SECTION_SIZE)

    def _section_spans(self) -> Iterator[tuple[int, int]]:
        for section in self._section_headers():
            start = self.read_number(section + _RAW_POSITION, 4)
            yield start, start + self.read_number(section + _RAW_SIZE, 4)

    def validate(self, size: int) -> str:
        """Return why this cannot be the start of a complete file of a size, or an empty text."""
        if self._kind not in _DIRECTORIES:
            return f"has an optional header of unknown kind 0x{self._kind:x}"
        if self._sections < self._directories or self._headers_end > len(self.data):
            return "ends in the middle of its headers"
        if not 0 < self._section_count <= _MOST_SECTIONS:
            count = self._section_count
            return f"has {count} sections; Windows loads files with 1 to {_MOST_SECTIONS}"
        start, table_size = self.certificates
        spans = [*self._section_spans(), (start, start + table_size)]
        if any(end > size for _, end in spans):
            return f"is truncated: its headers refer to more than its {size} bytes"
        filled = sorted((start, end) for start, end in spans if end > start)
        if any(end > following for (_, end), (following, _) in pairwise(filled)):
            return "has sections that overlap"
        return ""

    @property
    def image_end(self) -> int:
        """Return where the last section ends, or -1 if the certificates are before that.

        A signature can be read without what is after the sections and before the certificates;
        -1 says that it cannot.
        """
        if self._kind not in _DIRECTORIES:
            return -1
        end = max((end for _, end in self._section_spans()), default=self._headers_end)
        start, size = self.certificates
        if self._headers_end > len(self.data) or (size and start < end):
            return -1
        return max(end, self._headers_end)

    @property
    def certificates(self) -> tuple[int, int]:
        """Return offset and size of the table of certificates, both 0 if there is none."""
        directory = self._directories + _CERTIFICATES * _DIRECTORY_SIZE
        if directory + _DIRECTORY_SIZE > self._sections:
            return 0, 0
        start, size = self.read_number(directory, 4), self.read_number(directory + 4, 4)
        return (start, size) if size else (0, 0)

    @property
    def unsigned_ranges(self) -> tuple[tuple[int, int], ...]:
        """Return the parts of the file that its signature does not cover, the certificates last.

        They are the checksum, the directory entry of the certificates and these themselves:
        Windows Authenticode Portable Executable Signature Format, "Calculating the PE Image Hash".
        """
        checksum = self.header + _OPTIONAL + _CHECKSUM
        directory = self._directories + _CERTIFICATES * _DIRECTORY_SIZE
        start, size = self.certificates
        end = len(self.data)
        table = (start, start + size) if size else (end, end)
        return (checksum, checksum + 4), (directory, directory + _DIRECTORY_SIZE), table

    def compute_authenticode(self, algorithm: str = "sha256") -> bytes:
        """Return the Authenticode digest of a valid file that is here as a whole.

        LIEF's takes seven times as long; the tests compare the two.
        """
        view, position = memoryview(self.data), 0
        digest = hashlib.new(algorithm, usedforsecurity=False)
        for start, end in self.unsigned_ranges:
            digest.update(view[position:start])
            position = end
        digest.update(view[position:])
        return digest.digest()

    def read_directory(self, index: int) -> int | None:
        """Return the address of a data directory, 0 if there is none, None if it is cut off.

        Windows reads no more directories than NumberOfRvaAndSizes.
        """
        if self.read_number(self._directories - 4, 4) <= index:
            return 0
        place = self._directories + index * _DIRECTORY_SIZE
        if place + _DIRECTORY_SIZE > self._sections:
            return None
        return self.read_number(place, 4)

    def find_offset(self, address: int) -> int:
        """Return where in the file what is at an address stands, or -1."""
        for section in self._section_headers():
            start = self.read_number(section + _ADDRESS, 4)
            position = self.read_number(section + _RAW_POSITION, 4)
            is_inside = start <= address < start + self.read_number(section + _RAW_SIZE, 4)
            if is_inside and position % _ALIGNMENT == 0:
                return position + address - start
        return -1

    def find_section(self, name: str) -> tuple[int, int]:
        """Return offset and size of a section in the file, both 0 if there is none of that name."""
        for section in self._section_headers()[:_MOST_SECTIONS]:
            if self.data[section : section + _NAME_SIZE].rstrip(b"\0") == name.encode():
                offset = self.read_number(section + _RAW_POSITION, 4)
                return offset, self.read_number(section + _RAW_SIZE, 4)
        return 0, 0
