"""vex.toml is read whole, or refused with all that is wrong with it, each at its key path."""

from __future__ import annotations

import datetime as dt

import pytest
from conftest import ROOT
from statements import VALID

from sbom.diagnostics import SbomError
from sbom.manifest.schema import describe_keys
from sbom.manifest.tables import key_fields
from sbom.vex.read import read_statements
from sbom.vex.statement import Justification, Statement, Status


def refused(text: str) -> list[str]:
    with pytest.raises(SbomError) as caught:
        read_statements(text)
    return [f"{one.subject}: {one.message}".removeprefix(": ") for one in caught.value.diagnostics]


def test_a_statement_is_read() -> None:
    [statement] = read_statements("\ufeff" + VALID)
    assert statement.ids == {"CVE-2024-47611"}
    assert statement.component == "xz"
    assert (statement.versions, statement.cpython_versions) == ("<5.6.3", "")
    assert statement.status is Status.NOT_AFFECTED
    assert statement.justification is Justification.CODE_NOT_PRESENT
    assert statement.date == dt.date(2026, 1, 31)
    assert statement.evidence == ("https://example.org/advisory",)


def test_an_error_is_at_its_line_and_column() -> None:
    with pytest.raises(SbomError) as caught:
        read_statements("\ufeff" + VALID.replace("component =", "componnet ="))
    number = VALID[: VALID.index("component =")].count("\n") + 1
    locations = {str(one.location) for one in caught.value.diagnostics}
    assert f"vex.toml:{number}:1" in locations


def test_a_text_may_have_several_lines() -> None:
    text = VALID + 'impact-statement = """It is\n\ta tool."""\n'
    assert read_statements(text)[0].impact_statement == "It is\n\ta tool."


def test_an_odd_value_is_at_its_line_and_column() -> None:
    odd = VALID.replace("2026-01-31", "0001-01-01").replace("A Person", r"A\u0000")
    with pytest.raises(SbomError) as caught:
        read_statements(odd)
    lines = VALID.splitlines()
    author = next(n for n, line in enumerate(lines, 1) if line.startswith("author"))
    date = next(n for n, line in enumerate(lines, 1) if line.startswith("date"))
    assert [str(one.location) for one in caught.value.diagnostics] == [
        f"vex.toml:{author}:10",
        f"vex.toml:{date}:8",
    ]


