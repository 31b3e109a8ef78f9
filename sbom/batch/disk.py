"""A disk that exists only in thought: which paths a script has made so far.

Knows Windows paths: one case, both slashes, wildcards.
"""

from __future__ import annotations

import fnmatch
import ntpath
from dataclasses import dataclass, field

#: The longest path Windows takes, unless it is set up otherwise (MAX_PATH).
PATH_LIMIT = 260


@dataclass(slots=True)
class _Folder:
    """What lies in a folder, by name; a file is a folder with nothing in it."""

    inside: dict[str, _Folder] = field(default_factory=dict)


class Disk:
    """Paths that exist, and the folder the script stands in.

    Nothing exists at the start; the script's own commands and what they fetch add to it.
    ``count`` is how many paths were made: what looking through all of them costs.
    """

    def __init__(self, folder: str) -> None:
        """Stand in ``folder``, an absolute path."""
        self.folder = folder
        self.count = 0
        self._root = _Folder()

    def resolve(self, path: str) -> str:
        """Return the absolute form of a path, quotes and trailing separators gone."""
        bare = path.replace('"', "").replace("\x00", "")
        return ntpath.normpath(ntpath.join(self.folder, bare))

    def make(self, path: str) -> bool:
        """Let ``path`` and the folders above it exist; return whether Windows takes the name."""
        names = self._names(path)
        if len(names) + sum(map(len, names)) > PATH_LIMIT:
            return False
        self.count += 1
        place = self._root
        for name in names:
            place = place.inside.setdefault(name, _Folder())
        return True

    def remove(self, path: str) -> bool:
        """Remove ``path`` and all below it; return whether there was anything."""
        *above, name = self._names(path)
        folder = self._at(above)
        return folder is not None and folder.inside.pop(name, None) is not None

    def exists(self, path: str) -> bool:
        """Return whether ``path`` exists; it may hold ``*`` and ``?`` in its last part."""
        if "*" in path or "?" in path:
            return bool(self.matching(path))
        return self._at(self._names(path)) is not None

    def matching(self, pattern: str) -> list[str]:
        """Return the names in the pattern's folder that match it, sorted."""
        *above, name = self._names(pattern)
        folder = self._at(above)
        names = folder.inside if folder else ()
        # Windows knows no [...] in a pattern.
        literal = name.replace("[", "[[]")
        return sorted(found for found in names if fnmatch.fnmatchcase(found, literal))

    def _names(self, path: str) -> list[str]:
        return self.resolve(path).lower().rstrip("\\").split("\\")

    def _at(self, names: list[str]) -> _Folder | None:
        place: _Folder | None = self._root
        for name in names:
            place = place.inside.get(name) if place else None
        return place
