"""What a release is made of: the contents of its artifacts, and the BOM of each build.

A build is the BOM of a layout on this machine, one made on another, or the manifest's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sbom.bom.bom import Bom
from sbom.bom.compose import compose_build
from sbom.bom.ownership import FileOwnership
from sbom.components.component import Build, Component
from sbom.components.resolve import resolve_components
from sbom.diagnostics.io_messages import usage_error
from sbom.files.shipped_file import ShippedFile
from sbom.manifest.channels import DEFAULT, Artifact
from sbom.manifest.model import Manifest
from sbom.verification.inspection import Inspection, inspect_layout
from sbom.verification.shown_components import apply_shown_components


@dataclass(frozen=True, slots=True)
class BuildBom:
    """The BOM of one build, as ``build`` makes it."""

    build: Build
    bom: Bom


def builds_of(manifest: Manifest) -> dict[str, Build]:
    """Return every build that the manifest's CPython line has, by its name."""
    builds = [
        Build(platform=platform, variant=variant)
        for platform in manifest.platform_names()
        for variant in manifest.variant_names()
    ]
    return {build.name: build for build in builds}


def inspect_layouts(
    options: Sequence[str], manifest: Manifest
) -> dict[str, tuple[Build, Inspection]]:
    """Return the layouts of ``--layout PLATFORM=DIR``, by the name of their build.

    Raises InputError for one that is not a layout of this release.
    """
    builds = builds_of(manifest)
    layouts: dict[str, tuple[Build, Inspection]] = {}
    for option in options:
        name, sign, directory = option.partition("=")
        if not sign or name not in builds:
            hint = f"write PLATFORM=DIR with one of {', '.join(builds)}"
            raise usage_error(f"--layout {option}", "does not name a build of the manifest", hint)
        if name in layouts:
            hint = "give each build one layout"
            raise usage_error(f"--layout {option}", "is a second layout of that build", hint)
        build = builds[name]
        is_default = build.variant == DEFAULT
        _, contents = inspect_layout(Path(directory), manifest, build, all_variants=is_default)
        layouts[name] = build, contents
    return layouts


@dataclass(frozen=True, kw_only=True, slots=True)
class ArtifactContents:
    """An artifact and what it contains, as its release describes it.

    ``file`` is the artifact itself, ``path`` where it is in the directory of the release,
    ``build`` what it was made from. One that was opened has its members in ``files``, the
    component each belongs to in ``ownership``, and in ``components`` what is in it, links naming
    the files that are there; ``shown_versions`` are those that files show, each with the key of a
    component. Of one that was not opened, ``components`` are those that come with its channel
    alone: all else is in the BOM of its build. ``absent`` are the packages that an installer
    downloads and that are not available. ``containers`` name artifacts that contain this one,
    ``downloaders`` installers that download it; one that ``is_standalone`` is in the directory by
    itself too.
    """

    artifact: Artifact
    path: str
    file: ShippedFile
    build: Build
    is_opened: bool
    components: tuple[Component, ...] = ()
    files: tuple[ShippedFile, ...] = ()
    ownership: tuple[FileOwnership, ...] = ()
    shown_versions: frozenset[tuple[str, str]] = frozenset()
    absent: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()
    downloaders: tuple[str, ...] = ()
    is_standalone: bool = True

    @property
    def checksums(self) -> tuple[tuple[str, str], ...]:
        """Return SPDX's names of algorithms with lower-case hexadecimal digits."""
        return ("SHA256", self.file.sha256), ("SHA512", self.file.sha512)

    @property
    def has_cpython(self) -> bool:
        """Return whether a file in it is CPython's own: ucrt.msi has none."""
        owned = {owner.path for owner in self.ownership if owner.kind != "static"}
        return not self.is_opened or any(file.path not in owned for file in self.files)


@dataclass(frozen=True, slots=True)
class ReleaseContents:
    """What a release is made of: its artifacts, and the BOM of each build.

    ``missing`` names artifacts of the release that are not available: it is partial then.
    """

    artifacts: tuple[ArtifactContents, ...]
    builds: tuple[BuildBom, ...]
    missing: tuple[str, ...] = ()

    @property
    def inspected_builds(self) -> frozenset[str]:
        """Return the names of the builds whose layout was inspected."""
        return frozenset(build.build.name for build in self.builds if build.bom.files)


def compose_builds(
    manifest: Manifest,
    builds: Mapping[str, tuple[Build, Inspection | None]],
    created: datetime,
    artifacts: Sequence[ArtifactContents] = (),
) -> dict[str, BuildBom]:
    """Return the BOMs of builds that have a layout, or of which only the manifest is known.

    What opened artifacts of a build show is true of all of it.
    """
    return {
        name: BuildBom(
            build,
            compose_build(
                manifest,
                build,
                created,
                contents=layout or _shown_contents(manifest, build, artifacts),
            ),
        )
        for name, (build, layout) in builds.items()
    }


@dataclass(frozen=True, slots=True)
class _ShownContents:
    """The components of a build without a layout, none of its files."""

    components: tuple[Component, ...]
    files: tuple[ShippedFile, ...] = ()
    ownership: tuple[FileOwnership, ...] = ()


def _shown_contents(
    manifest: Manifest, build: Build, artifacts: Sequence[ArtifactContents]
) -> _ShownContents:
    shown = [
        contents
        for contents in sorted(artifacts, key=lambda contents: contents.path)
        if contents.is_opened
        and contents.build.name == build.name
        and contents.artifact.channel.format != "msi"
    ]
    return _ShownContents(apply_shown_components(resolve_components(manifest, build), shown))