def test_a_file_without_statements_is_read() -> None:
    assert read_statements("# none yet\n") == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("component =", "componnet =", "statement[0].componnet: unknown key"),
        ('component = "xz"\n', "", "statement[0].component: missing key"),
        (
            '"not_affected"',
            '"not-affected"',
            "statement[0].status: expected one of 'not_affected', 'affected', 'fixed' or "
            "'under_investigation', found 'not-affected'",
        ),
        (
            '"vulnerable_code_not_present"',
            '"code_not_present"',
            "statement[0].justification: expected one of 'component_not_present', "
            "'vulnerable_code_not_present', 'vulnerable_code_not_in_execute_path', "
            "'vulnerable_code_cannot_be_controlled_by_adversary' or "
            "'inline_mitigations_already_exist', found 'code_not_present'",
        ),
        (
            "2026-01-31",
            '"2026-02-31"',
            "statement[0].date: expected a date such as 2026-01-31, without quotes, found "
            "'2026-02-31'",
        ),
        (
            "<5.6.3",
            "before 5.6.3",
            "statement[0].versions: expected a version range such as '>=8.6.13,<9', found "
            "'before 5.6.3'",
        ),
        (
            '"https://example.org/advisory"',
            '"the advisory"',
            "statement[0].evidence[0]: expected a web address, found 'the advisory'",
        ),
        (
            '["https://example.org/advisory"]',
            "[]",
            "statement[0].evidence: expected at least one web address, found none",
        ),
        (
            '"CVE-2024-47611"',
            '"the xz thing"',
            "statement[0].vulnerability: expected an id such as CVE-2024-47611, found "
            "'the xz thing'",
        ),
        (
            "2026-01-31",
            '"2026-01-31"',
            "statement[0].date: expected a date such as 2026-01-31, without quotes, found "
            "'2026-01-31'",
        ),
        (
            "2026-01-31",
            "2026-01-31T00:00:00Z",
            "statement[0].date: expected a date such as 2026-01-31, without quotes, found "
            "2026-01-31 00:00:00+00:00",
        ),
        (
            "2026-01-31",
            "0001-01-01",
            "statement[0].date: expected a date from 1999 to 2099, found 0001-01-01",
        ),
        (
            "2026-01-31",
            "9999-12-31",
            "statement[0].date: expected a date from 1999 to 2099, found 9999-12-31",
        ),
        (
            '"A Person"',
            '"A\\u0007Person"',
            "statement[0].author: has the control character U+0007",
        ),
        (
            'status = "not_affected"',
            'status = "not_affected"\nimpact-statement = "It is\\u202Ea tool."',
            "statement[0].impact-statement: has the control character U+202E",
        ),
        (
            'component = "xz"',
            'aliases = ["CVE-2024-47611"]\ncomponent = "xz"',
            "statement[0].aliases: 'CVE-2024-47611' is the vulnerability itself",
        ),
        (
            'component = "xz"',
            'aliases = ["GHSA-1-2-3", "CVE-1-1", "GHSA-1-2-3"]\ncomponent = "xz"',
            "statement[0].aliases: 'GHSA-1-2-3' is there twice",
        ),
        (
            '["https://example.org/advisory"]',
            '["https://example.org/a", "https://example.org/a"]',
            "statement[0].evidence: 'https://example.org/a' is there twice",
        ),
        ("[[statement]]", "[statement]", "statement: expected an array, found a table"),
        ("[[statement]]", "[[statements]]", "statements: unknown table"),
    ],
)
def test_a_wrong_value_is_named_with_its_key_path(old: str, new: str, expected: str) -> None:
    assert old in VALID
    assert refused(VALID.replace(old, new, 1)) == [expected]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            'status = "not_affected"',
            ["statement[0]: a 'not_affected' needs a 'justification' or an 'impact-statement'"],
        ),
        ('status = "not_affected"\nimpact-statement = "It is a tool."', []),
        ('status = "affected"', ["statement[0]: an 'affected' needs an 'action-statement'"]),
        ('status = "affected"\naction-statement = "Update."', []),
        ('status = "fixed"', []),
        ('status = "under_investigation"', []),
        (
            'status = "fixed"\njustification = "component_not_present"',
            [
                "statement[0].justification: belongs to the status 'not_affected', found 'fixed'",
            ],
        ),
        (
            'status = "fixed"\naction-statement = "Update."',
            ["statement[0].action-statement: belongs to the status 'affected', found 'fixed'"],
        ),
    ],
)
def test_a_status_has_what_openvex_requires_of_it(lines: str, expected: list[str]) -> None:
    """OPENVEX-SPEC.md, Statement Fields."""
    old = 'status = "not_affected"\njustification = "vulnerable_code_not_present"'
    text = VALID.replace(old, lines)
    assert (refused(text) if expected else read_statements(text)) == expected or not expected


def test_everything_that_is_wrong_is_reported_at_once() -> None:
    text = VALID.replace("2026-01-31", "2026") + VALID.replace("date", "dat").replace("<5", "5")
    assert refused(text) == [
        "statement[0].date: expected a date such as 2026-01-31, without quotes, found 2026",
        "statement[1].versions: expected a version range such as '>=8.6.13,<9', found '5.6.3'",
        "statement[1].dat: unknown key",
    ]


def test_what_is_no_toml_is_named_with_its_line() -> None:
    with pytest.raises(SbomError) as caught:
        read_statements("[[statement]]\nvulnerability =\n")
    assert str(caught.value).startswith("vex.toml:2:16: not valid TOML: ")


def test_every_key_is_described_and_documented() -> None:
    assert describe_keys(Statement).keys() == key_fields(Statement).keys()
    page = (ROOT / "docs/vex.md").read_text(encoding="utf-8")
    assert not [key for key in key_fields(Statement) if f"`{key}`" not in page]
