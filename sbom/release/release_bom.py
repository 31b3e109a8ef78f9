"""The one BOM of a release: every artifact, every build, every component once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sbom.bom.compose import (
    bom_component,
    bom_files,
    build_tool_relationships,
    creation_info,
    derived_namespace,
    file_relationships,
    license_texts,
    shipping_relationships,
)
from sbom.bom.merge import BomBuilder, collect_build_components, move_relationships
from sbom.bom.model import Bom, Relationship, RelationshipKind, unique_ids, used_license_texts
from sbom.diagnostics import Diagnostic
from sbom.manifest.model import Manifest
from sbom.release.contents import ArtifactContents, ReleaseContents
from sbom.release.parts import PlatformSbom
from sbom.release.release_components import (
    RELEASE_ID,
    artifact_id,
    build_id,
    release_components,
)


def compose_release(
    manifest: Manifest,
    contents: ReleaseContents,
    created: datetime,
    comment: str,
) -> tuple[Bom, list[Diagnostic]]:
    """Return the BOM of a release, and where its parts contradict each other.

    Neither the order of the parts nor that of the artifacts matters.
    """
    parts = sorted(contents.parts, key=lambda part: part.build.name)
    artifacts = sorted(contents.artifacts, key=lambda artifact: artifact.artifact.file)
    name = f"python-{manifest.cpython.version}-windows"
    own = [*release_components(manifest, name, contents)]
    own += [component for contents in artifacts for component in contents.components]
    ids = unique_ids(component.id for component in own)
    merged, conflicts = collect_build_components({part.build.name: part.bom for part in parts})

    builder = BomBuilder()
    builder.add_components(merged)
    builder.add_components(bom_component(component, ids) for component in own)
    builder.add_relationships(_structure(manifest, parts, artifacts, ids))
    _add_parts(builder, parts, artifacts, ids)
    _add_members(builder, artifacts, ids)
    bom = builder.fill(
        Bom(
            name=name,
            namespace="",
            creation=creation_info(manifest, created, comment),
            roots=(ids[RELEASE_ID],),
        )
    )
    texts = [text for part in parts for text in part.bom.license_texts]
    texts += license_texts(own, manifest.license_texts)
    bom = replace(bom, license_texts=used_license_texts(bom.components, texts))
    return replace(bom, namespace=derived_namespace(manifest, bom)), conflicts


def _structure(
    manifest: Manifest,
    parts: Iterable[PlatformSbom],
    artifacts: Sequence[ArtifactContents],
    ids: Mapping[str, str],
) -> Iterator[Relationship]:
    """Yield what relates release, artifacts, builds and the components of opened artifacts."""
    release = ids[RELEASE_ID]
    described = {contents.build.name for contents in artifacts}
    for part in parts:
        build = ids[build_id(part.build)]
        yield Relationship(build, RelationshipKind.CONTAINS, ids[manifest.cpython.component])
        if part.build.name not in described:
            yield Relationship(release, RelationshipKind.CONTAINS, build)
    for contents in artifacts:
        artifact = ids[artifact_id(contents.artifact.file)]
        build = ids[build_id(contents.build)]
        if contents.is_standalone:
            yield Relationship(release, RelationshipKind.CONTAINS, artifact)
        for container in contents.containers:
            holder = ids[artifact_id(container)]
            yield Relationship(holder, RelationshipKind.CONTAINS, artifact)
        yield Relationship(artifact, RelationshipKind.CONTAINS, build)
        yield from shipping_relationships(artifact, contents.components, ids)
        yield from build_tool_relationships(build, contents.components, ids)


def _add_parts(
    builder: BomBuilder,
    parts: Iterable[PlatformSbom],
    artifacts: Sequence[ArtifactContents],
    ids: Mapping[str, str],
) -> None:
    """Add what a build's BOM states, as that of the artifacts that were not opened.

    Where no artifact was made from a build, it is the build's own.
    """
    described = {contents.build.name for contents in artifacts}
    for part in parts:
        build = ids[build_id(part.build)]
        containers = [
            ids[artifact_id(contents.artifact.file)]
            for contents in artifacts
            if not contents.is_opened and contents.build.name == part.build.name
        ]
        if part.build.name not in described:
            containers = [build]
        for container in containers:
            builder.add_relationships(move_relationships(part.bom, container, build))
            builder.add_files(part.bom.files)


def _add_members(
    builder: BomBuilder, artifacts: Iterable[ArtifactContents], ids: Mapping[str, str]
) -> None:
    """Add the members of artifacts that were opened, and the components that they belong to."""
    for contents in artifacts:
        components = {component.id: component for component in contents.components}
        ownership = [owned for owned in contents.ownership if owned.component in components]
        builder.add_files(bom_files(contents.files, ownership, components))
        artifact = ids[artifact_id(contents.artifact.file)]
        builder.add_relationships(file_relationships(artifact, contents.files, ownership, ids))
