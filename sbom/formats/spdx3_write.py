"""A BOM as an SPDX 3.0.1 document: JSON-LD (https://spdx.github.io/spdx-spec/v3.0.1/).

How consumers read a document decides what is written: ntia-conformance-checker takes the SBOM
type from the first root element of the document, which is the SBOM, and follows ``hasPrerequisite``
but not ``usesTool``. BSI TR-03183-2 v2.1.0 (table 9) reads file name, SHA-512 and the executable,
archive and structured properties of a component from the files that it is distributed in, and a
creator's mail address or URL from the agent.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sbom.bom.actor import parse_actor
from sbom.bom.bom import Bom, BomFile, Relationship, RelationshipKind, unique_ids
from sbom.components.component import Component
from sbom.formats.document_time import format_timestamp
from sbom.formats.json_document import encode_json
from sbom.formats.spdx3_files import (
    BSI_COMMENT,
    download_properties,
    file_purpose,
    media_type,
    shipped_file_properties,
)
from sbom.formats.spdx3_terms import (
    ALGORITHMS,
    CONTEXT,
    DOCUMENT_ID,
    ID_PREFIX,
    NO_AGENT,
    NO_LICENSE,
    PURPOSES,
    RELATIONSHIP_TYPES,
    SCOPES,
)

Element = dict[str, Any]
#: A relationship of SPDX 3: type, source, target, comment.
Edge = tuple[str, str, str, str]

_CREATION = "_:creationinfo"
_LINKS = (RelationshipKind.STATIC_LINK, RelationshipKind.DYNAMIC_LINK)
#: The relationships whose completeness matters to a reader of a bill of materials.
_COMPOSITION = ("contains", "dependsOn", "hasStaticLink", "hasDynamicLink")
_UNSTATED = ("", "NOASSERTION")
_LICENSE_REF = re.compile(r"LicenseRef-[A-Za-z0-9.-]+")
#: The license of every SPDX document.
_DATA_LICENSE = "CC0-1.0"


def write_spdx3(bom: Bom) -> bytes:
    """Return a document of SPDX 3.0.1: JSON-LD in UTF-8, keys sorted, two spaces, LF line ends.

    The order of components, files and relationships in the BOM does not matter. A value that is
    not known is absent.
    """
    graph = list(_list_elements(bom, _references(bom)))
    return encode_json({"@context": CONTEXT, "@graph": graph})


@dataclass(frozen=True, slots=True)
class _References:
    """The ids of a document: all begin with ``base``.

    ``agents`` are by the text that names one, ``licenses`` by the expression.
    """

    base: str
    agents: Mapping[str, str]
    licenses: Mapping[str, str]

    def of(self, id_: str) -> str:
        """Return the id of a component or a file."""
        return f"{self.base}{ID_PREFIX}{id_}"


def _references(bom: Bom) -> _References:
    base = f"{bom.namespace or f'urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, bom.name)}'}#"
    agents = set(bom.creation.creators or [NO_AGENT])
    expressions = {_DATA_LICENSE, *(file.license for file in bom.files)}
    for component in bom.components:
        agents |= {component.originator, component.supplier}
        expressions |= {component.license_concluded, component.license_declared}
    licenses = {text: _license_id(base, text) for text in expressions if text not in _UNSTATED}
    slugs = unique_ids(agents - {""})
    return _References(
        base=base,
        agents={text: f"{base}Agent-{slug}" for text, slug in slugs.items()},
        licenses=licenses | ({"NONE": NO_LICENSE} if "NONE" in licenses else {}),
    )


def _license_id(base: str, expression: str) -> str:
    return f"{base}License-{hashlib.sha256(expression.encode()).hexdigest()[:16]}"


def _element(type_: str, id_: str, /, **properties: Any) -> Element:
    """Return an element with those properties that are known."""
    known = {key: value for key, value in properties.items() if value}
    return {"type": type_, "spdxId": id_, "creationInfo": _CREATION, **known}


def _list_elements(bom: Bom, ids: _References) -> Iterator[Element]:
    """Yield what the document has: itself and its creation, the SBOM, and what the SBOM has."""
    elements = [
        *_agents(bom, ids),
        *_tools(bom, ids),
        *_packages(bom, ids),
        *_files(bom, ids),
        *_artifacts(bom, ids),
        *_licenses(bom, ids),
        *_annotations(bom, ids),
        *_relationships(bom, ids),
    ]
    sbom = f"{ids.base}SBOM"
    yield _creation_info(bom, ids)
    yield _element(
        "SpdxDocument",
        ids.base + DOCUMENT_ID,
        name=bom.name,
        dataLicense=ids.licenses[_DATA_LICENSE],
        profileConformance=["core", "software", "simpleLicensing"],
        rootElement=[sbom],
        element=[sbom],
    )
    yield _element(
        "software_Sbom",
        sbom,
        name=bom.name,
        # Files are listed where they were read after the build, which is analysis.
        software_sbomType=["analyzed", "build"] if bom.files else ["build"],
        rootElement=[ids.of(root) for root in bom.roots],
        element=[element["spdxId"] for element in elements],
    )
    yield from elements


def _creation_info(bom: Bom, ids: _References) -> Element:
    creation = bom.creation
    info = {
        "type": "CreationInfo",
        "@id": _CREATION,
        "specVersion": "3.0.1",
        "created": format_timestamp(creation.created),
        "createdBy": [ids.agents[name] for name in creation.creators or [NO_AGENT]],
        "createdUsing": [_tool_id(bom, ids, tool) for tool in creation.tools],
        "comment": creation.comment,
    }
    return {key: value for key, value in info.items() if value}


def _tool_id(bom: Bom, ids: _References, tool: str) -> str:
    return f"{ids.base}Tool-{unique_ids(bom.creation.tools)[tool]}"


def _tools(bom: Bom, ids: _References) -> Iterator[Element]:
    for tool in sorted(set(bom.creation.tools)):
        yield _element("Tool", _tool_id(bom, ids, tool), name=tool)


def _agents(bom: Bom, ids: _References) -> Iterator[Element]:
    """Yield people and organizations, each with a mail address or, if none is known, URLs.

    BSI TR-03183-2, clause 5.2.2, takes the project's web page for the creator of a component.
    """
    pages: dict[str, set[str]] = {}
    for component in bom.components:
        if component.homepage.startswith(("http://", "https://")):
            pages.setdefault(component.originator, set()).add(component.homepage)
    for text, id_ in sorted(ids.agents.items()):
        actor = parse_actor(text)
        if actor is None:
            yield _element("Agent", id_, name=text)
        elif actor.mail:
            identifiers = [_identifier("email", actor.mail)]
            yield _element(str(actor.kind), id_, name=actor.name, externalIdentifier=identifiers)
        else:
            # Tables 8 and 9 of BSI TR-03183-2: the type of a URL depends on what is created.
            type_ = "urlScheme" if text in bom.creation.creators else "other"
            identifiers = [_identifier(type_, page) for page in sorted(pages.get(text, ()))]
            yield _element(str(actor.kind), id_, name=actor.name, externalIdentifier=identifiers)


def _identifier(type_: str, identifier: str) -> Element:
    return {
        "type": "ExternalIdentifier",
        "externalIdentifierType": type_,
        "identifier": identifier,
    }


def _packages(bom: Bom, ids: _References) -> Iterator[Element]:
    for component in sorted(bom.components, key=lambda component: component.id):
        identifiers = [_identifier("cpe23", cpe) for cpe in component.cpes]
        if component.purl:
            identifiers.append(_identifier("packageUrl", component.purl))
        yield _element(
            "software_Package",
            ids.of(component.id),
            name=component.name,
            comment=component.comment,
            externalIdentifier=identifiers,
            originatedBy=[ids.agents[component.originator]] if component.originator else [],
            software_copyrightText=component.copyright,
            software_downloadLocation=component.download_location,
            software_homePage=component.homepage,
            software_packageUrl=component.purl,
            software_packageVersion=component.version,
            software_primaryPurpose=PURPOSES.get(component.purpose, component.purpose),
            software_sourceInfo=component.source_info,
            suppliedBy=ids.agents.get(component.supplier),
            verifiedUsing=_hashes(component.checksums),
        )


def _hashes(checksums: Iterable[tuple[str, str]]) -> list[Element]:
    return [
        {"type": "Hash", "algorithm": ALGORITHMS.get(name, name.lower()), "hashValue": value}
        for name, value in checksums
        if value
    ]


def _files(bom: Bom, ids: _References) -> Iterator[Element]:
    parts = {edge.source for edge in bom.relationships if edge.kind is RelationshipKind.PART_OF}
    for file in sorted(bom.files, key=lambda file: (file.path, file.id)):
        yield _file(file, ids, is_artifact=file.id in parts)


def _file(file: BomFile, ids: _References, *, is_artifact: bool) -> Element:
    checksums = (("SHA1", file.sha1), ("SHA256", file.sha256), ("SHA512", file.sha512))
    return _element(
        "software_File",
        ids.of(file.id),
        name=file.path,
        comment=file.comment,
        contentType=media_type(file.path),
        software_primaryPurpose=file_purpose(file.path),
        software_additionalPurpose=shipped_file_properties(file.path) if is_artifact else (),
        verifiedUsing=_hashes(checksums),
    )


def _artifact_id(component: Component, ids: _References) -> str:
    return f"{ids.base}Artifact-of-{component.id}"


def _artifacts(bom: Bom, ids: _References) -> Iterator[Element]:
    """Yield the files that components are downloaded as."""
    for component in sorted(bom.components, key=lambda component: component.id):
        if component.file_name:
            yield _element(
                "software_File",
                _artifact_id(component, ids),
                name=component.file_name,
                contentType=media_type(component.file_name),
                software_primaryPurpose=file_purpose(component.file_name),
                software_additionalPurpose=download_properties(component.file_name),
                verifiedUsing=_hashes(component.checksums),
            )


def _licenses(bom: Bom, ids: _References) -> Iterator[Element]:
    """Yield the expressions, each once, and the texts of what the license list lacks."""
    texts = {text.id: f"{ids.base}{text.id}" for text in bom.license_texts}
    for expression, id_ in sorted(ids.licenses.items()):
        if id_ != NO_LICENSE:
            named = sorted(set(_LICENSE_REF.findall(expression)) & texts.keys())
            yield _element(
                "simplelicensing_LicenseExpression",
                id_,
                simplelicensing_licenseExpression=expression,
                simplelicensing_licenseListVersion=_full_version(bom.creation.license_list_version),
                simplelicensing_customIdToUri=[
                    {"type": "DictionaryEntry", "key": name, "value": texts[name]} for name in named
                ],
            )
    for text in sorted(bom.license_texts, key=lambda text: text.id):
        yield _element(
            "simplelicensing_SimpleLicensingText",
            texts[text.id],
            name=text.name,
            simplelicensing_licenseText=text.text,
        )


def _full_version(version: str) -> str:
    """Return a version in three parts, as SemVer has them: the license list's have two."""
    return f"{version}.0" if re.fullmatch(r"\d+\.\d+", version) else version


