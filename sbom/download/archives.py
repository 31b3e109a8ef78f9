"""Archives wanted to what is known of them: from the cache where it is proven, else downloaded.

Every archive is tried, whatever becomes of the others, and what was proven is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum

from sbom.diagnostics import Code, Diagnostic, OperationalError, SbomError
from sbom.download.addresses import shown
from sbom.download.cache import Cache, Record
from sbom.download.client import Body, Client, IncompleteError, Validators
from sbom.download.progress import Progress
from sbom.files.gzip import DamagedError, Limits
from sbom.files.targz import ArchiveInfo, read_archive, read_chunks


@dataclass(frozen=True, slots=True)
class Wanted:
    """One archive: what it is called, where it is, and the SHA-256 it must have if one is known."""

    key: str
    url: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An archive that is what it should be; ``cached`` if no byte of it was downloaded."""

    key: str
    facts: ArchiveInfo
    cached: bool = False


class Why(StrEnum):
    """Why nothing is known: the world outside, what it gave, a tag that moved, no connection."""

    OUTSIDE = "outside"
    ARCHIVE = "archive"
    MOVED = "moved"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Failed:
    """An archive that could not be had, or is another one; ``facts`` are then of that one."""

    key: str
    why: Why
    problems: tuple[Diagnostic, ...]
    facts: ArchiveInfo | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetcher:
    """How archives are fetched. Without a ``client`` no connection can be opened: ``--offline``.

    With ``revalidate``, a server is asked whether what the cache has is still what it serves;
    without, the cache is believed where it has the digest wanted, or the address where none is.
    ``fresh`` is for tags made a moment ago; ``file`` is what pins are written in.
    """

    client: Client | None
    cache: Cache
    progress: Progress
    file: str = "externals.toml"
    limits: Limits | None = None
    revalidate: bool = True
    fresh: bool = False
    workers: int = 4

    def fetch(self, wanted: Sequence[Wanted]) -> tuple[Fetched | Failed, ...]:
        """Return, in order, what became of each. Raises nothing for any of them."""
        executor = ThreadPoolExecutor(self.workers, thread_name_prefix="fetch")
        try:
            return tuple(executor.map(self._one, wanted))
        except BaseException:
            if self.client is not None:
                self.client.stop()
            raise
        finally:
            executor.shutdown(cancel_futures=True)
            self.progress.close()

    def _one(self, wanted: Wanted) -> Fetched | Failed:
        self.progress.begin(wanted.key)
        outcome = "failed"
        try:
            result = self._fetched(wanted)
            outcome = _outcome(result)
        finally:
            self.progress.done(wanted.key, outcome)
        return result

    def _fetched(self, wanted: Wanted) -> Fetched | Failed:
        record = self.cache.find(wanted.url)
        try:
            if self.client is None or not self.revalidate:
                digest = wanted.sha256 or (record.sha256 if record else "")
                if facts := self._cached(digest, wanted):
                    return self._judged(wanted, facts, cached=True)
            if self.client is None:
                return Failed(wanted.key, Why.OFFLINE, (self._unknown(wanted),))
            return self._asked(self.client, wanted, record)
        except OperationalError as error:
            return Failed(wanted.key, Why.OUTSIDE, _placed(error, wanted))
        except SbomError as error:
            outside = isinstance(error, DamagedError)
            why = Why.OUTSIDE if outside else Why.ARCHIVE
            return Failed(wanted.key, why, _placed(error, wanted))

    def _asked(self, client: Client, wanted: Wanted, record: Record | None) -> Fetched | Failed:
        """Return what the server has now, downloaded only if the cache does not have it."""
        facts = self._cached(record.sha256, wanted) if record else None
        if record and facts:
            known = Validators(record.etag, record.modified)
            new = client.get(
                wanted.url, lambda body: self._read(body, wanted), known, fresh=self.fresh
            )
            return self._judged(wanted, new or facts, cached=new is None)
        new = client.get(wanted.url, lambda body: self._read(body, wanted), fresh=self.fresh)
        if new is None:
            raise AssertionError("an answer that nothing was known of cannot be unchanged")
        return self._judged(wanted, new)

    def _cached(self, sha256: str, wanted: Wanted) -> ArchiveInfo | None:
        with self.cache.open(sha256) as file:
            return read_archive(read_chunks(file), shown(wanted.url), self.limits) if file else None

    def _read(self, body: Body, wanted: Wanted) -> ArchiveInfo:
        """Read a download, into the cache as well; it is kept if it is an archive to the end."""
        with self.cache.writer() as writer:

            def chunks() -> Iterator[bytes]:
                for data in body.chunks:
                    writer.write(data)
                    self.progress.more(len(data))
                    yield data

            try:
                facts = read_archive(chunks(), shown(wanted.url), self.limits)
            except DamagedError as error:
                if error.again:
                    raise IncompleteError(error.sentence) from error
                raise
            writer.keep(facts.sha256)
        said = body.validators
        self.cache.remember(wanted.url, Record(facts.sha256, said.etag, said.modified))
        return facts

    def _judged(
        self, wanted: Wanted, facts: ArchiveInfo, *, cached: bool = False
    ) -> Fetched | Failed:
        if wanted.sha256 in ("", facts.sha256):
            return Fetched(wanted.key, facts, cached)
        message = (
            f"the tag moved: {shown(wanted.url)} has SHA-256 {facts.sha256}, "
            f"pinned is {wanted.sha256}"
        )
        problem = Diagnostic(
            code=Code.TAG_MOVED,
            file=self.file,
            subject=wanted.key,
            message=message,
            hint=self._difference(wanted, facts),
        )
        return Failed(wanted.key, Why.MOVED, (problem,), facts)

    def _difference(self, wanted: Wanted, facts: ArchiveInfo) -> str:
        """Return which files have changed, where the archive that was pinned is still at hand."""
        old = self._cached(wanted.sha256, wanted)
        if old is None:
            return "find out why before you pin it again: empty its sha256 and run regen"
        changed = sorted({entry.path for entry in {*old.entries} ^ {*facts.entries}})
        if not changed:
            return "its files are the same: it was only packed anew"
        named = ", ".join(repr(path)[1:-1] for path in changed[:_NAMED])
        more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
        return f"changed since: {named}{more}"

    def _unknown(self, wanted: Wanted) -> Diagnostic:
        return Diagnostic(
            code=Code.MISSING_CHECKSUM,
            file=self.file,
            subject=wanted.key,
            message="is not in the cache, and nothing is fetched offline",
            hint="run it again online",
        )


_NAMED = 5


def failures(results: Sequence[Fetched | Failed]) -> SbomError | None:
    """Return one error with every problem, or None; what could not be tried offline is none."""
    failed = [one for one in results if isinstance(one, Failed) and one.why is not Why.OFFLINE]
    if not failed:
        return None
    problems = [problem for one in failed for problem in one.problems]
    outside = any(one.why is Why.OUTSIDE for one in failed)
    return OperationalError(problems) if outside else SbomError(problems)


def _placed(error: SbomError, wanted: Wanted) -> tuple[Diagnostic, ...]:
    return tuple(replace(problem, subject=wanted.key) for problem in error.diagnostics)


def _outcome(result: Fetched | Failed) -> str:
    if isinstance(result, Failed):
        return result.problems[0].message
    how = "in the cache" if result.cached else "fetched"
    return f"{how}, {result.facts.size} bytes, {result.facts.files} files"
