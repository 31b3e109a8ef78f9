"""Runs of ``release`` over the artifacts of 3.14.7, as fixtures, and readers of what they write."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from build_files import MADE
from manifests import committed
from releases import make_release, web_installer

from sbom.cli import main
from sbom.diagnostics import Diagnostic
from sbom.validation.runner import validate_document

EPOCH = "1782000000"
UNPINNED = "--allow-unpinned"
PARTIAL = (UNPINNED, "--partial")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)

    def run(verb: str, *words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        manifest = () if "--manifest" in words else ("--manifest", MADE)
        status = main([verb, *map(str, (*manifest, *words))])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture(scope="session")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("artifacts")
    assert len(make_release(directory, committed())) == 30
    return directory


@pytest.fixture(scope="session")
def few(artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some artifacts, one of each form, for what does not depend on how many there are.

    The packages of the installers are not available.
    """
    directory = tmp_path_factory.mktemp("few")
    for name in ("embed-amd64.zip", "embed-win32.zip", "amd64-store.msixupload"):
        shutil.copy(artifacts / f"python-3.14.7-{name}", directory)
    for name in ("python-3.14.7-amd64.exe", "python-3.14.7.exe"):
        (directory / name).write_bytes(web_installer())
    return directory


@pytest.fixture(scope="session")
def released(artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("released")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", EPOCH)
        words = ["--artifacts", str(artifacts), "--output", str(out), UNPINNED]
        assert main(["release", "--manifest", str(MADE), *words]) == 0
    return out


def read_json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def component_names(data: dict[str, Any]) -> set[str]:
    return {package["name"] for package in data["packages"]}


def violations(path: Path) -> list[Diagnostic]:
    """Return what any validator reports of a document, fsct3-min apart, which is noted."""
    return [
        diagnostic
        for result in validate_document(path).results
        if not result.notes
        for diagnostic in result.diagnostics
    ]


def slice_paths(directory: Path) -> list[Path]:
    return [p for p in sorted(directory.glob("*.spdx.json")) if "-windows." not in p.name]


def failed_release(
    run: Run, directory: Path, *more: object, manifest: Path = MADE
) -> tuple[int, list[str]]:
    """Return exit status and problems of a release that must not be written."""
    out = directory.parent / "never"
    words = ("--manifest", manifest, "--artifacts", directory, "--output", out, UNPINNED, *more)
    status, _, err = run("release", *words)
    assert not out.exists()
    lines = err.splitlines()
    return status, [line for line in lines if "[error" in line]
