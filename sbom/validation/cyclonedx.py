"""CycloneDX documents validated by the schemas that cyclonedx-python-lib ships, and their refs.

JSON schemas cannot express that a ``bom-ref`` stands once and that references lead to one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sbom.formats.json_document import JsonObject, get_object, get_objects, get_text, get_texts
from sbom.validation.outside_validators import import_validator, json_pointer, run_validator
from sbom.validation.report import ValidatorResult, Violation


def run_cyclonedx_schema(content: bytes, data: JsonObject, file: str) -> ValidatorResult:
    """Return what the strict JSON schema of the document's own version reports.

    Raises InputError if cyclonedx-python-lib is not installed.
    """
    schemas = import_validator("cyclonedx.schema")
    validation = import_validator("cyclonedx.validation.json")
    version = get_text(data, "specVersion")

    def list_violations() -> Iterator[Violation]:
        known = {each.to_version(): each for each in schemas.SchemaVersion}
        if version not in known:
            hint = f"write one of the versions {', '.join(sorted(known))}"
            yield Violation("/specVersion", f"unknown version {version!r}", hint)
            return
        hint = "correct the value at this JSON pointer"
        validator: Any = validation.JsonStrictValidator(known[version])
        for error in validator.validate_str(content.decode("utf-8-sig"), all_errors=True) or ():
            yield Violation(json_pointer(error.data.absolute_path), error.data.message, hint)

    return run_validator(f"JSON schema {version}".rstrip(), file, list_violations)


def run_references(data: JsonObject, file: str) -> ValidatorResult:
    """Return each ``bom-ref`` that stands twice, and each reference that leads nowhere."""
    return run_validator("references", file, lambda: _check_references(data))


def _check_references(data: JsonObject) -> Iterator[Violation]:
    times = Counter(_list_refs(data))
    for ref, count in times.items():
        if count > 1:
            hint = "give each component its own bom-ref"
            yield Violation(ref, f"{count} components have this bom-ref", hint)
    seen: set[str] = set()
    for row in get_objects(data, "dependencies"):
        ref = get_text(row, "ref")
        if ref in seen:
            yield Violation(ref, "its dependencies are stated twice", "merge the two entries")
        seen.add(ref)
        for target in (ref, *get_texts(row, "dependsOn")):
            if target not in times:
                message = f"dependencies: there is no component {target}"
                yield Violation(ref, message, "add the component, or remove the reference")
    for row in get_objects(data, "compositions"):
        for target in (*get_texts(row, "assemblies"), *get_texts(row, "dependencies")):
            if target not in times and not target.startswith("urn:cdx:"):
                message = f"compositions: there is no component {target}"
                yield Violation(target, message, "add the component, or remove the reference")


def _list_refs(data: JsonObject) -> Iterator[str]:
    """Yield the ``bom-ref`` of all components and services, also of those within others."""
    root = get_object(get_object(data, "metadata"), "component")
    waiting = [root, *get_objects(data, "components"), *get_objects(data, "services")]
    while waiting:
        row = waiting.pop()
        if ref := get_text(row, "bom-ref"):
            yield ref
        waiting += [*get_objects(row, "components"), *get_objects(row, "services")]
