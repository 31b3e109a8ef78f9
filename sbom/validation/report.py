"""What validators report of documents: as values, as text and JSON, and as an exit status."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sbom.diagnostics import Code, Diagnostic, Exit, sort_diagnostics
from sbom.diagnostics.render import OutputFormat, printable, render
from sbom.diagnostics.style import PLAIN, TextStyle

#: Diagnostics of one validator for one document; those beyond are counted.
LIMIT = 50


class Violation(NamedTuple):
    """A violated rule; ``element`` is an SPDX id, or a JSON pointer, or empty for the document."""

    element: str
    message: str
    hint: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidatorResult:
    """What one validator reports of one document.

    ``notes`` are sentences that fail nothing; ``omitted`` is how many diagnostics more there are.
    """

    validator: str
    diagnostics: tuple[Diagnostic, ...]
    notes: tuple[str, ...] = ()
    omitted: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidationReport:
    """What all validators report of one document."""

    file: str
    results: tuple[ValidatorResult, ...]

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The diagnostics of all validators, sorted."""
        return sort_diagnostics(
            diagnostic for result in self.results for diagnostic in result.diagnostics
        )


def render_reports(
    reports: Sequence[ValidationReport], output_format: OutputFormat, style: TextStyle = PLAIN
) -> str:
    """Return reports in a format: the diagnostics, then each document's results.

    JSON is one object: ``diagnostics`` as ``check`` prints them, and ``documents``.
    """
    diagnostics = sort_diagnostics(
        diagnostic for report in reports for diagnostic in report.diagnostics
    )
    rendered = render(diagnostics, output_format, exemptible=False, style=style)
    if output_format is OutputFormat.JSON:
        documents = [_as_json(report) for report in reports]
        value = {"diagnostics": json.loads(rendered), "documents": documents}
        return json.dumps(value, indent=2) + "\n"
    if output_format is OutputFormat.SARIF:
        return rendered
    if style.quiet:
        return rendered
    return rendered + "".join(
        f"{printable(line)}\n" for report in reports for line in _as_text(report)
    )


def _as_text(report: ValidationReport) -> Iterator[str]:
    yield report.file
    for result in report.results:
        yield f"  {result.validator}: {_summarize(result)}"
        yield from (f"    note: {note}" for note in result.notes)


def _summarize(result: ValidatorResult) -> str:
    count = len(result.diagnostics) + result.omitted
    if not count:
        return "ok"
    errors = "1 error" if count == 1 else f"{count} errors"
    return f"{errors}, {result.omitted} not shown" if result.omitted else errors


def _as_json(report: ValidationReport) -> dict[str, Any]:
    results = [
        {
            "validator": result.validator,
            "errors": len(result.diagnostics) + result.omitted,
            "omitted": result.omitted,
            "notes": result.notes,
        }
        for result in report.results
    ]
    return {"file": report.file, "results": results}


def exit_status(reports: Sequence[ValidationReport]) -> Exit:
    """Return the exit status: USAGE if a document could not be read."""
    codes = {diagnostic.code for report in reports for diagnostic in report.diagnostics}
    if Code.INPUT_ERROR in codes:
        return Exit.USAGE
    return Exit.ERRORS if codes else Exit.OK
