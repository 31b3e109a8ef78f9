"""Statements about a vulnerability, and what they mean for the release of the manifest."""

from __future__ import annotations

import pytest
from conftest import ROOT
from manifests import committed

from sbom.explanation.explanation import Explanation
from sbom.explanation.origins import text_locator
from sbom.explanation.statement_facts import explain_vulnerability, find_statements
from sbom.vex.read import read_statements

TEXT = (ROOT / "vex.toml").read_text("utf-8")
STATEMENTS = read_statements(TEXT)


def explained(word: str, version: str = "3.14.7") -> Explanation:
    numbers = find_statements(word, STATEMENTS)
    manifest = committed().for_version(version)
    return explain_vulnerability(numbers, STATEMENTS, manifest, text_locator(TEXT, "vex.toml"))


@pytest.mark.parametrize("word", ["CVE-2024-47611", "cve-2024-47611", "GHSA-m538-c5qw-3cg4"])
def test_a_vulnerability_is_found_by_each_of_its_ids(word: str) -> None:
    assert explained(word).subject == "CVE-2024-47611"


def test_every_key_stands_where_it_is_said_to() -> None:
    lines = TEXT.splitlines()
    [section] = explained("CVE-2023-45853").sections
    for fact in section.facts:
        if fact.origin:
            assert lines[fact.origin.line - 1].startswith(f"{fact.name} = ")
    assert {fact.name: fact.values for fact in section.facts} | {"evidence": ()} == {
        "vulnerability": ("CVE-2023-45853",),
        "component": ("zlib",),
        "cpython-versions": (">=3.14",),
        "status": ("not_affected",),
        "justification": ("vulnerable_code_not_present",),
        "impact-statement": (
            "The vulnerability is in MiniZip, which is in zlib's archive but not in the zlib "
            "library, and which CPython does not contain.",
        ),
        "author": ("maintainers of cpython-windows-sbom",),
        "date": ("2026-11-27",),
        "evidence": (),
        "in CPython 3.14.7": ("applies to zlib 1.3.2",),
    }


def test_a_statement_about_other_versions_of_cpython_does_not_apply() -> None:
    [section] = explained("CVE-2023-45853", "3.13.5").sections
    assert section.facts[-1].values == (
        "does not apply: the statement is about other versions of CPython",
    )


def test_an_unknown_vulnerability_has_no_statement() -> None:
    assert find_statements("CVE-2014-0160", STATEMENTS) == ()
