"""``validate``: documents compared with outside validators and this project's invariants."""

from __future__ import annotations

import argparse

from sbom.inputs import Environment
from sbom.validation.report import exit_status, render_reports
from sbom.validation.runner import validate_document


def run(arguments: argparse.Namespace, _: Environment) -> int:
    """Print what the validators report of documents, whoever wrote them."""
    reports = [validate_document(path, strict=arguments.strict) for path in arguments.files]
    print(render_reports(reports, arguments.format), end="")
    return exit_status(reports)
