"""A BOM as a graph: collected from the BOMs of builds, or what is reachable from one component.

Nothing in a slice is new but its name, its namespace and its root: every component, file and
relationship is the larger BOM's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from msgspec import structs

from sbom.bom.bom import LINKS, Bom, BomFile, Relationship, RelationshipKind
from sbom.bom.license_texts import used_license_texts
from sbom.components.component import Component
from sbom.diagnostics import Diagnostic
from sbom.diagnostics.release_messages import conflicting_component


@dataclass(slots=True)
class BomBuilder:
    """Elements of a BOM as they are collected, each once: the first one of an id stays."""

    components: dict[str, Component] = field(default_factory=dict)
    files: dict[str, BomFile] = field(default_factory=dict)
    relationships: dict[tuple[str, RelationshipKind, str], Relationship] = field(
        default_factory=dict
    )

    def add_components(self, components: Iterable[Component]) -> None:
        """Add components that have no component of the same id before them."""
        for component in components:
            self.components.setdefault(component.id, component)

    def add_files(self, files: Iterable[BomFile]) -> None:
        """Add files that have no file of the same id before them."""
        for file in files:
            self.files.setdefault(file.id, file)

    def add_relationships(self, relationships: Iterable[Relationship]) -> None:
        """Add relationships, each once, with all that is stated about it."""
        for relationship in relationships:
            known = self.relationships.setdefault(relationship.key, relationship)
            if relationship.comment and relationship.comment not in known.comment:
                comment = f"{known.comment} {relationship.comment}".strip()
                self.relationships[relationship.key] = structs.replace(known, comment=comment)

    def fill(self, bom: Bom) -> Bom:
        """Return a BOM with all that was collected, sorted, except unrelated components."""
        related = {*bom.roots}
        for source, _, target in self.relationships:
            related |= {source, target}
        return replace(
            bom,
            components=tuple(
                self.components[id_] for id_ in sorted(self.components) if id_ in related
            ),
            files=tuple(sorted(self.files.values(), key=lambda file: (file.path, file.id))),
            relationships=tuple(self.relationships[key] for key in sorted(self.relationships)),
        )


def collect_build_components(
    boms: Mapping[str, Bom],
) -> tuple[list[Component], list[Diagnostic]]:
    """Return the components of builds but for their roots, and where two builds disagree.

    ``boms`` are by the names of the builds.
    """
    merged: dict[str, Component] = {}
    first: dict[str, str] = {}
    conflicts: list[Diagnostic] = []
    for name, bom in sorted(boms.items()):
        for component in bom.components:
            if component.id in bom.roots:
                continue
            if merged.setdefault(component.id, component) != component:
                conflicts.append(conflicting_component(component.id, first[component.id], name))
            first.setdefault(component.id, name)
    return list(merged.values()), conflicts


def move_relationships(bom: Bom, container: str, build: str) -> Iterator[Relationship]:
    """Yield the relationships of a build as those of a ``container`` that was made from it.

    What the ``build`` needs and does not ship stays the build's.
    """
    root = bom.root
    for relationship in bom.relationships:
        if relationship.source != root:
            yield relationship
        elif relationship.kind is RelationshipKind.BUILD_TOOL:
            yield structs.replace(relationship, source=build)
        else:
            yield structs.replace(relationship, source=container)


class SliceExtractor:
    """Extracts slices from one BOM, whose relationships are indexed once."""

    def __init__(self, bom: Bom) -> None:
        self._bom = bom
        self._outgoing: dict[str, list[Relationship]] = {}
        shipped = (
            edge for edge in bom.relationships if edge.kind is not RelationshipKind.BUILD_TOOL
        )
        for relationship in shipped:
            self._outgoing.setdefault(relationship.source, []).append(relationship)

    def extract(self, root: str, name: str) -> Bom:
        """Return the BOM of one component by its id; what it is in is not part of it.

        Nor are the tools that a build needs: an artifact does not contain them. Its namespace
        is empty.
        """
        reached = self.reach(root)
        components = tuple(
            component for component in self._bom.components if component.id in reached
        )
        return replace(
            self._bom,
            name=name,
            namespace="",
            roots=(root,),
            components=components,
            files=tuple(file for file in self._bom.files if file.id in reached),
            relationships=tuple(
                relationship
                for id_ in sorted(reached)
                for relationship in self._outgoing.get(id_, ())
            ),
            license_texts=used_license_texts(components, self._bom.license_texts),
        )

    def reach(self, root: str) -> set[str]:
        """Return the ids of everything that a component contains, itself included."""
        reached = {root}
        waiting = [root]
        while waiting:
            for relationship in self._outgoing.get(waiting.pop(), ()):
                if relationship.target not in reached:
                    reached.add(relationship.target)
                    waiting.append(relationship.target)
        return reached


def simplify_relationships(related: Iterable[Relationship]) -> tuple[Relationship, ...]:
    """Return relationships sorted, each once, without dependencies that a link implies.

    Documents of SPDX state a build tool twice, once with the comment, and a link as a dependency
    too.
    """
    distinct: dict[tuple[str, RelationshipKind, str], Relationship] = {}
    for edge in related:
        if edge.key not in distinct or not distinct[edge.key].comment:
            distinct[edge.key] = edge
    for source, kind, target in list(distinct):
        if kind in LINKS:
            distinct.pop((source, RelationshipKind.DEPENDS_ON, target), None)
    return tuple(distinct[key] for key in sorted(distinct))
