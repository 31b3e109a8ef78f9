"""Documents of SPDX 3.0.1: valid, the same bytes every time, and golden for one platform."""

from __future__ import annotations

import io
import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from boms import CREATED, PLATFORMS, bom_of, committed_bom
from manifests import committed, entries, for_entry
from spdx_python_model.bindings import v3_0_1 as spdx3
from spdx_tools.spdx.model.document import Document
from spdx_tools.spdx.model.relationship import RelationshipType
from spdx_tools.spdx.parser.parse_anything import parse_file

from sbom.bom.bom import (
    Bom,
    BomFile,
    Relationship,
    RelationshipKind,
    file_id,
    incomplete_sentence,
)
from sbom.bom.compose import compose_build
from sbom.components.component import Build
from sbom.formats import read_document
from sbom.formats.spdx2_write import write_spdx2
from sbom.formats.spdx3_read import read_spdx3
from sbom.formats.spdx3_write import write_spdx3

GOLDEN = Path(__file__).parent / "golden"
Json = dict[str, Any]


def graph(bom: Bom) -> list[Json]:
    elements: list[Json] = json.loads(write_spdx3(bom))["@graph"]
    return elements


def of_type(elements: list[Json], *types: str) -> list[Json]:
    return [element for element in elements if element["type"] in types]


def relationships(elements: list[Json], kind: str) -> list[Json]:
    found = of_type(elements, "Relationship", "LifecycleScopedRelationship")
    return [element for element in found if element["relationshipType"] == kind]


def local(id_: str) -> str:
    return id_.rpartition("#")[2]


def file_of(path: str, digit: str = "a", license_: str = "") -> BomFile:
    return BomFile(
        id=file_id(path, digit * 64),
        path=path,
        sha1=digit * 40,
        sha256=digit * 64,
        sha512=digit * 128,
        license=license_,
    )


def with_files(*files: BomFile, owner: str = "openssl") -> Bom:
    bom = committed_bom()
    contained = [Relationship(bom.root, RelationshipKind.CONTAINS, file.id) for file in files]
    parts = [Relationship(file.id, RelationshipKind.PART_OF, owner) for file in files]
    return replace(bom, files=files, relationships=(*bom.relationships, *contained, *parts))


def test_the_document_is_the_golden_one() -> None:
    data = write_spdx3(committed_bom())
    golden = GOLDEN / "python-3.14.7-amd64.spdx3.json"
    if os.environ.get("REWRITE_GOLDEN"):
        assert not os.environ.get("CI"), "golden documents are rewritten by people"
        golden.write_bytes(data)
    assert data == golden.read_bytes()


def test_the_document_is_json_with_sorted_keys_and_two_spaces_of_indentation() -> None:
    data = write_spdx3(committed_bom())
    text = json.dumps(json.loads(data), ensure_ascii=False, indent=2, sort_keys=True)
    assert data == f"{text}\n".encode()


def test_the_order_of_a_bom_changes_no_byte() -> None:
    bom = with_files(file_of("DLLs/libssl-3.dll"), file_of("DLLs/libcrypto-3.dll", "b", "MIT"))
    chance = random.Random(7)
    shuffled = replace(
        bom,
        components=tuple(chance.sample(bom.components, len(bom.components))),
        files=tuple(reversed(bom.files)),
        relationships=tuple(chance.sample(bom.relationships, len(bom.relationships))),
        license_texts=tuple(reversed(bom.license_texts)),
    )
    assert shuffled != bom
    assert write_spdx3(shuffled) == write_spdx3(bom)


def test_the_time_is_written_in_utc() -> None:
    abroad = CREATED.astimezone(timezone(timedelta(hours=9)))
    bom = compose_build(committed(), Build(platform="amd64"), abroad)
    assert write_spdx3(bom) == write_spdx3(committed_bom())


