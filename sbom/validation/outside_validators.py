"""Validators of others for SPDX: spdx-tools, the schemas of 2.3, ntia-conformance-checker.

A validator that fails on a document is a violation; one that is not installed raises InputError,
so that neither passes silently.
"""

from __future__ import annotations

import importlib
import json
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any

from sbom.diagnostics import InputError, sort_diagnostics
from sbom.diagnostics.release_messages import invalid_document, missing_validator
from sbom.formats.json_document import JsonObject
from sbom.validation.report import LIMIT, ValidatorResult, Violation

#: The releases of SPDX 2.3 whose schemas differ.
SCHEMA_VERSIONS = ("2.3.0", "2.3.1")
#: What ntia-conformance-checker requires of every SPDX 2 document, which has no field for it.
_SBOM_TYPE = "SBOM generation context (SBOM type) provided?"
#: What it asks of a document for BSI, apart from components.
_BSI_QUESTIONS = ("Creator of the SBOM", "Timestamp", "Dependency Completeness")


@cache
def import_validator(module: str) -> Any:
    """Return the module of an outside validator. Raises InputError if it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise InputError([missing_validator(_distribution(module))]) from error


def _distribution(module: str) -> str:
    """Return the name that pip has for a module."""
    top = module.partition(".")[0]
    return {"cyclonedx": "cyclonedx-python-lib"}.get(top, top.replace("_", "-"))


def run_validator(
    name: str, file: str, list_violations: Callable[[], Iterable[Violation]]
) -> ValidatorResult:
    """Return what a validator reports, at most LIMIT diagnostics; its own failure is one."""
    try:
        violations = iter(list_violations())
        shown = list(islice(violations, LIMIT))
        omitted = sum(1 for _ in violations)
    except Exception as error:  # noqa: BLE001 - hostile input may break it in any way
        message = f"failed on this document: {type(error).__name__}: {error}"
        shown, omitted = [Violation("", message, "correct the other errors first")], 0
    diagnostics = (invalid_document(file, *violation, validator=name) for violation in shown)
    return ValidatorResult(
        validator=name, diagnostics=sort_diagnostics(diagnostics), omitted=omitted
    )


# spdx-tools.


def run_spdx_tools(path: Path) -> ValidatorResult:
    """Return what spdx-tools' full validation reports of a JSON file."""
    return run_validator("spdx-tools", str(path), lambda: _list_spdx_tools_violations(path))


def _list_spdx_tools_violations(path: Path) -> Iterator[Violation]:
    # Imported when used: spdx-tools takes most of a second.
    from spdx_tools.spdx.parser.error import SPDXParsingError  # noqa: PLC0415
    from spdx_tools.spdx.parser.json import json_parser  # noqa: PLC0415

    hint = "correct it as SPDX 2.3 requires"
    try:
        document = json_parser.parse_from_file(str(path))
    except SPDXParsingError as error:
        yield from (Violation("", message, hint) for message in error.get_messages())
        return
    for element, message in _validate_spdx_model(document):
        yield Violation(element, message, hint)


def _validate_spdx_model(document: Any) -> list[tuple[str, str]]:
    """Return SPDX id and message of everything that spdx-tools reports of its Document."""
    from spdx_tools.spdx.validation.document_validator import (  # noqa: PLC0415 - slow to import
        validate_full_spdx_document,
    )

    with use_indexed_ids(document):
        messages = validate_full_spdx_document(document)
    return [(message.context.spdx_id or "", message.validation_message) for message in messages]


@contextmanager
def use_indexed_ids(document: Any) -> Iterator[None]:
    """Let spdx-tools look ids of this document up in a set while it validates.

    0.8.5 makes a list of all ids for each end of each relationship, which takes minutes for
    20 000 files: https://github.com/spdx/tools-python/issues/818. Not for several threads.
    """
    from spdx_tools.spdx.validation import (  # noqa: PLC0415 - slow to import
        package_validator,
        spdx_id_validators,
    )

    # In the order of precedence that get_element_type_from_spdx_id has, the last one first.
    elements = [*document.snippets, *document.files, *document.packages]
    types = {element.spdx_id: type(element) for element in elements}
    known = {*types, document.creation_info.spdx_id}
    files = {file.spdx_id for file in document.files}
    replacements: list[tuple[Any, str, Any]] = [
        (spdx_id_validators, "is_spdx_id_present_in_document", lambda id_, _: id_ in known),
        (spdx_id_validators, "is_spdx_id_present_in_files", lambda id_, _: id_ in files),
        (package_validator, "get_element_type_from_spdx_id", lambda id_, _: types.get(id_)),
    ]
    originals = [(module, name, getattr(module, name)) for module, name, _ in replacements]
    try:
        for module, name, value in replacements:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in originals:
            setattr(module, name, value)


