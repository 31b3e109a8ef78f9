"""PE files to what their headers and their certificates state; LIEF reads what is rarely written.

LIEF reads a damaged file as far as it can, without an error. So the layout is validated before,
and LIEF never sees a file that cannot be complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from sbom.binaries.binary import Overlay, PEHeaders
from sbom.binaries.pe_layout import PELayout, find_layout
from sbom.binaries.signature import Signature, SignatureStatus, read_signature
from sbom.binaries.version_resource import (
    LONGEST_TEXT,
    UnusualResourceError,
    VersionResource,
    format_file_version,
    read_version_resource,
)

if TYPE_CHECKING:
    import lief

#: The directories of resources and of the load configuration.
_RESOURCES, _LOAD_CONFIG = 2, 10
#: Where IMAGE_LOAD_CONFIG_DIRECTORY64 has its CHPEMetadataPointer: code for two machines.
_CHPE, _CHPE_SIZE = 0xC8, 8
#: WIN_CERTIFICATE: the size of its header, and the kind that is an Authenticode signature.
_CERTIFICATE_HEADER, _PKCS_SIGNED_DATA = 8, 2
#: Where the next one starts; how many are read. Files of Microsoft have one.
_CERTIFICATE_ALIGNMENT, _MOST_CERTIFICATES = 8, 16


def read_headers(data: bytes, overlay: Overlay | None = None) -> PEHeaders:
    """Return what the headers of a PE file state. Never raises: see ``parse_error``.

    With an ``overlay``, ``data`` are the start of the file, with all of its sections.
    """
    layout = find_layout(data)
    if layout is None:
        return PEHeaders(parse_error="starts like a PE file, but has no PE header")
    if error := layout.validate(overlay.size if overlay else len(data)):
        return PEHeaders(machine=layout.machine, parse_error=error)
    overlay = overlay or _whole_file(layout)
    headers = _parse(layout, overlay.digests["sha256"].hex())
    return replace(headers, signature=_read_signature(layout, overlay))


def authenticode_of(data: bytes) -> str:
    """Return the Authenticode SHA-256 of a complete PE file, or an empty text."""
    layout = _complete_layout(data)
    return layout.compute_authenticode().hex() if layout else ""


def read_imports(data: bytes) -> tuple[str, ...]:
    """Return the names of the DLLs that a PE file loads, at once or when first called."""
    if not _complete_layout(data):
        return ()
    import lief  # noqa: PLC0415

    config = _parser_config()
    config.parse_imports = True
    parsed = lief.PE.parse(data, config)
    imports = (*parsed.imports, *parsed.delay_imports) if parsed else ()
    return tuple(str(import_.name) for import_ in imports)


def _complete_layout(data: bytes) -> PELayout | None:
    layout = find_layout(data)
    return layout if layout and not layout.validate(len(data)) else None


def _read_signature(layout: PELayout, overlay: Overlay) -> Signature | None:
    """Return the first signature of a valid file, with those in further certificates."""
    _, size = layout.certificates
    if not size:
        return None
    messages = _messages(overlay.table)
    first, *others = (
        read_signature(message, overlay.digests.__getitem__)
        if message
        else Signature(status=SignatureStatus.DAMAGED)
        for message in islice(messages, _MOST_CERTIFICATES)
    )
    added = [
        replace(signature, secondary=()) for other in others for signature in other.all_signatures
    ]
    if next(messages, None) is not None:
        error = f"there are more than {_MOST_CERTIFICATES} certificates, and not all are read"
        added.append(Signature(status=SignatureStatus.DAMAGED, parse_error=error))
    return replace(first, secondary=(*first.secondary, *added))


def _messages(table: bytes) -> Iterator[bytes]:
    """Yield the message of each entry of a table of certificates, empty if it is damaged.

    There is at least one. Entries start at multiples of 8, and zeros can be after the last one.
    """
    at, is_first, is_complete = 0, True, True
    header = table[:_CERTIFICATE_HEADER]
    while is_first or (is_complete and header.strip(b"\0")):
        length, kind = (
            int.from_bytes(header[0:4], "little"),
            int.from_bytes(header[6:8], "little"),
        )
        is_complete = _CERTIFICATE_HEADER < length <= len(table) - at
        is_message = is_complete and kind == _PKCS_SIGNED_DATA
        yield table[at + _CERTIFICATE_HEADER : at + length] if is_message else b""
        at += -(-length // _CERTIFICATE_ALIGNMENT) * _CERTIFICATE_ALIGNMENT
        header = table[at : at + _CERTIFICATE_HEADER]
        is_first = False


def _whole_file(layout: PELayout) -> Overlay:
    """Return what is after the start of a valid file that is there as a whole."""
    start, size = layout.certificates
    return Overlay(len(layout.data), layout.data[start : start + size], _Digests(layout))


class _Digests(dict[str, bytes]):
    """The Authenticode digests of a valid file, each computed once."""

    def __init__(self, layout: PELayout) -> None:
        super().__init__()
        self._layout = layout

    def __missing__(self, algorithm: str) -> bytes:
        self[algorithm] = self._layout.compute_authenticode(algorithm)
        return self[algorithm]


def _parse(layout: PELayout, authenticode: str) -> PEHeaders:
    """Return what a file that is valid states."""
    with suppress(UnusualResourceError):
        if not _has_two_machines(layout):
            address = _directory(layout, _RESOURCES)
            resource = (
                read_version_resource(layout.data, address, layout.find_offset)
                if address
                else VersionResource()
            )
            return _headers(layout.machine, resource, authenticode)
    return _parse_with_lief(layout.data, layout.machine, authenticode)


def _has_two_machines(layout: PELayout) -> bool:
    """Return whether a file may have code for another machine than its header names."""
    address = _directory(layout, _LOAD_CONFIG)
    if not address or not layout.is_64_bit:
        return False
    start = layout.find_offset(address)
    if start < 0 or start + _CHPE + _CHPE_SIZE > len(layout.data):
        return True
    size = layout.read_number(start, 4)
    return size > _CHPE and layout.read_number(start + _CHPE, _CHPE_SIZE) != 0


def _directory(layout: PELayout, index: int) -> int:
    """Return the address of a data directory, or 0. Raises UnusualResourceError."""
    address = layout.read_directory(index)
    if address is None:
        raise UnusualResourceError
    return address


def _parse_with_lief(data: bytes, machine: str, authenticode: str) -> PEHeaders:
    """Return what LIEF reads of a file that is valid."""
    # Importing LIEF takes 0.3 s, which only a run that needs it should pay.
    import lief  # noqa: PLC0415

    parsed = lief.PE.parse(data, _parser_config())
    if parsed is None:
        return PEHeaders(machine=machine, parse_error="has headers that LIEF cannot parse")
    if parsed.is_arm64x:
        machine = "arm64x"
    elif parsed.is_arm64ec:
        machine = "arm64ec"
    try:
        resource = _version_resource(parsed)
    except UnicodeDecodeError:
        error = "has a version resource that is not text"
        return PEHeaders(machine, authenticode=authenticode, parse_error=error)
    return _headers(machine, resource, authenticode)


def _headers(machine: str, resource: VersionResource, authenticode: str) -> PEHeaders:
    return PEHeaders(machine, resource.texts, authenticode, file_version=resource.file_version)


def _parser_config() -> lief.PE.ParserConfig:
    """Return a configuration in which LIEF reads headers and resources only, silently."""
    import lief  # noqa: PLC0415

    lief.logging.disable()
    config = lief.PE.ParserConfig()
    config.parse_signature = config.parse_exports = config.parse_reloc = False
    config.parse_exceptions = config.parse_arm64x_binary = config.parse_imports = False
    return config


def _version_resource(parsed: lief.PE.Binary) -> VersionResource:
    """Return the first version resource."""
    import lief  # noqa: PLC0415

    manager = parsed.resources_manager if parsed.has_resources else None
    if not isinstance(manager, lief.PE.ResourcesManager) or not manager.has_version:
        return VersionResource()
    versions = manager.version
    if not versions:
        return VersionResource()
    info, fixed = versions[0].string_file_info, versions[0].file_info
    texts = {
        entry.key: entry.value[:LONGEST_TEXT].rstrip("\0")
        for table in (info.children if info else ())
        for entry in table.entries
    }
    return VersionResource(texts, format_file_version(fixed.file_version_ms, fixed.file_version_ls))
