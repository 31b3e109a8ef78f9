"""Several variants in one directory, as the installer with all options installs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from binaries import own
from build_files import build_file, knowing_made_dlls
from manifests import COMMITTED
from releases import inventory

from sbom.bom.expected_contents import expected_contents, present_builds
from sbom.bom.ownership import assign_owners
from sbom.cli import main
from sbom.components.component import Build
from sbom.manifest.model import Manifest
from sbom.manifest.read import read_manifest

INSTALLED = "installed-python-3.14.2-amd64.exe-all-options"
WHEEL = "Lib/ensurepip/_bundled/pip-25.3-py3-none-any.whl"
VARIANTS = ("default", "free-threaded", "debug", "free-threaded-debug")
#: The DLL of each variant.
DLLS = dict(
    zip(VARIANTS, ("python314.dll", "python314t.dll", "python314_d.dll", "python314t_d.dll"),
        strict=True)
)  # fmt: skip


def installed_text() -> str:
    """Return the manifest as that of 3.14.2, which ships Tcl/Tk 8.6.15."""
    text = COMMITTED.read_text(encoding="utf-8")
    text = text.replace('"tcltk-9.0.4.0"', '"tcltk-8.6.15.0"').replace(
        'version = "3.14.7"', 'version = "3.14.2"'
    )
    return knowing_made_dlls(text.replace('vendored-from = "3.14.7"', 'vendored-from = "3.14.2"'))


def manifest_of_installed() -> Manifest:
    return read_manifest(installed_text())


def make_directory(directory: Path, names: tuple[str, ...]) -> Path:
    """Make a directory of real names."""
    for name in names:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(build_file("3.14.2", "amd64", "default", path.name))
    return directory


def build(run_in: Path, layout: Path, *more: str) -> int:
    manifest = run_in / "externals.toml"
    manifest.write_text(installed_text(), encoding="utf-8")
    words = ["--manifest", str(manifest), "--platform", "amd64", "--layout", str(layout)]
    return main(["build", *words, "--output", str(run_in / "out"), *more])


def documents(run_in: Path) -> dict[str, Any]:
    return {
        path.name: json.loads(path.read_text()) for path in (run_in / "out").glob("*.spdx.json")
    }


def test_every_file_of_a_real_installation_with_all_options_is_owned() -> None:
    manifest, names = manifest_of_installed(), inventory(INSTALLED)
    builds = present_builds(manifest, Build(platform="amd64"), names)
    assert {one.variant for one in builds} == {*VARIANTS}
    found = assign_owners([*names, WHEEL], expected_contents(manifest, builds))
    assert (found.unowned, found.missing) == ((), ())


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_variant_of_a_layout_is_that_of_its_dll(variant: str) -> None:
    names = [DLLS[variant], "DLLs/sqlite3.dll"]
    [found] = present_builds(manifest_of_installed(), Build(platform="amd64"), names)
    assert found.variant == variant


@pytest.mark.parametrize("name", ["python3.14t_d.exe", "pythonw3.14t_d.exe", "DLLs/_tkinter_d.lib"])
def test_a_free_threaded_debug_build_owns_its_own_files(name: str) -> None:
    build = Build(platform="amd64", variant="free-threaded-debug")
    assert not assign_owners([name], expected_contents(manifest_of_installed(), [build])).unowned


def test_a_directory_with_several_variants_is_described_in_one_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = make_directory(tmp_path / "python", (*inventory(INSTALLED), WHEEL))
    assert build(tmp_path, layout) == 0
    assert "unowned" not in capsys.readouterr().err
    [(name, document)] = documents(tmp_path).items()
    assert name == "python-3.14.2-amd64.spdx.json"
    assert len(document["files"]) == 346
    comments = [one["comment"] for one in document["relationships"] if "comment" in one]
    [bzip2] = [text for text in comments if "_bz2.pyd" in text]
    assert "_bz2_d.cp314t-win_amd64.pyd" in bzip2


def test_a_named_variant_is_the_only_one_that_is_described(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = make_directory(tmp_path / "python", (*inventory(INSTALLED), WHEEL))
    build(tmp_path, layout, "--variant", "default")
    output = capsys.readouterr().err
    assert "_asyncio.cp314t-win_amd64.pyd: unowned file" in output
    assert " python314t.dll, " in output


def test_a_comment_names_only_users_that_are_there(tmp_path: Path) -> None:
    names = tuple(name for name in inventory(INSTALLED) if "_tkinter" not in name)
    build(tmp_path, make_directory(tmp_path / "python", (*names, WHEEL)))
    [document] = documents(tmp_path).values()
    text = " ".join(one.get("comment", "") for one in document["relationships"])
    assert "tcl86t.dll" in text
    assert "_tkinter" not in text


def test_a_real_installation_with_all_options_is_verified_without_unowned_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each variant's DLL says which CPython it is; what the others contain is not known here."""
    layout = make_directory(tmp_path / "python", (*inventory(INSTALLED), WHEEL))
    for path in layout.rglob("*"):
        if path.suffix in (".dll", ".pyd", ".exe"):
            path.write_bytes(own("3.14.2", path.name.encode()))
    manifest = tmp_path / "externals.toml"
    manifest.write_text(installed_text(), encoding="utf-8")
    words = ["verify", str(layout), "--manifest", str(manifest), "--output-format", "json"]
    main([*words, "--platform", "amd64"])
    report = json.loads(capsys.readouterr().out)
    names = {one["name"] for one in report["diagnostics"]}
    assert names <= {"no-evidence", "version-mismatch", "unexpected-build"}, names
    files = {one["file"] for one in report["results"]}
    assert set(DLLS.values()) <= files
