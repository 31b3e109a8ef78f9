"""A CPython source tree: where its script is and which version it says it is."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from sbom.io import input_error, is_directory, read_bytes

_VERSION = re.compile(rb'^\s*#\s*define\s+PY_VERSION\s+"([^"\r\n]{1,40})"', re.MULTILINE)


def script_in(tree: Path) -> Path:
    """Return the path of a tree's get_externals.bat. Raises UnusableError if it is no tree."""
    if not is_directory(tree):
        raise input_error(tree, "is no folder", "name the folder that holds PCbuild")
    path = tree / "PCbuild" / "get_externals.bat"
    with contextlib.suppress(OSError):
        if path.is_file():
            return path
    raise input_error(tree, "has no PCbuild/get_externals.bat", "name a CPython source tree")


def version_in(tree: Path) -> str:
    """Return PY_VERSION of a tree, such as ``3.14.7`` or ``3.15.0a2+``. Raises UnusableError."""
    path = tree / "Include" / "patchlevel.h"
    version = version_defined(read_bytes(path))
    if not version:
        raise input_error(path, "does not define PY_VERSION", "name a CPython source tree")
    return version


def version_defined(header: bytes) -> str:
    """Return PY_VERSION as Include/patchlevel.h defines it, or an empty text."""
    match = _VERSION.search(header)
    return match[1].decode("ascii", "replace") if match else ""
