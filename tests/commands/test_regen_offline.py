"""regen without a network: what it records all the same, and what it says it cannot know."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import FACTS
from manifests import COMMITTED, entry_of, script_of
from trees import make_tree, wheel

from sbom.cli import main
from sbom.manifest.read import read_manifest


def offline(manifest: Path, script: str, version: str) -> int:
    path = manifest.with_name("get_externals.bat")
    path.write_bytes(script.encode())
    words = ["--script", str(path), "--python-version", version, "--manifest", str(manifest)]
    return main(["regen", *words, "--offline"])


@pytest.mark.parametrize("version", ["3.8.17", "3.11.7", "3.12.6", "3.13.0rc2"])
def test_every_checksum_that_is_known_is_recorded_without_a_network(
    tmp_path: Path, version: str
) -> None:
    manifest = tmp_path / "externals.toml"
    manifest.write_bytes(COMMITTED.read_bytes())
    assert offline(manifest, script_of(entry_of(version)), version) == 0
    tags = json.loads((FACTS / "tags.json").read_text("utf-8"))
    repositories = {"source": "cpython-source-deps", "binary": "cpython-bin-deps"}
    compared = 0
    for pin in read_manifest(manifest.read_text("utf-8")).pins:
        if known := tags[repositories[pin.kind]].get(pin.tag):
            assert pin.sha256 == known["tar_gz_sha256"], pin.tag
            compared += 1
    assert compared >= 5


def test_what_a_script_alone_does_not_show_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = tmp_path / "externals.toml"
    manifest.write_bytes(COMMITTED.read_bytes())
    assert offline(manifest, script_of(entry_of("3.12.6")), "3.12.6") == 0
    captured = capsys.readouterr()
    assert "vendored." not in captured.out
    assert (
        f"{manifest}: of CPython 3.12.6, only what the script fetches is recorded; not the code "
        "in its source tree: hacl-star, libb2, libexpat, macholib, mpdecimal, pip\n"
        "    run: nox -s regen -- --cpython DIR, with the source tree of 3.12.6\n"
    ) in captured.err
    manifest.write_bytes(COMMITTED.read_bytes())
    assert offline(manifest, script_of(entry_of("3.14.7")), "3.14.7") == 0
    assert "source tree" not in capsys.readouterr().err


def test_what_a_manifest_cannot_state_is_not_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = make_tree(tmp_path / "cpython")
    bundled = tree / "Lib/ensurepip/_bundled/pip-26.2.1-py3-none-any.whl"
    bundled.write_bytes(wheel("pip", "26.2.1 x"))
    manifest = tmp_path / "externals.toml"
    manifest.write_bytes(COMMITTED.read_bytes())
    words = ["regen", "--cpython", str(tree), "--offline", "--manifest", str(manifest)]
    assert main(words) == 1
    assert "vendored.pip.version: expected a version, found '26.2.1 x'" in capsys.readouterr().err
    assert manifest.read_bytes() == COMMITTED.read_bytes()
