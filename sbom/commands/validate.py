"""``validate``: documents compared with outside validators and this project's invariants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sbom.validation.report import exit_status, render_reports
from sbom.validation.runner import validate_document


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidateOptions:
    """Options of ``validate``."""

    files: tuple[Path, ...]
    strict: bool
    output_format: str


def run(options: ValidateOptions, _: Mapping[str, str]) -> int:
    """Print what the validators report of documents of any tool."""
    reports = [validate_document(path, strict=options.strict) for path in options.files]
    print(render_reports(reports, options.output_format), end="")
    return exit_status(reports)
