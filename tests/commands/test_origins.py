"""Where a script fetches an external from is recorded, and is in every location of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from manifests import COMMITTED

from sbom import fetches
from sbom.cli import main
from sbom.diagnostics import SbomError

CASES = ROOT / "tests/script/cases"


def built(case: str, tmp_path: Path) -> tuple[str, dict[str, dict[str, Any]]]:
    """Return the manifest of a script, and the packages of its SBOM by name."""
    manifest = tmp_path / "externals.toml"
    manifest.write_bytes(COMMITTED.read_bytes())
    script = str(CASES / f"{case}.bat")
    named = ["--manifest", str(manifest)]
    assert main(["regen", "--script", script, "--offline", *named]) == 0
    assert main(["build", *named, "--platform", "amd64", "--output", str(tmp_path)]) == 0
    [document] = tmp_path.glob("*.spdx.json")
    packages = json.loads(document.read_bytes())["packages"]
    return manifest.read_text(), {package["name"]: package for package in packages}


def table(manifest: str, name: str) -> str:
    return manifest.partition(f"[{name}]")[2].partition("\n[")[0]


def test_a_release_asset_is_not_the_archive_of_its_tag(tmp_path: Path) -> None:
    manifest, packages = built("github-release-asset", tmp_path)
    assert 'method = "release"' in table(manifest, "binary.llvm")
    assert "method" not in table(manifest, "source.xz")
    location = packages["llvm"]["downloadLocation"]
    assert location.startswith(
        "https://github.com/python/cpython-bin-deps/releases/download/llvm-21.1.4.0/"
    )
    assert "checksums" not in packages["llvm"]
    assert packages["xz"]["downloadLocation"].endswith("/archive/refs/tags/xz-5.2.5.tar.gz")
    assert packages["xz"]["checksums"]


def test_which_external_is_a_release_asset_can_depend_on_its_name(tmp_path: Path) -> None:
    """The script asks findstr whether a name begins with ``llvm-``."""
    manifest, packages = built("findstr-release", tmp_path)
    assert 'method = "release"' in table(manifest, "binary.llvm")
    assert "method" not in table(manifest, "binary.libffi")
    assert "/releases/download/llvm-21.1.8.0/" in packages["llvm"]["downloadLocation"]
    location = packages["libffi"]["downloadLocation"]
    assert location.endswith("/archive/refs/tags/libffi-3.4.4.tar.gz")


def test_another_organization_is_in_every_location_and_has_no_checksum(tmp_path: Path) -> None:
    manifest, packages = built("other-organization", tmp_path)
    for name in ("bzip2", "xz"):
        assert 'organization = "contoso"' in table(manifest, f"source.{name}")
        package = packages[name]
        assert package["downloadLocation"].startswith(
            "https://github.com/contoso/cpython-source-deps/archive/refs/tags/"
        )
        assert "checksums" not in package
        assert "contoso/cpython-source-deps" in package["sourceInfo"]
        assert "github.com/python" not in json.dumps(package["externalRefs"])


def test_a_git_repository_is_never_called_subversion(tmp_path: Path) -> None:
    """SPDX 2.3, clause 7.7: what git delivers has a location that starts with ``git+``."""
    _, packages = built("git-own-repo", tmp_path)
    locations = {name: packages[name]["downloadLocation"] for name in ("bzip2", "xz")}
    assert locations == {
        "bzip2": "git+https://github.com/example/bzip2-1.0.8",
        "xz": "git+ssh://git@example.org/someone/xz-5.2.5.git",
    }
    assert not any("checksums" in packages[name] for name in locations)


@pytest.mark.parametrize("case", ["github-release-asset", "other-organization", "git-own-repo"])
def test_a_manifest_agrees_with_the_script_it_was_made_from(case: str, tmp_path: Path) -> None:
    built(case, tmp_path)
    named = ["--manifest", str(tmp_path / "externals.toml")]
    assert main(["check", *named, "--script", str(CASES / f"{case}.bat")]) == 0


def test_another_origin_clears_what_was_recorded_of_the_archive(tmp_path: Path) -> None:
    manifest = tmp_path / "externals.toml"
    manifest.write_bytes(COMMITTED.read_bytes())
    named = ["--manifest", str(manifest), "--offline"]
    script = tmp_path / "get_externals.bat"
    fetch = "python get_external.py -O {} -e externals xz-5.2.5\r\n"
    script.write_text(fetch.format("python"), newline="")
    assert main(["regen", "--script", str(script), *named]) == 0
    recorded = table(manifest.read_text(), "source.xz")
    assert "verification-code" in recorded
    script.write_text(fetch.format("contoso"), newline="")
    assert main(["regen", "--script", str(script), *named]) == 0
    cleared = table(manifest.read_text(), "source.xz")
    for key in ("commit", "sha512", "size", "file-count", "verification-code"):
        assert f"{key} =" in recorded
        assert f"{key} =" not in cleared


@pytest.mark.parametrize("options", ["-O -e externals", "-e -b", "-O"])
def test_an_option_without_its_value_is_refused(options: str) -> None:
    """argparse rejects it, as where the variable after it is not defined."""
    with pytest.raises(SbomError, match=r"cannot determine what 'python get_external\.py"):
        fetches(f"@echo off\npython get_external.py {options} xz-5.2.5\n")
