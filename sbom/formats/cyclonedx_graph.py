"""The relationships of a BOM as CycloneDX states them: as a dependency graph and as properties."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sbom.bom.bom import Bom, BomFile, Relationship, RelationshipKind
from sbom.formats import cyclonedx_terms as terms


@dataclass(frozen=True, slots=True)
class DependencyGraph:
    """The relationships of a BOM: ``targets`` of each source, and which ids are files.

    ``files_of`` are the files that are part of a component or contain it; ``build_tools`` are
    needed to build and do not ship.
    """

    ids: tuple[str, ...]
    files: frozenset[str]
    targets: dict[str, list[Relationship]] = field(default_factory=dict)
    files_of: dict[str, list[BomFile]] = field(default_factory=dict)
    build_tools: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, bom: Bom) -> DependencyGraph:
        """Return the graph of a BOM, in which the order of its relationships does not matter."""
        files = {file.id: file for file in bom.files}
        ids = tuple(sorted((*files, *(component.id for component in bom.components))))
        graph = cls(ids=ids, files=frozenset(files))
        others = set()
        for relationship in sorted(bom.relationships):
            if relationship.source in files and relationship.target not in files:
                graph.files_of.setdefault(relationship.target, []).append(
                    files[relationship.source]
                )
            if relationship.kind is RelationshipKind.BUILD_TOOL:
                graph.build_tools.add(relationship.target)
            else:
                others.add(relationship.target)
            graph.targets.setdefault(relationship.source, []).append(relationship)
        graph.build_tools.difference_update(others)
        for found in graph.files_of.values():
            found.sort(key=lambda file: (file.path, file.id))
        return graph

    def dependencies(self) -> list[dict[str, Any]]:
        """Return what each element depends on, also of those that depend on nothing.

        cdxgen's validator stops at an entry without ``dependsOn``.
        """
        return [
            {
                "ref": id_,
                "dependsOn": sorted(
                    {
                        edge.target
                        for edge in self.targets.get(id_, ())
                        if edge.kind is not RelationshipKind.PART_OF
                    }
                ),
            }
            for id_ in self.ids
        ]

    def properties(self, source: str) -> Iterator[tuple[str, str]]:
        """Yield what ``dependsOn`` does not express of the relationships of a source."""
        related = self.targets.get(source, ())
        times = Counter(relationship.target for relationship in related)
        for relationship in related:
            if (
                relationship.comment
                or times[relationship.target] > 1
                or relationship.kind is not self._implied(relationship)
            ):
                value = f"{relationship.kind} {relationship.target} {relationship.comment}".rstrip()
                yield terms.RELATIONSHIP, value

    def _implied(self, edge: Relationship) -> RelationshipKind:
        return terms.implied_kind(
            source_is_file=edge.source in self.files, target_is_file=edge.target in self.files
        )
