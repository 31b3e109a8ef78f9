"""regen looks up the distributions of vendored packages in an index, and records them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from manifests import COMMITTED
from server import Server, body, running, status
from trees import make_tree, wheel

from sbom.cli import main
from sbom.download.package_index import Distribution, select_distribution
from sbom.manifest.external_key import parse_external_key
from sbom.manifest.pins import Vendored
from sbom.manifest.read import read_manifest

PIP = "pip-26.2.1-py3-none-any.whl"
FILES = "https://files.pythonhosted.org/packages/"


def project(files: Mapping[str, str]) -> bytes:
    """Return what an index has of a project: the SHA-256 of files by name."""
    rows = [
        {"filename": name, "url": f"{FILES}{name}", "hashes": {"sha256": sha256}, "size": 1}
        for name, sha256 in files.items()
    ]
    return json.dumps({"meta": {"api-version": "1.1"}, "name": "x", "files": rows}).encode()


@pytest.fixture
def index() -> Iterator[Server]:
    with running() as server:
        pip = hashlib.sha256(wheel("pip", "26.2.1", "idna==3.18")).hexdigest()
        server.respond("/simple/pip/", body(project({PIP: pip})))
        server.respond(
            "/simple/idna/",
            body(
                project({
                    "idna-3.17-py3-none-any.whl": "aa" * 32,
                    "idna-3.18.tar.gz": "bb" * 32,
                    "idna-3.18-py3-none-any.whl": "cc" * 32,
                })
            ),
        )  # fmt: skip
        server.respond("/simple/macholib/", body(project({"macholib-1.0.tar.gz": "dd" * 32})))
        yield server


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return make_tree(tmp_path / "cpython")


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Return a manifest without vendored code, and without an archive to fetch."""
    text = COMMITTED.read_text(encoding="utf-8")
    start, end = text.index("[vendored.expat]"), text.index("# Diagnostics that people")
    text = text[:start] + text[end:]
    path = tmp_path / "externals.toml"
    path.write_text(text.replace('sha256 = ""', f'sha256 = "{"ee" * 32}"'), encoding="utf-8")
    return path


def regen(manifest: Path, tree: Path, *words: str) -> int:
    return main(["regen", "--cpython", str(tree), "--manifest", str(manifest), *words])


def vendored(manifest: Path, name: str) -> Vendored:
    found = read_manifest(manifest.read_text("utf-8")).vendored
    return next(one for one in found if one.key == parse_external_key(f"vendored.{name}"))


