"""Diagnostics as text, JSON, or workflow commands of GitHub."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum

from sbom.diagnostics.catalog import Severity
from sbom.diagnostics.diagnostic import (
    Code,
    Diagnostic,
    Location,
    failing,
    sort_diagnostics,
)
from sbom.diagnostics.style import PLAIN, TextStyle


class OutputFormat(StrEnum):
    """How diagnostics are printed: for people, for programs, or for code review."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


#: What the lines below the first one of a diagnostic start with.
_INDENT = "    "
#: How many diagnostics with one name are printed as text.
_SHOWN = 50
#: How many lines a terminal has that shows all of a text at once.
_SCREEN = 24
#: How many columns of a line of the input are printed.
_EXCERPT = 72
#: How many of the others are named.
_NAMED = 200


def render(
    diagnostics: Sequence[Diagnostic],
    output_format: OutputFormat,
    *,
    strict: bool = False,
    exempted: Iterable[tuple[Diagnostic, str]] = (),
    exemptible: bool = True,
    style: TextStyle = PLAIN,
) -> str:
    """Return the diagnostics in a format.

    The result ends with a line feed unless it is empty. With ``strict``, warnings are shown as
    the errors they then are. What is ``exempted`` is for SARIF, ``style`` for text. How to accept
    a diagnostic is part of it only where they are ``exemptible``.
    """
    ordered = sort_diagnostics(diagnostics)
    if output_format is OutputFormat.JSON:
        values = [_as_json(item, strict=strict, exemptible=exemptible) for item in ordered]
        return json.dumps(values, indent=2) + "\n"
    if output_format is OutputFormat.SARIF:
        # It needs urllib.parse, which the quick verbs do not wait for.
        from sbom.diagnostics.sarif import render_sarif  # noqa: PLC0415

        return render_sarif(ordered, exempted, strict=strict)
    if output_format is OutputFormat.GITHUB:
        return "".join(f"{_as_github(item, strict=strict)}\n" for item in ordered)
    if style.quiet:
        ordered = tuple(failing(ordered, strict=strict))
    exemptible = exemptible and not style.quiet
    return "".join(_text_blocks(ordered, style, strict=strict, exemptible=exemptible))


def _text_blocks(
    ordered: Sequence[Diagnostic], style: TextStyle, *, strict: bool, exemptible: bool
) -> Iterator[str]:
    """Yield the text of diagnostics, by file: of many with one name, the first ones and a number.

    A hint is printed once for each name, the lines that exempt several diagnostics once. With
    ``verbose``, all diagnostics are printed; with ``quiet``, neither hints nor these lines are.
    """
    limit = len(ordered) if style.verbose else _SHOWN
    file = ordered[0].location.path if ordered else ""
    by_code: dict[Code, list[Diagnostic]] = {}
    for item in ordered:
        by_code.setdefault(item.code, []).append(item)
    shown: Counter[Code] = Counter()
    printed: set[str] = set()
    for item in ordered:
        shown[item.code] += 1
        if shown[item.code] == limit + 1:
            yield _summarize(by_code[item.code][limit:], style, strict=strict)
        if shown[item.code] > limit:
            continue
        if item.location.path != file:
            file = item.location.path
            yield "" if style.quiet else "\n"
        hint = f"{item.code} {item.hint}"
        exemption = exemption_toml(item) if exemptible else ""
        key = f"exemption key: {printable(item.exemption_key)}\n" if exemption else ""
        lines = "" if exemption in printed else textwrap.indent(exemption, _INDENT)
        yield _as_text(
            replace(item, hint="" if hint in printed or style.quiet else item.hint),
            key + lines,
            style,
            strict=strict,
        )
        printed |= {exemption, hint}


def _summarize(rest: Sequence[Diagnostic], style: TextStyle, *, strict: bool) -> str:
    """Return the number of diagnostics that are not printed, and what the first ones are about."""
    names = [printable(item.short_subject or item.location.path) for item in rest[:_NAMED]]
    more = ", …" if len(rest) > _NAMED else ""
    label = _label(rest[0], strict=strict)
    return f"and {len(rest):,} more [{label}]:\n{style.wrap(', '.join(names) + more, _INDENT)}\n"


def exemption_toml(diagnostic: Diagnostic) -> str:
    """Return the lines of externals.toml that accept a diagnostic, but for the reason.

    Empty for one that cannot be exempted. As the reason is left empty, the manifest is invalid
    until somebody writes one.
    """
    if not diagnostic.entry.exemptible:
        return ""
    # A JSON string is a basic string of TOML, except for what TOML, or a terminal, needs escaped.
    quoted = json.dumps(diagnostic.exemption_key, ensure_ascii=False)
    key = "".join(letter if letter.isprintable() else f"\\U{ord(letter):08X}" for letter in quoted)
    return f'[[exemption]]\ndiagnostic = "{diagnostic.code}"\nkey = {key}\nreason = ""\n'


