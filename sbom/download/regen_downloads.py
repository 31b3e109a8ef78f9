"""What ``regen`` downloads: archives of pins, distributions of vendored packages, and a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import IO, TextIO
from urllib.parse import quote, urlsplit

from sbom.components.provenance import download_location
from sbom.diagnostics import Diagnostic, InputError, OperationalError
from sbom.diagnostics.io_messages import input_error
from sbom.download.archives import ArchiveFetcher, raise_failures, reject_other_tags
from sbom.download.cache import Cache
from sbom.download.client import Client, DownloadLimits
from sbom.download.connections import redact_url
from sbom.download.package_index import ANSWER_LIMIT, JSON, look_up, unknown_distributions
from sbom.download.progress import open_progress
from sbom.files.targz import ArchiveInfo
from sbom.io import default_cache_dir
from sbom.manifest.external_key import ExternalKey
from sbom.manifest.model import Manifest
from sbom.manifest.pins import Pin

#: The two files of a CPython tree that a regeneration needs, and the most bytes of one.
_SCRIPT, _VERSION = "PCbuild/get_externals.bat", "Include/patchlevel.h"
_SCRIPT_LIMIT = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Downloader:
    """Downloads from the servers of a manifest, or from a mirror of them at ``base_url``.

    ``environment`` has what is set for the process, ``stream`` gets a line for each archive.
    """

    base_url: str
    use_cache: bool
    environment: Mapping[str, str]
    stream: TextIO

    @property
    def mirror(self) -> str:
        """Return the URL of the mirror without credentials; empty if there is none."""
        return redact_url(self.base_url) if self.base_url else ""

    @property
    def _token(self) -> str:
        return self.environment.get("GITHUB_TOKEN", "")

    def _locate(self, url: str) -> str:
        """Return where a URL is downloaded from."""
        return self.base_url.rstrip("/") + urlsplit(url).path if self.base_url else url

    def fetch_archives(
        self, manifest: Manifest, before: Manifest, pins: Sequence[Pin]
    ) -> tuple[Mapping[ExternalKey, ArchiveInfo], Sequence[Diagnostic]]:
        """Return the archives of pins of a manifest, and warnings about them.

        ``before`` is the manifest before any bump: what it records of other tags must not come
        again. Raises SbomError with every archive that failed; the cache, if there is one, has the
        others.
        """
        urls = [self._locate(download_location(manifest, pin)) for pin in pins]
        progress = open_progress(self.stream, len(pins), self.environment)
        cache = Cache(default_cache_dir() if self.use_cache else None, progress.note)
        with closing(Client(token=self._token, on_data=progress.advance)) as client:
            fetcher = ArchiveFetcher(
                client=client, cache=cache, progress=progress, file=manifest.file
            )
            fetched = fetcher.fetch(pins, urls)
        results = reject_other_tags(fetched, urls, (*before.pins, *manifest.pins), manifest.file)
        raise_failures(results)
        archives = {result.pin.key: result.archive for result in results if result.archive}
        return archives, [warning for result in results for warning in result.diagnostics]

    def look_up_vendored(
        self, manifest: Manifest
    ) -> tuple[Mapping[ExternalKey, tuple[str, str]], Sequence[str]]:
        """Return URL and SHA-256 of the distributions of vendored packages, and a line on others.

        Those that the manifest records are not looked up. Raises OperationalError with every lookup
        that failed.
        """
        wanted = unknown_distributions(manifest)
        if not wanted:
            return {}, ()

        def url_of(project: str) -> str:
            return self._locate(manifest.cpython.package_index.format(project=project))

        with closing(Client(accept=JSON, limits=DownloadLimits(size=ANSWER_LIMIT))) as client:
            found = look_up(client, wanted, url_of)
        if failed := [diagnostic for lookup in found for diagnostic in lookup.diagnostics]:
            raise OperationalError(failed)
        distributions = {
            lookup.code.key: (lookup.distribution.url, lookup.distribution.sha256)
            for lookup in found
            if lookup.distribution
        }
        unlisted = [
            f"{lookup.code.key}: {url_of(lookup.project)} has no "
            f"{lookup.project} {lookup.code.version}"
            for lookup in found
            if not lookup.distribution
        ]
        return distributions, unlisted

    def fetch_script(self, ref: str, manifest: Manifest) -> tuple[bytes, bytes]:
        """Return a script, and the header that states its version, of a branch, tag or commit.

        Raises InputError for a file that is far too large, OperationalError if a download fails.
        """

        def read(body: IO[bytes], _: object) -> bytes:
            data = body.read(_SCRIPT_LIMIT + 1)
            if len(data) > _SCRIPT_LIMIT:
                message = f"is larger than {_SCRIPT_LIMIT:,} bytes"
                hint = "name a branch, a tag or a commit of CPython"
                raise InputError([input_error(redact_url(url), message, hint)])
            return data

        template, organization = manifest.cpython.file_url, manifest.cpython.organization
        bodies = []
        with closing(Client(token=self._token)) as client:
            for path in (_SCRIPT, _VERSION):
                url = template.format(organization=organization, ref=quote(ref), path=path)
                url = self._locate(url)
                bodies.append(client.get(url, read) or b"")
        script, version = bodies
        return script, version
