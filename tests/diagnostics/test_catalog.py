"""The catalog of diagnostics: its examples are what is printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from exemptions import assert_exemptions_hold
from manifests import COMMITTED, entry_of, script_of

from sbom import diagnostics
from sbom.cli import main
from sbom.diagnostics import Code
from sbom.diagnostics.catalog import Entry, catalog

ENTRIES = catalog().values()
XZ = "set libraries=%libraries%                    xz-5.2.5\n"
LOOP = "for %%e in (%libraries%) do ("
#: A diagnostic, and the change of the script of 3.14.7 that it is reported for.
SCRIPTS = [
    ("batch-syntax", '=="false" goto fetch', '=="false" (goto fetch'),
    ("batch-limit", ":fetch\n", ":fetch\n:loop\ngoto loop\n"),
    ("unsupported-command", XZ, f"{XZ}curl -O https://example.org/xz.tar.gz\n"),
    ("conflict-marker", XZ, f"<<<<<<< HEAD\n{XZ}=======\n>>>>>>> xz\n"),
    ("unreachable-tag", XZ, f"goto zlib\n{XZ}:zlib\n"),
    ("duplicate-name", XZ, f"{XZ}{XZ.replace('5.2.5', '5.8.1')}"),
    ("no-externals", LOOP, f"exit /b\n{LOOP}"),
    ("stray-parenthesis", XZ, f"{XZ}) rem\n"),
    ("not-in-manifest", XZ, f"{XZ}{XZ.replace('xz-5.2.5', 'brotli-1.1.0')}"),
    ("not-in-script", XZ, ""),
    ("tag-changed", "xz-5.2.5", "xz-5.8.1"),
    ("unlisted-command", XZ, f"{XZ}where git || git clone https://github.com/python/xz\n"),
    ("undecided-condition", XZ, f'if "%VS%" LSS "16" {XZ}'),
    ("repository-changed", "(set ORG=python)", "(set ORG=example)"),
    ("script-changed", XZ, f"rem only for tests\n{XZ}"),
    ("condition-changed", XZ, f'if NOT "%IncludeXZ%"=="false" {XZ}'),
]
#: The same for the manifest.
MANIFESTS = [
    ("invalid-manifest", "[source.xz]", "[sources.xz]"),
    ("placeholder", 'homepage = "https://www.openssl.org/"', 'homepage = "FILL IN"'),
    ("unused-entry", 'external = "source.bzip2"', 'external = "source.bzip3"'),
    ("undescribed-external", 'external = "source.bzip2"', 'external = "source.bzip3"'),
    ("unknown-version", r"(?:\.(?P<rebuild>\d+))?' # SD xz", r"(?P<rebuild>-none)' # SD xz"),
    ("mirror-checksum", 'tag = "xz-5.2.5"', 'tag = "xz-5.2.5"\nmirror = "mirror.example.org"'),
    ("unrecorded-code", "[vendored.expat]", "[vendored.libexpat]"),
    ("missing-checksum", "llvm-19.1.7.0", "llvm-19.1.7.0"),
]


#: The areas of the diagnostics that a module makes, by the first digit of their ids.
AREAS = {
    "script_messages": "14",
    "inspection_messages": "2",
    "manifest_messages": "3",
    "source_tree_messages": "56",
    "release_messages": "78",
    "vex_messages": "8",
    "io_messages": "9",
}


def test_the_catalog_is_in_the_order_of_the_ids() -> None:
    ids = [entry.id for entry in ENTRIES]
    assert ids == sorted(set(ids))


def test_each_diagnostic_is_made_in_the_module_of_its_area() -> None:
    for name, areas in AREAS.items():
        text = Path(diagnostics.__path__[0], f"{name}.py").read_text(encoding="utf-8")
        made = {Code[code] for code in re.findall(r"\bCode\.([A-Z_]+)", text)}
        assert {catalog()[code].id[3] for code in made} == set(areas), name


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_an_example_has_the_form_of_the_output(entry: Entry) -> None:
    first, *others = entry.example.rstrip("\n").split("\n")
    label = re.escape(f"[{entry.severity}: {entry.id} {entry.name}]")
    assert re.fullmatch(rf"\S.*: .* {label}", first)
    assert all(re.match(r" {4}| *[0-9]* *\|", line) for line in others)
    assert "exemption" not in "\n".join(others).replace("remove the exemption", "")


@pytest.mark.parametrize("case", SCRIPTS, ids=lambda case: case[0])
def test_the_example_of_a_script_is_printed(
    case: tuple[str, str, str], directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, old, new = case
    script = directory / "PCbuild/get_externals.bat"
    change(script, old, new)
    main(["check", "--script", "PCbuild/get_externals.bat"])
    shown = "".join(capsys.readouterr())
    assert catalog()[name].example in shown.replace("PCbuild\\", "PCbuild/")
    command = ["check", "--script", "PCbuild/get_externals.bat"]
    assert_exemptions_hold(name, command, shown, capsys)
    for verb in (["verify", "PCbuild"], ["fetches"], ["regen", "--offline"]):
        words = [*verb, *(["--script"] if verb != ["fetches"] else []), "PCbuild/get_externals.bat"]
        main(words)
        if f" {name}]" in (shown := "".join(capsys.readouterr())):
            assert_exemptions_hold(name, words, shown, capsys)


@pytest.mark.parametrize("case", MANIFESTS, ids=lambda case: case[0])
def test_the_example_of_a_manifest_is_printed(
    case: tuple[str, str, str], directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, old, new = case
    change(directory / "externals.toml", old, new)
    main(["check"])
    shown = "".join(capsys.readouterr())
    assert catalog()[name].example in shown
    assert_exemptions_hold(name, ["check"], shown, capsys)


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current directory, with the script and the manifest of 3.14.7."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "PCbuild").mkdir()
    script = script_of(entry_of("3.14.7")).replace("\r\n", "\n")
    (tmp_path / "PCbuild/get_externals.bat").write_text(script, encoding="utf-8")
    (tmp_path / "externals.toml").write_bytes(COMMITTED.read_bytes())
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
