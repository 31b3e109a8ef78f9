"""Several archives are fetched at once; each fails or succeeds alone, and by its contents."""

from __future__ import annotations

import gc
import gzip
import hashlib
import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from msgspec import structs
from server import (
    Server,
    archive,
    body,
    chunked,
    not_modified,
    redirect,
    reset,
    running,
    stall,
    status,
    when,
    wrong_length,
)

from sbom.diagnostics import Code, Exit, OperationalError, SbomError
from sbom.download.archives import ArchiveFetcher, FetchResult, raise_failures
from sbom.download.cache import Cache
from sbom.download.client import RETRY, Client, DownloadLimits
from sbom.download.progress import Progress
from sbom.files.targz import ArchiveInfo
from sbom.manifest.pins import Pin
from sbom.script.externals import ExternalKind

FILES = {"README": b"read me\n", "src/a.c": b"int a;\n"}
ARCHIVE = archive(FILES)
OTHER = archive({**FILES, "src/a.c": b"int b;\n", "new": b""})
DIGEST = "0" * 64
PIN = Pin(kind=ExternalKind.SOURCE, name="a", tag="a-1.0")


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def client() -> Iterator[Client]:
    client = Client(
        limits=DownloadLimits(read_timeout=2),
        retry=RETRY.new(total=3),
        now=lambda: 0.0,
        sleep=lambda _, __: None,
        proxy_for=lambda _: "",
    )
    yield client
    client.close()
    gc.collect()


@pytest.fixture
def printed() -> io.StringIO:
    return io.StringIO()


def fetcher(client: Client, root: Path | None, printed: io.StringIO) -> ArchiveFetcher:
    progress = Progress(printed, 1)
    return ArchiveFetcher(client=client, cache=Cache(root, progress.note), progress=progress)


def fetch(
    client: Client, root: Path | None, printed: io.StringIO, url: str, pin: Pin = PIN
) -> FetchResult:
    (result,) = fetcher(client, root, printed).fetch([pin], [url])
    return result


def archive_of(result: FetchResult) -> ArchiveInfo:
    assert result.status is Exit.OK
    assert result.archive is not None
    return result.archive


def blobs(root: Path) -> set[str]:
    return {path.name for path in (root / "blobs").glob("*")}


def test_results_are_in_order_and_independent(
    server: Server, client: Client, tmp_path: Path, printed: io.StringIO
) -> None:
    responses = {
        "good": [status(500), chunked(ARCHIVE)],
        "gone": [status(410)],
        "html": [body(b"<html>sign in</html>")],
        "evil": [body(archive(FILES, top="../x"))],
        "cut": [body(ARCHIVE[:-9])],
        "other": [body(OTHER)],
    }
    pins = [structs.replace(PIN, name=name) for name in responses]
    urls = [server.respond(f"/{name}", *answers) for name, answers in responses.items()]
    results = fetcher(client, tmp_path, printed).fetch(pins, urls)
    assert [result.pin for result in results] == pins
    statuses = [result.status for result in results]
    assert statuses == [Exit.OK, Exit.IO, Exit.IO, Exit.ERRORS, Exit.IO, Exit.OK]
    kept = {archive_of(result).sha256 for result in (results[0], results[-1])}
    assert blobs(tmp_path) == kept
    with pytest.raises(OperationalError) as caught:
        raise_failures(results)
    base = server.base
    assert [str(one) for one in caught.value.diagnostics] == [
        f"{base}/cut: source.cut: is truncated: its gzip data does not end within "
        f"{len(ARCHIVE) - 9} bytes (4 attempts in 0 s)",
        f"{base}/evil: source.evil: contains '../x', which leads out of the archive",
        f"{base}/gone: source.gone: HTTP 410 Gone",
        f"{base}/html: source.html: is not a gzip file: it is HTML",
    ]
    raise_failures([results[0], results[-1]])


def test_an_archive_is_fetched_through_several_failures(
    server: Server, client: Client, tmp_path: Path, printed: io.StringIO
) -> None:
    url = server.respond(
        "/a", reset(ARCHIVE), stall(3, ARCHIVE[:50]), wrong_length(ARCHIVE, -50), chunked(ARCHIVE)
    )
    result = fetch(client, tmp_path, printed, url)
    assert len(archive_of(result).files) == 2
    assert len(server.requests) == 4


def test_an_archive_that_has_not_changed_is_not_downloaded_again(
    server: Server, client: Client, tmp_path: Path, printed: io.StringIO
) -> None:
    whole = chunked(ARCHIVE)
    url = server.respond(
        "/a", body(ARCHIVE, ETag='"1"'), when("If-None-Match", '"1"', not_modified, whole)
    )
    first, second = (fetch(client, tmp_path, printed, url) for _ in range(2))
    assert second == FetchResult(pin=PIN, archive=archive_of(first), is_cached=True)
    assert "unchanged, in the cache" in printed.getvalue()
    assert fetch(client, None, printed, url) == first
    assert len(server.requests) == 3


def test_a_damaged_archive_in_the_cache_is_downloaded_again(
    server: Server, client: Client, tmp_path: Path, printed: io.StringIO
) -> None:
    whole = body(ARCHIVE, ETag='"1"')
    url = server.respond("/a", when("If-None-Match", '"1"', not_modified, whole))
    first = fetch(client, tmp_path, printed, url)
    for path in (tmp_path / "blobs").iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    assert fetch(client, tmp_path, printed, url) == first
    assert blobs(tmp_path) == {archive_of(first).sha256}


