"""SARIF: valid by the schema of OASIS, and found again where it is."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from jsonschema import Draft4Validator
from manifests import entry_of, script_of

from sbom.cli import main
from sbom.diagnostics import Code, Diagnostic, Location
from sbom.diagnostics.catalog import catalog
from sbom.diagnostics.io_messages import invalid_usage
from sbom.diagnostics.render import OutputFormat, render

NAMES = [
    "a b.dll",
    "²",
    "a:7",
    "C:\\x\\y.toml",
    "/abs/é.toml",
    "\udc80",
    "\ud800",
    "a\nb\x1b",
    "%41",
]


@cache
def validator() -> Draft4Validator:
    path = Path(__file__).parent.parent / "schemas/sarif-2.1.0.schema.json"
    return Draft4Validator(
        json.loads(path.read_text(encoding="utf-8")), format_checker=Draft4Validator.FORMAT_CHECKER
    )


def validated(text: str) -> Any:
    log = json.loads(text)
    assert [error.message for error in validator().iter_errors(log)] == []
    return log


def results_of(diagnostics: list[Diagnostic], **more: Any) -> Any:
    return validated(render(diagnostics, OutputFormat.SARIF, **more))["runs"][0]["results"]


@pytest.mark.parametrize("code", Code)
def test_every_diagnostic_is_valid(code: Code) -> None:
    location = Location("externals.toml", 3, 5, width=2, excerpt="a = 12")
    found = Diagnostic(code=code, location=location, message="m", subject="a.b", hint="do it")
    [result] = results_of([found])
    assert result["ruleId"] == catalog()[code].id
    assert result["message"]["text"] == "a.b: m\ndo it"


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_any_name_is_a_valid_address(name: str) -> None:
    found = Diagnostic(code=Code.INPUT_ERROR, location=Location(name), message=name, subject=name)
    [result] = results_of([found])
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.isascii()
    assert not set(uri) & set(" \n\\\x1b")


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("externals.toml", "externals.toml"),
        ("a b/c:d.toml", "a%20b/c%3Ad.toml"),
        ("/abs/x.toml", "file:///abs/x.toml"),
        ("C:\\x\\y z.toml", "file:///C:/x/y%20z.toml"),
        ("https://example.org/a?b=c", "https://example.org/a?b=c"),
    ],
)
def test_a_path_is_an_address_as_rfc_3986_writes_it(path: str, uri: str) -> None:
    [result] = results_of([Diagnostic(code=Code.INPUT_ERROR, location=Location(path), message="m")])
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_line_and_columns_are_those_of_the_key() -> None:
    location = Location("m.toml", 7, 3, width=4, excerpt="  name = 1")
    [result] = results_of([Diagnostic(code=Code.INVALID_TOML, location=location, message="m")])
    assert result["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 7,
        "startColumn": 3,
        "endColumn": 7,
        "snippet": {"text": "  name = 1"},
    }


def test_an_option_is_no_file() -> None:
    [result] = results_of([invalid_usage("--layout", "is wrong", "correct it")])
    assert "locations" not in result


def test_what_is_exempted_is_suppressed_with_its_reason() -> None:
    found = Diagnostic(code=Code.PLACEHOLDER, location=Location("m.toml"), message="m")
    [result] = results_of([], exempted=[(found, "known\n since 3.14")])
    assert result["suppressions"] == [{"kind": "external", "justification": "known since 3.14"}]


def test_strict_makes_warnings_errors() -> None:
    found = Diagnostic(code=Code.MISSING_CHECKSUM, location=Location("m.toml"), message="m")
    assert results_of([found])[0]["level"] == "warning"
    assert results_of([found], strict=True)[0]["level"] == "error"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "get_externals.bat"
    path.write_text(script_of(entry_of("3.14.7")), encoding="utf-8")
    return path


def commands(directory: Path, script: Path) -> dict[str, list[str]]:
    manifest = ["--manifest", str(ROOT / "externals.toml")]
    (directory / "empty").mkdir()
    return {
        "check": ["check", *manifest],
        "fetches": ["fetches", str(script)],
        "build": ["build", *manifest, "--platform", "amd64", "--output", str(directory / "out")],
        "release": ["release", *manifest, "--artifacts", str(directory / "empty")],
        "release-check": ["release", *manifest, "--artifacts", str(directory / "empty"), "--check"],
        "verify": ["verify", *manifest, str(directory / "none")],
        "verify-identify": ["verify", *manifest, str(script), "--identify"],
        "validate": ["validate", str(script)],
        "export": ["export", *manifest, "--cpython", str(directory / "none")],
        "explain": ["explain", *manifest, "opensll"],
        "regen": ["regen", *manifest, "--script", str(script), "--offline", "--dry-run"],
    }


@pytest.mark.parametrize("output_format", ["json", "sarif", "github"])
@pytest.mark.parametrize(
    "name",
    ["check", "fetches", "build", "release", "release-check", "verify", "verify-identify",
     "validate", "export", "explain", "regen"],
)  # fmt: skip
def test_every_verb_prints_only_the_format_it_is_asked_for(
    name: str,
    output_format: str,
    tmp_path: Path,
    script: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = commands(tmp_path, script)[name]
    main([*words, "--output-format", output_format])
    out = capsys.readouterr().out
    if output_format == "sarif":
        validated(out)
    elif output_format == "json":
        value = json.loads(out)
        assert isinstance(value, list) == (name == "check")
        if name not in ("check", "verify-identify"):
            assert isinstance(value["diagnostics"], list)
    elif name not in ("verify-identify", "validate"):
        assert all(line.startswith(("::error ", "::warning ")) for line in out.splitlines())
