"""externals.toml read into values, and everything that is wrong with its text.

Knows the shape of the file; nothing of batch files, SPDX or the network. Reading uses the
standard library, in a tenth of tomlkit's time; writing back is ``sbom.edit``'s.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import partial
from typing import Any, TypeVar

from sbom.externals import Kind, split_tag
from sbom.fields import Report, read_table
from sbom.problems import Code, Problem, SbomError
from sbom.ranges import lines_fault, range_fault
from sbom.schema import (
    Acknowledged,
    CPython,
    DocumentFacts,
    Identity,
    LicenceText,
    Manifest,
    Pin,
    Platform,
    PulledFacts,
    Ships,
)

T = TypeVar("T")
#: What some editors put before a UTF-8 text.
BOM = "\ufeff"

_TABLES = ("cpython", "document", "source", "binary", "component", "platform",
           "licence-text", "pulled", "acknowledged")  # fmt: skip


def read_manifest(text: str, file: str = "externals.toml") -> Manifest:
    """Return the manifest that ``text`` holds.

    Raises SbomError with everything that is wrong with it, each with its key path.
    """
    try:
        data = tomllib.loads(text.removeprefix(BOM))
    except tomllib.TOMLDecodeError as error:
        raise SbomError([_not_toml(file, str(error))]) from error
    except RecursionError as error:
        raise SbomError([_not_toml(file, "it nests too deep")]) from error
    problems: list[Problem] = []

    def report(place: str, message: str) -> None:
        hint = "README names every key of the manifest"
        problems.append(
            Problem(code=Code.MANIFEST, file=file, where=place, message=message, hint=hint)
        )

    manifest = _manifest(data, file, report)
    if manifest is not None:
        _check_texts(manifest, report)
    if problems or manifest is None:
        raise SbomError(problems)
    return manifest


def _not_toml(file: str, message: str) -> Problem:
    line = re.search(r"at line (\d+)", message)
    return Problem(
        code=Code.TOML,
        file=file,
        where=line[1] if line else "",
        message=f"this is not TOML: {message}",
        hint="mend the syntax; https://toml.io/en/v1.0.0 is the grammar",
    )


def _manifest(data: Mapping[str, Any], file: str, report: Report) -> Manifest | None:
    for key in data:
        if key not in _TABLES:
            report(key, f"is no table of the manifest; known are {', '.join(_TABLES)}")
    cpython = read_table(CPython, data.get("cpython", {}), "cpython", report)
    document = read_table(DocumentFacts, data.get("document", {}), "document", report)
    named = partial(_named, data, report)
    pins = [pin for kind in Kind for pin in named(Pin, kind.value, "name", kind=kind)]
    identities = named(Identity, "component", "key")
    platforms = named(Platform, "platform", "name")
    texts = named(LicenceText, "licence-text", "id")
    acknowledged = _listed(data, "acknowledged", Acknowledged, report)
    pulled = read_table(PulledFacts, data.get("pulled", {}), "pulled", report)
    if cpython is None or document is None or pulled is None:
        return None
    return Manifest(
        file=file,
        cpython=cpython,
        document=document,
        pins=tuple(pins),
        identities=tuple(identities),
        platforms=tuple(platforms),
        licence_texts=tuple(texts),
        pulled=pulled,
        acknowledged=tuple(acknowledged),
    )


def _named(
    data: Mapping[str, Any],
    report: Report,
    cls: type[T],
    table: str,
    name: str,
    /,
    **given: object,
) -> list[T]:
    """Return one value for each table below ``table``, sorted by its name."""
    tables = data.get(table, {})
    if not isinstance(tables, Mapping):
        report(table, "is not a table of tables")
        return []
    found = (
        read_table(cls, tables[key], f"{table}.{key}", report, **given, **{name: key})
        for key in sorted(tables)
    )
    return [value for value in found if value is not None]


def _listed(data: Mapping[str, Any], table: str, kind: type[T], report: Report) -> list[T]:
    tables = data.get(table, [])
    if not isinstance(tables, list):
        report(table, f"is not a list of tables; write [[{table}]]")
        return []
    found = (read_table(kind, item, f"{table}[{n}]", report) for n, item in enumerate(tables))
    return [value for value in found if value is not None]


def _check_texts(manifest: Manifest, report: Report) -> None:
    """Report texts that have a grammar of their own: ranges, patterns, tags under their name."""
    for pin in manifest.pins:
        if split_tag(pin.tag)[0] not in ("", pin.name):
            report(f"{pin.key}.tag", f"'{pin.tag}' is no tag of '{pin.name}'")
    _check_platforms(manifest, report)
    platforms = {platform.name for platform in manifest.platforms}
    for key, names in _TEMPLATES.items():
        if fault := _template_fault(getattr(manifest.cpython, key), names):
            report(f"cpython.{key}", fault)
    for identity in manifest.identities:
        place = f"component.{identity.key}"
        if fault := lines_fault(identity.lines):
            report(f"{place}.lines", fault)
        if fault := _pattern_fault(identity.revision):
            report(f"{place}.revision", fault)
        for n, override in enumerate(identity.when):
            if fault := range_fault(override.version):
                report(f"{place}.when[{n}].version", fault)
        for n, row in enumerate(identity.ships):
            _check_row(row, f"{place}.ships[{n}]", platforms, report)


def _check_platforms(manifest: Manifest, report: Report) -> None:
    """Report platforms whose name cannot be part of a file's, or that no line can have."""
    for platform in manifest.platforms:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", platform.name):
            report(f"platform.{platform.name}", "is no name of letters, digits, '-' and '_'")
        if fault := lines_fault(platform.lines):
            report(f"platform.{platform.name}.lines", fault)


def _check_row(row: Ships, place: str, platforms: set[str], report: Report) -> None:
    if fault := range_fault(row.revisions):
        report(f"{place}.revisions", fault)
    if fault := lines_fault(row.lines):
        report(f"{place}.lines", fault)
    for unknown in sorted(row.files_on.keys() - platforms):
        report(f"{place}.files-on.{unknown}", "is no platform of this manifest")


#: The names that an address in ``[cpython]`` has in braces.
_TEMPLATES = {
    "location": {"release", "version"},
    "archive": {"organization", "repository", "tag"},
    "branch": {"organization", "repository", "tag"},
    "file": {"organization", "path", "ref"},
}


def _template_fault(template: str, names: set[str]) -> str:
    found = set(re.findall(r"\{([^{}]*)\}", template))
    if found == names and template.count("{") == template.count("}") == len(names):
        return ""
    wanted = " and ".join(f"{{{name}}}" for name in sorted(names))
    return f"does not have {wanted}, each once and no other braces"


def _pattern_fault(pattern: str) -> str:
    try:
        groups = re.compile(pattern).groupindex
    except re.error as error:
        return f"is no regular expression: {error}"
    if pattern and "version" not in groups:
        return "has no group named 'version'"
    return ""
