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
from collections.abc import Iterable, Iterator

from sbom.bom.actor import parse_actor
from sbom.bom.bom import Bom, BomFile, RelationshipKind, unique_ids
from sbom.formats.actor_pages import home_pages
from sbom.formats.document_time import format_timestamp
from sbom.formats.file_kinds import bsi_properties, file_purpose, media_type
from sbom.formats.json_document import JsonObject, encode_json
from sbom.formats.spdx3_elements import CREATION, References, artifact_element_id, make_element
from sbom.formats.spdx3_relationships import list_relationships
from sbom.formats.spdx3_terms import (
    ALGORITHMS,
    CONTEXT,
    DOCUMENT_ID,
    NO_AGENT,
    NO_LICENSE,
    PURPOSES,
)

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


def _references(bom: Bom) -> References:
    base = f"{bom.namespace or f'urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, bom.name)}'}#"
    agents = set(bom.creation.creators or [NO_AGENT])
    expressions = {_DATA_LICENSE, *(file.license for file in bom.files)}
    for component in bom.components:
        agents |= {component.originator, component.supplier}
        expressions |= {component.license_concluded, component.license_declared}
    licenses = {text: _license_id(base, text) for text in expressions if text not in _UNSTATED}
    slugs = unique_ids(agents - {""})
    return References(
        base=base,
        agents={text: f"{base}Agent-{slug}" for text, slug in slugs.items()},
        licenses=licenses | ({"NONE": NO_LICENSE} if "NONE" in licenses else {}),
    )


def _license_id(base: str, expression: str) -> str:
    return f"{base}License-{hashlib.sha256(expression.encode()).hexdigest()[:16]}"


def _list_elements(bom: Bom, ids: References) -> Iterator[JsonObject]:
    """Yield what the document has: itself and its creation, the SBOM, and what the SBOM has."""
    elements = [
        *_agents(bom, ids),
        *_tools(bom, ids),
        *_packages(bom, ids),
        *_files(bom, ids),
        *_artifacts(bom, ids),
        *_licenses(bom, ids),
        *_annotations(bom, ids),
        *list_relationships(bom, ids),
    ]
    sbom = f"{ids.base}SBOM"
    yield _creation_info(bom, ids)
    yield make_element(
        "SpdxDocument",
        ids.base + DOCUMENT_ID,
        name=bom.name,
        dataLicense=ids.licenses[_DATA_LICENSE],
        profileConformance=["core", "software", "simpleLicensing"],
        rootElement=[sbom],
        element=[sbom],
    )
    yield make_element(
        "software_Sbom",
        sbom,
        name=bom.name,
        # Files are listed where they were read after the build, which is analysis.
        software_sbomType=["analyzed", "build"] if bom.files else ["build"],
        rootElement=[ids.of(root) for root in bom.roots],
        element=[element["spdxId"] for element in elements],
    )
    yield from elements


def _creation_info(bom: Bom, ids: References) -> JsonObject:
    creation = bom.creation
    info = {
        "type": "CreationInfo",
        "@id": CREATION,
        "specVersion": "3.0.1",
        "created": format_timestamp(creation.created),
        "createdBy": [ids.agents[name] for name in creation.creators or [NO_AGENT]],
        "createdUsing": [_tool_id(bom, ids, tool) for tool in creation.tools],
        "comment": creation.comment,
    }
    return {key: value for key, value in info.items() if value}


def _tool_id(bom: Bom, ids: References, tool: str) -> str:
    return f"{ids.base}Tool-{unique_ids(bom.creation.tools)[tool]}"


def _tools(bom: Bom, ids: References) -> Iterator[JsonObject]:
    for tool in sorted(set(bom.creation.tools)):
        yield make_element("Tool", _tool_id(bom, ids, tool), name=tool)


def _agents(bom: Bom, ids: References) -> Iterator[JsonObject]:
    """Yield people and organizations, each with a mail address or, if none is known, URLs."""
    pages = home_pages(bom)
    for text, id_ in sorted(ids.agents.items()):
        actor = parse_actor(text)
        if actor is None:
            yield make_element("Agent", id_, name=text)
        elif actor.mail:
            identifiers = [_identifier("email", actor.mail)]
            yield make_element(
                str(actor.kind), id_, name=actor.name, externalIdentifier=identifiers
            )
        else:
            # Tables 8 and 9 of BSI TR-03183-2: the type of a URL depends on what is created.
            type_ = "urlScheme" if text in bom.creation.creators else "other"
            identifiers = [_identifier(type_, page) for page in pages.get(text, ())]
            yield make_element(
                str(actor.kind), id_, name=actor.name, externalIdentifier=identifiers
            )


