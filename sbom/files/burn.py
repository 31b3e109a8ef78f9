"""A WiX bundle to the payloads in it and beside it; nothing is written to disk."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO

from sbom.binaries.binary import InspectFn
from sbom.diagnostics import Diagnostic, sort_diagnostics
from sbom.diagnostics.inspection_messages import (
    absent_payloads,
    not_inspected,
    unreadable_file,
    unsafe_archive,
)
from sbom.files.burn_manifest import (
    BundleError,
    BundleManifest,
    Payload,
    find_containers,
    read_bundle_manifest,
)
from sbom.files.cabinet import CABINET_MAGIC, CabinetError, OpenFile, parse_cabinet, read_files
from sbom.files.limits import ARTIFACT_LIMITS, ArchiveLimits
from sbom.files.msi import MSI_MAGIC, MsiReader
from sbom.files.shipped_file import ShippedFile, hash_stream, join_pieces, split_stream
from sbom.files.zip import ArchiveContents, validate_member_name

#: The largest package in a container that is opened, one at a time in memory, while one beside
#: the bundle is read where it is; CPython's largest has 12 MB.
_PACKAGE_SIZE = 256 << 20
#: The most bytes of packages and cabinets that are kept until all payloads were read.
_KEPT_SIZE = 256 << 20


def installed_files(bundle: ArchiveContents) -> tuple[tuple[ShippedFile, ...], list[Diagnostic]]:
    """Return what all packages of a bundle install, by path, and which paths have two contents.

    Payloads that are not packages are files too. Windows' file names have no case.
    """
    files = {file.path.lower(): file for file in bundle.members if file.path not in bundle.nested}
    conflicts: list[Diagnostic] = []
    for package, contents in bundle.nested.items():
        for file in contents.members:
            if files.setdefault(file.path.lower(), file).sha256 != file.sha256:
                message = f"is installed by {package} and by another package, with other contents"
                conflicts.append(unsafe_archive(bundle.archive.path, file.path, message))
    return tuple(sorted(files.values(), key=lambda file: file.path)), conflicts


@dataclass(frozen=True, slots=True)
class BundleReader:
    """How bundles are read: PE files, and those of packages in them, are inspected."""

    inspect: InspectFn | None = None
    limits: ArchiveLimits = ARTIFACT_LIMITS

    def read(self, file: IO[bytes], name: str, open_payload: OpenFile) -> ArchiveContents:
        """Return the payloads of a bundle, and the contents of the packages among them.

        ``open_payload`` opens what is not in the bundle. One ``not-inspected`` diagnostic names
        the payloads that are not there either; what is wrong with the bundle is an error.
        """
        file.seek(0)
        bundle = hash_stream(name, split_stream(file), self.inspect)
        collector = _Collector(self, name)
        try:
            allowed_size = self.limits.allowed_size(bundle.size)
            containers, left_size = find_containers(file, bundle.size)
            manifest = read_bundle_manifest(containers[0], allowed_size)
            collector.validate(manifest.payloads, bundle.size)
            if not collector.diagnostics:
                collector.add_attached(manifest, containers, allowed_size)
                collector.add_detached(manifest, open_payload)
                if left_size:
                    reason = f"{left_size:,} bytes after its packages belong to none of them"
                    hint = "build or download it again"
                    collector.diagnostics.append(not_inspected(name, "", reason, hint))
        except (BundleError, CabinetError) as error:
            collector.diagnostics.append(unreadable_file(name, "", str(error)))
        return collector.finish(bundle)


@dataclass(slots=True)
class _Collector:
    """The payloads of one bundle as they are read, and what is wrong with them."""

    reader: BundleReader
    bundle: str
    members: dict[str, ShippedFile] = field(default_factory=dict)
    nested: dict[str, ArchiveContents] = field(default_factory=dict)
    detached: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)
    cabinets: dict[str, bytes] = field(default_factory=dict)
    waiting: dict[str, bytes] = field(default_factory=dict)
    added: set[tuple[str, str]] = field(default_factory=set)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def validate(self, payloads: Sequence[Payload], size: int) -> None:
        """Report what cannot be read of the list of payloads of a bundle of a size."""
        limits = self.reader.limits
        if message := limits.count_error(len(payloads), "payloads"):
            self.diagnostics.append(unsafe_archive(self.bundle, "", message))
            return
        self.diagnostics += [
            unsafe_archive(self.bundle, payload.path, message)
            for payload in payloads
            if (message := validate_member_name(payload.path))
        ]
        total = sum(payload.size for payload in payloads if payload.container)
        if message := limits.size_error(size, total):
            self.diagnostics.append(unsafe_archive(self.bundle, "", message))

    def add_attached(
        self, manifest: BundleManifest, containers: Sequence[IO[bytes]], allowed_size: int
    ) -> None:
        """Add the payloads that are in the bundle's containers."""
        waiting = {
            (manifest.containers.get(payload.container, -1), payload.source): payload
            for payload in manifest.payloads
            if payload.container
        }
        for number, container in enumerate(containers):
            container.seek(0)
            for packed in read_files([(container, parse_cabinet(container))], allowed_size):
                keys = [(number, name) for name in packed.names]
                wanted = [waiting.pop(key) for key in keys if key in waiting]
                if wanted:
                    self._add_packed(wanted, packed.pieces)
        self.diagnostics += [
            unreadable_file(self.bundle, payload.path, "is in none of the bundle's containers")
            for payload in waiting.values()
        ]

    def add_detached(self, manifest: BundleManifest, open_payload: OpenFile) -> None:
        """Add the payloads that are files beside the bundle, and name those that are not there."""
        for payload in manifest.payloads:
            if payload.container:
                continue
            if payload.path in self.detached | self.absent:
                continue
            file = open_payload(payload.path)
            if file is None and not validate_member_name(payload.published):
                # As on python.org, where the packages of each platform have a directory.
                file = open_payload(payload.published)
            if file is None:
                self.absent.add(payload.path)
                continue
            self.detached.add(payload.path)
            with file:
                self._add_file([payload], file)

    def _add_packed(self, payloads: Sequence[Payload], pieces: Iterator[bytes]) -> None:
        """Add payloads that are one file of a container; it is in memory during this call only."""
        data = join_pieces(pieces, _PACKAGE_SIZE)
        if data is None:
            message = f"is larger than {_PACKAGE_SIZE:,} bytes, and was not opened"
            self.diagnostics += [
                unreadable_file(self.bundle, payload.path, message) for payload in payloads
            ]
            return
        # Closed, it does not keep the data until the garbage of olefile is collected.
        with io.BytesIO(data) as file:
            self._add_file(payloads, file)

    def _add_file(self, payloads: Sequence[Payload], file: IO[bytes]) -> None:
        """Add payloads that are one file, which is hashed once for each of their paths."""
        hashed: dict[str, ShippedFile] = {}
        for payload in payloads:
            if payload.path not in hashed:
                file.seek(0)
                pieces = split_stream(file)
                hashed[payload.path] = hash_stream(payload.path, pieces, self.reader.inspect)
            if payload.describes(hashed[payload.path]):
                self._add_payload(payload, hashed[payload.path], file)
            else:
                message = "is not the file that the bundle's manifest states: its digest differs"
                self.diagnostics.append(unreadable_file(self.bundle, payload.path, message))

    def _add_payload(self, payload: Payload, member: ShippedFile, file: IO[bytes]) -> None:
        if payload.is_interface or (payload.path, payload.digest) in self.added:
            return
        # A package for one user and for all users has two payloads of one name.
        self.added.add((payload.path, payload.digest))
        file.seek(0)
        magic = file.read(len(MSI_MAGIC))
        if self.members.setdefault(payload.path, member) != member:
            message = "is listed twice by the bundle's manifest, with different contents"
            self.diagnostics.append(unsafe_archive(self.bundle, payload.path, message))
        elif magic.startswith(CABINET_MAGIC):
            self._keep(self.cabinets, payload.path.lower(), file)
        elif magic == MSI_MAGIC and payload.path not in self.nested:
            self._add_package(payload.path, file)

    def _keep(self, kept: dict[str, bytes], path: str, file: IO[bytes]) -> None:
        """Keep a cabinet, or a package that waits for one, while there is memory for it."""
        size = sum(map(len, (*self.cabinets.values(), *self.waiting.values())))
        file.seek(0)
        data = join_pieces(split_stream(file), _KEPT_SIZE - size)
        if data is None:
            message = f"is left out: packages and cabinets have more than {_KEPT_SIZE:,} bytes"
            self.diagnostics.append(unreadable_file(self.bundle, path, message))
        else:
            kept[path] = data

    def _add_package(self, path: str, file: IO[bytes]) -> None:
        """Add a package; one whose cabinets are payloads that come later waits for them."""
        missing: list[str] = []

        def open_cabinet(name: str) -> IO[bytes] | None:
            beside = f"{path.rpartition('/')[0]}/{name}".removeprefix("/").lower()
            if cabinet := self.cabinets.get(beside):
                return io.BytesIO(cabinet)
            missing.append(name)
            return None

        name = f"{self.bundle}/{path}"
        reader = MsiReader(self.reader.inspect, self.reader.limits)
        contents = reader.read(file, name, open_cabinet)
        if missing and path not in self.waiting:
            self._keep(self.waiting, path, file)
        else:
            self.nested[path] = contents
            self.diagnostics += contents.diagnostics

    def finish(self, bundle: ShippedFile) -> ArchiveContents:
        """Return the contents of the bundle: its payloads, and everything that is wrong."""
        for path, data in self.waiting.items():
            with io.BytesIO(data) as file:
                self._add_package(path, file)
        if self.absent:
            self.diagnostics.append(absent_payloads(self.bundle, sorted(self.absent)))
        return ArchiveContents(
            bundle,
            tuple(self.members[path] for path in sorted(self.members)),
            dict(sorted(self.nested.items())),
            sort_diagnostics(self.diagnostics),
            frozenset(self.detached),
            tuple(sorted(self.absent)),
        )
