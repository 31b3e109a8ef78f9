"""Documents of CycloneDX: valid, golden, and read by a library of others as the SPDX ones are."""

from __future__ import annotations

import hashlib
import json
import os
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from boms import PLATFORMS, committed_bom
from cyclonedx.model.bom import Bom as LibraryBom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given
from hypothesis import strategies as st
from random_boms import boms
from spdx_tools.spdx.model import ExternalPackageRefCategory
from spdx_tools.spdx.parser.json.json_parser import parse_from_file

from sbom.bom.bom import Bom, BomFile, Relationship, RelationshipKind, file_id
from sbom.formats import SPDX2
from sbom.formats.cyclonedx_write import write_cyclonedx

GOLDEN = Path(__file__).parent / "golden"
SCHEMAS = {"1.6": SchemaVersion.V1_6, "1.7": SchemaVersion.V1_7}
VERSIONS = tuple(SCHEMAS)


def document(bom: Bom, version: str = "1.6") -> dict[str, Any]:
    data: dict[str, Any] = json.loads(write_cyclonedx(bom, version))
    return data


def violations(data: bytes, version: str) -> list[str]:
    """Return what cyclonedx-python-lib's strict validation reports."""
    found = JsonStrictValidator(SCHEMAS[version]).validate_str(data.decode(), all_errors=True)
    return [str(one) for one in found or ()]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_published_schema_accepts_it(platform: str, version: str) -> None:
    assert violations(write_cyclonedx(committed_bom(platform), version), version) == []


@given(boms(), st.sampled_from(VERSIONS))
def test_the_schema_accepts_whatever_a_bom_contains(bom: Bom, version: str) -> None:
    assert violations(write_cyclonedx(bom, version), version) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_the_document_is_the_golden_one(version: str) -> None:
    data = write_cyclonedx(committed_bom(), version)
    golden = GOLDEN / f"python-3.14.7-amd64.{version}.cdx.json"
    if os.environ.get("REWRITE_GOLDEN"):
        assert not os.environ.get("CI"), "golden documents are rewritten by people"
        golden.write_bytes(data)
    assert data == golden.read_bytes()


def test_the_order_of_a_bom_changes_no_byte() -> None:
    bom = committed_bom()
    chance = random.Random(7)
    shuffled = replace(
        bom,
        components=tuple(chance.sample(bom.components, len(bom.components))),
        relationships=tuple(chance.sample(bom.relationships, len(bom.relationships))),
    )
    assert write_cyclonedx(shuffled, "1.7") == write_cyclonedx(bom, "1.7")


def test_the_serial_number_is_made_of_the_namespace() -> None:
    bom = replace(committed_bom(), namespace="https://example.org/a")
    expected = uuid.uuid5(uuid.NAMESPACE_URL, "https://example.org/a")
    assert document(bom)["serialNumber"] == f"urn:uuid:{expected}"
    other = replace(bom, namespace="https://example.org/b")
    assert document(other)["serialNumber"] != document(bom)["serialNumber"]


Component = tuple[str, str, str, frozenset[str], frozenset[tuple[str, str]], str]


def of_spdx(bom: Bom, path: Path) -> tuple[set[Component], set[tuple[str, str]]]:
    """Return components and edges of the SPDX 2.3 document of a BOM, as spdx-tools reads it."""
    path.write_bytes(SPDX2.write(bom))
    read = parse_from_file(str(path))
    packages = set()
    for one in read.packages:
        purls = [
            reference.locator
            for reference in one.external_references
            if reference.category is ExternalPackageRefCategory.PACKAGE_MANAGER
        ]
        cpes = [one.locator for one in one.external_references if one.reference_type == "cpe23Type"]
        hashes = frozenset((row.algorithm.name, row.value) for row in one.checksums)
        license_ = str(one.license_concluded)
        packages.add(
            (
                one.name,
                one.version or "",
                "".join(purls),
                frozenset(cpes),
                hashes,
                "" if license_ == "NOASSERTION" else license_,
            )
        )
    kinds = {"CONTAINS", "DEPENDS_ON", "STATIC_LINK", "DYNAMIC_LINK", "HAS_PREREQUISITE"}
    edges = {
        (one.spdx_element_id[8:], str(one.related_spdx_element_id)[8:])
        for one in read.relationships
        if one.relationship_type.name in kinds
    }
    return packages, edges


