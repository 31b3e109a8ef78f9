"""The documents of a release: its SBOM, one slice per artifact, the index and the checksums.

They go to a directory of their own, or beside the artifacts. The index is what a program reads
first: which SBOM belongs to which artifact, and all checksums.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sbom.bom.bom import Bom
from sbom.bom.completeness import PARTIAL
from sbom.bom.compose import derived_namespace
from sbom.bom.graph import SliceExtractor
from sbom.diagnostics import Diagnostic, SbomError
from sbom.diagnostics.release_messages import output_exists
from sbom.formats import DocumentFormat, read_document
from sbom.manifest.model import Manifest
from sbom.release.contents import ArtifactContents, ReleaseContents
from sbom.release.index import (
    INDEX,
    PublishedArtifact,
    PublishedSbom,
    ReleaseIndex,
    write_index,
)
from sbom.release.release_bom import Basis, basis_of


@dataclass(frozen=True, slots=True)
class Outputs:
    """The directory that documents go to, and whether the artifacts are in it too.

    ``formats`` are those of every SBOM.
    """

    directory: Path
    formats: tuple[DocumentFormat, ...]
    in_place: bool

    def sbom_stem(self, contents: ArtifactContents) -> str:
        """Return the path of an artifact's SBOMs in the directory, without their suffix."""
        return contents.path if self.in_place else contents.artifact.file

    def plan_writes(
        self,
        documents: Mapping[str, bytes],
        others: Mapping[Path, bytes],
        *,
        replace_existing: bool,
    ) -> dict[Path, bytes]:
        """Return what to write; nothing, where all of it is there already.

        ``documents`` are by their paths in the directory, ``others`` by their own. Raises SbomError
        if a different file has the name of one.
        """
        # The checksums are the last document, after all that they name.
        writes = {**others, **{self.directory / path: data for path, data in documents.items()}}
        existing = {path: _read_existing(path) for path in writes}
        if existing == writes:
            return {}
        clashes = [
            output_exists(str(path))
            for path, data in writes.items()
            if existing[path] not in (None, data)
        ]
        if clashes and not replace_existing:
            raise SbomError(clashes)
        return writes


