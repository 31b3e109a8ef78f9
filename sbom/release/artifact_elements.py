"""Which artifacts of a published release contain which elements of its BOM, by relationships.

What an artifact contains is what its SBOM describes: everything reachable from it but the tools
that a build needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from sbom.bom.bom import Bom
from sbom.bom.graph import SliceExtractor
from sbom.components.component import Component
from sbom.diagnostics import SbomError
from sbom.diagnostics.release_messages import inconsistent_release
from sbom.release.index import INDEX, PublishedArtifact, ReleaseIndex


@dataclass(frozen=True, slots=True)
class ArtifactElements:
    """An artifact of the index, its component, and the ids of everything in it."""

    published: PublishedArtifact
    component: Component
    ids: frozenset[str]

    @property
    def channel(self) -> str:
        """Return the name of the channel that publishes it."""
        return str(self.published.properties["channel"])

    @property
    def platform(self) -> str:
        """Return the name of the platform that it is for."""
        return str(self.published.properties["platform"])


def find_artifact_elements(
    bom: Bom, index: ReleaseIndex, document: str
) -> tuple[ArtifactElements, ...]:
    """Return what each artifact of an index contains, in the order of the index.

    ``document`` is the path of the BOM. Raises SbomError for each artifact that it does not
    describe.
    """
    by_name = {component.name: component for component in bom.components}
    extractor = SliceExtractor(bom)
    found = []
    undescribed = []
    for published in index.artifacts:
        # The index has the path in the directory, the BOM the name that the channel publishes.
        parts = PurePosixPath(published.path).parts
        names = ("/".join(parts[start:]) for start in range(len(parts)))
        component = next((by_name[name] for name in names if name in by_name), None)
        if component is None:
            message = f"{document} has no component of {published.path}"
            undescribed.append(inconsistent_release(INDEX, message, subject=published.path))
            continue
        ids = frozenset(extractor.reach(component.id))
        found.append(ArtifactElements(published, component, ids))
    if undescribed:
        raise SbomError(undescribed)
    return tuple(found)
