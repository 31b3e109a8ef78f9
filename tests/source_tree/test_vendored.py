"""Vendored code: read from a tree's SBOM, its code and its wheels; removed is not damaged."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from conftest import FACTS
from manifests import COMMITTED
from trees import PIP_1, compressed_wheel, make_tree, wheel

from sbom.cli import main
from sbom.formats.cpython_sbom import read_sbom_packages
from sbom.manifest.pins import Vendored
from sbom.source_tree.vendored import find_vendored
from sbom.source_tree.wheels import Wheel, read_wheel

BUNDLED = "Lib/ensurepip/_bundled/pip-26.2.1-py3-none-any.whl"


def versions(found: tuple[Vendored, ...]) -> dict[str, str]:
    return {one.name: one.version for one in found}


def read(name: str, version: str, vendored: str) -> Wheel:
    found = read_wheel(f"{name}-{version}.whl", wheel(name, version, vendored))
    assert found is not None
    return found


@pytest.mark.parametrize(("old", "new"), [("22.0.4", "23.0.1"), ("9.0.3", "10.0.1")])
def test_of_two_wheels_of_one_name_the_newer_one_is_installed(old: str, new: str) -> None:
    wheels = [
        read("pip", old, "six==1.16.0\nhtml5lib==1.1\n"),
        read("pip", new, "six==1.17.0\nrich==12.6.0\n"),
    ]
    for ordered in (wheels, wheels[::-1]):
        found = find_vendored([], {}, ordered, {})
        assert versions(found) == {"pip": new, "pip-six": "1.17.0", "pip-rich": "12.6.0"}


@pytest.mark.parametrize("version", ["3.13.5", "3.14.7"])
def test_the_files_are_known_though_the_archive_is_of_another_version(version: str) -> None:
    packages = read_sbom_packages((FACTS / f"cpython/{version}/sbom.spdx.json").read_bytes())
    assert packages is not None
    [listed] = [one for one in find_vendored(packages, {}, [], {}) if one.name == "expat"]
    [shipped] = [
        one for one in find_vendored(packages, {"expat": "9"}, [], {}) if one.name == "expat"
    ]
    assert (shipped.file_count, shipped.verification_code) == (
        listed.file_count,
        listed.verification_code,
    )
    assert (shipped.version, shipped.download_location, shipped.sha256) == ("9", "NOASSERTION", "")
    assert shipped.file_count > 0


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return make_tree(tmp_path / "cpython")


def regen(tree: Path, manifest: Path) -> int:
    argv = ["--cpython", str(tree), "--offline", "--manifest", str(manifest)]
    return main(["regen", *argv])


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("Misc/sbom.spdx.json", b"<<<<<<< HEAD\n{}"),
        ("Misc/sbom.spdx.json", b"[" * 100_000),
        ("Misc/sbom.spdx.json", b"[]"),
        (BUNDLED, b"PK"),
        (BUNDLED, compressed_wheel(zipfile.ZIP_BZIP2, PIP_1, damaged=True)),
        (BUNDLED, compressed_wheel(zipfile.ZIP_LZMA, PIP_1, damaged=True)),
    ],
)
def test_a_damaged_file_is_reported_and_never_taken_for_a_removed_one(
    tree: Path, tmp_path: Path, path: str, data: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = tmp_path / "externals.toml"
    manifest.write_bytes(COMMITTED.read_bytes())
    (tree / path).write_bytes(data)
    assert regen(tree, manifest) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"{tree / path}: is ")
    assert ("invalid-wheel" if path == BUNDLED else "invalid-document") in err
    assert manifest.read_bytes() == COMMITTED.read_bytes()


def test_vendored_code_without_a_description_is_reported_by_check(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = tmp_path / "externals.toml"
    manifest.write_bytes(COMMITTED.read_bytes())
    sbom = tree / "Misc/sbom.spdx.json"
    sbom.write_text(sbom.read_text().replace('"macholib"', '"brotli"'))
    assert regen(tree, manifest) == 0
    capsys.readouterr()
    assert main(["check", "--cpython", str(tree), "--manifest", str(manifest)]) == 1
    assert "component.brotli.purl: " in capsys.readouterr().out
