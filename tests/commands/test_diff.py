"""``diff``: exit statuses, inputs of two kinds, git, and what each output format is good for."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from boms import bom_of, committed_bom
from conftest import ROOT
from manifests import COMMITTED, entry_of, for_entry, regenerated, script_of

from sbom.cli import main
from sbom.formats import FORMATS

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
TEXT = COMMITTED.read_text(encoding="utf-8")
#: A pull request that bumps OpenSSL: both tags, regenerated.
BUMPED = regenerated(
    TEXT,
    script_of(entry_of("3.14.7"))
    .replace("openssl-3.5.7", "openssl-3.5.8")
    .replace("openssl-bin-3.5.7", "openssl-bin-3.5.8"),
)


def git(directory: Path, *words: str) -> None:
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    settings = ("-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false")
    command = ["git", "-C", str(directory), *identity, *settings, *words]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working directory, which is in no repository."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def repository(directory: Path) -> Path:
    """Return a repository with the manifest on ``main``, and on ``bump`` with another OpenSSL."""
    git(directory, "init")
    (directory / "externals.toml").write_text(TEXT, encoding="utf-8", newline="\n")
    git(directory, "add", ".")
    git(directory, "commit", "-m", "first")
    git(directory, "checkout", "-b", "bump")
    (directory / "externals.toml").write_text(BUMPED, encoding="utf-8", newline="\n")
    git(directory, "commit", "-a", "-m", "bump")
    return directory


def manifests(directory: Path) -> list[str]:
    for name, text in (("old.toml", TEXT), ("new.toml", BUMPED)):
        (directory / name).write_text(text, encoding="utf-8", newline="\n")
    return ["old.toml", "new.toml"]


# Two files.


def test_two_manifests_that_differ_end_with_1(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", *manifests(directory)]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("openssl 3.5.7 -> 3.5.8: updated\n")
    assert out.endswith("1 component changed: 1 updated\n")
    assert err == ""


def test_a_file_compared_with_itself_ends_with_0(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, _ = manifests(directory)
    assert main(["diff", old, old]) == 0
    assert capsys.readouterr().out == "no differences\n"


def test_two_documents_of_different_formats_are_compared(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = bom_of(for_entry(entry_of("3.13.0rc2")))
    (directory / "old.json").write_bytes(FORMATS[0].write(old))
    (directory / "new.json").write_bytes(FORMATS[1].write(committed_bom()))
    (directory / "same.json").write_bytes(FORMATS[1].write(old))
    assert main(["diff", "old.json", "same.json"]) == 0
    assert main(["diff", "old.json", "new.json"]) == 1
    out = capsys.readouterr().out
    assert "\npython 3.13.0rc2 -> 3.14.7: updated\n" in out
    assert "\nsqlite 3.45.3 -> 3.50.4: updated\n" in out


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "diff: expected two files to compare, found 0"),
        (["old.toml"], "diff: expected two files to compare, found 1"),
        (["old.toml", "new.toml", "old.toml"], "diff: expected two files to compare, found 3"),
        (["old.toml", "a.json"], "a.json: is an SBOM document, and old.toml is a manifest"),
        (["old.toml", "missing.toml"], "missing.toml: cannot be read: No such file or directory"),
        (["old.toml", "broken.json"], "broken.json:1: is not JSON"),
        (["--git", "HEAD", "old.toml"], "--git HEAD: compares the manifest, and takes no files"),
    ],
)
def test_what_cannot_be_compared_ends_with_2(
    files: list[str], message: str, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifests(directory)
    (directory / "a.json").write_bytes(FORMATS[0].write(committed_bom()))
    (directory / "broken.json").write_text("{")
    assert main(["diff", *files]) == 2
    out, err = capsys.readouterr()
    assert (out, err.startswith(message)) == ("", True), err


def test_what_cannot_be_compared_is_json_where_that_is_asked_for(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifests(directory)
    assert main(["diff", "old.toml", "missing.toml", "--output-format", "json"]) == 2
    out, err = capsys.readouterr()
    [found] = json.loads(out)["diagnostics"]
    assert (found["file"], found["name"], err) == ("missing.toml", "input-error", "")


# Revisions of git.


@needs_git
@pytest.mark.parametrize("revision", ["main", "main..bump", "main..", "main...bump", "HEAD^"])
@pytest.mark.usefixtures("repository")
def test_revisions_of_the_manifest_are_compared(
    revision: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", "--git", revision]) == 1
    assert capsys.readouterr().out.startswith("openssl 3.5.7 -> 3.5.8: updated\n")


@needs_git
def test_three_dots_compare_with_where_a_branch_left_off(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As git diff and the pages of pull requests do: what main changed since is not shown."""
    git(repository, "checkout", "main")
    text = TEXT.replace('cpe = ["openssl:openssl"]', 'cpe = ["openssl:ssl"]')
    (repository / "externals.toml").write_text(text, encoding="utf-8")
    git(repository, "commit", "-a", "-m", "cpe")
    assert main(["diff", "--git", "main...bump"]) == 1
    assert capsys.readouterr().out.startswith("openssl 3.5.7 -> 3.5.8: updated\n")
    assert main(["diff", "--git", "main..bump"]) == 1
    assert "openssl 3.5.7 -> 3.5.8: updated, identifiers changed\n" in capsys.readouterr().out


