"""What ``regen`` downloads: archives, to record what identifies them, and a script by its ref."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import msgspec

from sbom.components.provenance import download_location, is_archive
from sbom.diagnostics import Diagnostic
from sbom.download.cache import Cache, default_cache_dir
from sbom.files.targz import ArchiveInfo
from sbom.manifest.diff import replace_pins
from sbom.manifest.external_key import ExternalKey
from sbom.manifest.model import Manifest, Pin
from sbom.script.externals import ExternalKind
from sbom.script.run import decode_script
from sbom.source_tree.tree import parse_python_version

# The modules that need urllib3, which takes 0.2 s to import, are imported where they are used.
# ruff: noqa: PLC0415

#: The two files of a CPython tree that ``regen --ref`` needs.
_SCRIPT, _VERSION = "PCbuild/get_externals.bat", "Include/patchlevel.h"
_SCRIPT_LIMIT = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class DownloadOptions:
    """How to download: ``base_url`` is a mirror of github.com, ``token`` is GITHUB_TOKEN."""

    base_url: str = ""
    token: str = ""
    use_cache: bool = True
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FetchedArchives:
    """Archives by the keys of their externals, and warnings about them."""

    archives: Mapping[ExternalKey, ArchiveInfo]
    warnings: Sequence[Diagnostic] = ()


def fetch_archives(
    manifest: Manifest, options: DownloadOptions, *, verify: bool = False
) -> FetchedArchives:
    """Return the archives of externals without a checksum or, with ``verify``, of all.

    Raises SbomError with every archive that failed; the cache has the others then.
    """
    pins = [
        pin for pin in manifest.pins if (verify or not pin.sha256) and is_archive(manifest, pin)
    ]
    if not pins:
        return FetchedArchives({})
    from sbom.download.archives import (
        ArchiveFetcher,
        FetchRequest,
        open_progress,
        raise_failures,
    )
    from sbom.download.client import Client

    requests = [
        FetchRequest(
            key=str(pin.key),
            url=_on_server(download_location(manifest, pin), options.base_url),
            sha256=pin.sha256,
            commit=pin.commit,
            verification_code=pin.verification_code,
        )
        for pin in pins
    ]
    progress = open_progress(sys.stderr, len(requests), options.environment)
    cache = Cache(default_cache_dir() if options.use_cache else None, progress.note)
    with closing(Client(token=options.token, on_data=progress.advance)) as client:
        fetcher = ArchiveFetcher(client=client, cache=cache, progress=progress, file=manifest.file)
        results = fetcher.fetch(requests)
    raise_failures(results)
    return FetchedArchives(
        {pin.key: one.archive for pin, one in zip(pins, results, strict=True) if one.archive},
        [warning for result in results for warning in result.diagnostics],
    )


def pin_archives(manifest: Manifest, archives: Mapping[ExternalKey, ArchiveInfo]) -> Manifest:
    """Return the manifest with what identifies archives recorded in their pins."""
    pins: dict[ExternalKey, Pin | None] = {
        pin.key: msgspec.structs.replace(
            pin,
            commit=archive.commit or pin.commit,
            sha256=archive.sha256,
            sha512=archive.sha512,
            size=archive.size,
            file_count=len(archive.files),
            verification_code=archive.verification_code,
            dll_digests=_dll_digests(pin, archive, manifest),
        )
        for pin in manifest.pins
        if (archive := archives.get(pin.key))
    }
    return replace_pins(manifest, pins)


def _dll_digests(pin: Pin, archive: ArchiveInfo, manifest: Manifest) -> Mapping[str, str]:
    """Return the Authenticode digests that a pin records: not those of the reference data."""
    if pin.kind is not ExternalKind.BINARY:
        return {}
    digests = {entry.path: entry.authenticode for entry in archive.files if entry.authenticode}
    return pin.dll_digests if manifest.dll_digests.get(pin.tag) == digests else digests


def fetch_script(ref: str, manifest: Manifest, options: DownloadOptions) -> tuple[str, str, str]:
    """Return text, SHA-256 and version of the script of a CPython branch, tag or commit."""
    from sbom.download.client import Client, DownloadLimits

    cpython = manifest.cpython
    bodies = []
    limits = DownloadLimits(size=_SCRIPT_LIMIT)
    with closing(Client(token=options.token, limits=limits)) as client:
        for path in (_SCRIPT, _VERSION):
            url = cpython.file_url.format(
                organization=cpython.organization, ref=quote(ref), path=path
            )
            received = client.get(_on_server(url, options.base_url), bytes)
            bodies.append(received[0] if received else b"")
    text, digest = decode_script(bodies[0])
    return text, digest, parse_python_version(bodies[1])


def _on_server(url: str, base_url: str) -> str:
    """Return a URL on another server: a mirror, or one of a test."""
    return base_url.rstrip("/") + urlsplit(url).path if base_url else url
