"""The paths that a script has created so far, on a disk that starts empty.

Knows Windows paths: one case, both slashes, wildcards.
"""

from __future__ import annotations

import fnmatch
import ntpath
from dataclasses import dataclass, field

#: The longest path Windows takes, unless it is set up otherwise (MAX_PATH).
PATH_LIMIT = 260


@dataclass(slots=True)
class _Directory:
    """The entries of a directory, by name; a file is a directory without any."""

    entries: dict[str, _Directory] = field(default_factory=dict)


class Disk:
    """Paths that exist, and the current directory.

    Nothing exists at the start; the script's own commands and what they fetch add to it.
    ``count`` is how many paths were created: what looking through all of them costs.
    """

    def __init__(self, directory: str) -> None:
        """Start in ``directory``, an absolute path."""
        self.directory = directory
        self.count = 0
        self._root = _Directory()

    def resolve(self, path: str) -> str:
        """Return the absolute form of a path, quotes and trailing separators gone."""
        bare = path.replace('"', "").replace("\x00", "")
        return ntpath.normpath(ntpath.join(self.directory, bare))

    def create(self, path: str) -> bool:
        """Create ``path`` and the directories above it; return whether Windows takes the name."""
        names = self._names(path)
        if len(names) + sum(map(len, names)) > PATH_LIMIT:
            return False
        self.count += 1
        directory = self._root
        for name in names:
            directory = directory.entries.setdefault(name, _Directory())
        return True

    def remove(self, path: str) -> bool:
        """Remove ``path`` and all below it; return whether there was anything."""
        *parents, name = self._names(path)
        directory = self._find(parents)
        return directory is not None and directory.entries.pop(name, None) is not None

    def exists(self, path: str) -> bool:
        """Return whether ``path`` exists; its last part may have ``*`` and ``?``."""
        if "*" in path or "?" in path:
            return bool(self.matching(path))
        return self._find(self._names(path)) is not None

    def matching(self, pattern: str) -> list[str]:
        """Return the names in the pattern's directory that match it, sorted."""
        *parents, name = self._names(pattern)
        directory = self._find(parents)
        names = directory.entries if directory else ()
        # Windows has no [...] in a pattern.
        literal = name.replace("[", "[[]")
        return sorted(entry for entry in names if fnmatch.fnmatchcase(entry, literal))

    def _names(self, path: str) -> list[str]:
        return self.resolve(path).lower().rstrip("\\").split("\\")

    def _find(self, names: list[str]) -> _Directory | None:
        directory: _Directory | None = self._root
        for name in names:
            directory = directory.entries.get(name) if directory else None
        return directory
