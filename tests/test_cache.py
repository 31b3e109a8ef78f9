"""What was downloaded once is proven, not believed; several archives fail or succeed each alone."""

from __future__ import annotations

import gc
import gzip
import hashlib
import io
import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from server import (
    Server,
    archive,
    body,
    chunked,
    lengthened,
    not_modified,
    redirect,
    reset,
    running,
    stall,
    status,
    when,
)

from sbom.diagnostics import Code, Exit
from sbom.download.archives import Failed, Fetched, Fetcher, Wanted, Why, failures
from sbom.download.cache import Cache, Record, default_root
from sbom.download.client import Bounds, Client, Surroundings
from sbom.download.progress import Bar, Progress, progress_on

FILES = {"README": b"read me\n", "src/a.c": b"int a;\n"}
ARCHIVE = archive(FILES)
OTHER = archive({**FILES, "src/a.c": b"int b;\n", "new": b""})
DIGEST = "0" * 64


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as one:
        yield one


@pytest.fixture
def client() -> Iterator[Client]:
    around = Surroundings(sleep=lambda _: None, proxy_for=lambda _: "")
    one = Client(bounds=Bounds(silence=0.3, attempts=4), surroundings=around)
    yield one
    one.close()
    gc.collect()


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


def fetcher(
    client: Client | None, root: Path | None, said: io.StringIO, *, revalidate: bool = True
) -> Fetcher:
    progress = Progress(said, 1)
    cache = Cache(root, progress.note)
    return Fetcher(client=client, cache=cache, progress=progress, revalidate=revalidate)


def blobs(root: Path) -> set[str]:
    return {path.name for path in (root / "blobs").glob("*")}


# The cache alone.


def kept(root: Path, data: bytes, sha256: str) -> None:
    with Cache(root).writer() as writer:
        writer.write(data)
        writer.keep(sha256)


def test_a_blob_is_proven_when_it_is_read(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"data").hexdigest()
    kept(tmp_path, b"data", digest)
    with Cache(tmp_path).open(digest) as file:
        assert file is not None
        assert file.read() == b"data"
    (tmp_path / "blobs" / digest).write_bytes(b"dat0")
    with Cache(tmp_path).open(digest) as file:
        assert file is None
    assert blobs(tmp_path) == set()


def test_what_is_not_kept_leaves_nothing(tmp_path: Path) -> None:
    with Cache(tmp_path).writer() as writer:
        writer.write(b"data")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_an_address_is_remembered(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    record = Record(DIGEST, '"etag"', "Monday")
    cache.remember("https://x/a", record)
    assert cache.find("https://x/a") == record
    assert cache.find("https://x/b") is None
    assert all("https" not in path.read_text() for path in tmp_path.rglob("*.json"))


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"1", b'{"sha256": "../../x"}', b"\xff"])
def test_a_damaged_record_is_none(tmp_path: Path, text: bytes) -> None:
    cache = Cache(tmp_path)
    cache.remember("https://x/a", Record(DIGEST))
    next(tmp_path.rglob("*.json")).write_bytes(text)
    assert cache.find("https://x/a") is None


def test_a_digest_is_no_path(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"")
    for digest in ("../x", "", str(tmp_path / "x")):
        with Cache(tmp_path).open(digest) as file:
            assert file is None
    assert (tmp_path / "x").exists()


def test_no_cache(tmp_path: Path) -> None:
    cache = Cache(None)
    cache.remember("https://x/a", Record(DIGEST))
    with cache.writer() as writer:
        writer.write(b"data")
        writer.keep(DIGEST)
    cache.sweep()
    assert cache.find("https://x/a") is None
    assert list(tmp_path.iterdir()) == []


