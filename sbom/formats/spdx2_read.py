"""An SPDX 2 document in JSON as a BOM: what ``spdx2_write`` writes, without loss, or anybody's.

A value of the wrong JSON type is read as missing; ``validate`` reports what is wrong with a
document. A document made here comes back as the BOM it was made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from sbom.bom.model import Bom, BomFile, CreationInfo, Relationship, RelationshipKind
from sbom.components.model import Component
from sbom.diagnostics import InputError
from sbom.diagnostics.release_messages import unreadable_document
from sbom.formats.spdx2_write import DOCUMENT_ID, ID_PREFIX
from sbom.manifest.model import LicenseText

Table = Mapping[str, Any]

_KINDS = {
    "CONTAINS": RelationshipKind.CONTAINS,
    "DEPENDS_ON": RelationshipKind.DEPENDS_ON,
    "STATIC_LINK": RelationshipKind.STATIC_LINK,
    "DYNAMIC_LINK": RelationshipKind.DYNAMIC_LINK,
    "HAS_PREREQUISITE": RelationshipKind.BUILD_TOOL,
}
#: Relationships that are written from target to source.
_REVERSED = {
    "CONTAINED_BY": RelationshipKind.CONTAINS,
    "DEPENDENCY_OF": RelationshipKind.DEPENDS_ON,
    "BUILD_TOOL_OF": RelationshipKind.BUILD_TOOL,
    "PREREQUISITE_FOR": RelationshipKind.BUILD_TOOL,
}
#: What relates a file to the package that it comes from.
_FROM_FILE = ("OTHER", "GENERATED_FROM")
_LINKS = (RelationshipKind.STATIC_LINK, RelationshipKind.DYNAMIC_LINK)


def read_spdx2(content: bytes, name: str) -> Bom:
    """Return the BOM in a document of SPDX 2.x. Raises InputError where it is none.

    ``name`` is what messages call the document. Relationships with elements that are not in the
    document are left out.
    """
    data = _document(content, name)
    components = tuple(_component(one) for one in _rows(data, "packages"))
    files = tuple(_file(one) for one in _rows(data, "files"))
    related = list(_relationships(data, {one.id for one in files}))
    known = {*(one.id for one in components), *(one.id for one in files)}
    return Bom(
        name=_text(data, "name"),
        namespace=_text(data, "documentNamespace"),
        creation=_creation_info(_table(data, "creationInfo")),
        roots=_roots(data, known),
        components=components,
        files=files,
        relationships=_distinct(one for one in related if {one.source, one.target} <= known),
        license_texts=tuple(
            LicenseText(
                id=_text(one, "licenseId"),
                name=_text(one, "name"),
                text=_verbatim(one, "extractedText"),
            )
            for one in _rows(data, "hasExtractedLicensingInfos")
        ),
    )


def _document(content: bytes, name: str) -> Table:
    try:
        data = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise InputError([unreadable_document(name, f"not valid JSON: {error}")]) from error
    if not isinstance(data, dict) or not _text(data, "spdxVersion").startswith("SPDX-2."):
        raise InputError([unreadable_document(name, "not an SPDX 2.x document in JSON")])
    return data


def _text(table: Table, key: str) -> str:
    """Return a text without the blanks around it; empty where there is none."""
    return _verbatim(table, key).strip()


def _verbatim(table: Table, key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""


def _asserted(table: Table, key: str) -> str:
    """Return a text; empty where the document asserts nothing."""
    value = _text(table, key)
    return "" if value == "NOASSERTION" else value


def _table(data: Table, key: str) -> Table:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _rows(data: Table, key: str) -> list[Table]:
    """Return the objects of an array."""
    value = data.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _texts(data: Table, key: str) -> list[str]:
    value = data.get(key)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _id(table: Table, key: str = "SPDXID") -> str:
    return _text(table, key).removeprefix(ID_PREFIX)


def _creation_info(info: Table) -> CreationInfo:
    creators = _texts(info, "creators")
    tools = [one for one in creators if one.startswith("Tool:")]
    return CreationInfo(
        creators=tuple(one for one in creators if one not in tools),
        tools=tuple(one.removeprefix("Tool:").strip() for one in tools),
        created=_time(_text(info, "created")),
        comment=_text(info, "comment"),
        license_list_version=_text(info, "licenseListVersion"),
    )


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _component(package: Table) -> Component:
    references = [
        (_text(one, "referenceType"), _text(one, "referenceLocator"))
        for one in _rows(package, "externalRefs")
    ]
    return Component(
        id=_id(package),
        name=_text(package, "name"),
        version=_text(package, "versionInfo"),
        originator=_asserted(package, "originator"),
        supplier=_asserted(package, "supplier"),
        homepage=_asserted(package, "homepage"),
        license=_asserted(package, "licenseConcluded"),
        declared=_asserted(package, "licenseDeclared"),
        copyright=_asserted(package, "copyrightText"),
        purl=next((locator for kind, locator in references if kind == "purl"), ""),
        cpes=tuple(locator for kind, locator in references if kind == "cpe23Type"),
        location=_asserted(package, "downloadLocation"),
        file_name=_text(package, "packageFileName"),
        checksums=tuple(_checksums(package).items()),
        source_info=_text(package, "sourceInfo"),
        comment=_text(package, "comment"),
        annotation=" ".join(_text(one, "comment") for one in _rows(package, "annotations")),
        purpose=_text(package, "primaryPackagePurpose").lower(),
    )


def _checksums(element: Table) -> dict[str, str]:
    """Return checksums by SPDX's name of the algorithm, lower-case."""
    return {
        _text(one, "algorithm"): _text(one, "checksumValue").lower()
        for one in _rows(element, "checksums")
    }


