"""The containers of a WiX bundle, and its manifest, which lists all payloads.

A bundle is a PE file whose section ``.wixburn`` says where its containers are: cabinets after
the program. The first has the user interface and the manifest. WiX 3 to 5 write it so:
src/burn/engine/section.cpp and manifest.cpp of https://github.com/wixtoolset.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO

from sbom.binaries.pe_layout import BUNDLE_SECTION, find_layout
from sbom.files.cabinet import parse_cabinet, read_files
from sbom.files.file_parts import FileParts
from sbom.files.shipped_file import ShippedFile, join_pieces
from sbom.files.xml import XmlElement, XmlError, parse_xml

_HEADER = struct.Struct("<2I16x6I")
_SECTION_MAGIC, _SECTION_VERSIONS = 0x00F14300, (2,)
_MOST_CONTAINERS = 64
_ALIGNMENT = 8
#: The manifest has this name in the first container.
_MANIFEST = "0"
#: What is in that container belongs to the installer's own interface.
_INTERFACE = "WixUXContainer"
_MOST_DIGITS = 16
#: The largest manifest that is read; that of CPython 3.14 has 60 KB.
_MANIFEST_SIZE = 16 << 20
#: How much of a bundle is read to find its section.
_HEADERS_SIZE = 1 << 20


class BundleError(ValueError):
    """The data are not a bundle that can be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Payload:
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

    def describes(self, file: ShippedFile) -> bool:
        """Return whether a file has the payload's size and digest.

        The digest is SHA-1 from WiX 3, SHA-512 from WiX 4 on.
        """
        return file.size == self.size and self.digest in (file.sha1, file.sha512)


@dataclass(frozen=True, slots=True)
class BundleManifest:
    """The payloads that a bundle lists, and the number of each attached container by its id."""

    payloads: tuple[Payload, ...]
    containers: Mapping[str, int]


def is_bundle(start: bytes) -> bool:
    """Return whether a file that starts so is a bundle; ``start`` includes its headers."""
    return _find_section(start) != (0, 0)


def _find_section(start: bytes) -> tuple[int, int]:
    layout = find_layout(start)
    return layout.find_section(BUNDLE_SECTION) if layout else (0, 0)


def find_containers(file: IO[bytes], size: int) -> tuple[list[IO[bytes]], int]:
    """Return the containers that are attached to a bundle, and how many bytes after them are left.

    Not counted is the table of certificates. Raises BundleError.
    """
    file.seek(0)
    headers = file.read(_HEADERS_SIZE)
    start, length = _find_section(headers)
    file.seek(start)
    header = file.read(min(length, _HEADER.size + 4 * _MOST_CONTAINERS))
    if len(header) < _HEADER.size:
        raise BundleError(f"is not a WiX bundle: it has no complete section {BUNDLE_SECTION}")
    magic, version, stub_size, _, signature_at, signature_size, kind, count = _HEADER.unpack_from(
        header
    )
    if magic != _SECTION_MAGIC or version not in _SECTION_VERSIONS or kind != 1:
        raise BundleError(f"has a section {BUNDLE_SECTION} of unknown version {version}")
    if not 0 < count <= _MOST_CONTAINERS or len(header) < _HEADER.size + 4 * count:
        raise BundleError(f"has {count} containers; expected 1 to {_MOST_CONTAINERS}")
    sizes = struct.unpack_from(f"<{count}I", header, _HEADER.size)
    # A signature is between the first container, which is signed, and the others.
    at = stub_size
    after = signature_at + signature_size if signature_at else stub_size + sizes[0]
    containers: list[IO[bytes]] = []
    for container_size in sizes:
        if at + container_size > size:
            raise BundleError("is truncated: a container ends after the file")
        containers.append(io.BufferedReader(FileParts(file, [(at, container_size)])))
        at = after if len(containers) == 1 else at + container_size
    return containers, _count_left(headers, at, size)


def _count_left(headers: bytes, end: int, size: int) -> int:
    """Return how many bytes are between the containers, the certificates and the end of a file."""
    layout = find_layout(headers)
    table, table_size = layout.certificates if layout else (0, 0)
    if table < end:
        return size - end
    # The table starts at a multiple of 8.
    between = table - end
    return size - table - table_size + (between if between >= _ALIGNMENT else 0)


def read_bundle_manifest(container: IO[bytes], allowed_size: int) -> BundleManifest:
    """Return the manifest that is in the first container. Raises BundleError."""
    data: bytes | None = None
    for packed in read_files([(container, parse_cabinet(container))], allowed_size):
        if _MANIFEST in packed.names:
            data = join_pieces(packed.pieces, _MANIFEST_SIZE)
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
    payloads: list[Payload] = []
    for element in elements:
        parent = elements[element.parent].name if element.parent > 0 else ""
        if element.name == "Container" and element.parent == 0:
            containers[element.attributes.get("Id", "")] = _number(element, "AttachedIndex")
        elif element.name == "Payload" and (element.parent == 0 or parent == "UX"):
            payloads.append(_payload(element, is_interface=parent == "UX"))
    return BundleManifest(tuple(payloads), {_INTERFACE: 0, **containers})


def _payload(element: XmlElement, *, is_interface: bool) -> Payload:
    attributes = element.attributes
    is_embedded = attributes.get("Packaging", "embedded") == "embedded"
    container = _INTERFACE if is_interface else attributes.get("Container", "")
    return Payload(
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
