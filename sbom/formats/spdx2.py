"""The document of one build: CPython at its root, what is in it, and its files where known."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from sbom.diagnostics import Diagnostic
from sbom.formats.spdx2_files import Element


@dataclass(frozen=True, slots=True)
class Built:
    """A document in SPDX's JSON form, and what spdx-tools' full validation finds wrong with it."""

    data: Element
    problems: tuple[Diagnostic, ...]


def relation_key(relation: dict[str, str]) -> tuple[str, str, str]:
    """Return what relationships are sorted by."""
    return (
        relation["spdxElementId"],
        relation["relationshipType"],
        relation["relatedSpdxElement"],
    )


def content_digest(data: Element) -> str:
    """Return 32 hexadecimal digits of SHA-256 over a document without time and namespace."""
    creation = {key: value for key, value in data["creationInfo"].items() if key != "created"}
    timeless = {key: value for key, value in data.items() if key != "documentNamespace"}
    timeless |= {"creationInfo": creation, "packages": [_timeless(p) for p in data["packages"]]}
    text = json.dumps(timeless, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _timeless(package: Element) -> Element:
    if "annotations" not in package:
        return package
    notes = package["annotations"]
    return {
        **package,
        "annotations": [{k: v for k, v in one.items() if k != "annotationDate"} for one in notes],
    }
