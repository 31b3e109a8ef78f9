"""Layouts and artifacts inspected: what evidence adds to their SBOMs, and what it contradicts."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest
from binaries import binaries, own, written
from build_files import MADE
from contradictions import find_contradictions
from manifests import committed
from pe_files import pe
from releases import make_release

from sbom.bom.expected_contents import expected_contents
from sbom.bom.ownership import assign_owners
from sbom.cli import main
from sbom.components.component import Build
from sbom.components.resolve import resolve_components
from sbom.diagnostics import Exit


def build(
    directory: Path, files: dict[str, bytes], capsys: pytest.CaptureFixture[str], *more: str
) -> tuple[int, str]:
    """Write the SBOM of a layout; return the exit status and what was printed to stderr."""
    written(directory / "layout", files)
    argv = ["build", "--manifest", str(MADE), "--platform", "amd64", *more]
    status = main([*argv, "--layout", str(directory / "layout"), "--output", str(directory)])
    return status, capsys.readouterr().err


def test_an_undeclared_component_is_added_with_its_evidence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hidden = pe(texts=[b"incorrect header check", b"1.2.11"])
    status, err = build(tmp_path, {"DLLs/tcl90.dll": hidden}, capsys)
    assert status == Exit.ERRORS
    assert not [*tmp_path.glob("*.json")]
    status, err = build(tmp_path, {"DLLs/tcl90.dll": hidden}, capsys, "--keep-going")
    assert status == Exit.ERRORS
    assert "DLLs/tcl90.dll: undeclared component: found zlib 1.2.11" in err
    [path] = tmp_path.glob("*.spdx.json")
    data = json.loads(path.read_text(encoding="utf-8"))
    [package] = [one for one in data["packages"] if one["SPDXID"] == "SPDXRef-zlib-found-1.2.11"]
    assert (package["name"], package["versionInfo"]) == ("zlib", "1.2.11")
    [note] = package["annotations"]
    assert note["comment"].startswith("Undeclared; found by evidence")
    [file] = data["files"]
    assert file["comment"].startswith("Evidence in the file: zlib 1.2.11 ('1.2.11' at 0x")
    assert {
        (one["spdxElementId"], one["relationshipType"])
        for one in data["relationships"]
        if one["relatedSpdxElement"] == package["SPDXID"]
    } >= {(file["SPDXID"], "STATIC_LINK"), ("SPDXRef-cpython", "DEPENDS_ON")}
    assert main(["validate", str(path)]) == Exit.OK


def test_evidence_names_components_as_the_packages_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """expat's package is libexpat, that of CPython python."""
    resource = {"CompanyName": "Python Software Foundation", "FileVersion": "3.14.7"}
    pyexpat = pe(texts=[b"expat_2.8.2"], resource=resource)
    build(tmp_path, {"DLLs/pyexpat.pyd": pyexpat}, capsys, "--keep-going")
    [path] = tmp_path.glob("*.spdx.json")
    data = json.loads(path.read_text(encoding="utf-8"))
    [file] = data["files"]
    named = set(re.findall(r"(?:: |\), )([a-z-]+) [0-9]", file["comment"]))
    assert named == {"libexpat", "python"}
    assert named <= {package["name"] for package in data["packages"]}


@pytest.mark.parametrize("other", ["libssl-3.dll", "libcrypto-3.dll"])
def test_a_file_of_another_version_ships_with_that_version_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], other: str
) -> None:
    """One of the two DLLs shows the declared version: each package names the file that shows it."""
    files = {
        f"DLLs/{name}": pe(resource={"FileVersion": "3.5.6" if name == other else "3.5.7"})
        for name in ("libssl-3.dll", "libcrypto-3.dll")
    }
    build(tmp_path, files, capsys, "--keep-going")
    [path] = tmp_path.glob("*.spdx.json")
    data = json.loads(path.read_text(encoding="utf-8"))
    assert find_contradictions(data) == []
    versions = {one["SPDXID"]: one.get("versionInfo") for one in data["packages"]}
    comments = {
        versions[one["relatedSpdxElement"]]: one["comment"]
        for one in data["relationships"]
        if one["relationshipType"] == "DYNAMIC_LINK" and "openssl" in one["relatedSpdxElement"]
    }
    [declared] = {"libssl-3.dll", "libcrypto-3.dll"} - {other}
    assert comments == {"3.5.6": f"Shipped as DLLs/{other}.", "3.5.7": f"Shipped as {declared}."}


