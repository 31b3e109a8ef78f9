"""Code that CPython has copies of: what is read from a tree's SBOM, its code and its wheels."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from conftest import FACTS
from hypothesis import given
from hypothesis import strategies as st
from manifests import COMMITTED
from trees import make_tree, wheel

from sbom.cli import main
from sbom.manifest.model import Vendored
from sbom.source_tree.checksums import check_wheel_checksums
from sbom.source_tree.tree import SourceTree
from sbom.source_tree.vendored import find_vendored, is_wheel

PIP = "pip-26.2.1-py3-none-any.whl"
BUNDLED = f"Lib/ensurepip/_bundled/{PIP}"


def packed(method: int, metadata: bytes, *, damaged: bool = False) -> bytes:
    """Return a wheel of one file, packed by a method of zip; damaged in what is packed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("pip-1.dist-info/METADATA", metadata)
        archive.writestr("pip-1.dist-info/RECORD", b"a,sha256=x,1\n" * 99)
    data = bytearray(buffer.getvalue())
    if damaged:
        for n in range(2):
            start = data.index(b"PK\x03\x04", 1 if n else 0)
            for at in range(start + 70, start + 76):
                data[at] ^= 0x5A
    return bytes(data)


def versions(found: tuple[Vendored, ...]) -> dict[str, str]:
    return {one.name: one.version for one in found}


METHODS = (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
NAMED = b"Name: pip\nVersion: 1\n" * 40


@pytest.mark.parametrize("method", METHODS)
def test_a_wheel_that_is_damaged_inside_is_none(method: int, tmp_path: Path) -> None:
    assert is_wheel(packed(method, NAMED))
    data = packed(method, NAMED, damaged=True)
    assert not is_wheel(data)
    assert find_vendored(None, {}, [], {"pip.whl": data}) == ()
    (tmp_path / PIP).write_bytes(data)
    assert {one.code for one in check_wheel_checksums(SourceTree(tmp_path), "*.whl", {})} == {
        "checksum"
    }


def test_a_description_is_no_metadata() -> None:
    for end in ("\n", "\r\n"):
        lines = ["Name: pip", "Version: 1", "", "Name: other", "Version: 2"]
        data = packed(zipfile.ZIP_STORED, end.join(lines).encode())
        assert versions(find_vendored(None, {}, [], {"pip.whl": data})) == {"pip": "1"}


@pytest.mark.parametrize(("old", "new"), [("22.0.4", "23.0.1"), ("9.0.3", "10.0.1")])
def test_of_two_wheels_of_one_name_the_newer_one_is_installed(old: str, new: str) -> None:
    wheels = {
        f"pip-{old}.whl": wheel("pip", old, "six==1.16.0\nhtml5lib==1.1\n"),
        f"pip-{new}.whl": wheel("pip", new, "six==1.17.0\nrich==12.6.0\n"),
    }
    found = find_vendored(None, {}, [], wheels)
    assert versions(found) == {"pip": new, "pip-six": "1.17.0", "pip-rich": "12.6.0"}


@pytest.mark.parametrize("version", ["3.13.5", "3.14.7"])
def test_the_files_of_a_copy_are_known_though_the_archive_is_of_another_version(
    version: str,
) -> None:
    data = json.loads((FACTS / f"cpython/{version}/sbom.spdx.json").read_text())
    names = [one["fileName"] for one in data["files"]]
    [listed] = [one for one in find_vendored(data, {}, names, {}) if one.name == "expat"]
    [shipped] = [
        one for one in find_vendored(data, {"expat": "9"}, names, {}) if one.name == "expat"
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
    words = ["--cpython", str(tree), "--offline", "--manifest", str(manifest)]
    return main(["regen", *words])


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("Misc/sbom.spdx.json", b"<<<<<<< HEAD\n{}"),
        ("Misc/sbom.spdx.json", b"[" * 100_000),
        ("Misc/sbom.spdx.json", b"[]"),
        (BUNDLED, b"PK"),
        (BUNDLED, packed(zipfile.ZIP_BZIP2, NAMED, damaged=True)),
        (BUNDLED, packed(zipfile.ZIP_LZMA, NAMED, damaged=True)),
    ],
)
def test_what_is_damaged_is_told_and_never_taken_for_what_is_gone(
    tree: Path, tmp_path: Path, path: str, data: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = tmp_path / "externals.toml"
    manifest.write_bytes(COMMITTED.read_bytes())
    (tree / path).write_bytes(data)
    assert regen(tree, manifest) == 1
    assert f"{tree / path}: is no " in capsys.readouterr().err
    assert manifest.read_bytes() == COMMITTED.read_bytes()


def test_a_copy_that_nobody_has_filled_in_is_told_by_check(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = tmp_path / "externals.toml"
    manifest.write_bytes(COMMITTED.read_bytes())
    place = tree / "Misc/sbom.spdx.json"
    place.write_text(place.read_text().replace('"macholib"', '"brotli"'))
    assert regen(tree, manifest) == 0
    capsys.readouterr()
    assert main(["check", "--cpython", str(tree), "--manifest", str(manifest)]) == 1
    assert "component.brotli.purl: nobody has said yet what this is" in capsys.readouterr().out


@given(st.binary(max_size=300), st.sampled_from(METHODS))
def test_any_metadata_is_read_or_passed(metadata: bytes, method: int) -> None:
    assert isinstance(find_vendored(None, {}, [], {"a.whl": packed(method, metadata)}), tuple)


@given(st.integers(0, 600), st.integers(1, 255), st.sampled_from(METHODS))
def test_one_changed_byte_of_a_wheel_breaks_nothing(at: int, by: int, method: int) -> None:
    data = bytearray(packed(method, NAMED))
    data[at % len(data)] ^= by
    assert isinstance(find_vendored(None, {}, [], {"a.whl": bytes(data)}), tuple)
