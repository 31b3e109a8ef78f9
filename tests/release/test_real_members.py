"""Artifacts with exactly the members that python.org published can be released."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from build_files import knowing_made_dlls, made_manifest
from contradictions import find_contradictions
from manifests import COMMITTED, entry_of, regenerated, script_of
from release_runs import PARTIAL, Run, component_names, failed_release, read_json
from releases import inventory, members, release_of_real_members

EMBED = "python-3.14.7-embed-amd64.zip"


def test_the_real_embeddable_package_is_described_completely(run: Run, tmp_path: Path) -> None:
    directory, out = release_of_real_members(tmp_path / "in", EMBED), tmp_path / "out"
    status, output, err = run("release", "--artifacts", directory, "--output", out, *PARTIAL)
    assert (status, "[error" in err) == (0, False)
    assert f"{EMBED}: libtommath.dll: should not be in this channel" in output
    assert "[exempted: SBM206 excluded-component]" in output
    document = read_json(out / f"{EMBED}.spdx.json")
    files = {file["fileName"].removeprefix("./"): file["SPDXID"] for file in document["files"]}
    assert len(files) == 37
    assert files.keys() == set(inventory(EMBED))
    [libtommath] = [one for one in document["packages"] if one["name"] == "libtommath"]
    assert libtommath["versionInfo"] == "1.3.0"
    related = {
        frozenset((one["spdxElementId"], one["relatedSpdxElement"]))
        for one in document["relationships"]
    }
    assert {libtommath["SPDXID"], files["libtommath.dll"]} in related


def test_the_lists_that_the_layout_script_made_are_those_of_real_artifacts() -> None:
    made = members("3.14.7")["amd64", "embed"]
    # The catalog is made when a release is signed.
    assert {*made, "python.cat"} == set(inventory(EMBED))
    assert set(inventory("python-3.14.8-embed-amd64.zip")) == set(inventory(EMBED))


def test_code_of_a_tree_that_was_not_read_is_one_error_that_says_how_to_read_it(
    run: Run, tmp_path: Path
) -> None:
    """Whatever the files and the components are, there is one command to run."""
    manifest = tmp_path / "externals.toml"
    script = script_of(entry_of("3.14.7"))
    text = regenerated(COMMITTED.read_text("utf-8"), script, "3.14.8")
    manifest.write_text(knowing_made_dlls(text), "utf-8")
    line = (
        f"{manifest}: vendored: undeclared components: files contain code of the source tree of "
        "CPython 3.14.8, which was not read: hacl-star, libexpat, macholib, mimalloc, pip "
        "[error: SBM204 undeclared-component]"
    )
    directory = release_of_real_members(tmp_path / "in", "python-3.14.8-embed-amd64.zip")
    assert failed_release(run, directory, "--partial", manifest=manifest) == (1, [line])
    layout = tmp_path / "layout"
    with zipfile.ZipFile(directory / "python-3.14.8-embed-amd64.zip") as archive:
        archive.extractall(layout)
    built = ("--manifest", manifest, "--platform", "amd64", "--layout", layout)
    _, _, err = run("build", *built, "--output", tmp_path / "out")
    assert [one for one in err.splitlines() if "SBM204" in one] == [line]
    assert "    run nox -s regen -- --cpython DIR, with the source tree of 3.14.8" in err
    exemption = '\n[[exemption]]\ndiagnostic = "undeclared-component"\nkey = "vendored"\n'
    with manifest.open("a", encoding="utf-8") as file:
        file.write(f'{exemption}reason = "no tree at hand"\n')
    out = tmp_path / "release"
    words = ("--manifest", manifest, "--artifacts", directory, "--output", out, *PARTIAL)
    assert run("release", *words)[0] == 0
    found = component_names(read_json(out / "python-3.14.8-embed-amd64.zip.spdx.json"))
    assert {"hacl-star", "libexpat", "mimalloc"} <= found


@dataclass(frozen=True)
class Published:
    """The script of a release, and components that one of its artifacts has and has not."""

    script: str
    there: frozenset[str]
    absent: frozenset[str]


def published(script: str, there: str, absent: str) -> Published:
    return Published(script, frozenset(there.split()), frozenset(absent.split()))


SCRIPT_3_13 = script_of(entry_of("3.13.0rc2"))
SCRIPT_3_14 = script_of(entry_of("3.14.7"))
#: Tcl 9 came with 3.14.7.
SCRIPT_3_14_2 = (
    SCRIPT_3_14.replace("tcltk-9.0.4.0", "tcltk-8.6.15.0")
    .replace("tcl-9.0.4.0", "tcl-core-8.6.15.0")
    .replace("tk-9.0.4.1", "tk-8.6.15.0")
)
PUBLISHED = {
    "python-3.13.0-embed-amd64.zip": published(
        SCRIPT_3_13, "tcl tk zlib openssl libffi", "pip zlib-ng zstandard"
    ),
    "python-3.13.15-embed-amd64.zip": published(
        SCRIPT_3_13, "zlib openssl libffi sqlite", "tcl tk pip zstandard"
    ),
    "python-3.14.2-embed-amd64.zip": published(
        SCRIPT_3_14_2, "zlib-ng zstandard openssl", "tcl tk zlib libtommath pip"
    ),
    "python-3.14.8-embed-amd64.zip": published(
        SCRIPT_3_14, "zlib-ng zstandard libtommath", "tcl tk zlib pip"
    ),
    "python-3.14.7-amd64.zip": published(
        SCRIPT_3_14, "tcl tk zlib libtommath zlib-ng pip", "libb2"
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_other_releases_published_is_described_completely(
    run: Run, tmp_path: Path, name: str
) -> None:
    expected, version = PUBLISHED[name], name.split("-")[1]
    directory, out = release_of_real_members(tmp_path / "in", name), tmp_path / "out"
    manifest = tmp_path / "externals.toml"
    manifest.write_text(made_manifest(expected.script, version), "utf-8")
    words = ("--manifest", manifest, "--artifacts", directory, "--output", out, *PARTIAL)
    status, _, err = run("release", *words)
    assert status == 0, err
    document = read_json(out / f"{name}.spdx.json")
    files = {file["fileName"].removeprefix("./") for file in document["files"]}
    assert files == set(inventory(name))
    assert find_contradictions(document) == []
    found = component_names(document)
    assert (expected.there <= found, expected.absent & found) == (True, frozenset())
