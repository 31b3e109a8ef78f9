"""A .gz or .xz file to the tar data it contains, decompressed within limits.

The formats are RFC 1952 and https://tukaani.org/xz/xz-file-format.txt. Archives of tags are gzip
files; a release asset of an external is an xz file: get_external.py --release of CPython 3.15.
"""

from __future__ import annotations

import hashlib
import lzma
import os
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import IO, ClassVar

from sbom.diagnostics import Exit, SbomError
from sbom.diagnostics.io_messages import invalid_archive
from sbom.files.limits import ArchiveLimits

_GZIP_FORMAT = 16 + zlib.MAX_WBITS
#: What ``xz -9`` needs is 65 MiB; a header can ask for 4 GiB.
_XZ_MEMORY_LIMIT = 256 << 20
_PACKED_PIECE = 1 << 17
#: The most bytes that are decompressed at once.
_PIECE = 1 << 18


class ArchiveError(SbomError):
    """An archive that cannot be trusted: it contains what no archive of an external should."""

    def __init__(
        self, name: str, message: str, hint: str = "do not use it; ask where it comes from"
    ) -> None:
        """Say what is wrong with the archive ``name``."""
        self.message = message
        super().__init__([invalid_archive(name, message, hint)])


class DamagedArchiveError(ArchiveError):
    """Bytes that are not a complete archive; ``is_retryable`` if a new download may help."""

    status = Exit.IO

    def __init__(
        self, name: str, message: str, hint: str = "", *, is_retryable: bool = True
    ) -> None:
        """Say what is wrong with the archive ``name``."""
        self.is_retryable = is_retryable
        super().__init__(name, message, hint)


class CompressedStream(ABC):
    """The contents of a file that is compressed as one stream, read once, in order.

    ``size`` is that of the file, ``inflated_size`` that of what was read; ``sha256`` and
    ``sha512`` are the file's digests after ``finish``.
    """

    magic: ClassVar[bytes]
    format_name: ClassVar[str]

    def __init__(self, file: IO[bytes], name: str, limits: ArchiveLimits) -> None:
        """Read ``file``. Raises DamagedArchiveError if that does not start as its format does."""
        self.size = file.seek(0, os.SEEK_END)
        self.inflated_size = 0
        self.sha256, self.sha512 = hashlib.sha256(), hashlib.sha512()
        self._file = file
        self._name = name
        self._limits = limits
        file.seek(0)
        self._check_magic(file.read(_PACKED_PIECE))
        file.seek(0)
        self._piece = memoryview(b"")

    @abstractmethod
    def _decompress(self) -> bytes:
        """Return the next bytes, empty after the last. Raises ValueError for damaged data."""

    @abstractmethod
    def _has_unused_data(self) -> bool:
        """Return whether bytes were read that are after the end of the stream."""

    def read(self, size: int) -> bytes:
        """Return the next ``size`` bytes. Raises DamagedArchiveError if there are fewer."""
        return b"".join(self.pieces(size))

    def pieces(self, size: int) -> Iterator[memoryview]:
        """Yield the next ``size`` bytes in pieces; raises as ``read`` does."""
        while size:
            if not self._piece and not self._inflate():
                raise DamagedArchiveError(self._name, "ends in the middle of its tar data")
            piece = self._piece[:size]
            self._piece = self._piece[len(piece) :]
            size -= len(piece)
            yield piece

    def finish(self) -> None:
        """Read to the end. Raises ArchiveError if anything but zeros is left."""
        while True:
            if any(self._piece):
                raise ArchiveError(self._name, "has data after the end of its tar data")
            if not self._inflate():
                return

    def _inflate(self) -> bool:
        """Read the next piece; return False at the end, which is that of the file too."""
        try:
            piece = self._decompress()
        except ValueError as error:
            raise DamagedArchiveError(self._name, f"is damaged: {error}") from error
        if not piece and (self._has_unused_data() or self._file.tell() < self.size):
            raise ArchiveError(self._name, f"has data after the end of its {self.format_name} data")
        self.inflated_size += len(piece)
        allowed = self._limits.allowed_size(self.size)
        if self.inflated_size > allowed:
            message = f"has {self.size} bytes and unpacks to more than {allowed}"
            raise ArchiveError(self._name, message)
        self._piece = memoryview(piece)
        return bool(piece)

    def _next_packed(self) -> bytes:
        packed = self._file.read(_PACKED_PIECE)
        if not packed:
            message = (
                f"is truncated: its {self.format_name} data does not end within {self.size} bytes"
            )
            raise DamagedArchiveError(self._name, message)
        self.sha256.update(packed)
        self.sha512.update(packed)
        return packed

    def _check_magic(self, head: bytes) -> None:
        if not head:
            raise DamagedArchiveError(self._name, "is empty")
        if not head.startswith(self.magic[: len(head)]):
            is_html = head.lstrip()[:1] == b"<"
            raise DamagedArchiveError(
                self._name,
                f"is not a gzip file{': it is HTML' if is_html else ''}",
                "open the address in a browser: it may show a login or an error page",
                is_retryable=False,
            )


class GzipStream(CompressedStream):
    """The contents of a file that is one gzip member and nothing else."""

    magic, format_name = b"\x1f\x8b\x08", "gzip"

    def __init__(self, file: IO[bytes], name: str, limits: ArchiveLimits) -> None:
        """Read ``file``. Raises DamagedArchiveError if that does not start as a gzip file."""
        super().__init__(file, name, limits)
        self._inflater = zlib.decompressobj(_GZIP_FORMAT)

    def _decompress(self) -> bytes:
        piece = b""
        while not piece and not self._inflater.eof:
            packed = self._inflater.unconsumed_tail or self._next_packed()
            try:
                piece = self._inflater.decompress(packed, _PIECE)
            except zlib.error as error:
                raise ValueError(error) from error
        return piece

    def _has_unused_data(self) -> bool:
        return bool(self._inflater.unused_data)


class XzStream(CompressedStream):
    """The contents of a file that is one xz stream and nothing else."""

    magic, format_name = b"\xfd7zXZ\x00", "xz"

    def __init__(self, file: IO[bytes], name: str, limits: ArchiveLimits) -> None:
        """Read ``file``. Raises DamagedArchiveError if that does not start as an xz file."""
        super().__init__(file, name, limits)
        self._decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY_LIMIT)

    def _decompress(self) -> bytes:
        piece = b""
        while not piece and not self._decompressor.eof:
            packed = self._next_packed() if self._decompressor.needs_input else b""
            try:
                piece = self._decompressor.decompress(packed, _PIECE)
            except lzma.LZMAError as error:
                raise ValueError(error) from error
        return piece

    def _has_unused_data(self) -> bool:
        return bool(self._decompressor.unused_data)
