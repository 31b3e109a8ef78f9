"""The regular files below a directory, without their contents."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from sbom.diagnostics import Diagnostic
from sbom.io import read_error, time_ns

#: IO_REPARSE_TAG_MOUNT_POINT, which junctions have: neither links nor directories to os.scandir().
_MOUNT_POINT = 0xA0000003


class Stamp(NamedTuple):
    """What a file system states of a file, and changes if the file is changed or replaced.

    Times are in nanoseconds: that of the last change of the contents, and on POSIX that of the
    last change of anything, on Windows that of creation.
    """

    size: int
    modified: int
    changed: int
    inode: int


@dataclass(frozen=True, slots=True)
class DirectoryScan:
    """A directory, and path and size of each regular file below it, in the order of the disk.

    Paths have slashes, and start below the directory. ``errors`` are of what cannot be listed.
    ``stamps`` are by the same paths, if they were requested; ``started`` is the time before the
    first of them was read, in nanoseconds.
    """

    directory: Path
    files: tuple[tuple[str, int], ...]
    errors: tuple[Diagnostic, ...]
    stamps: Mapping[str, Stamp] = field(default_factory=dict)
    started: int = 0

    def system_path(self, path: str) -> str:
        """Return the path of a file as the system opens it."""
        # Joining two Path takes as long as hashing a kilobyte.
        return os.path.join(self.directory, path.replace("/", os.sep))  # noqa: PTH118


def scan_directory(directory: Path, *, with_stamps: bool = False) -> DirectoryScan:
    """Return the regular files below a directory. Links are neither followed nor listed."""
    started = time_ns()
    errors: list[Diagnostic] = []
    stamps: dict[str, Stamp] = {}
    files: list[tuple[str, int]] = []
    for path, entry in _walk(directory, errors):
        try:
            if with_stamps:
                stamps[path] = _stamp(entry)
            files.append((path, entry.stat(follow_symlinks=False).st_size))
        except OSError as error:
            errors.extend(read_error(directory / path, error).diagnostics)
    return DirectoryScan(directory, tuple(files), tuple(errors), stamps, started)


def _walk(directory: Path, errors: list[Diagnostic]) -> Iterator[tuple[str, os.DirEntry[str]]]:
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
                        yield f"{prefix}{entry.name}", entry
        except OSError as error:
            errors.extend(read_error(Path(here), error).diagnostics)


def _stamp(entry: os.DirEntry[str]) -> Stamp:
    # On Windows, os.scandir() states no inode.
    stat = os.lstat(entry.path) if sys.platform == "win32" else entry.stat(follow_symlinks=False)
    return Stamp(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)


def _is_junction(entry: os.DirEntry[str]) -> bool:
    """Return whether a directory of Windows is another one, perhaps one that it is in."""
    tag: int = getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0)
    return tag == _MOUNT_POINT
