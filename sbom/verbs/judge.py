"""``judge``: documents held against outside validators."""

from __future__ import annotations

import argparse

from sbom.judging.court import judge
from sbom.judging.report import report, status
from sbom.verbs.inputs import Environment


def run(arguments: argparse.Namespace, _: Environment) -> int:
    """Print what the judges say of documents, anybody's."""
    judged = [judge(path, strict=arguments.strict) for path in arguments.files]
    print(report(judged, arguments.format), end="")
    return status(judged)
