"""The digest cache gives checksums of files that did not change, and of no others."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sbom.files.digest_cache import DigestCache
from sbom.files.directory import hash_directory
from sbom.files.directory_scan import DirectoryScan, scan_directory
from sbom.files.hash_ahead import HashAhead
from sbom.files.shipped_file import ShippedFile

#: Checksums that no file of these tests has, so that one sees where they come from.
KEPT = ("1" * 40, "2" * 64, "3" * 128)
_HOUR = 3600 * 10**9


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    directory = tmp_path / "layout"
    directory.mkdir()
    for name in ("a.py", "b.py", "c.dll", "d.bin"):
        (directory / name).write_bytes(b"MZ" if name.startswith(("c", "d")) else name.encode())
    return directory


def later_scan(directory: Path) -> DirectoryScan:
    """Scan a directory as if its files were an hour old."""
    scan = scan_directory(directory, with_stamps=True)
    return replace(scan, started=scan.started + _HOUR)


def kept(directory: Path, notes: list[str] | None = None) -> DigestCache:
    """Return a cache of a directory, with checksums that are wrong."""
    notes = [] if notes is None else notes
    cache = DigestCache(directory.parent / "digests", notes.append)
    scan = later_scan(directory)
    cache.keep(scan, [ShippedFile(path, size, *KEPT) for path, size in scan.files])
    return cache


def hashed(directory: Path, cache: DigestCache) -> dict[str, str]:
    """Return the SHA-256 of each file, with the help of a cache."""
    with HashAhead(scan_directory(directory, with_stamps=True), cache) as ahead:
        files = hash_directory(directory, ahead=ahead)
    return {file.path: file.sha256 for file in files}


def true_digests(directory: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in directory.iterdir()
    }


def test_files_that_did_not_change_have_the_checksums_of_the_cache(directory: Path) -> None:
    expected = true_digests(directory) | dict.fromkeys(("a.py", "b.py", "d.bin"), KEPT[1])
    assert hashed(directory, kept(directory)) == expected


def _another_size(file: Path) -> None:
    file.write_bytes(b"longer")


def _another_inode(file: Path) -> None:
    """Replace a file by one of the same size and times, as an installer does."""
    stat = file.stat()
    other = file.with_name("other")
    other.write_bytes(b"z.py")
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other.replace(file)


def _another_time(file: Path) -> None:
    file.write_bytes(b"z.py")
    os.utime(file, ns=(1, 1))


def _the_same_time(file: Path) -> None:
    stat = file.stat()
    file.write_bytes(b"z.py")
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))


_NO_CTIME = "st_ctime of Windows is the time of creation"


@pytest.mark.parametrize(
    "change",
    [
        _another_size,
        _another_inode,
        _another_time,
        pytest.param(
            _the_same_time, marks=pytest.mark.skipif(sys.platform == "win32", reason=_NO_CTIME)
        ),
    ],
)
def test_a_file_that_changed_is_read(directory: Path, change: Callable[[Path], None]) -> None:
    cache = kept(directory)
    change(directory / "a.py")
    result = hashed(directory, cache)
    assert result["a.py"] == true_digests(directory)["a.py"]
    assert result["b.py"] == KEPT[1]


@pytest.mark.parametrize(("age", "is_kept"), [(1_900_000_000, False), (2_100_000_000, True)])
def test_a_file_is_kept_two_seconds_after_it_changed(
    directory: Path, age: int, *, is_kept: bool
) -> None:
    cache = DigestCache(directory.parent / "digests", pytest.fail)
    scan = scan_directory(directory, with_stamps=True)
    changed = max(max(stamp.modified, stamp.changed) for stamp in scan.stamps.values())
    scan = replace(scan, started=changed + age)
    cache.keep(scan, [ShippedFile("a.py", 4, *KEPT)])
    assert bool(cache.find(scan)) is is_kept


def test_a_file_that_is_larger_than_when_it_was_listed_is_not_kept(directory: Path) -> None:
    cache = DigestCache(directory.parent / "digests", pytest.fail)
    cache.keep(later_scan(directory), [ShippedFile("a.py", 5, *KEPT)])
    assert cache.find(scan_directory(directory, with_stamps=True)) == {}


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: data[:-1],
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: data.replace(b"digests 1", b"digests 0"),
        lambda data: data + b"\0",
        lambda _: bytes(64_000_001),
    ],
)
def test_a_damaged_cache_is_ignored_with_a_note(
    directory: Path, damage: Callable[[bytes], bytes]
) -> None:
    notes: list[str] = []
    cache = kept(directory, notes)
    [file] = cache.root.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    assert hashed(directory, cache) == true_digests(directory)
    [note] = notes
    assert note.startswith("the digest cache is not used: ")
    assert str(file) in note


def test_a_cache_that_cannot_be_written_is_a_note(directory: Path) -> None:
    notes: list[str] = []
    root = directory.parent / "digests"
    root.write_bytes(b"a file")
    assert hashed(directory, DigestCache(root, notes.append)) == true_digests(directory)
    assert notes[-1].startswith("the digest cache is not updated: ")


def test_only_the_last_directories_are_kept(directory: Path) -> None:
    cache = kept(directory)
    [first] = cache.root.iterdir()
    os.utime(first, (1, 1))
    for number in range(20):
        scan = replace(later_scan(directory), directory=directory / str(number))
        cache.keep(scan, [ShippedFile("a.py", 4, *KEPT)])
    assert len(list(cache.root.iterdir())) == 16
    assert not first.exists()


def test_runs_at_once_never_see_half_of_the_cache(directory: Path) -> None:
    cache = DigestCache(directory.parent / "digests", pytest.fail)
    scan = later_scan(directory)
    sizes = [("a.py",), ("a.py", "b.py")]

    def keep(paths: tuple[str, ...]) -> None:
        for _ in range(10):
            cache.keep(scan, [ShippedFile(path, 4, *KEPT) for path in paths])

    threads = [threading.Thread(target=keep, args=(paths,)) for paths in sizes]
    for thread in threads:
        thread.start()
    seen = {tuple(sorted(cache.find(scan))) for _ in range(50)}
    for thread in threads:
        thread.join()
    assert seen <= {(), *sizes}
