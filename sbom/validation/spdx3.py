"""SPDX 3.0.1 documents validated by the JSON schema of the standard, and their references.

The schema lets an element be of any class and tries all of them, so that it says of a wrong
element only that it is none, and takes 80 times as long as needed. Here each element is compared
with the class that it names: it can be of no other. No JSON schema can express that an id stands
once and that references lead to one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

from sbom.formats.json_document import JsonObject, get_objects, get_text
from sbom.formats.spdx3_terms import CONTEXT
from sbom.formats.spdx3_view import get_id, get_values
from sbom.validation.outside_validators import import_validator, json_pointer, run_validator
from sbom.validation.report import ValidatorResult, Violation

#: Properties whose values are ids of elements, or elements.
_REFERENCES = (
    *("creationInfo", "createdBy", "createdUsing", "dataLicense", "element", "from"),
    *("originatedBy", "rootElement", "subject", "suppliedBy", "to"),
)
#: Where the individuals and the license list of SPDX are, which no document has to define.
_STANDARD = "https://spdx.org/"
_HINT = "correct the value at this JSON pointer"


def run_spdx3_schema(data: JsonObject, file: str) -> ValidatorResult:
    """Return what the JSON schema of SPDX 3.0.1 reports, each error at its JSON pointer.

    Raises InputError if jsonschema-rs is not installed.
    """
    jsonschema = import_validator("jsonschema_rs")
    return run_validator("JSON schema 3.0.1", file, lambda: _check_schema(jsonschema, data))


@cache
def load_spdx3_schema() -> Any:
    """Return the JSON schema of SPDX 3.0.1."""
    source = resources.files("sbom.validation") / "schemas" / "spdx-3.0.1.schema.json"
    return json.loads(source.read_text("utf-8"))


@cache
def _class_names() -> frozenset[str]:
    """Return the classes that an element may be of."""
    references = load_spdx3_schema()["$defs"]["AnyClass"]["anyOf"]
    return frozenset(reference["$ref"].rpartition("/")[2] for reference in references)


@cache
def _class_validator(jsonschema: Any, name: str) -> Any:
    """Return the validator of a class."""
    schema = {
        "$defs": load_spdx3_schema()["$defs"],
        "$ref": f"#/$defs/{name}",
        "unevaluatedProperties": False,
    }
    return jsonschema.Draft202012Validator(schema)


def _check_schema(jsonschema: Any, data: JsonObject) -> Iterator[Violation]:
    if data.get("@context") != CONTEXT:
        yield Violation("/@context", f"expected {CONTEXT}", _HINT)
    if "@graph" not in data:
        element = {key: value for key, value in data.items() if key != "@context"}
        yield from _check_element(jsonschema, element, "")
        return
    for key in data.keys() - {"@context", "@graph"}:
        yield Violation(json_pointer([key]), "unexpected property beside @graph", _HINT)
    graph = data["@graph"]
    if not isinstance(graph, list):
        yield Violation("/@graph", "expected an array", _HINT)
        return
    for number, element in enumerate(graph):
        yield from _check_element(jsonschema, element, f"/@graph/{number}")


def _check_element(jsonschema: Any, element: Any, pointer: str) -> Iterator[Violation]:
    if not isinstance(element, dict):
        yield Violation(pointer, "expected an object", _HINT)
        return
    name = get_text(element, "type")
    if name not in _class_names():
        yield Violation(f"{pointer}/type", f"{name!r} is no class of SPDX 3.0.1", _HINT)
        return
    errors = list(_class_validator(jsonschema, name).iter_errors(element))
    # Where another rule is broken, every property counts as unevaluated.
    others = [error for error in errors if "Unevaluated properties" not in error.message]
    for error in others or errors:
        yield Violation(pointer + json_pointer(error.instance_path), _shorten(error.message), _HINT)


def _shorten(message: str) -> str:
    """Return a message without most of the value that it begins with, if that is long."""
    limit = 300
    return message if len(message) <= limit else f"{message[:100]} ... {message[-150:]}"


def run_spdx3_references(data: JsonObject, file: str) -> ValidatorResult:
    """Return each id that stands twice, and each reference that leads nowhere."""
    return run_validator("references", file, lambda: _check_references(data))


def _check_references(data: JsonObject) -> Iterator[Violation]:
    elements = get_objects(data, "@graph")
    times = Counter(id_ for id_ in map(get_id, elements) if id_)
    for id_, count in times.items():
        if count > 1:
            yield Violation(id_, f"{count} elements have this id", "give each its own spdxId")
    imported = {
        get_text(row, "externalSpdxId")
        for element in elements
        for row in get_objects(element, "import")
    }
    for element in elements:
        for key in _REFERENCES:
            for target in get_values(element, key):
                if (
                    isinstance(target, str)
                    and target not in times
                    and target not in imported
                    and not target.startswith(_STANDARD)
                ):
                    hint = "add the element, or remove the reference"
                    yield Violation(get_id(element), f"{key}: there is no element {target}", hint)
