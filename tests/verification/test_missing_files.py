"""What is missing is reported in as few lines as say it: by component, and by directory."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from binaries import written
from build_files import MADE
from manifests import committed
from release_runs import PARTIAL, Run
from releases import contents_of, zipped
from verify_case import write_document

from sbom.manifest.channels import expected_artifacts

NAME = "python-3.14.7-amd64.zip"


def verify_without(
    run: Run, artifacts: Path, released: Path, directory: Path, is_removed: Callable[[str], bool]
) -> list[str]:
    """Return what is missing of the full package by its SBOM, as code, subject and message."""
    with zipfile.ZipFile(artifacts / NAME) as whole:
        kept = {name: whole.read(name) for name in whole.namelist() if not is_removed(name)}
        assert len(kept) < len(whole.namelist())
    (directory / NAME).write_bytes(zipped(kept))
    shutil.copy(released / f"{NAME}.spdx.json", directory)
    status, output, _ = run("verify", directory / NAME, "--output-format", "json")
    assert status == 1
    return [
        f"{one['name']}: {one['subject']}: {one['message']}"
        for one in json.loads(output)["diagnostics"]
        if one["name"].startswith("missing")
    ]


def test_a_removed_component_is_one_line(
    run: Run, artifacts: Path, released: Path, tmp_path: Path
) -> None:
    def removed(name: str) -> bool:
        return name in ("DLLs/libcrypto-3.dll", "DLLs/libssl-3.dll")

    assert verify_without(run, artifacts, released, tmp_path, removed) == [
        "missing-component: openssl: missing component: openssl 3.5.7, "
        "none of DLLs/libcrypto-3.dll, DLLs/libssl-3.dll is there"
    ]


def test_one_removed_file_of_a_component_is_named(
    run: Run, artifacts: Path, released: Path, tmp_path: Path
) -> None:
    found = verify_without(run, artifacts, released, tmp_path, "DLLs/libssl-3.dll".__eq__)
    assert found == ["missing-file: DLLs/libssl-3.dll: missing file: expected by the SBOM"]


def test_a_removed_directory_is_one_line(
    run: Run, artifacts: Path, released: Path, tmp_path: Path
) -> None:
    def removed(name: str) -> bool:
        return name.startswith("include/internal/")

    with zipfile.ZipFile(artifacts / NAME) as whole:
        count = sum(name.startswith("include/internal/") for name in whole.namelist())
    assert count > 50
    assert verify_without(run, artifacts, released, tmp_path, removed) == [
        f"missing-file: include/internal/: missing directory: {count:,} files in it are "
        "expected by the SBOM",
    ]


def test_removed_pip_is_one_line(run: Run, artifacts: Path, released: Path, tmp_path: Path) -> None:
    def removed(name: str) -> bool:
        return name.startswith(("Lib/site-packages/pip", "Lib/ensurepip/_bundled/"))

    [found] = verify_without(run, artifacts, released, tmp_path, removed)
    assert found.startswith(
        "missing-component: pip: missing component: pip 26.2.1 with 13 components in it, none of "
        "Lib/ensurepip/_bundled/pip-26.2.1-py3-none-any.whl, "
    )


def test_a_foreign_document_without_components_is_summarized_by_directory(
    run: Run, tmp_path: Path
) -> None:
    files = {f"Lib/email/{n}.py": b"%d" % n for n in range(9)}
    files |= {f"Lib/email/mime/{n}.py": b"%d" % n for n in range(4)}
    write_document({"python313.dll": b"MZ", **files}, tmp_path, "build")
    written(tmp_path / "build", {"python313.dll": b"MZ"})
    _, output, _ = run("verify", tmp_path / "build", "--output-format", "json")
    found = [
        (one["subject"], one["message"])
        for one in json.loads(output)["diagnostics"]
        if one["name"] == "missing-file"
    ]
    message = "missing directory: 13 files in it are expected by the SBOM"
    assert found == [("Lib/", message)]


@pytest.mark.parametrize("exempted", [False, True])
def test_a_release_reports_a_lost_component_once_and_it_can_be_exempted(
    run: Run, tmp_path: Path, *, exempted: bool
) -> None:
    name, manifest, cpython = "python-3.14.7-embed-amd64.zip", committed(), committed().cpython
    [artifact] = (
        one
        for one in expected_artifacts(manifest.channels, cpython.version, cpython.line)
        if one.file == name
    )
    inside = contents_of(cpython.version, artifact)
    del inside["libcrypto-3.dll"], inside["libssl-3.dll"]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(zipped(inside))
    text = MADE.read_text("utf-8")
    if exempted:
        text += """
[[exemption]]
diagnostic = "missing-component"
key = "openssl"
reason = "built without TLS"
"""
    (tmp_path / "externals.toml").write_text(text, "utf-8")
    words = ("--manifest", tmp_path / "externals.toml", "--artifacts", tmp_path / "in")
    status, output, err = run("release", *words, "--output", tmp_path / "out", *PARTIAL)
    line = f"{name}: openssl: missing component: openssl 3.5.7, "
    found = [one for one in (output + err).splitlines() if one.startswith(line)]
    assert len(found) == 1
    assert (status, "[exempted: SBM214" in found[0]) == ((0, True) if exempted else (1, False))
    if exempted:
        document = json.loads((tmp_path / f"out/{name}.spdx.json").read_text("utf-8"))
        assert "openssl" not in {package["name"] for package in document["packages"]}
