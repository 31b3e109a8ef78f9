"""A slice: the BOM of one component of a larger BOM, with all that is reachable from it.

Nothing in a slice is new but its name, its namespace and its root: every component, file and
relationship is the larger BOM's own.
"""

from __future__ import annotations

from dataclasses import replace

from sbom.bom.model import Bom, Relationship, used_license_texts


class SliceExtractor:
    """Extracts slices from one BOM, whose relationships are indexed once."""

    def __init__(self, bom: Bom) -> None:
        self._bom = bom
        self._outgoing: dict[str, list[Relationship]] = {}
        for relationship in bom.relationships:
            self._outgoing.setdefault(relationship.source, []).append(relationship)

    def extract(self, root: str, name: str, namespace: str) -> Bom:
        """Return the BOM of one component by its id; what it is in is not part of it."""
        reached = self._reach(root)
        components = tuple(
            component for component in self._bom.components if component.id in reached
        )
        return replace(
            self._bom,
            name=name,
            namespace=namespace,
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

    def _reach(self, root: str) -> set[str]:
        """Return the ids of everything reachable from one, itself included."""
        reached = {root}
        waiting = [root]
        while waiting:
            for relationship in self._outgoing.get(waiting.pop(), ()):
                if relationship.target not in reached:
                    reached.add(relationship.target)
                    waiting.append(relationship.target)
        return reached
