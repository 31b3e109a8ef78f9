"""What a verb reports, printed in the format that its options ask for."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence

from sbom.diagnostics import Diagnostic, SbomError
from sbom.diagnostics.render import OutputFormat, printable, render
from sbom.options.shared import ReportOptions


def print_report(
    options: ReportOptions,
    diagnostics: Sequence[Diagnostic],
    *,
    text: str,
    results: Mapping[str, object],
    exempted: Iterable[tuple[Diagnostic, str]] = (),
    is_check: bool = False,
) -> None:
    """Print what a verb did, and what is wrong.

    As text, ``text`` goes to standard output, and so do the diagnostics of a verb that was run
    for them (``is_check``); those of others go to standard error. JSON is one object:
    ``results`` and ``diagnostics``. The formats that only have diagnostics go to standard output,
    and ``text`` to standard error.
    """
    exempted = list(exempted)
    output_format = options.output_format
    if output_format is OutputFormat.TEXT:
        rendered = render(diagnostics, output_format)
        print(rendered, end="", file=sys.stdout if is_check else sys.stderr)
        print(f"{render_exempted(exempted)}{text}", end="")
    elif output_format is OutputFormat.JSON:
        found = json.loads(render(diagnostics, output_format))
        print(json.dumps({**results, "diagnostics": found}, indent=2))
    else:
        print(render(diagnostics, output_format, exempted=exempted), end="")
        print(text, end="", file=sys.stderr)


def print_error(options: ReportOptions, error: SbomError) -> None:
    """Print the diagnostics that ended a verb: text to standard error, others to the output."""
    rendered = render(error.diagnostics, options.output_format, strict=error.strict)
    if options.output_format is OutputFormat.TEXT:
        print(rendered, end="", file=sys.stderr)
    elif options.output_format is OutputFormat.JSON and not options.json_is_list:
        print(json.dumps({"diagnostics": json.loads(rendered)}, indent=2))
    else:
        print(rendered, end="")


def render_exempted(exempted: Iterable[tuple[Diagnostic, str]]) -> str:
    """Return exempted diagnostics as text, each with the reason."""
    return "".join(
        f"{printable(str(one))} [exempted: {one.entry.id} {one.code}]\n"
        f"    {printable(' '.join(reason.split()))}\n"
        for one, reason in exempted
    )
