"""Regen of a tree without some file: what the tree does not show is never dropped silently."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from manifests import COMMITTED
from trees import make_tree

from sbom.cli import main
from sbom.manifest.read import read_manifest

#: As a file of CPython 3.6 to 3.13 begins.
BLAKE2 = b"/*\n   BLAKE2 reference source code package - prototypes\n*/\n"


#: As Modules/_sha3/sha3module.c of CPython 3.6 to 3.10, and Modules/_sha3/README.txt of 3.11.
KECCAK_REV = "647f93079afc4ada3d23737477a6e52511ca41fd"
KECCAK = f"/* from KeccakCodePackage of 2016\n * commit {KECCAK_REV}\n */\n".encode()
TINY_SHA3_REV = "dcbb3192047c2a721f5f851db591871d428036a9"
TINY_SHA3 = f"https://github.com/mjosaarinen/tiny_sha3\ncommit {TINY_SHA3_REV}\n".encode()


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
        named = removed.replace("pip-26.2.1-py3-none-any", "pip-*")
        printed = captured.err.replace("\\", "/")
        assert removed in printed or named in printed
    for name in lost:
        assert f"{name.rpartition('-')[2]} {before[name]}: removed\n" in captured.out
        assert f"vendored.{name.partition('-')[0]}: the source tree of CPython " in captured.err


#: A sparse checkout: what is not there, and what is named.
SPARSE = {
    "Modules": ["vendored.expat: incomplete source tree: Modules/expat/expat.h, Modules/expat/x.c"],
    "Misc": ["incomplete source tree: Misc/sbom.spdx.json is missing"],
    "Lib": [
        "vendored.macholib: incomplete source tree: Lib/ctypes/macholib/__init__.py is missing",
        "vendored.pip: incomplete source tree: Lib/ensurepip/_bundled/pip-*.whl is missing",
    ],
}


@pytest.mark.parametrize("removed", SPARSE)
def test_nothing_is_written_of_a_tree_without_files_that_it_lists(
    tmp_path: Path, manifest: Path, removed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = make_tree(tmp_path / "cpython")
    shutil.rmtree(tree / removed)
    assert regen(tree, manifest) == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if "SBM610" in line]
    assert len(lines) == len(SPARSE[removed])
    for line, text in zip(lines, SPARSE[removed], strict=True):
        assert text in line
    assert manifest.read_bytes() == COMMITTED.read_bytes()


def test_code_that_was_removed_upstream_is_removed(tmp_path: Path, manifest: Path) -> None:
    """Its directory is gone, and the tree does not list it any more."""
    tree = make_tree(tmp_path / "cpython")
    shutil.rmtree(tree / "Modules/expat")
    path = tree / "Misc/sbom.spdx.json"
    listed = json.loads(path.read_text("utf-8"))
    listed["packages"] = [one for one in listed["packages"] if one["name"] != "expat"]
    path.write_text(json.dumps(listed), "utf-8")
    assert regen(tree, manifest) == 0
    assert recorded(manifest).keys() == {"macholib", "pip", "pip-idna"}


def test_code_that_a_redistributor_removed_is_accepted_by_an_exemption(
    tmp_path: Path, manifest: Path
) -> None:
    tree = make_tree(tmp_path / "cpython")
    shutil.rmtree(tree / "Modules/expat")
    shutil.rmtree(tree / "Lib/ensurepip/_bundled")
    for name in ("expat", "pip"):
        exemption = f'diagnostic = "unrecorded-code"\nkey = "vendored.{name}"\nreason = "removed"\n'
        manifest.write_text(f"{manifest.read_text('utf-8')}\n[[exemption]]\n{exemption}", "utf-8")
    assert regen(tree, manifest) == 0
    assert recorded(manifest).keys() == {"macholib"}


def test_a_missing_component_is_reported_until_it_is_exempted(
    tmp_path: Path, manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = make_tree(tmp_path / "cpython")
    path = tree / "Misc/sbom.spdx.json"
    (tree / "Lib/ctypes/macholib/__init__.py").unlink()
    listed = json.loads(path.read_text("utf-8"))
    listed["packages"] = [one for one in listed["packages"] if one["name"] != "macholib"]
    path.write_text(json.dumps(listed), "utf-8")
    assert regen(tree, manifest) == 0
    line = (
        f"{manifest}: vendored.macholib: the source tree of CPython 3.14.7 showed no macholib; "
        "no document lists it [warning: SBM312 unrecorded-code]\n"
    )
    assert line in capsys.readouterr().err
    assert regen(tree, manifest) == 0
    assert line in capsys.readouterr().err
    assert main(["check", "--manifest", str(manifest)]) == 0
    assert line in capsys.readouterr().out
    exemption = 'diagnostic = "unrecorded-code"\nkey = "vendored.macholib"\nreason = "not built"\n'
    manifest.write_text(f"{manifest.read_text('utf-8')}\n[[exemption]]\n{exemption}", "utf-8")
    assert main(["check", "--manifest", str(manifest)]) == 0
    assert "no document lists it [exempted: SBM312 unrecorded-code]" in capsys.readouterr().out


@dataclass(frozen=True)
class Stated:
    """Code in a tree of a version, and the version of it that is known."""

    python: str
    path: str
    content: bytes
    name: str
    version: str | None


@pytest.mark.parametrize(
    "code",
    [
        Stated("3.11.2", "Modules/_blake2/impl/blake2.h", BLAKE2, "libb2", "0.98.1"),
        Stated("3.14.7", "Modules/_blake2/impl/blake2.h", BLAKE2, "libb2", None),
        Stated("3.10.12", "Modules/_sha3/sha3module.c", KECCAK, "keccak-code-package", KECCAK_REV),
        Stated("3.11.2", "Modules/_sha3/sha3module.c", KECCAK, "keccak-code-package", None),
        Stated("3.11.2", "Modules/_sha3/README.txt", TINY_SHA3, "tiny-sha3", TINY_SHA3_REV),
    ],
)
def test_code_that_no_file_lists_is_known_by_what_it_states(
    tmp_path: Path, manifest: Path, code: Stated
) -> None:
    tree = make_tree(tmp_path / "cpython", code.python)
    (tree / code.path).parent.mkdir(parents=True)
    (tree / code.path).write_bytes(code.content)
    assert regen(tree, manifest) == 0
    assert recorded(manifest).get(code.name) == code.version
