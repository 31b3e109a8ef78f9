"""What a program reads first: which SBOM belongs to which artifact, and all their checksums."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sbom.release.contents import ArtifactContents
from sbom.release.release_components import Basis

#: The names of what a release writes beside its SBOMs.
INDEX, CHECKSUMS = "sbom-index.json", "SHA256SUMS"
#: The version of the index's own form.
FORM = 1


@dataclass(frozen=True, slots=True)
class WrittenSbom:
    """One SBOM of a release: its path, with slashes, its namespace and its bytes."""

    path: str
    namespace: str
    data: bytes

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the bytes."""
        return hashlib.sha256(self.data).hexdigest()

    def as_entry(self) -> dict[str, str]:
        """Return the entry of the SBOM in the index."""
        return {"file": self.path, "namespace": self.namespace, "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class WrittenSlice:
    """The SBOM of one artifact, and what its description rests on."""

    artifact: ArtifactContents
    basis: Basis
    sbom: WrittenSbom


def write_index(version: str, release: WrittenSbom, slices: Iterable[WrittenSlice]) -> bytes:
    """Return the index of a release as JSON: UTF-8, two spaces of indentation, LF line ends."""
    artifacts = [_artifact_entry(written) for written in slices]
    index = {"form": FORM, "version": version, "document": release.as_entry()}
    text = json.dumps({**index, "artifacts": artifacts}, indent=2, ensure_ascii=False)
    return f"{text}\n".encode()


def _artifact_entry(written: WrittenSlice) -> dict[str, object]:
    contents = written.artifact
    return {
        "file": contents.path,
        "channel": contents.artifact.channel.name,
        "platform": contents.build.platform,
        "variant": contents.build.variant,
        "described-from": written.basis.label,
        "location": contents.artifact.location,
        "size": contents.file.size,
        **{algorithm.lower(): value for algorithm, value in contents.checksums},
        "sbom": written.sbom.as_entry(),
    }


def write_checksums(sha256s: Mapping[str, str]) -> bytes:
    """Return SHA-256 checksums by path in the form that ``sha256sum --check`` reads."""
    return "".join(f"{sha256s[path]} *{path}\n" for path in sorted(sha256s)).encode()
