"""What ``verify`` prints for people and for GitHub; JSON is what the other tests read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from binaries import binaries
from pe_files import pe
from signatures import catalog_of, signature_of, signed_pe
from verify_case import VerifyCase

from sbom.binaries.pe import read_headers
from sbom.diagnostics import Exit


@pytest.fixture
def case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> VerifyCase:
    return VerifyCase(tmp_path, capsys)


def test_text_says_what_the_target_is_and_has_a_table_and_a_summary(case: VerifyCase) -> None:
    status, out = case.run(output_format="text")
    lines = out.splitlines()
    assert status == Exit.OK
    assert lines[0].endswith(f"build: CPython 3.13.5, amd64, {len(case.files)} files")
    assert lines[2] == lines[-1]
    assert lines[4].split() == ["file", "component", "expected", "found", "status"]
    assert any(line.split() == ["sqlite3.dll", "sqlite", "3.49.1", "3.49.1", "confirmed"]
               for line in lines)  # fmt: skip
    assert lines[-1].endswith("; no errors, no warnings")
    assert "1 detected, not declared; 3 present, version unknown" in lines[-1]


def test_of_what_has_no_binaries_no_platform_and_no_table_is_shown(case: VerifyCase) -> None:
    case.files = {"readme.txt": b"a"}
    status, out = case.run(output_format="text")
    first, blank, problem, *_ = out.splitlines()
    assert status == Exit.ERRORS
    assert first.endswith("build: CPython of unknown version, 1 file")
    assert (blank, "[error: SBM213 no-python]" in problem) == ("", True)


def test_who_signed_the_files_is_listed(case: VerifyCase) -> None:
    plain, other = (binaries()[name] for name in ("_bz2.pyd", "sqlite3.dll"))
    second = signature_of(bytes.fromhex(read_headers(plain).authenticode), "Any Foundation")
    catalog = catalog_of([bytes.fromhex(read_headers(other).authenticode)], "Any Foundation")
    time = datetime(2026, 6, 9, 12, tzinfo=UTC)
    case.files = {
        "_bz2.pyd": signed_pe(plain, inside=[second, second]),
        "_lzma.pyd": signed_pe(binaries()["_lzma.pyd"], time=time).replace(b"lzma", b"LZMA"),
        "sqlite3.dll": other,
        "python.cat": catalog,
        "tk86t.dll": binaries()["tk86t.dll"],
    }
    _, out = case.run(output_format="text")
    start = out.index("\nsigner ") + 1
    table = [line.split("  ") for line in out[start : out.index("\n\n", start)].splitlines()]
    assert [[cell.strip() for cell in row if cell] for row in table] == [
        ["signer", "serial", "files", "status"],
        ["Any Foundation", "0102", "1", "intact, not trusted"],
        ["Any Foundation", "0102", "1", "secondary signature intact, not trusted"],
        ["Python Software Foundation", "0102", "1", "changed"],
        ["Python Software Foundation", "0102", "1", "intact, trusted"],
        ["-", "-", "1", "not signed"],
        ["-", "-", "1", "not signed, listed in a catalog"],
    ]
    _, report = case.run()
    name = "CN=Python Software Foundation Signing, O=Python Software Foundation, C=US"
    assert report["signatures"][3] == {
        "file": "_lzma.pyd",
        "is_secondary": False,
        "status": "changed",
        "signer": "Python Software Foundation",
        "subject": name,
        "issuer": name,
        "serial": "0102",
        "signed_at": "2026-06-09T12:00:00Z",
        "is_trusted": False,
        "not_trusted": [],
    }
    assert report["signatures"][1]["not_trusted"] == ["signature of Any Foundation: found none"]
    assert report["unsigned"] == [
        {"file": "sqlite3.dll", "is_in_catalog": True},
        {"file": "tk86t.dll", "is_in_catalog": False},
    ]


def test_github_gets_workflow_commands(case: VerifyCase) -> None:
    case.files["evil.dll"] = pe()
    _, out = case.run(output_format="github")
    assert out.startswith("::error file=")
    assert len(out.splitlines()) == 1


def test_short_text_has_its_summary_once(case: VerifyCase) -> None:
    case.files = {"sqlite3.dll": case.files["sqlite3.dll"]}
    _, out = case.run(output_format="text")
    lines = out.splitlines()
    assert lines[2].split() == ["file", "component", "expected", "found", "status"]
    assert out.count("compared with") == 1
