"""Documents of builds as parts of a release: their packages once, their relationships moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sbom.components.resolve import Build
from sbom.diagnostics import Code, Diagnostic

Element = dict[str, Any]
_ENDS = ("spdxElementId", "relatedSpdxElement")
_TOOLS = ("BUILD_TOOL_OF", "HAS_PREREQUISITE")


@dataclass(frozen=True, slots=True)
class PlatformSbom:
    """The document of one build, as ``build`` writes it."""

    build: Build
    data: Mapping[str, Any]

    @property
    def root(self) -> str:
        """Return the SPDX id of what the document describes."""
        return next(
            str(relation["relatedSpdxElement"])
            for relation in self.data["relationships"]
            if relation["relationshipType"] == "DESCRIBES"
        )

    @property
    def code(self) -> Element:
        """Return what the root says of the files it contains; nothing, where it has none."""
        keys = ("filesAnalyzed", "packageVerificationCode")
        [described] = (one for one in self.data["packages"] if one["SPDXID"] == self.root)
        return {key: described[key] for key in keys} if self.data["files"] else {}


def components_of(
    parts: Iterable[PlatformSbom], created: datetime
) -> tuple[dict[str, Element], list[Diagnostic]]:
    """Return the package of each component by its SPDX id, and where parts disagree.

    Annotations take the time of the release.
    """
    stamp = created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    found: dict[str, Element] = {}
    first: dict[str, str] = {}
    problems = []
    for part in parts:
        root = part.root
        for package in part.data["packages"]:
            id_ = package["SPDXID"]
            if id_ == root:
                continue
            one = _stamped(package, stamp)
            if found.setdefault(id_, one) != one:
                problems.append(_conflict(id_, first[id_], part.build.name))
            first.setdefault(id_, part.build.name)
    return found, problems


def _stamped(package: Mapping[str, Any], stamp: str) -> Element:
    if "annotations" not in package:
        return dict(package)
    notes = [{**note, "annotationDate": stamp} for note in package["annotations"]]
    return {**package, "annotations": notes}


def _conflict(id_: str, first: str, second: str) -> Diagnostic:
    return Diagnostic(
        code=Code.INCONSISTENT_RELEASE,
        file=second,
        subject=id_,
        message=f"is another package than {id_} of {first}",
        hint="build all platforms from one externals.toml and the same externals",
    )


def moved(part: PlatformSbom, place: str, build: str) -> Iterator[Element]:
    """Yield a part's relationships as those of a place that was made from it.

    ``place`` and ``build`` are SPDX ids; what a build needs and does not ship stays the build's.
    """
    root = part.root
    for relation in part.data["relationships"]:
        kind = relation["relationshipType"]
        if kind != "DESCRIBES":
            to = build if kind in _TOOLS else place
            yield {**relation, **{end: to for end in _ENDS if relation[end] == root}}
