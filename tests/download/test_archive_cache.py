"""The cache gives only archives whose digest it has checked, and never stops a download."""

from __future__ import annotations

import hashlib
import io
import sys
from pathlib import Path

import pytest
from server import archive

from sbom.download.cache import Cache, CacheEntry
from sbom.io import default_cache_dir

ARCHIVE = archive({"a.c": b"int a;"})
DIGEST = hashlib.sha256(ARCHIVE).hexdigest()


def test_an_archive_is_checked_when_it_is_read(tmp_path: Path) -> None:
    Cache(tmp_path).add("https://x/a", CacheEntry(DIGEST), io.BytesIO(ARCHIVE))
    blob = tmp_path / "blobs" / DIGEST
    assert blob.read_bytes() == ARCHIVE
    kept = Cache(tmp_path).read(DIGEST)
    assert kept is not None
    assert (kept.sha256, [file.path for file in kept.files]) == (DIGEST, ["a.c"])
    for damaged in (archive({"a.c": b"int b;"}), ARCHIVE[:-1], b""):
        blob.write_bytes(damaged)
        assert Cache(tmp_path).read(DIGEST) is None


def test_what_a_url_gave_is_found_again(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    entry = CacheEntry(DIGEST, '"etag"', "Monday")
    cache.add("https://x/a", entry, io.BytesIO(ARCHIVE))
    assert cache.find("https://x/a") == entry
    assert cache.find("https://x/b") is None
    assert all("https" not in path.read_text() for path in tmp_path.rglob("*.json"))


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"1", b'{"sha256": "../../x"}', b'{"sha256": 1}', b'{"other": ""}', b"\xff"],
)
def test_a_damaged_entry_leads_to_no_archive(tmp_path: Path, text: bytes) -> None:
    cache = Cache(tmp_path)
    cache.add("https://x/a", CacheEntry(DIGEST), io.BytesIO(ARCHIVE))
    next(tmp_path.rglob("*.json")).write_bytes(text)
    (tmp_path / "x").write_bytes(b"")
    entry = cache.find("https://x/a")
    assert entry is None or cache.read(entry.sha256) is None


def test_only_a_digest_is_looked_up(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"")
    for digest in ("../x", "", str(tmp_path / "x")):
        assert Cache(tmp_path).read(digest) is None


def test_without_a_directory_nothing_is_kept(tmp_path: Path) -> None:
    cache = Cache(None)
    with cache.lock():
        cache.add("https://x/a", CacheEntry(DIGEST), io.BytesIO(ARCHIVE))
    assert cache.find("https://x/a") is None
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path: Path) -> None:
    Cache(tmp_path).add("https://x/a", CacheEntry(DIGEST), io.BytesIO(ARCHIVE))
    (tmp_path / "blobs" / f".{DIGEST}.a1b2c3").write_bytes(b"da")
    with Cache(tmp_path).lock():
        assert [path.name for path in (tmp_path / "blobs").iterdir()] == [DIGEST]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="directories of Linux")
@pytest.mark.parametrize(
    ("cache_home", "expected"),
    [("", "/h/.cache"), ("/c", "/c"), ("c", "/h/.cache")],
)
def test_the_cache_is_where_the_xdg_specification_puts_it(
    monkeypatch: pytest.MonkeyPatch, cache_home: str, expected: str
) -> None:
    monkeypatch.setenv("HOME", "/h")
    monkeypatch.setenv("XDG_CACHE_HOME", cache_home)
    assert default_cache_dir() == Path(expected) / "cpython-windows-sbom"
