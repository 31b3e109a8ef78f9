"""A directory of a release that was published: its documents and artifacts, read to be compared."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

from sbom.bom.bom import Bom
from sbom.diagnostics import Diagnostic, InputError, SbomError
from sbom.diagnostics.io_messages import input_error
from sbom.diagnostics.release_messages import inconsistent_release, missing_artifact
from sbom.files.shipped_file import hash_file
from sbom.files.zip import validate_member_name
from sbom.formats import is_document, read_document
from sbom.formats.cyclonedx_read import is_cyclonedx_vex
from sbom.formats.json_document import parse_json
from sbom.io import DOCUMENT_LIMIT, read_bytes, require_directory
from sbom.manifest.model import Manifest
from sbom.release.artifact_inspection import list_artifact_paths
from sbom.release.artifact_set import classify_artifacts
from sbom.release.consistency import PublishedRelease
from sbom.release.documents import CHECKSUMS
from sbom.release.index import INDEX, INDEX_SCHEMA_VERSION, PublishedSbom, ReleaseIndex, read_index

_HINT = "name a directory that 'release' wrote"


def read_release(directory: Path) -> tuple[ReleaseIndex, PublishedSbom, Bom]:
    """Return the index of a release, the first SBOM of the whole release, and the BOM in that.

    Raises SbomError if they cannot be read, or if the SBOM is not the file that the index names.
    """
    require_directory(directory, _HINT)
    path = directory / INDEX
    if not path.is_file():
        raise InputError([input_error(str(directory), f"has no {INDEX}", _HINT)])
    index = read_index(read_bytes(path, DOCUMENT_LIMIT))
    if index is None:
        message = f"is not the index of a release with schema version {INDEX_SCHEMA_VERSION}"
        raise InputError([input_error(str(path), message, _HINT)])
    document = index.documents[0]
    if validate_member_name(document.path):
        message = f"names {document.path}, which is not in its directory"
        raise SbomError([inconsistent_release(str(path), message)])
    path = directory / document.path
    data = read_bytes(path, DOCUMENT_LIMIT)
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 != document.sha256:
        message = f"expected SHA-256 {document.sha256} as {INDEX} states, found {sha256}"
        raise SbomError([inconsistent_release(str(path), message)])
    return index, document, read_document(data, str(path))


def read_published_documents(directory: Path) -> dict[str, bytes]:
    """Return what a release has written to a directory, by path: the index names it.

    Raises InputError if a document cannot be read.
    """
    names = [INDEX, CHECKSUMS, *_indexed_sboms(directory)]
    return {
        name: read_bytes(directory / name, DOCUMENT_LIMIT)
        for name in names
        if (directory / name).is_file()
    }


def _indexed_sboms(directory: Path) -> list[str]:
    """Return the SBOMs in a directory that its index names, if it has one."""
    path = directory / INDEX
    index = read_index(read_bytes(path, DOCUMENT_LIMIT)) if path.is_file() else None
    return [
        name
        for name in (index.sbom_paths if index else ())
        if not validate_member_name(name) and (directory / name).is_file()
    ]


def read_published_release(
    directory: Path,
    documents_directory: Path,
    documents: dict[str, bytes],
    manifest: Manifest,
) -> tuple[PublishedRelease, tuple[Diagnostic, ...]]:
    """Return the artifacts in a directory with their documents, and what is wrong with the set.

    ``documents`` are those in ``documents_directory``, which can be another one; ``manifest`` is
    of the release that was published.
    """
    paths = [path for path in list_artifact_paths(directory) if path not in documents]
    artifact_set = classify_artifacts(paths, manifest, str(directory), partial=True)
    index = read_index(documents.get(INDEX))
    undescribed = [
        missing_artifact(artifact.file, artifact.channel.name)
        for artifact in artifact_set.missing
        if index
        and artifact.file not in index.missing
        and artifact.file not in index.artifact_names
    ]
    published = PublishedRelease(
        artifacts=artifact_set.artifacts,
        files={path: hash_file(directory / path) for path in artifact_set.artifacts},
        documents=documents,
        sbom_paths=_sbom_paths(documents_directory, index),
        names=frozenset(artifact.file for artifact in artifact_set.expected),
    )
    return published, (*artifact_set.diagnostics, *undescribed)


def stale_documents(directory: Path, documents: Collection[str]) -> tuple[str, ...]:
    """Return the SBOMs that the index of an earlier run names and a run does not write, sorted.

    ``documents`` are the paths of what it writes. The earlier run wrote another format.
    """
    return tuple(name for name in sorted(_indexed_sboms(directory)) if name not in documents)


def _sbom_paths(directory: Path, index: ReleaseIndex | None) -> tuple[str, ...]:
    """Return the SBOMs in a directory: those that an index names, and others that are no VEX."""
    paths = list_artifact_paths(directory) if directory.is_dir() else ()
    indexed = index.sbom_paths if index else ()
    return tuple(
        path
        for path in filter(is_document, paths)
        if path in indexed or not _is_vex(directory / path)
    )


def _is_vex(path: Path) -> bool:
    try:
        return is_cyclonedx_vex(parse_json(read_bytes(path, DOCUMENT_LIMIT), str(path)))
    except InputError:
        return False
