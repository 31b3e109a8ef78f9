"""What a verb reports, printed in the format that its options ask for."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TextIO

from sbom.diagnostics import Diagnostic, SbomError
from sbom.diagnostics.render import OutputFormat, add_summary, printable, render, summarize
from sbom.diagnostics.style import TextStyle, is_colored
from sbom.options.shared import DiffFormat, ReportOptions, TextOptions
from sbom.options.verbs import DiffOptions

#: The columns of text that goes to a file or a program, and the fewest that text is wrapped at.
_COLUMNS = 80
_NARROWEST = 40


def print_report(
    options: ReportOptions,
    diagnostics: Sequence[Diagnostic],
    *,
    text: str,
    results: Mapping[str, object],
    exempted: Iterable[tuple[Diagnostic, str]] = (),
    strict: bool = False,
    is_check: bool = False,
    is_answer: bool = False,
    exemptible: bool = True,
) -> None:
    """Print what a verb did, and what is wrong.

    As text, ``text`` goes to standard output, unless it is to be quiet and the text is not what
    was asked for (``is_answer``). So do the diagnostics of a verb that was run for them
    (``is_check``), before the text, which ends with their number; those of others go to standard
    error. What fills a screen starts with the number, too. JSON is one object: ``results`` and
    ``diagnostics``. The formats that only have diagnostics go to standard output, and ``text`` to
    standard error. What is reported without a manifest is not ``exemptible``.
    """
    exempted = list(exempted)
    output_format = options.output_format
    shown = text if is_answer or not options.quiet else ""
    if output_format is OutputFormat.TEXT:
        stream = sys.stdout if is_check else sys.stderr
        style = text_style(options, stream)
        rendered = render(
            diagnostics, output_format, strict=strict, exemptible=exemptible, style=style
        )
        if diagnostics and not is_check and not options.quiet:
            rendered = add_summary(rendered, summarize(diagnostics, strict=strict))
        accepted = "" if options.quiet else _render_exempted(exempted, style)
        text = wrap_lines(shown, style) if is_check else escape_lines(shown)
        if is_check and shown.count("\n") == 1:
            rendered, accepted, text = add_summary(rendered + accepted, text.rstrip("\n")), "", ""
        _write(stream, rendered)
        _write(sys.stdout, f"{accepted}{text}")
    elif output_format is OutputFormat.JSON:
        rendered = render(diagnostics, output_format, strict=strict, exemptible=exemptible)
        found = json.loads(rendered)
        _write(sys.stdout, _as_json(options, found, results))
    else:
        _write(sys.stdout, render(diagnostics, output_format, strict=strict, exempted=exempted))
        _write(sys.stderr, escape_lines(shown))


def print_error(options: TextOptions, error: SbomError) -> None:
    """Print the diagnostics that ended a verb: text to standard error, others to the output."""
    output_format = OutputFormat.TEXT
    if isinstance(options, ReportOptions):
        output_format = options.output_format
    elif isinstance(options, DiffOptions) and options.output_format is DiffFormat.JSON:
        output_format = OutputFormat.JSON
    is_text = output_format is OutputFormat.TEXT
    stream = sys.stderr if is_text else sys.stdout
    rendered = render(
        error.diagnostics,
        output_format,
        strict=error.strict,
        exemptible=error.exemptible,
        style=text_style(options, stream),
    )
    if output_format is OutputFormat.JSON:
        rendered = _as_json(options, json.loads(rendered), {})
    if is_text and not options.quiet:
        rendered = add_summary(rendered, summarize(error.diagnostics, strict=error.strict))
    _write(stream, rendered)


def print_note(options: TextOptions, text: str) -> None:
    """Print something to know to standard error, unless it is to be quiet."""
    if not options.quiet:
        _write(sys.stderr, f"{wrap_lines(text, text_style(options, sys.stderr))}\n")


def text_style(options: TextOptions, stream: TextIO | None) -> TextStyle:
    """Return how text is printed to a stream; None is one that is closed."""
    is_terminal = stream is not None and stream.isatty()
    color = is_colored(
        options.color,
        os.environ,
        is_terminal=is_terminal,
        is_windows=sys.platform == "win32",
    )
    width = text_width(stream) if is_terminal else 0
    return TextStyle(width=width, color=color, quiet=options.quiet, verbose=options.verbose)


def text_width(stream: TextIO | None) -> int:
    """Return how many columns text for a stream has: those of its terminal, or 80."""
    if stream is None or not stream.isatty():
        return _COLUMNS
    return max(_NARROWEST, shutil.get_terminal_size((_COLUMNS, 24)).columns)


def escape_lines(text: str) -> str:
    """Return lines with everything escaped that a terminal would act on."""
    return "\n".join(map(printable, text.split("\n")))


def wrap_lines(text: str, style: TextStyle) -> str:
    """Return lines as ``escape_lines`` does, each wrapped below where it starts."""
    wrapped = []
    for line in text.split("\n"):
        sentence = line.lstrip(" ")
        wrapped.append(style.wrap(printable(sentence), line[: len(line) - len(sentence)]))
    return "\n".join(wrapped)


def _as_json(
    options: TextOptions, diagnostics: Sequence[object], results: Mapping[str, object]
) -> str:
    is_list = isinstance(options, ReportOptions) and options.json_is_list
    value = diagnostics if is_list else {**results, "diagnostics": diagnostics}
    return json.dumps(value, indent=2) + "\n"


def _write(stream: TextIO | None, text: str) -> None:
    """Write a text to a stream; one that is closed takes nothing, and no other takes it."""
    if stream is not None:
        stream.write(text)


def _render_exempted(exempted: Iterable[tuple[Diagnostic, str]], style: TextStyle) -> str:
    """Return exempted diagnostics as text, each with the reason."""
    lines = (
        f"{printable(str(diagnostic))} [exempted: {diagnostic.entry.id} {diagnostic.code}]\n"
        f"    {printable(' '.join(reason.split()))}\n"
        for diagnostic, reason in exempted
    )
    return wrap_lines("".join(lines), style)