def test_leftovers_are_swept_after_a_day(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    left = tmp_path / "tmp" / "left"
    left.write_bytes(b"")
    written = left.stat().st_mtime
    Cache(tmp_path).sweep(written + 80_000)
    assert left.exists()
    Cache(tmp_path).sweep(written + 90_000)
    assert not left.exists()


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({"HOME": "/h"}, "linux", "/h/.cache/cpython-windows-sbom"),
        ({"HOME": "/h", "XDG_CACHE_HOME": "/c"}, "linux", "/c/cpython-windows-sbom"),
        ({"HOME": "/h", "XDG_CACHE_HOME": "c"}, "linux", "/h/.cache/cpython-windows-sbom"),
        ({"HOME": "/h"}, "darwin", "/h/Library/Caches/cpython-windows-sbom"),
        ({"LOCALAPPDATA": "/l"}, "win32", "/l/cpython-windows-sbom/Cache"),
        ({"USERPROFILE": "/u"}, "win32", "/u/AppData/Local/cpython-windows-sbom/Cache"),
    ],
)
def test_where_it_is(environment: dict[str, str], platform: str, expected: str) -> None:
    assert default_root(environment, platform).as_posix() == expected


# Archives, fetched.


def test_results_are_in_order_and_each_alone(
    server: Server, client: Client, tmp_path: Path, said: io.StringIO
) -> None:
    wanted = [
        Wanted("source.good", server.say("/good", status(500), chunked(ARCHIVE))),
        Wanted("source.gone", server.say("/gone", status(404))),
        Wanted("source.html", server.say("/html", body(b"<html>sign in</html>"))),
        Wanted("source.evil", server.say("/evil", body(archive(FILES, top="../x")))),
        Wanted("source.cut", server.say("/cut", body(ARCHIVE[:-9]))),
        Wanted("source.other", server.say("/other", body(OTHER))),
    ]
    results = fetcher(client, tmp_path, said).fetch(wanted)
    assert [one.key for one in results] == [one.key for one in wanted]
    whys = [one.why if isinstance(one, Failed) else None for one in results]
    outside = Why.OUTSIDE
    assert whys == [None, outside, outside, Why.ARCHIVE, outside, None]
    good, other = results[0], results[-1]
    assert isinstance(good, Fetched)
    assert isinstance(other, Fetched)
    assert blobs(tmp_path) == {good.facts.sha256, other.facts.sha256}
    error = failures(results)
    assert error is not None
    assert error.status is Exit.IO
    base = server.base
    assert [str(one) for one in error.diagnostics] == [
        f"{base}/cut: source.cut: is cut short: its gzip data does not end "
        f"({len(ARCHIVE) - 9} bytes), 4 times in 0 s",
        f"{base}/evil: source.evil: holds '../x', which leads out of the archive",
        f"{base}/gone: source.gone: answered 404 Not Found",
        f"{base}/html: source.html: is no gzip but HTML",
    ]
    assert failures([good, other]) is None


def test_through_everything(
    server: Server, client: Client, tmp_path: Path, said: io.StringIO
) -> None:
    url = server.say(
        "/a", reset(ARCHIVE), stall(0.5, ARCHIVE[:50]), lengthened(ARCHIVE, -50), chunked(ARCHIVE)
    )
    (result,) = fetcher(client, tmp_path, said).fetch([Wanted("source.a", url)])
    assert isinstance(result, Fetched)
    assert result.facts.files == 2
    assert len(server.asked) == 4


def test_the_second_time_nothing_is_downloaded(
    server: Server, client: Client, tmp_path: Path, said: io.StringIO
) -> None:
    whole = chunked(ARCHIVE)
    url = server.say(
        "/a", body(ARCHIVE, ETag='"1"'), when("If-None-Match", '"1"', not_modified, whole)
    )
    wanted = [Wanted("source.a", url)]
    first, second = (fetcher(client, tmp_path, said).fetch(wanted)[0] for _ in range(2))
    assert isinstance(first, Fetched)
    assert second == Fetched("source.a", first.facts, cached=True)
    assert "in the cache" in said.getvalue()
    believed = fetcher(client, tmp_path, said, revalidate=False)
    assert believed.fetch(wanted) == (second,)
    assert len(server.asked) == 2
    assert fetcher(client, None, said).fetch(wanted) == (first,)
    assert len(server.asked) == 3


