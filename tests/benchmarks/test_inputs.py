"""What is measured is what it says: so many files, artifacts and binaries."""

from __future__ import annotations

from pathlib import Path

from inputs import make_artifacts, make_binaries, make_layout, make_unowned


def files_of(directory: Path) -> list[str]:
    return sorted(
        path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()
    )


def test_a_layout_has_so_many_files_and_the_binaries_of_one(tmp_path: Path) -> None:
    found = files_of(make_layout(tmp_path, 900))
    assert len(found) == 900
    assert {"python.exe", "python314.dll", "DLLs/_ssl.pyd"} <= set(found)


def test_unowned_files_are_beside_a_layout(tmp_path: Path) -> None:
    found = files_of(make_unowned(tmp_path, 150))
    extra = [name for name in found if name.startswith("extra_")]
    assert len(extra) == 150
    assert {"python.exe", "python314.dll"} <= set(found)


def test_a_release_has_forty_artifacts(tmp_path: Path) -> None:
    assert len(files_of(make_artifacts(tmp_path))) == 40


def test_binaries_are_whole_pe_files(tmp_path: Path) -> None:
    directory = make_binaries(tmp_path, 16)
    found = files_of(directory)
    assert len(found) == 16
    assert all((directory / name).read_bytes()[:2] == b"MZ" for name in found)
