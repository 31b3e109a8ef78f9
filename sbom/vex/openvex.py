"""Statements of a release as an OpenVEX 0.2.0 document.

https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md. Scanners find a statement by the purls of
product and subcomponent, so that both are exactly those of our SBOMs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from sbom.bom.bom import Bom
from sbom.components.component import Component
from sbom.formats.document_time import format_timestamp
from sbom.formats.json_document import encode_json
from sbom.vex.products import Product, StatementProducts
from sbom.vex.statement import Statement

_CONTEXT = "https://openvex.dev/ns/v0.2.0"
#: OpenVEX's names of the algorithms that SPDX has other names for (Hash Names Table).
_HASHES = {"SHA1": "sha1", "SHA256": "sha-256", "SHA384": "sha-384", "SHA512": "sha-512"}


def write_openvex(statements: Iterable[StatementProducts], bom: Bom) -> bytes:
    """Return the document of at least one statement: JSON in UTF-8, keys sorted, LF line ends.

    ``bom`` is that of the release. It gives the document its author and its time; its namespace,
    with a digest of everything in the document but the time, is the document's id, so that its
    version is always 1.
    """
    rows = [_statement(statement, bom) for statement in statements]
    creators = [creator.partition(": ")[2] or creator for creator in bom.creation.creators]
    document: dict[str, Any] = {
        "@context": _CONTEXT,
        "author": ", ".join(creators),
        # Optional, but lib4vex 0.2.3 reads no document without it.
        "role": "Document Creator",
        "statements": rows,
        "tooling": ", ".join(bom.creation.tools),
        "version": 1,
    }
    digest = hashlib.sha256(encode_json(document)).hexdigest()[:32]
    document["@id"] = f"{bom.namespace}/openvex/{digest}"
    document["timestamp"] = format_timestamp(bom.creation.created)
    return encode_json(document)


def _statement(applied: StatementProducts, bom: Bom) -> dict[str, Any]:
    statement = applied.statement
    vulnerability: dict[str, Any] = {"name": statement.vulnerability}
    if statement.aliases:
        vulnerability["aliases"] = [*dict.fromkeys(statement.aliases)]
    row = {
        "vulnerability": vulnerability,
        "timestamp": f"{statement.date.isoformat()}T00:00:00Z",
        "products": [_product(product, bom) for product in applied.products],
        "status": statement.status.value,
        "justification": statement.justification.value if statement.justification else "",
        "impact_statement": statement.impact_statement,
        "action_statement": statement.action_statement,
        "status_notes": describe_evidence(statement),
    }
    return {key: value for key, value in row.items() if value}


def describe_evidence(statement: Statement) -> str:
    """Return who states it and where it can be verified: no format has fields for that."""
    return f"Stated by {statement.author}. Evidence: {' '.join(statement.evidence)}"


def _product(product: Product, bom: Bom) -> dict[str, Any]:
    artifact = product.artifact
    hashes = {_HASHES[name]: value for name, value in artifact.checksums if name in _HASHES}
    element = _component(artifact, bom)
    if hashes:
        element["hashes"] = hashes
    element["subcomponents"] = [_component(component, bom) for component in product.subcomponents]
    return element


def _component(component: Component, bom: Bom) -> dict[str, Any]:
    """Return a component by its purl; one without is an element of the release's SBOM."""
    identifiers = {"purl": component.purl, "cpe23": next(iter(component.cpes), "")}
    identifiers = {name: value for name, value in identifiers.items() if value}
    element: dict[str, Any] = {"@id": component.purl or f"{bom.namespace}#SPDXRef-{component.id}"}
    return {**element, "identifiers": identifiers} if identifiers else element
