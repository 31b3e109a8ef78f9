"""Shipped files, from a stream: hashed, and inspected if they can be."""

from __future__ import annotations

import hashlib
import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from msgspec import Struct, structs

from sbom.binaries.binary import Binary, InspectFn, PEHeaders
from sbom.binaries.pe_layout import BUNDLE_SECTION, find_layout, is_pe
from sbom.binaries.signature import Signature, SignatureStatus, is_catalog, read_catalog
from sbom.files.cabinet_signature import is_signed_cabinet, read_cabinet_signature
from sbom.files.limits import CATALOG_SIZE, INSPECTED_SIZE
from sbom.io import read_error

if TYPE_CHECKING:
    from sbom.binaries.overlay import OverlayHasher

#: The checksums of a file that a document lists.
ALGORITHMS = ("sha1", "sha256", "sha512")
# hashlib.new() looks each name up again, which takes as long as hashing half a kilobyte.
_CONSTRUCTORS = {name: getattr(hashlib, name) for name in ALGORITHMS}
#: The suffixes of what Windows loads and runs.
EXECUTABLE_SUFFIXES = frozenset({"dll", "exe", "pyd"})

#: What is read at once of a stream that is decompressed or is in an archive.
_STREAM_PIECE = 1 << 20
#: How much after the sections of a bundle is kept; its packages are opened by themselves.
_KEPT_OVERLAY = 4 << 20


class ShippedFile(Struct, frozen=True):
    """A file in a directory or an archive: its path there, with slashes, and its size in bytes.

    The checksums are lower-case hexadecimal, and empty if they were not requested. ``binary`` is
    what was found in a PE file; None for any other file, or where none are inspected.
    ``signature`` is that of a PE file, an MSI, an MSIX or NuGet package, a cabinet or a security
    catalog, None if it has none; ``catalog`` has the digests that a catalog lists.
    ``listed_version`` is that of the file in the MSI that installs it, empty if it has none.
    """

    path: str
    size: int
    sha1: str = ""
    sha256: str = ""
    sha512: str = ""
    binary: Binary | None = None
    signature: Signature | None = None
    catalog: frozenset[str] = frozenset()
    listed_version: str = ""


