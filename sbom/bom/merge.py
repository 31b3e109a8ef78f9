"""BOMs of builds merged: components of all once, relationships under what was made from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sbom.bom.model import Bom, BomFile, Relationship, RelationshipKind
from sbom.components.model import Component
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
        """Add components."""
        for component in components:
            self.components.setdefault(component.id, component)

    def add_files(self, files: Iterable[BomFile]) -> None:
        """Add files."""
        for file in files:
            self.files.setdefault(file.id, file)

    def add_relationships(self, relationships: Iterable[Relationship]) -> None:
        """Add relationships; of several that differ in their comment, the first one stays."""
        for relationship in relationships:
            self.relationships.setdefault(relationship.key, relationship)

    def fill(self, bom: Bom) -> Bom:
        """Return a BOM with all that was collected, sorted, and no component that nothing has."""
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
            yield replace(relationship, source=build)
        else:
            yield replace(relationship, source=container)
