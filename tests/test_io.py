"""Files found and read."""

from __future__ import annotations

from pathlib import Path

import pytest

from sbom.io import find_file


@pytest.mark.parametrize("name", ["Core.msi", "core.msi", "CORE.MSI"])
def test_a_file_is_found_in_any_case(tmp_path: Path, name: str) -> None:
    (tmp_path / "Core.msi").write_bytes(b"")
    assert find_file(tmp_path / name) == tmp_path / "Core.msi"


def test_a_file_of_the_same_case_is_preferred(tmp_path: Path) -> None:
    names = ("CORE.msi", "Core.msi", "core.msi")
    for name in names:
        (tmp_path / name).write_bytes(b"")
    if len(list(tmp_path.iterdir())) < len(names):
        pytest.skip("this file system does not distinguish names by case")
    assert [find_file(tmp_path / name) for name in names] == [tmp_path / name for name in names]


def test_a_directory_and_a_missing_file_are_not_found(tmp_path: Path) -> None:
    (tmp_path / "core.msi").mkdir()
    assert find_file(tmp_path / "core.msi") is None
    assert find_file(tmp_path / "amd64/core.msi") is None
