"""The document of one build: CPython at its root, what is in it, and its files where known."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sbom.bom.ownership import FileOwnership
from sbom.components.model import Component
from sbom.diagnostics import Diagnostic
from sbom.files.shipped_file import ShippedFile
from sbom.formats.spdx2_files import Element, analyzed, contained, element, tied
from sbom.formats.spdx2_packages import model, problems_of, spdx_ids, to_dict
from sbom.formats.spdx2_relations import describes, needs, ships
from sbom.manifest.model import DocumentConfig, LicenseText, release_series


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What a document describes: its root, all that is in it, and the document's own facts.

    ``files`` are those of a layout, ``ties`` say which component each is of.
    """

    name: str
    root: Component
    components: Sequence[Component]
    facts: DocumentConfig
    license_texts: Sequence[LicenseText]
    files: Sequence[ShippedFile] = ()
    ties: Sequence[FileOwnership] = ()


@dataclass(frozen=True, slots=True)
class Built:
    """A document in SPDX's JSON form, and what spdx-tools' full validation finds wrong with it."""

    data: Element
    problems: tuple[Diagnostic, ...]


def build_document(subject: Subject, created: datetime) -> Built:
    """Return the SPDX document of a build.

    ``created`` must know its time zone. The order of components and files does not matter.
    The namespace holds a digest of everything else in the document but the time, so it is the
    same for the same contents and no other.
    """
    root = subject.root.id
    document = model(
        subject.name,
        [subject.root, *subject.components],
        [describes(root), *ships(root, subject.components), *needs(root, subject.components)],
        created,
        facts=subject.facts,
        texts=subject.license_texts,
    )
    data = to_dict(document)
    if subject.files:
        _add_files(data, subject)
    namespace = subject.facts.namespace.format(
        release=release_series(subject.root.version), name=subject.name, digest=content_digest(data)
    )
    data["documentNamespace"] = namespace
    return Built(data, problems_of(document, subject.name))


def _add_files(data: Element, subject: Subject) -> None:
    """Add the files of a layout to the root, and tie them to their components."""
    ids = spdx_ids([subject.root.id, *(one.id for one in subject.components)])
    packages = {package["SPDXID"]: package for package in data["packages"]}
    root = ids[subject.root.id]
    data["packages"] = [
        analyzed(package, subject.files) if package["SPDXID"] == root else package
        for package in data["packages"]
    ]
    licenses = {one.id: one.license for one in subject.components}
    owner = {tie.path: licenses[tie.component] for tie in subject.ties if tie.kind != "static"}
    by_path = {file.path: file for file in subject.files}
    data["files"] = sorted(
        (element(file, owner.get(file.path, "")) for file in subject.files),
        key=lambda one: str(one["fileName"]),
    )
    data["relationships"] += contained(root, by_path.values())
    data["relationships"] += [
        tied(by_path[tie.path], tie.kind, packages[ids[tie.component]]) for tie in subject.ties
    ]
    data["relationships"].sort(key=relation_key)


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
