"""What a tree's files state: versions, each with its file and line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sbom.diagnostics import Code, Diagnostic
from sbom.manifest.external_key import ANY_NAME, ExternalKey
from sbom.manifest.ranges import line_in_range
from sbom.manifest.version_source import VersionSource
from sbom.source_tree.msbuild import NotMSBuildError, Properties, elements_of
from sbom.source_tree.tree import SourceTree


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionStatement:
    """One version that a place states of something: as it stands there, in file and line.

    ``key`` is what it is of, None for CPython itself.
    """

    place: VersionSource
    key: ExternalKey | None
    value: str
    file: str
    line: int

    @property
    def where(self) -> str:
        """Return file and line for a sentence."""
        return f"{self.file}:{self.line}"


def read_version_statements(
    folder: SourceTree, places: Iterable[VersionSource], line: str
) -> tuple[tuple[VersionStatement, ...], tuple[Diagnostic, ...]]:
    """Return what the places of a tree of a CPython line state, and files that are damaged.

    The order is that of the places; what is not there states nothing.
    """
    here = [place for place in places if line_in_range(line, place.lines)]
    properties, problems = _properties(folder, here)
    found = tuple(one for place in here for one in _read(folder, place, properties))
    return found, tuple(problems)


def _properties(
    folder: SourceTree, places: Iterable[VersionSource]
) -> tuple[Properties, list[Diagnostic]]:
    properties = Properties()
    problems = []
    for path in dict.fromkeys(place.path for place in places if place.property):
        data = folder.read(path)
        if data is None:
            continue
        try:
            properties.add(path, elements_of(data))
        except NotMSBuildError as error:
            problems.append(
                Diagnostic(
                    code=Code.INPUT_ERROR,
                    file=path,
                    message=f"is no MSBuild file: {error}",
                    hint="mend the file",
                )
            )
    return properties, problems


def _read(
    folder: SourceTree, place: VersionSource, properties: Properties
) -> Iterator[VersionStatement]:
    if place.property:
        yield from _property(place, properties)
        return
    for path in folder.paths(place.path):
        text = folder.text(path)
        if text is None:
            continue
        found = _packages(text, place) if place.package else _matches(text, place)
        for key, value, line in found:
            yield VersionStatement(place=place, key=key, value=value, file=path, line=line)


def _property(place: VersionSource, properties: Properties) -> Iterator[VersionStatement]:
    """Yield the revision in the folder that a property leads to: ``sqlite-3.50.4.0``."""
    name = place.external.name if place.external else ""
    for one in properties.defined(place.property):
        match = re.search(rf"(?<![\w-]){re.escape(name)}-(\d[\w.+-]*)", one.value)
        if one.file == place.path and match:
            yield VersionStatement(
                place=place, key=place.external, value=match[1], file=one.file, line=one.line
            )


def _matches(text: str, place: VersionSource) -> Iterator[tuple[ExternalKey | None, str, int]]:
    for match in re.finditer(place.pattern, text, re.MULTILINE):
        groups = {key: value for key, value in match.groupdict().items() if value}
        key = "version" if "version" in groups else "major"
        parts = (groups[part] for part in ("major", "minor", "micro") if part in groups)
        value = groups.get("version") or ".".join(parts)
        yield place.external, value, text.count("\n", 0, match.start(key)) + 1


def _packages(text: str, place: VersionSource) -> Iterator[tuple[ExternalKey | None, str, int]]:
    """Yield versions of packages of an SPDX document: their own, and those in their CPEs."""
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError):
        return
    packages = data.get("packages") if isinstance(data, Mapping) else None
    for package in packages if isinstance(packages, list) else []:
        name = package.get("name") if isinstance(package, Mapping) else None
        if not isinstance(name, str) or place.package not in (name, ANY_NAME):
            continue
        key = place.key_of(name)
        start, end = _span(text, str(package.get("SPDXID", "")))
        for value, marker in _versions(package):
            at = text.find(marker, start, end)
            yield key, value, text.count("\n", 0, at if at > 0 else start) + 1


def _versions(package: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    version = str(package.get("versionInfo", ""))
    yield version, f'"versionInfo": {json.dumps(version)}'
    references = package.get("externalRefs")
    for one in references if isinstance(references, list) else []:
        locator = str(one.get("referenceLocator", "")) if isinstance(one, Mapping) else ""
        fields = locator.split(":")
        if locator.startswith("cpe:2.3:") and len(fields) > 5:  # noqa: PLR2004
            yield fields[5], json.dumps(locator)


def _span(text: str, id_: str) -> tuple[int, int]:
    """Return where a package stands in the text: from its id to that of the next one."""
    start = max(text.find(f'"SPDXID": {json.dumps(id_)}'), 0)
    end = text.find('"SPDXID"', start + 10)
    return start, end if end > 0 else len(text)