def _file(file: Table) -> BomFile:
    checksums = _checksums(file)
    return BomFile(
        id=_id(file),
        path=_text(file, "fileName").removeprefix("./"),
        sha1=checksums.get("SHA1", ""),
        sha256=checksums.get("SHA256", ""),
        sha512=checksums.get("SHA512", ""),
        license=_asserted(file, "licenseConcluded"),
        comment=_text(file, "comment"),
    )


def _roots(data: Table, known: set[str]) -> tuple[str, ...]:
    document = _text(data, "SPDXID") or DOCUMENT_ID
    found = [one.removeprefix(ID_PREFIX) for one in _texts(data, "documentDescribes")]
    for row in _rows(data, "relationships"):
        source, kind, target = _ends(row)
        if kind == "DESCRIBED_BY":
            source, target = target, source
        if kind in ("DESCRIBES", "DESCRIBED_BY") and source == document.removeprefix(ID_PREFIX):
            found.append(target)
    return tuple(one for one in dict.fromkeys(found) if one in known)


def _ends(row: Table) -> tuple[str, str, str]:
    return _id(row, "spdxElementId"), _text(row, "relationshipType"), _id(row, "relatedSpdxElement")


def _relationships(data: Table, files: set[str]) -> Iterator[Relationship]:
    """Yield the relationships, also those that SPDX 2.2 had a field for."""
    for row in _rows(data, "relationships"):
        yield from _relationship(*_ends(row), _text(row, "comment"), files)
    for package in _rows(data, "packages"):
        for file in _texts(package, "hasFiles"):
            target = file.removeprefix(ID_PREFIX)
            yield Relationship(_id(package), RelationshipKind.CONTAINS, target)


def _relationship(
    source: str, kind: str, target: str, comment: str, files: set[str]
) -> Iterator[Relationship]:
    if kind in ("DESCRIBES", "DESCRIBED_BY"):
        return
    if source in files and target not in files and kind in _FROM_FILE:
        yield Relationship(source, RelationshipKind.PART_OF, target)
    elif kind in _KINDS:
        yield Relationship(source, _KINDS[kind], target, comment)
    elif kind in _REVERSED:
        yield Relationship(target, _REVERSED[kind], source, comment)
    else:
        yield Relationship(source, RelationshipKind.OTHER, target, f"{kind}: {comment}")


def _distinct(related: Iterable[Relationship]) -> tuple[Relationship, ...]:
    """Return relationships sorted, each once, without dependencies that a link implies.

    The writer states a build tool twice, once with the comment, and a link as a dependency too.
    """
    found: dict[tuple[str, RelationshipKind, str], Relationship] = {}
    for one in related:
        if one.key not in found or not found[one.key].comment:
            found[one.key] = one
    for source, kind, target in list(found):
        if kind in _LINKS:
            found.pop((source, RelationshipKind.DEPENDS_ON, target), None)
    return tuple(found[key] for key in sorted(found))
