"""Archives at their URLs to what they contain: downloaded, or from the cache if they are the same.

Every archive is tried, even if others fail, and every complete one is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import IO

from sbom.diagnostics import Diagnostic, Exit, OperationalError, SbomError
from sbom.diagnostics.script_messages import archive_of_another_tag, archive_repacked, tag_moved
from sbom.download.cache import Cache, CacheEntry
from sbom.download.client import UNKNOWN, Client, Validators
from sbom.download.connections import CONNECTIONS, DownloadError, FailureReason, redact_url
from sbom.download.progress import Progress
from sbom.files.compressed_stream import DamagedArchiveError
from sbom.files.targz import ArchiveInfo, read_targz
from sbom.manifest.pins import Pin


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchResult:
    """What the URL of a pin gave, and the diagnostics of that.

    ``status`` is OK where ``archive`` may be recorded; its body was not downloaded where
    ``is_cached``.
    """

    pin: Pin
    archive: ArchiveInfo | None = None
    is_cached: bool = False
    status: Exit = Exit.OK
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveFetcher:
    """What archives are fetched with; ``file`` is the manifest that has the pins of them."""

    client: Client
    cache: Cache
    progress: Progress
    file: str = "externals.toml"

    def fetch(self, pins: Sequence[Pin], urls: Sequence[str]) -> tuple[FetchResult, ...]:
        """Return the result of each pin, in order; none of them raises an SbomError."""
        executor = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="fetch")
        with self.progress, self.cache.lock():
            try:
                return tuple(executor.map(self._fetch_one, pins, urls))
            except BaseException:
                self.client.stop()
                raise
            finally:
                executor.shutdown(cancel_futures=True)

    def _fetch_one(self, pin: Pin, url: str) -> FetchResult:
        key = str(pin.key)
        try:
            archive, is_cached = self._current_archive(url)
            result = replace(self._compare(pin, url, archive), is_cached=is_cached)
        except SbomError as error:
            diagnostics = tuple(
                replace(diagnostic, subject=key) for diagnostic in error.diagnostics
            )
            result = FetchResult(pin=pin, status=error.status, diagnostics=diagnostics)
        self.progress.finish(key, _outcome(result))
        return result

    def _current_archive(self, url: str) -> tuple[ArchiveInfo, bool]:
        """Return the archive that the server has now, and whether the cache had it already."""

        def keep(body: IO[bytes], validators: Validators) -> ArchiveInfo:
            archive = _read_whole(body, redact_url(url))
            entry = CacheEntry(archive.sha256, validators.etag, validators.last_modified)
            self.cache.add(url, entry, body)
            return archive

        entry = self.cache.find(url)
        cached = self.cache.read(entry.sha256) if entry else None
        known = Validators(entry.etag, entry.last_modified) if entry and cached else UNKNOWN
        archive = self.client.get(url, keep, known, retry_missing=True) or cached
        if archive is None:
            raise AssertionError("None is returned for a known body only")
        return archive, archive is cached

    def _compare(self, pin: Pin, url: str, archive: ArchiveInfo) -> FetchResult:
        """Return the result for an archive, compared with what is recorded of it."""
        result = FetchResult(pin=pin, archive=archive)
        if pin.sha256 in ("", archive.sha256):
            return result
        where = (self.file, str(pin.key), redact_url(url), (pin.sha256, archive.sha256))
        is_same_commit = pin.commit in ("", archive.commit)
        if is_same_commit and pin.verification_code == archive.verification_code:
            return replace(result, diagnostics=(archive_repacked(*where),))
        old = self.cache.read(pin.sha256)
        changed = {*old.files} ^ {*archive.files} if old else set()
        moved = tag_moved(*where, sorted({entry.path for entry in changed}))
        return replace(result, status=Exit.ERRORS, diagnostics=(moved,))


def reject_other_tags(
    results: Sequence[FetchResult], urls: Sequence[str], pins: Iterable[Pin], file: str
) -> tuple[FetchResult, ...]:
    """Return the results, those with the commit and the files of another tag as errors.

    ``pins`` are what is recorded of tags, before and after a bump; the results count too.
    """
    known = {
        (pin.commit, pin.verification_code, pin.tag)
        for pin in pins
        if pin.commit and pin.verification_code
    }
    known |= {
        (result.archive.commit, result.archive.verification_code, result.pin.tag)
        for result in results
        if result.archive and result.archive.commit
    }
    checked = []
    for result, url in zip(results, urls, strict=True):
        archive, tag = result.archive, result.pin.tag
        others = sorted(
            other
            for commit, code, other in known
            if archive
            and (commit, code) == (archive.commit, archive.verification_code)
            and other != tag
        )
        if others and result.status is Exit.OK:
            subject = str(result.pin.key)
            rejected = archive_of_another_tag(file, subject, redact_url(url), others[0])
            diagnostics = (*result.diagnostics, rejected)
            checked.append(replace(result, status=Exit.ERRORS, diagnostics=diagnostics))
        else:
            checked.append(result)
    return tuple(checked)


def _read_whole(body: IO[bytes], name: str) -> ArchiveInfo:
    """Return what a body contains. Raises DownloadError if another attempt may help."""
    try:
        return read_targz(body, name)
    except DamagedArchiveError as error:
        if error.is_retryable:
            raise DownloadError(FailureReason.INCOMPLETE, error.message) from error
        raise


def raise_failures(results: Sequence[FetchResult]) -> None:
    """Raise one error with the diagnostics of every result that failed, if any did."""
    failed = [result for result in results if result.status is not Exit.OK]
    if failed:
        diagnostics = [diagnostic for result in failed for diagnostic in result.diagnostics]
        is_operational = any(result.status is Exit.IO for result in failed)
        raise (OperationalError if is_operational else SbomError)(diagnostics)


def _outcome(result: FetchResult) -> str:
    if result.status is not Exit.OK or result.archive is None:
        return result.diagnostics[0].message
    how = "unchanged, in the cache" if result.is_cached else "downloaded"
    return f"{how}, {result.archive.size} bytes, {len(result.archive.files)} files"
