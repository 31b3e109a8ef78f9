"""An .xz file to the stream it contains, decompressed within limits; knows no tar.

A release asset of an external is one: get_external.py --release of CPython 3.15. The format is
https://tukaani.org/xz/xz-file-format.txt.
"""

from __future__ import annotations

import lzma
from typing import IO

from sbom.files.gzip import PIECE, ArchiveError, DamagedArchiveError, GzipStream
from sbom.files.limits import ArchiveLimits

MAGIC = b"\xfd7zXZ\x00"
#: What ``xz -9`` needs is 65 MiB; a header can ask for 4 GiB.
_MEMORY_LIMIT = 256 << 20


class XzStream(GzipStream):
    """The contents of a file that is one xz stream and nothing else, read once, in order."""

    magic, format_name = MAGIC, "xz"

    def __init__(self, file: IO[bytes], name: str, limits: ArchiveLimits) -> None:
        """Read ``file``. Raises DamagedArchiveError if that does not start as an xz file."""
        super().__init__(file, name, limits)
        self._decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY_LIMIT)

    def _inflate(self) -> bool:
        """Decompress the next piece; return False at the end, which is that of the file too."""
        while not self._decompressor.eof:
            packed = self._next_packed() if self._decompressor.needs_input else b""
            try:
                piece = self._decompressor.decompress(packed, PIECE)
            except lzma.LZMAError as error:
                raise DamagedArchiveError(self._name, f"is damaged: {error}") from error
            if piece:
                self._count(len(piece))
                self._piece = memoryview(piece)
                return True
        if self._decompressor.unused_data or self._file.tell() < self.size:
            raise ArchiveError(self._name, "has data after the end of its xz data")
        self._piece = memoryview(b"")
        return False
