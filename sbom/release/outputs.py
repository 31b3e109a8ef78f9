"""Where the documents of a release go: a directory of their own, or beside the artifacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sbom.diagnostics import SbomError
from sbom.diagnostics.release_messages import output_exists
from sbom.formats import SPDX2
from sbom.manifest.model import Manifest, release_series
from sbom.release.contents import ArtifactContents


@dataclass(frozen=True, slots=True)
class Outputs:
    """The directory that documents go to, and whether the artifacts are in it too.

    ``release_sbom`` is the name of the release's own SBOM, ``location`` the address that artifacts
    without one of their own are published below.
    """

    directory: Path
    release_sbom: str
    location: str
    in_place: bool

    @classmethod
    def in_directory(cls, directory: Path, manifest: Manifest, *, in_place: bool) -> Outputs:
        """Return the outputs of a release in a directory."""
        version = manifest.cpython.version
        return cls(
            directory=directory,
            release_sbom=f"python-{version}-windows{SPDX2.suffix}",
            location=manifest.release.download_location.format(
                release=release_series(version), version=version
            ),
            in_place=in_place,
        )

    def sbom_path(self, contents: ArtifactContents) -> str:
        """Return the path of an artifact's SBOM in the directory."""
        path = contents.path if self.in_place else contents.artifact.file
        return f"{path}{SPDX2.suffix}"

    def sbom_location(self, contents: ArtifactContents) -> str:
        """Return where an artifact's SBOM is published: beside the artifact."""
        artifact = contents.artifact
        is_known = artifact.location != "NOASSERTION"
        location = artifact.location if is_known else f"{self.location}{artifact.file}"
        return f"{location}{SPDX2.suffix}"

    def plan_writes(
        self, documents: Mapping[str, bytes], *, replace_existing: bool
    ) -> dict[Path, bytes]:
        """Return what to write; nothing, where all of it is there already.

        Raises SbomError where a different file has the name of a document.
        """
        existing = {path: _read_existing(self.directory / path) for path in documents}
        if existing == documents:
            return {}
        clashes = [
            output_exists(str(self.directory / path))
            for path, data in documents.items()
            if existing[path] not in (None, data)
        ]
        if clashes and not replace_existing:
            raise SbomError(clashes)
        # The checksums are the last document, behind all that they name.
        return {self.directory / path: data for path, data in documents.items()}


def _read_existing(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def previous_created(outputs: Outputs) -> datetime | None:
    """Return when an earlier run of the same release made its documents, or None.

    The documents of a run again then have the same bytes, and any other difference is refused.
    """
    data = _read_existing(outputs.directory / outputs.release_sbom)
    if data is None:
        return None
    try:
        return SPDX2.read(data, outputs.release_sbom).creation.created
    except SbomError:
        return None