def _annotations(bom: Bom, ids: _References) -> Iterator[Element]:
    for component in sorted(bom.components, key=lambda component: component.id):
        if component.annotation:
            yield _element(
                "Annotation",
                f"{ids.base}Annotation-of-{component.id}",
                annotationType="review",
                statement=component.annotation,
                subject=ids.of(component.id),
            )


def _relationships(bom: Bom, ids: _References) -> Iterator[Element]:
    """Yield relationships; those of one source, type and comment are one element."""
    completeness = "incomplete" if bom.is_incomplete else "noAssertion"
    grouped: dict[tuple[str, str, str], set[str]] = {}
    for type_, source, target, comment in _edges(bom, ids):
        grouped.setdefault((type_, source, comment), set()).add(target)
    before, number = ("", ""), 0
    for type_, source, comment in sorted(grouped):
        number = number + 1 if before == (type_, source) else 1
        before = (type_, source)
        suffix = f".{number}" if number > 1 else ""
        scope = SCOPES.get(type_)
        element: Element = {
            "type": "LifecycleScopedRelationship" if scope else "Relationship",
            "spdxId": f"{ids.base}{type_}{suffix}-{source}",
            "creationInfo": _CREATION,
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


def _edges(bom: Bom, ids: _References) -> Iterator[Edge]:
    """Yield type, id of the source in the BOM, id of the target in the document, comment."""
    components = {component.id for component in bom.components}
    for edge in bom.relationships:
        for type_, source, target, comment in _express(edge, components):
            yield type_, source, ids.of(target), comment
    for component in bom.components:
        if component.file_name:
            artifact = _artifact_id(component, ids)
            yield "hasDistributionArtifact", component.id, artifact, BSI_COMMENT
        if license_id := ids.licenses.get(component.license_concluded):
            yield "hasConcludedLicense", component.id, license_id, ""
        if license_id := ids.licenses.get(component.license_declared):
            yield "hasDeclaredLicense", component.id, license_id, ""
    for file in bom.files:
        if license_id := ids.licenses.get(file.license):
            yield "hasConcludedLicense", file.id, license_id, ""


def _express(edge: Relationship, components: set[str]) -> Iterator[Edge]:
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
    elif edge.kind in _LINKS and source in components:
        yield "dependsOn", source, target, ""
    yield type_, source, target, comment
