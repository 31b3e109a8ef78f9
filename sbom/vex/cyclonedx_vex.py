"""Statements of a release as CycloneDX 1.6 VEX, whose BOM-Links lead to our CycloneDX SBOMs.

https://cyclonedx.org/capabilities/vex/, https://cyclonedx.org/capabilities/bomlink/. What consumers
do decides what is written: Trivy takes a statement only by the serial number of the SBOM it scans,
so that every SBOM with the component is named; Dependency-Track only from a source that it knows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from sbom.bom.bom import Bom
from sbom.components.component import Component
from sbom.formats.actor_pages import home_pages
from sbom.formats.cyclonedx_makers import describe_makers
from sbom.formats.cyclonedx_terms import serial_uuid
from sbom.formats.document_time import format_timestamp
from sbom.formats.json_document import JsonObject, encode_json
from sbom.vex.openvex import describe_evidence
from sbom.vex.products import StatementProducts
from sbom.vex.statement import Justification, Statement, Status

#: The state of an analysis, and that of a version, by status.
_STATES = {
    Status.NOT_AFFECTED: ("not_affected", "unaffected"),
    Status.AFFECTED: ("exploitable", "affected"),
    Status.FIXED: ("resolved", "unaffected"),
    Status.UNDER_INVESTIGATION: ("in_triage", "unknown"),
}
#: CycloneDX has none for code that cannot be attacked: only the sentences are written.
_JUSTIFICATIONS = {
    Justification.COMPONENT_NOT_PRESENT: "code_not_present",
    Justification.CODE_NOT_PRESENT: "code_not_present",
    Justification.CODE_NOT_IN_EXECUTE_PATH: "code_not_reachable",
    Justification.INLINE_MITIGATIONS: "protected_by_mitigating_control",
}
#: Dependency-Track's names of the sources of ids, and where each has its page.
_SOURCES = {
    "CVE": ("NVD", "https://nvd.nist.gov/vuln/detail/"),
    "GHSA": ("GITHUB", "https://github.com/advisories/"),
}


def write_cyclonedx_vex(
    statements: Iterable[StatementProducts], bom: Bom, namespaces: Mapping[str, str]
) -> bytes:
    """Return the document of at least one statement: JSON in UTF-8, keys sorted, LF line ends.

    ``bom`` is that of the release, ``namespaces`` are those of the artifacts' SBOMs by the names
    of the artifacts. The serial number is made of everything in the document but the time.
    """
    document: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": describe_makers(bom.creation, home_pages(bom)),
        "vulnerabilities": [_vulnerability(statement, bom, namespaces) for statement in statements],
    }
    digest = hashlib.sha256(encode_json(document)).hexdigest()
    document["serialNumber"] = f"urn:uuid:{serial_uuid(f'{bom.namespace}/vex/{digest}')}"
    document["metadata"]["timestamp"] = format_timestamp(bom.creation.created)
    return encode_json(document)


def _bom_link(namespace: str, ref: str) -> str:
    """Return the BOM-Link of an element of a CycloneDX SBOM, whose ``bom-ref`` is its id.

    The version of the SBOM is 1.
    """
    return f"urn:cdx:{serial_uuid(namespace)}/1#{ref}"


def _vulnerability(
    applied: StatementProducts, bom: Bom, namespaces: Mapping[str, str]
) -> JsonObject:
    statement = applied.statement
    element = {
        "id": statement.vulnerability,
        "source": _source(statement.vulnerability),
        "references": [
            {"id": id_, "source": source}
            for id_ in dict.fromkeys(statement.aliases)
            if (source := _source(id_))
        ],
        "recommendation": statement.action_statement,
        "analysis": _analysis(statement),
        "affects": _affects(applied, bom, namespaces),
    }
    return {key: value for key, value in element.items() if value}


def _source(id_: str) -> JsonObject | None:
    name, page = _SOURCES.get(id_.partition("-")[0], ("", ""))
    return {"name": name, "url": f"{page}{id_}"} if name else None


def _analysis(statement: Statement) -> JsonObject:
    state, _ = _STATES[statement.status]
    time = f"{statement.date.isoformat()}T00:00:00Z"
    element = {
        "state": state,
        "justification": _JUSTIFICATIONS.get(statement.justification)
        if statement.justification
        else None,
        "detail": f"{statement.impact_statement} {describe_evidence(statement)}".strip(),
        "firstIssued": time,
        "lastUpdated": time,
    }
    return {key: value for key, value in element.items() if value}


def _affects(
    applied: StatementProducts, bom: Bom, namespaces: Mapping[str, str]
) -> list[JsonObject]:
    """Return each SBOM's element of every component: the release's, then those of artifacts."""
    components: dict[str, Component] = {}
    links: dict[str, Component] = {}
    for product in applied.products:
        for component in product.subcomponents:
            components[component.id] = component
            links[_bom_link(namespaces[product.artifact.name], component.id)] = component
    release = {_bom_link(bom.namespace, id_): components[id_] for id_ in sorted(components)}
    _, status = _STATES[applied.statement.status]
    return [
        {
            "ref": link,
            "versions": [{"version": component.version, "status": status}],
        }
        if component.version
        else {"ref": link}
        for link, component in {**release, **links}.items()
    ]
