"""Components to SPDX packages, the way spdx-tools models them, and that model to JSON."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
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
from sbom.components.model import Component
from sbom.diagnostics import Diagnostic
from sbom.diagnostics.document_messages import invalid_document
from sbom.formats.spdx2_relations import DOCUMENT, Relation, is_library
from sbom.manifest.model import DocumentConfig, LicenseText
from sbom.validation.external import validate_spdx_model

_TOOL = f"Tool: cpython-windows-sbom-{__version__}"


def model(
    name: str,
    packages: Sequence[Component],
    relations: Iterable[Relation],
    created: datetime,
    *,
    facts: DocumentConfig,
    texts: Sequence[LicenseText],
) -> Document:
    """Return packages and what relates them as a document of spdx-tools, without a namespace.

    ``created`` must know its time zone. The order of packages and relations does not matter.
    """
    everything = sorted(packages, key=lambda component: component.id)
    ids = spdx_ids([component.id for component in everything])
    ids[DOCUMENT] = f"SPDXRef-{DOCUMENT}"
    creation = CreationInfo(
        spdx_version="SPDX-2.3",
        spdx_id=ids[DOCUMENT],
        name=name,
        document_namespace="https://example.invalid/",
        creators=[_actor(facts.creator), _actor(_TOOL)],
        created=created,
        creator_comment=facts.comment,
        license_list_version=Version.from_string(facts.license_list_version),
    )
    return Document(
        creation,
        packages=[_package(component, ids[component.id]) for component in everything],
        relationships=[
            Relationship(
                ids[one.left],
                RelationshipType[one.kind],
                ids[one.right],
                one.comment or None,
            )
            for one in sorted(relations)
        ],
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
        extracted_licensing_info=_extracted(everything, texts),
    )


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
        license_concluded=_license(component.license),
        license_declared=_license(component.declared),
        copyright_text=_none_or(component.copyright),
        comment=component.comment or None,
        external_references=_references(component),
        primary_package_purpose=_purpose(component),
    )


def _purpose(component: Component) -> PackagePurpose:
    if component.purpose:
        return PackagePurpose[component.purpose]
    bundled = any(link.kind == "bundled" for link in component.links)
    library = is_library(component) or bundled
    return PackagePurpose.LIBRARY if library else PackagePurpose.APPLICATION


def _references(component: Component) -> list[ExternalPackageRef]:
    security, manager = (
        ExternalPackageRefCategory.SECURITY,
        ExternalPackageRefCategory.PACKAGE_MANAGER,
    )
    references = [ExternalPackageRef(security, "cpe23Type", cpe) for cpe in component.cpes]
    if component.purl:
        references.append(ExternalPackageRef(manager, "purl", component.purl))
    return references


def _license(expression: str) -> LicenseExpression | SpdxNoAssertion | SpdxNone:
    value = _none_or(expression)
    return spdx_licensing.parse(value) if isinstance(value, str) else value


def _none_or(text: str) -> str | SpdxNoAssertion | SpdxNone:
    if text in ("", "NOASSERTION"):
        return SpdxNoAssertion()
    return SpdxNone() if text == "NONE" else text


def _extracted(
    components: Iterable[Component], texts: Sequence[LicenseText]
) -> list[ExtractedLicensingInfo]:
    used = " ".join(f"{component.license} {component.declared}" for component in components)
    named = set(re.findall(r"LicenseRef-[\w.-]+", used))
    return [
        ExtractedLicensingInfo(text.id, text.text.strip() + "\n", text.name)
        for text in sorted(texts, key=lambda text: text.id)
        if text.id in named
    ]


def problems_of(document: Document, file: str) -> tuple[Diagnostic, ...]:
    """Return what spdx-tools' full validation finds wrong with a document."""
    hint = "correct the fact in externals.toml that does not fit SPDX 2.3"
    return tuple(
        invalid_document(file, element, message, hint)
        for element, message in validate_spdx_model(document)
    )


def to_dict(document: Document) -> dict[str, Any]:
    """Return the JSON form of a document, with what spdx-tools gets wrong mended.

    Version 0.8.5 writes PACKAGE_MANAGER (https://github.com/spdx/tools-python/issues/813) and
    leaves out empty arrays, without which Microsoft's sbom-tool refuses a document.
    """
    data: dict[str, Any] = DocumentConverter().convert(document)
    for package in data.get("packages", []):
        for reference in package.get("externalRefs", []):
            category = reference["referenceCategory"]
            reference["referenceCategory"] = category.replace("_", "-")
    for key in ("packages", "files", "relationships"):
        data.setdefault(key, [])
    return data
