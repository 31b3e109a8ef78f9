"""Columns of diagnostics of a script."""

from __future__ import annotations

import pytest

from sbom.diagnostics import SbomError
from sbom.diagnostics.render import OutputFormat, render
from sbom.diagnostics.script_messages import undecided_condition
from sbom.script.locations import analyze_with_locations, locate_in_script

FETCH = "python get_external.py xz-5.2.5"


def excerpt(text: str) -> list[str]:
    """Return what is shown of the first diagnostic of a script."""
    try:
        diagnostics = analyze_with_locations(text, "s.bat").diagnostics
    except SbomError as error:
        diagnostics = error.diagnostics
    lines = render(diagnostics, OutputFormat.TEXT).splitlines()
    return [lines[0].partition(": ")[0], *(line for line in lines[1:4] if "|" in line)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            f"{FETCH}\ngoto end\nset X=zlib-1.3.1\n:end",
            ["s.bat:3:7", "  |", "3 | set X=zlib-1.3.1", "  |       ^^^^^^^^^^"],
            id="subject",
        ),
        pytest.param(
            f"{FETCH}\r\n  curl -O x.zip\r\n",
            ["s.bat:2:3", "  |", "2 |   curl -O x.zip", "  |   ^^^^^^^^^^^^^"],
            id="quoted in the message, with CRLF",
        ),
        pytest.param(
            f"{FETCH}\nset A=x y\n{' ' * 12}curl %A%",
            ["s.bat:3:13", "  |", f"3 | {' ' * 12}curl %A%", f"  | {' ' * 12}^^^^^^^^"],
            id="the whole line, where variables were expanded",
        ),
        pytest.param(
            f"{FETCH} (a)\nif 1==1 (",
            ["s.bat:2:1", "  |", "2 | if 1==1 (", "  | ^^^^^^^^^"],
            id="what is expected is not in the line",
        ),
    ],
)
def test_a_diagnostic_shows_the_part_of_the_line_that_is_meant(
    text: str, expected: list[str]
) -> None:
    assert excerpt(text) == expected


def test_a_diagnostic_of_the_whole_script_has_no_column() -> None:
    diagnostic = undecided_condition("s.bat", "xz-5.2.5")
    assert locate_in_script([diagnostic], "s.bat", FETCH) == (diagnostic,)