@pytest.mark.parametrize("entry", entries()[::40], ids=lambda e: e["cpython"])
def test_every_id_is_there_once_and_every_reference_leads_to_one(entry: Json) -> None:
    elements = graph(bom_of(for_entry(entry)))
    ids = Counter(element.get("spdxId", element.get("@id")) for element in elements)
    assert set(ids.values()) == {1}
    for element in elements:
        for key in ("from", "subject", "creationInfo", "dataLicense", "suppliedBy"):
            assert element.get(key, "_:creationinfo") in ids
        for key in ("to", "element", "rootElement", "createdBy", "createdUsing", "originatedBy"):
            assert ids.keys() >= set(element.get(key, ()))


def test_the_root_of_the_document_is_an_sbom_whose_root_is_cpython() -> None:
    elements = graph(committed_bom())
    [document], [sbom] = of_type(elements, "SpdxDocument"), of_type(elements, "software_Sbom")
    assert document["rootElement"] == [sbom["spdxId"]]
    assert [local(root) for root in sbom["rootElement"]] == ["SPDXRef-cpython"]
    assert sbom["software_sbomType"] == ["build"]
    assert set(sbom["element"]) == {
        element["spdxId"]
        for element in elements
        if element["type"] not in ("CreationInfo", "SpdxDocument", "software_Sbom")
    }


def test_a_document_with_files_was_also_made_by_analysis() -> None:
    [sbom] = of_type(graph(with_files(file_of("python.exe"))), "software_Sbom")
    assert sbom["software_sbomType"] == ["analyzed", "build"]


def test_a_link_says_when_it_holds_and_a_build_tool_is_used_in_the_build() -> None:
    elements = graph(committed_bom())
    [tools] = relationships(elements, "usesTool")
    [prerequisite] = relationships(elements, "hasPrerequisite")
    assert [local(id_) for id_ in tools["to"]] == ["SPDXRef-llvm"]
    assert (tools["scope"], prerequisite["scope"]) == ("build", "build")
    assert prerequisite["comment"] == "Needed to build CPython; not shipped."
    assert {row["scope"] for row in relationships(elements, "hasStaticLink")} == {"build"}
    assert {row["scope"] for row in relationships(elements, "hasDynamicLink")} == {"runtime"}


def test_relationships_of_one_source_and_type_are_one_element() -> None:
    files = [file_of(f"Lib/{number}.py", str(number)) for number in range(5)]
    contains = relationships(graph(with_files(*files)), "contains")
    [plain] = [row for row in contains if "comment" not in row and row["from"].endswith("cpython")]
    assert len(plain["to"]) == 5


def test_completeness_is_asserted_only_where_it_is_known() -> None:
    bom = committed_bom()
    comment = f"{bom.creation.comment} {incomplete_sentence('2 errors')}"
    broken = replace(bom, creation=replace(bom.creation, comment=comment))
    for one, expected in ((bom, {"noAssertion"}), (broken, {"incomplete"})):
        rows = relationships(graph(one), "contains") + relationships(graph(one), "dependsOn")
        assert {row["completeness"] for row in rows} == expected


def test_a_component_is_distributed_in_its_archive_and_in_the_files_that_ship() -> None:
    elements = graph(with_files(file_of("DLLs/libssl-3.dll"), file_of("README", "b")))
    by_id = {element.get("spdxId", ""): element for element in elements}
    rows = relationships(elements, "hasDistributionArtifact")
    [row] = [row for row in rows if row["from"].endswith("SPDXRef-openssl")]
    assert "BSI TR-03183-2" in row["comment"]
    assert {
        by_id[id_]["name"]: by_id[id_].get("software_additionalPurpose") for id_ in row["to"]
    } == {
        "openssl-bin-3.5.7.tar.gz": ["archive", "container"],
        "DLLs/libssl-3.dll": ["executable", "firmware"],
        "README": None,
    }


