"""What a release adds to the components of its builds: itself, its artifacts, and the builds."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from enum import Enum

from sbom.components.build import Build, build_title
from sbom.components.identifiers import make_purl
from sbom.components.model import Component
from sbom.components.resolve import root_component
from sbom.manifest.model import Manifest, release_series
from sbom.release.contents import ArtifactContents, ReleaseContents

#: The id of the release, which is the root of its BOM.
RELEASE_ID = "release"


class Basis(Enum):
    """What the description of an artifact rests on, as the index says it, and as a sentence."""

    MEMBERS = "members", "Described from its members: it was opened."
    LAYOUT = "layout", "Described from the layout it was made from; it was not opened."
    MANIFEST = "manifest", "Described from what the build is known to contain; it was not opened."

    def __init__(self, label: str, sentence: str) -> None:
        self.label = label
        self.sentence = sentence


def basis_of(artifact: ArtifactContents, inspected_builds: Collection[str]) -> Basis:
    """Return what the description of an artifact rests on.

    ``inspected_builds`` are the names of builds whose layout was inspected.
    """
    if artifact.is_opened:
        return Basis.MEMBERS
    return Basis.LAYOUT if artifact.build.name in inspected_builds else Basis.MANIFEST


def build_id(build: Build) -> str:
    """Return the id of a build's component."""
    return f"build-{build.name}"


def artifact_id(file: str) -> str:
    """Return the id of an artifact's component."""
    return f"Artifact-{file}"


def release_components(
    manifest: Manifest, name: str, contents: ReleaseContents
) -> Iterator[Component]:
    """Yield the components that the BOM of no build has, and CPython for no platform.

    ``name`` is that of the release's BOM.
    """
    yield _release_component(manifest, name)
    yield root_component(manifest)
    for part in contents.parts:
        source = f"CPython {manifest.cpython.version} for {build_title(manifest, part.build)}"
        yield _container(manifest, build_id(part.build), f"python-{part.build.name}", source)
    for artifact in contents.artifacts:
        basis = basis_of(artifact, contents.inspected_builds)
        yield _artifact_component(manifest, artifact, basis)


def _container(manifest: Manifest, id_: str, name: str, source_info: str) -> Component:
    """Return a component without identifiers: scanners are to match CPython, which it contains."""
    return replace(
        root_component(manifest),
        id=id_,
        name=name,
        download_location="NOASSERTION",
        file_name="",
        checksums=(),
        purl="",
        cpes=(),
        source_info=source_info,
    )


def _release_component(manifest: Manifest, name: str) -> Component:
    version = manifest.cpython.version
    location = manifest.release.download_location.format(
        release=release_series(version), version=version
    )
    source_info = f"CPython {version} for Windows, as all channels publish it"
    container = _container(manifest, RELEASE_ID, name, source_info)
    return replace(container, download_location=location, purpose="install")


def _artifact_component(manifest: Manifest, contents: ArtifactContents, basis: Basis) -> Component:
    artifact = contents.artifact
    source_info = f"{artifact.channel.title}, made from the build {contents.build.name}"
    return replace(
        _container(manifest, artifact_id(artifact.file), artifact.file, source_info),
        version=artifact.version,
        download_location=artifact.location,
        file_name=artifact.file,
        checksums=contents.checksums,
        purl=make_purl(
            artifact.purl or f"pkg:generic/{artifact.file}",
            artifact.version,
            artifact.location,
            contents.file.sha256,
        ),
        comment=basis.sentence,
        purpose="install" if artifact.channel.format == "installer" else "archive",
    )