def _identifier(type_: str, identifier: str) -> JsonObject:
    return {
        "type": "ExternalIdentifier",
        "externalIdentifierType": type_,
        "identifier": identifier,
    }


def _packages(bom: Bom, ids: References) -> Iterator[JsonObject]:
    for component in sorted(bom.components, key=lambda component: component.id):
        identifiers = [_identifier("cpe23", cpe) for cpe in component.cpes]
        if component.purl:
            identifiers.append(_identifier("packageUrl", component.purl))
        yield make_element(
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


def _hashes(checksums: Iterable[tuple[str, str]]) -> list[JsonObject]:
    return [
        {"type": "Hash", "algorithm": ALGORITHMS.get(name, name.lower()), "hashValue": value}
        for name, value in checksums
        if value
    ]


def _files(bom: Bom, ids: References) -> Iterator[JsonObject]:
    parts = {edge.source for edge in bom.relationships if edge.kind is RelationshipKind.PART_OF}
    for file in sorted(bom.files, key=lambda file: (file.path, file.id)):
        yield _file(file, ids, is_artifact=file.id in parts)


def _file(file: BomFile, ids: References, *, is_artifact: bool) -> JsonObject:
    checksums = (("SHA1", file.sha1), ("SHA256", file.sha256), ("SHA512", file.sha512))
    return make_element(
        "software_File",
        ids.of(file.id),
        name=file.path,
        comment=file.comment,
        contentType=media_type(file.path),
        software_primaryPurpose=file_purpose(file.path),
        software_additionalPurpose=_bsi_purposes(file.path) if is_artifact else (),
        verifiedUsing=_hashes(checksums),
    )


def _artifacts(bom: Bom, ids: References) -> Iterator[JsonObject]:
    """Yield the files that components are downloaded as."""
    for component in sorted(bom.components, key=lambda component: component.id):
        if component.file_name:
            yield make_element(
                "software_File",
                artifact_element_id(component, ids),
                name=component.file_name,
                contentType=media_type(component.file_name),
                software_primaryPurpose=file_purpose(component.file_name),
                software_additionalPurpose=_bsi_purposes(component.file_name, component.purpose),
                verifiedUsing=_hashes(component.checksums),
            )


def _bsi_purposes(name: str, purpose: str = "") -> tuple[str, ...]:
    """Return the purposes that state BSI's properties of a file: BSI TR-03183-2, table 9.

    Of a text or data file, which has none of the properties but structure, none is stated.
    """
    found = bsi_properties(name, purpose)
    stated = {
        "archive": found.is_archive,
        "container": found.is_structured,
        "executable": found.is_executable,
        "firmware": not found.is_structured,
    }
    is_plain = found.is_structured and not (found.is_archive or found.is_executable)
    return () if is_plain else tuple(name for name, is_stated in stated.items() if is_stated)


def _licenses(bom: Bom, ids: References) -> Iterator[JsonObject]:
    """Yield the expressions, each once, and the texts of what the license list lacks."""
    texts = {text.id: f"{ids.base}{text.id}" for text in bom.license_texts}
    for expression, id_ in sorted(ids.licenses.items()):
        if id_ != NO_LICENSE:
            named = sorted(set(_LICENSE_REF.findall(expression)) & texts.keys())
            yield make_element(
                "simplelicensing_LicenseExpression",
                id_,
                simplelicensing_licenseExpression=expression,
                simplelicensing_licenseListVersion=_full_version(bom.creation.license_list_version),
                simplelicensing_customIdToUri=[
                    {"type": "DictionaryEntry", "key": name, "value": texts[name]} for name in named
                ],
            )
    for text in sorted(bom.license_texts, key=lambda text: text.id):
        yield make_element(
            "simplelicensing_SimpleLicensingText",
            texts[text.id],
            name=text.name,
            simplelicensing_licenseText=text.text,
        )


def _full_version(version: str) -> str:
    """Return a version in three parts, as SemVer has them: the license list's have two."""
    return f"{version}.0" if re.fullmatch(r"\d+\.\d+", version) else version


def _annotations(bom: Bom, ids: References) -> Iterator[JsonObject]:
    for component in sorted(bom.components, key=lambda component: component.id):
        if component.annotation:
            yield make_element(
                "Annotation",
                f"{ids.base}Annotation-of-{component.id}",
                annotationType="review",
                statement=component.annotation,
                subject=ids.of(component.id),
            )
