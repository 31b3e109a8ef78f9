"""An SPDX 2 document in JSON as a BOM: what ``spdx2_write`` writes, without loss, or other tools'.

A value of the wrong JSON type is read as missing; ``validate`` reports what is wrong with a
document. A document made here comes back as the BOM it was made of.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from sbom.bom.bom import (
    Bom,
    BomFile,
    CreationInfo,
    ExtractedLicense,
    Relationship,
    RelationshipKind,
)
from sbom.bom.graph import simplify_relationships
from sbom.components.component import Component
from sbom.formats.document_time import parse_timestamp
from sbom.formats.json_document import (
    JsonObject,
    get_asserted,
    get_object,
    get_objects,
    get_text,
    get_texts,
    get_verbatim,
)
from sbom.formats.spdx2_view import get_locators
from sbom.formats.spdx2_write import DOCUMENT_ID, ID_PREFIX

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


def is_spdx2(data: JsonObject) -> bool:
    """Return whether a JSON object is a document of SPDX 2.x."""
    return get_text(data, "spdxVersion").startswith("SPDX-2.")


def read_spdx2(data: JsonObject) -> Bom:
    """Return the BOM in the JSON of a document of SPDX 2.x.

    Relationships with elements that are not in the document are left out.
    """
    components = tuple(_component(row) for row in get_objects(data, "packages"))
    files = tuple(_files(data))
    related = list(_relationships(data, {file.id for file in files}))
    known = {*(component.id for component in components), *(file.id for file in files)}
    return Bom(
        name=get_text(data, "name"),
        namespace=get_text(data, "documentNamespace"),
        creation=_creation_info(get_object(data, "creationInfo")),
        roots=_roots(data, known),
        components=components,
        files=files,
        relationships=simplify_relationships(
            edge for edge in related if edge.source in known and edge.target in known
        ),
        license_texts=tuple(
            ExtractedLicense(
                id=get_text(row, "licenseId"),
                name=get_text(row, "name"),
                text=get_verbatim(row, "extractedText"),
            )
            for row in get_objects(data, "hasExtractedLicensingInfos")
        ),
    )


def _id(table: JsonObject, key: str = "SPDXID") -> str:
    return get_text(table, key).removeprefix(ID_PREFIX)


def _creation_info(info: JsonObject) -> CreationInfo:
    creators = [creator for creator in get_texts(info, "creators") if creator.strip()]
    tools = [creator for creator in creators if creator.startswith("Tool:")]
    names = [tool.removeprefix("Tool:").strip() for tool in tools]
    return CreationInfo(
        creators=tuple(creator for creator in creators if creator not in tools),
        tools=tuple(filter(None, names)),
        created=parse_timestamp(get_text(info, "created")),
        comment=get_text(info, "comment"),
        license_list_version=get_text(info, "licenseListVersion"),
    )


def _component(package: JsonObject) -> Component:
    return Component(
        id=_id(package),
        name=get_text(package, "name"),
        version=get_text(package, "versionInfo"),
        originator=get_asserted(package, "originator"),
        supplier=get_asserted(package, "supplier"),
        homepage=get_asserted(package, "homepage"),
        license_concluded=get_asserted(package, "licenseConcluded"),
        license_declared=get_asserted(package, "licenseDeclared"),
        copyright=get_asserted(package, "copyrightText"),
        purl=next(iter(get_locators(package, "purl")), ""),
        cpes=tuple(get_locators(package, "cpe23Type")),
        download_location=get_asserted(package, "downloadLocation"),
        file_name=get_text(package, "packageFileName"),
        checksums=tuple(_checksums(package).items()),
        source_info=get_text(package, "sourceInfo"),
        comment=get_text(package, "comment"),
        annotation=" ".join(
            get_text(row, "comment") for row in get_objects(package, "annotations")
        ),
        purpose=get_text(package, "primaryPackagePurpose").lower(),
    )


def _checksums(element: JsonObject) -> dict[str, str]:
    """Return checksums by SPDX's name of the algorithm, lower-case.

    Syft writes one of zeros where it computed none: https://github.com/anchore/syft/issues/2307.
    """
    return {
        get_text(row, "algorithm"): value
        for row in get_objects(element, "checksums")
        if (value := get_text(row, "checksumValue").lower()).strip("0")
    }


def _files(data: JsonObject) -> Iterator[BomFile]:
    """Yield the files, without the directories that syft lists among them.

    A directory has a checksum of zeros, and other files are within it.
    """
    rows = get_objects(data, "files")
    files = [_file(row) for row in rows]
    paths = sorted(file.path for file in files)
    for row, file in zip(rows, files, strict=True):
        if not (_has_zeros(row) and _is_directory(file.path, paths)):
            yield file


def _is_directory(path: str, paths: list[str]) -> bool:
    """Return whether one of the sorted ``paths`` is within another one; all are within ''."""
    if not path:
        return len(paths) > 1
    prefix = f"{path}/"
    at = bisect_left(paths, prefix)
    return at < len(paths) and paths[at].startswith(prefix)


def _has_zeros(file: JsonObject) -> bool:
    """Return whether a file has a checksum of zeros and no other one."""
    return bool(get_objects(file, "checksums")) and not _checksums(file)


def _file(file: JsonObject) -> BomFile:
    checksums = _checksums(file)
    return BomFile(
        id=_id(file),
        path=get_verbatim(file, "fileName").removeprefix("./"),
        sha1=checksums.get("SHA1", ""),
        sha256=checksums.get("SHA256", ""),
        sha512=checksums.get("SHA512", ""),
        license=get_asserted(file, "licenseConcluded"),
        comment=get_text(file, "comment"),
    )


def _roots(data: JsonObject, known: set[str]) -> tuple[str, ...]:
    document = get_text(data, "SPDXID") or DOCUMENT_ID
    roots = [id_.removeprefix(ID_PREFIX) for id_ in get_texts(data, "documentDescribes")]
    for row in get_objects(data, "relationships"):
        source, kind, target = _ends(row)
        if kind == "DESCRIBED_BY":
            source, target = target, source
        if kind in ("DESCRIBES", "DESCRIBED_BY") and source == document.removeprefix(ID_PREFIX):
            roots.append(target)
    return tuple(id_ for id_ in dict.fromkeys(roots) if id_ in known)


def _ends(row: JsonObject) -> tuple[str, str, str]:
    return (
        _id(row, "spdxElementId"),
        get_text(row, "relationshipType"),
        _id(row, "relatedSpdxElement"),
    )


def _relationships(data: JsonObject, files: set[str]) -> Iterator[Relationship]:
    """Yield the relationships, also those that SPDX 2.2 had a field for."""
    for row in get_objects(data, "relationships"):
        yield from _relationship(*_ends(row), get_text(row, "comment"), files)
    for package in get_objects(data, "packages"):
        for file in get_texts(package, "hasFiles"):
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
        yield Relationship(source, RelationshipKind.OTHER, target, f"{kind} {comment}".strip())
