"""Archives at their URLs to what they hold: downloaded, or from the cache where they are the same.

Every archive is tried, whatever becomes of the others, and every whole one is kept.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TextIO

from sbom.diagnostics import Diagnostic, Exit, OperationalError, SbomError
from sbom.diagnostics.io_messages import archive_repacked, tag_moved
from sbom.download.cache import Cache, CacheEntry
from sbom.download.client import UNKNOWN, Client, Validators
from sbom.download.connections import DownloadError, FailureReason, redact_url
from sbom.files.gzip import DamagedArchiveError
from sbom.files.targz import ArchiveInfo, read_targz


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchRequest:
    """An archive to fetch, and what is recorded of it: empty texts where nothing is.

    ``key`` is the key path of the external in the manifest.
    """

    key: str
    url: str
    sha256: str = ""
    commit: str = ""
    verification_code: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchResult:
    """What became of a request: what the URL gave, and the diagnostics of that.

    ``status`` is OK where ``archive`` may be recorded; its body was not downloaded where
    ``is_cached``.
    """

    key: str
    archive: ArchiveInfo | None = None
    is_cached: bool = False
    status: Exit = Exit.OK
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveFetcher:
    """What archives are fetched with; ``file`` is the manifest that has the records of them."""

    client: Client
    cache: Cache
    progress: Progress
    file: str = "externals.toml"
    workers: int = 4

    def fetch(self, requests: Sequence[FetchRequest]) -> tuple[FetchResult, ...]:
        """Return the result of each request, in order; none of them raises an SbomError."""
        executor = ThreadPoolExecutor(self.workers, thread_name_prefix="fetch")
        with self.progress, self.cache.lock():
            try:
                return tuple(executor.map(self._fetch_one, requests))
            except BaseException:
                self.client.stop()
                raise
            finally:
                executor.shutdown(cancel_futures=True)

    def _fetch_one(self, request: FetchRequest) -> FetchResult:
        try:
            archive, is_cached = self._current_archive(request)
            result = replace(self._compare(request, archive), is_cached=is_cached)
        except SbomError as error:
            result = FetchResult(
                key=request.key,
                status=error.status,
                diagnostics=tuple(replace(one, subject=request.key) for one in error.diagnostics),
            )
        self.progress.finish(request.key, _outcome(result))
        return result

    def _current_archive(self, request: FetchRequest) -> tuple[ArchiveInfo, bool]:
        """Return the archive that the server has now, and whether the cache had it already."""
        entry = self.cache.find(request.url)
        cached = self._cached_archive(entry.sha256, request.url) if entry else None
        known = Validators(entry.etag, entry.last_modified) if entry and cached else UNKNOWN
        parse = partial(_parse_archive, name=redact_url(request.url))
        received = self.client.get(request.url, parse, known, retry_missing=True)
        if received is None:
            if cached is None:
                raise AssertionError("None is returned for a known body only")
            return cached, True
        (archive, body), validators = received
        new = CacheEntry(archive.sha256, validators.etag, validators.last_modified)
        self.cache.add(request.url, new, body)
        return archive, False

    def _cached_archive(self, sha256: str, url: str) -> ArchiveInfo | None:
        body = self.cache.read(sha256)
        return read_targz(body, redact_url(url)) if body is not None else None

    def _compare(self, request: FetchRequest, archive: ArchiveInfo) -> FetchResult:
        """Return the result for an archive, compared with what is recorded of it."""
        result = FetchResult(key=request.key, archive=archive)
        if request.sha256 in ("", archive.sha256):
            return result
        url, digests = redact_url(request.url), (request.sha256, archive.sha256)
        is_same_commit = request.commit in ("", archive.commit)
        if is_same_commit and request.verification_code == archive.verification_code:
            repacked = archive_repacked(self.file, request.key, url, digests)
            return replace(result, diagnostics=(repacked,))
        old = self._cached_archive(request.sha256, request.url)
        changed = {*old.files} ^ {*archive.files} if old else set()
        paths = sorted({entry.path for entry in changed})
        moved = tag_moved(self.file, request.key, url, digests, paths)
        return replace(result, status=Exit.ERRORS, diagnostics=(moved,))


def _parse_archive(body: bytes, name: str) -> tuple[ArchiveInfo, bytes]:
    """Return what a body holds, and the body. Raises DownloadError where it is not whole."""
    try:
        return read_targz(body, name), body
    except DamagedArchiveError as error:
        if error.is_retryable:
            raise DownloadError(FailureReason.INCOMPLETE, error.message) from error
        raise


def raise_failures(results: Sequence[FetchResult]) -> None:
    """Raise one error with the diagnostics of every result that failed, if any did."""
    failed = [result for result in results if result.status is not Exit.OK]
    if failed:
        diagnostics = [one for result in failed for one in result.diagnostics]
        is_operational = any(result.status is Exit.IO for result in failed)
        raise (OperationalError if is_operational else SbomError)(diagnostics)


def _outcome(result: FetchResult) -> str:
    if result.status is not Exit.OK or result.archive is None:
        return result.diagnostics[0].message
    how = "unchanged, in the cache" if result.is_cached else "downloaded"
    return f"{how}, {result.archive.size} bytes, {len(result.archive.files)} files"


class Progress:
    """Prints lines, from any thread; is entered while downloads are running.

    One bar for all downloads, because GitHub does not say how large an archive will be.
    """

    def __init__(self, stream: TextIO, total: int, *, with_bar: bool = False) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._total, self._finished, self._bytes = total, 0, 0
        self._bar = None
        if with_bar:
            from rich import progress  # noqa: PLC0415 - only for people, and it takes 0.3 s
            from rich.console import Console  # noqa: PLC0415

            size = progress.TextColumn("{task.fields[megabytes]:.1f} MB")
            columns = (progress.BarColumn(), progress.MofNCompleteColumn(), size)
            self._bar = progress.Progress(*columns, console=Console(file=stream), transient=True)
            self._bar.add_task("", total=total, megabytes=0)

    def __enter__(self) -> None:
        """Show the bar."""
        if self._bar is not None:
            self._bar.start()

    def __exit__(self, *_: object) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.stop()

    def advance(self, size: int) -> None:
        """Count ``size`` more bytes."""
        with self._lock:
            self._bytes += size
            self._update()

    def finish(self, name: str, outcome: str) -> None:
        """Print the outcome of one download."""
        with self._lock:
            self._finished += 1
            self.note(f"[{self._finished}/{self._total}] {name}: {outcome}")
            self._update()

    def note(self, text: str) -> None:
        """Print a line."""
        if self._bar is None:
            print(text, file=self._stream, flush=True)
        else:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _update(self) -> None:
        if self._bar is not None:
            task = self._bar.task_ids[0]
            self._bar.update(task, completed=self._finished, megabytes=self._bytes / 1e6)


def open_progress(stream: TextIO, total: int, environment: Mapping[str, str]) -> Progress:
    """Return progress with a bar where ``stream`` is a terminal that a person looks at."""
    is_dumb = environment.get("TERM") == "dumb"
    is_automatic = environment.get("CI", "") not in ("", "false")
    return Progress(stream, total, with_bar=stream.isatty() and not is_dumb and not is_automatic)
