"""The regular files below a directory, without their contents."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sbom.diagnostics import Diagnostic
from sbom.io import read_error

#: IO_REPARSE_TAG_MOUNT_POINT, which junctions have: neither links nor directories to os.scandir().
_MOUNT_POINT = 0xA0000003


@dataclass(frozen=True, slots=True)
class DirectoryScan:
    """A directory, and path and size of each regular file below it, in the order of the disk.

    Paths have slashes, and start below the directory. ``errors`` are of what cannot be listed.
    """

    directory: Path
    files: tuple[tuple[str, int], ...]
    errors: tuple[Diagnostic, ...]

    def system_path(self, path: str) -> str:
        """Return the path of a file as the system opens it."""
        # Joining two Path takes as long as hashing a kilobyte.
        return os.path.join(self.directory, path.replace("/", os.sep))  # noqa: PTH118


def scan_directory(directory: Path) -> DirectoryScan:
    """Return the regular files below a directory. Links are neither followed nor listed."""
    errors: list[Diagnostic] = []
    return DirectoryScan(directory, tuple(_walk(directory, errors)), tuple(errors))


def _walk(directory: Path, errors: list[Diagnostic]) -> Iterator[tuple[str, int]]:
    stack = [("", os.fspath(directory))]
    while stack:
        prefix, here = stack.pop()
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    if sys.platform == "win32" and _is_junction(entry):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        stack.append((f"{prefix}{entry.name}/", entry.path))
                    elif entry.is_file(follow_symlinks=False):
                        yield f"{prefix}{entry.name}", entry.stat(follow_symlinks=False).st_size
        except OSError as error:
            errors.extend(read_error(Path(here), error).diagnostics)


def _is_junction(entry: os.DirEntry[str]) -> bool:
    """Return whether a directory of Windows is another one, perhaps one that it is in."""
    tag: int = getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0)
    return tag == _MOUNT_POINT
