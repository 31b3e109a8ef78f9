"""Diagnostics as people read them: what to add to accept one is printed with it."""

from __future__ import annotations

import json
import re
import textwrap
import tomllib

import pytest
from manifests import COMMITTED

from sbom.diagnostics import Code, Diagnostic, Location
from sbom.diagnostics.inspection_messages import excluded_component, unowned_file
from sbom.diagnostics.render import OutputFormat, add_summary, render, summarize
from sbom.diagnostics.style import ColorChoice, TextStyle, is_colored
from sbom.manifest.exemptions import triage_diagnostics
from sbom.manifest.read import read_manifest

#: Names that a zip file can have, and that TOML has to have escaped.
NAMES = ["a.dll", r"a\b.dll", 'say "hi".txt', "tab\tnull\0.txt", "\x7f\x80é💡\u202e.txt", "'x'"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("output_format", [OutputFormat.TEXT, OutputFormat.JSON])
def test_what_is_printed_accepts_the_diagnostic_once_it_has_a_reason(
    name: str, output_format: OutputFormat
) -> None:
    diagnostic = unowned_file("python.3.14.7.nupkg", name)
    output = render([diagnostic], output_format)
    if output_format is OutputFormat.JSON:
        lines = json.loads(output)[0]["exemption_toml"]
    else:
        lines = textwrap.dedent(output[output.index("        [[exemption]]") :])
    [table] = tomllib.loads(lines)["exemption"]
    assert table == {"diagnostic": "unowned-file", "key": name, "reason": ""}
    text = COMMITTED.read_text(encoding="utf-8")
    text += "\n" + lines.replace('reason = ""', 'reason = "known"')
    found = triage_diagnostics([diagnostic], read_manifest(text), ())
    assert found.exempted == ((diagnostic, "known"),)


def test_lines_that_accept_several_diagnostics_are_printed_once() -> None:
    files = ("python-3.14.7-embed-amd64.zip", "python-3.14.7-embed-win32.zip")
    found = [excluded_component(file, "a.dll", ["a 1"]) for file in files]
    output = render(found, OutputFormat.TEXT)
    assert (
        output
        == """\
python-3.14.7-embed-amd64.zip: a.dll: should not be in this channel; belongs to a 1 \
[error: SBM206 excluded-component]
    remove it from the package, or from the channel's 'exclude'
    exemption key: a.dll
        [[exemption]]
        diagnostic = "excluded-component"
        key = "a.dll"
        reason = ""

python-3.14.7-embed-win32.zip: a.dll: should not be in this channel; belongs to a 1 \
[error: SBM206 excluded-component]
    exemption key: a.dll
"""
    )


def test_of_many_diagnostics_with_one_name_the_first_are_printed_and_the_others_named() -> None:
    many = [unowned_file("build", f"{n:03}.dll") for n in range(300)]
    output = render([*many, excluded_component("build", "a.dll", ["a 1"])], OutputFormat.TEXT)
    assert output.count(": unowned file: ") == 50
    assert "049.dll: unowned file" in output
    assert "\nand 250 more [error: SBM202 unowned-file]:\n    050.dll, 051.dll, " in output
    assert " 249.dll, …\n" in output
    assert "a.dll: should not be in this channel" in output
    assert output.count("find out where it comes from") == 1
    assert len(json.loads(render(many, OutputFormat.JSON))) == 300


@pytest.mark.parametrize(
    "name", ["\x1b[2J.dll", "a\nb.dll", "\u202egpj.dll", "\udc80.dll", "\x9b1m"]
)
def test_nothing_that_a_file_is_named_reaches_the_terminal_unescaped(name: str) -> None:
    output = render([unowned_file(name, name, version_resource=name)], OutputFormat.TEXT)
    assert all(line.isprintable() for line in output.splitlines())
    assert ascii(name)[1:-1] in output
    assert output.splitlines()[0].endswith("[error: SBM202 unowned-file]")


def test_nothing_is_printed_that_would_not_be_accepted() -> None:
    diagnostic = Diagnostic(
        code=Code.INVALID_TOML, location=Location("externals.toml"), message="invalid"
    )
    assert "exemption" not in render([diagnostic], OutputFormat.TEXT)
    [item] = json.loads(render([diagnostic], OutputFormat.JSON))
    assert (item["exemption_key"], item["exemption_toml"]) == (None, None)


def excerpt(line: str, column: int, width: int) -> list[str]:
    location = Location("m.toml", 7, column, width=width, excerpt=line)
    found = Diagnostic(code=Code.INVALID_TOML, location=location, message="invalid")
    return render([found], OutputFormat.TEXT).splitlines()[1:4]


def test_the_line_is_shown_with_carets_below_what_is_meant() -> None:
    assert excerpt("a = [1, 2]", 5, 6) == ["  |", "7 | a = [1, 2]", "  |     ^^^^^^"]


def test_the_carets_stand_below_characters_that_are_escaped() -> None:
    assert excerpt("\ta = \x1b", 6, 1) == ["  |", r"7 | \ta = \x1b", "  |       ^^^^"]


@pytest.mark.parametrize("column", [1, 60, 4000])
@pytest.mark.parametrize("width", [1, 500])
def test_a_long_line_is_shown_around_what_is_meant(column: int, width: int) -> None:
    line = "".join(chr(0x100 + n) for n in range(4500))
    _, shown, carets = excerpt(line, column, width)
    assert len(shown) <= 80
    assert shown[carets.index("^")] == line[column - 1]


def several() -> list[Diagnostic]:
    return [
        excluded_component("a.zip", "x.dll", ["a 1"]),
        Diagnostic(code=Code.PLACEHOLDER, location=Location("m.toml", 2), message="empty"),
        *(unowned_file("b.zip", f"{n:03}.dll") for n in range(60)),
        Diagnostic(code=Code.MISSING_CHECKSUM, location=Location("m.toml", 3), message="none"),
    ]


def test_diagnostics_stand_together_by_file_with_a_blank_line_between() -> None:
    blocks = render(several(), OutputFormat.TEXT).split("\n\n")
    firsts = [block.partition(":")[0] for block in blocks]
    assert firsts == ["a.zip", "b.zip", "m.toml"]


def test_quiet_prints_errors_only_each_on_one_line() -> None:
    lines = render(several(), OutputFormat.TEXT, style=TextStyle(quiet=True)).splitlines()
    assert all("[error: " in line or line.startswith("    050.dll") for line in lines)
    assert "missing-checksum" not in str(lines)


def test_verbose_prints_every_diagnostic() -> None:
    output = render(several(), OutputFormat.TEXT, style=TextStyle(verbose=True))
    assert output.count(": unowned file: ") == 60


def test_colors_change_nothing_but_colors() -> None:
    plain = render(several(), OutputFormat.TEXT)
    colored = render(several(), OutputFormat.TEXT, style=TextStyle(color=True))
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain
    assert "[\x1b[1;31merror: SBM206 excluded-component\x1b[0m]" in colored
    assert "[\x1b[1;33mwarning: SBM308 missing-checksum\x1b[0m]" in colored


def test_the_summary_counts_errors_and_warnings() -> None:
    assert summarize(several()) == "62 errors, 1 warning"
    assert summarize(several(), strict=True) == "63 errors"


@pytest.mark.parametrize(
    ("choice", "environment", "is_terminal", "expected"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_color_is_for_terminals_and_for_those_who_ask(
    choice: str, environment: dict[str, str], is_terminal: object, expected: object
) -> None:
    found = is_colored(
        ColorChoice(choice), environment, is_terminal=bool(is_terminal), is_windows=False
    )
    assert found is expected


def test_a_console_of_windows_is_colored_where_it_is_known_to_understand() -> None:
    for environment, expected in (({}, False), ({"WT_SESSION": "x"}, True)):
        found = is_colored(ColorChoice.AUTO, environment, is_terminal=True, is_windows=True)
        assert found is expected


def test_the_summary_stands_first_too_where_it_would_scroll_away() -> None:
    short, long = "one line\n" * 24, "one line\n" * 25
    assert add_summary(short, "2 errors") == f"{short}2 errors\n"
    assert add_summary(long, "2 errors") == f"2 errors\n\n{long}2 errors\n"


def test_on_a_terminal_sentences_are_wrapped_and_ends_and_addresses_stay_whole() -> None:
    address = "https://example.org/" + "a" * 60
    found = Diagnostic(
        code=Code.MISSING_CHECKSUM,
        location=Location("my tree/externals.toml", 3, 1),
        message="no checksum of an archive is recorded, and none is known",
        hint=f"look for it at {address} and record it, or run regen with network access",
    )
    [one, hint, *_] = render([found], OutputFormat.TEXT).splitlines()
    wrapped = render([found], OutputFormat.TEXT, style=TextStyle(width=50, color=True))
    plain = re.sub(r"\x1b\[[0-9;]*m", "", wrapped).splitlines()
    end = plain.index(next(line for line in plain if line.endswith("missing-checksum]")))
    last = next(number for number, line in enumerate(plain) if line.startswith("    exemption key"))
    assert " ".join(line.strip() for line in plain[: end + 1]) == one
    assert " ".join(line.strip() for line in plain[end + 1 : last]) == hint.strip()
    assert [line for line in plain if len(line) > 50] == [f"    {address}"]
    assert plain[0].startswith("my tree/externals.toml:3:1: ")
    assert plain[end].endswith("[warning: SBM308 missing-checksum]")
    assert "\x1b[1mmy tree/externals.toml:3:1\x1b[0m" in wrapped
    assert "[\x1b[1;33mwarning: SBM308 missing-checksum\x1b[0m]" in wrapped
