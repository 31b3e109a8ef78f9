"""A document compared with everything that validates it: outside validators and our invariants."""

from __future__ import annotations

from pathlib import Path

from sbom.diagnostics import InputError
from sbom.diagnostics.io_messages import describe_error, input_error
from sbom.formats.json_document import JsonObject
from sbom.formats.spdx2_view import parse_spdx2
from sbom.validation.external import (
    SCHEMA_VERSIONS,
    import_validator,
    run_fsct,
    run_json_schema,
    run_ntia,
    run_spdx_tools,
)
from sbom.validation.invariants import check_invariants
from sbom.validation.report import LIMIT, ValidationReport, ValidatorResult

#: A document of 20 000 files has 14 MB; a file of sixteen times that is not an SBOM of ours.
_SIZE_LIMIT = 256_000_000


def validate_document(path: Path, *, strict: bool = False) -> ValidationReport:
    """Return what every validator reports of one document.

    With ``strict``, what fsct3-min misses is an error, except what SPDX 2 has no field for.
    Raises InputError if a validator is not installed.
    """
    jsonschema = import_validator("jsonschema")
    ntia = import_validator("ntia_conformance_checker")
    file = str(path)
    try:
        data = parse_spdx2(_read_document(path), file)
    except InputError as error:
        unreadable = ValidatorResult(validator="file", diagnostics=error.diagnostics)
        return ValidationReport(file=file, results=(unreadable,))
    return ValidationReport(
        file=file,
        results=(
            run_spdx_tools(path),
            *(run_json_schema(jsonschema, data, file, version) for version in SCHEMA_VERSIONS),
            run_ntia(ntia, path),
            run_fsct(ntia, path, strict=strict),
            _run_invariants(data, file),
        ),
    )


def _run_invariants(data: JsonObject, file: str) -> ValidatorResult:
    diagnostics = check_invariants(data, file)
    return ValidatorResult(
        validator="invariants",
        diagnostics=diagnostics[:LIMIT],
        omitted=max(0, len(diagnostics) - LIMIT),
    )


def _read_document(path: Path) -> bytes:
    """Return the bytes of a document. Raises InputError if it cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(_SIZE_LIMIT + 1)
    except (OSError, ValueError) as error:
        message = f"cannot be read: {describe_error(error)}"
        raise InputError([input_error(str(path), message, "check the path")]) from error
    if len(content) > _SIZE_LIMIT:
        message = f"is larger than {_SIZE_LIMIT} bytes"
        raise InputError([input_error(str(path), message, "name an SPDX document")])
    return content
