"""The baselines do the work that they are measured for: the digests of every file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from hash_in_processes import batches, scan

#: `printf hello | sha1sum` and so on.
HELLO = (
    "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d",
    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    "9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca7"
    "2323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043",
)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    directory = tmp_path / "files"
    (directory / "a/b").mkdir(parents=True)
    (directory / "a/b/hello").write_bytes(b"hello")
    (directory / "empty").write_bytes(b"")
    return directory


def run(script: str, files: Path, output: Path) -> str:
    command = [sys.executable, str(ROOT / "benchmarks" / script), str(files), str(output)]
    subprocess.run(command, check=True)
    return output.read_text(encoding="utf-8")


def test_the_plain_script_lists_the_digests_of_every_file(files: Path, tmp_path: Path) -> None:
    rows = json.loads(run("hash_serially.py", files, tmp_path / "out.json"))
    assert [row["path"] for row in rows] == ["a/b/hello", "empty"]
    assert (rows[0]["sha1"], rows[0]["sha256"], rows[0]["sha512"]) == HELLO


def test_the_floor_lists_the_digests_of_every_file(files: Path, tmp_path: Path) -> None:
    lines = run("hash_in_processes.py", files, tmp_path / "out.txt").splitlines()
    assert lines[0].split("\t") == [str(files / "a/b/hello"), *HELLO]
    assert len(lines) == 2


def test_batches_contain_each_file_once(files: Path) -> None:
    found = scan(str(files)) + [("large", 10**8)] * 3 + [("small", 1)] * 2000
    batched = [file for batch in batches(list(found)) for file in batch]
    assert sorted(batched) == sorted(found)


def test_spdx_tools_describes_every_file(files: Path, tmp_path: Path) -> None:
    """Importing spdx-tools takes a second."""
    document = json.loads(run("describe_with_spdx_tools.py", files, tmp_path / "out.spdx.json"))
    [hello] = [file for file in document["files"] if file["fileName"] == "a/b/hello"]
    assert {each["checksumValue"] for each in hello["checksums"]} == set(HELLO)
    assert len(document["files"]) == 2
