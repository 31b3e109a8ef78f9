"""A WiX bundle to the payloads in it and beside it; nothing is written to disk.

A bundle is a PE file whose section ``.wixburn`` says where its containers are: cabinets behind
the program. The first has the user interface and a manifest, which lists all payloads. WiX 3 to 5
write it so: src/burn/engine/section.cpp and manifest.cpp of https://github.com/wixtoolset.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from sbom.binaries.binary import InspectFn
from sbom.binaries.pe import find_section
from sbom.diagnostics import Diagnostic, sort_diagnostics
from sbom.diagnostics.inspection_messages import absent_payloads
from sbom.diagnostics.io_messages import unreadable_file, unsafe_archive
from sbom.files.cabinet import MAGIC as CABINET_MAGIC
from sbom.files.cabinet import CabinetError, parse_cabinet, read_files
from sbom.files.limits import ARTIFACT_LIMITS, ArchiveLimits
from sbom.files.msi import MAGIC as MSI_MAGIC
from sbom.files.msi import MsiReader
from sbom.files.shipped_file import ShippedFile, hash_stream, read_pieces
from sbom.files.xml import XmlElement, XmlError, parse_xml
from sbom.files.zip import ArchiveContents, validate_member_name

SECTION = ".wixburn"
_HEADER = struct.Struct("<2I16x6I")
_SECTION_MAGIC, _SECTION_VERSIONS = 0x00F14300, (2,)
_MOST_CONTAINERS = 64
#: The manifest has this name in the first container.
_MANIFEST = "0"
#: What is in that container belongs to the installer's own interface.
_INTERFACE = "WixUXContainer"
_MOST_DIGITS = 16
_PIECE = 1 << 20
#: The largest package that is kept in memory to be opened; CPython's largest has 12 MB.
_PACKAGE_SIZE = 256 << 20
#: The most bytes of packages and cabinets that are kept until all payloads were read.
_KEPT_SIZE = 512 << 20
#: The largest manifest that is read; that of CPython 3.14 has 60 KB.
_MANIFEST_SIZE = 16 << 20

#: Opens a file beside the bundle by its path; None if there is none.
OpenPayload = Callable[[str], IO[bytes] | None]


class BundleError(ValueError):
    """The data are not a bundle that can be read; the text says why."""


@dataclass(frozen=True, slots=True)
class _Payload:
    """A file that the bundle's manifest lists, and its name in its container.

    ``container`` is empty for a file that is beside the bundle or downloaded. ``published`` is
    the end of the address that it is downloaded from: directory and name.
    """

    path: str
    size: int
    digest: str
    source: str
    container: str
    published: str
    is_interface: bool


def is_bundle(start: bytes) -> bool:
    """Return whether a file that starts so is a bundle; ``start`` includes its headers."""
    return find_section(start, SECTION) != (0, 0)


def installed_files(bundle: ArchiveContents) -> tuple[tuple[ShippedFile, ...], list[Diagnostic]]:
    """Return what all packages of a bundle install, by path, and which paths have two contents.

    Payloads that are no packages are files too. Windows' file names have no case.
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

    def read(self, file: IO[bytes], name: str, open_payload: OpenPayload) -> ArchiveContents:
        """Return the payloads of a bundle, and the contents of the packages among them.

        ``open_payload`` opens what is not in the bundle. One ``not-inspected`` diagnostic names
        the payloads that are not there either; what is wrong with the bundle is an error.
        """
        file.seek(0)
        bundle = hash_stream(name, _read_pieces(file), self.inspect)
        collector = _Collector(self, name)
        try:
            allowed_size = self.limits.allowed_size(bundle.size)
            containers = _find_containers(file, bundle.size)
            manifest = _read_manifest(containers[0], allowed_size)
            collector.validate(manifest.payloads, bundle.size)
            if not collector.diagnostics:
                collector.add_attached(manifest, containers, allowed_size)
                collector.add_detached(manifest, open_payload)
        except (BundleError, CabinetError) as error:
            collector.diagnostics.append(unreadable_file(name, "", str(error)))
        return collector.finish(bundle)


