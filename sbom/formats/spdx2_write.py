"""A BOM as an SPDX 2.3 document in JSON (https://spdx.github.io/spdx-spec/v2.3/).

How consumers read a document decides what is written: ntia-conformance-checker follows only
DESCRIBES, CONTAINS, DEPENDS_ON, the links and HAS_PREREQUISITE, all of them forwards, so that a
link is also a dependency and a build tool also a prerequisite; grype drops what stands to the
right of GENERATED_FROM, so the source of a binary is in its source information instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sbom.bom.bom import LINKS, Bom, BomFile, Relationship, RelationshipKind
from sbom.components.component import Component
from sbom.files.shipped_file import verification_code
from sbom.formats.document_time import format_timestamp
from sbom.formats.file_kinds import file_type
from sbom.formats.json_document import JsonObject, drop_empty, encode_json

ID_PREFIX = "SPDXRef-"
DOCUMENT_ID = "SPDXRef-DOCUMENT"
_TYPES = {
    RelationshipKind.CONTAINS: "CONTAINS",
    RelationshipKind.DEPENDS_ON: "DEPENDS_ON",
    RelationshipKind.STATIC_LINK: "STATIC_LINK",
    RelationshipKind.DYNAMIC_LINK: "DYNAMIC_LINK",
    RelationshipKind.BUILD_TOOL: "HAS_PREREQUISITE",
    RelationshipKind.PART_OF: "OTHER",
    RelationshipKind.OTHER: "OTHER",
}


def write_spdx2(bom: Bom) -> bytes:
    """Return a document of SPDX 2.3: JSON in UTF-8, keys sorted, two spaces, LF line ends.

    The order of components, files and relationships in the BOM does not matter.
    """
    return encode_json(spdx2_json(bom))


def spdx2_json(bom: Bom) -> JsonObject:
    """Return the JSON of that document."""
    components = sorted(bom.components, key=lambda component: component.id)
    files = sorted(bom.files, key=lambda file: (file.path, file.id))
    codes = _verification_codes(bom)
    data: dict[str, Any] = {
        "SPDXID": DOCUMENT_ID,
        "creationInfo": _creation_info(bom),
        "dataLicense": "CC0-1.0",
        "documentNamespace": bom.namespace,
        "files": [_file(file) for file in files],
        "name": bom.name,
        "packages": [_package(component, bom, codes.get(component.id)) for component in components],
        "relationships": _relationships(bom),
        "spdxVersion": "SPDX-2.3",
    }
    if bom.license_texts:
        data["hasExtractedLicensingInfos"] = [
            {"extractedText": text.text, "licenseId": text.id, "name": text.name}
            for text in bom.license_texts
        ]
    return data


def _creation_info(bom: Bom) -> JsonObject:
    creation = bom.creation
    info = {
        "created": format_timestamp(creation.created),
        "creators": [*creation.creators, *(f"Tool: {tool}" for tool in creation.tools)],
        "comment": creation.comment,
        "licenseListVersion": creation.license_list_version,
    }
    return {key: value for key, value in info.items() if value}


def _verification_codes(bom: Bom) -> dict[str, str]:
    """Return the verification code (clause 7.9) of each component that contains files."""
    sha1s = {file.id: file.sha1 for file in bom.files}
    contained: dict[str, list[str]] = {}
    for relationship in bom.relationships:
        if relationship.kind is RelationshipKind.CONTAINS and relationship.target in sha1s:
            contained.setdefault(relationship.source, []).append(sha1s[relationship.target])
    return {id_: verification_code(digests) for id_, digests in contained.items()}


def _package(component: Component, bom: Bom, code: str | None) -> JsonObject:
    """Return a package; ``code`` is its verification code if it contains files."""
    package: dict[str, Any] = {
        "SPDXID": ID_PREFIX + component.id,
        "checksums": _checksums(component.checksums),
        "comment": component.comment,
        "copyrightText": component.copyright or "NOASSERTION",
        "downloadLocation": component.download_location or "NOASSERTION",
        "externalRefs": _references(component),
        "homepage": component.homepage or "NOASSERTION",
        "licenseConcluded": component.license_concluded or "NOASSERTION",
        "licenseDeclared": component.license_declared or "NOASSERTION",
        "name": component.name,
        "originator": component.originator,
        "packageFileName": component.file_name,
        "primaryPackagePurpose": component.purpose.upper(),
        "sourceInfo": component.source_info,
        "supplier": component.supplier,
        "versionInfo": component.version,
    }
    if component.annotation:
        package["annotations"] = [_annotation(component.annotation, bom)]
    if code:
        package["packageVerificationCode"] = {"packageVerificationCodeValue": code}
    return {**drop_empty(package), "filesAnalyzed": bool(code)}


def _annotation(comment: str, bom: Bom) -> JsonObject:
    """Return an annotation by the first tool that made the BOM, or by its first creator."""
    creation = bom.creation
    annotators = [*(f"Tool: {tool}" for tool in creation.tools), *creation.creators]
    annotation = {
        "annotationDate": format_timestamp(creation.created),
        "annotationType": "REVIEW",
        "annotator": next(iter(annotators), ""),
        "comment": comment,
    }
    return drop_empty(annotation)


def _checksums(checksums: Iterable[tuple[str, str]]) -> list[JsonObject]:
    return [{"algorithm": name, "checksumValue": value} for name, value in checksums if value]


def _references(component: Component) -> list[JsonObject]:
    references = [("SECURITY", "cpe23Type", cpe) for cpe in component.cpes]
    if component.purl:
        references.append(("PACKAGE-MANAGER", "purl", component.purl))
    return [
        {"referenceCategory": category, "referenceType": kind, "referenceLocator": locator}
        for category, kind, locator in references
    ]


def _file(file: BomFile) -> JsonObject:
    checksums = (("SHA1", file.sha1), ("SHA256", file.sha256), ("SHA512", file.sha512))
    element: dict[str, Any] = {
        "SPDXID": ID_PREFIX + file.id,
        "checksums": _checksums(checksums),
        "copyrightText": "NOASSERTION",
        "fileName": f"./{file.path}",
        "fileTypes": [file_type(file.path)],
        "licenseConcluded": file.license or "NOASSERTION",
    }
    return {**element, "comment": file.comment} if file.comment else element


def _relationships(bom: Bom) -> list[JsonObject]:
    """Return what the document describes and every relationship, each once, sorted."""
    titles = {component.id: component.title for component in bom.components}
    elements: dict[tuple[str, str, str], JsonObject] = {}
    for root in bom.roots:
        key = (DOCUMENT_ID, "DESCRIBES", ID_PREFIX + root)
        elements[key] = _relationship(*key)
    for relationship in bom.relationships:
        for kind, source, target, comment in _express(relationship, titles):
            key = (ID_PREFIX + source, kind, ID_PREFIX + target)
            elements.setdefault(key, _relationship(*key, comment))
    return [elements[key] for key in sorted(elements)]


def _relationship(source: str, kind: str, target: str, comment: str = "") -> JsonObject:
    element = {"spdxElementId": source, "relationshipType": kind, "relatedSpdxElement": target}
    return {**element, "comment": comment} if comment else element


def _express(
    relationship: Relationship, titles: Mapping[str, str]
) -> Iterator[tuple[str, str, str, str]]:
    """Yield the relationships of SPDX that express one of ours: type, source, target, comment.

    ``titles`` are names and versions of the components by id. A package whose own archive is
    described must not contain files (clause 7.8), so that a file is part of it by OTHER.
    """
    comment = relationship.comment
    if relationship.kind is RelationshipKind.BUILD_TOOL:
        yield "BUILD_TOOL_OF", relationship.target, relationship.source, ""
    elif relationship.kind is RelationshipKind.PART_OF:
        comment = f"The file is part of {titles[relationship.target]}."
    elif relationship.kind in LINKS and relationship.source in titles:
        yield "DEPENDS_ON", relationship.source, relationship.target, ""
    yield _TYPES[relationship.kind], relationship.source, relationship.target, comment
