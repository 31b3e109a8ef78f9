"""Documents of SPDX 3 are read as BOMs: ours without loss, foreign ones for what they state."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from boms import PLATFORMS, bom_of, committed_bom
from hypothesis import given
from hypothesis import strategies as st
from manifests import entries, for_entry
from msgspec import structs
from random_boms import boms
from release_runs import slice_paths

from sbom.bom.bom import Bom, ExtractedLicense, Relationship, RelationshipKind, content_digest
from sbom.formats import read_document
from sbom.formats.spdx3_read import is_spdx3, read_spdx3
from sbom.formats.spdx3_write import write_spdx3

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
Json = dict[str, Any]


def read(*elements: Json, context: object = CONTEXT) -> Bom:
    data = {"@context": context, "@graph": list(elements)}
    assert is_spdx3(data)
    return read_spdx3(data)


def read_back(bom: Bom) -> Bom:
    return read_spdx3(json.loads(write_spdx3(bom)))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_document_is_read_as_the_bom_it_was_written_from(platform: str) -> None:
    bom = committed_bom(platform)
    assert read_back(bom) == bom


@pytest.mark.parametrize("entry", entries()[::40], ids=lambda e: e["cpython"])
def test_so_are_documents_of_old_releases(entry: Json) -> None:
    bom = bom_of(for_entry(entry))
    assert read_back(bom) == bom


def test_so_are_those_of_a_release_and_of_its_artifacts(released: Path) -> None:
    paths = [*slice_paths(released)[::6], *released.glob("*-windows.spdx.json")]
    assert len(paths) == 6
    for path in paths:
        bom = read_document(path.read_bytes(), path.name)
        assert read_back(bom) == bom


def enrich(bom: Bom) -> Bom:
    """Return a BOM that also has what no BOM of ``boms`` has."""
    first, *others = bom.components
    somebody = "Person: Somebody (somebody@example.org)"
    rich = replace(
        first,
        originator=somebody,
        license_concluded="MIT AND LicenseRef-own",
        license_declared="NONE",
        checksums=(*first.checksums, ("SHA3-256", "ab" * 32), ("BLAKE2b-256", "cd" * 32)),
        cpes=("cpe:2.3:a:x:y:1:*:*:*:*:*:*:*", "cpe:2.3:a:a:y:1:*:*:*:*:*:*:*"),
        purl="pkg:generic/y@1",
        purpose="operating-system",
    )
    return replace(
        bom,
        creation=replace(
            bom.creation,
            creators=(*bom.creation.creators, somebody, "nobody in particular"),
            tools=(*bom.creation.tools, "tool 1.0"),
            license_list_version="3.28",
        ),
        components=(rich, *others),
        files=tuple(structs.replace(file, license="MIT") for file in bom.files),
        license_texts=(ExtractedLicense("LicenseRef-own", "Own", "Do  as\nyou like.\n"),),
    )


@given(boms())
def test_whatever_a_bom_contains_is_read_back(bom: Bom) -> None:
    for one in (bom, enrich(bom)):
        assert read_back(one) == one
        assert content_digest(read_back(one)) == content_digest(one)


def test_a_relationship_of_no_kind_keeps_its_words() -> None:
    bom = committed_bom()
    other = Relationship("xz", RelationshipKind.OTHER, "zlib-ng", "COPY_OF in spirit")
    bom = replace(bom, relationships=tuple(sorted((*bom.relationships, other))))
    assert read_back(bom) == bom


# Documents of others.


def test_a_document_as_sbom_tool_of_microsoft_writes_it() -> None:
    # samples/spdx_3.0/manifest.spdx.json of github.com/microsoft/sbom-tool, shortened.
    bom = read(
        {
            "type": "software_File",
            "spdxId": "SPDXRef-File--sbom-tool.exe-A097",
            "name": "./sbom-tool.exe",
            "software_copyrightText": "NOASSERTION",
            "verifiedUsing": [
                {
                    "algorithm": "sha256",
                    "hashValue": "2DBA",
                    "spdxId": "SPDXRef-PackageVerificationCode-5D5B",
                    "type": "PackageVerificationCode",
                }
            ],
        },
        {"type": "Element", "spdxId": "SPDXRef-Element-8560", "name": "NOASSERTION"},
        {
            "type": "Relationship",
            "spdxId": "SPDXRef-Relationship-5A4F",
            "from": "SPDXRef-File--sbom-tool.exe-A097",
            "relationshipType": "HAS_CONCLUDED_LICENSE",
            "to": ["SPDXRef-Element-8560"],
        },
        {
            "type": "Organization",
            "spdxId": "SPDXRef-Organization-F3F0",
            "name": "Organization: Microsoft",
        },
        {
            "type": "software_Package",
            "spdxId": "SPDXRef-Package-4E5C",
            "name": "Microsoft.Sbom.Adapters",
            "suppliedBy": "SPDXRef-Organization-F3F0",
            "software_downloadLocation": "NOASSERTION",
            "software_packageVersion": "4.0.3",
            "externalIdentifier": ["SPDXRef-ExternalIdentifier-591C"],
        },
        {
            "type": "ExternalIdentifier",
            "spdxId": "SPDXRef-ExternalIdentifier-591C",
            "externalIdentifierType": "purl",
            "identifier": "pkg:nuget/Microsoft.Sbom.Adapters@4.0.3",
        },
        {
            "type": "Relationship",
            "spdxId": "SPDXRef-Relationship-D3F1",
            "from": "SPDXRef-Package-4E5C",
            "relationshipType": "CONTAINS",
            "to": ["SPDXRef-File--sbom-tool.exe-A097"],
        },
        context=["https://spdx.org/rdf/3.0.1/spdx-context.json"],
    )
    [package], [file] = bom.components, bom.files
    assert (package.id, package.name, package.version) == (
        "Package-4E5C",
        "Microsoft.Sbom.Adapters",
        "4.0.3",
    )
    assert package.purl == "pkg:nuget/Microsoft.Sbom.Adapters@4.0.3"
    assert (package.supplier, package.download_location) == ("Organization: Microsoft", "")
    assert (file.path, file.sha256, file.license) == ("sbom-tool.exe", "2dba", "")
    assert bom.relationships == (Relationship(package.id, RelationshipKind.CONTAINS, file.id),)


YOCTO = "http://spdx.org/spdxdoc/core-image-minimal-1d2f/"


def yocto(*elements: Json) -> Bom:
    """Read a document shaped as create-spdx-3.0.bbclass of OpenEmbedded writes it."""
    info = {
        "type": "CreationInfo",
        "@id": "_:CreationInfo0",
        "created": "2025-03-04T05:06:07Z",
        "createdBy": [f"{YOCTO}agent"],
        "createdUsing": [{"type": "Tool", "spdxId": f"{YOCTO}tool", "name": "OpenEmbedded 1.0"}],
        "specVersion": "3.0.1",
    }
    agent = {"type": "Organization", "spdxId": f"{YOCTO}agent", "name": "OpenEmbedded ()"}
    document = {
        "type": "SpdxDocument",
        "spdxId": f"{YOCTO}document",
        "creationInfo": "_:CreationInfo0",
        "name": "core-image-minimal",
        "rootElement": [f"{YOCTO}sbom"],
    }
    sbom = {
        "type": "software_Sbom",
        "spdxId": f"{YOCTO}sbom",
        "rootElement": [f"{YOCTO}package/acl"],
        "software_sbomType": ["build"],
    }
    package = {
        "type": "software_Package",
        "spdxId": f"{YOCTO}package/acl",
        "name": "acl",
        "software_packageVersion": "2.3.2",
        "externalIdentifier": [
            {
                "type": "ExternalIdentifier",
                "externalIdentifierType": "cpe23",
                "identifier": "cpe:2.3:*:*:acl:2.3.2:*:*:*:*:*:*:*",
            }
        ],
    }
    return read(info, agent, document, sbom, package, *elements)


def test_a_document_as_yocto_writes_it() -> None:
    bom = yocto(
        {
            "type": "software_File",
            "spdxId": f"{YOCTO}file/1",
            "name": "usr/bin/getfacl",
            "verifiedUsing": [{"type": "Hash", "algorithm": "sha256", "hashValue": "ab"}],
        },
        {
            "type": "software_File",
            "spdxId": f"{YOCTO}directory",
            "name": "usr/bin",
            "software_fileKind": "directory",
        },
        {
            "type": "Relationship",
            "spdxId": f"{YOCTO}relationship/1",
            "from": f"{YOCTO}package/acl",
            "relationshipType": "contains",
            "to": [f"{YOCTO}file/1", f"{YOCTO}directory", f"{YOCTO}elsewhere"],
        },
        {
            "type": "Relationship",
            "spdxId": f"{YOCTO}relationship/2",
            "from": f"{YOCTO}package/acl",
            "relationshipType": "hasDeclaredLicense",
            "to": [f"{YOCTO}license"],
        },
        {
            "type": "simplelicensing_LicenseExpression",
            "spdxId": f"{YOCTO}license",
            "simplelicensing_licenseExpression": "GPL-2.0-or-later",
            "simplelicensing_licenseListVersion": "3.24.0",
        },
    )
    assert (bom.name, bom.creation.tools) == ("core-image-minimal", ("OpenEmbedded 1.0",))
    assert bom.creation.created == datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert bom.creation.license_list_version == "3.24"
    [acl] = bom.components
    assert (acl.name, acl.version, acl.license_declared) == ("acl", "2.3.2", "GPL-2.0-or-later")
    assert acl.cpes == ("cpe:2.3:*:*:acl:2.3.2:*:*:*:*:*:*:*",)
    assert bom.roots == (acl.id,)
    assert [file.path for file in bom.files] == ["usr/bin/getfacl"]
    [edge] = bom.relationships
    assert (edge.source, edge.target) == (acl.id, bom.files[0].id)


def test_elements_may_stand_where_another_refers_to_them() -> None:
    zlib = {"type": "software_Package", "spdxId": "https://x.org/zlib", "name": "zlib"}
    tool = {"type": "software_Package", "spdxId": "https://x.org/tool", "name": "tool"}
    bom = read(
        {
            "type": "https://spdx.org/rdf/3.0.1/terms/Core/Relationship",
            "spdxId": "https://x.org/edge",
            "from": tool,
            "relationshipType": "https://spdx.org/rdf/3.0.1/terms/Core/RelationshipType/dependsOn",
            "to": zlib,
        }
    )
    ids = {one.name: one.id for one in bom.components}
    assert bom.relationships == (
        Relationship(ids["tool"], RelationshipKind.DEPENDS_ON, ids["zlib"]),
    )


def test_a_relationship_has_one_source() -> None:
    """SPDX 3.0.1, Relationship: ``from`` has a maxCount of 1. All pairs could take any memory."""
    ids = [f"urn:x:{n}" for n in range(200)]
    packages = [{"type": "software_Package", "spdxId": id_} for id_ in ids]
    edge = {"type": "Relationship", "spdxId": "urn:x:r", "relationshipType": "contains"}
    bom = read(*packages, {**edge, "from": ids, "to": ids})
    assert {one.source for one in bom.relationships} == {read_id(ids[0])}
    assert len(bom.relationships) == 200


def read_id(spdx_id: str) -> str:
    [component] = read({"type": "software_Package", "spdxId": spdx_id}).components
    return component.id


def test_a_document_of_one_element_has_no_graph() -> None:
    data = {"@context": CONTEXT, "type": "software_Package", "spdxId": "urn:x:a", "name": "a"}
    assert [one.name for one in read_spdx3(data).components] == ["a"]


def test_ids_that_differ_stay_different() -> None:
    ids = ("https://x.org/a/b", "https://x.org/a-b", "https://x.org/a#b")
    bom = read(*({"type": "software_Package", "spdxId": id_} for id_ in ids))
    assert len({one.id for one in bom.components}) == 3


def test_several_licenses_apply_together() -> None:
    package = {"type": "software_Package", "spdxId": "urn:x:a"}
    either = {
        "type": "simplelicensing_LicenseExpression",
        "spdxId": "urn:x:l",
        "simplelicensing_licenseExpression": "MIT OR Zlib",
    }
    own = {
        "type": "simplelicensing_SimpleLicensingText",
        "spdxId": "urn:x:own",
        "simplelicensing_licenseText": "Own.",
    }
    edge = {
        "type": "Relationship",
        "spdxId": "urn:x:r",
        "from": "urn:x:a",
        "relationshipType": "hasConcludedLicense",
        "to": ["urn:x:l", "https://spdx.org/licenses/0BSD", "urn:x:own"],
    }
    bom = read(package, either, own, edge)
    expected = "(MIT OR Zlib) AND 0BSD AND LicenseRef-urn-x-own"
    assert bom.components[0].license_concluded == expected
    assert [text.id for text in bom.license_texts] == ["LicenseRef-urn-x-own"]


def test_a_file_that_a_package_is_downloaded_as_is_none_that_ships() -> None:
    bom = read(
        {"type": "software_Package", "spdxId": "urn:x:a"},
        {"type": "software_Package", "spdxId": "urn:x:b"},
        {
            "type": "software_File",
            "spdxId": "urn:x:a.zip",
            "name": "a.zip",
            "verifiedUsing": [{"type": "Hash", "algorithm": "sha512", "hashValue": "ab"}],
        },
        {"type": "software_File", "spdxId": "urn:x:b.dll", "name": "b.dll"},
        edge("urn:x:a", "hasDistributionArtifact", "urn:x:a.zip"),
        edge("urn:x:b", "hasDistributionArtifact", "urn:x:b.dll"),
        edge("urn:x:a", "contains", "urn:x:b.dll"),
    )
    a, b = bom.components
    [file] = bom.files
    assert (a.file_name, a.checksums, b.file_name) == ("a.zip", (("SHA512", "ab"),), "")
    assert file.path == "b.dll"
    assert Relationship(file.id, RelationshipKind.PART_OF, b.id) in bom.relationships


def edge(source: str, kind: str, target: str) -> Json:
    return {
        "type": "Relationship",
        "spdxId": f"{source}/{kind}",
        "from": source,
        "relationshipType": kind,
        "to": [target],
    }


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("usesTool", (RelationshipKind.BUILD_TOOL, "")),
        ("hasOptionalComponent", (RelationshipKind.CONTAINS, "")),
        ("copiedTo", (RelationshipKind.OTHER, "copiedTo")),
        ("other", (RelationshipKind.OTHER, "")),
    ],
)
def test_what_relates_packages_in_another_way_is_said(
    kind: str, expected: tuple[RelationshipKind, str]
) -> None:
    packages = [{"type": "software_Package", "spdxId": f"urn:x:{name}"} for name in "ab"]
    [found] = read(*packages, edge("urn:x:a", kind, "urn:x:b")).relationships
    assert (found.kind, found.comment) == expected


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"@context": "https://schema.org"},
        {"@context": {"spdx": CONTEXT}},
        {"@context": [None, 3]},
        {"bomFormat": "CycloneDX"},
        {"spdxVersion": "SPDX-2.3"},
    ],
)
def test_what_is_not_an_spdx_3_document_is_recognized(data: Json) -> None:
    assert not is_spdx3(data)


# Any JSON.

WORDS = st.sampled_from(
    [
        *("SpdxDocument", "software_Sbom", "software_Package", "software_File", "CreationInfo"),
        *("Relationship", "Person", "Hash", "ExternalIdentifier", "Annotation", "urn:x:a"),
        *("simplelicensing_LicenseExpression", "simplelicensing_SimpleLicensingText", "urn:x:b"),
        *("contains", "hasDistributionArtifact", "hasConcludedLicense", "describes", "2026-13-01"),
        *("", "#", "https://spdx.org/licenses/", "NOASSERTION", "email", "cpe23"),
    ]
)
KEYS = st.sampled_from(
    [
        *("type", "@type", "spdxId", "@id", "from", "to", "relationshipType", "rootElement"),
        *("creationInfo", "createdBy", "created", "name", "verifiedUsing", "algorithm"),
        *("hashValue", "externalIdentifier", "externalIdentifierType", "identifier", "subject"),
        *("statement", "simplelicensing_customIdToUri", "simplelicensing_licenseExpression"),
        *("simplelicensing_licenseText", "suppliedBy", "originatedBy", "key", "value", "element"),
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)


@given(VALUES | st.lists(st.dictionaries(KEYS, VALUES, max_size=8), max_size=8))
def test_any_json_is_read(value: object) -> None:
    whole = value if isinstance(value, dict) else {}
    for data in ({"@graph": value}, whole):
        bom = read_spdx3(data)
        known = {*(one.id for one in bom.components), *(one.id for one in bom.files)}
        assert all({one.source, one.target} <= known for one in bom.relationships)
        assert set(bom.roots) <= known
