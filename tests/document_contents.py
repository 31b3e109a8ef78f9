"""What documents of every format state, read from their JSON without the code of this project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
#: Algorithms with their values; the identifiers are purls and CPEs.
Hashes = frozenset[tuple[str, str]]
Component = tuple[str, str, str, str, frozenset[str], Hashes]

SPDX2_KINDS = {"CONTAINS", "DEPENDS_ON", "STATIC_LINK", "DYNAMIC_LINK", "HAS_PREREQUISITE"}
SPDX3_KINDS = {"contains", "dependsOn", "hasStaticLink", "hasDynamicLink", "hasPrerequisite"}


@dataclass(frozen=True)
class Contents:
    """Components with licenses, identifiers and hashes; files by path; edges by the ids' ends."""

    components: set[Component]
    files: set[tuple[str, Hashes]]
    edges: set[tuple[str, str]]


def contents_of(document: Json) -> Contents:
    if "bomFormat" in document:
        return of_cyclonedx(document)
    return of_spdx3(document) if "@graph" in document else of_spdx2(document)


def of_spdx2(document: Json) -> Contents:
    def hashes(element: Json) -> Hashes:
        rows = element.get("checksums", [])
        return frozenset((row["algorithm"], row["checksumValue"]) for row in rows)

    def license_(package: Json, key: str) -> str:
        value: str = package.get(key, "")
        return "" if value == "NOASSERTION" else value

    def local(id_: str) -> str:
        return id_.removeprefix("SPDXRef-")

    return Contents(
        components={
            (
                package["name"],
                package.get("versionInfo", ""),
                license_(package, "licenseConcluded"),
                license_(package, "licenseDeclared"),
                frozenset(row["referenceLocator"] for row in package.get("externalRefs", [])),
                hashes(package),
            )
            for package in document["packages"]
        },
        files={
            (file["fileName"].removeprefix("./"), hashes(file))
            for file in document.get("files", [])
        },
        edges={
            (local(row["spdxElementId"]), local(row["relatedSpdxElement"]))
            for row in document["relationships"]
            if row["relationshipType"] in SPDX2_KINDS
        },
    )


def of_cyclonedx(document: Json) -> Contents:
    def hashes(element: Json) -> Hashes:
        rows = element.get("hashes", [])
        return frozenset((row["alg"].replace("SHA-", "SHA"), row["content"]) for row in rows)

    def properties(element: Json, name: str) -> list[str]:
        rows = element.get("properties", [])
        return [row["value"] for row in rows if row["name"] == f"cpython-windows-sbom:{name}"]

    def license_(element: Json, kind: str) -> str:
        rows = element.get("licenses", [])
        return "".join(row["expression"] for row in rows if row["acknowledgement"] == kind)

    elements = [document["metadata"]["component"], *document["components"]]
    return Contents(
        components={
            (
                element["name"],
                element.get("version", ""),
                license_(element, "concluded"),
                license_(element, "declared") or "".join(properties(element, "license-declared")),
                frozenset(
                    filter(
                        None,
                        [element.get("purl"), element.get("cpe"), *properties(element, "cpe")],
                    )
                ),
                hashes(element),
            )
            for element in elements
            if element["type"] != "file"
        },
        files={(row["name"], hashes(row)) for row in elements if row["type"] == "file"},
        edges={
            (row["ref"], target)
            for row in document["dependencies"]
            for target in row.get("dependsOn", [])
        },
    )


def of_spdx3(document: Json) -> Contents:
    elements = {row["spdxId"]: row for row in document["@graph"] if "spdxId" in row}
    relationships = [row for row in elements.values() if row["type"].endswith("Relationship")]
    licenses = {
        (row["from"], row["relationshipType"]): elements[row["to"][0]][
            "simplelicensing_licenseExpression"
        ]
        for row in relationships
        if row["relationshipType"] in ("hasConcludedLicense", "hasDeclaredLicense")
    }

    def hashes(element: Json) -> Hashes:
        rows = element.get("verifiedUsing", [])
        return frozenset((row["algorithm"].upper(), row["hashValue"]) for row in rows)

    def local(id_: str) -> str:
        return id_.partition("#SPDXRef-")[2]

    return Contents(
        components={
            (
                row["name"],
                row.get("software_packageVersion", ""),
                licenses.get((id_, "hasConcludedLicense"), ""),
                licenses.get((id_, "hasDeclaredLicense"), ""),
                frozenset(one["identifier"] for one in row.get("externalIdentifier", [])),
                hashes(row),
            )
            for id_, row in elements.items()
            if row["type"] == "software_Package"
        },
        files={
            (row["name"], hashes(row))
            for id_, row in elements.items()
            if row["type"] == "software_File" and local(id_)
        },
        edges={
            (local(row["from"]), local(target))
            for row in relationships
            if row["relationshipType"] in SPDX3_KINDS
            for target in row["to"]
        },
    )
