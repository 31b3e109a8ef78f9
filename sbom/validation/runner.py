"""A document compared with everything that validates it: outside validators and our invariants."""

from __future__ import annotations

from pathlib import Path

from sbom.diagnostics import Diagnostic, InputError
from sbom.formats.cyclonedx_read import is_cyclonedx
from sbom.formats.json_document import JsonObject, parse_json
from sbom.formats.spdx2_view import check_spdx2
from sbom.formats.spdx3_read import is_spdx3
from sbom.io import DOCUMENT_LIMIT, read_bytes
from sbom.validation.cyclonedx import run_cyclonedx_schema, run_references
from sbom.validation.invariants import check_document_invariants, check_invariants
from sbom.validation.outside_validators import (
    SCHEMA_VERSIONS,
    import_validator,
    run_bsi,
    run_fsct,
    run_json_schema,
    run_ntia,
    run_spdx_tools,
)
from sbom.validation.report import LIMIT, ValidationReport, ValidatorResult
from sbom.validation.spdx3 import run_spdx3_references, run_spdx3_schema


def validate_document(path: Path, *, strict: bool = False) -> ValidationReport:
    """Return what every validator reports of one document.

    With ``strict``, what fsct3-min or BSI's guideline misses is an error, except what the format
    has no field for. Raises InputError if a validator is not installed.
    """
    file = str(path)
    try:
        content = read_bytes(path, DOCUMENT_LIMIT)
        data = parse_json(content, file)
        if not (is_cyclonedx(data) or is_spdx3(data)):
            check_spdx2(data, file)
    except InputError as error:
        unreadable = ValidatorResult(validator="file", diagnostics=error.diagnostics)
        return ValidationReport(file=file, results=(unreadable,))
    if is_cyclonedx(data):
        results = _validate_cyclonedx(content, data, file)
    elif is_spdx3(data):
        results = _validate_spdx3(path, data, strict=strict)
    else:
        results = _validate_spdx2(path, data, strict=strict)
    return ValidationReport(file=file, results=results)


def _validate_spdx2(path: Path, data: JsonObject, *, strict: bool) -> tuple[ValidatorResult, ...]:
    jsonschema = import_validator("jsonschema")
    ntia = import_validator("ntia_conformance_checker")
    file = str(path)
    return (
        run_spdx_tools(path),
        *(run_json_schema(jsonschema, data, file, version) for version in SCHEMA_VERSIONS),
        run_ntia(ntia, path),
        run_fsct(ntia, path, strict=strict),
        _run_invariants(check_invariants(data, file)),
    )


def _validate_spdx3(path: Path, data: JsonObject, *, strict: bool) -> tuple[ValidatorResult, ...]:
    ntia = import_validator("ntia_conformance_checker")
    file = str(path)
    return (
        run_spdx3_schema(data, file),
        run_spdx3_references(data, file),
        run_ntia(ntia, path, spec="spdx3"),
        run_fsct(ntia, path, strict=strict, spec="spdx3"),
        run_bsi(ntia, path, strict=strict),
        _run_invariants(check_document_invariants(data, file)),
    )


def _validate_cyclonedx(content: bytes, data: JsonObject, file: str) -> tuple[ValidatorResult, ...]:
    return (
        run_cyclonedx_schema(content, data, file),
        run_references(data, file),
        _run_invariants(check_document_invariants(data, file)),
    )


def _run_invariants(diagnostics: tuple[Diagnostic, ...]) -> ValidatorResult:
    return ValidatorResult(
        validator="invariants",
        diagnostics=diagnostics[:LIMIT],
        omitted=max(0, len(diagnostics) - LIMIT),
    )
