"""Paths of a BOM's files as other tools write them, to those of the files that are there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sbom.bom.bom import Bom

_ABSOLUTE = re.compile(r"/|[A-Za-z]:/")


def align_paths(bom: Bom, paths: Iterable[str]) -> Bom:
    """Return a BOM whose files have the paths of the files that they name.

    Other tools write backslashes, another case, or absolute paths below a directory that all have
    in common. Files that are not there keep a path with slashes, below that directory.
    """
    by_name = {path.lower(): path for path in paths}
    written = [file.path.replace("\\", "/").removeprefix("./") for file in bom.files]
    root = _common_directory([path for path in written if _ABSOLUTE.match(path)], by_name)
    relative = [path.removeprefix(root) for path in written]
    return replace(
        bom,
        files=tuple(
            replace(file, path=by_name.get(path.lower(), path))
            for file, path in zip(bom.files, relative, strict=True)
        ),
    )


def _common_directory(absolute: Sequence[str], by_name: Mapping[str, str]) -> str:
    """Return the directory, with a slash, below which most absolute paths name a file."""
    counts = Counter(
        path[: match.end()]
        for path in absolute
        for match in re.finditer("/", path)
        if path[match.end() :].lower() in by_name
    )
    return min(counts, key=lambda directory: (-counts[directory], len(directory)), default="")
