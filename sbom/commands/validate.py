"""``judge``: documents held against outside validators."""

from __future__ import annotations

import argparse

from sbom.inputs import Environment
from sbom.validation.report import report, status
from sbom.validation.runner import validate_document


def run(arguments: argparse.Namespace, _: Environment) -> int:
    """Print what the judges say of documents, anybody's."""
    judged = [validate_document(path, strict=arguments.strict) for path in arguments.files]
    print(report(judged, arguments.format), end="")
    return status(judged)
