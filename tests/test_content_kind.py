"""What a file looks like: by its contents, and by its name only where they do not show it."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from cabinets import cabinet
from conftest import ROOT
from installers import msi
from manifests import COMMITTED, entry_of, script_of
from pe_files import pe
from releases import zipped

from sbom.cli import main
from sbom.content_kind import describe_content

SPDX = (ROOT / "tests/formats/golden/python-3.14.7-amd64.spdx.json").read_bytes()
SCRIPT = script_of(entry_of("3.14.7")).encode()
KINDS = {
    "a PE file": pe(),
    "a zip archive": zipped({"a.txt": b"a"}),
    "an empty zip archive": zipped({}),
    "a cabinet": cabinet({"a.txt": b"a"}),
    "an MSI package": msi({"a.txt": b"a"}),
    "a gzip archive": gzip.compress(b"a"),
    "an empty file": b" \r\n",
    "binary data": b"a\0b",
    "text in UTF-16": "@echo off".encode("utf-16"),
    "an SPDX document": SPDX,
    "a CycloneDX document": b'\xef\xbb\xbf{"bomFormat": "CycloneDX"}',
    "JSON": b"[1]",
    "an HTML page": b"<!DOCTYPE html>\n<title>Sign in</title>",
    "XML": b'<?xml version="1.0"?><a/>',
    "a batch script": SCRIPT,
    "TOML": COMMITTED.read_bytes(),
    "": b'{"spdxVersion": "SPDX-2.3",',
}


@pytest.mark.parametrize("kind", KINDS)
def test_contents_show_the_kind(kind: str) -> None:
    assert describe_content(KINDS[kind], "x") == kind


def test_a_name_shows_the_kind_only_of_text_that_does_not() -> None:
    assert describe_content(b"# Title\n", "README.md") == "Markdown"
    assert describe_content(b"# Title\n", "README") == ""
    assert describe_content(SPDX, "README.md") == "an SPDX document"


# What each verb says of a file of the wrong kind.

DOCUMENT = "expected an SBOM document in JSON, found"
SCRIPT_EXPECTED = "expected a batch script, found"
MANIFEST = ["--manifest", str(COMMITTED)]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current directory, with a file of each kind and the name of none."""
    monkeypatch.chdir(tmp_path)
    contents = {
        "readme.md": (ROOT / "README.md").read_bytes(),
        "empty": b"",
        "archive": KINDS["a zip archive"],
        "spdx": SPDX,
        "project": (ROOT / "pyproject.toml").read_bytes(),
        "binary": b"\0\xff\x80",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "layout").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fetches", "readme.md"], f"readme.md: {SCRIPT_EXPECTED} Markdown"),
        (["fetches", "archive"], f"archive: {SCRIPT_EXPECTED} a zip archive"),
        (["fetches", "binary"], f"binary: {SCRIPT_EXPECTED} binary data"),
        (["check", *MANIFEST, "--script", "spdx"], f"spdx: {SCRIPT_EXPECTED} an SPDX document"),
        (["regen", *MANIFEST, "--script", "project"], f"project: {SCRIPT_EXPECTED} TOML"),
        (["check", "--manifest", "readme.md"], "readme.md: expected TOML, found Markdown"),
        (["check", "--manifest", "spdx"], "spdx: expected TOML, found an SPDX document"),
        (["check", "--manifest", "archive"], "archive: expected text, found a zip archive"),
        (
            ["build", "--manifest", "project"],
            "project: expected a manifest, found TOML with none of its tables",
        ),
        (["explain", "xz", "--manifest", "empty"], "empty: expected a manifest, found an empty"),
        (
            ["diff", "readme.md", "readme.md"],
            "readme.md: expected an SBOM document or a manifest, found Markdown",
        ),
        (["diff", "archive", "archive"], "archive: expected an SBOM document or a manifest, found"),
        (["explain", "xz", "--in", "archive"], f"archive: {DOCUMENT} a zip archive"),
        (["verify", *MANIFEST, "layout", "--sbom", "readme.md"], f"readme.md: {DOCUMENT} Markdown"),
        (
            ["verify", *MANIFEST, "readme.md"],
            "readme.md: is not a directory, a zip file, a cabinet, an installer or a PE file, "
            "but Markdown",
        ),
        (
            ["verify", *MANIFEST, "layout", "--root", "spdx"],
            "spdx: has no certificates in PEM: it is an SPDX document",
        ),
    ],
)
def test_a_file_of_the_wrong_kind_is_named_as_what_it_looks_like(
    words: list[str], message: str, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert (out, err.startswith(message)) == ("", True), err
    assert err.endswith("1 error\n")
    assert sorted(path.name for path in files.iterdir()) == [
        "archive", "binary", "empty", "layout", "project", "readme.md", "spdx"
    ]  # fmt: skip


def test_validate_names_a_file_of_the_wrong_kind(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", "readme.md"]) == 2
    assert f"readme.md: {DOCUMENT} Markdown" in capsys.readouterr().out
    assert files.exists()


@pytest.mark.parametrize(
    "words",
    [
        ["diff", "broken.toml", "broken.toml"],
        ["explain", "xz", "--manifest", "broken.toml"],
        ["verify", "layout", "--manifest", "broken.toml"],
    ],
)
@pytest.mark.parametrize("text", ["[cpython]\nversion = \n", "[cpython]\n"])
def test_a_manifest_that_is_only_read_and_is_invalid_ends_with_2(
    words: list[str], text: str, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With 1, ``diff`` and ``verify`` answer that something differs."""
    (files / "broken.toml").write_text(text)
    assert main(words) == 2
    assert "SBM30" in capsys.readouterr().err


def test_a_damaged_file_is_reported_as_one(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "externals.toml").write_text("[cpython]\nversion = \n")
    (files / "a.spdx.json").write_text('{"spdxVersion": ')
    (files / "get_externals.bat").write_text("@echo off\nfor %%e in (a b do echo %%e\n")
    for words, message in (
        (["check"], "externals.toml:2:11: not valid TOML"),
        (["diff", "a.spdx.json", "spdx"], "a.spdx.json:1: is not JSON"),
        (["fetches", "get_externals.bat"], "get_externals.bat:2:1: expected ')'"),
    ):
        assert main(words)
        assert capsys.readouterr().err.startswith(message)
