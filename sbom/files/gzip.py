"""A gzip stream, hashed as it is and inflated within limits; knows nothing of what is in it."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sbom.diagnostics import Code, Diagnostic, Exit, SbomError

_GZIP = 16 + zlib.MAX_WBITS
_MAGIC = b"\x1f\x8b\x08"
_PIECE = 1 << 18
#: Below this much, how far an archive expands does no harm.
_HARMLESS = 16 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How much of an archive is believed. No external of CPython's has a tenth of it.

    ``ratio`` is unpacked to packed; the externals stay 10 or less, and gzip can do 1032.
    """

    members: int = 200_000
    member: int = 512 << 20
    total: int = 2 << 30
    ratio: int = 100


class ArchiveError(SbomError):
    """An archive whose contents are not believed."""

    def __init__(self, name: str, message: str, hint: str = "") -> None:
        """Say of the archive ``name`` what is wrong with it."""
        self.sentence = message
        super().__init__(
            [Diagnostic(code=Code.INVALID_ARCHIVE, file=name, message=message, hint=hint)]
        )


class DamagedError(ArchiveError):
    """Bytes that are no archive, or only a part of one: whoever sent them may do better."""

    status = Exit.IO

    def __init__(self, name: str, message: str, hint: str = "", *, again: bool = True) -> None:
        """Say what is wrong, and whether asking ``again`` for it may help."""
        self.again = again
        super().__init__(name, message, hint)


def fault(name: str, message: str) -> ArchiveError:
    """Return the error of an archive that says what no archive of an external should."""
    return ArchiveError(name, message, "do not use it; ask where it comes from")


class GzipStream:
    """The contents of one gzip member, taken in order; digests and size are of its own bytes."""

    def __init__(self, chunks: Iterable[bytes], name: str, limits: Limits) -> None:
        self.sha256 = hashlib.sha256()
        self.sha512 = hashlib.sha512()
        self.size = 0
        self.limits = limits
        self._name = name
        self._chunks = iter(chunks)
        self._inflate = zlib.decompressobj(_GZIP)
        self._begun = b""
        self._total = 0
        self._ready = b""
        self._at = 0

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes. Raises DamagedError where there are fewer."""
        return b"".join(self.pieces(size))

    def pieces(self, size: int) -> Iterator[bytes]:
        """Yield the next ``size`` bytes as they come."""
        while size:
            if self._at == len(self._ready) and not self._more():
                raise DamagedError(self._name, "ends in the middle of the tar in it")
            piece = self._ready[self._at : self._at + size]
            self._at += len(piece)
            size -= len(piece)
            yield piece

    def finish(self) -> None:
        """Read to the end. Raises ArchiveError unless only padding is left."""
        while True:
            if self._ready.count(0, self._at) != len(self._ready) - self._at:
                raise fault(self._name, "has data behind the mark that ends a tar")
            if not self._more():
                return

    def _more(self) -> bool:
        """Make the next bytes ready; return False at the end of the member and of the bytes."""
        while not self._inflate.eof:
            data = self._inflate.unconsumed_tail or self._next()
            try:
                self._ready, self._at = self._inflate.decompress(data, _PIECE), 0
            except zlib.error as error:
                raise DamagedError(self._name, f"is damaged: {error}") from error
            if self._ready:
                self._expanded()
                return True
        if self._inflate.unused_data or any(map(self._hashed, self._chunks)):
            raise fault(self._name, "has bytes behind the end of its gzip data")
        self._ready, self._at = b"", 0
        return False

    def _next(self) -> bytes:
        for data in self._chunks:
            if self._hashed(data):
                return data
        if self.size == 0:
            raise DamagedError(self._name, "is empty")
        raise DamagedError(
            self._name, f"is cut short: its gzip data does not end ({self.size} bytes)"
        )

    def _hashed(self, data: bytes) -> int:
        self.sha256.update(data)
        self.sha512.update(data)
        self.size += len(data)
        if len(self._begun) < len(_MAGIC):
            self._begun = (self._begun + data)[: len(_MAGIC)]
            if not _MAGIC.startswith(self._begun):
                what = "HTML" if self._begun.lstrip()[:1] == b"<" else "something else"
                hint = "look at the address in a browser: a login or an error page may be there"
                raise DamagedError(self._name, f"is no gzip but {what}", hint, again=False)
        return len(data)

    def _expanded(self) -> None:
        self._total += len(self._ready)
        if self._total > self.limits.total:
            raise fault(self._name, f"unpacks to more than {self.limits.total} bytes")
        if self._total > max(_HARMLESS, self.limits.ratio * self.size):
            raise fault(self._name, f"unpacks to more than {self.limits.ratio} times its size")
