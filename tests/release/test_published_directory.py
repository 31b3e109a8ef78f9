"""Documents of a published directory are read within limits."""

from __future__ import annotations

from pathlib import Path

import pytest
from release_runs import PARTIAL, Run

from sbom.diagnostics import InputError
from sbom.release import published_directory
from sbom.release.index import INDEX, read_index, write_index
from sbom.release.published_directory import read_published_documents


def test_a_directory_without_an_index_has_only_its_checksums(tmp_path: Path) -> None:
    (tmp_path / "SHA256SUMS").write_bytes(b"sums")
    (tmp_path / "a.spdx.json").write_bytes(b"{}")
    assert read_published_documents(tmp_path) == {"SHA256SUMS": b"sums"}


@pytest.mark.parametrize("name", ["sbom-index.json", "SHA256SUMS"])
def test_a_document_that_is_too_large_is_an_input_that_cannot_be_read(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published_directory, "DOCUMENT_LIMIT", 100)
    (tmp_path / name).write_bytes(b" " * 101)
    with pytest.raises(InputError, match=f"{name}: is larger than 100 bytes"):
        read_published_documents(tmp_path)


def test_an_index_is_read_as_it_was_written(run: Run, few: Path, tmp_path: Path) -> None:
    words = ("--artifacts", few, "--output", tmp_path, "--format", "all", *PARTIAL)
    assert run("release", *words)[0] == 0
    data = (tmp_path / INDEX).read_bytes()
    index = read_index(data)
    assert index is not None
    assert write_index(index) == data
    assert {artifact.path for artifact in index.artifacts} == {path.name for path in few.iterdir()}
