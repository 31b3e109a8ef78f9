"""The command line: exit statuses, whole messages, nothing half-written, never a traceback."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT, make_link
from manifests import COMMITTED, entry_of, script_of

import sbom
from sbom.cli import main

JSON = ["--output-format", "json"]
SCRIPT = script_of(entry_of("3.14.7"))


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "get_externals.bat"
    path.write_bytes(SCRIPT.encode())
    return path


@pytest.fixture
def manifest(tmp_path: Path, script: Path) -> Path:
    """Return a manifest that was regenerated from the script."""
    path = tmp_path / "externals.toml"
    path.write_bytes(COMMITTED.read_bytes())
    assert main(["regen", "--manifest", str(path), "--script", str(script), "--offline"]) == 0
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return as much of a CPython source tree as is read."""
    folder = tmp_path / "cpython"
    (folder / "PCbuild").mkdir(parents=True)
    (folder / "Include").mkdir()
    (folder / "PCbuild/get_externals.bat").write_bytes(SCRIPT.encode())
    (folder / "Include/patchlevel.h").write_text('#define PY_VERSION      "3.14.7"\n')
    return folder


def line_of(text: str, path: Path) -> int:
    """Return the first line of a file that starts with a text."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(text))


def captured(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    streams = capsys.readouterr()
    return streams.out, streams.err


# fetches


def test_fetches_prints_a_table(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetches", str(script), "--", "--no-openssl", "--no-llvm", "--no-tkinter"]) == 0
    out, err = captured(capsys)
    assert err == ""
    assert out == (
        "kind    tag              organization  repository           method   fetched\n"
        "source  bzip2-1.0.8      python        cpython-source-deps  archive  always\n"
        "source  mpdecimal-4.0.0  python        cpython-source-deps  archive  always\n"
        "source  sqlite-3.50.4.0  python        cpython-source-deps  archive  always\n"
        "source  xz-5.2.5         python        cpython-source-deps  archive  always\n"
        "source  zlib-ng-2.2.4    python        cpython-source-deps  archive  always\n"
        "source  zstd-1.5.7       python        cpython-source-deps  archive  always\n"
        "binary  libffi-3.4.4     python        cpython-bin-deps     archive  unless --no-libffi "
        "(not beside the source of the same tag)\n"
    )


def test_fetches_prints_the_values_of_the_public_function(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = """
git clone https://gitlab.com/someone/xz-5.0.5.git
git clone --branch zlib-1.3.1 https://github.com/someone/cpython-source-deps zlib-1.3.1
python get_external.py --release --organization me --externals-dir "C:\\e" llvm-21.1.4.0
"""
    path = tmp_path / "get_externals.bat"
    path.write_text(text, encoding="utf-8")
    assert main(["fetches", str(path), "--all"]) == 0
    header, *rows = (line.split() for line in captured(capsys)[0].splitlines())
    assert header[:5] == ["kind", "tag", "organization", "repository", "method"]
    assert [row[:5] for row in rows] == [
        [one.kind, one.tag, one.organization or "-", one.repository, one.method]
        for one in sbom.fetches(text)
    ]
    assert [row[2:5] for row in rows] == [
        ["-", "https://gitlab.com/someone/xz-5.0.5.git", "git"],
        ["someone", "cpython-source-deps", "archive"],
        ["me", "cpython-bin-deps", "release"],
    ]


def test_fetches_prints_json_with_conditions(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetches", str(script), "--all", *JSON]) == 0
    rows = json.loads(captured(capsys)[0])["externals"]
    assert len(rows) == 15
    assert rows[0] == {
        "kind": "source",
        "tag": "bzip2-1.0.8",
        "organization": "python",
        "repository": "cpython-source-deps",
        "method": "archive",
        "decided": True,
        "default": True,
        "enabled_by": [],
        "disabled_by": [],
    }
    [nasm] = [row for row in rows if row["tag"] == "nasm-2.11.06"]
    assert (nasm["default"], nasm["enabled_by"]) == (False, [["--openssl-src"]])


def test_fetches_takes_variables(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetches", str(script), *JSON, "--env", "IncludeSSL=false"]) == 0
    tags = [row["tag"] for row in json.loads(captured(capsys)[0])["externals"]]
    assert "openssl-bin-3.5.7" not in tags
    assert "tcltk-9.0.4.0" in tags


def test_a_flag_the_script_rejects_fetches_nothing_and_is_reported(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetches", str(script), *JSON, "--", "--bogus"]) == 0
    out, err = captured(capsys)
    assert json.loads(out) == {"externals": [], "diagnostics": []}
    assert err == "the script ends with status -1 and fetches nothing\n"


def test_a_damaged_script_is_reported_with_its_line(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script.write_text("@echo off\nfor %%e in (a b do echo %%e\n")
    assert main(["fetches", str(script)]) == 1
    assert captured(capsys)[1] == (
        f"{script}:2:1: expected ')': the list that opens here is never closed "
        "[error: SBM101 batch-syntax]\n"
        "  |\n2 | for %%e in (a b do echo %%e\n  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "    fix the line; cmd stops here as well\n"
        "1 error\n"
    )


def test_a_merge_conflict_is_reported_as_one(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script.write_text("set a=1\n    done = run("-c", code, "--version")
    assert (done.returncode, done.stderr) == (130, b"")


def test_a_narrow_locale_prints_the_same(script: Path) -> None:
    script.write_bytes("set a=\xe9-1.0\nexit /b 1\n".encode("latin-1"))
    words = ("-m", "sbom", "check", "--script", script)
    assert run(*words, LC_ALL="C", PYTHONUTF8="0").stdout == run(*words).stdout


def test_an_invalid_manifest_is_reported_in_the_requested_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "m.toml").write_text("x = \n")
    assert main(["check", "--manifest", str(tmp_path / "m.toml"), "--output-format", "json"]) == 1
    out, err = captured(capsys)
    assert (json.loads(out)[0]["name"], err) == ("invalid-toml", "")


posix_streams = pytest.mark.skipif(
    sys.platform == "win32" or not Path("/dev/full").exists(),
    reason="no shell of this platform closes a stream, and it has no /dev/full",
)


@posix_streams
@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">/dev/full", "2>/dev/full"])
def test_streams_that_are_closed_or_full_are_no_traceback(redirection: str) -> None:
    command = f"{sys.executable} -m sbom check {redirection}"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=ROOT, capture_output=True, check=False)
    assert b"Traceback" not in done.stderr + done.stdout
    assert done.returncode in (0, 3)


@posix_streams
def test_a_full_disk_behind_the_output_is_reported() -> None:
    command = f"{sys.executable} -m sbom check > /dev/full"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (
        3,
        b"standard output cannot be written: No space left on device\n",
    )


def test_a_manifest_behind_a_link_is_written_where_it_is(
    manifest: Path, script: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link.toml"
    make_link(link, manifest)
    script.write_bytes(SCRIPT.replace("xz-5.2.5", "xz-5.8.1").encode())
    assert main(["regen", "--manifest", str(link), "--script", str(script), "--offline"]) == 0
    assert link.is_symlink()
    assert "xz-5.8.1" in manifest.read_text()


def test_a_reader_that_goes_away_is_no_traceback(script: Path) -> None:
    words = [sys.executable, "-m", "sbom", "fetches", str(script), "--all"]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, cwd=ROOT, stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
