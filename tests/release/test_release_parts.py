"""Builds that were inspected or described elsewhere are parts of a release."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from binaries import written
from build_files import MADE, build_file
from manifests import committed
from pe_files import pe
from release_runs import (
    PARTIAL,
    Run,
    component_names,
    failed_release,
    read_json,
    violations,
)
from releases import members
from signatures import signed_pe

from sbom.manifest.model import Manifest


def layout(directory: Path, platform: str, manifest: Manifest) -> Path:
    """Make a layout as PC/layout does for PyManager, with the library's files in it."""
    paths = layout_paths(manifest, platform, "pymanager-test")
    return written(directory, {path: contents(platform, "default", path) for path in paths})


def free_threaded_layout(directory: Path, default: Path, manifest: Manifest) -> Path:
    """Make the free-threaded layout of amd64; DLLs of externals are those of ``default``."""
    files = {}
    for path in layout_paths(manifest, "amd64", "pymanager-ft"):
        shared = default / path
        is_shared = shared.suffix == ".dll" and shared.is_file()
        files[path] = shared.read_bytes() if is_shared else contents("amd64", "free-threaded", path)
    return written(directory, files)


def layout_paths(manifest: Manifest, platform: str, channel: str) -> list[str]:
    paths = members(manifest.cpython.version)[platform, channel]
    return [path for path in paths if path != "__install__.json"]


def contents(platform: str, variant: str, path: str) -> bytes:
    return build_file("3.14.7", platform, variant, path.rpartition("/")[2])


def record_again(part: Path) -> None:
    """Let the record of a part name the bytes that the part has now."""
    path = part.with_name(part.name.replace(".spdx.json", ".build.json"))
    record = read_json(path)
    record["documents"][part.name] = hashlib.sha256(part.read_bytes()).hexdigest()
    path.write_text(json.dumps(record), encoding="utf-8")


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
        parts = sorted(out.glob("*.spdx.json"))
    assert len(parts) == 12
    results = []
    for n, order in enumerate((parts, [*parts[4::-1], *parts[:4:-1]])):
        flags = [word for part in order for word in ("--platform-sbom", part)]
        out = tmp_path / f"out{n}"
        assert run("release", "--artifacts", few, "--output", out, *PARTIAL, *flags)[0] == 0
        results.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert results[0] == results[1]
    whole = json.loads(results[0]["python-3.14.7-windows.spdx.json"])
    assert {"python-amd64-debug", "python-win32-free-threaded-debug"} <= component_names(whole)
    assert violations(tmp_path / "out0/python-3.14.7-windows.spdx.json") == []


def test_parts_that_contradict_each_other_are_reported(run: Run, few: Path, tmp_path: Path) -> None:
    assert run("build", "--output", tmp_path / "parts")[0] == 0
    parts = sorted((tmp_path / "parts").glob("*.spdx.json"))
    text = (
        parts[0].read_text(encoding="utf-8").replace('"versionInfo": "1.0.8"', '"versionInfo": "9"')
    )
    parts[0].write_text(text, encoding="utf-8")
    record_again(parts[0])
    flags = [word for part in parts for word in ("--platform-sbom", part)]
    status, output = failed_release(run, few, "--partial", *flags)
    assert status == 1
    assert any("bzip2: expected version 1.0.8 as in the manifest, found 9" in t for t in output)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("no json", "is not JSON"),
        ("{}", "is not an SBOM document"),
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


@pytest.fixture
def part(run: Run, tmp_path: Path) -> Path:
    assert run("build", "--platform", "amd64", "--output", tmp_path / "part")[0] == 0
    return tmp_path / "part/python-3.14.7-amd64.spdx.json"


def test_a_part_without_its_record_is_an_input_that_cannot_be_read(
    run: Run, few: Path, part: Path
) -> None:
    part.with_name("python-3.14.7-amd64.build.json").unlink()
    status, output = failed_release(run, few, "--partial", "--platform-sbom", part)
    assert status == 2
    assert "python-3.14.7-amd64.build.json: is missing" in output[0]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema-version": 1}', "\0"])
def test_a_record_that_is_none_is_an_input_that_cannot_be_read(
    run: Run, few: Path, part: Path, text: str
) -> None:
    part.with_name("python-3.14.7-amd64.build.json").write_text(text)
    status, output = failed_release(run, few, "--partial", "--platform-sbom", part)
    assert status == 2
    assert "is not the record of a build" in output[0]


