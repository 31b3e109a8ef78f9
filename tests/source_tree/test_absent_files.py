"""Regen of a tree without some file: what the tree does not show is never dropped silently."""

from __future__ import annotations

from pathlib import Path

import pytest
from manifests import COMMITTED
from trees import make_tree

from sbom.cli import main
from sbom.manifest.read import read_manifest

#: As a file of CPython 3.6 to 3.13 begins.
BLAKE2 = b"/*\n   BLAKE2 reference source code package - prototypes\n*/\n"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "externals.toml"
    path.write_bytes(COMMITTED.read_bytes())
    return path


def regen(tree: Path, manifest: Path) -> int:
    return main(["regen", "--cpython", str(tree), "--offline", "--manifest", str(manifest)])


def recorded(manifest: Path) -> dict[str, str]:
    found = read_manifest(manifest.read_text("utf-8"), str(manifest)).current_vendored
    return {code.name: code.version for code in found}


#: What regen reads of the tree.
TREE_FILES = (
    "PCbuild/get_externals.bat",
    "Include/patchlevel.h",
    "Misc/sbom.spdx.json",
    "Modules/expat/expat.h",
    "Modules/expat/refresh.sh",
    "Lib/ctypes/macholib/__init__.py",
    "Lib/ensurepip/_bundled/pip-26.2.1-py3-none-any.whl",
)


@pytest.mark.parametrize("removed", TREE_FILES)
def test_no_component_disappears_silently_when_a_file_is_missing(
    tmp_path: Path, manifest: Path, removed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = make_tree(tmp_path / "cpython")
    assert regen(tree, manifest) == 0
    before = recorded(manifest)
    assert before == {"expat": "2.8.2", "macholib": "1.0", "pip": "26.2.1", "pip-idna": "3.18"}
    capsys.readouterr()
    (tree / removed).unlink()
    status = regen(tree, manifest)
    captured = capsys.readouterr()
    lost = before.keys() - recorded(manifest).keys()
    if status:
        assert not lost
        assert removed in captured.err
    for name in lost:
        assert f"vendored.{name}: removed, was {before[name]}\n" in captured.out
        assert f"vendored.{name.partition('-')[0]}: the source tree of CPython " in captured.err


def test_a_missing_component_is_reported_until_it_is_exempted(
    tmp_path: Path, manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = make_tree(tmp_path / "cpython")
    (tree / "Lib/ctypes/macholib/__init__.py").unlink()
    assert regen(tree, manifest) == 0
    line = (
        f"{manifest}: vendored.macholib: the source tree of CPython 3.14.7 showed no macholib; "
        "no document lists it [warning: SBM312 missing-code]\n"
    )
    assert line in capsys.readouterr().err
    assert regen(tree, manifest) == 0
    assert line in capsys.readouterr().err
    assert main(["check", "--manifest", str(manifest)]) == 0
    assert line in capsys.readouterr().out
    exemption = 'diagnostic = "missing-code"\nkey = "vendored.macholib"\nreason = "not built"\n'
    manifest.write_text(f"{manifest.read_text('utf-8')}\n[[exemption]]\n{exemption}", "utf-8")
    assert main(["check", "--manifest", str(manifest)]) == 0
    assert "no document lists it [exempted: SBM312 missing-code]" in capsys.readouterr().out


@pytest.mark.parametrize(("version", "shown"), [("3.11.2", "0.98.1"), ("3.14.7", None)])
def test_libb2_is_known_by_its_code_where_no_file_lists_it(
    tmp_path: Path, manifest: Path, version: str, shown: str | None
) -> None:
    tree = make_tree(tmp_path / "cpython", version)
    (tree / "Modules/_blake2/impl").mkdir(parents=True)
    (tree / "Modules/_blake2/impl/blake2.h").write_bytes(BLAKE2)
    assert regen(tree, manifest) == 0
    assert recorded(manifest).get("libb2") == shown
