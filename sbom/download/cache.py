"""Downloads kept for the next run, by what is in them; damage and disk trouble only cost time.

``blobs/<sha256>`` are archives, ``urls/<sha256 of the address>.json`` say which one an address
gave last, and by which validators its server told it from others. Everything is written beside
and moved into place, so two processes at once only do some work twice.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

_NAME = "cpython-windows-sbom"
_DIGEST = re.compile(r"[0-9a-f]{64}")
#: What a killed process left behind is removed after a day.
_STALE = 86_400


def default_root(environment: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Return the folder for this in the user's cache directory."""
    home = Path(environment.get("HOME") or environment.get("USERPROFILE") or Path.home())
    if platform == "win32":
        local = environment.get("LOCALAPPDATA")
        return (Path(local) if local else home / "AppData" / "Local") / _NAME / "Cache"
    xdg = Path(environment.get("XDG_CACHE_HOME", ""))
    if xdg.is_absolute():  # a relative one is to be ignored, the specification says
        return xdg / _NAME
    return home / ("Library/Caches" if platform == "darwin" else ".cache") / _NAME


@dataclass(frozen=True, slots=True)
class Record:
    """What an address gave last."""

    sha256: str
    etag: str = ""
    modified: str = ""


class Cache:
    """The cache in the folder ``root``; without one, nothing is kept and nothing found."""

    def __init__(self, root: Path | None, warn: Callable[[str], None] = lambda _: None) -> None:
        """Tell ``warn`` once when the disk refuses; the cache is then left alone."""
        self._root = root
        self._warn = warn

    def find(self, url: str) -> Record | None:
        """Return what ``url`` gave last."""
        if self._root is None:
            return None
        try:
            data = json.loads(_index(self._root, url).read_bytes())
            record = Record(*(str(data[key]) for key in ("sha256", "etag", "modified")))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return record if _DIGEST.fullmatch(record.sha256) else None

    @contextlib.contextmanager
    def open(self, sha256: str) -> Iterator[BinaryIO | None]:
        """Give the blob of a digest, proven to be it, or None; a damaged one is removed."""
        with contextlib.ExitStack() as stack:
            yield self._proven(sha256, stack)

    def _proven(self, sha256: str, stack: contextlib.ExitStack) -> BinaryIO | None:
        if self._root is None or not _DIGEST.fullmatch(sha256):
            return None
        path = _blob(self._root, sha256)
        with contextlib.suppress(OSError), contextlib.ExitStack() as opened:
            file = opened.enter_context(path.open("rb"))
            if hashlib.file_digest(file, "sha256").hexdigest() == sha256:
                file.seek(0)
                stack.push(opened.pop_all())
                return file
            opened.close()
            path.unlink()
        return None

    @contextlib.contextmanager
    def writer(self) -> Iterator[Writer]:
        """Give what a download is written to; what is not kept at the end is removed."""
        writer = Writer(self._root, self._refused)
        try:
            yield writer
        finally:
            writer.discard()

    def remember(self, url: str, record: Record) -> None:
        """Note what an address gave."""
        if self._root is not None:
            with self._trouble():
                _replace(self._root, _index(self._root, url), json.dumps(asdict(record)).encode())

    def sweep(self, now: float | None = None) -> None:
        """Remove what killed processes left behind a day ago or earlier."""
        before = (time.time() if now is None else now) - _STALE
        for path in (self._root / "tmp").glob("*") if self._root else ():
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < before:
                    path.unlink()

    @contextlib.contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._refused(error)

    def _refused(self, error: OSError) -> None:
        root, self._root = self._root, None
        if root is not None:
            self._warn(f"{root}: is not used as a cache: {error.strerror or error}")


class Writer:
    """One download on its way into the cache. Never raises: the disk's trouble is not its own."""

    def __init__(self, root: Path | None, refused: Callable[[OSError], None]) -> None:
        self._root = root
        self._refused = refused
        self._file: BinaryIO | None = None
        self._path: Path | None = None
        if root is not None:
            with self._trouble():
                handle, self._path = _temporary(root)
                self._file = os.fdopen(handle, "wb")

    def write(self, data: bytes) -> None:
        """Write the next bytes."""
        if self._file is not None:
            with self._trouble():
                self._file.write(data)

    def keep(self, sha256: str) -> None:
        """Keep what was written: it has this digest."""
        if self._file is not None and self._path is not None and self._root is not None:
            with self._trouble():
                self._file.close()
                self._file = None
                _move(self._path, _blob(self._root, sha256))

    def discard(self) -> None:
        """Remove what was written, unless it was kept."""
        if self._file is not None:
            file, self._file = self._file, None
            with contextlib.suppress(OSError):
                file.close()
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.discard()
            self._refused(error)


def _blob(root: Path, sha256: str) -> Path:
    return root / "blobs" / sha256


def _index(root: Path, url: str) -> Path:
    return root / "urls" / f"{hashlib.sha256(url.encode('utf-8', 'replace')).hexdigest()}.json"


def _temporary(root: Path) -> tuple[int, Path]:
    folder = root / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder)
    return handle, Path(name)


def _replace(root: Path, path: Path, data: bytes) -> None:
    handle, temporary = _temporary(root)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    _move(temporary, path)


def _move(temporary: Path, path: Path) -> None:
    """Move a file into place. Windows refuses while another process reads the one there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.replace(path)
    except PermissionError:
        temporary.unlink(missing_ok=True)
        if not path.exists():
            raise
