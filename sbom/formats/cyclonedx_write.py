"""A BOM as a CycloneDX document in JSON (https://cyclonedx.org/docs/1.7/json/).

Components and files are one flat list, because the same file can be in several artifacts and a
``bom-ref`` stands once. The dependency graph has every relationship but that of a file with the
component that it is part of, which would lead back to what contains the file.

cyclonedx-python-lib validates documents in the tests and in ``validate``. It does not write them:
its serializer takes time that grows with the square of the number of components.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sbom.bom.actor import ActorKind, parse_actor
from sbom.bom.bom import Bom, BomFile
from sbom.bom.completeness import component_completeness
from sbom.components.component import Component
from sbom.formats import cyclonedx_terms as terms
from sbom.formats.actor_pages import home_pages
from sbom.formats.cyclonedx_graph import DependencyGraph
from sbom.formats.cyclonedx_makers import (
    HomePages,
    describe_contact,
    describe_entity,
    describe_makers,
    describe_tool,
)
from sbom.formats.document_time import format_timestamp
from sbom.formats.file_kinds import bsi_properties
from sbom.formats.json_document import JsonObject, drop_empty, encode_json

#: How sure we are of an identity: the manifest states it; bytes of the file show it.
_STATED, _SHOWN = 0.9, 1.0


def write_cyclonedx(bom: Bom, version: str) -> bytes:
    """Return a document of CycloneDX ``version`` 1.6 or 1.7: JSON in UTF-8, keys sorted.

    Its serial number is made of the BOM's namespace. The order of components, files and
    relationships in the BOM does not matter.
    """
    graph, pages = DependencyGraph.of(bom), home_pages(bom)
    elements = {
        component.id: _component(component, graph, bom, version, pages)
        for component in sorted(bom.components, key=lambda component: component.id)
    }
    root = elements.pop(bom.roots[0], None) if bom.roots else None
    files = [
        _file(file, graph) for file in sorted(bom.files, key=lambda file: (file.path, file.id))
    ]
    data: JsonObject = {
        "$schema": f"http://cyclonedx.org/schema/bom-{version}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": version,
        "serialNumber": f"urn:uuid:{terms.serial_uuid(bom.namespace)}" if bom.namespace else None,
        "version": 1,
        "metadata": _metadata(bom, root, pages),
        "components": [*elements.values(), *files],
        "dependencies": graph.dependencies(),
        "compositions": _compositions(bom),
        "annotations": _annotations(bom),
        "properties": _properties(
            (terms.LICENSE_TEXT, f"{text.id}\n{text.name}\n{text.text}")
            for text in bom.license_texts
        ),
    }
    return encode_json(drop_empty(data))


def _properties(pairs: Iterable[tuple[str, str]]) -> list[JsonObject]:
    return [{"name": name, "value": value} for name, value in pairs if value]


# The document.


def _metadata(bom: Bom, root: JsonObject | None, pages: HomePages) -> JsonObject:
    creation = bom.creation
    return drop_empty(
        {
            "timestamp": format_timestamp(creation.created),
            "lifecycles": [{"phase": "post-build" if bom.files else "pre-build"}],
            **describe_makers(creation, pages),
            "component": root,
            "licenses": [{"license": {"id": "CC0-1.0"}}],
            "properties": _properties(
                [
                    (terms.NAME, bom.name),
                    (terms.NAMESPACE, bom.namespace),
                    (terms.COMMENT, creation.comment),
                    (terms.LICENSE_LIST, creation.license_list_version),
                    *((terms.ROOT, root_id) for root_id in bom.roots[1:]),
                ]
            ),
        }
    )


def _annotations(bom: Bom) -> list[JsonObject]:
    """Return what was noted about components, by the first tool that made the BOM."""
    tools = [{"component": describe_tool(tool)} for tool in bom.creation.tools[:1]]
    if not tools or bom.creation.created is None:
        return []
    return [
        {
            "subjects": [component.id],
            "annotator": tools[0],
            "timestamp": format_timestamp(bom.creation.created),
            "text": component.annotation,
        }
        for component in sorted(bom.components, key=lambda component: component.id)
        if component.annotation
    ]


def _compositions(bom: Bom) -> list[JsonObject]:
    """Return how complete the lists of contents are."""
    by_aggregate: dict[str, list[str]] = {}
    for id_, found in sorted(component_completeness(bom).items()):
        by_aggregate.setdefault(str(found), []).append(id_)
    return [
        {"aggregate": name, "assemblies": ids, "dependencies": ids}
        for name, ids in sorted(by_aggregate.items())
    ]


# Components and files.


def _component(
    component: Component, graph: DependencyGraph, bom: Bom, version: str, pages: HomePages
) -> JsonObject:
    kind = terms.TYPES.get(component.purpose, terms.DEFAULT_TYPE)
    maker = parse_actor(component.originator)
    by_person = maker is not None and maker.kind is ActorKind.PERSON
    is_needed = component.id not in graph.build_tools
    element = {
        "type": kind,
        "bom-ref": component.id,
        "name": component.name,
        "version": component.version,
        "description": component.comment,
        "scope": "required" if is_needed else "excluded",
        "supplier": describe_entity(component.supplier, pages),
        "manufacturer": None if by_person else describe_entity(component.originator, pages),
        "authors": [describe_contact(maker)] if maker and by_person else None,
        "licenses": _licenses(component, bom, version),
        "copyright": component.copyright,
        "cpe": next(iter(component.cpes), ""),
        "purl": component.purl,
        "hashes": _hashes(component.checksums),
        "pedigree": drop_empty({"notes": component.source_info}),
        "externalReferences": _references(component),
        "evidence": _evidence(component, graph, version),
        "properties": _properties(
            [
                (terms.PURPOSE, component.purpose if component.purpose != kind else ""),
                (terms.LICENSE_DECLARED, component.license_declared if version == "1.6" else ""),
                *((terms.CPE, cpe) for cpe in component.cpes[1:]),
                *_bsi_properties(component.file_name, component.purpose),
                *graph.properties(component.id),
            ]
        ),
    }
    return drop_empty(element)


def _licenses(component: Component, bom: Bom, version: str) -> list[JsonObject]:
    """Return the concluded license, and the declared one where the format can have both."""
    stated = [
        ("concluded", component.license_concluded),
        ("declared", component.license_declared),
    ]
    expressions = [
        drop_empty(
            {
                "expression": expression,
                "acknowledgement": acknowledgement,
                "expressionDetails": [
                    {"licenseIdentifier": text.id, "text": {"content": text.text}}
                    for text in bom.license_texts
                    if version != "1.6" and text.id in expression
                ],
            }
        )
        for acknowledgement, expression in stated
        if expression
    ]
    return expressions[:1] if version == "1.6" else expressions


def _hashes(checksums: Iterable[tuple[str, str]]) -> list[JsonObject]:
    return [
        {"alg": terms.ALGORITHMS[name], "content": value}
        for name, value in checksums
        if name in terms.ALGORITHMS and value
    ]


def _references(component: Component) -> list[JsonObject]:
    distribution = {
        "type": "distribution",
        "url": component.download_location,
        "hashes": _hashes(component.checksums),
    }
    website: JsonObject = {"type": "website", "url": component.homepage}
    return [drop_empty(link) for link in (distribution, website) if link["url"]]


def _bsi_properties(name: str, purpose: str = "") -> Iterator[tuple[str, str]]:
    """Yield what BSI TR-03183-2 asks of a file."""
    if not name:
        return
    found = bsi_properties(name, purpose)
    yield terms.FILE_NAME, name
    yield "bsi:component:executable", "executable" if found.is_executable else "non-executable"
    yield "bsi:component:archive", "archive" if found.is_archive else "no archive"
    yield "bsi:component:structured", "structured" if found.is_structured else "unstructured"


def _evidence(component: Component, graph: DependencyGraph, version: str) -> JsonObject:
    """Return the files that contain a component, and what shows which one it is.

    In version 1.6, the identity is an object instead of an array of one, which the schema accepts
    as the form of 1.5: syft 1.18 rejects a document with the array.
    """
    files = graph.files_of.get(component.id, ())
    methods = [("manifest-analysis", _STATED, component.source_info)]
    shown = next((file.comment for file in files if _names_version(file, component.version)), "")
    if shown:
        methods.append(("binary-analysis", _SHOWN, shown))
    found = [
        drop_empty({"technique": technique, "confidence": confidence, "value": value})
        for technique, confidence, value in methods
        if value
    ]
    identity = {
        "field": "version",
        "concludedValue": component.version,
        "confidence": max((method["confidence"] for method in found), default=0),
        "methods": found,
    }
    return drop_empty(
        {
            "identity": (identity if version == "1.6" else [identity])
            if found and component.version
            else None,
            "occurrences": [
                drop_empty({"location": file.path, "additionalContext": file.comment})
                for file in files
            ],
        }
    )


def _names_version(file: BomFile, version: str) -> bool:
    """Return whether the evidence in a file names a version: not 1.3 in 11.3.2."""
    if not version or version not in file.comment:
        return False
    return bool(re.search(rf"(?<![\w.]){re.escape(version)}(?!\.?\w)", file.comment))


def _file(file: BomFile, graph: DependencyGraph) -> JsonObject:
    checksums = (("SHA1", file.sha1), ("SHA256", file.sha256), ("SHA512", file.sha512))
    licenses = [{"expression": file.license, "acknowledgement": "concluded"}]
    return drop_empty(
        {
            "type": "file",
            "bom-ref": file.id,
            "name": file.path,
            "description": file.comment,
            "hashes": _hashes(checksums),
            "licenses": licenses if file.license else None,
            "properties": _properties(
                [*_bsi_properties(file.path.rpartition("/")[2]), *graph.properties(file.id)]
            ),
        }
    )