def test_a_part_with_other_bytes_than_its_record_names_is_rejected(
    run: Run, few: Path, part: Path
) -> None:
    part.write_bytes(part.read_bytes() + b"\n")
    status, output = failed_release(run, few, "--partial", "--platform-sbom", part)
    assert status == 1
    assert any("as python-3.14.7-amd64.build.json records, found" in line for line in output)


def test_a_part_that_was_built_with_a_digest_cache_is_rejected(
    run: Run, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "cache"))
    place = layout(tmp_path / "amd64", "amd64", committed())
    words = ("build", "--platform", "amd64", "--layout", place, "--output")
    documents = []
    for name in ("first", "second"):
        assert run(*words, tmp_path / name, "--digest-cache")[0] == 0
        documents.append(tmp_path / name / "python-3.14.7-amd64.spdx.json")
    first, second = documents
    assert second.read_bytes() == first.read_bytes()
    status, output = failed_release(run, few, "--partial", "--platform-sbom", second)
    assert status == 1
    assert any("checksums in it are those of an earlier run" in line for line in output)


def test_a_layout_with_errors_gives_an_incomplete_document_that_no_release_takes(
    run: Run, few: Path, tmp_path: Path
) -> None:
    place = layout(tmp_path / "amd64", "amd64", committed())
    (place / "DLLs/sqlite3.dll").unlink()
    out = tmp_path / "part"
    words = ("build", "--platform", "amd64", "--layout", place, "--output", out)
    status, _, err = run(*words)
    assert status == 1
    assert "missing file: expected by sqlite" in err
    assert not out.exists()
    assert run(*words, "--keep-going")[0] == 1
    document = out / "python-3.14.7-amd64.spdx.json"
    comment = read_json(document)["creationInfo"]["comment"]
    assert "This document is incomplete: 1 error in what it describes." in comment
    assert violations(document) == []
    record = out / "python-3.14.7-amd64.build.json"
    assert str(tmp_path) not in record.read_text(encoding="utf-8")
    status, output = failed_release(run, few, "--partial", "--platform-sbom", document)
    assert status == 1
    assert any("was built although layout: " in line and "SBM201" in line for line in output)
    edited = {**read_json(record), "diagnostics": []}
    record.write_text(json.dumps(edited), encoding="utf-8")
    status, output = failed_release(run, few, "--partial", "--platform-sbom", document)
    assert status == 1
    assert any("states that it is incomplete" in line for line in output)


def test_a_record_has_the_same_bytes_from_any_directory(run: Run, tmp_path: Path) -> None:
    found = []
    for name in ("one", "another one"):
        place = layout(tmp_path / name, "amd64", committed())
        (place / "DLLs/sqlite3.dll").unlink()
        words = ("--platform", "amd64", "--layout", place, "--keep-going", "--output")
        assert run("build", *words, tmp_path / f"{name}-part")[0] == 1
        found.append({p.name: p.read_bytes() for p in (tmp_path / f"{name}-part").iterdir()})
    assert len(found[0]) == 2
    assert found[0] == found[1]


def test_an_installer_has_the_files_of_every_variant_that_has_a_layout(
    run: Run, few: Path, tmp_path: Path
) -> None:
    default = layout(tmp_path / "amd64", "amd64", committed())
    threaded = free_threaded_layout(tmp_path / "free-threaded", default, committed())
    words = ["--artifacts", few, *PARTIAL, "--layout", f"amd64={default}"]
    for out, more in (("one", []), ("two", ["--layout", f"amd64-free-threaded={threaded}"])):
        assert run("release", *words, *more, "--output", tmp_path / out)[0] == 0
    slices = [read_json(tmp_path / o / "python-3.14.7-amd64.exe.spdx.json") for o in ("one", "two")]
    paths = [[file["fileName"].lower() for file in data["files"]] for data in slices]
    assert "./python314t.dll" not in paths[0]
    assert {"./python314.dll", "./python314t.dll"} <= set(paths[1])
    assert len(paths[1]) == len(set(paths[1]))
    comments = [
        package["comment"]
        for data in slices
        for package in data["packages"]
        if package.get("packageFileName") == "python-3.14.7-amd64.exe"
    ]
    assert "are not listed: debug; free-threaded; free-threaded, debug." in comments[0]
    assert "are not listed: debug; free-threaded, debug." in comments[1]
    assert violations(tmp_path / "two/python-3.14.7-amd64.exe.spdx.json") == []


