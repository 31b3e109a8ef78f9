"""The bytes of a file that comes in pieces, kept while it may be a PE file to look into."""

from __future__ import annotations

from sbom.binaries.binary import Binary, InspectFn, PEHeaders
from sbom.binaries.pe import is_pe

#: The largest file that is kept in memory; CPython's own have a tenth of it.
MOST = 1 << 27


class Kept:
    """Takes the pieces of a file as they are hashed, and has it looked into at its end."""

    def __init__(self, inspect: InspectFn | None, most: int = MOST) -> None:
        """Keep nothing where nobody looks, and no more than ``most`` bytes and a piece."""
        self._inspect = inspect
        self._most = most
        self._pieces: list[bytes] | None = None
        self._size = 0

    def add(self, piece: bytes) -> None:
        """Take the next piece; the first one decides whether any are kept."""
        if self._inspect is None:
            return
        if self._pieces is None:
            self._pieces = [piece] if is_pe(piece) else []
        elif self._pieces and self._size <= self._most:
            self._pieces.append(piece)
        self._size += len(piece)

    def seen(self, path: str) -> Binary | None:
        """Return what the file turned out to be; None where it does not start like a PE file."""
        if self._inspect is None or not self._pieces:
            return None
        if self._size > self._most:
            damage = f"is larger than {self._most:,} bytes, and was not looked into"
            return Binary(PEHeaders(damage=damage))
        return self._inspect(path, b"".join(self._pieces))
