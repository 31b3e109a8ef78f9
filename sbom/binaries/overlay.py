"""PE files of which most is after their sections: installers, whose packages are there.

Of what is after the sections, only the digests are kept, and the table of certificates, which is
there too.
"""

from __future__ import annotations

import hashlib

from sbom.binaries.binary import Overlay
from sbom.binaries.pe_layout import PELayout
from sbom.binaries.pkcs7 import ALGORITHMS

#: The largest table of certificates that is kept; those of python.org have 10 KB.
_TABLE_SIZE = 4 << 20


class OverlayHasher:
    """Takes a PE file in pieces, and keeps what its signature needs."""

    def __init__(self, start: PELayout) -> None:
        """Take the start of a file, with all of its sections and an ``image_end``."""
        *self._excluded, self._table_range = start.unsigned_ranges
        _, size = start.certificates
        names = ALGORITHMS if size else ("sha256",)
        self._hashes = {name: hashlib.new(name, usedforsecurity=False) for name in names}
        self._table: list[bytes] = []
        self._size = 0
        self.update(start.data)

    def update(self, piece: bytes) -> None:
        """Take the next piece."""
        view, at = memoryview(piece), self._size
        self._size += len(piece)
        position = at
        for start, end in (*self._excluded, self._table_range):
            self._hash(view[max(0, position - at) : max(0, start - at)])
            position = max(position, min(end, self._size))
        self._hash(view[position - at :])
        start, end = self._table_range
        if end - start <= _TABLE_SIZE:
            self._table.append(bytes(view[max(0, start - at) : max(0, end - at)]))

    def _hash(self, view: memoryview) -> None:
        for digest in self._hashes.values():
            digest.update(view)

    def finish(self) -> Overlay:
        """Return what is known of the file after its start."""
        digests = {name: digest.digest() for name, digest in self._hashes.items()}
        return Overlay(self._size, b"".join(self._table), digests)