def test_no_document_describes_another_cpython_than_the_files_show(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not with --keep-going either: its name, identifiers and namespace would all be wrong."""
    resource = {"CompanyName": "Python Software Foundation", "FileVersion": "3.12.10"}
    files = {"python312.dll": pe(resource=resource), "DLLs/_bz2.pyd": pe(resource=resource)}
    for flags in ([], ["--keep-going"]):
        status, err = build(tmp_path, files, capsys, *flags)
        assert status == Exit.ERRORS
        assert "expected CPython 3.14.7 as recorded, found 3.12.10 in the binaries" in err
        assert "[error: SBM219 other-python-version]" in err
        assert not [*tmp_path.glob("*.json")]


@pytest.mark.skipif(sys.platform != "linux", reason="others refuse such a name")
def test_a_file_name_that_no_document_can_state_is_an_input_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, err = build(tmp_path, {os.fsdecode(b"DLLs/\xff.txt"): b"x"}, capsys)
    assert status == Exit.USAGE
    assert "its name is not Unicode" in err
    assert not [*tmp_path.glob("*.spdx.json")]


def test_another_version_than_declared_in_a_layout_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = binaries("x64", python="3.14.7", bzip2="1.0.6")
    status, err = build(tmp_path, {"DLLs/_bz2.pyd": files["_bz2.pyd"]}, capsys)
    assert status == Exit.ERRORS
    assert "DLLs/_bz2.pyd: expected bzip2 1.0.8, found 1.0.6" in err


def test_evidence_in_artifacts_is_compared_with_the_release(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    embed = "python-3.14.7-embed-arm64.zip"

    def change(name: str, members: dict[str, bytes]) -> None:
        if name == embed:
            # Runs as ARM64, though its header says x64.
            members["vcruntime140_1.dll"] = pe(machine="x64", chpe=True)
            members["select.pyd"] = own("3.14.7", machine="arm64")
            members["_bz2.pyd"] = own("3.14.6", machine="x64")

    make_release(tmp_path / "artifacts", committed(), change)
    argv = ["--artifacts", str(tmp_path / "artifacts"), "--output", str(tmp_path / "out")]
    status = main(["release", "--manifest", str(MADE), *argv, "--allow-unpinned"])
    err = capsys.readouterr().err
    assert status == Exit.ERRORS
    errors = [line for line in err.splitlines() if embed in line and "error" in line]
    assert [line.split(" [error")[0] for line in errors] == [
        f"{embed}: _bz2.pyd: expected a binary for arm64, found one for x64",
        f"{embed}: _bz2.pyd: expected python 3.14.7, found 3.14.6 (FileVersion '3.14.6')",
    ]


def test_an_unpinned_component_gets_the_version_that_its_files_show(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    resource = {"CompanyName": "Microsoft Corporation", "FileVersion": "14.44.35211.0"}
    runtime = pe(resource=resource, signed=True)
    files = {"vcruntime140.dll": runtime, "vcruntime140_1.dll": runtime}
    _, err = build(tmp_path, files, capsys, "--keep-going")
    assert "vcruntime140.dll: expected vcruntime 14.51.36247.0, found 14.44.35211.0" in err
    [path] = tmp_path.glob("*.spdx.json")
    packages = json.loads(path.read_text(encoding="utf-8"))["packages"]
    [package] = [one for one in packages if one["name"] == "vcruntime"]
    assert package["versionInfo"] == "14.44.35211.0"
    assert (package["downloadLocation"], "checksums" in package) == ("NOASSERTION", False)
    assert main(["validate", str(path)]) == Exit.OK


def test_artifacts_with_another_runtime_state_its_version(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    resource = {"CompanyName": "Microsoft Corporation", "FileVersion": "14.44.35211.0"}

    def change(_: str, members: dict[str, bytes]) -> None:
        for path in members:
            if path.rpartition("/")[2].startswith("vcruntime140"):
                members[path] = pe(resource=resource)

    artifacts = tmp_path / "artifacts"
    make_release(artifacts, committed(), change)
    argv = ["release", "--manifest", str(MADE), "--artifacts", str(artifacts)]
    assert main([*argv, "--in-place", "--allow-unpinned"]) == Exit.OK
    assert main([*argv, "--check"]) == Exit.OK
    capsys.readouterr()
    for name, version in (
        ("python-3.14.7-embed-amd64.zip", "14.44.35211.0"),
        ("python-3.14.7-amd64.exe", "14.44.35211.0"),  # of the same build
    ):
        text = (artifacts / f"{name}.spdx.json").read_text(encoding="utf-8")
        found = [one for one in json.loads(text)["packages"] if one["name"] == "vcruntime"]
        assert [one["versionInfo"] for one in found] == [version]


def test_a_document_states_the_version_that_the_files_show(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The disagreement is an error; the document does not contradict itself."""
    files = binaries(python="3.14.7", openssl="3.0.18", expat="2.7.9")
    shown = {name: files[name] for name in ("libcrypto-3.dll", "pyexpat.pyd")}
    contents = {f"DLLs/{name}": data for name, data in shown.items()}
    status, err = build(tmp_path, contents, capsys, "--keep-going")
    assert status == Exit.ERRORS
    assert "found 2.7.9" in err
    [path] = tmp_path.glob("*.spdx.json")
    data = json.loads(path.read_text(encoding="utf-8"))
    found = {package["SPDXID"]: package["versionInfo"] for package in data["packages"]}
    assert found["SPDXRef-openssl-found-3.0.18"] == "3.0.18"
    assert found["SPDXRef-expat-found-2.7.9"] == "2.7.9"
    assert not {"SPDXRef-openssl", "SPDXRef-expat"} & found.keys()


def test_files_of_the_universal_crt_belong_to_it_where_they_are() -> None:
    """Redistributors put them beside python.exe; a build need not have them."""
    manifest = committed()
    build = Build(platform="amd64")
    expected = expected_contents(manifest, [build])
    assert "ucrt" in {one.id for one in expected.components}
    assert "ucrt" not in {one.id for one in resolve_components(manifest, build)}
    names = ["api-ms-win-crt-heap-l1-1-0.dll", "API-MS-WIN-core-file-l1-2-0.dll", "ucrtbase.dll"]
    inventory = assign_owners([*names, "api-ms-evil.dll"], expected)
    assert {owner.path for owner in inventory.ownership if owner.component == "ucrt"} == set(names)
    assert inventory.unowned == ("api-ms-evil.dll",)
    assert "ucrt" not in {id_ for id_, _ in inventory.missing}


def test_what_a_component_owns_is_part_of_it_where_it_is_present() -> None:
    expected = expected_contents(committed(), [Build(platform="amd64")])
    metadata, script = "Lib/site-packages/pip-26.2.1.dist-info/WHEEL", "Scripts/pip3.exe"
    pip = assign_owners([metadata, script, "Lib/site-packages/pip/__init__.py"], expected)
    assert {one.path for one in pip.ownership if one.component == "pip"} >= {metadata, script}
    left_over = assign_owners([metadata, script], expected)
    assert (left_over.ownership, left_over.unowned) == ((), ())
