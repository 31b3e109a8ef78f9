"""What ``verify`` prints for people and for GitHub; JSON is what the other tests read."""

from __future__ import annotations

from pathlib import Path

import pytest
from pe_files import pe
from verify_case import VerifyCase

from sbom.diagnostics import Exit


@pytest.fixture
def case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> VerifyCase:
    return VerifyCase(tmp_path, capsys)


def test_text_is_a_table_and_a_summary(case: VerifyCase) -> None:
    status, out = case.run(output_format="text")
    lines = out.splitlines()
    assert status == Exit.OK
    assert lines[0].split() == ["file", "component", "expected", "found", "status"]
    assert any(line.split() == ["sqlite3.dll", "sqlite", "3.49.1", "3.49.1", "confirmed"]
               for line in lines)  # fmt: skip
    assert lines[-1].endswith("; no errors, no warnings")
    assert "1 detected, not declared; 3 present, version unknown" in lines[-1]


def test_github_gets_workflow_commands(case: VerifyCase) -> None:
    case.files["evil.dll"] = pe()
    _, out = case.run(output_format="github")
    assert out.startswith("::error file=")
    assert len(out.splitlines()) == 1
