"""``judge``: documents held against outside validators."""

from __future__ import annotations

import argparse

from sbom import judge
from sbom.verbs.inputs import Environment


def run(arguments: argparse.Namespace, _: Environment) -> int:
    """Print what the judges say of documents, anybody's."""
    judged = [judge.judge(path, strict=arguments.strict) for path in arguments.files]
    print(judge.report(judged, arguments.format), end="")
    return judge.status(judged)
