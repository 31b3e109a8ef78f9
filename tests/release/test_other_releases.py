"""A manifest regenerated for another release: nothing that does not apply to it blocks its SBOM."""

from __future__ import annotations

from pathlib import Path

import pytest
from manifests import RELEASED, entries, script_of

from sbom.cli import main
from sbom.manifest.ranges import release_line, version_key


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


@pytest.mark.parametrize("version", SCRIPTS)
def test_a_release_is_described_by_a_manifest_from_its_script_alone(
    version: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest, script = tmp_path / "externals.toml", tmp_path / "get_externals.bat"
    manifest.write_bytes(RELEASED.read_bytes())
    script.write_text(SCRIPTS[version], encoding="utf-8")
    words = ["--script", str(script), "--python-version", version, "--manifest", str(manifest)]
    assert main(["regen", *words, "--offline"]) == 0
    artifacts = tmp_path / "artifacts"
    artifacts.mkdir()
    names = [f"python-{version}-amd64.exe", f"python-{version}.exe"]
    for name in names:
        (artifacts / name).write_bytes(b"MZ" + name.encode())
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
