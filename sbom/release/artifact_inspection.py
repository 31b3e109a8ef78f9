"""The artifacts of a release to their contents: opened, or as the builds they were made from.

Artifacts of one build are compared with each other, and with the machine they are built for.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sbom.bom.ownership import expected_contents
from sbom.components.component import Build
from sbom.components.resolve import resolve_components
from sbom.diagnostics import Diagnostic, sort_diagnostics
from sbom.diagnostics.inspection_messages import (
    file_mismatch,
    missing_file,
    unexpected_build,
    unowned_file,
)
from sbom.files.shipped_file import ShippedFile, hash_file
from sbom.files.zip import ArchiveContents, ZipReader
from sbom.io import read_error, require_directory
from sbom.manifest.channels import Artifact, Channel, Platform, expand_line, expected_artifacts
from sbom.manifest.model import Manifest
from sbom.patterns import PathPatterns
from sbom.release.contents import ArtifactContents
from sbom.verification.inspection import inspect_files, make_inspector


def list_files(directory: Path) -> list[str]:
    """Return the paths of all files below a directory, with slashes, sorted.

    Links are not followed and not listed. Raises InputError if a directory cannot be read.
    """
    require_directory(directory, "name the directory that contains the artifacts")

    def fail(error: OSError) -> None:
        raise read_error(Path(error.filename), error)

    paths = [
        Path(parent) / name
        for parent, _, names in os.walk(directory, onerror=fail)
        for name in names
    ]
    return sorted(
        path.relative_to(directory).as_posix()
        for path in paths
        if path.is_file() and not path.is_symlink()
    )


def inspect_artifacts(
    directory: Path, artifacts: Mapping[str, Artifact], manifest: Manifest
) -> tuple[tuple[ArtifactContents, ...], tuple[Diagnostic, ...]]:
    """Return what each artifact contains, and what is wrong with it.

    ``artifacts`` are by their paths in the directory. One that cannot be opened has a diagnostic
    and no contents.
    """
    zips = [path for path, artifact in artifacts.items() if artifact.channel.format == "zip"]
    nested = {path for channel in manifest.channels for path in _nested_paths(channel, manifest)}
    reader = ZipReader(nested.__contains__, make_inspector(manifest))
    opened = reader.read_all([(directory / path, path) for path in zips])
    archives = dict(zip(zips, opened, strict=True))
    collector = _Collector(manifest)
    for path, artifact in artifacts.items():
        archive = archives.get(path)
        if archive is None:
            collector.add_unopened(path, artifact, hash_file(directory / path))
        elif archive.diagnostics:
            collector.diagnostics += archive.diagnostics
        else:
            collector.add_opened(path, artifact, archive)
    contents = collector.merge_copies()
    diagnostics = [
        *collector.diagnostics,
        *(
            diagnostic
            for artifact_contents in contents
            for diagnostic in check_machine(artifact_contents, manifest.platforms)
        ),
        *check_shared_files(contents),
    ]
    return contents, sort_diagnostics(diagnostics)


def _nested_paths(channel: Channel, manifest: Manifest) -> Iterator[str]:
    """Yield the members of a channel's artifacts that are archives to open too."""
    for name in channel.nested_archives:
        yield channel.prefix + expand_line(name, manifest.cpython.line)
    for artifact in _embedded_artifacts(channel, manifest):
        yield artifact.file


def _embedded_artifacts(channel: Channel, manifest: Manifest) -> Iterator[Artifact]:
    """Yield the artifacts that are members of a channel's artifacts, for all platforms."""
    cpython = manifest.cpython
    for artifact in expected_artifacts(manifest.channels, cpython.version, cpython.line):
        if artifact.channel.name == channel.embeds_channel:
            yield artifact


def _build_of(artifact: Artifact) -> Build:
    channel = artifact.channel
    return Build(platform=artifact.platform, variant=channel.variant, channel=channel.name)