def recorded(archive: ArchiveInfo) -> Pin:
    return structs.replace(
        PIN,
        sha256=archive.sha256,
        commit=archive.commit,
        verification_code=archive.verification_code,
    )


def test_a_tag_with_other_contents_is_an_error_that_names_the_changed_files(
    server: Server, client: Client, tmp_path: Path, printed: io.StringIO
) -> None:
    url = server.respond("/a", body(ARCHIVE), body(OTHER))
    first = archive_of(fetch(client, tmp_path, printed, url))
    second = fetch(client, tmp_path, printed, url, recorded(first))
    assert second.archive is not None
    (diagnostic,) = second.diagnostics
    assert diagnostic.code is Code.TAG_MOVED
    assert str(diagnostic) == (
        f"externals.toml: source.a: expected SHA-256 {first.sha256}, found "
        f"{second.archive.sha256} at {url}; changed files: new, src/a.c"
    )
    with pytest.raises(SbomError) as caught:
        raise_failures([second])
    assert caught.value.status is Exit.ERRORS


def test_a_tag_with_other_contents_is_an_error_without_a_cache(
    server: Server, client: Client, printed: io.StringIO
) -> None:
    url = server.respond("/a", body(ARCHIVE))
    result = fetch(client, None, printed, url, structs.replace(PIN, sha256=DIGEST))
    assert result.status is Exit.ERRORS
    assert DIGEST in result.diagnostics[0].message
    assert "changed files" not in result.diagnostics[0].message


def test_an_archive_with_other_bytes_and_the_same_contents_is_a_warning(
    server: Server, client: Client, printed: io.StringIO
) -> None:
    original, commit = archive(FILES, commit="ab" * 20), "ab" * 20
    repacked = gzip.compress(gzip.decompress(original), 1, mtime=5)
    url = server.respond("/a", body(original), body(repacked))
    first = archive_of(fetch(client, None, printed, url))
    second = fetch(client, None, printed, url, recorded(first))
    assert archive_of(second).sha256 == hashlib.sha256(repacked).hexdigest()
    assert (first.commit, archive_of(second).commit) == (commit, commit)
    (diagnostic,) = second.diagnostics
    assert (diagnostic.code, diagnostic.is_warning) == (Code.ARCHIVE_REPACKED, True)


def test_the_same_files_at_another_commit_are_another_tag(
    server: Server, client: Client, printed: io.StringIO
) -> None:
    url = server.respond(
        "/a", body(archive(FILES, commit="ab" * 20)), body(archive(FILES, commit="cd" * 20))
    )
    first = archive_of(fetch(client, None, printed, url))
    second = fetch(client, None, printed, url, recorded(first))
    assert second.diagnostics[0].code is Code.TAG_MOVED


@pytest.mark.skipif(sys.platform == "win32", reason="directories have no such modes there")
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere")
def test_a_cache_that_cannot_be_written_is_a_warning(
    server: Server, client: Client, tmp_path: Path, printed: io.StringIO
) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    url = server.respond("/a", body(ARCHIVE))
    archive_of(fetch(client, tmp_path, printed, url))
    assert printed.getvalue().count("cannot be written: Permission denied") == 1
    tmp_path.chmod(stat.S_IRWXU)


def test_a_cache_that_is_not_a_directory_is_a_warning(
    server: Server, client: Client, tmp_path: Path, printed: io.StringIO
) -> None:
    root = tmp_path / "file"
    root.write_bytes(b"")
    url = server.respond("/a", body(ARCHIVE))
    for result in fetcher(client, root, printed).fetch([PIN] * 2, [url] * 2):
        archive_of(result)
    assert printed.getvalue().count("cannot use the cache: ") == 1


def test_two_runs_share_a_cache(server: Server, tmp_path: Path) -> None:
    urls = [
        server.respond(f"/{number}", body(archive({"n": bytes([number])}))) for number in range(12)
    ]
    program = """
import io, sys
from pathlib import Path
from sbom.diagnostics import Exit
from sbom.download.archives import ArchiveFetcher
from sbom.download.progress import Progress
from sbom.download.cache import Cache
from sbom.download.client import Client
from sbom.manifest.pins import Pin
client = Client(proxy_for=lambda _: "")
cache = Cache(Path(sys.argv[1]))
fetcher = ArchiveFetcher(client=client, cache=cache, progress=Progress(io.StringIO(), 1))
urls = sys.argv[2:] * 3
results = fetcher.fetch([Pin(kind="source", name="a", tag="a-1.0")] * len(urls), urls)
assert all(result.status is Exit.OK for result in results), results
"""
    command = [sys.executable, "-c", program, str(tmp_path), *urls]
    processes = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    assert [process.wait(30) for process in processes] == [0, 0]
    assert len(blobs(tmp_path)) == 12
    assert list(tmp_path.rglob(".*")) == []
    assert len([json.loads(path.read_bytes()) for path in tmp_path.rglob("*.json")]) == 12


def test_validators_belong_to_the_url_before_redirects(
    server: Server, client: Client, tmp_path: Path, printed: io.StringIO
) -> None:
    server.respond("/b", when("If-None-Match", '"1"', not_modified, body(ARCHIVE, ETag='"1"')))
    url = server.respond("/a", redirect("/b"))
    first, second = (fetch(client, tmp_path, printed, url) for _ in range(2))
    assert second == FetchResult(pin=PIN, archive=archive_of(first), is_cached=True)
