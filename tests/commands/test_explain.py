"""``explain``: what it prints of each kind of subject, as text and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import ROOT
from release_runs import Run

from sbom.diagnostics import Exit


def test_a_component_is_explained_with_files_and_lines(run: Run) -> None:
    status, out, err = run("explain", "openssl", "--manifest", ROOT / "externals.toml")
    assert (status, err) == (Exit.OK, "")
    lines = (ROOT / "externals.toml").read_text("utf-8").splitlines()
    number = lines.index('cpe = ["openssl:openssl"]') + 1
    assert f"openssl:openssl  [{ROOT / 'externals.toml'}:{number}]\n" in out


def test_a_component_is_explained_as_json(run: Run) -> None:
    status, out, _ = run("explain", "openssl", "--output-format", "json")
    assert status == Exit.OK
    [explanation] = json.loads(out)["explanations"]
    assert (explanation["kind"], explanation["subject"]) == ("component", "openssl")
    facts = {fact["name"]: fact for fact in explanation["sections"][0]["facts"]}
    assert facts["license-concluded"]["values"] == ["Apache-2.0"]
    assert facts["license-concluded"]["origin"]["file"].endswith("externals.toml")


@pytest.mark.parametrize("word", ["SBM204", "undeclared-component"])
def test_a_diagnostic_is_explained_without_a_manifest(
    run: Run, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = run("explain", word, "--manifest", "none.toml")
    assert (status, err) == (Exit.OK, "")
    assert out.startswith("SBM204 undeclared-component\n\n  meaning          A binary contains a ")
    assert "\n  how to fix it    Add a `ships` row for it, " in out


def test_a_vulnerability_is_explained_by_the_statements_beside_the_manifest(run: Run) -> None:
    status, out, _ = run("explain", "CVE-2023-45853", "--manifest", ROOT / "externals.toml")
    assert status == Exit.OK
    assert out.startswith("CVE-2023-45853\n\nzlib: not_affected\n")
    assert "  justification      vulnerable_code_not_present" in out


def test_an_unknown_subject_is_an_error_that_says_what_can_be_explained(run: Run) -> None:
    status, out, err = run("explain", "opensll")
    assert (status, out) == (Exit.USAGE, "")
    first, second, *_ = err.splitlines()
    assert first == "opensll: is not known [error: SBM901 usage]"
    assert second.startswith("    did you mean 'openssl' or 'openssl-bin'? name a component or ")
    status, out, _ = run("explain", "qqqqqqq", "--output-format", "json")
    assert status == Exit.USAGE
    [diagnostic] = json.loads(out)["diagnostics"]
    assert diagnostic["hint"].startswith("name a component or an external of ")


def test_a_terminal_gets_no_control_characters(run: Run) -> None:
    _, _, err = run("explain", "a\x1b[31m\nb")
    assert "\x1b" not in err


def test_of_an_unknown_vulnerability_no_other_one_is_suggested(run: Run) -> None:
    """Ids that look alike have nothing to do with each other."""
    for word in ("CVE-2023-45854", "GHSA-mq29-j5xf-cjwr"):
        status, _, err = run("explain", word, "--manifest", ROOT / "externals.toml")
        assert status == Exit.USAGE
        assert err.startswith(f"{word}: vex.toml has no statement about it [error: SBM901 usage]")
        assert "did you mean" not in err


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("", "SUBJECT: is empty"),
        (" ", "SUBJECT: is empty"),
        ("cpe:", "cpe:: names no product"),
        ("cpe:2.3:a:openssl", "cpe:2.3:a:openssl: names no product"),
    ],
)
@pytest.mark.parametrize("in_", [[], ["--in", "no/release"]])
def test_a_word_that_names_nothing_or_everything_is_refused(
    run: Run, word: str, message: str, in_: list[str]
) -> None:
    status, out, err = run("explain", word, *in_)
    assert (status, out, err.startswith(message)) == (Exit.USAGE, "", True), err
