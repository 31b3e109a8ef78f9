"""Artifacts with exactly the members that python.org published can be released."""

from __future__ import annotations

from pathlib import Path

from release_runs import PARTIAL, Run, read_json
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
