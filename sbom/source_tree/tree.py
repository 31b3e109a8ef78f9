"""The files of a CPython source tree: only those inside it, none of them enormous."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from sbom.diagnostics import InputError
from sbom.diagnostics.io_messages import input_error
from sbom.io import read_bytes, require_directory
from sbom.patterns import PathPatterns

#: Where a tree has its script, its version, its SBOMs, and the wheels that ensurepip bundles.
SCRIPT = "PCbuild/get_externals.bat"
PATCHLEVEL = "Include/patchlevel.h"
VENDORED_SBOM = "Misc/sbom.spdx.json"
EXTERNALS_SBOM = "Misc/externals.spdx.json"
WHEELS = "Lib/ensurepip/_bundled/*.whl"
#: The largest file that an SBOM of a tree lists has 0.3 MB (expat of 3.14.7).
TEXT_LIMIT = 16_000_000
#: The largest wheel that ensurepip bundles has 2.1 MB (pip 22.3.1).
WHEEL_LIMIT = 64_000_000
_WILDCARDS = frozenset("*?[")
_PY_VERSION = re.compile(rb'^\s*#\s*define\s+PY_VERSION\s+"([^"\r\n]{1,40})"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SourceTree:
    """A source tree on the disk, read by paths with slashes.

    A file that is missing, unreadable, too large or outside of the tree is not there:
    redistributors take files out of a tree, so none of them is required.
    """

    root: Path

    def read(self, path: str, limit: int = TEXT_LIMIT) -> bytes | None:
        """Return the contents of a regular file of at most ``limit`` bytes, or None."""
        file = self._resolve(path)
        if file is None:
            return None
        try:
            with file.open("rb") as stream:
                data = stream.read(limit + 1)
        except (OSError, ValueError):
            return None
        return data if len(data) <= limit else None

    def read_text(self, path: str) -> str | None:
        """Return the text of a file, or None; what is not UTF-8 is read as Latin-1."""
        data = self.read(path)
        if data is None:
            return None
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return data.decode("latin-1")

    def has(self, path: str) -> bool:
        """Return whether a path leads to a regular file inside the tree."""
        return self._resolve(path) is not None

    def glob(self, pattern: str) -> list[str]:
        """Return the paths of regular files that match a pattern of whole paths, sorted."""
        if not set(pattern) & _WILDCARDS:
            return [pattern] if self.has(pattern) else []
        matched = PathPatterns([f"/{pattern}"])
        *directories, _ = pattern.split("/")
        plain = list(takewhile(lambda part: not set(part) & _WILDCARDS, directories))
        paths = self._below("/".join(plain), len(directories) - len(plain))
        return sorted(path for path in paths if matched.matches(path) and self.has(path))

    def _below(self, directory: str, depth: int) -> Iterator[str]:
        """Yield the paths of what is ``depth`` directories below another one."""
        try:
            names = [entry.name for entry in (self.root / directory).iterdir()]
        except (OSError, ValueError):
            return
        for name in names:
            path = f"{directory}/{name}" if directory else name
            if depth:
                yield from self._below(path, depth - 1)
            else:
                yield path

    def _resolve(self, path: str) -> Path | None:
        """Return where a path leads, if that is a regular file inside the tree."""
        try:
            file = (self.root / path).resolve()
            inside = file.is_relative_to(self.root.resolve()) and file.is_file()
        except (OSError, ValueError, RuntimeError):
            return None
        return file if inside else None


def find_script(root: Path) -> Path:
    """Return the path of a tree's get_externals.bat. Raises InputError if it is not a tree."""
    require_directory(root, "name the directory that contains PCbuild")
    path = root / SCRIPT
    with contextlib.suppress(OSError):
        if path.is_file():
            return path
    message = f"does not contain {SCRIPT}"
    raise InputError([input_error(str(root), message, "name a CPython source tree")])


def read_python_version(root: Path) -> str:
    """Return PY_VERSION of a tree, such as ``3.14.7`` or ``3.15.0a2+``. Raises InputError."""
    path = root / PATCHLEVEL
    version = parse_python_version(read_bytes(path))
    if not version:
        message = "does not define PY_VERSION"
        raise InputError([input_error(str(path), message, "name a CPython source tree")])
    return version


def find_python_version(script: Path) -> str:
    """Return PY_VERSION of the tree that a script is in; empty where it is in none."""
    root = script.resolve().parent.parent
    if script.resolve() != root / SCRIPT or not (root / PATCHLEVEL).is_file():
        return ""
    return read_python_version(root)


def parse_python_version(header: bytes) -> str:
    """Return PY_VERSION as Include/patchlevel.h defines it, or an empty text."""
    match = _PY_VERSION.search(header)
    return match[1].decode("ascii", "replace") if match else ""
