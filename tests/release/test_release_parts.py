"""Builds that were inspected or described elsewhere are parts of a release."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from manifests import committed
from release_runs import (
    PARTIAL,
    Run,
    component_names,
    failed_release,
    read_json,
    violations,
)
from releases import members

from sbom.manifest.model import Manifest


def layout(directory: Path, platform: str, manifest: Manifest) -> Path:
    """Make a layout as PC/layout does for PyManager, with the library's files in it."""

    for name in members(manifest.cpython.version)[platform, "pymanager-test"]:
        if name != "__install__.json":
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"{platform} default {path.name}\n".encode() * 3)
    return directory


def test_an_installer_is_described_from_a_layout_or_from_the_part_made_of_it(
    run: Run, few: Path, tmp_path: Path
) -> None:
    place = layout(tmp_path / "amd64", "amd64", committed())
    status, _, err = run(
        "build", "--platform", "amd64", "--layout", place, "--output", tmp_path / "part"
    )
    assert status == 0, err
    part = tmp_path / "part/python-3.14.7-amd64.spdx.json"
    words = ("--artifacts", few, *PARTIAL, "--output")
    assert run("release", *words, tmp_path / "one", "--layout", f"amd64={place}")[0] == 0
    assert run("release", *words, tmp_path / "two", "--platform-sbom", part)[0] == 0
    assert {p.name: p.read_bytes() for p in (tmp_path / "one").iterdir()} == {
        p.name: p.read_bytes() for p in (tmp_path / "two").iterdir()
    }
    data = read_json(tmp_path / "one/python-3.14.7-amd64.exe.spdx.json")
    assert "./DLLs/tcl90.dll" in {file["fileName"] for file in data["files"]}
    embed = read_json(tmp_path / "one/python-3.14.7-embed-amd64.zip.spdx.json")
    assert "./DLLs/tcl90.dll" not in {file["fileName"] for file in embed["files"]}


def test_twelve_builds_merge_to_the_same_bytes_in_any_order(
    run: Run, few: Path, tmp_path: Path
) -> None:
    parts = []
    for variant in ("default", "debug", "free-threaded", "free-threaded-debug"):
        out = tmp_path / "parts"
        assert run("build", "--variant", variant, "--output", out)[0] == 0
        parts = sorted(out.iterdir())
    assert len(parts) == 12
    results = []
    for n, order in enumerate((parts, parts[::-1], parts[5:] + parts[:5])):
        flags = [word for part in order for word in ("--platform-sbom", part)]
        out = tmp_path / f"out{n}"
        assert run("release", "--artifacts", few, "--output", out, *PARTIAL, *flags)[0] == 0
        results.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert results[0] == results[1] == results[2]
    whole = json.loads(results[0]["python-3.14.7-windows.spdx.json"])
    assert {"python-amd64-debug", "python-win32-free-threaded-debug"} <= component_names(whole)
    assert violations(tmp_path / "out0/python-3.14.7-windows.spdx.json") == []


def test_parts_that_contradict_each_other_are_reported(run: Run, few: Path, tmp_path: Path) -> None:
    assert run("build", "--output", tmp_path / "parts")[0] == 0
    parts = sorted((tmp_path / "parts").iterdir())
    text = (
        parts[0].read_text(encoding="utf-8").replace('"versionInfo": "1.0.8"', '"versionInfo": "9"')
    )
    parts[0].write_text(text, encoding="utf-8")
    flags = [word for part in parts for word in ("--platform-sbom", part)]
    status, output = failed_release(run, few, "--partial", *flags)
    assert status == 1
    assert any("bzip2: differs from component bzip2 of build amd64" in t for t in output)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("no json", "is not JSON"),
        ("{}", "is not an SPDX 2.3 document"),
        ('{"spdxVersion": "SPDX-2.3", "name": "x"}', "is not the SBOM of a build"),
        ('{"spdxVersion": "SPDX-2.3", "name": "python-3.14.7-amd64"}', "is not the SBOM of"),
    ],
)
def test_a_file_that_is_not_the_sbom_of_a_build_is_refused(
    run: Run, few: Path, tmp_path: Path, content: str, sentence: str
) -> None:
    part = tmp_path / "part.json"
    part.write_text(content)
    status, output = failed_release(run, few, "--partial", "--platform-sbom", part)
    assert status == 2
    assert sentence in output[0]
