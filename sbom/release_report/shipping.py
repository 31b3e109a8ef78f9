"""How many artifacts contain a component, and which components only contain others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sbom.bom.bom import Bom, RelationshipKind
from sbom.release.artifact_elements import ArtifactElements


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
