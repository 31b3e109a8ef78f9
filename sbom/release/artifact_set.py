"""The names in the directory of a release: artifacts, unknown files, and what is missing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sbom.diagnostics import Diagnostic, sort_diagnostics
from sbom.diagnostics.release_messages import (
    artifact_of_other_version,
    duplicate_artifact,
    missing_artifact,
    no_artifacts,
    unknown_artifact,
)
from sbom.formats import is_document
from sbom.manifest.channels import Artifact, expected_artifacts, version_named
from sbom.manifest.model import Manifest
from sbom.manifest.ranges import line_in_range
from sbom.patterns import PathPatterns


@dataclass(frozen=True, slots=True)
class ArtifactSet:
    """The artifacts of a directory by their paths in it, and what is wrong with it.

    ``expected`` are all of the release, ``missing`` those that the directory lacks.
    """

    artifacts: Mapping[str, Artifact]
    expected: tuple[Artifact, ...]
    missing: tuple[Artifact, ...]
    diagnostics: tuple[Diagnostic, ...]


def classify_artifacts(
    paths: Sequence[str], manifest: Manifest, directory: str, *, partial: bool = False
) -> ArtifactSet:
    """Return which artifact each file of a release directory is, by its path with slashes.

    ``directory`` is what messages call it. With ``partial``, it is no diagnostic that artifacts are
    missing.
    """
    cpython = manifest.cpython
    expected = {
        artifact.file: artifact
        for artifact in expected_artifacts(manifest.channels, cpython.version, cpython.line)
    }
    diagnostics: list[Diagnostic] = []
    artifacts: dict[str, Artifact] = {}
    first: dict[str, str] = {}
    for path in sorted(paths):
        name = _artifact_name(path, expected)
        if name in first:
            diagnostics.append(duplicate_artifact(path, first[name]))
        elif name in expected:
            first[name] = path
            artifacts[path] = expected[name]
        else:
            diagnostics += _check_unexpected(path, manifest)
    missing = tuple(_find_missing(expected, first.keys(), cpython.line))
    if not artifacts:
        diagnostics.append(no_artifacts(directory, cpython.version))
    elif not partial:
        diagnostics += [missing_artifact(each.file, each.channel.name) for each in missing]
    return ArtifactSet(artifacts, tuple(expected.values()), missing, sort_diagnostics(diagnostics))


def _artifact_name(path: str, expected: Collection[str]) -> str:
    """Return the name that a file has among artifacts, whose names may have a directory."""
    *_, directory, name = f"/{path}".split("/")
    return below if (below := f"{directory}/{name}") in expected else name


def _check_unexpected(path: str, manifest: Manifest) -> Iterator[Diagnostic]:
    """Yield what is wrong with a file that is not an artifact of this release.

    Documents are what a release writes, and others are ignored by the manifest.
    """
    cpython = manifest.cpython
    version = version_named(manifest.channels, path.rpartition("/")[2])
    if is_document(path):
        return
    if version and version != cpython.version:
        yield artifact_of_other_version(path, version, cpython.version)
    elif not PathPatterns(manifest.release.ignore).matches(path):
        yield unknown_artifact(path, cpython.line, is_known_elsewhere=bool(version))


def _find_missing(
    expected: Mapping[str, Artifact], names: Collection[str], line: str
) -> Iterator[Artifact]:
    """Yield artifacts that are not there; an optional channel may lack all of its artifacts.

    Which packages of an installer there are is for the installer to say.
    """
    begun = {expected[name].channel.name for name in names}
    for artifact in expected.values():
        channel = artifact.channel
        is_optional = channel.optional_lines and line_in_range(line, channel.optional_lines)
        may_be_missing = channel.packages or (is_optional and channel.name not in begun)
        if artifact.file not in names and not may_be_missing:
            yield artifact