@dataclass(frozen=True, slots=True)
class _Manifest:
    """The payloads that a bundle lists, and the number of each attached container by its id."""

    payloads: tuple[_Payload, ...]
    containers: Mapping[str, int]


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

    def validate(self, payloads: Sequence[_Payload], size: int) -> None:
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
        self, manifest: _Manifest, containers: Sequence[IO[bytes]], allowed_size: int
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
                data = read_pieces(packed.pieces, _PACKAGE_SIZE) if wanted else b""
                for payload in wanted:
                    self.add_payload(payload, data)
        self.diagnostics += [
            unreadable_file(self.bundle, payload.path, "is in none of the bundle's containers")
            for payload in waiting.values()
        ]

    def add_detached(self, manifest: _Manifest, open_payload: OpenPayload) -> None:
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
                self.add_payload(payload, read_pieces(_read_pieces(file), _PACKAGE_SIZE))

    def add_payload(self, payload: _Payload, data: bytes | None) -> None:
        """Add one payload; ``data`` is None if it is too large to be opened."""
        if data is None:
            message = f"is larger than {_PACKAGE_SIZE:,} bytes, and was not opened"
            self.diagnostics.append(unreadable_file(self.bundle, payload.path, message))
            return
        if not _has_digest(data, payload.digest) or len(data) != payload.size:
            message = "is not the file that the bundle's manifest states: its digest differs"
            self.diagnostics.append(unreadable_file(self.bundle, payload.path, message))
            return
        if payload.is_interface or (payload.path, payload.digest) in self.added:
            return
        # A package for one user and for all users has two payloads of one name.
        self.added.add((payload.path, payload.digest))
        member = hash_stream(payload.path, iter([data]), self.reader.inspect)
        if self.members.setdefault(payload.path, member) != member:
            message = "is listed twice by the bundle's manifest, with different contents"
            self.diagnostics.append(unsafe_archive(self.bundle, payload.path, message))
        elif data.startswith(CABINET_MAGIC):
            self._keep(self.cabinets, payload.path.lower(), data)
        elif data.startswith(MSI_MAGIC) and payload.path not in self.nested:
            self._add_package(payload.path, data)

    def _keep(self, kept: dict[str, bytes], path: str, data: bytes) -> None:
        """Keep a cabinet, or a package that waits for one, while there is memory for it."""
        size = sum(map(len, (*self.cabinets.values(), *self.waiting.values(), data)))
        if size > _KEPT_SIZE:
            message = f"is left out: packages and cabinets have more than {_KEPT_SIZE:,} bytes"
            self.diagnostics.append(unreadable_file(self.bundle, path, message))
        else:
            kept[path] = data

    def _add_package(self, path: str, data: bytes) -> None:
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
        contents = reader.read(io.BytesIO(data), name, open_cabinet)
        if missing and path not in self.waiting:
            self._keep(self.waiting, path, data)
        else:
            self.nested[path] = contents
            self.diagnostics += contents.diagnostics

    def finish(self, bundle: ShippedFile) -> ArchiveContents:
        """Return the contents of the bundle: its payloads, and everything that is wrong."""
        for path, data in self.waiting.items():
            self._add_package(path, data)
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


