"""Line ends: a checkout has the same bytes on every platform, whatever git is configured to."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT

pytestmark = pytest.mark.skipif(
    not (ROOT / ".git").exists() or shutil.which("git") is None,
    reason="needs git, and a clone of the repository",
)


def git(*argv: str, text: str = "", at: Path = ROOT) -> list[str]:
    words = ["git", *argv]
    ran = subprocess.run(words, cwd=at, input=text.encode(), capture_output=True, check=True)
    return ran.stdout.decode().replace("\0", "\n").splitlines()


def test_a_checkout_with_crlf_line_ends_configured_has_the_committed_bytes(tmp_path: Path) -> None:
    # A file per line: mode, object, stage, tab, path.
    lines = [line.split("\t") for line in git("ls-files", "--stage", "-z")]
    staged = {path: facts.split()[1] for facts, path in lines}
    # What Git for Windows sets.
    windows = ("-c", "core.autocrlf=true", "-c", "core.eol=crlf")
    git(*windows, "checkout-index", "--all", f"--prefix={tmp_path.as_posix()}/")
    paths = sorted(staged)
    hashed = git("hash-object", "--no-filters", "--stdin-paths", text="\n".join(paths), at=tmp_path)
    assert len(paths) > 100
    assert dict(zip(paths, hashed, strict=True)) == staged


def test_only_scripts_that_cmd_reads_have_crlf_line_ends() -> None:
    # "i/crlf w/crlf attr/-text <tab> path"
    lines = [line.split("\t") for line in git("ls-files", "--eol")]
    text = ("i/lf", "i/none", "i/-text")
    others = {path for facts, path in lines if facts.split()[0] not in text}
    assert others == {
        f"tests/script/cases/{path.name}" for path in (ROOT / "tests/script/cases").glob("*.bat")
    }


@pytest.mark.parametrize(
    "path",
    [
        "tests/facts/cpython/3.14.7/externals.spdx.json",
        "tests/formats/golden/new.spdx.json",
        "tests/script/cases/git-own-repo.bat",
    ],
)
def test_data_that_is_compared_byte_for_byte_is_never_converted(path: str) -> None:
    assert git("check-attr", "text", path) == [f"{path}: text: unset"]


@pytest.mark.parametrize("path", ["externals.toml", "sbom/cli.py", ".ci/run", "README.md"])
def test_text_has_lf_line_ends(path: str) -> None:
    assert git("check-attr", "eol", path) == [f"{path}: eol: lf"]