def test_everything_that_contradicts_the_manifest_is_reported_at_once(
    run: Run, few: Path, part: Path
) -> None:
    data = read_json(part)
    data["packages"] = [one for one in data["packages"] if one["name"] != "openssl"]
    for package in data["packages"]:
        if package["SPDXID"] == "SPDXRef-sqlite":
            package["versionInfo"] = "3.40.0"
        if package["SPDXID"] == "SPDXRef-bzip2":
            package["licenseConcluded"] = "no license"
        if package["SPDXID"] == "SPDXRef-zstd":
            [checksum, _] = package.pop("checksums")
    part.write_text(json.dumps(data), encoding="utf-8")
    record_again(part)
    status, output = failed_release(run, few, "--partial", "--platform-sbom", part)
    assert status == 1
    for sentence in (
        "openssl: expected openssl 3.5.7 as the manifest describes it, found none",
        "sqlite: expected version 3.50.4 as in the manifest, found 3.40.0",
        "bzip2: expected license concluded bzip2-1.0.6 as in the manifest, found no license",
        f"zstd: expected checksums SHA256 {checksum['checksumValue']}, SHA512 ",
        "as in the manifest, found none",
        "element SPDXRef-openssl does not exist",
        "its namespace is not that of its contents",
    ):
        assert any(sentence in line for line in output), sentence


def test_two_variants_state_both_of_their_files(run: Run, few: Path, tmp_path: Path) -> None:
    parts = []
    for variant in ("default", "free-threaded"):
        out = tmp_path / "parts"
        words = ("--variant", variant, "--platform", "amd64", "--output", out)
        assert run("build", *words)[0] == 0
        parts = sorted(out.glob("*.spdx.json"))
    flags = [word for part in parts for word in ("--platform-sbom", part)]
    out = tmp_path / "out"
    assert run("release", "--artifacts", few, "--output", out, *PARTIAL, *flags)[0] == 0
    document = read_json(out / "python-3.14.7-amd64.exe.spdx.json")
    comments = {one.get("comment", "") for one in document["relationships"]}
    assert "Linked into python314.dll. Linked into python314t.dll." in comments


def test_builds_that_have_different_libraries_of_one_path_are_refused(
    run: Run, few: Path, tmp_path: Path
) -> None:
    default = layout(tmp_path / "amd64", "amd64", committed())
    threaded = free_threaded_layout(tmp_path / "free-threaded", default, committed())
    libffi = threaded / "DLLs/libffi-8.dll"
    libffi.write_bytes(signed_pe(libffi.read_bytes()))
    words = ("--layout", f"amd64={default}", "--layout", f"amd64-free-threaded={threaded}")
    status, output = failed_release(run, few, "--partial", *words)
    assert (status, output) == (
        1,
        [
            "the build amd64-free-threaded: DLLs/libffi-8.dll: expected the same file as in the "
            "build amd64, found another [error: SBM209 file-mismatch]"
        ],
    )


def test_a_part_needs_the_exemptions_of_the_release(run: Run, few: Path, tmp_path: Path) -> None:
    place = layout(tmp_path / "amd64", "amd64", committed())
    (place / "DLLs/evil.dll").write_bytes(b"evil")
    manifest = tmp_path / "externals.toml"
    exemption = """
[[exemption]]
diagnostic = "unowned-file"
key = "DLLs/evil.dll"
reason = "known"
"""
    manifest.write_text(MADE.read_text("utf-8") + exemption, "utf-8")
    words = ("--platform", "amd64", "--layout", place, "--output", tmp_path / "part")
    assert run("build", "--manifest", manifest, *words)[0] == 0
    part = tmp_path / "part/python-3.14.7-amd64.spdx.json"
    _, output = failed_release(run, few, "--partial", "--platform-sbom", part)
    assert [line for line in output if "exemption of unowned-file for DLLs/evil.dll" in line]
    inputs = ("--artifacts", few, "--output", tmp_path / "out", "--platform-sbom", part)
    assert run("release", "--manifest", manifest, *inputs, *PARTIAL)[0] == 0


def test_a_layout_of_another_platform_is_refused(run: Run, tmp_path: Path) -> None:
    place = layout(tmp_path / "amd64", "amd64", committed())
    (place / "DLLs/_bz2.pyd").write_bytes(pe(machine="x86"))
    words = ("--platform", "amd64", "--layout", place, "--output", tmp_path / "out")
    status, out, err = run("build", *words)
    assert status == 1
    assert "DLLs/_bz2.pyd: expected a binary for amd64, found one for x86" in out + err
