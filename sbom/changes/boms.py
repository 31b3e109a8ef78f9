"""What changed from one BOM to another, whatever formats they were read from.

Not compared is what is a document's own: its name, namespace, time, authors and tools, and the
prose of comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sbom.bom.bom import Bom, Relationship, RelationshipKind
from sbom.changes.change import ChangeSet, ComponentChange, FactChange, FileChange, sort_changes
from sbom.changes.components import (
    DescribedComponent,
    Pair,
    compare_facts,
    latest,
    pair_components,
    unversioned_name,
)
from sbom.changes.files import compare_files, file_owners

#: How a source info names tag and commit: ``sbom.components.provenance`` writes it.
_TAG = re.compile(r"^(?:(?:release asset of )?tag|branch) (\S+) of ")
_COMMIT = re.compile(r"\bcommit ([0-9a-f]{40})\b")
#: In words, for relationships that no comment explains.
_LINKS = {
    RelationshipKind.CONTAINS: "contained in",
    RelationshipKind.STATIC_LINK: "linked into",
    RelationshipKind.DYNAMIC_LINK: "loaded by",
    RelationshipKind.BUILD_TOOL: "needed to build",
}


def compare_boms(old: Bom, new: Bom, old_name: str, new_name: str) -> ChangeSet:
    """Return what changed from one BOM to another; the names are what each is called."""
    pairs = pair_components(_describe(old), _describe(new))
    files = _files_by_pair(old, new, pairs)
    changes = [_component_change(pair, files.get(n, ())) for n, pair in enumerate(pairs)]
    return ChangeSet(
        old=old_name,
        new=new_name,
        components=sort_changes(changes),
        settings=tuple(_settings(old, new)),
    )


def _component_change(pair: Pair, files: tuple[FileChange, ...]) -> ComponentChange:
    old, new = pair
    shown = latest(pair)
    location = shown.component.known_location
    return ComponentChange(
        name=shown.component.name,
        old_version=old.component.version if old else None,
        new_version=new.component.version if new else None,
        is_root=shown.is_root,
        facts=tuple(compare_facts(old, new)),
        files=files,
        ships=shown.ships,
        archives=(location,) if location else (),
    )


def _describe(bom: Bom) -> Iterator[DescribedComponent]:
    related: dict[str, list[Relationship]] = {}
    for relationship in bom.relationships:
        if relationship.kind in _LINKS:
            related.setdefault(relationship.target, []).append(relationship)
    names = {component.id: component.name for component in bom.components}
    unversioned = {component.id: unversioned_name(component) for component in bom.components}
    paths = {file.id: file.path for file in bom.files}
    for component in bom.components:
        tag, commit = _TAG.search(component.source_info), _COMMIT.search(component.source_info)
        links = related.get(component.id, ())
        yield DescribedComponent(
            component=component,
            tag=tag[1] if tag else "",
            commit=commit[1] if commit else "",
            ships=tuple(sorted({_sentence(link, names, paths) for link in links})),
            unversioned_ships=tuple(
                sorted({_sentence(link, unversioned, paths) for link in links})
            ),
            is_root=component.id in bom.roots,
        )


def _sentence(link: Relationship, names: dict[str, str], paths: dict[str, str]) -> str:
    if link.comment:
        return link.comment
    source = paths.get(link.source) or names.get(link.source, link.source)
    return f"{_LINKS[link.kind].capitalize()} {source}."


def _files_by_pair(old: Bom, new: Bom, pairs: list[Pair]) -> dict[int, tuple[FileChange, ...]]:
    """Return the changes of files by the pair of components that they belong to."""
    old_ids, new_ids = (
        {side.component.id: n for n, pair in enumerate(pairs) if (side := pair[which])}
        for which in (0, 1)
    )
    old_owners, new_owners = file_owners(old), file_owners(new)
    found: dict[int, list[FileChange]] = {}
    for old_id, new_id, change in compare_files(old.files, new.files):
        number = -1
        if new_id is not None:
            number = new_ids.get(new_owners[new_id], -1)
        elif old_id is not None:
            number = old_ids.get(old_owners[old_id], -1)
        found.setdefault(number, []).append(change)
    return {
        n: tuple(sorted(changes, key=lambda change: change.path)) for n, changes in found.items()
    }


def _settings(old: Bom, new: Bom) -> Iterator[FactChange]:
    """Yield what the documents as wholes state otherwise."""
    texts = [{text.id: text for text in bom.license_texts} for bom in (old, new)]
    for id_ in sorted(texts[0].keys() | texts[1].keys()):
        before, after = (side.get(id_) for side in texts)
        if (before and before.text.split()) != (after and after.text.split()):
            texts_of_both = [(side.text,) if side else () for side in (before, after)]
            yield FactChange("license-text", texts_of_both[0], texts_of_both[1], id_)
    if old.is_incomplete != new.is_incomplete:
        states = ("complete", "incomplete")
        yield FactChange("completeness", (states[old.is_incomplete],), (states[new.is_incomplete],))
