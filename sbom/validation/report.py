"""Validation reports as text and JSON, and the exit status they come to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sbom.diagnostics import Code, Exit, sort_diagnostics
from sbom.diagnostics.render import render
from sbom.validation.results import ValidationReport, ValidatorResult


def render_reports(reports: Sequence[ValidationReport], output_format: str) -> str:
    """Return reports in one of ``OUTPUT_FORMATS``: the diagnostics, then each document's results.

    JSON is one object: ``diagnostics`` as ``check`` prints them, and ``documents``.
    """
    diagnostics = sort_diagnostics(
        diagnostic for report in reports for diagnostic in report.diagnostics
    )
    rendered = render(diagnostics, output_format)
    if output_format == "json":
        documents = [_as_json(report) for report in reports]
        value = {"diagnostics": json.loads(rendered), "documents": documents}
        return json.dumps(value, indent=2) + "\n"
    return rendered + "".join(f"{line}\n" for report in reports for line in _as_text(report))


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
    """Return the exit status: USAGE where a document could not be read."""
    codes = {diagnostic.code for report in reports for diagnostic in report.diagnostics}
    if Code.INPUT_ERROR in codes:
        return Exit.USAGE
    return Exit.ERRORS if codes else Exit.OK