@dataclass(slots=True)
class _Collector:
    """Contents of artifacts as they are collected, and what is wrong with them."""

    manifest: Manifest
    contents: list[ArtifactContents] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def add_unopened(self, path: str, artifact: Artifact, file: ShippedFile) -> None:
        """Add an artifact with what its channel adds; its build has all other components."""
        build = _build_of(artifact)
        usual = {
            component.id
            for component in resolve_components(self.manifest, replace(build, channel=""))
        }
        added = tuple(
            component
            for component in resolve_components(self.manifest, build)
            if component.id not in usual
        )
        self.contents.append(
            ArtifactContents(
                artifact=artifact,
                path=path,
                file=file,
                build=build,
                is_opened=False,
                components=added,
            )
        )

    def add_opened(
        self, path: str, artifact: Artifact, archive: ArchiveContents, container: str = ""
    ) -> None:
        """Add an artifact by its members, and artifacts that are members of it.

        ``container`` is the name of the artifact that it is a member of itself.
        """
        contents = ArtifactContents(
            artifact=artifact,
            path=path,
            file=archive.archive,
            build=_build_of(artifact),
            is_opened=True,
            files=archive.members,
            containers=(container,) if container else (),
            is_standalone=not container,
        )
        if artifact.channel.embeds_channel:
            self.contents.append(contents)
            self._add_embedded(contents, archive)
            return
        inspection = inspect_files(
            path,
            archive.members,
            expected_contents(self.manifest, [contents.build], artifact.channel),
            nested={name: nested.members for name, nested in archive.nested.items()},
        )
        self.diagnostics += inspection.diagnostics
        self.contents.append(
            replace(contents, components=inspection.components, ownership=inspection.ownership)
        )

    def _add_embedded(self, contents: ArtifactContents, archive: ArchiveContents) -> None:
        """Add the artifacts that are members of one, and check that no other member is there."""
        artifact, path = contents.artifact, contents.path
        embedded = {
            member.file: member
            for member in _embedded_artifacts(artifact.channel, self.manifest)
            if member.platform == artifact.platform
        }
        container_files = PathPatterns(artifact.channel.container_files)
        for name in sorted(embedded.keys() - archive.nested.keys()):
            self.diagnostics.append(missing_file(path, name, expected_by="its channel"))
        for file in archive.members:
            if file.path in embedded:
                member = archive.nested[file.path]
                member_path = f"{path}/{file.path}"
                self.add_opened(member_path, embedded[file.path], member, artifact.file)
            elif not container_files.matches(file.path):
                self.diagnostics.append(unowned_file(path, file.path, unlisted_in="its channel"))

    def merge_copies(self) -> tuple[ArtifactContents, ...]:
        """Return each artifact once: it can be in the directory and in another artifact too."""
        copies: dict[str, list[ArtifactContents]] = {}
        for contents in self.contents:
            copies.setdefault(contents.artifact.file, []).append(contents)
        return tuple(self._merge(same) for same in copies.values())

    def _merge(self, copies: Sequence[ArtifactContents]) -> ArtifactContents:
        """Return the standalone one of several copies of an artifact, with all its containers."""
        first, *others = sorted(copies, key=lambda copy: (not copy.is_standalone, copy.path))
        expected = f"the same file as {first.path}"
        self.diagnostics += [
            file_mismatch(copy.path, "", expected=expected, found="another")
            for copy in others
            if copy.file.sha256 != first.file.sha256
        ]
        containers = sorted(name for copy in copies for name in copy.containers)
        return replace(first, containers=tuple(containers))


#: What a build makes once for all its artifacts; executables are copied under other names.
_SHARED_SUFFIXES = (".dll", ".pyd")
#: What CPython builds for exactly its platform; DLLs of externals mix machines on ARM64.
_PLATFORM_SUFFIX = ".pyd"


def check_machine(
    contents: ArtifactContents, platforms: Iterable[Platform]
) -> Iterator[Diagnostic]:
    """Yield extension modules of an artifact that are built for another platform."""
    machines = {platform.name: platform.machines for platform in platforms}
    platform = contents.build.platform
    if not machines.get(platform):
        return
    for file in contents.files:
        machine = file.binary.headers.machine if file.binary else ""
        if not machine or not file.path.lower().endswith(_PLATFORM_SUFFIX):
            continue
        if machine not in machines[platform]:
            expected = f"a binary for {platform}"
            yield file_mismatch(
                contents.path, file.path, expected=expected, found=f"one for {machine}"
            )


def check_shared_files(artifacts: Sequence[ArtifactContents]) -> Iterator[Diagnostic]:
    """Yield libraries that differ between two artifacts of a build, which is made once."""
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for contents in sorted(artifacts, key=lambda contents: contents.path):
        for name, sha256 in _libraries(contents).items():
            key = contents.build.name, name
            path, expected_sha256 = first.setdefault(key, (contents.path, sha256))
            if sha256 != expected_sha256:
                expected = f"the same file as in {path}, of the same build"
                yield unexpected_build(contents.path, name, expected=expected, found="another")


def _libraries(contents: ArtifactContents) -> Mapping[str, str]:
    """Return the SHA-256 of each library by its name in lower case."""
    return {
        file.path.rpartition("/")[2].lower(): file.sha256
        for file in contents.files
        if file.path.lower().endswith(_SHARED_SUFFIXES)
    }
