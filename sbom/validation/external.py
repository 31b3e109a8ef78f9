"""Validators that are not ours, asked: spdx-tools, the JSON schemas, ntia-conformance-checker.

An outside judge that fails is a problem; one that is not installed raises UnusableError, never a
silent pass.
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

from sbom.diagnostics import Code, Diagnostic, InputError, sort_diagnostics
from sbom.validation.results import ValidatorResult
from sbom.validation.wording import LIMIT, Said, more, one_line

#: The releases of SPDX 2.3 whose schemas differ.
SCHEMAS = ("2.3.0", "2.3.1")
#: What ntia-conformance-checker asks of every SPDX 2 document, which has no field for it.
_UNSAYABLE = "SBOM generation context (SBOM type) provided?"


@cache
def installed(module: str) -> Any:
    """Return a module of an outside judge. Raises UnusableError where there is none."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.replace("_", "-")
        hint = "python -m pip install --group judge"
        message = "is not installed, so nothing can be judged"
        problem = Diagnostic(code=Code.USAGE, file=package, message=message, hint=hint)
        raise InputError([problem]) from error


def asked(name: str, file: str, ask: Callable[[], Iterable[Said]], hint: str) -> ValidatorResult:
    """Return what a judge says; that it fails is said as well, for it is not ours to mend."""
    try:
        said = iter(ask())
        first = list(islice(said, LIMIT))
        beyond = sum(1 for _ in said)
    except Exception as error:  # noqa: BLE001 - hostile input may break it in any way
        first, beyond = [("", f"cannot be judged: {type(error).__name__}: {error}")], 0
    if beyond:
        first.append(("", more(beyond)))
    problems = (
        Diagnostic(
            code=Code.INVALID_DOCUMENT,
            file=file,
            subject="" if where.isdigit() else where,
            message=f"{name}: {one_line(message)}",
            hint=hint,
        )
        for where, message in first
    )
    return ValidatorResult(judge=name, file=file, problems=sort_diagnostics(problems))


# spdx-tools.


def by_spdx_tools(path: Path) -> ValidatorResult:
    """Return what spdx-tools' full validation says."""
    hint = "SPDX 2.3 asks for it"
    return asked("spdx-tools", str(path), lambda: _spdx_messages(path), hint)


def _spdx_messages(path: Path) -> Iterator[Said]:
    from sbom.validation import spdx_tools as validation  # noqa: PLC0415 - spdx_tools is slow to import

    document, messages = validation.parse(path)
    if document is None:
        yield from (("", message) for message in messages)
        return
    for message in validation.messages(document):
        yield message.context.spdx_id or "", message.validation_message


# The JSON schemas.


def by_schema(jsonschema: Any, data: Any, file: str, version: str) -> ValidatorResult:
    """Return what a published JSON schema says, each error with its JSON pointer."""
    name = f"JSON schema {version}"
    hint = "the place is a JSON pointer into the document"
    return asked(name, file, lambda: _schema_errors(_validator(jsonschema, version), data), hint)


@cache
def _validator(jsonschema: Any, version: str) -> Any:
    source = resources.files("sbom.validation") / "schemas" / f"spdx-{version}.schema.json"
    schema = json.loads(source.read_text("utf-8"))
    return jsonschema.validators.validator_for(schema)(schema)


def _schema_errors(validator: Any, data: Any) -> Iterator[Said]:
    for error in validator.iter_errors(data):
        parts = (str(part).replace("~", "~0").replace("/", "~1") for part in error.absolute_path)
        yield "".join(f"/{part}" for part in parts), error.message


# ntia-conformance-checker.


def by_ntia(module: Any, path: Path) -> ValidatorResult:
    """Return what NTIA's minimum elements miss."""
    hint = "NTIA's minimum elements of 2021 ask for it"
    return asked("ntia", str(path), lambda: _missing(module, path, "ntia"), hint)


def by_fsct(module: Any, path: Path, *, strict: bool) -> ValidatorResult:
    """Return what CISA's framing of 2024 misses: problems only when that is asked for."""
    missing: list[Said] = []

    def ask() -> list[Said]:
        missing.extend(_missing(module, path, "fsct3-min"))
        return missing if strict else []

    hint = "the minimum expected of CISA's framing of 2024"
    verdict = asked("fsct3-min", str(path), ask, hint)
    said = ["misses the SBOM type, which SPDX 2 cannot say"]
    said += [f"misses: {where}: {message}".replace(": : ", ": ") for where, message in missing]
    return replace(verdict, note="\n".join(said[: LIMIT + 1]))


def _missing(module: Any, path: Path, standard: str) -> Iterator[Said]:
    with _quiet():
        checker = module.SbomChecker(
            str(path), validate=False, compliance=standard, sbom_spec="spdx2"
        )
    if checker.parsing_errors:
        raise ValueError("; ".join(checker.parsing_errors))
    for element, components in checker.all_components_without_info:
        for name, spdx_id in components:
            yield spdx_id, f"{name or 'a component without name'} has no {element}"
    for question, answer in checker.table_elements:
        if not answer and question != _UNSAYABLE and not question.startswith("All "):
            yield "", f"{question} No"
    if not checker.components_evaluated:
        yield "", "no package can be reached from the document"


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what a library logs out of our output; it is in what it returns as well."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
