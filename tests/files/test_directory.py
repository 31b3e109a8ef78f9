"""A directory: every regular file is hashed once, whatever thread reads it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import make_link

from sbom.binaries.binary import Binary, Overlay
from sbom.diagnostics import SbomError
from sbom.files.directory import hash_directory
from sbom.files.shipped_file import ShippedFile


def test_files_of_all_sizes_have_the_checksums_of_their_contents(tmp_path: Path) -> None:
    sizes = [0, 1, 100, 40_000, 70_000, 5_000_000]
    for number in range(60):
        file = tmp_path / f"{number % 7}/{number}.bin"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(bytes([number]) * sizes[number % len(sizes)])
    expected = [
        ShippedFile(
            path.relative_to(tmp_path).as_posix(),
            path.stat().st_size,
            hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest(),
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in sorted(tmp_path.glob("*/*"), key=lambda p: p.relative_to(tmp_path).as_posix())
    ]
    assert list(hash_directory(tmp_path, ("sha1", "sha256"))) == expected


def test_a_directory_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SbomError, match="gone: cannot be read"):
        hash_directory(tmp_path / "gone")


@pytest.mark.parametrize("size", [10, 1 << 20])
def test_an_exception_in_any_thread_is_raised(tmp_path: Path, size: int) -> None:
    def inspect(path: str, _: bytes, _overlay: Overlay | None = None) -> Binary | None:
        raise MemoryError(path)

    for number in range(4):
        (tmp_path / f"{number}.dll").write_bytes(b"MZ" + bytes(size))
    with pytest.raises(MemoryError, match="dll"):
        hash_directory(tmp_path, inspect=inspect)


@pytest.mark.skipif(sys.platform != "win32", reason="only Windows has junctions")
def test_junctions_in_a_directory_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"x")
    command = ["cmd", "/c", "mklink", "/J", str(tmp_path / "loop"), str(tmp_path)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("Wine 8 makes no junctions")
    assert [file.path for file in hash_directory(tmp_path)] == ["real"]


def test_links_in_a_directory_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"x")
    make_link(tmp_path / "loop", tmp_path)
    make_link(tmp_path / "out", Path(__file__))
    assert [file.path for file in hash_directory(tmp_path)] == ["real"]
