"""What ``regen`` asks the network for: archives to pin, and a script by its ref."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

from sbom.components.locations import download_location, is_archive
from sbom.download.archives import Fetched, Fetcher, Wanted, failures
from sbom.download.cache import Cache, default_root
from sbom.download.client import Client
from sbom.download.progress import progress_on
from sbom.files.targz import ArchiveInfo
from sbom.inputs import Environment, usage_error
from sbom.io import decode_script
from sbom.manifest.model import Manifest
from sbom.manifest.toml_lines import Value
from sbom.script.externals import ExternalKind
from sbom.source_tree.release import version_defined

#: The two files of a CPython tree that ``regen --ref`` needs.
_SCRIPT, _VERSION = "PCbuild/get_externals.bat", "Include/patchlevel.h"
_SMALL = 1_000_000


def pin_archives(
    manifest: Manifest, arguments: argparse.Namespace, environment: Environment
) -> dict[str, ArchiveInfo]:
    """Return what the archives that need a pin hold, by key path.

    Those without a checksum need one; with ``--verify``, all are fetched again. Raises
    OutsideError or SbomError with every archive that failed; the others are in the cache then.
    """
    pins = [pin for pin in manifest.pins if arguments.verify or not pin.sha256]
    wanted = [
        Wanted(pin.key, _based(download_location(manifest, pin), arguments.base_url), pin.sha256)
        for pin in pins
        if is_archive(manifest, pin)
    ]
    if not wanted:
        return {}
    progress = progress_on(sys.stderr, len(wanted), environment)
    cache = Cache(None if arguments.no_cache else default_root(environment), progress.note)
    with _client(environment) as client:
        results = Fetcher(
            client=client, cache=cache, progress=progress, file=manifest.file, fresh=True
        ).fetch(wanted)
    if error := failures(results):
        raise error
    return {one.key: one.facts for one in results if isinstance(one, Fetched)}


def pinned(facts: ArchiveInfo) -> dict[str, Value]:
    """Return what the table of an external says of its archive."""
    commit = {"commit": facts.commit} if facts.commit else {}
    return {
        **commit,
        "sha256": facts.sha256,
        "sha512": facts.sha512,
        "size": facts.size,
        "file-count": facts.files,
        "verification-code": facts.verification_code,
    }


def digests(manifest: Manifest, found: Mapping[str, ArchiveInfo]) -> dict[str, dict[str, str]]:
    """Return the Authenticode digests of the DLLs in binary externals, by tag and path."""
    recorded: dict[str, dict[str, str]] = {}
    for pin in manifest.pins:
        if pin.kind is ExternalKind.BINARY and pin.key in found:
            entries = found[pin.key].entries
            libraries = {one.path: one.authenticode for one in entries if one.authenticode}
            if libraries:
                recorded[pin.tag] = libraries
    return recorded


def script_at(
    ref: str, manifest: Manifest, arguments: argparse.Namespace, environment: Environment
) -> tuple[str, str, str]:
    """Return text, digest and version of the script of a CPython branch, tag or commit."""
    cpython = manifest.cpython
    texts = []
    with _client(environment) as client:
        for path in (_SCRIPT, _VERSION):
            url = cpython.file_url.format(
                organization=cpython.organization, ref=quote(ref), path=path
            )
            texts.append(_small(client, _based(url, arguments.base_url)))
    text, digest = decode_script(texts[0])
    return text, digest, version_defined(texts[1])


def _small(client: Client, url: str) -> bytes:
    def whole(chunks: Iterable[bytes]) -> bytes:
        data = b""
        for chunk in chunks:
            data += chunk
            if len(data) > _SMALL:
                raise usage_error(url, f"is larger than {_SMALL} bytes", "name a branch or a tag")
        return data

    return client.get(url, lambda body: whole(body.chunks)) or b""


def _based(url: str, base: str | None) -> str:
    """Return an address on another server: a mirror, or a test's."""
    return base.rstrip("/") + urlsplit(url).path if base else url


@contextmanager
def _client(environment: Mapping[str, str]) -> Iterator[Client]:
    client = Client(token=environment.get("GITHUB_TOKEN", ""))
    try:
        yield client
    finally:
        client.close()
