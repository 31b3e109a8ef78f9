"""Which downloads of a release contain a component, by the documents that were published."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from boms import committed_bom
from build_files import MADE
from manifests import committed
from release_runs import EPOCH, PARTIAL, Run

from sbom.cli import main
from sbom.diagnostics import Exit
from sbom.explanation.component_facts import explain_component
from sbom.explanation.containment import (
    Containment,
    document_containers,
    find_containment,
    release_containers,
)
from sbom.explanation.origins import Origins
from sbom.formats import FORMATS, SPDX2, read_document
from sbom.release.index import read_index

#: What PC/layout leaves out of these packages: Tcl/Tk, and its zlib with it.
WITHOUT_TCLTK = ("-embed-", "-embeddable-", ".nupkg")


@pytest.fixture(scope="session")
def partial(few: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a release of five artifacts, in two formats."""
    out = tmp_path_factory.mktemp("partial")
    words = ["--artifacts", str(few), "--output", str(out), "--format", "all", *PARTIAL]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", EPOCH)
        assert main(["release", "--manifest", str(MADE), *words]) == Exit.OK
    return out


def search(directory: Path, *words: str) -> list[Containment]:
    index = read_index((directory / "sbom-index.json").read_bytes())
    assert index is not None
    document = index.documents[0].path
    bom = read_document((directory / document).read_bytes(), document)
    containers = release_containers(bom, index, document)
    return [find_containment(word, bom, containers, "release") for word in words]


def found(run: Run, *words: object) -> dict[str, Any]:
    status, out, err = run("explain", *words, "--output-format", "json")
    assert (status, err) == (Exit.OK, "")
    data: dict[str, Any] = json.loads(out)
    return data


def test_one_command_says_which_downloads_contain_zlib(run: Run, released: Path) -> None:
    status, out, _ = run("explain", "zlib", "--in", released)
    assert status == Exit.OK
    text, _, without = out.partition("\nnot in:\n")
    assert text.startswith("18 of 30 artifacts of CPython 3.14.7 contain zlib\n\nzlib 1.3.2\n")
    assert (
        "python-3.14.7-amd64.exe               amd64  installer                1.3.2\n"
        "    https://www.python.org/ftp/python/3.14.7/python-3.14.7-amd64.exe\n"
        "    DLLs/zlib1.dll\n"
    ) in text
    assert "cpe:2.3:a:zlib:zlib:1.3.2:*:*:*:*:*:*:*" in text
    assert "https://github.com/python/cpython-bin-deps/archive/refs/tags/tcltk-9.0.4.0" in text
    names = [line.strip() for line in without.splitlines() if line.startswith("  ")]
    assert len(names) == 12
    assert all(any(part in name for part in WITHOUT_TCLTK) for name in names)
    assert out.endswith("\ncomponents with similar names: zlib-ng\n")


def test_a_release_contains_a_component_where_the_manifest_says(released: Path) -> None:
    manifest = committed()
    origins = Origins(manifest, MADE.read_text(encoding="utf-8"))
    keys = ("openssl", "zlib", "libtommath", "pip", "certifi", "vcruntime", "expat")
    names = [manifest.get_component(key).name for key in keys]
    for key, containment in zip(keys, search(released, *names), strict=True):
        channels: dict[str, set[str]] = {}
        for one in containment.containers:
            channels.setdefault(one.channel, set()).add(one.platform)
        explanation = explain_component(manifest, manifest.get_component(key), origins)
        published = {
            value
            for section in explanation.sections
            for fact in section.facts
            if fact.name == "published in"
            for value in fact.values
        }
        assert published == {f"{name} ({', '.join(sorted(on))})" for name, on in channels.items()}


def test_files_identifiers_and_locations_are_those_of_the_documents(
    run: Run, partial: Path
) -> None:
    data = found(run, "zlib", "--in", partial)
    [component] = data["components"]
    assert component["version"] == "1.3.2"
    assert component["cpes"] == ["cpe:2.3:a:zlib:zlib:1.3.2:*:*:*:*:*:*:*"]
    rows = {row["name"]: row for row in data["contained-in"]}
    installer = rows["python-3.14.7-amd64.exe"]
    assert installer["platform"] == "amd64"
    assert installer["channel"] == "installer"
    assert installer["download-location"].endswith("/python-3.14.7-amd64.exe")
    assert installer["linkages"] == ["Shipped as zlib1.dll; used by tcl90.dll."]
    assert rows["python-3.14.7-amd64-store.msixupload"]["files"] == ["DLLs/zlib1.dll"]
    assert data["not-in"] == ["python-3.14.7-embed-amd64.zip", "python-3.14.7-embed-win32.zip"]
    index = json.loads((partial / "sbom-index.json").read_text("utf-8"))
    assert data["not-described"] == index["missing"]


def test_artifacts_that_are_not_described_are_named(run: Run, partial: Path) -> None:
    _, out, _ = run("explain", "zlib", "--in", partial)
    assert "not described, because the release is partial:\n" in out
    assert "  python-3.14.7-arm64.exe\n" in out


@pytest.mark.parametrize("suffix", dict.fromkeys(one.suffix for one in FORMATS))
def test_one_document_is_searched_by_itself_in_any_format(
    run: Run, partial: Path, suffix: str
) -> None:
    path = partial / f"python-3.14.7-amd64-store.msixupload{suffix}"
    data = found(run, "zlib", "--in", path)
    assert data["source"] == "python-3.14.7-amd64-store.msixupload"
    assert [row["files"] for row in data["contained-in"]] == [["DLLs/zlib1.dll"]]


