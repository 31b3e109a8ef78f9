"""``validate``: documents compared with outside validators and this project's invariants."""

from __future__ import annotations

import sys

from sbom.options.verbs import ValidateOptions
from sbom.reports import text_style
from sbom.validation.report import exit_status, render_reports
from sbom.validation.runner import validate_document


def run(options: ValidateOptions) -> int:
    """Print what the validators report of documents of any tool."""
    reports = [validate_document(path, strict=options.strict) for path in options.files]
    style = text_style(options, sys.stdout)
    print(render_reports(reports, options.output_format, style), end="")
    return exit_status(reports)