def test_a_damaged_blob_is_fetched_anew(
    server: Server, client: Client, tmp_path: Path, said: io.StringIO
) -> None:
    whole = body(ARCHIVE, ETag='"1"')
    url = server.say("/a", when("If-None-Match", '"1"', not_modified, whole))
    wanted = [Wanted("source.a", url)]
    (first,) = fetcher(client, tmp_path, said).fetch(wanted)
    for path in (tmp_path / "blobs").iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    for revalidate in (True, False):
        again = fetcher(client, tmp_path, said, revalidate=revalidate).fetch(wanted)
        assert isinstance(again[0], Fetched)
        assert again[0].facts == first.facts
    assert len(blobs(tmp_path)) == 1


@pytest.mark.parametrize("revalidate", [True, False])
def test_a_tag_that_moved(
    server: Server, client: Client, tmp_path: Path, said: io.StringIO, *, revalidate: bool
) -> None:
    url = server.say("/a", body(ARCHIVE), body(OTHER))
    fetching = fetcher(client, tmp_path, said, revalidate=revalidate)
    (first,) = fetching.fetch([Wanted("source.a", url)])
    assert isinstance(first, Fetched)
    pinned = first.facts.sha256
    (second,) = fetching.fetch([Wanted("source.a", url, pinned)])
    if not revalidate:
        assert second == Fetched("source.a", first.facts, cached=True)
        return
    assert isinstance(second, Failed)
    assert second.why is Why.MOVED
    assert second.facts is not None
    (problem,) = second.problems
    assert problem.code is Code.TAG_MOVED
    assert str(problem) == (
        f"externals.toml: source.a: the tag moved: {url} has SHA-256 {second.facts.sha256}, "
        f"pinned is {pinned}"
    )
    assert problem.hint == "changed since: new, src/a.c"
    error = failures([second])
    assert error is not None
    assert error.status is Exit.ERRORS


def test_a_digest_that_was_never_seen(server: Server, client: Client, said: io.StringIO) -> None:
    url = server.say("/a", body(ARCHIVE))
    (result,) = fetcher(client, None, said).fetch([Wanted("source.a", url, DIGEST)])
    assert isinstance(result, Failed)
    assert DIGEST in result.problems[0].message
    assert "before you pin it again" in result.problems[0].hint


def test_packed_anew(server: Server, client: Client, tmp_path: Path, said: io.StringIO) -> None:
    anew = gzip.compress(gzip.decompress(ARCHIVE), 1, mtime=5)
    url = server.say("/a", body(ARCHIVE), body(anew))
    fetching = fetcher(client, tmp_path, said)
    (first,) = fetching.fetch([Wanted("source.a", url)])
    assert isinstance(first, Fetched)
    (second,) = fetching.fetch([Wanted("source.a", url, first.facts.sha256)])
    assert isinstance(second, Failed)
    assert second.problems[0].hint == "its files are the same: it was only packed anew"