def of_cyclonedx(data: dict[str, Any]) -> tuple[set[Component], set[tuple[str, str]]]:
    """Return the same of a CycloneDX document, as cyclonedx-python-lib reads it."""
    read = LibraryBom.from_json(data)  # type: ignore[attr-defined]
    root = read.metadata.component
    components = set()
    for one in (root, *read.components):
        if one.type.value == "file":
            continue
        more = [row.value for row in one.properties if row.name == "cpython-windows-sbom:cpe"]
        cpes = frozenset(filter(None, (one.cpe, *more)))
        hashes = frozenset((row.alg.value.replace("-", ""), row.content) for row in one.hashes)
        licenses = [
            row.value for row in one.licenses if "concluded" in str(row.acknowledgement).lower()
        ]
        components.add(
            (
                one.name,
                one.version or "",
                one.purl.to_string() if one.purl else "",
                cpes,
                hashes,
                "".join(licenses),
            )
        )
    edges = {
        (one.ref.value, other.ref.value) for one in read.dependencies for other in one.dependencies
    }
    return components, edges


@pytest.mark.parametrize("version", VERSIONS)
def test_libraries_of_others_read_the_same_from_both_formats(version: str, tmp_path: Path) -> None:
    bom = committed_bom()
    expected, edges = of_spdx(bom, tmp_path / "x.spdx.json")
    found, found_edges = of_cyclonedx(document(bom, version))
    assert found_edges == edges
    assert len(expected) == len(bom.components)
    assert found == expected


def test_a_file_is_a_component_with_what_bsi_asks_of_it() -> None:
    bom = committed_bom()
    path = "DLLs/libcrypto-3.dll"
    file = BomFile(
        id=file_id(path, "b" * 64),
        path=path,
        sha1="a" * 40,
        sha256="b" * 64,
        sha512="c" * 128,
        license="Apache-2.0",
        comment="Evidence in the file: openssl-3.5.7 (text 'OpenSSL 3.5.7').",
    )
    related = (
        Relationship(bom.root, RelationshipKind.CONTAINS, file.id),
        Relationship(file.id, RelationshipKind.PART_OF, "openssl"),
    )
    data = document(
        replace(bom, files=(file,), relationships=(*bom.relationships, *related)), "1.7"
    )
    [written] = [one for one in data["components"] if one["type"] == "file"]
    assert written["name"] == path
    assert {one["alg"]: one["content"] for one in written["hashes"]} == {
        "SHA-1": "a" * 40,
        "SHA-256": "b" * 64,
        "SHA-512": "c" * 128,
    }
    assert {one["name"]: one["value"] for one in written["properties"]} == {
        "bsi:component:filename": "libcrypto-3.dll",
        "bsi:component:executable": "executable",
        "bsi:component:archive": "no archive",
        "bsi:component:structured": "unstructured",
        "cpython-windows-sbom:relationship": "part-of openssl",
    }
    [openssl] = [one for one in data["components"] if one["bom-ref"] == "openssl"]
    [identity] = openssl["evidence"]["identity"]
    assert identity["concludedValue"] == "3.5.7"
    assert [one["technique"] for one in identity["methods"]] == [
        "manifest-analysis",
        "binary-analysis",
    ]
    assert openssl["evidence"]["occurrences"] == [
        {"location": path, "additionalContext": file.comment}
    ]
    assert data["metadata"]["lifecycles"] == [{"phase": "post-build"}]


def test_an_identity_is_an_object_in_1_6_for_readers_that_know_only_that_form() -> None:
    for version, kind in (("1.6", dict), ("1.7", list)):
        [zlib] = [
            one for one in document(committed_bom(), version)["components"] if one["name"] == "zlib"
        ]
        assert isinstance(zlib["evidence"]["identity"], kind)


