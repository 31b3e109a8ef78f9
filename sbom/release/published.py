"""A published directory compared with itself: artifacts, their SBOMs, the index, the checksums.

Needs nothing but the files themselves, so that it works for releases of any publisher.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from sbom.bom.bom import Bom, content_digest
from sbom.bom.graph import SliceExtractor
from sbom.diagnostics import Diagnostic, SbomError, sort_diagnostics
from sbom.diagnostics.release_messages import inconsistent_release, missing_from_release
from sbom.formats import SPDX2
from sbom.release.documents import CHECKSUMS, FORM, INDEX, is_partial

_CHECKSUM_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")


@dataclass(frozen=True, slots=True)
class PublishedSbom:
    """What an index states of one SBOM."""

    path: str
    namespace: str
    sha256: str


@dataclass(frozen=True, slots=True)
class PublishedArtifact:
    """What an index states of one artifact; ``checksums`` are by algorithm in lower case."""

    path: str
    checksums: Mapping[str, str]
    sbom: PublishedSbom


@dataclass(frozen=True, slots=True)
class ReleaseIndex:
    """An index as it was published; ``missing`` names artifacts that are not described."""

    version: str
    missing: tuple[str, ...]
    release: PublishedSbom
    artifacts: tuple[PublishedArtifact, ...]

    @property
    def sbom_paths(self) -> tuple[str, ...]:
        """Return the paths of all SBOMs that the index names."""
        return (self.release.path, *(artifact.sbom.path for artifact in self.artifacts))

    @property
    def artifact_names(self) -> frozenset[str]:
        """Return the names of all artifacts that the index names."""
        return frozenset(artifact.path.rpartition("/")[2] for artifact in self.artifacts)


@dataclass(frozen=True, slots=True)
class PublishedRelease:
    """What there is in a published directory.

    ``artifacts`` maps the path of each artifact to its checksums by algorithm in lower case,
    ``documents`` the path of everything that a release has written to its bytes.
    """

    artifacts: Mapping[str, Mapping[str, str]]
    documents: Mapping[str, bytes]


def read_index(data: bytes | None) -> ReleaseIndex | None:
    """Return the index of a release; None if it is missing, or is not one."""
    try:
        index = json.loads(data or b"")
        missing = tuple(map(str, index["missing"]))
        if index["form"] != FORM or index["partial"] != bool(missing):
            return None
        return ReleaseIndex(
            version=str(index["version"]),
            missing=missing,
            release=_read_entry(index["document"]),
            artifacts=tuple(_read_artifact(entry) for entry in index["artifacts"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _read_artifact(entry: Mapping[str, Any]) -> PublishedArtifact:
    checksums = {name: str(entry[name]) for name in ("sha256", "sha512")}
    return PublishedArtifact(str(entry["file"]), checksums, _read_entry(entry["sbom"]))


def _read_entry(entry: Mapping[str, Any]) -> PublishedSbom:
    return PublishedSbom(str(entry["file"]), str(entry["namespace"]), str(entry["sha256"]))


def check_published_release(published: PublishedRelease) -> tuple[Diagnostic, ...]:
    """Return everything that is wrong with a published directory, sorted."""
    index = read_index(published.documents.get(INDEX))
    if index is None:
        return (inconsistent_release(INDEX, "is missing, or is not the index of a release"),)
    diagnostics = [
        *_check_checksums(published),
        *_check_artifacts(published, index.artifacts),
        *_check_digest(published, index.release),
    ]
    release = _read_bom(published, index.release.path, diagnostics)
    if release is not None:
        diagnostics += _check_namespace(release, index.release)
        if is_partial(release) != bool(index.missing):
            kinds = ("partial", "complete") if index.missing else ("complete", "partial")
            message = f"expected a {kinds[0]} release, as {INDEX} states, found a {kinds[1]} one"
            diagnostics.append(inconsistent_release(index.release.path, message))
        diagnostics += _check_slices(published, index, release)
    return sort_diagnostics(diagnostics)


def _check_checksums(published: PublishedRelease) -> Iterator[Diagnostic]:
    """Compare the file of checksums with everything that it names and should name."""
    data = published.documents.get(CHECKSUMS)
    if data is None:
        yield missing_from_release(CHECKSUMS)
        return
    stated: dict[str, str] = {}
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
        match = _CHECKSUM_LINE.fullmatch(line)
        if match is None:
            yield inconsistent_release(CHECKSUMS, "is not a line of sha256sum", line=number)
        else:
            stated[match[2]] = match[1]
    actual = {path: hashlib.sha256(data).hexdigest() for path, data in published.documents.items()}
    actual |= {path: checksums["sha256"] for path, checksums in published.artifacts.items()}
    for path in sorted(stated):
        if path not in actual:
            yield missing_from_release(path, f"named by {CHECKSUMS}")
        elif stated[path] != actual[path]:
            yield _differs(path, f"its SHA-256 in {CHECKSUMS}", stated[path], actual[path])
    for path in sorted(published.documents.keys() - stated.keys() - {CHECKSUMS}):
        yield inconsistent_release(path, f"is not named by {CHECKSUMS}")


def _differs(path: str, what: str, expected: str, actual: str) -> Diagnostic:
    message = f"differs from {what}: expected {expected[:12]}…, found {actual[:12]}…"
    return inconsistent_release(path, message)


def _check_artifacts(
    published: PublishedRelease, indexed: Iterable[PublishedArtifact]
) -> Iterator[Diagnostic]:
    """Compare the index with the artifacts: each indexed, each with its SBOM and checksums."""
    entries = {artifact.path: artifact for artifact in indexed}
    for path in sorted(published.artifacts.keys() - entries.keys()):
        yield inconsistent_release(path, "has no SBOM: the index does not name it")
    for path, entry in sorted(entries.items()):
        if path not in published.artifacts:
            yield missing_from_release(path, "named by the index")
            continue
        for algorithm, value in published.artifacts[path].items():
            if entry.checksums[algorithm] != value:
                what = f"the {algorithm} that its SBOM describes"
                yield _differs(path, what, entry.checksums[algorithm], value)
        if entry.sbom.path not in published.documents:
            yield inconsistent_release(path, f"has no SBOM: {entry.sbom.path} is missing")
        else:
            yield from _check_digest(published, entry.sbom)


def _check_digest(published: PublishedRelease, sbom: PublishedSbom) -> Iterator[Diagnostic]:
    data = published.documents.get(sbom.path)
    if data is None:
        return
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 != sbom.sha256:
        yield _differs(sbom.path, "its SHA-256 in the index", sbom.sha256, sha256)


def _read_bom(published: PublishedRelease, path: str, diagnostics: list[Diagnostic]) -> Bom | None:
    """Return a document as a BOM; None, and what is wrong, where it is missing or unreadable."""
    data = published.documents.get(path)
    if data is None:
        diagnostics.append(missing_from_release(path))
        return None
    try:
        return SPDX2.read(data, path)
    except SbomError as error:
        diagnostics += error.diagnostics
        return None


def _check_slices(
    published: PublishedRelease, index: ReleaseIndex, release: Bom
) -> list[Diagnostic]:
    """Compare every slice with what would be extracted from the release's SBOM now."""
    extractor = SliceExtractor(release)
    roots = {component.file_name: component.id for component in release.components}
    diagnostics: list[Diagnostic] = []
    for artifact in index.artifacts:
        path = artifact.sbom.path
        published_slice = _read_bom(published, path, diagnostics)
        if published_slice is None:
            continue
        name = artifact.path.rpartition("/")[2]
        if name not in roots:
            message = f"{index.release.path} has no component of {name}"
            diagnostics.append(inconsistent_release(path, message))
            continue
        diagnostics += _check_namespace(published_slice, artifact.sbom)
        expected = extractor.extract(roots[name], published_slice.name)
        expected = replace(expected, namespace=artifact.sbom.namespace)
        diagnostics += _compare(path, published_slice, expected, index.release.path)
    return diagnostics


def _check_namespace(bom: Bom, sbom: PublishedSbom) -> Iterator[Diagnostic]:
    """Require a namespace that stands for these contents alone: it has the digest of them."""
    if content_digest(bom) not in bom.namespace:
        message = "its namespace is not that of its contents"
        yield inconsistent_release(sbom.path, message, subject=bom.namespace)


def _compare(path: str, published: Bom, expected: Bom, release: str) -> Iterator[Diagnostic]:
    """Yield where a slice differs from what the release's SBOM has, element by element."""
    for field in fields(Bom):
        actual, wanted = (_by_id(getattr(bom, field.name)) for bom in (published, expected))
        for id_ in sorted(actual.keys() | wanted.keys()):
            if actual.get(id_) != wanted.get(id_):
                message = f"is not a slice of {release}: the two differ in {field.name}"
                yield inconsistent_release(path, message, subject=id_)


def _by_id(value: object) -> dict[str, list[object]]:
    """Return the elements of a BOM's field by their ids, and any other value without one."""
    elements: dict[str, list[object]] = {}
    for element in value if isinstance(value, tuple) else (value,):
        id_ = getattr(element, "id", "") or getattr(element, "source", "")
        elements.setdefault(id_, []).append(element)
    return elements