def test_the_document_of_a_release_is_searched_by_artifact(run: Run, partial: Path) -> None:
    by_file = found(run, "zlib", "--in", partial / "python-3.14.7-windows.spdx.json")
    by_directory = found(run, "zlib", "--in", partial)
    for key in ("components", "not-in"):
        assert by_file[key] == by_directory[key]
    assert [row["name"] for row in by_file["contained-in"]] == [
        row["name"] for row in by_directory["contained-in"]
    ]


@pytest.mark.parametrize(
    ("word", "versions"),
    [
        ("ZLIB", ["1.3.2"]),
        ("pkg:generic/zlib", ["1.3.2"]),
        ("pkg:generic/zlib@1.3.2", ["1.3.2"]),
        ("pkg:generic/zlib@1.3.1", []),
        ("cpe:2.3:a:zlib:zlib:1.3.2:*:*:*:*:*:*:*", ["1.3.2"]),
        ("cpe:2.3:a:zlib:zlib", ["1.3.2"]),
        ("cpe:2.3:a:zlib:zlib:*:*:*:*:*:*:*:*", ["1.3.2"]),
        ("zli", []),
    ],
)
def test_a_component_is_found_by_name_purl_and_cpe(word: str, versions: list[str]) -> None:
    bom = committed_bom()
    containment = find_containment(word, bom, document_containers(bom), "")
    assert [one.version for one in containment.components] == versions


def test_many_files_are_counted(run: Run, partial: Path) -> None:
    _, out, _ = run(
        "explain", "pip", "--in", partial / "python-3.14.7-amd64-store.msixupload.cdx.json"
    )
    assert " more files\n" in out
    assert len(out.splitlines()) < 40


def test_a_component_that_is_not_there_is_an_error_with_similar_names(
    run: Run, partial: Path
) -> None:
    status, out, err = run("explain", "zlip", "--in", partial)
    assert (status, out) == (Exit.USAGE, "")
    assert err.startswith("zlip: is not known [error: SBM901 usage]\n    did you mean 'zlib' or ")


@pytest.mark.parametrize("word", ["CVE-2023-45853", "SBM204"])
def test_only_components_are_looked_for_in_a_release(run: Run, partial: Path, word: str) -> None:
    status, _, err = run("explain", word, "--in", partial)
    assert status == Exit.USAGE
    assert err.startswith(f"{word}: is no component; only those are looked for in a release")


def test_a_directory_without_an_index_is_refused(run: Run, tmp_path: Path) -> None:
    status, _, err = run("explain", "zlib", "--in", tmp_path)
    assert status == Exit.USAGE
    assert "has no sbom-index.json [error: SBM902 input-error]\n" in err
    (tmp_path / "sbom-index.json").write_text("{}")
    status, _, err = run("explain", "zlib", "--in", tmp_path)
    assert status == Exit.USAGE
    assert "is not the index of a release" in err


def test_a_document_that_was_changed_later_is_refused(
    run: Run, partial: Path, tmp_path: Path
) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(partial, changed)
    path = changed / "python-3.14.7-windows.spdx.json"
    path.write_bytes(path.read_bytes() + b"\n")
    status, _, err = run("explain", "zlib", "--in", changed)
    assert status == Exit.ERRORS
    assert "sbom-index.json states, found " in err
    assert "[error: SBM706 inconsistent-release]" in err


def test_an_index_that_leads_out_of_its_directory_is_refused(
    run: Run, partial: Path, tmp_path: Path
) -> None:
    index = json.loads((partial / "sbom-index.json").read_text(encoding="utf-8"))
    index["documents"][0]["file"] = "../secret.spdx.json"
    (tmp_path / "sbom-index.json").write_text(json.dumps(index), encoding="utf-8")
    status, _, err = run("explain", "zlib", "--in", tmp_path)
    assert status == Exit.ERRORS
    assert "names ../secret.spdx.json, which is not in its directory" in err


def test_a_build_tool_is_in_no_artifact_and_not_called_unknown(
    run: Run, partial: Path, tmp_path: Path
) -> None:
    whole = partial / "python-3.14.7-windows.spdx.json"
    bom = read_document(whole.read_bytes(), whole.name)
    tool = replace(bom.components[0], id="nasm", name="nasm", version="2.11.06", purl="", cpes=())
    path = tmp_path / whole.name
    path.write_bytes(SPDX2.write(replace(bom, components=(*bom.components, tool))))
    status, _, err = run("explain", "nasm", "--in", path)
    assert status == Exit.USAGE
    assert err.startswith(
        "nasm: is in no artifact of python-3.14.7-windows [error: SBM901 usage]\n"
        "    without --in, explain says what it is for\n"
    )


def test_a_component_of_the_manifest_that_is_in_no_artifact_is_not_called_unknown(
    run: Run, partial: Path
) -> None:
    status, _, err = run(
        "explain", "wix", "--in", partial / "python-3.14.7-embed-win32.zip.spdx.json"
    )
    assert status == Exit.USAGE
    assert err.startswith("wix: is in no artifact of python-3.14.7-embed-win32.zip [error: SBM901")
