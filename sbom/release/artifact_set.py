"""The names in a folder of a release: artifacts, files of nobody, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sbom.diagnostics import Code, Diagnostic, sort_diagnostics
from sbom.files.patterns import PathPatterns
from sbom.manifest.channels import Artifact, expected_artifacts, version_named
from sbom.manifest.model import Manifest
from sbom.manifest.ranges import line_in_range


@dataclass(frozen=True, slots=True)
class ArtifactSet:
    """The artifacts of a folder by their paths in it, and what is wrong with it."""

    artifacts: Mapping[str, Artifact]
    problems: tuple[Diagnostic, ...]


def classify_artifacts(
    paths: Sequence[str], manifest: Manifest, *, partial: bool = False
) -> ArtifactSet:
    """Return what the files of a release folder are, by their paths with slashes.

    With ``partial``, artifacts may be missing.
    """
    cpython = manifest.cpython
    known = {
        one.file: one
        for one in expected_artifacts(manifest.channels, cpython.version, cpython.line)
    }
    problems: list[Diagnostic] = []
    artifacts: dict[str, Artifact] = {}
    first: dict[str, str] = {}
    ignored = PathPatterns(manifest.release.ignore)
    for path in sorted(paths):
        name = path.rpartition("/")[2]
        if name in known and name in first:
            problems.append(_twice(path, first[name]))
        elif name in known:
            first[name] = path
            artifacts[path] = known[name]
        elif (version := version_named(manifest.channels, name)) and version != cpython.version:
            problems.append(_other_version(path, version, cpython.version))
        elif not ignored.matches(path):
            problems.append(_unknown(path, bool(version), cpython.line))
    if not artifacts:
        problems.append(_nothing())
    if not partial:
        problems += _absent(known, set(first), cpython.line)
    return ArtifactSet(artifacts, sort_diagnostics(problems))


def _nothing() -> Diagnostic:
    return Diagnostic(
        code=Code.NO_ARTIFACTS,
        file="--artifacts",
        message="names a folder that holds no artifact of this release",
        hint="name the folder, or the manifest of the release with --manifest",
    )


def _twice(path: str, first: str) -> Diagnostic:
    return Diagnostic(
        code=Code.DUPLICATE_NAME,
        file=path,
        message=f"is a second artifact of this name; the first is {first}",
        hint="keep one of them: their SBOMs would have one name",
    )


def _other_version(path: str, version: str, expected: str) -> Diagnostic:
    return Diagnostic(
        code=Code.VERSION_CONFLICT,
        file=path,
        message=f"is an artifact of CPython {version}, and this release is {expected}",
        hint="give each release a folder of its own, or name its manifest with --manifest",
    )


def _unknown(path: str, known_elsewhere: bool, line: str) -> Diagnostic:  # noqa: FBT001
    what = f"of CPython {line} has it" if known_elsewhere else "knows it"
    return Diagnostic(
        code=Code.UNKNOWN_ARTIFACT,
        file=path,
        message=f"is in the folder of the release, and no channel {what}",
        hint="add a [channel.<name>], widen its 'lines', or list it in [release] ignored",
    )


def _absent(known: Mapping[str, Artifact], there: set[str], line: str) -> Iterator[Diagnostic]:
    begun = {known[name].channel.name for name in there}
    for artifact in known.values():
        channel = artifact.channel
        optional = channel.optional_lines and line_in_range(line, channel.optional_lines)
        if artifact.file in there or (optional and channel.name not in begun):
            continue
        yield Diagnostic(
            code=Code.MISSING_ARTIFACT,
            file=artifact.file,
            message=f"is not in the folder, and channel {channel.name} publishes it",
            hint="wait for it, or say --partial where these are not all artifacts",
        )
