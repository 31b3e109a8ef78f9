"""The report of a release, made of its BOM and its index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sbom.bom.bom import Bom, RelationshipKind, unique_ids
from sbom.manifest.component_spec import UNKNOWN_LOCATION
from sbom.release.artifact_elements import ArtifactElements, find_artifact_elements
from sbom.release.index import PublishedSbom, ReleaseIndex
from sbom.release_report.component_files import table_files
from sbom.release_report.graph_layout import lay_out_graph
from sbom.release_report.relationships import RELEASE, find_shipments, relate_components
from sbom.release_report.rows import (
    ArtifactRow,
    ChannelColumn,
    ComponentReport,
    FileTable,
    ManifestNotes,
    ReleaseReport,
)


def compose_report(
    bom: Bom,
    index: ReleaseIndex,
    document: PublishedSbom,
    *,
    manifest: ManifestNotes | None = None,
) -> ReleaseReport:
    """Return what a report states of a release, whose ``document`` has the BOM.

    What changed since another release is not in it: ``changes`` compares two reports. Raises
    SbomError for artifacts of the index that the BOM does not describe.
    """
    artifacts = find_artifact_elements(bom, index, document.path)
    counts = _count_artifacts(artifacts)
    containers = _container_ids(bom, artifacts)
    components = sorted(
        (component for component in bom.components if component.id not in containers),
        key=lambda component: (component.name.lower(), component.version, component.id),
    )
    columns = _channel_columns(artifacts)
    tables, other_files = table_files(bom, counts)
    shipments = find_shipments(bom, containers)
    anchors = unique_ids(component.id for component in components)
    labels = {component.id: component.title for component in components}
    labels[RELEASE] = bom.name
    related = relate_components(bom, containers, labels)
    return ReleaseReport(
        bom=bom,
        version=index.version,
        document=document,
        missing=index.missing,
        artifacts=tuple(_artifact_row(bom, artifact, containers) for artifact in artifacts),
        channels=columns,
        components=tuple(
            ComponentReport(
                anchor=f"component-{anchors[component.id]}",
                component=component,
                platforms=_platforms(component.id, columns, artifacts),
                artifacts=counts.get(component.id, 0),
                shipments=shipments.get(component.id, ()),
                files=tables.get(component.id, FileTable((), 0)),
            )
            for component in components
        ),
        other_files=other_files,
        graph=lay_out_graph(RELEASE, labels, related),
        relationships=tuple(related.values()),
        manifest=manifest,
        changes=None,
    )


def _channel_columns(artifacts: Iterable[ArtifactElements]) -> tuple[ChannelColumn, ...]:
    """Return the channels and their platforms, sorted by name."""
    platforms: dict[str, set[str]] = {}
    for artifact in artifacts:
        platforms.setdefault(artifact.channel, set()).add(artifact.platform)
    return tuple(ChannelColumn(name, tuple(sorted(platforms[name]))) for name in sorted(platforms))


def _platforms(
    id_: str, columns: Sequence[ChannelColumn], artifacts: Iterable[ArtifactElements]
) -> tuple[tuple[str, ...], ...]:
    """Return the platforms on which each channel ships a component."""
    shipping = {
        (artifact.channel, artifact.platform) for artifact in artifacts if id_ in artifact.ids
    }
    return tuple(
        tuple(platform for platform in column.platforms if (column.name, platform) in shipping)
        for column in columns
    )


def _artifact_row(bom: Bom, artifact: ArtifactElements, containers: frozenset[str]) -> ArtifactRow:
    published = artifact.published
    stated = {name: str(value) for name, value in published.properties.items()}
    return ArtifactRow(
        file=published.path,
        channel=artifact.channel,
        platform=artifact.platform,
        variant=stated["variant"],
        described_from=stated["described-from"],
        location=stated["location"] if stated["location"] != UNKNOWN_LOCATION else "",
        size=f"{size:,}"
        if isinstance(size := published.properties["size"], int)
        else stated["size"],
        checksums=tuple(sorted(published.checksums.items())),
        components=sum(
            component.id in artifact.ids and component.id not in containers
            for component in bom.components
        ),
        files=sum(file.id in artifact.ids for file in bom.files),
    )


def _count_artifacts(artifacts: tuple[ArtifactElements, ...]) -> Mapping[str, int]:
    """Return how many artifacts contain each component and file, by its id."""
    return Counter(id_ for artifact in artifacts for id_ in artifact.ids)


def _container_ids(bom: Bom, artifacts: tuple[ArtifactElements, ...]) -> frozenset[str]:
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
