"""A published directory compared with itself: artifacts, their SBOMs, the index, the checksums.

Needs nothing but the files themselves, so that it works for releases of any publisher.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace

from sbom.bom.bom import Bom, content_digest
from sbom.bom.graph import SliceExtractor
from sbom.components.component import Build, Component
from sbom.diagnostics import Diagnostic, SbomError, sort_diagnostics
from sbom.diagnostics.release_messages import inconsistent_release, missing_from_release
from sbom.files.shipped_file import ShippedFile
from sbom.formats import read_document
from sbom.manifest.channels import Artifact
from sbom.release.documents import CHECKSUMS, is_partial, partial_sentence
from sbom.release.index import INDEX, PublishedArtifact, PublishedSbom, ReleaseIndex, read_index
from sbom.release.release_bom import Basis

_CHECKSUM_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedRelease:
    """What there is in a published directory.

    ``artifacts`` and ``files`` have the artifacts by path: what each is, and the file itself,
    hashed; ``documents`` maps the path of everything that a release has written to its bytes.
    ``sbom_paths`` are those of all SBOMs that are there, ``names`` those of all artifacts that the
    channels publish of this release.
    """

    artifacts: Mapping[str, Artifact]
    files: Mapping[str, ShippedFile]
    documents: Mapping[str, bytes]
    sbom_paths: tuple[str, ...]
    names: frozenset[str]

    @property
    def checksums(self) -> dict[str, dict[str, str]]:
        """Return the checksums of each artifact by its path, by algorithm in lower case."""
        return {
            path: {"sha256": file.sha256, "sha512": file.sha512}
            for path, file in self.files.items()
        }


def check_published_release(published: PublishedRelease) -> tuple[Diagnostic, ...]:
    """Return everything that is wrong with a published directory, sorted."""
    index = read_index(published.documents.get(INDEX))
    if index is None:
        return (inconsistent_release(INDEX, "is missing, or is not the index of a release"),)
    diagnostics = [
        *_check_names(published, index),
        *_check_checksums(published),
        *_check_artifacts(published, index.artifacts),
    ]
    for document in index.documents:
        diagnostics += _check_digest(published, document)
        release = _read_bom(published, document.path, diagnostics)
        if release is not None:
            diagnostics += _check_namespace(release, document)
            diagnostics += _check_partial(release, document.path, index)
            diagnostics += _check_slices(published, index, document, release)
    return sort_diagnostics(set(diagnostics))


def _check_names(published: PublishedRelease, index: ReleaseIndex) -> Iterator[Diagnostic]:
    """Yield artifacts in the index that do not exist, and documents that are not in it."""
    for name in sorted(set(index.missing) - published.names):
        yield inconsistent_release(INDEX, f"names {name} as missing, which no channel publishes")
    for path in sorted(set(published.sbom_paths) - set(index.sbom_paths)):
        yield inconsistent_release(path, f"is not named by {INDEX}")


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
        elif match[2] in stated:
            message = f"names {match[2]} a second time"
            yield inconsistent_release(CHECKSUMS, message, line=number)
        else:
            stated[match[2]] = match[1]
    actual = {path: hashlib.sha256(data).hexdigest() for path, data in published.documents.items()}
    actual |= {path: file.sha256 for path, file in published.files.items()}
    for path in sorted(stated):
        if path not in actual:
            yield missing_from_release(path, f"named by {CHECKSUMS}")
        elif stated[path] != actual[path]:
            yield _differs(path, f"its SHA-256 in {CHECKSUMS}", stated[path], actual[path])
    # The artifacts are named where the documents are beside them.
    named = published.documents.keys() | (
        published.files.keys() if published.files.keys() & stated.keys() else set()
    )
    for path in sorted(named - stated.keys() - {CHECKSUMS}):
        yield inconsistent_release(path, f"is not named by {CHECKSUMS}")


def _differs(path: str, what: str, expected: str, actual: str) -> Diagnostic:
    message = f"differs from {what}: expected {expected[:12]}…, found {actual[:12]}…"
    return inconsistent_release(path, message)


def _check_artifacts(
    published: PublishedRelease, indexed: Iterable[PublishedArtifact]
) -> Iterator[Diagnostic]:
    """Compare the index with the artifacts: each indexed, each with its SBOM and checksums."""
    entries = {artifact.path: artifact for artifact in indexed}
    checksums = published.checksums
    for path in sorted(published.files.keys() - entries.keys()):
        yield inconsistent_release(path, "has no SBOM: the index does not name it")
    for path, entry in sorted(entries.items()):
        if path not in published.files:
            yield missing_from_release(path, "named by the index")
            continue
        for algorithm, value in checksums[path].items():
            if entry.checksums[algorithm] != value:
                what = f"the {algorithm} that its SBOM describes"
                yield _differs(path, what, entry.checksums[algorithm], value)
        for sbom in entry.sboms:
            if sbom.path not in published.documents:
                yield inconsistent_release(path, f"has no SBOM: {sbom.path} is missing")
            else:
                yield from _check_digest(published, sbom)


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
        return read_document(data, path)
    except SbomError as error:
        diagnostics += error.diagnostics
        return None


def _check_partial(release: Bom, path: str, index: ReleaseIndex) -> Iterator[Diagnostic]:
    """Yield where index and document state different numbers of artifacts that are missing."""
    if is_partial(release) != bool(index.missing):
        kinds = ("partial", "complete") if index.missing else ("complete", "partial")
        message = f"expected a {kinds[0]} release, as {INDEX} states, found a {kinds[1]} one"
        yield inconsistent_release(path, message)
    elif index.missing:
        missing = len(index.missing)
        sentence = partial_sentence(missing, missing + len(index.artifacts))
        if sentence not in release.creation.comment:
            yield inconsistent_release(path, f"does not state what {INDEX} does: {sentence}")
    for name in sorted(index.artifact_names.intersection(index.missing)):
        yield inconsistent_release(INDEX, f"names {name} as missing, and describes it")


def _check_slices(
    published: PublishedRelease, index: ReleaseIndex, document: PublishedSbom, release: Bom
) -> list[Diagnostic]:
    """Compare every slice with what would be extracted now from the SBOM of the same format."""
    extractor = SliceExtractor(release)
    components = {component.name: component for component in release.components}
    diagnostics: list[Diagnostic] = []
    for artifact in index.artifacts:
        sbom = next((each for each in artifact.sboms if each.format == document.format), None)
        if sbom is None:
            message = f"names no SBOM of the format {document.format}"
            diagnostics.append(inconsistent_release(INDEX, message, subject=artifact.path))
            continue
        path = sbom.path
        published_slice = _read_bom(published, path, diagnostics)
        known = published.artifacts.get(artifact.path)
        if published_slice is None or known is None:
            continue
        component = components.get(known.file)
        if component is None:
            message = f"{document.path} has no component of {known.file}"
            diagnostics.append(inconsistent_release(path, message))
            continue
        diagnostics += _check_entry(artifact, known, component, published.files[artifact.path])
        diagnostics += _check_namespace(published_slice, sbom)
        expected = extractor.extract(component.id, published_slice.name)
        expected = replace(expected, namespace=sbom.namespace)
        diagnostics += _compare(path, published_slice, expected, document.path)
    return diagnostics


def _check_entry(
    entry: PublishedArtifact, artifact: Artifact, component: Component, file: ShippedFile
) -> Iterator[Diagnostic]:
    """Yield what the index states of an artifact that its file and its component contradict."""
    expected: dict[str, object] = {
        "channel": artifact.channel.name,
        "platform": artifact.platform,
        "location": artifact.location,
        "size": file.size,
        "described-from": next(
            (basis.label for basis in Basis if component.comment.startswith(basis.sentence)), ""
        ),
    }
    for name, value in expected.items():
        if entry.properties[name] != value:
            message = f"states {name} {entry.properties[name]!s}, expected {value!s}"
            yield inconsistent_release(INDEX, message, subject=entry.path)
    build = Build(platform=artifact.platform, variant=str(entry.properties["variant"]))
    if not component.source_info.endswith(f" {build.name}"):
        message = f"states variant {build.variant}, expected that of: {component.source_info}"
        yield inconsistent_release(INDEX, message, subject=entry.path)


def _check_namespace(bom: Bom, sbom: PublishedSbom) -> Iterator[Diagnostic]:
    """Require a namespace that stands for these contents alone: it has the digest of them."""
    if bom.namespace != sbom.namespace:
        message = f"states namespace {sbom.namespace}, expected {bom.namespace}"
        yield inconsistent_release(INDEX, message, subject=sbom.path)
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
