"""Where a release's documents go: a folder of their own, or beside the artifacts."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sbom.diagnostics import Code, Diagnostic, SbomError
from sbom.manifest.model import Manifest, release_series
from sbom.options import Environment
from sbom.release.contents import DescribedArtifact
from sbom.release.index import sums
from sbom.release.published import SUMS


@dataclass(frozen=True, slots=True)
class Outputs:
    """The folder that documents go to, and whether the artifacts are in it too."""

    folder: Path
    whole: str
    base: str
    in_place: bool

    @classmethod
    def named(cls, arguments: argparse.Namespace, manifest: Manifest) -> Outputs:
        """Return where a command line wants its documents."""
        whole = f"python-{manifest.cpython.version}-windows.spdx.json"
        folder = arguments.artifacts if arguments.in_place else arguments.output
        base = manifest.release.download_location.format(
            release=release_series(manifest.cpython.version), version=manifest.cpython.version
        )
        return cls(folder, whole, base, arguments.in_place)

    def beside(self, one: DescribedArtifact) -> str:
        """Return the path of an artifact's SBOM in the folder."""
        return f"{one.path if self.in_place else one.artifact.file}.spdx.json"

    def address(self, one: DescribedArtifact) -> str:
        """Return where an artifact is published, or would be where no address is known."""
        location = one.artifact.location
        return f"{self.base}{one.artifact.file}" if location == "NOASSERTION" else location

    def sums(self, documents: Mapping[str, bytes], described: Sequence[DescribedArtifact]) -> bytes:
        """Return the file of sums: of all documents, and of artifacts that lie beside them."""
        digests = {path: sha256(data).hexdigest() for path, data in documents.items()}
        if self.in_place:
            digests |= {one.path: one.own.sha256 for one in described if one.alone}
        return sums(digests)

    def place(self, documents: Mapping[str, bytes], *, replace_all: bool) -> dict[Path, bytes]:
        """Return what to write; nothing, where all of it is there already.

        Raises SbomError where something else is in the place of a document.
        """
        there = {path: _bytes(self.folder / path) for path in documents}
        if all(there[path] == data for path, data in documents.items()):
            return {}
        clashes = [
            Diagnostic(
                code=Code.OUTPUT_EXISTS,
                file=str(self.folder / path),
                message="is there already, and of another release run",
                hint="remove it, or say --replace",
            )
            for path, data in documents.items()
            if there[path] is not None and there[path] != data
        ]
        if clashes and not replace_all:
            raise SbomError(clashes)
        return {self.folder / path: documents[path] for path in sorted(documents, key=_last)}


def _last(path: str) -> tuple[bool, str]:
    """Sort the sums behind all that they name."""
    return path == SUMS, path


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def previous_created(outputs: Outputs, environment: Environment) -> datetime | None:
    """Return when an earlier run of the same release made its documents, or None.

    A run again is then the same bytes; where anything else differs, it is refused as such.
    SOURCE_DATE_EPOCH goes before.
    """
    if environment.get("SOURCE_DATE_EPOCH"):
        return None
    data = _bytes(outputs.folder / outputs.whole)
    try:
        return datetime.fromisoformat(json.loads(data or b"{}")["creationInfo"]["created"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
