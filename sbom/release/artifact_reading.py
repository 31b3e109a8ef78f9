"""The artifacts of a release to their members, hashed: zip files, installers and their packages."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import IO

from msgspec import structs

from sbom.binaries.binary import InspectFn
from sbom.files.burn import BundleReader
from sbom.files.cabinet import OpenFile
from sbom.files.msi import MsiReader
from sbom.files.shipped_file import hash_file
from sbom.files.zip import ArchiveContents, ZipReader
from sbom.io import find_file, read_error
from sbom.manifest.channels import Artifact, Channel, expand_line, expected_artifacts
from sbom.manifest.model import Manifest


def read_artifacts(
    directory: Path, artifacts: Mapping[str, Artifact], manifest: Manifest, inspect: InspectFn
) -> dict[str, ArchiveContents]:
    """Return the contents of artifacts by their paths in a directory, which ``artifacts`` are by.

    A package that an installer contains or downloads is opened once. Raises InputError if a file
    cannot be read; what is wrong with the contents is in their diagnostics.
    """
    nested = {path for channel in manifest.channels for path in _nested_paths(channel, manifest)}
    zips = ZipReader(nested.__contains__, inspect)
    installers = _InstallerReader(directory, artifacts, inspect)

    def read(path: str) -> ArchiveContents:
        if artifacts[path].channel.format == "zip":
            return zips.read(directory / path, path)
        return installers.read_bundle(path)

    packages = [path for path, artifact in artifacts.items() if artifact.channel.format == "msi"]
    others = [path for path in artifacts if path not in packages]
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        archives = dict(zip(others, pool.map(read, others), strict=True))
        opened = {
            package.archive.sha256: package
            for contents in archives.values()
            for package in contents.nested.values()
        }
        read_package = installers.make_package_reader(opened)
        archives |= zip(packages, pool.map(read_package, packages), strict=True)
    return {path: archives[path] for path in artifacts}


def _nested_paths(channel: Channel, manifest: Manifest) -> Iterator[str]:
    """Yield the members of a channel's artifacts that are archives to open too."""
    for name in channel.nested_archives:
        yield channel.prefix + expand_line(name, manifest.cpython.line)
    for artifact in embedded_artifacts(channel, manifest):
        yield artifact.file


def embedded_artifacts(channel: Channel, manifest: Manifest) -> Iterator[Artifact]:
    """Yield the artifacts that are members of a channel's artifacts, for all platforms."""
    cpython = manifest.cpython
    for artifact in expected_artifacts(manifest.channels, cpython.version, cpython.line):
        if artifact.channel.name == channel.embeds_channel:
            yield artifact


class _InstallerReader:
    """Reads installers, and the packages beside them, from the directory of a release."""

    def __init__(
        self, directory: Path, artifacts: Mapping[str, Artifact], inspect: InspectFn
    ) -> None:
        self._directory = directory
        self._artifacts = artifacts
        self._inspect = inspect

    def read_bundle(self, path: str) -> ArchiveContents:
        """Return the contents of an installer."""
        return self._read(path, BundleReader(self._inspect).read)

    def make_package_reader(
        self, opened: Mapping[str, ArchiveContents]
    ) -> Callable[[str], ArchiveContents]:
        """Return what reads a package that is not among those ``opened``, by their SHA-256."""

        def read(path: str) -> ArchiveContents:
            package = hash_file(self._directory / path)
            if same := opened.get(package.sha256):
                # What is wrong with it was reported with the installer.
                package = structs.replace(package, signature=same.archive.signature)
                return replace(same, archive=package, diagnostics=())
            return self._read(path, MsiReader(self._inspect).read)

        return read

    def _read(
        self,
        path: str,
        read: Callable[[IO[bytes], str, OpenFile], ArchiveContents],
    ) -> ArchiveContents:
        platform = self._artifacts[path].platform

        def open_referenced(name: str) -> IO[bytes] | None:
            referenced = self._find_referenced(path, platform, name)
            return referenced.open("rb") if referenced else None

        file = self._directory / path
        try:
            with file.open("rb") as opened:
                return read(opened, path, open_referenced)
        except OSError as error:
            raise read_error(file, error) from error

    def _find_referenced(self, path: str, platform: str, name: str) -> Path | None:
        """Return the file that an installer refers to: beside it, or where packages are.

        python.org has the packages of an installer in a directory for each platform.
        """
        for other, artifact in self._artifacts.items():
            is_package = artifact.channel.format == "msi" and artifact.platform == platform
            if is_package and f"/{other}".lower().endswith(f"/{name}".lower()):
                return self._directory / other
        return find_file((self._directory / path).parent, name)
