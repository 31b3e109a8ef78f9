"""The files that a BOM lists: their paths as other tools write them, and their components."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from msgspec import structs

from sbom.bom.bom import Bom, RelationshipKind
from sbom.components.component import Component

_SLASH = re.compile("/")
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
            structs.replace(file, path=by_name.get(path.lower(), path))
            for file, path in zip(bom.files, relative, strict=True)
        ),
    )


def _common_directory(absolute: Sequence[str], by_name: Mapping[str, str]) -> str:
    """Return the directory, with a slash, below which most absolute paths name a file."""
    longest = max(map(len, by_name), default=0)
    counts = Counter(
        path[: match.end()]
        for path in absolute
        for match in _SLASH.finditer(path, max(0, len(path) - longest - 1))
        if path[match.end() :].lower() in by_name
    )
    return min(counts, key=lambda directory: (-counts[directory], len(directory)), default="")


def relate_files(bom: Bom, kinds: Collection[RelationshipKind]) -> Iterator[tuple[str, Component]]:
    """Yield the path of each file with each component that it is related to in one of some ways.

    A file is ``PART_OF`` a component that contains it, too. That all files belong to a root
    states nothing about them: roots are left out.
    """
    paths = {file.id: file.path for file in bom.files}
    components = {
        component.id: component for component in bom.components if component.id not in bom.roots
    }
    for relationship in bom.relationships:
        kind, file, component = relationship.kind, relationship.source, relationship.target
        if kind is RelationshipKind.CONTAINS:
            kind, file, component = RelationshipKind.PART_OF, component, file
        if kind in kinds and file in paths and component in components:
            yield paths[file], components[component]