class FileHasher:
    """Takes the pieces of one file in order: hashes them, and keeps those of one that is read.

    Of a WiX bundle, and of a PE file larger than the limit, only the sections are kept.
    """

    def __init__(
        self,
        algorithms: Sequence[str] = ALGORITHMS,
        inspect: InspectFn | None = None,
        limit: int = INSPECTED_SIZE,
    ) -> None:
        """Inspect a PE file of at most ``limit`` bytes with ``inspect``, if that is given.

        Then signatures of security catalogs and cabinets are read too.
        """
        self._hashes = {name: _CONSTRUCTORS[name](usedforsecurity=False) for name in algorithms}
        self._inspect = inspect
        self._limit = limit
        self._pieces: list[bytes] | None = None
        self._overlay: OverlayHasher | None = None
        self._longest = _KEPT_OVERLAY
        self._size = 0

    def update(self, piece: bytes) -> None:
        """Take the next piece."""
        for hasher in self._hashes.values():
            hasher.update(piece)
        if self._inspect:
            if self._pieces is None:
                self._pieces = [piece] if is_inspected(piece) else []
                if is_catalog(piece):
                    self._limit = min(self._limit, CATALOG_SIZE)
            elif self._overlay:
                self._overlay.update(piece)
            elif self._pieces and self._size <= self._limit:
                self._pieces.append(piece)
        self._size += len(piece)
        if self._size > self._longest and self._pieces and not self._overlay:
            self._leave_overlay(self._pieces)

    def _leave_overlay(self, pieces: list[bytes]) -> None:
        """Keep only the sections of a bundle, or of a file that is too large, from here on."""
        start = find_layout(b"".join(pieces))
        end = start.image_end if start else -1
        if start is None or end < 0 or end > self._limit:
            self._longest = sys.maxsize
            return
        is_bundle = start.find_section(BUNDLE_SECTION) != (0, 0)
        self._longest = min(end + _KEPT_OVERLAY, self._limit) if is_bundle else self._limit
        if self._size > self._longest:
            # It imports what verifies signatures, which takes 40 ms.
            from sbom.binaries.overlay import OverlayHasher  # noqa: PLC0415

            self._overlay = OverlayHasher(start)
            self._pieces = [start.data[:end]]

    def finish(self, path: str) -> ShippedFile:
        """Return the file that consists of the pieces."""
        digests = {name: hasher.hexdigest() for name, hasher in self._hashes.items()}
        file = ShippedFile(path, self._size, **digests)
        if not self._pieces:
            return file
        if self._size > self._limit and not self._overlay:
            return self._left_out(file)
        data = b"".join(self._pieces)
        if is_catalog(data):
            signature, catalog = read_catalog(data)
            return structs.replace(file, signature=signature, catalog=catalog)
        if is_signed_cabinet(data):
            return structs.replace(file, signature=read_cabinet_signature(data))
        binary = self._inspect_binary(path, data)
        return structs.replace(
            file, binary=binary, signature=binary.headers.signature if binary else None
        )

    def _inspect_binary(self, path: str, data: bytes) -> Binary | None:
        if self._inspect is None:
            return None
        if self._overlay:
            return self._inspect(path, data, self._overlay.finish())
        return self._inspect(path, data)

    def _left_out(self, file: ShippedFile) -> ShippedFile:
        """Return a file of which not all pieces were kept."""
        if self._pieces and is_pe(self._pieces[0]):
            message = f"is larger than {self._limit:,} bytes, and was not inspected"
            return structs.replace(file, binary=Binary(PEHeaders(parse_error=message)))
        error = f"it is in a file of more than {self._limit:,} bytes, which is not read"
        return structs.replace(
            file, signature=Signature(status=SignatureStatus.DAMAGED, parse_error=error)
        )


def is_inspected(start: bytes) -> bool:
    """Return whether more than the checksums is read of a file that starts so."""
    return is_pe(start) or is_catalog(start) or is_signed_cabinet(start)


def hash_stream(
    path: str, pieces: Iterable[bytes], inspect: InspectFn | None = None
) -> ShippedFile:
    """Return the file that comes in pieces, hashed with all ALGORITHMS, and inspected."""
    hasher = FileHasher(ALGORITHMS, inspect)
    for piece in pieces:
        hasher.update(piece)
    return hasher.finish(path)


def split_stream(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the bytes of a file from where it is, in pieces of a megabyte."""
    return iter(lambda: file.read(_STREAM_PIECE), b"")


def join_pieces(pieces: Iterable[bytes], limit: int) -> bytes | None:
    """Return the bytes that come in pieces, or None if they are more than a limit."""
    # It grows in place, and its value is no copy of it.
    kept = io.BytesIO()
    for piece in pieces:
        if kept.tell() + len(piece) > limit:
            return None
        kept.write(piece)
    return kept.getvalue()


def hash_file(path: Path, inspect: InspectFn | None = None) -> ShippedFile:
    """Return one file by its name, hashed and inspected. Raises InputError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hash_stream(path.name, split_stream(file), inspect)
    except OSError as error:
        raise read_error(path, error) from error


def verification_code(sha1s: Iterable[str]) -> str:
    """Return the SPDX package verification code of files with these SHA-1 checksums.

    SPDX 2.3, clause 7.9: the SHA-1 of the sorted digests, one after the other.
    """
    return hashlib.sha1("".join(sorted(sha1s)).encode(), usedforsecurity=False).hexdigest()


def is_library(path: str) -> bool:
    """Return whether a path is that of a DLL or an extension module, by its suffix."""
    return path.lower().endswith((".dll", ".pyd"))


def is_executable(path: str) -> bool:
    """Return whether a file is called like one that Windows loads or runs."""
    return path.rpartition(".")[2].lower() in EXECUTABLE_SUFFIXES
