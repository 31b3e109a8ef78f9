"""What the components of a release have to do with each other, without its packaging.

Artifacts and builds stand for the release, and a file for the component that it belongs to: a
library in a DLL of Tcl is a dependency of Tcl.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sbom.bom.bom import Bom, Relationship, RelationshipKind
from sbom.release_report.rows import RelationshipRow, Shipment

#: The largest number of different comments that are quoted about one relationship.
_QUOTED = 3


@dataclass(slots=True)
class _Statements:
    """What is stated about one relationship: the containers that it holds for, and comments."""

    containers: set[str] = field(default_factory=set)
    comments: dict[str, None] = field(default_factory=dict)


#: The id that stands for the release and everything that only contains components.
RELEASE = ""


def relate_components(
    bom: Bom, containers: frozenset[str], labels: Mapping[str, str]
) -> dict[tuple[str, RelationshipKind, str], RelationshipRow]:
    """Return the relationships of components by source, kind and target, sorted by their names.

    ``labels`` are the names of the components by their ids, with that of the release as
    ``RELEASE``; ``containers`` are the ids of what the release stands for.
    """
    stated: dict[tuple[str, RelationshipKind, str], _Statements] = {}
    for relationship in [*bom.relationships, *_through_files(bom)]:
        is_packaging = relationship.source in containers
        source = RELEASE if is_packaging else relationship.source
        if source in labels and relationship.target in labels and source != relationship.target:
            key = source, relationship.kind, relationship.target
            statements = stated.setdefault(key, _Statements())
            if is_packaging:
                statements.containers.add(relationship.source)
            if relationship.comment:
                statements.comments[relationship.comment] = None
    ordered = sorted(stated, key=lambda key: (key[0] != RELEASE, *_named(key, labels), key))
    return {
        key: RelationshipRow(
            source=labels[key[0]],
            kind=key[1],
            target=labels[key[2]],
            comment=_quote(tuple(stated[key].comments)),
            containers=len(stated[key].containers),
        )
        for key in ordered
    }


def _named(
    key: tuple[str, RelationshipKind, str], labels: Mapping[str, str]
) -> tuple[str, str, str]:
    source, kind, target = key
    return labels[source], kind, labels[target]


def _quote(comments: tuple[str, ...]) -> str:
    more = len(comments) - _QUOTED
    return " ".join([*comments[:_QUOTED], *([f"And {more} more."] if more > 0 else [])])


def _through_files(bom: Bom) -> Iterator[Relationship]:
    """Yield which component is compiled into a file of another one."""
    names = {file.id: file.path.rpartition("/")[2] for file in bom.files}
    owners: dict[str, str] = {}
    linked: list[Relationship] = []
    for relationship in bom.relationships:
        if relationship.source in names and relationship.kind is RelationshipKind.PART_OF:
            owners[relationship.source] = relationship.target
        elif relationship.source in names and relationship.kind is RelationshipKind.STATIC_LINK:
            linked.append(relationship)
    for relationship in linked:
        if relationship.source in owners:
            comment = f"Linked into {names[relationship.source]}."
            source = owners[relationship.source]
            yield Relationship(source, relationship.kind, relationship.target, comment)


def find_shipments(bom: Bom, containers: frozenset[str]) -> dict[str, tuple[Shipment, ...]]:
    """Return the ways in which each component ships, by its id; the most frequent one first."""
    names = {component.id: component.name for component in bom.components}
    found: dict[str, dict[tuple[RelationshipKind, str], list[str]]] = {}
    for relationship in bom.relationships:
        if relationship.source in containers and relationship.target in names:
            ways = found.setdefault(relationship.target, {})
            way = relationship.kind, relationship.comment
            ways.setdefault(way, []).append(names[relationship.source])
    return {
        id_: tuple(
            Shipment(kind, comment, tuple(sorted(containers)))
            for (kind, comment), containers in sorted(
                ways.items(), key=lambda way: (-len(way[1]), way[0])
            )
        )
        for id_, ways in found.items()
    }