def count(number: int, noun: str) -> str:
    """Return ``no errors``, ``1 error`` or ``2 errors``."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def align_columns(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of cells as lines, the cells of each column below each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "".join(f"{line}\n" for line in lines)


def summarize(diagnostics: Sequence[Diagnostic], *, strict: bool = False) -> str:
    """Return how many errors and warnings there are, if any: ``2 errors, 1 warning``."""
    errors = len(failing(diagnostics, strict=strict))
    counts = {"error": errors, "warning": len(diagnostics) - errors}
    return ", ".join(count(number, noun) for noun, number in counts.items() if number)


def add_summary(text: str, summary: str) -> str:
    """Return lines with their summary after them and, if they fill a screen, before them too."""
    before = f"{summary}\n\n" if text.count("\n") > _SCREEN else ""
    return f"{before}{text}{summary}\n"


def _severity(diagnostic: Diagnostic, *, strict: bool) -> Severity:
    return Severity.ERROR if strict else diagnostic.entry.severity


def printable(text: str) -> str:
    """Return a text as it can be printed on one line of a terminal: anything else is escaped."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _label(diagnostic: Diagnostic, *, strict: bool) -> str:
    severity = _severity(diagnostic, strict=strict)
    return f"{severity}: {diagnostic.entry.id} {diagnostic.code}"


def _as_text(diagnostic: Diagnostic, exemption: str, style: TextStyle, *, strict: bool) -> str:
    """Return the lines of a diagnostic; ``exemption`` has those on how to accept it, if any."""
    is_error = _severity(diagnostic, strict=strict) is Severity.ERROR
    paint = style.error if is_error else style.warning
    location, label = printable(str(diagnostic.location)), _label(diagnostic, strict=strict)
    rest = ": ".join(part for part in (diagnostic.short_subject, diagnostic.message) if part)
    # No-break spaces, of which printable() leaves none, keep both ends whole.
    kept, kept_label = location.replace(" ", "\xa0"), label.replace(" ", "\xa0")
    wrapped = style.wrap(f"{kept}: {printable(rest)} [{kept_label}]")
    middle = wrapped.removeprefix(kept).removesuffix(f"{kept_label}]")
    text = f"{style.location(location)}{middle}{paint(label)}]\n"
    if not style.quiet:
        text += _excerpt(diagnostic.location, paint)
    if diagnostic.hint:
        lines = style.wrap(printable(diagnostic.hint), _INDENT).split("\n")
        text += "".join(f"{_INDENT}{style.hint(line[len(_INDENT) :])}\n" for line in lines)
    return text + textwrap.indent(exemption, _INDENT)


def _excerpt(location: Location, paint: Callable[[str], str]) -> str:
    """Return the line that is meant, with carets below the part that is; empty if it is not known.

    Of a long line, it is what is about the part.
    """
    if not location.excerpt:
        return ""
    before = printable(location.excerpt[: location.column - 1])
    meant = printable(location.excerpt[location.column - 1 :][: location.width])
    after = printable(location.excerpt[location.column - 1 + location.width :])
    if len(before) > _EXCERPT // 2:
        before = f"…{before[-_EXCERPT // 2 :]}"
    if len(meant) > _EXCERPT - len(before):
        meant, after = f"{meant[: _EXCERPT - len(before)]}…", ""
    room = max(0, _EXCERPT - len(before) - len(meant))
    after = f"{after[:room]}…" if len(after) > room else after
    margin = " " * len(str(location.line))
    carets = " " * len(before) + paint("^" * max(1, len(meant)))
    return f"{margin} |\n{location.line} | {before}{meant}{after}\n{margin} | {carets}\n"


def _as_github(diagnostic: Diagnostic, *, strict: bool) -> str:
    """Return a workflow command; values are escaped the way GitHub's toolkit unescapes them.

    A path has slashes, as those of the files of a pull request have. The message starts with the
    location, as that of ruff does: the log of a run shows nothing else of it.
    """
    location = diagnostic.location
    line = f",line={location.line}" if location.line else ""
    if location.column:
        line += f",col={location.column}"
    text = _escape(f"{diagnostic}\n{diagnostic.hint}".rstrip())
    path = _escape(location.path.replace("\\", "/")).replace(":", "%3A").replace(",", "%2C")
    # An option is in no file.
    file = "" if diagnostic.code is Code.USAGE else f"file={path}{line},"
    title = f"{diagnostic.entry.id} {diagnostic.code}"
    severity = _severity(diagnostic, strict=strict)
    return f"::{severity} {file}title={title}::{text}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _as_json(diagnostic: Diagnostic, *, strict: bool, exemptible: bool) -> dict[str, object]:
    exemption = exemption_toml(diagnostic) if exemptible else ""
    return {
        "id": diagnostic.entry.id,
        "name": str(diagnostic.code),
        "severity": _severity(diagnostic, strict=strict),
        "file": diagnostic.location.path,
        "line": diagnostic.location.line or None,
        "column": diagnostic.location.column or None,
        "subject": diagnostic.subject,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
        "exemption_key": diagnostic.exemption_key if exemption else None,
        "exemption_toml": exemption or None,
    }
