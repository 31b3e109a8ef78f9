"""The artifacts of a release to their contents: opened, or as the builds they were made from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sbom.bom.expected_contents import ExpectedContents, expected_contents, find_builds
from sbom.bom.ownership import assign_owners
from sbom.components.component import Build, Component
from sbom.components.resolve import resolve_components
from sbom.diagnostics import Diagnostic, failing, sort_diagnostics
from sbom.diagnostics.inspection_messages import (
    file_mismatch,
    missing_file,
    unowned_file,
)
from sbom.files.burn import installed_files
from sbom.files.shipped_file import ShippedFile
from sbom.files.zip import ArchiveContents
from sbom.io import read_error, require_directory
from sbom.manifest.channels import Artifact, Channel
from sbom.manifest.model import Manifest
from sbom.patterns import PathPatterns
from sbom.release.artifact_reading import embedded_artifacts, read_artifacts
from sbom.release.contents import ArtifactContents
from sbom.release.shared_files import BuildFiles, Sha256ByPath, check_shared_files
from sbom.verification.inspection import (
    Inspection,
    check_missing,
    inspect_files,
    make_inspector,
)
from sbom.verification.signer_checks import check_installer_signature


def list_artifact_paths(directory: Path) -> list[str]:
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
    directory: Path,
    artifacts: Mapping[str, Artifact],
    manifest: Manifest,
    layouts: Mapping[str, Sha256ByPath] | None = None,
) -> tuple[tuple[ArtifactContents, ...], tuple[Diagnostic, ...]]:
    """Return what each artifact contains, and what is wrong with it.

    ``artifacts`` are by their paths in the directory. One that cannot be read has a diagnostic
    and no contents. ``layouts`` has the files of layouts and parts by the names of their builds:
    what artifacts contain is compared with them, and an installer of which packages are not at
    hand is described by them.
    """
    layouts = layouts or {}
    archives = read_artifacts(directory, artifacts, manifest, make_inspector(manifest))
    standalone = {artifacts[path].file: archive.archive for path, archive in archives.items()}
    collector = _Collector(manifest, layouts, standalone)
    for path, artifact in artifacts.items():
        collector.diagnostics += archives[path].diagnostics
        if not failing(archives[path].diagnostics):
            collector.add(path, artifact, archives[path])
    inspected = collector.merge_copies()
    shared = check_shared_files(
        [
            *(BuildFiles(_layout_of(name), name, files) for name, files in layouts.items()),
            # Those of an installer are checked with the packages that they are in.
            *(
                BuildFiles(
                    contents.path,
                    contents.build.name,
                    {file.path: file.sha256 for file in contents.files},
                )
                for contents in sorted(inspected, key=lambda contents: contents.path)
                if contents.artifact.channel.format != "installer"
            ),
        ]
    )
    return inspected, sort_diagnostics([*collector.diagnostics, *shared])


def _layout_of(build: str) -> str:
    return f"the layout of {build}"


def _build_of(artifact: Artifact) -> Build:
    channel = artifact.channel
    return Build(platform=artifact.platform, variant=channel.variant, channel=channel.name)


def _with_inspection(
    contents: ArtifactContents, inspection: Inspection, added: Sequence[Component] = ()
) -> ArtifactContents:
    """Return contents with what their inspection shows, and with ``added`` components."""
    return replace(
        contents,
        components=(*inspection.components, *added),
        ownership=inspection.ownership,
        shown_versions=inspection.shown_versions,
    )


@dataclass(slots=True)
class _Collector:
    """Contents of artifacts as they are collected, and what is wrong with them.

    ``standalone`` are the files in the directory of the release, by the names of their artifacts.
    """

    manifest: Manifest
    layouts: Mapping[str, Sha256ByPath]
    standalone: Mapping[str, ShippedFile]
    contents: list[ArtifactContents] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    containers: dict[str, set[str]] = field(default_factory=dict)
    downloaders: dict[str, set[str]] = field(default_factory=dict)
    expected: dict[tuple[str, tuple[str, ...], str], ExpectedContents] = field(default_factory=dict)

    def add(self, path: str, artifact: Artifact, archive: ArchiveContents) -> None:
        """Add an artifact by its members, and artifacts that are members of it."""
        channel = artifact.channel
        # Packages that are zip files can be signed later: by the Store, or by nuget.org.
        if channel.format != "zip" or archive.archive.signature:
            packages = (archive, *archive.nested.values())
            inside = [file for package in packages for file in (package.archive, *package.members)]
            self.diagnostics += check_installer_signature(
                path, archive.archive, inside, self.manifest
            )
        contents = ArtifactContents(
            artifact=artifact,
            path=path,
            file=archive.archive,
            build=_build_of(artifact),
            is_opened=True,
            files=archive.members,
            is_standalone=self.standalone.get(artifact.file) == archive.archive,
        )
        match channel.format:
            case "installer":
                self._add_installer(contents, archive)
            case "msi":
                self._add_package(contents)
            case "zip" if channel.embeds_channel:
                self._add_upload(contents, archive)
            case "zip":
                expected = self._expect([contents.build], channel)
                nested = {name: package.members for name, package in archive.nested.items()}
                self._add_inspected(contents, expected, nested)

    def _expect(self, builds: Sequence[Build], channel: Channel) -> ExpectedContents:
        """Return what a channel's artifact of builds contains, which is worked out once."""
        key = channel.name, tuple(build.name for build in builds), builds[0].channel
        if key not in self.expected:
            self.expected[key] = expected_contents(self.manifest, builds, channel)
        return self.expected[key]

    def _add_inspected(
        self,
        contents: ArtifactContents,
        expected: ExpectedContents,
        nested: Mapping[str, Sequence[ShippedFile]] | None = None,
    ) -> None:
        inspection = inspect_files(contents.path, contents.files, expected, nested=nested)
        self.diagnostics += inspection.diagnostics
        self.contents.append(_with_inspection(contents, inspection))

    def _embedded(self, artifact: Artifact) -> dict[str, Artifact]:
        """Return the artifacts that are members of one, by their paths in it."""
        return {
            member.file.rpartition("/")[2]: member
            for member in embedded_artifacts(artifact.channel, self.manifest)
            if member.platform == artifact.platform
        }

    def _add_upload(self, contents: ArtifactContents, archive: ArchiveContents) -> None:
        """Add an artifact that only carries others, which must be there, and add these."""
        path, embedded = contents.path, self._embedded(contents.artifact)
        self.contents.append(contents)
        for name in sorted(embedded.keys() - archive.nested.keys()):
            self.diagnostics.append(missing_file(path, name, expected_by="its channel"))
        self._check_members(contents, embedded)
        for name in sorted(embedded.keys() & archive.nested.keys()):
            self.containers.setdefault(embedded[name].file, set()).add(contents.artifact.file)
            self.add(f"{path}/{name}", embedded[name], archive.nested[name])

    def _check_members(self, contents: ArtifactContents, embedded: Mapping[str, Artifact]) -> None:
        """Report the members of an artifact that are neither artifacts nor of its format."""
        container_files = PathPatterns(contents.artifact.channel.container_files)
        self.diagnostics += [
            unowned_file(contents.path, file.path, unlisted_in="its channel")
            for file in contents.files
            if file.path not in embedded and not container_files.matches(file.path)
        ]

    def _add_installer(self, contents: ArtifactContents, archive: ArchiveContents) -> None:
        """Add an installer by what all its packages install together, and add these.

        If some are not available, it is described by a layout, or by what its build is known to
        contain if CPython itself is not there.
        """
        embedded = self._embedded(contents.artifact)
        self._check_members(contents, embedded)
        for name in sorted(embedded.keys() & archive.nested.keys()):
            self._add_package_of(contents, embedded[name], name, archive)
        files, conflicts = installed_files(archive)
        self.diagnostics += conflicts
        added = self._added_components(contents.build)
        paths = [file.path for file in files]
        present = find_builds(self.manifest, contents.build, paths)
        contents = replace(contents, absent=archive.absent)
        layout = self.layouts.get(contents.build.name)
        if archive.absent and (layout or not present):
            self._compare(contents, files, layout or {})
            self.contents.append(replace(contents, is_opened=False, files=(), components=added))
            return
        builds = [replace(build, channel="") for build in present or (contents.build,)]
        channel = contents.artifact.channel
        expected = self._expect(builds, channel)
        if archive.absent:
            # Another variant can be in some packages that are available and in some that are not.
            expected = replace(expected, is_part=True)
            extras = PathPatterns(
                name for package in embedded.values() for name in package.channel.extra_packages
            )
            if all(map(extras.matches, archive.absent)):
                # Only extra packages are absent: the first variant is complete without them.
                first = self._expect(builds[:1], channel)
                self.diagnostics += check_missing(contents.path, files, first)
        inspection = inspect_files(contents.path, files, expected)
        # What is wrong with a file is reported with the package that it is in.
        reported = set(paths)
        self.diagnostics += [
            item for item in inspection.diagnostics if item.subject not in reported
        ]
        self.contents.append(_with_inspection(replace(contents, files=files), inspection, added))

    def _compare(
        self, contents: ArtifactContents, files: Iterable[ShippedFile], layout: Sha256ByPath
    ) -> None:
        """Report the files of an installer that are not those of the layout of its build."""
        expected = f"the same file as in {_layout_of(contents.build.name)}"
        self.diagnostics += [
            file_mismatch(contents.path, file.path, expected=expected, found="another")
            for file in files
            if layout.get(file.path, file.sha256) != file.sha256
        ]

    def _add_package_of(
        self, contents: ArtifactContents, package: Artifact, name: str, archive: ArchiveContents
    ) -> None:
        """Add a package of an installer, unless the same file is in the directory by itself."""
        is_detached = name in archive.detached
        installers = self.downloaders if is_detached else self.containers
        installers.setdefault(package.file, set()).add(contents.artifact.file)
        nested, standalone = archive.nested[name], self.standalone.get(package.file)
        if standalone is None or standalone.sha256 != nested.archive.sha256:
            self.add(f"{contents.path}/{name}", package, nested)

    def _add_package(self, contents: ArtifactContents) -> None:
        """Add a package of an installer: it has some of the files of one variant."""
        channel = contents.artifact.channel
        variants = (channel.variant, *channel.other_variants)
        builds = [
            replace(contents.build, variant=variant)
            for variant in variants
            if variant in self.manifest.variant_names()
        ]
        paths = [file.path for file in contents.files]
        for build in builds:
            expected = self._expect([build], channel)
            if not assign_owners(paths, expected).unowned:
                break
        else:
            build, expected = builds[0], self._expect(builds, channel)
        self._add_inspected(replace(contents, build=build), expected)

    def _added_components(self, build: Build) -> tuple[Component, ...]:
        """Return the components that come with the channel of a build alone."""
        without_channel = resolve_components(self.manifest, replace(build, channel=""))
        ids = {component.id for component in without_channel}
        components = resolve_components(self.manifest, build)
        return tuple(component for component in components if component.id not in ids)

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
        file = first.artifact.file
        return replace(
            first,
            containers=tuple(sorted(self.containers.get(file, ()))),
            downloaders=tuple(sorted(self.downloaders.get(file, ()))),
        )