# The JSON schemas.


def run_json_schema(jsonschema: Any, data: JsonObject, file: str, version: str) -> ValidatorResult:
    """Return what a published JSON schema reports, each error at its JSON pointer."""

    def list_violations() -> Iterator[Violation]:
        hint = "correct the value at this JSON pointer"
        for error in _load_schema(jsonschema, version).iter_errors(data):
            yield Violation(json_pointer(error.absolute_path), error.message, hint)

    return run_validator(f"JSON schema {version}", file, list_violations)


@cache
def _load_schema(jsonschema: Any, version: str) -> Any:
    source = resources.files("sbom.validation") / "schemas" / f"spdx-{version}.schema.json"
    schema = json.loads(source.read_text("utf-8"))
    return jsonschema.validators.validator_for(schema)(schema)


def json_pointer(path: Iterable[str | int]) -> str:
    """Return a path as RFC 6901 writes it; empty for the whole document."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


# ntia-conformance-checker.


def run_ntia(module: Any, path: Path, *, spec: str = "spdx2") -> ValidatorResult:
    """Return which of NTIA's minimum elements are missing; ``spec`` is ``spdx2`` or ``spdx3``."""
    hint = "add it: NTIA's minimum elements (2021) require it"
    return run_validator("ntia", str(path), lambda: _list_missing(module, path, spec, "ntia", hint))


def run_fsct(module: Any, path: Path, *, strict: bool, spec: str = "spdx2") -> ValidatorResult:
    """Return what CISA's framing of 2024 misses: notes, and errors only if ``strict``."""
    hint = "add it: CISA's framing (2024) expects it at least"
    result = _run_noted(module, path, spec, "fsct3-min", hint, strict=strict)
    notes = ("the SBOM type is missing; SPDX 2 has no field for it",) if spec == "spdx2" else ()
    return replace(result, notes=notes + result.notes)


def run_bsi(module: Any, path: Path, *, strict: bool) -> ValidatorResult:
    """Return what BSI TR-03183-2 v2.1.0 misses in SPDX 3: notes, and errors only if ``strict``."""
    hint = "add it: BSI TR-03183-2, clause 5.2, requires it"
    return _run_noted(module, path, "spdx3", "bsi", hint, strict=strict)


def _run_noted(
    module: Any, path: Path, spec: str, standard: str, hint: str, *, strict: bool
) -> ValidatorResult:
    """Return what a standard misses as notes, and as errors too if ``strict``."""
    missing: list[Violation] = []

    def list_violations() -> list[Violation]:
        missing.extend(_list_missing(module, path, spec, standard, hint))
        return missing if strict else []

    result = run_validator(standard, str(path), list_violations)
    notes = (
        f"{violation.element}: {violation.message}".removeprefix(": ") for violation in missing
    )
    return replace(result, notes=tuple(islice(notes, LIMIT)))


def _list_missing(
    module: Any, path: Path, spec: str, standard: str, hint: str
) -> Iterator[Violation]:
    with _disable_logging():
        checker = module.SbomChecker(str(path), validate=False, compliance=standard, sbom_spec=spec)
    if checker.parsing_errors:
        raise ValueError("; ".join(checker.parsing_errors))
    for message in checker.validation_messages:
        yield Violation(message.context.spdx_id or "", message.validation_message, hint)
    for element, components in checker.all_components_without_info:
        for name, spdx_id in components:
            yield Violation(spdx_id, f"{name or 'a component without name'} has no {element}", hint)
    for question, answer in checker.table_elements:
        if not answer and _is_about_document(question, spec):
            yield Violation("", f"{question} No", hint)
    if not checker.components_evaluated:
        yield Violation("", "no package can be reached from the document", hint)


def _is_about_document(question: str, spec: str) -> bool:
    """Return whether a question is not about components, each of which is named, nor optional."""
    if question == _SBOM_TYPE:
        return spec != "spdx2"
    return question in _BSI_QUESTIONS or (
        question.endswith("?") and not question.startswith("All ")
    )


@contextmanager
def _disable_logging() -> Iterator[None]:
    """Keep what a library logs out of our output; its return value has it as well."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
