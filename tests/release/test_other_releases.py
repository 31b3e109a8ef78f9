"""A manifest regenerated for another release: nothing that does not apply to it blocks its SBOM."""

from __future__ import annotations

from pathlib import Path

import pytest
from build_files import made_manifest
from manifests import RELEASED, entries, entry_of, script_of
from release_runs import component_names, read_json
from releases import contents_of, members, packed, web_installer

from sbom.cli import main
from sbom.manifest.channels import expected_artifacts
from sbom.manifest.ranges import release_line, version_key
from sbom.manifest.read import read_manifest


def latest_scripts() -> dict[str, str]:
    """Return the text of the newest recorded script of each release line, by CPython version."""
    newest: dict[str, str] = {}
    texts: dict[str, str] = {}
    for entry in entries():
        version = entry["cpython"]
        line = release_line(version)
        if entry["era"] == "svn" or not version.startswith(("3.8", "3.9", "3.1")):
            continue
        if line not in newest or version_key(newest[line]) < version_key(version):
            newest[line] = version
            texts[line] = script_of(entry)
    return {newest[line]: texts[line] for line in sorted(newest)}


SCRIPTS = latest_scripts()


def test_every_line_from_3_8_on_has_a_script() -> None:
    assert {release_line(version) for version in SCRIPTS} >= {
        "3.8",
        "3.9",
        "3.10",
        "3.11",
        "3.12",
        "3.13",
        "3.14",
    }


def regenerate(directory: Path, version: str, text: str) -> Path:
    """Return the released manifest, regenerated from a script of another version."""
    manifest, script = directory / "externals.toml", directory / "get_externals.bat"
    manifest.write_bytes(RELEASED.read_bytes())
    script.write_text(text, encoding="utf-8")
    words = ["--script", str(script), "--python-version", version, "--manifest", str(manifest)]
    assert main(["regen", *words, "--offline"]) == 0
    return manifest


@pytest.mark.parametrize("version", SCRIPTS)
def test_a_release_is_described_by_a_manifest_from_its_script_alone(
    version: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = regenerate(tmp_path, version, SCRIPTS[version])
    artifacts = tmp_path / "artifacts"
    artifacts.mkdir()
    names = [f"python-{version}-amd64.exe", f"python-{version}.exe"]
    for name in names:
        (artifacts / name).write_bytes(web_installer())
    out = tmp_path / "out"
    words = ["--manifest", str(manifest), "--artifacts", str(artifacts), "--output", str(out)]
    capsys.readouterr()
    status = main(["release", *words, "--allow-unpinned", "--partial"])
    assert (
        status,
        [line for line in capsys.readouterr().err.splitlines() if "[error" in line],
    ) == (
        0,
        [],
    )
    assert {path.name for path in out.glob("*.exe.spdx.json")} == {
        f"{name}.spdx.json" for name in names
    }


def test_packages_of_3_11_for_arm64_have_no_tcl_and_are_released(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    version = "3.11.2"
    path = tmp_path / "externals.toml"
    path.write_text(made_manifest(script_of(entry_of("3.11.1")), version, RELEASED), "utf-8")
    manifest = read_manifest(path.read_text("utf-8"), str(path))
    artifacts = tmp_path / "artifacts"
    artifacts.mkdir()
    for one in expected_artifacts(manifest.channels, version, manifest.cpython.line):
        if one.channel.name == "msix":
            assert (one.platform, "msix") in members(version)
            (artifacts / one.file).write_bytes(packed(contents_of(version, one)))
    out = tmp_path / "out"
    words = ["--manifest", str(path), "--artifacts", str(artifacts), "--output", str(out)]
    capsys.readouterr()
    status = main(["release", *words, "--allow-unpinned", "--partial"])
    assert (
        status,
        [line for line in capsys.readouterr().err.splitlines() if "[error" in line],
    ) == (
        0,
        [],
    )
    names = {
        platform: component_names(read_json(out / f"python-3.11.2-{platform}.msix.spdx.json"))
        for platform in ("amd64", "arm64")
    }
    assert names["amd64"] - names["arm64"] >= {"tcl", "tk", "tix"}