def test_a_creator_has_a_mail_address_or_else_the_pages_of_what_it_created() -> None:
    bom = committed_bom()
    one, other = (component for component in bom.components if component.id in ("xz", "bzip2"))
    changed = replace(
        bom,
        components=(
            replace(one, originator="Person: Ann (ann@example.org)", homepage="https://one.org/"),
            replace(other, originator="Person: Bob", homepage="https://other.org/"),
        ),
        roots=("xz",),
        relationships=(),
    )
    people = {person["name"]: person for person in of_type(graph(changed), "Person")}
    kinds = {
        name: [
            (row["externalIdentifierType"], row["identifier"])
            for row in person["externalIdentifier"]
        ]
        for name, person in people.items()
    }
    assert kinds == {
        "Ann": [("email", "ann@example.org")],
        "Bob": [("other", "https://other.org/")],
    }


def test_unknown_values_are_absent() -> None:
    [package] = [
        element
        for element in of_type(graph(committed_bom()), "software_Package")
        if element["spdxId"].endswith("SPDXRef-vcruntime")
    ]
    assert not {"verifiedUsing", "software_downloadLocation", "comment"} & package.keys()
    assert b'"NOASSERTION"' not in write_spdx3(committed_bom())


def test_no_license_at_all_is_the_individual_of_the_standard() -> None:
    bom = committed_bom()
    [component] = [component for component in bom.components if component.id == "xz"]
    none = replace(component, license_concluded="NONE", license_declared="")
    changed = replace(bom, components=(none,), roots=("xz",), relationships=())
    [row] = relationships(graph(changed), "hasConcludedLicense")
    assert row["to"] == ["https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoneLicense"]
    assert relationships(graph(changed), "hasDeclaredLicense") == []


def test_a_document_that_states_little_is_written_too() -> None:
    data = {"spdxVersion": "SPDX-2.3", "packages": [{"SPDXID": "SPDXRef-a", "name": "a"}]}
    bom = read_document(json.dumps(data).encode(), "foreign.json")
    elements = graph(bom)
    [info] = of_type(elements, "CreationInfo")
    [agent] = of_type(elements, "Agent")
    assert (info["createdBy"], agent["name"]) == ([agent["spdxId"]], "NOASSERTION")
    assert agent["spdxId"].startswith("urn:uuid:")
    again = read_document(write_spdx2(read_spdx3(json.loads(write_spdx3(bom)))), "again")
    assert (again.components, again.creation) == (bom.components, bom.creation)


# Agreement with the document of SPDX 2.3, each read by a library of the SPDX project.


def spdx3_objects(bom: Bom) -> Any:  # every attribute of its model may also be a plain id
    objects = spdx3.SHACLObjectSet()
    spdx3.JSONLDDeserializer().read(io.BytesIO(write_spdx3(bom)), objects)
    assert objects.link() == set()  # ids that nothing has
    return objects


def spdx2_document(bom: Bom, directory: Path) -> Document:
    path = directory / "x.spdx.json"
    path.write_bytes(write_spdx2(bom))
    return parse_file(str(path))


def hashes_of(artifact: Any) -> frozenset[tuple[str, str]]:
    return frozenset(
        (hash_.algorithm.rpartition("/")[2], hash_.hashValue) for hash_ in artifact.verifiedUsing
    )


def licenses_of(objects: Any, kind: str) -> dict[str, str]:
    return {
        local(row.from_.spdxId): license_.simplelicensing_licenseExpression
        for row in objects.foreach_type(spdx3.Relationship)
        for license_ in row.to
        if row.relationshipType.endswith(f"/{kind}")
    }


def packages_by_spdx3(bom: Bom) -> set[tuple[object, ...]]:
    objects = spdx3_objects(bom)
    concluded = licenses_of(objects, "hasConcludedLicense")
    declared = licenses_of(objects, "hasDeclaredLicense")

    def rows() -> Iterator[tuple[object, ...]]:
        for package in objects.foreach_type(spdx3.software_Package):
            id_ = local(package.spdxId)
            identifiers = {
                (one.externalIdentifierType.rpartition("/")[2], one.identifier)
                for one in package.externalIdentifier
            }
            yield (
                id_,
                package.name,
                package.software_packageVersion,
                package.software_packageUrl,
                frozenset(text for kind, text in identifiers if kind == "cpe23"),
                hashes_of(package),
                concluded.get(id_),
                declared.get(id_),
            )

    return set(rows())


