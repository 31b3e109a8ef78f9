"""The files of a source tree, read with nothing outside of it and nothing enormous."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from sbom.files.patterns import PathPatterns

#: No text of CPython's that states a version comes near this.
TEXT_LIMIT = 16_000_000
#: A wheel that ensurepip bundles has two.
WHEEL_LIMIT = 64_000_000


@dataclass(frozen=True, slots=True)
class SourceTree:
    """A tree on the disk. What is missing, unreadable, too large or outside of it is not there.

    Redistributors take files out of a tree, so that none is missed.
    """

    root: Path

    def read(self, path: str, limit: int = TEXT_LIMIT) -> bytes | None:
        """Return the contents of a regular file by its path with slashes, or None."""
        place = self._inside(path)
        if place is None:
            return None
        try:
            with place.open("rb") as file:
                data = file.read(limit + 1)
        except (OSError, ValueError):
            return None
        return data if len(data) <= limit else None

    def text(self, path: str) -> str | None:
        """Return a text file, or None; bytes that are no UTF-8 are letters of Latin-1."""
        data = self.read(path)
        if data is None:
            return None
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return data.decode("latin-1")

    def has(self, path: str) -> bool:
        """Return whether a path leads to a regular file inside the tree."""
        return self._inside(path) is not None

    def paths(self, pattern: str) -> list[str]:
        """Return the paths of regular files that match a pattern of whole paths, sorted."""
        if not set(pattern) & set("*?["):
            return [pattern] if self.has(pattern) else []
        matched = PathPatterns([f"/{pattern}"])
        *folders, _ = pattern.split("/")
        known = list(takewhile(lambda part: not set(part) & set("*?["), folders))
        found = self._below("/".join(known), len(folders) - len(known))
        return sorted(path for path in found if matched.matches(path) and self.has(path))

    def _below(self, folder: str, depth: int) -> Iterator[str]:
        """Yield the paths of what is ``depth`` directories below another one."""
        try:
            names = [entry.name for entry in (self.root / folder).iterdir()]
        except (OSError, ValueError):
            return
        for name in names:
            path = f"{folder}/{name}" if folder else name
            if depth:
                yield from self._below(path, depth - 1)
            else:
                yield path

    def _inside(self, path: str) -> Path | None:
        """Return where a path leads, if that is a regular file inside the tree."""
        try:
            place = (self.root / path).resolve()
            inside = place.is_relative_to(self.root.resolve()) and place.is_file()
        except (OSError, ValueError, RuntimeError):
            return None
        return place if inside else None
