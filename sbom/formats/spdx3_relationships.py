"""The relationships of a BOM as elements of an SPDX 3 document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sbom.bom.bom import LINKS, Bom, Relationship, RelationshipKind
from sbom.formats.json_document import JsonObject
from sbom.formats.spdx3_elements import CREATION, References, artifact_element_id
from sbom.formats.spdx3_terms import BSI_COMMENT, RELATIONSHIP_TYPES, SCOPES

#: A relationship of SPDX 3: type, source, target, comment.
Spdx3Relationship = tuple[str, str, str, str]

#: The relationships whose completeness matters to a reader of a bill of materials.
_COMPOSITION = ("contains", "dependsOn", "hasStaticLink", "hasDynamicLink")


def list_relationships(bom: Bom, ids: References) -> Iterator[JsonObject]:
    """Yield relationships; those of one source, type and comment are one element."""
    completeness = "incomplete" if bom.is_incomplete else "noAssertion"
    grouped: dict[tuple[str, str, str], set[str]] = {}
    for type_, source, target, comment in _express_all(bom, ids):
        grouped.setdefault((type_, source, comment), set()).add(target)
    before, number = ("", ""), 0
    for type_, source, comment in sorted(grouped):
        number = number + 1 if before == (type_, source) else 1
        before = (type_, source)
        suffix = f".{number}" if number > 1 else ""
        scope = SCOPES.get(type_)
        element: dict[str, Any] = {
            "type": "LifecycleScopedRelationship" if scope else "Relationship",
            "spdxId": f"{ids.base}{type_}{suffix}-{source}",
            "creationInfo": CREATION,
            "from": ids.of(source),
            "relationshipType": type_,
            "to": sorted(grouped[type_, source, comment]),
        }
        if scope:
            element["scope"] = scope
        if type_ in _COMPOSITION:
            element["completeness"] = completeness
        if comment:
            element["comment"] = comment
        yield element


def _express_all(bom: Bom, ids: References) -> Iterator[Spdx3Relationship]:
    """Yield type, id of the source in the BOM, id of the target in the document, comment."""
    components = {component.id for component in bom.components}
    for edge in bom.relationships:
        for type_, source, target, comment in _express(edge, components):
            yield type_, source, ids.of(target), comment
    for component in bom.components:
        if component.file_name:
            artifact = artifact_element_id(component, ids)
            yield "hasDistributionArtifact", component.id, artifact, BSI_COMMENT
        if license_id := ids.licenses.get(component.license_concluded):
            yield "hasConcludedLicense", component.id, license_id, ""
        if license_id := ids.licenses.get(component.license_declared):
            yield "hasDeclaredLicense", component.id, license_id, ""
    for file in bom.files:
        if license_id := ids.licenses.get(file.license):
            yield "hasConcludedLicense", file.id, license_id, ""


def _express(edge: Relationship, components: set[str]) -> Iterator[Spdx3Relationship]:
    """Yield the relationships of SPDX that express one of ours, by the ids of the BOM.

    As in SPDX 2.3, a link between components is also a dependency, and a build tool a
    prerequisite.
    """
    type_, source, target, comment = (
        RELATIONSHIP_TYPES[edge.kind],
        edge.source,
        edge.target,
        edge.comment,
    )
    if edge.kind is RelationshipKind.PART_OF:
        source, target, comment = target, source, BSI_COMMENT
    elif edge.kind is RelationshipKind.BUILD_TOOL:
        yield "usesTool", source, target, ""
    elif edge.kind in LINKS and source in components:
        yield "dependsOn", source, target, ""
    yield type_, source, target, comment
