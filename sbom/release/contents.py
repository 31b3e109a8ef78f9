"""What an artifact contains, and what a release is made of."""

from __future__ import annotations

from dataclasses import dataclass

from sbom.bom.ownership import FileOwnership
from sbom.components.build import Build
from sbom.components.model import Component
from sbom.files.shipped_file import ShippedFile
from sbom.manifest.channels import Artifact
from sbom.release.parts import PlatformSbom


@dataclass(frozen=True, kw_only=True, slots=True)
class ArtifactContents:
    """An artifact and what it contains, as its release describes it.

    ``file`` is the artifact itself, ``path`` where it is in the directory of the release,
    ``build`` what it was made from. One that was opened has its members in ``files``, the
    component each belongs to in ``ownership``, and in ``components`` what is in it, links naming
    the files that are there. Of one that was not opened, ``components`` are those that come with
    its channel alone: all else is in the BOM of its build. ``containers`` name artifacts that
    contain this one; one that ``is_standalone`` is in the directory by itself too.
    """

    artifact: Artifact
    path: str
    file: ShippedFile
    build: Build
    is_opened: bool
    components: tuple[Component, ...] = ()
    files: tuple[ShippedFile, ...] = ()
    ownership: tuple[FileOwnership, ...] = ()
    containers: tuple[str, ...] = ()
    is_standalone: bool = True

    @property
    def checksums(self) -> tuple[tuple[str, str], ...]:
        """Return SPDX's names of algorithms with lower-case hexadecimal digits."""
        return ("SHA256", self.file.sha256), ("SHA512", self.file.sha512)


@dataclass(frozen=True, slots=True)
class ReleaseContents:
    """What a release is made of: its artifacts, and the BOM of each build."""

    artifacts: tuple[ArtifactContents, ...]
    parts: tuple[PlatformSbom, ...]

    @property
    def inspected_builds(self) -> frozenset[str]:
        """Return the names of the builds whose layout was inspected."""
        return frozenset(part.build.name for part in self.parts if part.bom.files)
