"""What ``regen`` writes into the manifest: from values to values.

``write.py`` writes the result into the text of externals.toml.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from sbom.manifest.component_spec import UNKNOWN_LOCATION
from sbom.manifest.external_key import ExternalKey
from sbom.manifest.model import Manifest
from sbom.manifest.pin_changes import PinChange
from sbom.manifest.pins import Pin, Vendored
from sbom.script.externals import ExternalKind

if TYPE_CHECKING:  # most commands read no archive
    from sbom.files.targz import ArchiveInfo


def apply_pin_changes(manifest: Manifest, changes: Iterable[PinChange]) -> Manifest:
    """Return the manifest with changes made to its pins."""
    return replace_pins(manifest, {change.key: change.pin for change in changes})


def replace_pins(manifest: Manifest, pins: Mapping[ExternalKey, Pin | None]) -> Manifest:
    """Return the manifest with some pins replaced or, where they are None, removed."""
    found = {pin.key: pin for pin in manifest.pins} | dict(pins)
    kept = [pin for pin in found.values() if pin is not None]
    kept.sort(key=lambda pin: (pin.kind is ExternalKind.BINARY, pin.name))
    return replace(manifest, pins=tuple(kept))


def record_script(manifest: Manifest, script_sha256: str) -> Manifest:
    """Return the manifest with the digest of the script that its pins were taken from."""
    cpython = msgspec.structs.replace(manifest.cpython, script_sha256=script_sha256)
    return replace(manifest, cpython=cpython)


def change_version(manifest: Manifest, version: str) -> Manifest:
    """Return the manifest of a CPython version.

    What identifies the source release of another version is not known any more.
    """
    cpython = manifest.cpython
    if version == cpython.version:
        return manifest
    cpython = msgspec.structs.replace(cpython, version=version, commit="", sha256="")
    return replace(manifest, cpython=cpython)


def record_vendored(manifest: Manifest, vendored: Sequence[Vendored], version: str) -> Manifest:
    """Return the manifest with the vendored code of a source tree, of its CPython version.

    What is recorded of the distribution of the same version stays.
    """
    known = {(code.key, code.version, code.wheel): code for code in manifest.vendored}
    cpython = msgspec.structs.replace(manifest.cpython, vendored_from=version)
    kept = [
        _keep_distribution(code, known.get((code.key, code.version, code.wheel)))
        for code in vendored
    ]
    return replace(manifest, cpython=cpython, vendored=tuple(kept))


def _keep_distribution(code: Vendored, known: Vendored | None) -> Vendored:
    """Return code of a tree with what is recorded of its distribution, which no tree states."""
    if known is None or code.download_location != UNKNOWN_LOCATION:
        return code
    if code.sha256 not in ("", known.sha256):
        return code
    return msgspec.structs.replace(
        code, download_location=known.download_location, sha256=known.sha256
    )


def record_distributions(
    manifest: Manifest, distributions: Mapping[ExternalKey, tuple[str, str]]
) -> Manifest:
    """Return the manifest with the addresses and SHA-256 of distributions of vendored code."""
    vendored = tuple(
        msgspec.structs.replace(
            code,
            download_location=distributions[code.key][0],
            sha256=distributions[code.key][1],
        )
        if code.key in distributions
        else code
        for code in manifest.vendored
    )
    return replace(manifest, vendored=vendored)


def record_archives(
    manifest: Manifest, archives: Mapping[ExternalKey, ArchiveInfo], mirror: str = ""
) -> Manifest:
    """Return the manifest with what identifies archives recorded in their pins.

    What comes from a ``mirror`` is marked, unless the same checksum is known already.
    """
    pins: dict[ExternalKey, Pin | None] = {
        pin.key: msgspec.structs.replace(
            pin,
            commit=archive.commit or pin.commit,
            sha256=archive.sha256,
            mirror=_unconfirmed(manifest, pin, archive, mirror),
            sha512=archive.sha512,
            size=archive.size,
            file_count=len(archive.files),
            verification_code=archive.verification_code,
            verification_code_with_links=archive.verification_code_with_links,
            dll_digests=_dll_digests(pin, archive, manifest),
        )
        for pin in manifest.pins
        if (archive := archives.get(pin.key))
    }
    return replace_pins(manifest, pins)


def _unconfirmed(manifest: Manifest, pin: Pin, archive: ArchiveInfo, mirror: str) -> str:
    known = {manifest.get_archive_sha256(pin.key, pin.tag)} if not pin.mirror else set()
    return "" if archive.sha256 in known else mirror


def record_known_checksums(manifest: Manifest) -> Manifest:
    """Return the manifest with the SHA-256 of each archive that the reference data have."""
    pins: dict[ExternalKey, Pin | None] = {
        pin.key: msgspec.structs.replace(pin, sha256=known)
        for pin in manifest.pins
        if not pin.sha256 and (known := manifest.get_archive_sha256(pin.key, pin.tag))
    }
    return replace_pins(manifest, pins)


def _dll_digests(pin: Pin, archive: ArchiveInfo, manifest: Manifest) -> Mapping[str, str]:
    """Return the Authenticode digests that a pin records: not those of the reference data."""
    if pin.kind is not ExternalKind.BINARY:
        return {}
    digests = {entry.path: entry.authenticode for entry in archive.files if entry.authenticode}
    return pin.dll_digests if manifest.dll_digests.get(pin.tag) == digests else digests
