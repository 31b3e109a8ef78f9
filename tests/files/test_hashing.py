"""Directories are hashed as one thread would, and what cannot be read is reported."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sbom.diagnostics import SbomError
from sbom.files.hashing import HashedFile, hash_folder


def sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def test_a_directory_is_hashed_as_one_thread_would(tmp_path: Path) -> None:
    sizes = [0, 1, 100, 40_000, 70_000, 5_000_000]
    for number in range(60):
        file = tmp_path / f"{number % 7}/{number}.bin"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(bytes([number]) * sizes[number % len(sizes)])
    (tmp_path / "link").symlink_to(tmp_path / "0/0.bin")
    found = hash_folder(tmp_path, ("sha1", "sha256"))
    expected = [
        HashedFile(
            path.relative_to(tmp_path).as_posix(),
            path.stat().st_size,
            (sha1(path.read_bytes()), hashlib.sha256(path.read_bytes()).hexdigest()),
        )
        for path in sorted(tmp_path.glob("*/*"), key=lambda p: p.relative_to(tmp_path).as_posix())
    ]
    assert list(found) == expected


def test_a_directory_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SbomError) as caught:
        hash_folder(tmp_path / "gone")
    assert "cannot be read" in str(caught.value)
