"""A gzip file to the stream it contains, inflated within limits; knows no tar."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterator
from typing import IO

from sbom.diagnostics import Exit, SbomError
from sbom.diagnostics.io_messages import invalid_archive
from sbom.files.limits import ArchiveLimits

_MAGIC = b"\x1f\x8b\x08"
_GZIP_FORMAT = 16 + zlib.MAX_WBITS
_PACKED_PIECE = 1 << 17
#: The most bytes that are inflated at once.
PIECE = 1 << 18


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


class GzipStream:
    """The contents of a file that is one gzip member and nothing else, read once, in order.

    ``size`` is that of the file; ``sha256`` and ``sha512`` are its digests after ``finish``.
    """

    magic, format_name = _MAGIC, "gzip"

    def __init__(self, file: IO[bytes], name: str, limits: ArchiveLimits) -> None:
        """Read ``file``. Raises DamagedArchiveError if that does not start as a gzip file."""
        self.size = file.seek(0, os.SEEK_END)
        self.inflated_size = 0
        self.sha256, self.sha512 = hashlib.sha256(), hashlib.sha512()
        self._file = file
        self._name = name
        self._limits = limits
        file.seek(0)
        self._check_magic(file.read(_PACKED_PIECE))
        file.seek(0)
        self._inflater = zlib.decompressobj(_GZIP_FORMAT)
        self._piece = memoryview(b"")

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
        """Inflate the next piece; return False at the end, which is that of the file too."""
        while not self._inflater.eof:
            packed = self._inflater.unconsumed_tail or self._next_packed()
            try:
                piece = self._inflater.decompress(packed, PIECE)
            except zlib.error as error:
                raise DamagedArchiveError(self._name, f"is damaged: {error}") from error
            if piece:
                self._count(len(piece))
                self._piece = memoryview(piece)
                return True
        if self._inflater.unused_data or self._file.tell() < self.size:
            raise ArchiveError(self._name, "has data after the end of its gzip data")
        self._piece = memoryview(b"")
        return False

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

    def _count(self, size: int) -> None:
        self.inflated_size += size
        allowed = self._limits.allowed_size(self.size)
        if self.inflated_size > allowed:
            message = f"has {self.size} bytes and unpacks to more than {allowed}"
            raise ArchiveError(self._name, message)

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
