"""python.org's own binaries, as panda3d's wheels on PyPI hold them in deploy_libs/.

What each was built from was read in its own script and headers; facts/wheels.json pins them.
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

from sbom.bom.ownership import assign_owners, expected_contents
from sbom.cli import main
from sbom.components.build import Build
from sbom.components.resolve import resolve_components
from sbom.diagnostics import Exit
from sbom.files.shipped_file import ShippedFile
from sbom.manifest.read import read_manifest
from sbom.script.externals import split_tag
from sbom.verification.expectations import KnownFiles
from sbom.verification.results import Result, ResultStatus
from sbom.verification.target import open_target
from sbom.verification.verifier import BinaryVerifier, BuildContext, build_expectations

FOLDER = os.environ.get("SBOM_WHEELS", "")
WHEELS: list[dict[str, Any]] = json.loads((FACTS / "wheels.json").read_text())
real = pytest.mark.skipif(not FOLDER, reason="run: nox -s real-binaries")

wheels = pytest.mark.parametrize("wheel", WHEELS, ids=lambda wheel: wheel["file"])


@cache
def opened(name: str) -> tuple[tuple[ShippedFile, ...], BinaryVerifier]:
    examiner = BinaryVerifier(committed())
    place = open_target(Path(FOLDER) / name, examiner.inspect)
    files = tuple(file for file in place.files if file.path.startswith("deploy_libs/"))
    return files, examiner


@real
@wheels
def test_what_it_was_built_from_is_told_by_evidence_alone(wheel: dict[str, Any]) -> None:
    files, examiner = opened(wheel["file"])
    found = examiner.identified(files)
    assert found.cpython == (wheel["cpython"],)
    assert found.platforms == (wheel["platform"],)
    told = {one.external: one.tags for one in found.externals}
    assert told.keys() == wheel["externals"].keys()
    for external, tag in wheel["externals"].items():
        assert tag in told[external]
    versions = {(one.component, one.version) for one in found.components}
    assert set(wheel["vendored"].items()) <= versions


#: The variable of a script that each kind of external is listed in.
_LISTS = {"source": "libraries", "binary": "binaries"}


def verdicts(wheel: dict[str, Any]) -> list[Result]:
    files, examiner = opened(wheel["file"])
    pins = [
        {"tag": tag, "guard": None, "variable": _LISTS[key.partition(".")[0]]}
        for key, tag in wheel["externals"].items()
    ]
    entry = {"era": "git", "cpython": "3.13.0", "pins": pins, "defaults": {}, "flags": {}}
    text = regenerated(COMMITTED.read_text(), script_of(entry), wheel["cpython"])
    manifest = read_manifest(text)
    build = Build(platform=wheel["platform"])
    found = resolve_components(manifest, build)
    ties = assign_owners(
        [file.path for file in files], (), expected_contents(manifest, build, found)
    ).ties
    said = BuildContext(manifest=manifest, builds=(build,), components=found, ties=ties)
    return list(examiner.verdicts(files, build_expectations(said, files, "deploy_libs/")))


@real
@wheels
def test_every_external_is_confirmed_and_none_contradicted(wheel: dict[str, Any]) -> None:
    rows = verdicts(wheel)
    wrong = {
        ResultStatus.CONTRADICTED,
        ResultStatus.MISLABELED,
        ResultStatus.NOT_SHOWN,
        ResultStatus.DAMAGED,
    }
    found = [row for row in rows if row.verdict in wrong]
    mislabeled = [f"deploy_libs/{name}" for name in wheel.get("mislabeled", ())]
    assert [row.file for row in found] == mislabeled
    told = (ResultStatus.CONFIRMED, ResultStatus.BY_DIGEST, ResultStatus.MISLABELED)
    shown = {row.key for row in rows if row.verdict in told}
    assert {"bzip2", "cpython", "libffi", "openssl", "sqlite", "tcl", "tk"} <= shown


@real
def test_the_readme_shows_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    name = "panda3d-1.10.10-cp310-cp310-win_amd64.whl"
    words = ["verify", str(Path(FOLDER) / name), "--identify", "--manifest", str(COMMITTED)]
    assert main(words) == Exit.OK
    shown = readme.split(f"$ nox -s verify -- {name} --identify\n")[1].split("```")[0]
    assert capsys.readouterr().out == shown


CLONES = os.environ.get("SBOM_CLONES", "")


def _git(*words: str) -> bytes:
    clone = next(Path(CLONES).glob("*cpython-bin-deps*"))
    place = clone / "repo" if (clone / "repo").is_dir() else clone
    command = ["git", "-C", str(place), *words]
    done = subprocess.run(command, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""


@pytest.mark.skipif(not CLONES, reason="SBOM_CLONES names no folder with cpython-bin-deps")
def test_no_dll_of_a_binary_external_is_taken_for_anything_else() -> None:
    examiner = BinaryVerifier(committed())
    known = KnownFiles(committed())
    looked_into = 0
    for tag in committed().dll_digests:
        if not split_tag(tag)[0]:
            continue  # 8.6.14.0, which no component can be named by
        for line in _git("ls-tree", "-r", tag).decode().splitlines():
            meta, path = line.split("\t")
            data = _git("cat-file", "blob", meta.split()[2]) if path.endswith(".dll") else b""
            binary = examiner.inspect(path, data)
            if binary is None:
                continue
            looked_into += 1
            told = {(one.component, one.version) for one in binary.findings}
            assert told == {(key, known.version(key, tag)) for key, _ in told}, (tag, path)
    assert looked_into > 300
