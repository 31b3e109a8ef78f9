"""Locations: what names an input is shown as it is, whatever it looks like."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

import pytest
from conftest import ROOT

from sbom.cli import main
from sbom.diagnostics import Code, Diagnostic, Location, sort_diagnostics
from sbom.diagnostics.render import OutputFormat, render

#: Names that a reader of numbers takes for one, or fails on.
NAMES = ["123", "²", "٣", "9" * 4500, "a:7", "a:7:8", "x:²", "-1", "1e5"]


def at(location: Location) -> Diagnostic:
    return Diagnostic(code=Code.INPUT_ERROR, location=location, message="is missing")


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:9])
def test_a_name_of_digits_is_no_line(name: str) -> None:
    [item] = json.loads(render([at(Location(name))], OutputFormat.JSON))
    assert (item["file"], item["line"]) == (name, None)
    assert render([at(Location(name))], OutputFormat.TEXT).startswith(f"{name}: is missing [")
    file = name.replace(":", "%3A")
    expected = f"::error file={file},title=SBM902 input-error::{name}: is missing\n"
    assert render([at(Location(name))], OutputFormat.GITHUB) == expected


def test_a_path_of_windows_is_shown_as_it_is_and_with_slashes_to_github() -> None:
    location = Location(r"C:\cpython\PCbuild\readme.txt", 3)
    assert str(location) == r"C:\cpython\PCbuild\readme.txt:3"
    output = render([at(location)], OutputFormat.GITHUB)
    assert output.startswith("::error file=C%3A/cpython/PCbuild/readme.txt,line=3,title=")


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:9])
def test_a_line_is_shown_behind_such_a_name(name: str) -> None:
    assert str(Location(name, 12)) == f"{name}:12"
    assert str(Location(name, 12, 3)) == f"{name}:12:3"
    output = render([at(Location(name, 12))], OutputFormat.GITHUB)
    assert ",line=12,title=" in output


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:9])
@pytest.mark.parametrize(
    "words",
    [
        ["check", "--manifest"],
        ["check", "--script"],
        ["check", "--cpython"],
        ["check", "--externals"],
        ["fetches"],
        ["build", "--layout", "NAME", "--platform", "win32", "--output"],
        ["release", "--artifacts"],
        ["verify"],
        ["validate"],
        ["export", "--cpython"],
        ["regen", "--offline", "--script"],
    ],
    ids=" ".join,
)
def test_every_verb_names_such_an_input(
    words: list[str],
    name: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manifest = ROOT / "externals.toml"
    monkeypatch.chdir(tmp_path)
    argv = [*(name if word == "NAME" else word for word in words), name]
    if name == "-1":
        argv[-1] = "./-1"
    if "--manifest" not in words and words[0] not in ("fetches", "validate"):
        argv += ["--manifest", str(manifest)]
    try:
        status = main([word if word != "-1" else "./-1" for word in argv])
    except SystemExit as error:
        status = int(str(error.code))
    out, err = capsys.readouterr()
    assert status in (1, 2, 3)
    assert name[:50] in out + err


def test_locations_sort_by_path_line_and_column() -> None:
    ordered = [
        Location("a"),
        Location("a", 2),
        Location("a", 10, 1),
        Location("a", 10, 9),
        Location("b", 1),
    ]
    assert [one.location for one in sort_diagnostics(map(at, reversed(ordered)))] == ordered


def test_a_location_moves_below_a_directory_with_its_line() -> None:
    moved = Location("Include/x.h", 3, 4).below(PurePosixPath("/src"))
    assert moved == Location("/src/Include/x.h", 3, 4)