def packages_by_spdx2(document: Document) -> set[tuple[object, ...]]:
    def rows() -> Iterator[tuple[object, ...]]:
        for package in document.packages:
            references = [(one.reference_type, one.locator) for one in package.external_references]
            purls = [text for kind, text in references if kind == "purl"]
            yield (
                package.spdx_id,
                package.name,
                package.version,
                next(iter(purls), None),
                frozenset(text for kind, text in references if kind == "cpe23Type"),
                frozenset((one.algorithm.name.lower(), one.value) for one in package.checksums),
                stated(package.license_concluded),
                stated(package.license_declared),
            )

    return set(rows())


def stated(license_: object) -> str | None:
    return None if str(license_) == "NOASSERTION" else str(license_)


EDGES = {
    RelationshipType.CONTAINS: "contains",
    RelationshipType.DEPENDS_ON: "dependsOn",
    RelationshipType.STATIC_LINK: "hasStaticLink",
    RelationshipType.DYNAMIC_LINK: "hasDynamicLink",
    RelationshipType.HAS_PREREQUISITE: "hasPrerequisite",
}


def edges_by_spdx2(document: Document) -> set[tuple[str, str, str]]:
    return {
        (row.spdx_element_id, EDGES[row.relationship_type], str(row.related_spdx_element_id))
        for row in document.relationships
        if row.relationship_type in EDGES
    }


def edges_by_spdx3(bom: Bom) -> set[tuple[str, str, str]]:
    found = {
        (local(row.from_.spdxId), row.relationshipType.rpartition("/")[2], local(target.spdxId))
        for row in spdx3_objects(bom).foreach_type(spdx3.Relationship)
        for target in row.to
        if hasattr(target, "spdxId")
    }
    return {edge for edge in found if edge[1] in EDGES.values()}


def assert_agreement(bom: Bom, directory: Path) -> None:
    document = spdx2_document(bom, directory)
    assert packages_by_spdx3(bom) == packages_by_spdx2(document)
    assert edges_by_spdx3(bom) == edges_by_spdx2(document)
    shipped = [
        file
        for file in spdx3_objects(bom).foreach_type(spdx3.software_File)
        if local(file.spdxId).startswith("SPDXRef-")
    ]
    assert {(local(file.spdxId), f"./{file.name}", hashes_of(file)) for file in shipped} == {
        (
            file.spdx_id,
            file.name,
            frozenset((one.algorithm.name.lower(), one.value) for one in file.checksums),
        )
        for file in document.files
    }


@pytest.mark.parametrize("platform", PLATFORMS)
def test_it_states_what_the_document_of_spdx_2_3_states(platform: str, tmp_path: Path) -> None:
    assert_agreement(committed_bom(platform), tmp_path)


def test_so_does_that_of_an_artifact(released: Path, tmp_path: Path) -> None:
    name = "python-3.14.7-embed-amd64.zip.spdx.json"
    bom = read_document((released / name).read_bytes(), name)
    assert len(bom.files) > 30
    assert_agreement(bom, tmp_path)


def test_many_files_take_at_most_three_times_the_time_of_spdx_2_3() -> None:
    files = tuple(file_of(f"Lib/{n}.py", f"{n % 16:x}", "MIT") for n in range(2_000))
    bom = with_files(*files)

    def seconds(write: Callable[[Bom], bytes]) -> float:
        start = time.process_time()
        write(bom)
        return time.process_time() - start

    write_spdx3(bom)
    ratios = [seconds(write_spdx3) / seconds(write_spdx2) for _ in range(5)]
    assert min(ratios) < 3