@needs_git
def test_a_manifest_in_another_directory_is_found_in_its_own_repository(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    manifest = str(repository / "externals.toml")
    assert main(["diff", "--git", "HEAD", "--manifest", manifest]) == 0
    assert main(["diff", "--git", "main", "--manifest", manifest]) == 1


@needs_git
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--git", "no-such"], "--git no-such: is not a revision of this repository"),
        (["--git=--help"], "--git --help: is not a revision of this repository"),
        (["--git", "main..no-such"], "--git no-such: is not a revision of this repository"),
        (["--git", ""], ""),
        (
            ["--git", "main", "--manifest", "new.toml"],
            "new.toml: is not in revision main: path 'new.toml' exists on disk, but not in",
        ),
    ],
)
def test_a_revision_that_is_not_there_is_named(
    words: list[str], message: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "new.toml").write_text(TEXT, encoding="utf-8")
    status = main(["diff", *words])
    err = capsys.readouterr().err
    assert (status, err.startswith(message)) == (2 if message else 0, True), err


@needs_git
def test_outside_of_a_repository_git_says_so(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (directory / "externals.toml").write_text(TEXT, encoding="utf-8")
    assert main(["diff", "--git", "HEAD"]) == 2
    assert capsys.readouterr().err.startswith("externals.toml: is not in a git repository: ")


def test_without_git_the_hint_is_to_compare_files(
    directory: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (directory / "externals.toml").write_text(TEXT, encoding="utf-8")
    monkeypatch.setenv("PATH", str(directory))
    assert main(["diff", "--git", "HEAD"]) == 2
    assert capsys.readouterr().err == (
        "--git: needs git, which is not installed [error: SBM901 usage]\n"
        "    install git, or compare two files: diff OLD NEW\n"
        "1 error\n"
    )


# Output formats.


def test_the_markdown_is_enough_to_decide(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", *manifests(directory), "--output-format", "markdown"]) == 1
    out = capsys.readouterr().out
    archive = (
        "https://github.com/python/cpython-bin-deps/archive/refs/tags/openssl-bin-3.5.8.tar.gz"
    )
    assert "### `openssl` `3.5.7 → 3.5.8`: updated\n" in out
    assert f"[`openssl-bin-3.5.8`](<{archive}>)" in out
    assert "3217be5a2a7e20dbc5f5b5160ef21a9c84de7138" in out
    assert "libssl-3.dll" in out
    assert "- [ ] binary.openssl-bin: no checksum of openssl-bin-3.5.8 is recorded" in out
    assert "WARNING" not in out


def test_another_cpe_and_another_license_stand_out_in_markdown(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = manifests(directory)
    text = BUMPED.replace('cpe = ["openssl:openssl"]', 'cpe = ["openssl:ssl"]')
    text = text.replace('license-concluded = "Zlib"', 'license-concluded = "MIT"', 1)
    (directory / "new.toml").write_text(text, encoding="utf-8")
    assert main(["diff", *names, "--output-format", "markdown"]) == 1
    warning = capsys.readouterr().out.split("> [!WARNING]\n")[1].split("\n\n")[0]
    assert re.findall(r"> - \*\*`([\w-]+)`\*\*: ([\w-]+) ", warning)[:2] == [
        ("openssl", "cpe"),
        ("zlib", "license-concluded"),
    ]


def test_every_key_of_the_json_is_documented(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", *manifests(directory), "--output-format", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    page = (ROOT / "docs/diff.md").read_text(encoding="utf-8")
    [openssl] = data["components"]
    keys = {*data, *openssl, *openssl["facts"][0], *data["settings"][0]}
    assert {key for key in keys if f"`{key}`" not in page} == set()
    assert data["differ"]
    assert openssl["changes"] == ["updated"]
    assert (openssl["old_version"], openssl["new_version"]) == ("3.5.7", "3.5.8")
    assert {
        "fact": "tag",
        "subject": "binary.openssl-bin",
        "change": "re-pinned",
        "old": ["openssl-bin-3.5.7"],
        "new": ["openssl-bin-3.5.8"],
    } in openssl["facts"]
