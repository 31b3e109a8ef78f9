"""Files that are expected and missing, summarized by component and by directory."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from sbom.bom.bom import Bom, RelationshipKind
from sbom.components.component import Component
from sbom.diagnostics import Diagnostic
from sbom.diagnostics import inspection_messages as messages
from sbom.verification.listed_files import relate_files

#: How many missing files of a directory make it a missing directory.
_DIRECTORY = 3
#: How many directories of a path are looked at, and how long a path of Windows can be.
_DEEPEST, _LONGEST_PATH = 32, 32_767
_SLASH = re.compile("/")
_HINT = "build or download it again, or name the SBOM of this build with --sbom"


def missing_of_components(
    name: str,
    missing: Iterable[tuple[str, str]],
    components: Iterable[Component],
    present: Collection[str],
) -> Iterator[Diagnostic]:
    """Yield the files that components lack, by id; one diagnostic for each that lacks several.

    ``present`` are the ids of components of which any file is there.
    """
    by_component: dict[str, list[str]] = {}
    for id_, file in missing:
        by_component.setdefault(id_, []).append(file)
    for component in components:
        files = by_component.get(component.id, [])
        if len(files) > 1 and component.id not in present:
            yield messages.missing_component(name, component.name, component.title, files)
        else:
            for file in files:
                yield messages.missing_file(name, file, expected_by=component.title)


def missing_of_bom(name: str, missing: Collection[str], bom: Bom) -> Iterator[Diagnostic]:
    """Yield the files that a BOM lists and that are missing, by their paths.

    One diagnostic stands for a component that lacks all of several files, together with those
    that it contains, and one for a directory of which nothing is there.
    """
    remaining = set(missing)
    parts = _files_of_components(bom)
    contained = _contained_components(bom)
    outermost_first = sorted(bom.components, key=lambda item: (-len(contained[item.id]), item.id))
    for component in outermost_first:
        inside = contained[component.id] & parts.keys()
        files = parts.get(component.id, set()).union(*(parts[id_] for id_ in inside))
        if component.id in parts and len(files) > 1 and remaining.issuperset(files):
            more = f" with {len(inside)} components in it" if inside else ""
            title = f"{component.title}{more}"
            yield messages.missing_component(name, component.name, title, sorted(files))
            remaining -= files
    for directory, count in _missing_directories(missing, bom).items():
        inside = {path for path in remaining if path.startswith(directory)}
        if inside:
            yield messages.missing_directory(name, directory, count, "the SBOM")
        remaining -= inside
    for path in sorted(remaining):
        yield messages.missing_file(name, path, expected_by="the SBOM", hint=_HINT)


def _files_of_components(bom: Bom) -> dict[str, set[str]]:
    """Return the paths of the files that are part of each component, by its id."""
    parts: dict[str, set[str]] = {}
    for path, component in relate_files(bom, (RelationshipKind.PART_OF,)):
        parts.setdefault(component.id, set()).add(path)
    return parts


def _contained_components(bom: Bom) -> dict[str, set[str]]:
    """Return the ids of the components that each component contains by itself."""
    contained: dict[str, set[str]] = {component.id: set() for component in bom.components}
    for relationship in bom.relationships:
        ends = {relationship.source, relationship.target}
        if relationship.kind is RelationshipKind.CONTAINS and ends <= contained.keys():
            contained[relationship.source].add(relationship.target)
    return contained


def _missing_directories(missing: Collection[str], bom: Bom) -> Mapping[str, int]:
    """Return the topmost directories of which every file is missing, and of how many files.

    Each has a slash at its end.
    """
    expected = Counter(parent for file in bom.files for parent in _parents(file.path))
    lost = Counter(parent for path in missing for parent in _parents(path))
    gone = {parent for parent, count in lost.items() if count == expected[parent] >= _DIRECTORY}
    return {
        directory: lost[directory]
        for directory in sorted(gone)
        if not any(parent in gone for parent in _parents(directory.removesuffix("/")))
    }


def _parents(path: str) -> Sequence[str]:
    """Return the outer directories that a path is in, each with a slash at its end.

    None of a path that Windows cannot have: a hostile document could take any time with those.
    """
    if len(path) > _LONGEST_PATH:
        return []
    ends = islice(_SLASH.finditer(path), _DEEPEST)
    return [path[: match.end()] for match in ends]
