"""Downloaded archives, kept by their contents; damage and a disk that refuses only cost time.

``blobs/<sha256>`` are archives; ``urls/<sha256 of the URL>.json`` say which one a URL gave last,
and what its server identifies that by.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from sbom.diagnostics import OperationalError, SbomError
from sbom.files.targz import ArchiveInfo, read_targz
from sbom.io import locked, write_all


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """What a URL gave last: the SHA-256 of the archive, and the validators of its server."""

    sha256: str
    etag: str = ""
    last_modified: str = ""


class Cache:
    """The cache in the directory ``root``; without one, nothing is kept and nothing found."""

    def __init__(self, root: Path | None, warn: Callable[[str], None] = lambda _: None) -> None:
        """Use ``root`` until the disk refuses; then call ``warn``, once."""
        self._root = root
        self._warn = warn
        self._lock = threading.Lock()

    def find(self, url: str) -> CacheEntry | None:
        """Return what ``url`` gave last."""
        with suppress(OSError, ValueError, TypeError, AttributeError):
            if self._root is not None:
                values = json.loads(_entry_path(self._root, url).read_bytes())
                return CacheEntry(**{key: str(value) for key, value in values.items()})
        return None

    def read(self, sha256: str) -> ArchiveInfo | None:
        """Return what is known of the archive with a digest, which is checked, or None."""
        with suppress(OSError, SbomError):
            if self._root is not None and re.fullmatch(r"[0-9a-f]{64}", sha256):
                with (self._root / "blobs" / sha256).open("rb") as file:
                    archive = read_targz(file, sha256)
                    return archive if archive.sha256 == sha256 else None
        return None

    def add(self, url: str, entry: CacheEntry, archive: IO[bytes]) -> None:
        """Keep the archive that ``url`` gave."""
        text = json.dumps(asdict(entry)).encode()
        archive.seek(0)
        with self._lock:
            if (root := self._root) is None:
                return
            try:
                write_all({root / "blobs" / entry.sha256: archive, _entry_path(root, url): text})
            except OperationalError as error:
                self._root = None
                self._warn(f"cannot use the cache: {error}")

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other runs out of the cache, and remove what one that was killed left in it."""
        if self._root is None:
            yield
            return
        with locked(self._root, self._warn):
            for path in self._root.glob("*/.*"):
                with suppress(OSError):
                    path.unlink()
            yield


def _entry_path(root: Path, url: str) -> Path:
    return root / "urls" / f"{hashlib.sha256(url.encode('utf-8', 'replace')).hexdigest()}.json"
