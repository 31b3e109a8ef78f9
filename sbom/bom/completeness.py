"""How far a BOM lists what its components consist of."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from sbom.bom.bom import Bom, RelationshipKind
from sbom.components.component import Component

#: What the comment of an artifact states where some of its contents are not described.
NOT_AVAILABLE = "they were not available"
NOT_LISTED = "whose files are not listed"
#: What the comment of a document states where artifacts of its release are not described.
PARTIAL = "This release is partial:"
#: The purposes of what is published as a file and contains others.
_PACKED = ("archive", "install")


class Completeness(StrEnum):
    """Whether all is listed that a component consists of."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    UNKNOWN = "unknown"


def component_completeness(bom: Bom) -> Mapping[str, Completeness]:
    """Return how completely a BOM lists the contents of each component, by its id.

    It is unknown for a component of which the BOM lists no parts, and for an archive or an
    installer of which it lists no file. It is unknown for every component of a BOM without
    files, which states what a build needs.
    """
    files = {file.id for file in bom.files}
    packed = {component.id for component in bom.components if component.purpose in _PACKED}
    taken_apart = {
        relationship.source
        for relationship in bom.relationships
        if relationship.source not in files
    }
    unpacked = {
        relationship.source
        for relationship in bom.relationships
        if relationship.kind is RelationshipKind.CONTAINS
        and (relationship.target in files or relationship.target in packed)
    }
    return {
        component.id: _completeness(bom, component)
        if component.id in taken_apart
        and (component.id in unpacked or component.id not in packed)
        and files
        else Completeness.UNKNOWN
        for component in bom.components
    }


def _completeness(bom: Bom, component: Component) -> Completeness:
    is_release = component.id in bom.roots and not component.file_name
    is_incomplete = (
        bom.is_incomplete
        or NOT_AVAILABLE in component.comment
        or NOT_LISTED in component.comment
        or (is_release and PARTIAL in bom.creation.comment)
    )
    return Completeness.INCOMPLETE if is_incomplete else Completeness.COMPLETE
