"""A release in several formats: every document in each of them, and all of them agree."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from build_files import MADE
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from document_contents import contents_of
from manifests import committed
from release_runs import EPOCH, PARTIAL, Run, read_json
from test_release_parts import layout

from sbom.cli import main
from sbom.formats import FORMATS, read_document
from sbom.formats.cyclonedx_write import write_cyclonedx
from sbom.options.shared import FormatName

SUFFIXES = tuple(dict.fromkeys(one.suffix for one in FORMATS))


@pytest.fixture(scope="module")
def everywhere(few: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("formats")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", EPOCH)
        words = ["--artifacts", str(few), "--output", str(out), "--format", "all", *PARTIAL]
        assert main(["release", "--manifest", str(MADE), *words]) == 0
    return out


def stems(directory: Path, suffix: str) -> list[str]:
    return sorted(path.name.removesuffix(suffix) for path in directory.glob(f"*{suffix}"))


def test_every_artifact_has_a_document_of_each_kind(everywhere: Path, few: Path) -> None:
    expected = sorted([*(path.name for path in few.iterdir()), "python-3.14.7-windows"])
    for suffix in SUFFIXES:
        assert stems(everywhere, suffix) == expected
    index = read_json(everywhere / "sbom-index.json")
    named = [index["documents"], *(row["sboms"] for row in index["artifacts"])]
    files = {one["file"] for entry in named for one in entry}
    assert files == {f"{stem}{suffix}" for stem in expected for suffix in SUFFIXES}


def test_documents_of_all_formats_are_read_as_the_same_bom(everywhere: Path) -> None:
    for path in everywhere.glob("*.spdx.json"):
        expected = read_document(path.read_bytes(), path.name)
        assert expected.files or "exe" in path.name
        for suffix in SUFFIXES[1:]:
            other = path.with_name(path.name.removesuffix(".spdx.json") + suffix)
            assert read_document(other.read_bytes(), other.name) == expected


def test_the_json_of_all_formats_states_the_same_sets(everywhere: Path) -> None:
    for path in everywhere.glob("*.spdx.json"):
        expected = contents_of(read_json(path))
        assert len(expected.components) > 10
        assert len(expected.edges) > 10
        stem = path.name.removesuffix(".spdx.json")
        for suffix in SUFFIXES[1:]:
            assert contents_of(read_json(everywhere / f"{stem}{suffix}")) == expected
        bom = read_document(path.read_bytes(), path.name)
        assert contents_of(json.loads(write_cyclonedx(bom, "1.7"))) == expected


def test_the_cyclonedx_documents_of_artifacts_are_valid(everywhere: Path) -> None:
    # The whole document and the store's have most of the files, and take most of the time.
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    for name in ("python-3.14.7-embed-amd64.zip", "python-3.14.7-amd64.exe"):
        document = (everywhere / f"{name}.cdx.json").read_text(encoding="utf-8")
        assert validator.validate_str(document) is None


def test_a_published_release_is_checked_in_all_its_formats(
    everywhere: Path, few: Path, run: Run, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for path in everywhere.iterdir():
        (out / path.name).write_bytes(path.read_bytes())
    words = ("--artifacts", few, "--output", out, "--check")
    assert run("release", *words)[0] == 0
    path = out / "python-3.14.7-embed-amd64.zip.cdx.json"
    data = read_json(path)
    changed = next(one for one in data["components"] if one["type"] == "library")
    changed["licenses"] = [{"expression": "CC0-1.0", "acknowledgement": "concluded"}]
    path.write_text(json.dumps(data), encoding="utf-8")
    status, printed, _ = run("release", *words)
    assert status == 1
    assert (
        f"{path.name}: {changed['bom-ref']}: is not a slice of python-3.14.7-windows.cdx.json"
        in printed
    )
    assert "python-3.14.7-embed-amd64.zip.spdx.json:" not in printed


def test_a_run_again_keeps_the_time_of_the_first_one(
    few: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("--artifacts", few, "--output", tmp_path / "x", "--format", "cyclonedx-1.7", *PARTIAL)
    assert run("release", *words)[0] == 0
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    status, printed, _ = run("release", *words)
    assert status == 0
    assert "is up to date" in printed


def test_documents_of_an_earlier_run_in_another_format_are_named(
    few: Path, run: Run, tmp_path: Path
) -> None:
    words = ("--artifacts", few, "--output", tmp_path / "x", *PARTIAL)
    assert run("release", *words)[0] == 0
    status, _, err = run("release", *words, "--format", "cyclonedx-1.7", "--replace")
    assert status == 0
    stale = sorted((tmp_path / "x").glob("*.spdx.json"))
    assert len(stale) == 6
    lines = [line for line in err.splitlines() if "was written by an earlier run" in line]
    assert lines == [f"{path}: was written by an earlier run; delete it" for path in stale]


def test_a_part_can_be_of_any_format(few: Path, run: Run, tmp_path: Path) -> None:
    place = layout(tmp_path / "amd64", "amd64", committed())
    words = ("--platform", "amd64", "--layout", place, "--format", "all")
    assert run("build", *words, "--output", tmp_path / "part")[0] == 0
    results = []
    for suffix in SUFFIXES:
        part = tmp_path / f"part/python-3.14.7-amd64{suffix}"
        out = tmp_path / suffix
        more = ("--artifacts", few, *PARTIAL, "--platform-sbom", part, "--output", out)
        assert run("release", *more)[0] == 0
        results.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert results == [results[0]] * len(SUFFIXES)
    assert len(results[0]) > 5


def test_two_formats_whose_documents_have_one_name_are_refused(run: Run, tmp_path: Path) -> None:
    words = ("--format", "cyclonedx-1.6", "--format", "cyclonedx-1.7")
    status, _, err = run("build", *words, "--output", tmp_path / "never")
    assert status == 2
    assert "--format cyclonedx-1.7: has the file names of cyclonedx-1.6: both end in" in err
    assert not (tmp_path / "never").exists()


def test_every_format_that_can_be_named_can_be_written() -> None:
    assert [each.name for each in FORMATS] == [one for one in FormatName if one != "all"]


def test_verify_finds_the_document_beside_an_artifact_in_any_format(
    everywhere: Path, few: Path, run: Run, tmp_path: Path
) -> None:
    name = "python-3.14.7-embed-amd64.zip"
    found = []
    for suffix in SUFFIXES:
        directory = tmp_path / suffix
        directory.mkdir()
        (directory / name).write_bytes((few / name).read_bytes())
        document = everywhere / f"{name}{suffix}"
        (directory / document.name).write_bytes(document.read_bytes())
        status, printed, _ = run("verify", directory / name, "--output-format", "json")
        report = json.loads(printed)
        found.append((status, report["matching_files"]))
    assert found == [found[0]] * len(SUFFIXES)
    assert found[0][1] > 30


def test_a_release_beside_its_artifacts_can_be_repeated_in_all_formats(
    run: Run, few: Path, tmp_path: Path
) -> None:
    directory = tmp_path / "release"
    shutil.copytree(few, directory)
    words = ("--artifacts", directory, "--in-place", "--format", "all", *PARTIAL)
    assert run("release", *words)[0] == 0
    status, out, err = run("release", *words)
    assert (status, "is up to date" in out) == (0, True), err
