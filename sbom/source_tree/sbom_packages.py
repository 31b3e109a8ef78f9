"""The packages of a tree's SBOMs: where each says its archive is, and the digest it gives of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sbom.manifest.external_key import ANY_NAME, ExternalKey
from sbom.manifest.version_source import VersionSource
from sbom.source_tree.tree import SourceTree


@dataclass(frozen=True, kw_only=True, slots=True)
class SbomPackage:
    """One package of an SPDX document of a tree: its key path, archive, and their lines."""

    key: ExternalKey | None
    version: str
    location: str
    sha256: str
    file: str
    location_line: int
    sha256_line: int


def read_sbom_packages(
    folder: SourceTree, places: Iterable[VersionSource]
) -> Iterator[SbomPackage]:
    """Yield the packages of the SBOMs that some place reads; what is no SBOM has none."""
    for place in places:
        text = folder.text(place.path) if place.package else None
        if text is not None:
            yield from _packages(text, place)


def _packages(text: str, place: VersionSource) -> Iterator[SbomPackage]:
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError):
        return
    packages = data.get("packages") if isinstance(data, Mapping) else None
    for package in packages if isinstance(packages, list) else []:
        if not isinstance(package, Mapping) or place.package not in (ANY_NAME, package.get("name")):
            continue
        start = max(text.find(f'"SPDXID": {json.dumps(package.get("SPDXID"))}'), 0)
        sums = package.get("checksums")
        digests = [
            str(one.get("checksumValue"))
            for one in (sums if isinstance(sums, list) else [])
            if isinstance(one, Mapping) and one.get("algorithm") == "SHA256"
        ]
        location = str(package.get("downloadLocation", ""))
        sha256 = digests[0] if digests else ""
        yield SbomPackage(
            key=place.key_of(str(package.get("name"))),
            version=str(package.get("versionInfo", "")),
            location=location,
            sha256=sha256,
            file=place.path,
            location_line=_line(text, json.dumps(location), start),
            sha256_line=_line(text, json.dumps(sha256), start),
        )


def _line(text: str, value: str, start: int) -> int:
    at = text.find(value, start)
    return text.count("\n", 0, at if at > 0 else start) + 1
