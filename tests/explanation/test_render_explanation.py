"""Explanations as text: what is wrapped, and what stays whole."""

from __future__ import annotations

import pytest
from conftest import ROOT
from release_runs import Run

from sbom.diagnostics import Location
from sbom.explanation.explanation import Explanation, Fact, Section, SubjectKind
from sbom.explanation.render_explanation import render_explanations

SENTENCE = "A binary contains a component that nobody declared anywhere."
ADDRESS = "https://example.org/a/very/long/address/that/cannot/be/broken"


def rendered(*facts: Fact, width: int = 40) -> list[str]:
    section = Section("", facts)
    explanation = Explanation(
        kind=SubjectKind.DIAGNOSTIC, subject="x", title="x", sections=(section,)
    )
    return render_explanations([explanation], width).splitlines()[2:]


def test_a_sentence_is_wrapped_behind_its_name() -> None:
    assert rendered(Fact("meaning", (SENTENCE,), Location("a.toml", 3))) == [
        "  meaning  A binary contains a component",
        "           that nobody declared",
        "           anywhere.  [a.toml:3]",
    ]


def test_items_of_a_list_are_wrapped_each() -> None:
    assert rendered(Fact("evidence", (SENTENCE, "short"))) == [
        "  evidence",
        "    A binary contains a component that",
        "    nobody declared anywhere.",
        "    short",
    ]


def test_what_is_copied_stays_whole() -> None:
    output = "externals.toml:25:1: source.bzip2:   a line of output that is long [error]"
    assert rendered(Fact("home", (ADDRESS,)), Fact("example", (output,))) == [
        f"  home     {ADDRESS}",
        f"  example  {output}",
    ]


def test_nothing_that_a_terminal_acts_on_is_printed() -> None:
    assert rendered(Fact("name", ("a\nb\x1b[2J\tc",))) == ["  name  a\\nb\\x1b[2J\\tc"]


@pytest.mark.parametrize("subject", ["openssl", "SBM305", "CVE-2024-47611", "zstd"])
def test_piped_text_fits_80_columns_unless_a_word_does_not(run: Run, subject: str) -> None:
    _, out, _ = run("explain", subject, "--manifest", ROOT / "externals.toml")
    example = out.partition("  example\n")[0]
    long = [line for line in example.splitlines() if len(line) > 80 and "pattern:" not in line]
    room = 80 - len("  download-location  ")
    assert [line for line in long if max(map(len, line.split())) < room] == []
