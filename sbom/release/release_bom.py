"""The one BOM of a release: every artifact, every build, every component once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import Enum

from sbom.bom.bom import (
    Bom,
    BomFile,
    Relationship,
    RelationshipKind,
    unique_ids,
)
from sbom.bom.completeness import NOT_AVAILABLE, NOT_LISTED
from sbom.bom.compose import (
    bom_component,
    bom_files,
    build_tool_relationships,
    creation_info,
    derived_namespace,
    describe_signature,
    file_relationships,
    package_names,
    shipping_relationships,
    vendoring_relationships,
)
from sbom.bom.expected_contents import present_builds
from sbom.bom.graph import BomBuilder, collect_build_components, move_relationships
from sbom.bom.license_texts import license_texts, used_license_texts
from sbom.components.component import Build, Component, build_title
from sbom.components.identifiers import make_purl
from sbom.components.resolve import root_component
from sbom.diagnostics import Diagnostic
from sbom.diagnostics.inspection_messages import file_mismatch
from sbom.files.shipped_file import is_library
from sbom.manifest.component_spec import UNKNOWN_LOCATION
from sbom.manifest.model import Manifest
from sbom.manifest.ranges import final_version
from sbom.release.contents import ArtifactContents, BuildBom, ReleaseContents

#: The id of the release, which is the root of its BOM.
RELEASE_ID = "release"


class Basis(Enum):
    """What the description of an artifact rests on, as the index has it, and as a sentence."""

    MEMBERS = "members", "Described from its members: it was opened."
    LAYOUT = "layout", "Described from the layout it was made from."
    MANIFEST = "manifest", "Described from what the build is known to contain."

    def __init__(self, label: str, sentence: str) -> None:
        self.label = label
        self.sentence = sentence


def basis_of(contents: ArtifactContents, inspected_builds: Collection[str]) -> Basis:
    """Return what the description of an artifact rests on.

    ``inspected_builds`` are the names of builds whose layout was inspected.
    """
    if contents.is_opened:
        return Basis.MEMBERS
    return Basis.LAYOUT if contents.build.name in inspected_builds else Basis.MANIFEST


def _build_id(build: Build) -> str:
    """Return the id of a build's component."""
    return f"build-{build.name}"


def _artifact_id(file: str) -> str:
    """Return the id of an artifact's component."""
    return f"Artifact-{file}"


def _release_components(
    manifest: Manifest, name: str, release: ReleaseContents
) -> Iterator[Component]:
    """Yield the components that the BOM of no build has, and CPython for no platform.

    ``name`` is that of the release's BOM.
    """
    yield _release_component(manifest, name)
    yield root_component(manifest)
    for build_bom in release.builds:
        source = f"CPython {manifest.cpython.version} for {build_title(manifest, build_bom.build)}"
        yield _container(
            manifest, _build_id(build_bom.build), f"python-{build_bom.build.name}", source
        )
    for contents in release.artifacts:
        basis = basis_of(contents, release.inspected_builds)
        component = _artifact_component(manifest, contents, basis)
        sentences = [
            component.comment,
            describe_signature(contents.file.signature),
            _absent_packages(contents),
            "" if contents.is_opened else _unlisted_variants(manifest, contents, release.builds),
        ]
        yield replace(component, comment=" ".join(filter(None, sentences)))


def _container(manifest: Manifest, id_: str, name: str, source_info: str) -> Component:
    """Return a component without identifiers: scanners are to match CPython, which it contains."""
    return replace(
        root_component(manifest),
        id=id_,
        name=name,
        download_location=UNKNOWN_LOCATION,
        file_name="",
        checksums=(),
        purl="",
        cpes=(),
        source_info=source_info,
    )


def _release_component(manifest: Manifest, name: str) -> Component:
    version = manifest.cpython.version
    location = manifest.release.download_location.format(
        release=final_version(version), version=version
    )
    source_info = f"CPython {version} for Windows, as all channels publish it"
    container = _container(manifest, RELEASE_ID, name, source_info)
    return replace(container, download_location=location, purpose="install")


