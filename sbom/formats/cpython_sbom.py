"""The SBOMs that a CPython tree keeps in Misc, read as values with the lines they are on.

Misc/sbom.spdx.json lists vendored code with its files, Misc/externals.spdx.json the source
externals. Tools write both and people edit both: a key that is missing or of another type counts
as not stated, and only what is not JSON at all is refused.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sbom.formats.json_document import JsonObject, get_objects, get_text
from sbom.formats.spdx2_view import DocumentView, get_locators

#: The index of the version in a CPE 2.3 formatted string (NISTIR 7695, 6.2).
_CPE_VERSION = 5


@dataclass(frozen=True, slots=True)
class StatedValue:
    """A value of an SBOM, empty if it is not stated, and the line it is on."""

    value: str
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SbomFile:
    """A file of a package: its path in the tree, its line, and its checksums by algorithm."""

    path: str
    line: int
    checksums: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class SbomPackage:
    """A package of an SBOM of CPython, its values as they are stated."""

    name: str
    version: StatedValue
    cpe_versions: tuple[StatedValue, ...]
    download_location: StatedValue
    sha256: StatedValue
    files: tuple[SbomFile, ...]


def read_json_object(data: bytes | None) -> JsonObject | None:
    """Return the object that JSON text in UTF-8 is, or None if it is not one."""
    try:
        value = json.loads((data or b"").decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, Mapping) else None


def read_sbom_packages(data: bytes | None) -> tuple[SbomPackage, ...] | None:
    """Return the named packages of an SBOM in its order, or None if it is not a JSON object."""
    document = read_json_object(data)
    if data is None or document is None:
        return None
    lines, view = _Lines(data.decode("utf-8-sig")), DocumentView(document)
    return tuple(
        _package(package, view.contained_files.get(get_text(package, "SPDXID"), ()), lines)
        for package in view.packages
        if get_text(package, "name")
    )


def _checksums(element: JsonObject) -> dict[str, str]:
    """Return the checksums of a package or file by algorithm; of two of one the first counts."""
    found: dict[str, str] = {}
    for checksum in get_objects(element, "checksums"):
        found.setdefault(get_text(checksum, "algorithm"), get_text(checksum, "checksumValue"))
    return found


class _Lines:
    """Finds the lines of values in a text, which json does not keep."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends = [match.start() for match in re.finditer("\n", text)]

    def span(self, spdx_id: str) -> tuple[int, int]:
        """Return where an element starts and ends: from its id, the first key, to the next id."""
        match = re.search(rf'"SPDXID"\s*:\s*{re.escape(json.dumps(spdx_id))}', self._text)
        start = match.start() if match else 0
        end = self._text.find('"SPDXID"', start + 10)
        return start, end if end > 0 else len(self._text)

    def line(self, text: str, start: int = 0, end: int | None = None) -> int:
        """Return the line, from 1, of a text between two offsets; of the first where it is not."""
        at = self._text.find(text, start, end)
        return bisect_left(self._ends, max(at, start)) + 1


def _file(file: JsonObject, lines: _Lines) -> SbomFile:
    name = get_text(file, "fileName")
    return SbomFile(
        path=name.removeprefix("./"),
        line=lines.line(json.dumps(name)),
        checksums=_checksums(file),
    )


def _package(package: JsonObject, files: Iterable[JsonObject], lines: _Lines) -> SbomPackage:
    start, end = lines.span(get_text(package, "SPDXID"))

    def stated(value: str, key: str = "") -> StatedValue:
        prefix = f'"{key}": ' if key else ""
        return StatedValue(value, lines.line(f"{prefix}{json.dumps(value)}", start, end))

    return SbomPackage(
        name=get_text(package, "name"),
        version=stated(get_text(package, "versionInfo"), "versionInfo"),
        cpe_versions=tuple(
            StatedValue(version, stated(locator).line) for locator, version in _cpes(package)
        ),
        download_location=stated(get_text(package, "downloadLocation")),
        sha256=stated(_checksums(package).get("SHA256", "")),
        files=tuple(sorted((_file(file, lines) for file in files), key=lambda file: file.path)),
    )


def _cpes(package: JsonObject) -> Iterator[tuple[str, str]]:
    """Yield each CPE 2.3 of a package, and the version in it."""
    for locator in get_locators(package, "cpe23Type"):
        fields = locator.split(":")
        if locator.startswith("cpe:2.3:") and len(fields) > _CPE_VERSION:
            yield locator, fields[_CPE_VERSION]
