"""One document held against every judge: the outside ones, our own invariants, sbomqs's score."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from sbom.diagnostics import Diagnostic, InputError
from sbom.validation.external import SCHEMAS, by_fsct, by_ntia, by_schema, by_spdx_tools, installed
from sbom.validation.invariants import check_invariants
from sbom.validation.loading import read
from sbom.validation.results import ValidationReport, ValidatorResult
from sbom.validation.score import score
from sbom.validation.wording import LIMIT, more


def validate_document(path: Path, *, strict: bool = False) -> ValidationReport:
    """Hold one document against every judge.

    With ``strict``, what fsct3-min misses is a problem, but for what SPDX 2 cannot say.
    Raises UnusableError where a judge is not installed.
    """
    outside = (installed("jsonschema"), installed("ntia_conformance_checker"))
    file = str(path)
    try:
        data = read(path)
    except InputError as error:
        return ValidationReport(
            file=file,
            verdicts=(ValidatorResult(judge="file", file=file, problems=error.diagnostics),),
        )
    schemas = tuple(by_schema(outside[0], data, file, version) for version in SCHEMAS)
    ours = ValidatorResult(judge="invariants", file=file, problems=_by_invariants(data, file))
    return ValidationReport(
        file=file,
        verdicts=(
            by_spdx_tools(path),
            *schemas,
            by_ntia(outside[1], path),
            by_fsct(outside[1], path, strict=strict),
            ours,
        ),
        score=score(data, schema_valid=not schemas[0].problems),
    )


def _by_invariants(data: dict[str, Any], file: str) -> tuple[Diagnostic, ...]:
    found = check_invariants(data, file)
    if len(found) <= LIMIT:
        return found
    return (*found[:LIMIT], replace(found[0], message=more(len(found) - LIMIT)))
