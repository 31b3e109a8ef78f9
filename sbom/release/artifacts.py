"""The artifacts of a release, opened: what each one holds, or what it was made from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sbom.bom.ownership import expected_contents
from sbom.components.build import Build
from sbom.components.resolve import resolve_components
from sbom.diagnostics import Diagnostic, sort_diagnostics
from sbom.diagnostics import inspection_messages as messages
from sbom.files.patterns import PathPatterns
from sbom.files.shipped_file import ShippedFile, hash_stream
from sbom.files.zip import ArchiveContents, ZipReader
from sbom.io import read_error, require_directory
from sbom.manifest.channels import (
    Artifact,
    Channel,
    expand_line,
    expected_artifacts,
)
from sbom.manifest.model import Manifest
from sbom.release.consistency import check_machine, check_shared_files
from sbom.release.contents import ArtifactContents
from sbom.verification.inspection import inspect_files, make_inspector

_CHUNK = 1 << 20


def paths_below(folder: Path) -> list[str]:
    """Return the paths of all files below a folder, with slashes, sorted; links not followed."""
    require_directory(folder, "name the directory that contains the artifacts")
    found = []

    def failed(error: OSError) -> None:
        raise read_error(Path(error.filename), error)

    for place, _, names in os.walk(folder, onerror=failed):
        for name in names:
            path = Path(place) / name
            if path.is_file() and not path.is_symlink():
                found.append(path.relative_to(folder).as_posix())
    return sorted(found)


def describe(
    folder: Path, artifacts: Mapping[str, Artifact], manifest: Manifest
) -> tuple[tuple[ArtifactContents, ...], tuple[Diagnostic, ...]]:
    """Return what each artifact holds, archives opened, and what is wrong with it.

    One that cannot be opened is a problem, and not described.
    """
    zips = [path for path, one in artifacts.items() if one.channel.format == "zip"]
    inner = {name for channel in manifest.channels for name in _nested(channel, manifest)}
    reader = ZipReader(inner.__contains__, make_inspector(manifest))
    archives = reader.read_all([(folder / path, path) for path in zips])
    opened = dict(zip(zips, archives, strict=True))
    described: list[ArtifactContents] = []
    problems: list[Diagnostic] = []
    for path, artifact in artifacts.items():
        if path not in opened:
            described.append(_closed(path, artifact, digested(folder / path), manifest))
            continue
        problems += opened[path].diagnostics
        if not opened[path].diagnostics:
            found, wrong = _from_members(path, artifact, opened[path], manifest)
            described += found
            problems += wrong
    once = tuple(_once(described, problems))
    for one in once:
        problems += check_machine(one, manifest.platforms)
    problems += check_shared_files(once)
    return once, sort_diagnostics(problems)


def _once(
    described: Sequence[ArtifactContents], problems: list[Diagnostic]
) -> Iterator[ArtifactContents]:
    """Yield each artifact once: one may lie in the folder and in another one too."""
    found: dict[str, list[ArtifactContents]] = {}
    for one in described:
        found.setdefault(one.artifact.file, []).append(one)
    for same in found.values():
        same.sort(key=lambda one: (not one.is_standalone, one.path))
        holders = tuple(sorted(holder for one in same for holder in one.containers))
        yield replace(same[0], containers=holders)
        problems += [
            messages.file_mismatch(
                one.path, "", expected=f"the same file as {same[0].path}", found="another"
            )
            for one in same[1:]
            if one.file.sha256 != same[0].file.sha256
        ]


def _nested(channel: Channel, manifest: Manifest) -> list[str]:
    """Return the members of a channel's artifacts that are archives to look into."""
    cpython = manifest.cpython
    names = [channel.prefix + expand_line(name, cpython.line) for name in channel.nested_archives]
    if channel.embeds_channel:
        known = expected_artifacts(manifest.channels, cpython.version, cpython.line)
        names += [one.file for one in known if one.channel.name == channel.embeds_channel]
    return names


def _closed(
    path: str, artifact: Artifact, own: ShippedFile, manifest: Manifest
) -> ArtifactContents:
    """Return an artifact that was not opened: what its channel adds, beside its build."""
    build = _build(artifact)
    usual = {one.id for one in resolve_components(manifest, replace(build, channel=""))}
    added = [one for one in resolve_components(manifest, build) if one.id not in usual]
    return ArtifactContents(
        artifact=artifact,
        path=path,
        file=own,
        build=build,
        is_opened=False,
        components=tuple(added),
    )


def _build(artifact: Artifact) -> Build:
    channel = artifact.channel
    return Build(platform=artifact.platform, variant=channel.variant, channel=channel.name)


def _from_members(
    path: str,
    artifact: Artifact,
    opened: ArchiveContents,
    manifest: Manifest,
    within: str = "",
) -> tuple[list[ArtifactContents], list[Diagnostic]]:
    """Return an artifact as its members show it, and those that are members of it."""
    channel, build = artifact.channel, _build(artifact)
    if channel.embeds_channel:
        return _embedding(path, artifact, opened, manifest)
    inspection = inspect_files(
        path,
        opened.members,
        expected_contents(manifest, [build], channel),
        nested={name: nested.members for name, nested in opened.nested.items()},
    )
    one = ArtifactContents(
        artifact=artifact,
        path=path,
        file=opened.archive,
        build=build,
        is_opened=True,
        components=inspection.components,
        files=inspection.files,
        ownership=inspection.ownership,
        containers=(within,) if within else (),
        is_standalone=not within,
    )
    return [one], list(inspection.diagnostics)


def _embedding(
    path: str, artifact: Artifact, opened: ArchiveContents, manifest: Manifest
) -> tuple[list[ArtifactContents], list[Diagnostic]]:
    """Return an artifact whose member is another channel's, and that one."""
    cpython = manifest.cpython
    channel, platform = artifact.channel, artifact.platform
    known = expected_artifacts(manifest.channels, cpython.version, cpython.line)
    names = {
        o.file: o
        for o in known
        if (o.channel.name, o.platform) == (channel.embeds_channel, platform)
    }
    described = [
        ArtifactContents(
            artifact=artifact,
            path=path,
            file=opened.archive,
            build=_build(artifact),
            is_opened=True,
            files=opened.members,
        )
    ]
    problems = [
        messages.missing_file(path, name, expected_by="its channel")
        for name in sorted(names.keys() - opened.nested.keys())
    ]
    packaging = PathPatterns(channel.container_files)
    for file in opened.members:
        if file.path in names:
            found, wrong = _from_members(
                f"{path}/{file.path}", names[file.path], opened.nested[file.path], manifest,
                within=artifact.file,
            )  # fmt: skip
            described += found
            problems += wrong
        elif not packaging.matches(file.path):
            unlisted = messages.unowned_file(path, file.path, unlisted_in="its channel")
            problems.append(unlisted)
    return described, problems


def digested(path: Path) -> ShippedFile:
    """Return a file with its digests. Raises UnusableError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hash_stream(path.name, iter(lambda: file.read(_CHUNK), b""))
    except OSError as error:
        raise read_error(path, error) from error
