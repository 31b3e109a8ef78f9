"""What a release adds to the packages of its builds: itself, its artifacts, and the builds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sbom.components.identifiers import purl_of
from sbom.components.model import Component
from sbom.components.resolve import Build, build_title, root_component
from sbom.manifest.model import Manifest, release_series
from sbom.release.contents import DescribedArtifact

#: The id of the release, which is the root of its document.
RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Basis:
    """What the description of an artifact rests on, as a word and as a sentence."""

    word: str
    sentence: str


OPENED = Basis("members", "Described from its members: it was opened.")
LAYOUT = Basis("layout", "Described from the layout it was made from; it was not opened.")
MANIFEST = Basis("manifest", "Described from externals.toml alone; it was not opened.")


def basis_of(one: DescribedArtifact, with_files: set[str]) -> Basis:
    """Return what an artifact's description rests on.

    ``with_files`` are the names of builds whose layout was looked into.
    """
    if one.opened:
        return OPENED
    return LAYOUT if one.build.name in with_files else MANIFEST


def build_id(build: Build) -> str:
    """Return the id of a build's package."""
    return f"build-{build.name}"


def artifact_id(file: str) -> str:
    """Return the id of an artifact's package."""
    return f"Artifact-{file}"


def own_packages(
    manifest: Manifest,
    name: str,
    builds: Sequence[Build],
    described: Sequence[DescribedArtifact],
    with_files: set[str],
) -> list[Component]:
    """Return the packages of a release that no build's document has, CPython itself with them."""
    return [
        _release(manifest, name),
        root_component(manifest),
        *(_build(manifest, build) for build in builds),
        *(_artifact(manifest, one, basis_of(one, with_files)) for one in described),
    ]


def _blank(manifest: Manifest, id_: str, name: str, source: str) -> Component:
    """Return a package that no scanner is to look up: CPython, which is in it, is looked up."""
    return replace(
        root_component(manifest),
        id=id_,
        name=name,
        location="NOASSERTION",
        file_name="",
        checksums=(),
        purl="",
        cpes=(),
        source_info=source,
    )


def _release(manifest: Manifest, name: str) -> Component:
    version = manifest.cpython.version
    location = manifest.release.download_location.format(
        release=release_series(version), version=version
    )
    source = f"CPython {version} for Windows, as all channels publish it"
    return replace(_blank(manifest, RELEASE, name, source), location=location, purpose="INSTALL")


def _build(manifest: Manifest, build: Build) -> Component:
    source = f"CPython {manifest.cpython.version} for {build_title(manifest, build)}"
    return _blank(manifest, build_id(build), f"python-{build.name}", source)


def _artifact(manifest: Manifest, one: DescribedArtifact, source: Basis) -> Component:
    artifact = one.artifact
    what = f"{artifact.channel.title}, made from the build {one.build.name}"
    return replace(
        _blank(manifest, artifact_id(artifact.file), artifact.file, what),
        version=artifact.version,
        location=artifact.location,
        file_name=artifact.file,
        checksums=one.digests,
        purl=purl_of(
            artifact.purl or f"pkg:generic/{artifact.file}",
            artifact.version,
            artifact.location,
            one.own.sha256,
        ),
        comment=source.sentence,
        purpose="INSTALL" if artifact.channel.format == "installer" else "ARCHIVE",
    )
