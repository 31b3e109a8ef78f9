"""Components to an SPDX 2.3 document, and a document to bytes.

With ``sbom.judging.validation``, the only importer of spdx_tools. Takes the time of creation as
an argument and reads nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from license_expression import LicenseExpression
from spdx_tools.common.spdx_licensing import spdx_licensing
from spdx_tools.spdx.jsonschema.document_converter import DocumentConverter
from spdx_tools.spdx.model import (
    Actor,
    Annotation,
    AnnotationType,
    Checksum,
    ChecksumAlgorithm,
    CreationInfo,
    Document,
    ExternalPackageRef,
    ExternalPackageRefCategory,
    ExtractedLicensingInfo,
    Package,
    PackagePurpose,
    Relationship,
    RelationshipType,
    SpdxNoAssertion,
    SpdxNone,
    Version,
)
from spdx_tools.spdx.parser.actor_parser import ActorParser

from sbom import __version__
from sbom.components import Component, Link
from sbom.judging import validation
from sbom.problems import Code, Problem
from sbom.schema import DocumentFacts, LicenceText, release_of

_TOOL = f"Tool: cpython-windows-sbom-{__version__}"
_DOCUMENT_ID = "SPDXRef-DOCUMENT"
_LINKS = {"static": RelationshipType.STATIC_LINK, "dynamic": RelationshipType.DYNAMIC_LINK}


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What a document describes: its root, all that is in it, and the document's own facts."""

    name: str
    root: Component
    components: Sequence[Component]
    facts: DocumentFacts
    licence_texts: Sequence[LicenceText]


def build_document(subject: Subject, created: datetime) -> Document:
    """Return the SPDX document of a subject; the order of its components does not matter.

    ``created`` must know its time zone. The namespace holds a digest of everything else in
    the document but the time, so it is the same for the same contents and no other.
    """
    everything = sorted([subject.root, *subject.components], key=lambda component: component.id)
    ids = spdx_ids([component.id for component in everything])
    root_id = ids[subject.root.id]
    document = Document(
        _creation_info(subject, "https://example.invalid/", created),
        packages=[_package(component, ids[component.id]) for component in everything],
        relationships=sorted(
            _relationships(root_id, ids, subject.components),
            key=lambda r: (
                r.spdx_element_id,
                r.relationship_type.name,
                str(r.related_spdx_element_id),
            ),
        ),
        annotations=[
            Annotation(
                ids[component.id],
                AnnotationType.REVIEW,
                _actor(_TOOL),
                created,
                component.annotation,
            )
            for component in everything
            if component.annotation
        ],
        extracted_licensing_info=_extracted(everything, subject.licence_texts),
    )
    namespace = subject.facts.namespace.format(
        release=release_of(subject.root.version),
        name=subject.name,
        digest=_content_digest(document),
    )
    document.creation_info = _creation_info(subject, namespace, created)
    return document


def _creation_info(subject: Subject, namespace: str, created: datetime) -> CreationInfo:
    return CreationInfo(
        spdx_version="SPDX-2.3",
        spdx_id=_DOCUMENT_ID,
        name=subject.name,
        document_namespace=namespace,
        creators=[_actor(subject.facts.creator), _actor(_TOOL)],
        created=created,
        creator_comment=subject.facts.comment,
        license_list_version=Version.from_string(subject.facts.licence_list),
    )


def _content_digest(document: Document) -> str:
    """Return 32 hexadecimal digits of SHA-256 over the document without time and namespace."""
    data = to_dict(document)
    del data["documentNamespace"], data["creationInfo"]["created"]
    for package in data["packages"]:
        for annotation in package.get("annotations", []):
            del annotation["annotationDate"]
    return hashlib.sha256(_dumped(data)).hexdigest()[:32]


def _actor(text: str) -> Actor:
    return ActorParser.parse_actor(text)


