"""Relationships of SPDX 2.3 as plain values, and those that links of components stand for.

ntia-conformance-checker follows only DESCRIBES, CONTAINS, DEPENDS_ON, the links and
HAS_PREREQUISITE, forwards; grype drops what stands to the right of GENERATED_FROM, so where a
binary came from is in its source information instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sbom.components.model import Component, Linkage

#: Left of the relationship that names the root.
DOCUMENT = "DOCUMENT"
_LINKS = {"static": "STATIC_LINK", "dynamic": "DYNAMIC_LINK"}


@dataclass(frozen=True, slots=True, order=True)
class Relation:
    """A relationship between two elements, by the names they have before they get SPDX ids."""

    left: str
    kind: str
    right: str
    comment: str = ""


def describes(root: str) -> Relation:
    """Return the relationship that makes an element the root of a document."""
    return Relation(DOCUMENT, "DESCRIBES", root)


def is_library(component: Component) -> bool:
    """Return whether a component is linked, and not only there."""
    return any(link.kind in _LINKS for link in component.links)


def ships(place: str, components: Iterable[Component]) -> Iterator[Relation]:
    """Yield how components are part of a place: a build, or an artifact."""
    for component in components:
        if is_library(component):
            yield Relation(place, "DEPENDS_ON", component.id)
        for link in component.links:
            if link.kind in _LINKS:
                yield Relation(place, _LINKS[link.kind], component.id, link_comment(link))
            elif link.kind == "bundled":
                yield Relation(place, "CONTAINS", component.id, link_comment(link))


def needs(build: str, components: Iterable[Component]) -> Iterator[Relation]:
    """Yield which components a build needs that do not ship."""
    for component in components:
        if any(link.kind == "build-tool" for link in component.links):
            comment = "Needed to build CPython; not shipped."
            yield Relation(component.id, "BUILD_TOOL_OF", build)
            yield Relation(build, "HAS_PREREQUISITE", component.id, comment)


def link_comment(link: Linkage) -> str:
    """Return what is said of a link, for people."""
    files = ", ".join((*link.files, *link.extras))
    if link.kind == "static":
        return f"Linked into {files}."
    users = f"; used by {', '.join(link.used_by)}" if link.used_by else ""
    return f"Shipped as {files}{users}."