def _artifact_component(manifest: Manifest, contents: ArtifactContents, basis: Basis) -> Component:
    artifact = contents.artifact
    source_info = f"{artifact.channel.title}, made from the build {contents.build.name}"
    return replace(
        _container(manifest, _artifact_id(artifact.file), artifact.file, source_info),
        version=artifact.version,
        download_location=artifact.location,
        file_name=artifact.file.rpartition("/")[2],
        checksums=contents.checksums,
        purl=make_purl(
            artifact.purl or f"pkg:generic/{artifact.file}",
            artifact.version,
            artifact.location,
            contents.file.sha256,
        ),
        comment=basis.sentence,
        purpose="archive" if artifact.channel.format == "zip" else "install",
    )


def _absent_packages(contents: ArtifactContents) -> str:
    """Return a sentence on the packages that an installer downloads and that were not available."""
    if not contents.absent:
        return ""
    names = ", ".join(contents.absent)
    return f"It downloads these packages when needed; {NOT_AVAILABLE}: {names}."


def _is_made_from(contents: ArtifactContents, build: Build) -> bool:
    """Return whether an artifact contains a build: its own, or another variant of it."""
    variants = (contents.build.variant, *contents.artifact.channel.other_variants)
    return contents.build.platform == build.platform and build.variant in variants


def _unlisted_variants(
    manifest: Manifest, contents: ArtifactContents, build_boms: Iterable[BuildBom]
) -> str:
    """Return a sentence on the variants that an artifact installs and whose files are not known."""
    listed: set[str] = set()
    for build_bom in build_boms:
        if build_bom.bom.files and _is_made_from(contents, build_bom.build):
            paths = [file.path for file in build_bom.bom.files]
            builds = present_builds(manifest, build_bom.build, paths)
            listed |= {build_bom.build.variant, *(build.variant for build in builds)}
    titles = [
        variant.title
        for variant in manifest.variants
        if variant.name in contents.artifact.channel.other_variants
        and variant.name in manifest.variant_names()
        and variant.name not in listed
    ]
    if not titles:
        return ""
    return f"It can also install these builds, {NOT_LISTED}: {'; '.join(titles)}."


def release_name(manifest: Manifest) -> str:
    """Return the name of a release's BOM, and of its documents."""
    return f"python-{manifest.cpython.version}-windows"


def compose_release(
    manifest: Manifest,
    release: ReleaseContents,
    created: datetime,
    comment: str,
) -> tuple[Bom, list[Diagnostic]]:
    """Return the BOM of a release, and where its builds contradict each other.

    Neither the order of the builds nor that of the artifacts matters.
    """
    build_boms = sorted(release.builds, key=lambda build_bom: build_bom.build.name)
    artifacts = sorted(release.artifacts, key=lambda contents: contents.artifact.file)
    name = release_name(manifest)
    components = [*_release_components(manifest, name, release)]
    components += [component for contents in artifacts for component in contents.components]
    ids = unique_ids(component.id for component in components)
    merged, conflicts = collect_build_components(
        {build_bom.build.name: build_bom.bom for build_bom in build_boms}
    )

    builder = BomBuilder()
    builder.add_components(merged)
    builder.add_components(bom_component(component, ids) for component in components)
    builder.add_relationships(_structure(manifest, build_boms, artifacts, ids))
    conflicts += _add_builds(builder, build_boms, artifacts, ids)
    _add_members(builder, manifest, artifacts, ids)
    bom = builder.fill(
        Bom(
            name=name,
            namespace="",
            creation=creation_info(manifest, created, comment),
            roots=(ids[RELEASE_ID],),
        )
    )
    texts = [text for build_bom in build_boms for text in build_bom.bom.license_texts]
    texts += license_texts(components, manifest.license_texts)
    bom = replace(bom, license_texts=used_license_texts(bom.components, texts))
    return replace(bom, namespace=derived_namespace(manifest, bom)), conflicts