def test_what_pip_vendors_has_the_checksum_of_its_own_distribution(
    manifest: Path, tree: Path, index: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert regen(manifest, tree, "--base-url", index.base) == 0
    idna, pip = vendored(manifest, "pip-idna"), vendored(manifest, "pip")
    assert idna.sha256 == "cc" * 32
    assert idna.download_location == f"{FILES}idna-3.18-py3-none-any.whl"
    assert pip.download_location == f"{FILES}{PIP}"
    lines = capsys.readouterr().out.splitlines()
    assert f"          + {FILES}idna-3.18-py3-none-any.whl" in lines
    assert f"        sha256: {'cc' * 32}" in lines
    asked = {request.path: request.headers["accept"] for request in index.requests}
    assert asked["/simple/idna/"] == "application/vnd.pypi.simple.v1+json"
    out = manifest.parent / "out"
    words = ["build", "--manifest", str(manifest), "--platform", "amd64", "--output", str(out)]
    assert main(words) == 0
    [document] = out.glob("*.spdx.json")
    packages = {one["name"]: one for one in json.loads(document.read_bytes())["packages"]}
    assert packages["idna"]["downloadLocation"] == idna.download_location
    assert packages["idna"]["checksums"] == [
        {"algorithm": "SHA256", "checksumValue": "cc" * 32},
    ]


def test_a_second_run_asks_for_nothing_and_changes_nothing(
    manifest: Path, tree: Path, index: Server
) -> None:
    assert regen(manifest, tree, "--base-url", index.base) == 0
    text, asked = manifest.read_text("utf-8"), len(index.requests)
    assert regen(manifest, tree, "--base-url", index.base) == 0
    assert (manifest.read_text("utf-8"), len(index.requests)) == (text, asked)


def test_offline_nothing_is_asked_and_what_is_recorded_stays(
    manifest: Path, tree: Path, index: Server
) -> None:
    assert regen(manifest, tree, "--base-url", index.base, "--offline") == 0
    assert vendored(manifest, "pip-idna").sha256 == ""
    assert index.requests == []
    assert regen(manifest, tree, "--base-url", index.base) == 0
    text = manifest.read_text("utf-8")
    assert regen(manifest, tree, "--offline") == 0
    assert manifest.read_text("utf-8") == text


def test_another_version_has_none_of_the_old_ones_data(
    manifest: Path, tree: Path, index: Server
) -> None:
    assert regen(manifest, tree, "--base-url", index.base) == 0
    (tree / "Lib/ensurepip/_bundled" / PIP).write_bytes(wheel("pip", "26.2.1", "idna==3.17"))
    assert regen(manifest, tree, "--offline") == 0
    idna = vendored(manifest, "pip-idna")
    assert (idna.version, idna.sha256, idna.download_location) == ("3.17", "", "NOASSERTION")
    assert vendored(manifest, "pip").download_location == "NOASSERTION"


def test_a_bundled_wheel_that_the_index_has_otherwise_is_an_error(
    manifest: Path, tree: Path, index: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    before = manifest.read_bytes()
    index.respond("/simple/pip/", body(project({PIP: "ab" * 32})))
    assert regen(manifest, tree, "--base-url", index.base) == 3
    assert f"{PIP}: expected SHA-256 {'ab' * 32} as {FILES}{PIP} has" in capsys.readouterr().err
    assert manifest.read_bytes() == before


def test_a_version_that_the_index_lacks_is_named(
    manifest: Path, tree: Path, index: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    index.respond("/simple/idna/", body(project({"idna-3.17-py3-none-any.whl": "aa" * 32})))
    assert regen(manifest, tree, "--base-url", index.base) == 0
    line = f"vendored.pip-idna: {index.base}/simple/idna/ has no idna 3.18"
    assert line in capsys.readouterr().err.splitlines()
    assert vendored(manifest, "pip-idna").sha256 == ""


@pytest.mark.parametrize(
    "data",
    [b"<html>", b"[" * 100_000, b'{"files": {}}', b'{"files": [{"filename": 1}]}', b"\xff\xfe"],
)
def test_what_is_no_project_is_a_clear_error(
    manifest: Path,
    tree: Path,
    index: Server,
    capsys: pytest.CaptureFixture[str],
    data: bytes,
) -> None:
    before = manifest.read_bytes()
    index.respond("/simple/idna/", body(data))
    index.respond("/simple/pip/", status(404))
    assert regen(manifest, tree, "--base-url", index.base) == 3
    errors = capsys.readouterr().err
    assert f"{index.base}/simple/idna/: is not a project of the simple repository API" in errors
    assert f"{index.base}/simple/pip/: " in errors  # all of them at once
    assert manifest.read_bytes() == before


def test_an_enormous_answer_is_refused(
    manifest: Path, tree: Path, index: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    index.respond("/simple/idna/", body(project({}) + b" " * (32 << 20)))
    assert regen(manifest, tree, "--base-url", index.base) == 3
    assert f"{index.base}/simple/idna/: larger than " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["x_y-1.0.tar.gz", "x_y-1.0-py3-none-any.whl"], "x_y-1.0-py3-none-any.whl"),
        (["x_y-1.0.tar.gz", "x_y-1.0-cp313-cp313-win_amd64.whl"], "x_y-1.0.tar.gz"),
        (["X.Y-1.0.0.zip"], "X.Y-1.0.0.zip"),
        (["x_y-1.0-py2.py3-none-any.whl"], "x_y-1.0-py2.py3-none-any.whl"),
        (["x_y-1.0.post1.tar.gz", "x-1.0.tar.gz", "x_y-1.0.exe", "x_y-1.0.egg"], ""),
        ([], ""),
    ],
)
def test_the_wheel_for_every_platform_is_chosen_or_else_the_source(
    names: list[str], chosen: str
) -> None:
    files = [Distribution(name, f"{FILES}{name}", "aa" * 32) for name in names]
    for order in (files, files[::-1]):
        found = select_distribution(order, "x-y", "1.0")
        assert (found.file if found else "") == chosen
