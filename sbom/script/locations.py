"""Where in a line of a script a diagnostic is: its column, and the line itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from sbom.diagnostics import Diagnostic, SbomError
from sbom.script.analysis import analyze_script
from sbom.script.externals import ScriptAnalysis

#: What a message quotes of a line. A single character can be anywhere in it, and what is expected
#: is not there.
_QUOTED = re.compile(r"(?<!expected )'([^']{2,})'")


def analyze_with_locations(text: str, file: str) -> ScriptAnalysis:
    """Return what ``analyze_script`` does, each diagnostic with its column and its line.

    Raises SbomError, also with columns and lines, if the script cannot be run at all.
    """
    try:
        analysis = analyze_script(text, file)
    except SbomError as error:
        located = locate_in_script(error.diagnostics, file, text)
        raise type(error)(located, strict=error.strict) from None
    return replace(analysis, diagnostics=locate_in_script(analysis.diagnostics, file, text))


def locate_in_script(
    diagnostics: Iterable[Diagnostic], file: str, text: str
) -> tuple[Diagnostic, ...]:
    """Return diagnostics, those of lines of the script with the part of the line that is meant.

    That is the subject or what the message quotes, as the script writes it; if neither is in the
    line, because variables in it were expanded, it is the whole line.
    """
    lines = text.removeprefix("\ufeff").split("\n")
    return tuple(
        _locate(diagnostic, lines[diagnostic.location.line - 1].rstrip("\r"))
        if diagnostic.location.path == file and 0 < diagnostic.location.line <= len(lines)
        else diagnostic
        for diagnostic in diagnostics
    )


def _locate(diagnostic: Diagnostic, line: str) -> Diagnostic:
    start, end = next(
        (
            (at, at + len(part))
            for part in _candidates(diagnostic)
            if (at := line.lower().find(part.lower())) >= 0
        ),
        (len(line) - len(line.lstrip()), len(line.rstrip())),
    )
    located = replace(
        diagnostic.location, column=start + 1, width=max(1, end - start), excerpt=line
    )
    return replace(diagnostic, location=located)


def _candidates(diagnostic: Diagnostic) -> Iterator[str]:
    if diagnostic.subject:
        yield diagnostic.subject
    yield from _QUOTED.findall(diagnostic.message)