def _read_existing(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def previous_created(outputs: Outputs, name: str) -> datetime | None:
    """Return when an earlier run of the release of a ``name`` made its documents, or None.

    The documents of a run again then have the same bytes, and any other difference is refused.
    """
    for document_format in outputs.formats:
        path = outputs.directory / f"{name}{document_format.suffix}"
        data = _read_existing(path)
        if data is not None:
            with suppress(SbomError):
                return read_document(data, path.name).creation.created
    return None


#: The name of the file that ``sha256sum --check`` reads.
CHECKSUMS = "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class WrittenSbom:
    """One SBOM of a release: its bytes, and what the index states of it."""

    published: PublishedSbom
    data: bytes


@dataclass(frozen=True, slots=True)
class WrittenSlice:
    """The SBOM of one artifact in every format, and what its description rests on."""

    artifact: ArtifactContents
    basis: Basis
    sboms: tuple[WrittenSbom, ...]


def partial_sentence(missing: int, expected: int) -> str:
    """Return what a document states of a release that does not describe all artifacts."""
    verb = "is" if missing == 1 else "are"
    return f"{PARTIAL} {missing} of its {expected} artifacts {verb} not described."


def release_comment(
    manifest: Manifest, unpinned: Sequence[Diagnostic], contents: ReleaseContents
) -> str:
    """Return what the documents of a release state about how they were made.

    ``unpinned`` are the checksums whose absence is allowed.
    """
    sentences = [(manifest.release.comment or manifest.document.comment).strip()]
    if unpinned:
        tags = {str(pin.key): pin.tag for pin in manifest.pins}
        archives = {
            tags.get(diagnostic.subject, manifest.cpython.source_location)
            for diagnostic in unpinned
        }
        names = ", ".join(sorted(archives))
        sentences.append(f"Released although no checksum is known of {names}.")
    if missing := len(contents.missing):
        described = sum(artifact.is_standalone for artifact in contents.artifacts)
        sentences.append(partial_sentence(missing, missing + described))
    return " ".join(sentences)


def is_partial(bom: Bom) -> bool:
    """Return whether a document states that its release does not describe all artifacts."""
    return PARTIAL in bom.creation.comment


@dataclass(frozen=True, slots=True)
class WrittenRelease:
    """The SBOM of a release and those of its artifacts, each in every format."""

    release: tuple[WrittenSbom, ...]
    slices: tuple[WrittenSlice, ...]

    @property
    def namespaces(self) -> dict[str, str]:
        """Return the namespace of each artifact's SBOM, by the name that its channel publishes."""
        return {
            slice_.artifact.artifact.file: slice_.sboms[0].published.namespace
            for slice_ in self.slices
        }


def write_sboms(
    manifest: Manifest, bom: Bom, contents: ReleaseContents, outputs: Outputs
) -> WrittenRelease:
    """Return the SBOMs of a release."""
    slices = tuple(_write_slices(manifest, bom, contents, outputs))
    return WrittenRelease(_write_formats(bom, bom.name, outputs), slices)


def list_documents(
    written: WrittenRelease, version: str, missing: Sequence[str], outputs: Outputs
) -> dict[str, bytes]:
    """Return the SBOMs of a release with their index and checksums, by path; the checksums last.

    ``missing`` names the artifacts of a partial release that it does not describe.
    """
    sboms = [*written.release, *(sbom for slice_ in written.slices for sbom in slice_.sboms)]
    documents = {sbom.published.path: sbom.data for sbom in sboms}
    documents[INDEX] = write_index(_index_of(written, version, missing))
    documents = dict(sorted(documents.items()))
    sha256s = {sbom.published.path: sbom.published.sha256 for sbom in sboms}
    sha256s[INDEX] = hashlib.sha256(documents[INDEX]).hexdigest()
    if outputs.in_place:
        sha256s |= {slice_.artifact.path: slice_.artifact.file.sha256 for slice_ in written.slices}
    documents[CHECKSUMS] = _write_checksums(sha256s)
    return documents


def _write_formats(bom: Bom, stem: str, outputs: Outputs) -> tuple[WrittenSbom, ...]:
    return tuple(_write_sbom(bom, stem, document_format) for document_format in outputs.formats)


def _write_sbom(bom: Bom, stem: str, document_format: DocumentFormat) -> WrittenSbom:
    data = document_format.write(bom)
    path, sha256 = f"{stem}{document_format.suffix}", hashlib.sha256(data).hexdigest()
    return WrittenSbom(PublishedSbom(document_format.name, path, bom.namespace, sha256), data)


def _write_slices(
    manifest: Manifest, bom: Bom, contents: ReleaseContents, outputs: Outputs
) -> Iterator[WrittenSlice]:
    """Yield the SBOM of each artifact that is in the directory by itself, by path."""
    extractor = SliceExtractor(bom)
    roots = {component.name: component.id for component in bom.components}
    for artifact in sorted(contents.artifacts, key=lambda artifact: artifact.path):
        if artifact.is_standalone:
            file = artifact.artifact.file
            extracted = extractor.extract(roots[file], file)
            extracted = replace(extracted, namespace=derived_namespace(manifest, extracted))
            sboms = _write_formats(extracted, outputs.sbom_stem(artifact), outputs)
            yield WrittenSlice(artifact, basis_of(artifact, contents.inspected_builds), sboms)


def _index_of(written: WrittenRelease, version: str, missing: Sequence[str]) -> ReleaseIndex:
    return ReleaseIndex(
        version=version,
        missing=tuple(missing),
        documents=tuple(sbom.published for sbom in written.release),
        artifacts=tuple(
            PublishedArtifact(
                path=slice_.artifact.path,
                checksums={name.lower(): value for name, value in slice_.artifact.checksums},
                properties={
                    "channel": slice_.artifact.artifact.channel.name,
                    "platform": slice_.artifact.build.platform,
                    "variant": slice_.artifact.build.variant,
                    "described-from": slice_.basis.label,
                    "location": slice_.artifact.artifact.location,
                    "size": slice_.artifact.file.size,
                },
                sboms=tuple(sbom.published for sbom in slice_.sboms),
            )
            for slice_ in written.slices
        ),
    )


def _write_checksums(sha256s: Mapping[str, str]) -> bytes:
    """Return SHA-256 checksums by path in the form that ``sha256sum --check`` reads."""
    return "".join(f"{sha256s[path]} *{path}\n" for path in sorted(sha256s)).encode()
