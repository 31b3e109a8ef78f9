"""Which artifacts of a release contain which components and files, by the relationships of a BOM.

What an artifact contains is what its SBOM describes: everything reachable from it but the tools
that a build needs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from sbom.bom.bom import Bom, RelationshipKind
from sbom.bom.graph import SliceExtractor
from sbom.components.component import Component
from sbom.diagnostics import SbomError
from sbom.diagnostics.release_messages import inconsistent_release
from sbom.release.documents import INDEX
from sbom.release.index import PublishedArtifact, ReleaseIndex


@dataclass(frozen=True, slots=True)
class ArtifactElements:
    """An artifact of the index, its component, and the ids of everything in it."""

    published: PublishedArtifact
    component: Component
    ids: frozenset[str]

    @property
    def channel(self) -> str:
        """Return the name of the channel that publishes it."""
        return str(self.published.stated["channel"])

    @property
    def platform(self) -> str:
        """Return the name of the platform that it is for."""
        return str(self.published.stated["platform"])


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


def count_artifacts(artifacts: tuple[ArtifactElements, ...]) -> Mapping[str, int]:
    """Return how many artifacts contain each component and file, by its id."""
    return Counter(id_ for artifact in artifacts for id_ in artifact.ids)


def container_ids(bom: Bom, artifacts: tuple[ArtifactElements, ...]) -> frozenset[str]:
    """Return the ids of what only contains components: the release, its artifacts and its builds.

    Beside the roots and the artifacts of the index, that is what contains files, such as an MSI
    in an installer, and what contains components and has no identifier, such as a build.
    """
    files = {file.id for file in bom.files}
    contains_files, contains_components = set[str](), set[str]()
    for relationship in bom.relationships:
        if relationship.kind is RelationshipKind.CONTAINS:
            contained = contains_files if relationship.target in files else contains_components
            contained.add(relationship.source)
    unidentified = {
        component.id for component in bom.components if not component.purl and not component.cpes
    }
    indexed = {artifact.component.id for artifact in artifacts}
    return frozenset({*bom.roots} | indexed | contains_files | contains_components & unidentified)
