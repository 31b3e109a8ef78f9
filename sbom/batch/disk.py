"""A disk that exists only in thought: which paths a script has made so far.

Knows Windows paths: one case, both slashes, wildcards.
"""

from __future__ import annotations

import fnmatch
import ntpath


class Disk:
    """Paths that exist, and the folder the script stands in.

    Nothing exists at the start; the script's own commands and what they fetch add to it.
    """

    def __init__(self, folder: str) -> None:
        """Stand in ``folder``, an absolute path."""
        self.folder = folder
        self._paths: set[str] = set()

    def resolve(self, path: str) -> str:
        """Return the absolute form of a path, quotes and trailing separators gone."""
        bare = path.replace('"', "").replace("\x00", "")
        return ntpath.normpath(ntpath.join(self.folder, bare))

    def _key(self, path: str) -> str:
        return self.resolve(path).lower()

    def make(self, path: str) -> None:
        """Let ``path`` exist."""
        self._paths.add(self._key(path))

    def remove(self, path: str) -> bool:
        """Remove ``path`` and all below it; return whether there was anything."""
        below = self._below(path)
        self._paths -= below
        return bool(below)

    def exists(self, path: str) -> bool:
        """Return whether ``path`` exists; it may hold ``*`` and ``?`` in its last part."""
        if "*" in path or "?" in path:
            return bool(self.matching(path))
        return bool(self._below(path))

    def matching(self, pattern: str) -> list[str]:
        """Return the names in the pattern's folder that match it, sorted."""
        folder, name = ntpath.split(self._key(pattern))
        prefix = folder.rstrip("\\") + "\\"
        names = {
            path[len(prefix) :].split("\\", 1)[0]
            for path in self._paths
            if path.startswith(prefix) and path != prefix
        }
        return sorted(found for found in names if fnmatch.fnmatchcase(found, name))

    def _below(self, path: str) -> set[str]:
        key = self._key(path)
        inside = key.rstrip("\\") + "\\"
        return {found for found in self._paths if found == key or found.startswith(inside)}
