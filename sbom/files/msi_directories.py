"""The directories of a Windows Installer package: where files are installed, and their sources.

Each row of the Directory table has a name in the target and one in the source, which is a tree
beside the package: https://learn.microsoft.com/windows/win32/msi/directory-table
"""

from __future__ import annotations

from collections.abc import Mapping

from sbom.files.msi_database import MsiDatabase, MsiError

#: The directory that everything is installed below, which has no name of its own.
_ROOT = "TARGETDIR"
#: Windows has the path of this folder, whatever its name in a package; msiextract writes it so.
_FOLDER_NAMES = {"ProgramFilesFolder": "Program Files"}
#: What stands for a directory that is its parent.
_NO_NAMES = ("", ".")
_MOST_DIRECTORIES = 100
#: The longest path that Windows takes, in characters.
_PATH_SIZE = 32_767
#: The most characters in the paths of all directories.
_PATHS_SIZE = 32 << 20


def long_name(name: str) -> str:
    """Return the long one of a file's two names: ``PYTHON~1.EXE|python3.14.exe``."""
    return name.rpartition("|")[2]


def short_name(name: str) -> str:
    """Return the short one of a file's two names, or its only one."""
    return name.partition("|")[0]


def read_target_paths(database: MsiDatabase) -> Mapping[str, str]:
    """Return the path of each directory below the root, with a slash after it. Raises MsiError."""
    names = {}
    for row in database.read_table("Directory"):
        key, parent = row.get_text("Directory"), row.get_text("Directory_Parent")
        name = long_name(row.get_text("DefaultDir").partition(":")[0])
        if name not in _NO_NAMES:
            name = _FOLDER_NAMES.get(key, name)
        if key != _ROOT:
            names[key] = (name, parent)
    return _join_names(names)


def read_source_paths(database: MsiDatabase, *, has_short_names: bool) -> Mapping[str, str]:
    """Return the path of each directory below that of the package, with a slash after it.

    A directory without a parent is that of the package itself. Raises MsiError.
    """
    names = {}
    for row in database.read_table("Directory"):
        key, parent = row.get_text("Directory"), row.get_text("Directory_Parent")
        if parent not in ("", key):
            source = row.get_text("DefaultDir").rpartition(":")[2]
            names[key] = (short_name(source) if has_short_names else long_name(source), parent)
    return _join_names(names)


def _join_names(rows: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Return the paths of directories by the name and the parent of each. Raises MsiError."""
    paths: dict[str, str] = {}
    total = 0
    for key in rows:
        names: list[str] = []
        here, depth = key, 0
        while here in rows:
            name, parent = rows[here]
            if name not in _NO_NAMES:
                names.append(name)
            here, depth = ("" if parent == here else parent), depth + 1
            if depth > _MOST_DIRECTORIES:
                raise MsiError(f"has a directory {key} that is below itself")
        length = sum(map(len, names)) + len(names)
        total += length
        if length > _PATH_SIZE:
            raise MsiError(f"has a directory {key} whose path is longer than Windows takes")
        if total > _PATHS_SIZE:
            raise MsiError(f"has directories whose paths have more than {_PATHS_SIZE} characters")
        paths[key] = "".join(f"{name}/" for name in reversed(names))
    return paths
