"""What bundled wheels vendor: setuptools does not say it in its wheels, and must not lose it."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from manifests import COMMITTED
from trees import make_tree, wheel

from sbom.cli import main
from sbom.manifest.read import read_manifest
from sbom.source_tree.wheels import read_wheel

#: setuptools/_vendor/vendored.txt and pkg_resources/_vendor/vendored.txt of setuptools 56.0.0.
VENDORED_56 = {
    "appdirs": "1.4.3",
    "ordered-set": "3.1.1",
    "packaging": "20.4",
    "pyparsing": "2.2.1",
}


def vendoring(version: str, *members: str) -> bytes:
    """Return a wheel of setuptools with more members."""
    buffer = io.BytesIO(wheel("setuptools", version))
    with zipfile.ZipFile(buffer, "a") as archive:
        for member in ("setuptools/_vendor/__init__.py", *members):
            archive.writestr(member, b"")
    return buffer.getvalue()


def tree_with(tmp_path: Path, version: str, data: bytes) -> tuple[Path, Path]:
    """Return a tree of CPython 3.10.12 that bundles a setuptools, and a manifest of it."""
    tree = make_tree(tmp_path / "cpython", "3.10.12")
    name = f"setuptools-{version}-py3-none-any.whl"
    (tree / "Lib/ensurepip/_bundled" / name).write_bytes(data)
    bundled = tree / "Lib/ensurepip/_bundled/pip-26.2.1-py3-none-any.whl"
    bundled.write_bytes(wheel("pip", "26.2.1", "packaging==20.4\npyparsing==3.0.9"))
    manifest = tmp_path / "externals.toml"
    manifest.write_bytes(COMMITTED.read_bytes())
    argv = ["regen", "--cpython", str(tree), "--offline", "--manifest", str(manifest)]
    assert main(argv) == 0
    return tree, manifest


def test_what_a_known_setuptools_vendors_is_recorded_and_contained(tmp_path: Path) -> None:
    data = vendoring("56.0.0", "setuptools/_vendor/ordered_set.py")
    _, manifest = tree_with(tmp_path, "56.0.0", data)
    recorded = read_manifest(manifest.read_text("utf-8"), str(manifest)).current_vendored
    found = {code.name: code.version for code in recorded if code.vendored_by == "setuptools"}
    assert found == {f"setuptools-{name}": version for name, version in VENDORED_56.items()}
    out = tmp_path / "out"
    argv = ["build", "--manifest", str(manifest), "--platform", "amd64", "--output", str(out)]
    assert main(argv) == 0
    document = json.loads((out / "python-3.10.12-amd64.spdx.json").read_text("utf-8"))
    names = {one["SPDXID"]: (one["name"], one["versionInfo"]) for one in document["packages"]}
    contained = {
        name: {
            names[one["relatedSpdxElement"]]
            for one in document["relationships"]
            if one["relationshipType"] == "CONTAINS"
            and names.get(one["spdxElementId"], ("",))[0] == name
            and one["relatedSpdxElement"] in names
        }
        for name in ("pip", "setuptools")
    }
    assert contained == {
        "pip": {("packaging", "20.4"), ("pyparsing", "3.0.9")},
        "setuptools": set(VENDORED_56.items()),
    }


def test_a_setuptools_of_unknown_contents_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree_with(tmp_path, "56.0.9", vendoring("56.0.9", "setuptools/_vendor/ordered_set.py"))
    assert (
        "vendored.setuptools: setuptools-56.0.9-py3-none-any.whl does not state what it vendors; "
        "no document lists those packages [warning: SBM314 unknown-wheel-contents]\n"
    ) in capsys.readouterr().err


def test_a_setuptools_that_vendors_nothing_is_not_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree_with(tmp_path, "56.0.9", vendoring("56.0.9"))
    assert "does not state" not in capsys.readouterr().err


def test_distributions_in_a_vendor_directory_state_what_is_vendored() -> None:
    # As setuptools 71 and later have them.
    data = vendoring(
        "79.0.1",
        "setuptools/_vendor/packaging/__init__.py",
        "setuptools/_vendor/packaging-24.2.dist-info/METADATA",
        "setuptools/_vendor/jaraco.text-3.12.1.dist-info/METADATA",
    )
    found = read_wheel("setuptools-79.0.1-py3-none-any.whl", data)
    assert found is not None
    assert found.vendors
    assert found.vendored == (("jaraco-text", "3.12.1"), ("packaging", "24.2"))
