"""The documents of a release: its SBOM, one slice per artifact, the index and the checksums.

The index is what a program reads first: which SBOM belongs to which artifact, and all checksums.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sbom.bom.model import Bom
from sbom.bom.slice import SliceExtractor
from sbom.formats import SPDX2
from sbom.release.contents import ArtifactContents, ReleaseContents
from sbom.release.outputs import Outputs
from sbom.release.release_components import Basis, basis_of

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


def write_documents(
    version: str, bom: Bom, contents: ReleaseContents, outputs: Outputs
) -> dict[str, bytes]:
    """Return everything that a release writes, by its path; the checksums last."""
    release = WrittenSbom(outputs.release_sbom, bom.namespace, SPDX2.write(bom))
    slices = list(_write_slices(bom, contents, outputs))
    documents = {sbom.path: sbom.data for sbom in (release, *(one.sbom for one in slices))}
    documents[INDEX] = write_index(version, release, slices)
    documents = dict(sorted(documents.items()))
    sha256s = {path: hashlib.sha256(data).hexdigest() for path, data in documents.items()}
    if outputs.in_place:
        sha256s |= {one.artifact.path: one.artifact.file.sha256 for one in slices}
    documents[CHECKSUMS] = write_checksums(sha256s)
    return documents


def _write_slices(bom: Bom, contents: ReleaseContents, outputs: Outputs) -> Iterator[WrittenSlice]:
    """Yield the SBOM of each artifact that is in the directory by itself, by path."""
    extractor = SliceExtractor(bom)
    roots = {component.name: component.id for component in bom.components}
    for artifact in sorted(contents.artifacts, key=lambda artifact: artifact.path):
        if artifact.is_standalone:
            file, namespace = artifact.artifact.file, outputs.sbom_location(artifact)
            data = SPDX2.write(extractor.extract(roots[file], file, namespace))
            sbom = WrittenSbom(outputs.sbom_path(artifact), namespace, data)
            yield WrittenSlice(artifact, basis_of(artifact, contents.inspected_builds), sbom)


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
