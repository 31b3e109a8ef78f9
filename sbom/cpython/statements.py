"""What a tree's files state: versions, each with its file and line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sbom.cpython.folder import Folder
from sbom.cpython.msbuild import Properties
from sbom.cpython.places import Stated
from sbom.ranges import in_lines


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One version that a place states: as it stands there, in which file and line."""

    place: Stated
    value: str
    file: str
    line: int


def statements(
    folder: Folder, places: Iterable[Stated], line: str, properties: Properties
) -> tuple[Statement, ...]:
    """Return what the places of a tree of a CPython line state, in order of the places.

    What is not there states nothing.
    """
    return tuple(
        statement
        for place in places
        if in_lines(line, place.lines)
        for statement in _read(folder, place, properties)
    )


def _read(folder: Folder, place: Stated, properties: Properties) -> Iterator[Statement]:
    if place.property:
        for one in properties.defined(place.property):
            if one.file == place.path:
                yield Statement(place=place, value=one.value, file=one.file, line=one.line)
        return
    for path in folder.paths(place.path):
        text = folder.text(path)
        if text is None:
            continue
        found = _package(text, place) if place.package else _pattern(text, place)
        for value, line in found:
            yield Statement(place=place, value=value, file=path, line=line)


def _pattern(text: str, place: Stated) -> Iterator[tuple[str, int]]:
    for match in re.finditer(place.pattern, text, re.MULTILINE):
        groups = match.groupdict()
        key = "version" if "version" in groups else "major"
        value = groups.get("version") or ".".join(
            str(groups.get(part)) for part in ("major", "minor", "micro")
        )
        yield value, text.count("\n", 0, match.start(key)) + 1


def _package(text: str, place: Stated) -> Iterator[tuple[str, int]]:
    """Yield the version of a package of an SPDX document, with the line it stands in."""
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError):
        return
    packages = data.get("packages", []) if isinstance(data, Mapping) else []
    for package in packages if isinstance(packages, list) else []:
        if isinstance(package, Mapping) and package.get("name") == place.package:
            value = str(package.get("versionInfo", ""))
            yield value, _line_of(text, str(package.get("SPDXID", "")), value)


def _line_of(text: str, id_: str, value: str) -> int:
    """Return the line of a package's version: the last one before the next package's id."""
    start = max(text.find(f'"SPDXID": "{id_}"'), 0)
    end = text.find('"SPDXID"', start + 10)
    at = text.find(f'"versionInfo": "{value}"', start, end if end > 0 else len(text))
    return text.count("\n", 0, at if at > 0 else start) + 1