def test_offline_opens_no_socket(
    server: Server,
    client: Client,
    tmp_path: Path,
    said: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = server.say("/a", body(ARCHIVE))
    (first,) = fetcher(client, tmp_path, said).fetch([Wanted("source.a", url)])
    assert isinstance(first, Fetched)

    def opened(*_: object, **__: object) -> None:
        pytest.fail("opened a socket")

    monkeypatch.setattr(socket, "socket", opened)
    monkeypatch.setattr(socket, "getaddrinfo", opened)
    offline = fetcher(None, tmp_path, said)
    wanted = [Wanted("source.a", url), Wanted("source.b", f"{server.base}/b")]
    known, unknown = offline.fetch([*wanted, Wanted("source.c", "x", first.facts.sha256)])[:2]
    assert known == Fetched("source.a", first.facts, cached=True)
    assert isinstance(unknown, Failed)
    assert unknown.why is Why.OFFLINE
    assert unknown.problems[0].is_warning
    assert failures([known, unknown]) is None


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no such modes there")
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_that_may_not_be_written(
    server: Server, client: Client, tmp_path: Path, said: io.StringIO
) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    url = server.say("/a", body(ARCHIVE))
    (result,) = fetcher(client, tmp_path, said).fetch([Wanted("source.a", url)])
    assert isinstance(result, Fetched)
    assert said.getvalue().count("is not used as a cache: Permission denied") == 1
    tmp_path.chmod(stat.S_IRWXU)


def test_a_cache_that_is_no_folder_is_a_warning(
    server: Server, client: Client, tmp_path: Path, said: io.StringIO
) -> None:
    root = tmp_path / "file"
    root.write_bytes(b"")
    url = server.say("/a", body(ARCHIVE))
    fetching = fetcher(client, root, said)
    results = fetching.fetch([Wanted("source.a", url), Wanted("source.b", url)])
    assert all(isinstance(one, Fetched) for one in results)
    assert said.getvalue().count(f"{root}: is not used as a cache: ") == 1


def test_two_processes_at_once(server: Server, tmp_path: Path) -> None:
    urls = [server.say(f"/{number}", body(archive({"n": bytes([number])}))) for number in range(12)]
    program = """
import io, sys
from pathlib import Path
from sbom.download.cache import Cache
from sbom.download.client import Client, Surroundings
from sbom.download.archives import Fetched, Fetcher, Wanted
from sbom.download.progress import Progress
client = Client(surroundings=Surroundings(proxy_for=lambda _: ""))
cache = Cache(Path(sys.argv[1]))
fetcher = Fetcher(client=client, cache=cache, progress=Progress(io.StringIO(), 1))
results = fetcher.fetch([Wanted(url, url) for url in sys.argv[2:] * 3])
assert all(isinstance(one, Fetched) for one in results), results
"""
    command = [sys.executable, "-c", program, str(tmp_path), *urls]
    running_now = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    assert [one.wait(30) for one in running_now] == [0, 0]
    assert len(blobs(tmp_path)) == 12
    assert list((tmp_path / "tmp").iterdir()) == []
    assert len([json.loads(path.read_bytes()) for path in tmp_path.rglob("*.json")]) == 12


def test_redirects_are_remembered_by_the_first_address(
    server: Server, client: Client, tmp_path: Path, said: io.StringIO
) -> None:
    server.say("/b", when("If-None-Match", '"1"', not_modified, body(ARCHIVE, ETag='"1"')))
    url = server.say("/a", redirect("/b"))
    (first,) = fetcher(client, tmp_path, said).fetch([Wanted("source.a", url)])
    (second,) = fetcher(client, tmp_path, said).fetch([Wanted("source.a", url)])
    assert isinstance(first, Fetched)
    assert second == Fetched("source.a", first.facts, cached=True)


# Progress.


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "bar"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"CI": "true"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_a_bar_for_people(stream: io.StringIO, environment: dict[str, str], *, bar: bool) -> None:
    assert isinstance(progress_on(stream, 2, environment), Bar) is bar


def test_lines() -> None:
    stream = io.StringIO()
    progress = Progress(stream, 2)
    progress.begin("source.a")
    progress.more(10)
    progress.done("source.a", "fetched")
    assert stream.getvalue() == "[1/2] source.a: fetched\n"


def test_the_bar() -> None:
    stream = Terminal()
    bar = Bar(stream, 2, clock=lambda: 0.0)
    bar.begin("source.a")
    bar.more(2_500_000)
    bar.done("source.a", "fetched")
    bar.close()
    assert stream.getvalue().split("\r\x1b[K") == [
        "",
        "[....................] 0/2  0.0 MB  source.a",
        "[1/2] source.a: fetched\n",
        "[##########..........] 1/2  2.5 MB  ",
        "",
    ]