def test_a_build_of_which_no_file_was_seen_has_unknown_contents() -> None:
    [composition] = document(committed_bom())["compositions"]
    assert composition["aggregate"] == "unknown"
    assert len(composition["assemblies"]) == len(committed_bom().components)


@pytest.mark.parametrize(
    ("version", "text", "techniques"),
    [
        ("1.3", "zlib 1.3 (text)", ["manifest-analysis", "binary-analysis"]),
        ("1.3", "zlib-1.3, xz-5.2.5", ["manifest-analysis", "binary-analysis"]),
        ("1.3", "zlib 11.3", ["manifest-analysis"]),
        ("1.3", "zlib 1.3.2", ["manifest-analysis"]),
        ("1.3", "zlib 1.3rc1", ["manifest-analysis"]),
    ],
)
def test_a_file_shows_a_version_only_if_it_names_this_one(
    version: str, text: str, techniques: list[str]
) -> None:
    bom = committed_bom()
    file = BomFile(id="File-1", path="a.dll", sha1="", sha256="", sha512="", comment=text)
    components = [
        replace(one, version=version) if one.id == "zlib" else one for one in bom.components
    ]
    related = Relationship(file.id, RelationshipKind.STATIC_LINK, "zlib")
    changed = replace(
        bom,
        components=tuple(components),
        files=(file,),
        relationships=(*bom.relationships, related),
    )
    [zlib] = [one for one in document(changed)["components"] if one["bom-ref"] == "zlib"]
    methods = zlib["evidence"]["identity"]["methods"]
    assert [one["technique"] for one in methods] == techniques


def test_what_does_not_ship_is_excluded_from_the_scope() -> None:
    scopes = {one["bom-ref"]: one["scope"] for one in document(committed_bom())["components"]}
    assert {ref for ref, scope in scopes.items() if scope == "excluded"} == {"llvm"}


@pytest.mark.parametrize("version", VERSIONS)
def test_an_organization_has_a_mail_address_or_the_pages_of_what_it_created(version: str) -> None:
    # BSI TR-03183-2 v2.1.0, clauses 5.2.1 and 5.2.2, asks for one of the two.
    data = document(committed_bom(), version)
    [zlib_ng] = [one for one in data["components"] if one["bom-ref"] == "zlib-ng"]
    assert zlib_ng["manufacturer"]["url"] == [
        row["url"] for row in zlib_ng["externalReferences"] if row["type"] == "website"
    ]
    assert data["metadata"]["manufacturer"]["url"] == ["https://www.python.org/"]
    bom, originator = committed_bom(), "Organization: zlib-ng (a@example.org)"
    components = [
        replace(one, originator=originator) if one.id == "zlib-ng" else one
        for one in bom.components
    ]
    data = document(replace(bom, components=tuple(components)), version)
    [zlib_ng] = [one for one in data["components"] if one["bom-ref"] == "zlib-ng"]
    assert zlib_ng["manufacturer"] == {"name": "zlib-ng", "contact": [{"email": "a@example.org"}]}


@pytest.mark.parametrize("version", VERSIONS)
def test_many_files_take_at_most_three_times_the_time_of_spdx_2_3(version: str) -> None:
    bom = committed_bom()
    digests = [hashlib.sha512(str(number).encode()).hexdigest() for number in range(2_000)]
    files = [
        BomFile(id=f"File-{digest}", path=f"Lib/{number}.py", sha1=digest[:40], sha256=digest[:64],
                sha512=digest, license="PSF-2.0")
        for number, digest in enumerate(digests)
    ]  # fmt: skip
    related = [
        edge
        for file in files
        for edge in (
            Relationship(bom.root, RelationshipKind.CONTAINS, file.id),
            Relationship(file.id, RelationshipKind.PART_OF, bom.root),
        )
    ]
    large = replace(bom, files=tuple(files), relationships=(*bom.relationships, *related))

    def seconds(write: Callable[[Bom], object]) -> float:
        start = time.process_time()
        write(large)
        return time.process_time() - start

    seconds(SPDX2.write)
    ratios = [
        seconds(lambda bom: write_cyclonedx(bom, version)) / seconds(SPDX2.write) for _ in range(5)
    ]
    assert min(ratios) < 3