def _structure(
    manifest: Manifest,
    build_boms: Sequence[BuildBom],
    artifacts: Sequence[ArtifactContents],
    ids: Mapping[str, str],
) -> Iterator[Relationship]:
    """Yield what relates release, artifacts, builds and the components of opened artifacts."""
    release = ids[RELEASE_ID]
    described = {contents.build.name for contents in artifacts}
    for build_bom in build_boms:
        build = ids[_build_id(build_bom.build)]
        yield Relationship(build, RelationshipKind.CONTAINS, ids[manifest.cpython.component])
        if build_bom.build.name not in described:
            yield Relationship(release, RelationshipKind.CONTAINS, build)
    for contents in artifacts:
        artifact = ids[_artifact_id(contents.artifact.file)]
        build = ids[_build_id(contents.build)]
        if contents.is_standalone:
            yield Relationship(release, RelationshipKind.CONTAINS, artifact)
        for file in contents.containers:
            container = ids[_artifact_id(file)]
            yield Relationship(container, RelationshipKind.CONTAINS, artifact)
        for file in contents.downloaders:
            installer = ids[_artifact_id(file)]
            comment = "Downloaded by the installer when it is needed."
            yield Relationship(installer, RelationshipKind.DEPENDS_ON, artifact, comment)
        if contents.has_cpython:
            yield Relationship(artifact, RelationshipKind.CONTAINS, build)
        for build_bom in build_boms:
            if not contents.is_opened and _is_made_from(contents, build_bom.build):
                other = ids[_build_id(build_bom.build)]
                yield Relationship(artifact, RelationshipKind.CONTAINS, other)
        yield from shipping_relationships(artifact, contents.components, ids)
        yield from build_tool_relationships(build, contents.components, ids)
        yield from vendoring_relationships(manifest, contents.components, ids)


def _add_builds(
    builder: BomBuilder,
    build_boms: Iterable[BuildBom],
    artifacts: Sequence[ArtifactContents],
    ids: Mapping[str, str],
) -> list[Diagnostic]:
    """Add what a build's BOM states, as that of the artifacts that were not opened.

    Where no artifact was made from a build, it is the build's own. Returns where two builds that
    an artifact installs into one directory have different libraries of one path.
    """
    described = {contents.build.name for contents in artifacts}
    first: dict[str, dict[str, tuple[BomFile, Build]]] = {}
    conflicts: dict[Diagnostic, None] = {}
    for build_bom in build_boms:
        build = ids[_build_id(build_bom.build)]
        containers = [
            ids[_artifact_id(contents.artifact.file)]
            for contents in artifacts
            if not contents.is_opened and _is_made_from(contents, build_bom.build)
        ]
        if build_bom.build.name not in described and not containers:
            containers = [build]
        for container in containers:
            # One directory has one file of a path: that of the first variant.
            files = first.setdefault(container, {})
            added, excluded = [], set()
            for file in build_bom.bom.files:
                first_file, first_build = files.setdefault(
                    file.path.lower(), (file, build_bom.build)
                )
                if first_file.id == file.id:
                    added.append(file)
                    continue
                excluded.add(file.id)
                if is_library(file.path):
                    conflicts[_different_library(file, build_bom.build, first_build)] = None
            builder.add_relationships(
                relationship
                for relationship in move_relationships(build_bom.bom, container, build)
                if excluded.isdisjoint((relationship.source, relationship.target))
            )
            builder.add_files(added)
    return list(conflicts)


def _different_library(file: BomFile, build: Build, first: Build) -> Diagnostic:
    expected = f"the same file as in the build {first.name}"
    return file_mismatch(f"the build {build.name}", file.path, expected=expected, found="another")


def _add_members(
    builder: BomBuilder,
    manifest: Manifest,
    artifacts: Iterable[ArtifactContents],
    ids: Mapping[str, str],
) -> None:
    """Add the members of artifacts that were opened, and the components that they belong to."""
    names = package_names(manifest)
    for contents in artifacts:
        components = {component.id: component for component in contents.components}
        ownership = [owned for owned in contents.ownership if owned.component in components]
        files = bom_files(contents.files, ownership, components, names)
        builder.add_files(files)
        artifact = ids[_artifact_id(contents.artifact.file)]
        builder.add_relationships(file_relationships(artifact, files, ownership, ids))