def _find_containers(file: IO[bytes], size: int) -> list[IO[bytes]]:
    """Return the containers that are attached to a bundle. Raises BundleError."""
    file.seek(0)
    start, length = find_section(file.read(_PIECE), SECTION)
    file.seek(start)
    header = file.read(min(length, _HEADER.size + 4 * _MOST_CONTAINERS))
    if len(header) < _HEADER.size:
        raise BundleError(f"is not a WiX bundle: it has no complete section {SECTION}")
    magic, version, stub_size, _, signature_at, signature_size, kind, count = _HEADER.unpack_from(
        header
    )
    if magic != _SECTION_MAGIC or version not in _SECTION_VERSIONS or kind != 1:
        raise BundleError(f"has a section {SECTION} of unknown version {version}")
    if not 0 < count <= _MOST_CONTAINERS or len(header) < _HEADER.size + 4 * count:
        raise BundleError(f"has {count} containers; expected 1 to {_MOST_CONTAINERS}")
    sizes = struct.unpack_from(f"<{count}I", header, _HEADER.size)
    # A signature is between the first container, which is signed, and the others.
    at = stub_size
    behind = signature_at + signature_size if signature_at else stub_size + sizes[0]
    containers: list[IO[bytes]] = []
    for container_size in sizes:
        if at + container_size > size:
            raise BundleError("is truncated: a container ends behind the file")
        containers.append(io.BufferedReader(_FileRange(file, at, container_size)))
        at = behind if len(containers) == 1 else at + container_size
    return containers


class _FileRange(io.RawIOBase):
    """A range of a file, read as a file of its own."""

    def __init__(self, file: IO[bytes], start: int, size: int) -> None:
        self._file, self._start, self._size, self._at = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, target: Any) -> int:
        self._file.seek(self._start + self._at)
        data = self._file.read(min(len(target), max(0, self._size - self._at)))
        target[: len(data)] = data
        self._at += len(data)
        return len(data)


def _read_manifest(container: IO[bytes], allowed_size: int) -> _Manifest:
    """Return the manifest that is in the first container. Raises BundleError."""
    data: bytes | None = None
    for packed in read_files([(container, parse_cabinet(container))], allowed_size):
        if _MANIFEST in packed.names:
            data = read_pieces(packed.pieces, _MANIFEST_SIZE)
            if data is None:
                raise BundleError(f"has a manifest of more than {_MANIFEST_SIZE:,} bytes")
            break
    if data is None:
        raise BundleError("has no manifest in its first container")
    try:
        elements = parse_xml(data)
    except XmlError as error:
        raise BundleError(f"has a manifest that is not XML: {error}") from error
    containers: dict[str, int] = {}
    payloads: list[_Payload] = []
    for element in elements:
        parent = elements[element.parent].name if element.parent > 0 else ""
        if element.name == "Container" and element.parent == 0:
            containers[element.attributes.get("Id", "")] = _number(element, "AttachedIndex")
        elif element.name == "Payload" and (element.parent == 0 or parent == "UX"):
            payloads.append(_payload(element, is_interface=parent == "UX"))
    return _Manifest(tuple(payloads), {_INTERFACE: 0, **containers})


def _payload(element: XmlElement, *, is_interface: bool) -> _Payload:
    attributes = element.attributes
    is_embedded = attributes.get("Packaging", "embedded") == "embedded"
    container = _INTERFACE if is_interface else attributes.get("Container", "")
    return _Payload(
        path=attributes.get("FilePath", "").replace("\\", "/"),
        size=_number(element, "FileSize"),
        digest=attributes.get("Hash", "").lower(),
        source=attributes.get("SourcePath", ""),
        container=container if is_embedded else "",
        published="/".join(attributes.get("DownloadUrl", "").split("/")[-2:]),
        is_interface=is_interface,
    )


def _number(element: XmlElement, name: str) -> int:
    text = element.attributes.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS):
        raise BundleError(f"has a manifest whose {name} is {text[:_MOST_DIGITS]!r}, no number")
    return int(text)


def _has_digest(data: bytes, digest: str) -> bool:
    """Return whether data have a digest: SHA-1 from WiX 3, SHA-512 from WiX 4 on."""
    algorithm = {40: "sha1", 128: "sha512"}.get(len(digest))
    return algorithm is not None and (
        hashlib.new(algorithm, data, usedforsecurity=False).hexdigest() == digest
    )


def _read_pieces(file: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: file.read(_PIECE), b"")