def spdx_ids(names: Iterable[str]) -> dict[str, str]:
    """Return an SPDX id for each name; names that would share one all get a digest of theirs."""
    plain = {name: re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-") for name in set(names)}
    times = Counter(plain.values())
    return {
        name: f"SPDXRef-{short}"
        if times[short] == 1
        else f"SPDXRef-{short}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
        for name, short in plain.items()
    }


def _package(component: Component, spdx_id: str) -> Package:
    return Package(
        spdx_id=spdx_id,
        name=component.name,
        version=component.version or None,
        file_name=component.file_name or None,
        download_location=_none_or(component.location),
        supplier=_actor(component.supplier),
        originator=_actor(component.originator),
        files_analyzed=False,
        checksums=[
            Checksum(ChecksumAlgorithm[algorithm], value)
            for algorithm, value in component.checksums
        ],
        homepage=_none_or(component.homepage),
        source_info=component.source_info or None,
        license_concluded=_licence(component.licence),
        license_declared=_licence(component.declared),
        copyright_text=_none_or(component.copyright),
        comment=component.comment or None,
        external_references=_references(component),
        primary_package_purpose=PackagePurpose.LIBRARY
        if any(link.kind in _LINKS for link in component.links)
        else PackagePurpose.APPLICATION,
    )


def _references(component: Component) -> list[ExternalPackageRef]:
    security, manager = (
        ExternalPackageRefCategory.SECURITY,
        ExternalPackageRefCategory.PACKAGE_MANAGER,
    )
    references = [ExternalPackageRef(security, "cpe23Type", cpe) for cpe in component.cpes]
    if component.purl:
        references.append(ExternalPackageRef(manager, "purl", component.purl))
    return references


def _licence(expression: str) -> LicenseExpression | SpdxNoAssertion | SpdxNone:
    value = _none_or(expression)
    return spdx_licensing.parse(value) if isinstance(value, str) else value


def _none_or(text: str) -> str | SpdxNoAssertion | SpdxNone:
    if text in ("", "NOASSERTION"):
        return SpdxNoAssertion()
    return SpdxNone() if text == "NONE" else text


def _relationships(
    root: str, ids: dict[str, str], components: Sequence[Component]
) -> Iterable[Relationship]:
    """Yield relationships; those that consumers follow all point away from the root.

    ntia-conformance-checker follows only DESCRIBES, CONTAINS, DEPENDS_ON, the links and
    HAS_PREREQUISITE, forwards; grype drops what stands to the right of GENERATED_FROM, so
    where a binary came from is in its source information instead.
    """
    yield Relationship(_DOCUMENT_ID, RelationshipType.DESCRIBES, root)
    for component in components:
        spdx_id = ids[component.id]
        if any(link.kind in _LINKS for link in component.links):
            yield Relationship(root, RelationshipType.DEPENDS_ON, spdx_id)
        for link in component.links:
            if link.kind in _LINKS:
                yield Relationship(root, _LINKS[link.kind], spdx_id, _link_comment(link))
            else:
                comment = "Needed to build CPython; not shipped."
                yield Relationship(spdx_id, RelationshipType.BUILD_TOOL_OF, root)
                yield Relationship(root, RelationshipType.HAS_PREREQUISITE, spdx_id, comment)


def _link_comment(link: Link) -> str:
    files = ", ".join(link.files)
    if link.kind == "static":
        return f"Linked into {files}."
    users = f"; used by {', '.join(link.used_by)}" if link.used_by else ""
    return f"Shipped as {files}{users}."


def _extracted(
    components: Iterable[Component], texts: Sequence[LicenceText]
) -> list[ExtractedLicensingInfo]:
    used = " ".join(f"{component.licence} {component.declared}" for component in components)
    named = set(re.findall(r"LicenseRef-[\w.-]+", used))
    return [
        ExtractedLicensingInfo(text.id, text.text.strip() + "\n", text.name)
        for text in sorted(texts, key=lambda text: text.id)
        if text.id in named
    ]


# A document to bytes.


def problems_of(document: Document, file: str) -> tuple[Problem, ...]:
    """Return what spdx-tools' full validation finds wrong with a document."""
    return tuple(
        Problem(
            code=Code.DOCUMENT,
            file=file,
            where=message.context.spdx_id or "",
            message=message.validation_message,
            hint="a fact in externals.toml does not fit SPDX 2.3",
        )
        for message in validation.messages(document)
    )


def to_dict(document: Document) -> dict[str, Any]:
    """Return the JSON form of a document, with what spdx-tools gets wrong mended."""
    return _mended(DocumentConverter().convert(document))


def _mended(data: dict[str, Any]) -> dict[str, Any]:
    """Return spdx-tools 0.8.5's JSON form the way schema 2.3.0 and its readers want it.

    It writes PACKAGE_MANAGER (https://github.com/spdx/tools-python/issues/813) and leaves out
    empty arrays, without which Microsoft's sbom-tool refuses a document.
    """
    for package in data.get("packages", []):
        for reference in package.get("externalRefs", []):
            category = reference["referenceCategory"]
            reference["referenceCategory"] = category.replace("_", "-")
    for key in ("packages", "files", "relationships"):
        data.setdefault(key, [])
    return data


def to_bytes(document: Document) -> bytes:
    """Return a document as JSON: UTF-8, two spaces of indentation, LF at the end of each line."""
    return _dumped(to_dict(document))


def _dumped(data: dict[str, Any]) -> bytes:
    return (json.dumps(data, indent=2, ensure_ascii=False, sort_keys=True) + "\n").encode()
