"""A directory of a release that was published: its documents and artifacts, read to be compared."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from sbom.diagnostics import Diagnostic
from sbom.diagnostics.release_messages import missing_artifact
from sbom.files.shipped_file import hash_file
from sbom.formats import is_document
from sbom.io import DOCUMENT_LIMIT, read_bytes
from sbom.manifest.model import Manifest
from sbom.release.artifact_inspection import list_files
from sbom.release.artifact_set import classify_artifacts
from sbom.release.documents import CHECKSUMS, INDEX
from sbom.release.index import read_index
from sbom.release.published import PublishedRelease


def read_published_documents(directory: Path) -> dict[str, bytes]:
    """Return what a release has written to a directory, by path: the index names it.

    Raises InputError if a document cannot be read.
    """
    names = [INDEX, CHECKSUMS]
    if (directory / INDEX).is_file():
        index = read_index(read_bytes(directory / INDEX, DOCUMENT_LIMIT))
        names += index.sbom_paths if index else ()
    return {
        name: read_bytes(directory / name, DOCUMENT_LIMIT)
        for name in names
        if _is_below(Path(name)) and (directory / name).is_file()
    }


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
    paths = [path for path in list_files(directory) if path not in documents]
    artifact_set = classify_artifacts(paths, manifest, partial=True)
    index = read_index(documents.get(INDEX))
    undescribed = [
        missing_artifact(one.file, one.channel.name)
        for one in artifact_set.missing
        if index and one.file not in index.missing and one.file not in index.artifact_names
    ]
    published = PublishedRelease(
        artifacts=artifact_set.artifacts,
        files={path: hash_file(directory / path) for path in artifact_set.artifacts},
        documents=documents,
        sbom_paths=_sbom_paths(documents_directory),
        names=frozenset(one.file for one in artifact_set.expected),
    )
    return published, (*artifact_set.diagnostics, *undescribed)


def stale_documents(directory: Path, documents: Collection[str]) -> tuple[str, ...]:
    """Return the SBOMs that the index of an earlier run names and a run does not write, sorted.

    ``documents`` are the paths of what it writes. The earlier run wrote another format.
    """
    path = directory / INDEX
    index = read_index(read_bytes(path, DOCUMENT_LIMIT)) if path.is_file() else None
    return tuple(
        name
        for name in sorted(index.sbom_paths if index else ())
        if name not in documents and _is_below(Path(name)) and (directory / name).is_file()
    )


def _sbom_paths(directory: Path) -> tuple[str, ...]:
    paths = list_files(directory) if directory.is_dir() else ()
    return tuple(filter(is_document, paths))


def _is_below(path: Path) -> bool:
    """Return whether a path of an index stays in the directory of the index."""
    return not path.is_absolute() and ".." not in path.parts
