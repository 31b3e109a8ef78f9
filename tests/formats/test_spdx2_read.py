"""Documents of SPDX 2 are read as BOMs: ours without loss, foreign ones for what they state."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from boms import PLATFORMS, bom_of, committed_bom
from conftest import FACTS
from hypothesis import given
from manifests import entries, for_entry
from random_boms import boms

from sbom.bom.bom import (
    Bom,
    Relationship,
    RelationshipKind,
    content_digest,
)
from sbom.diagnostics import InputError
from sbom.formats import FORMATS, SPDX2, read_document


def read(data: dict[str, Any]) -> Bom:
    return read_document(json.dumps({"spdxVersion": "SPDX-2.3", **data}).encode(), "foreign.json")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_document_is_read_as_the_bom_it_was_written_from(platform: str) -> None:
    bom = committed_bom(platform)
    assert read_document(SPDX2.write(bom), "document") == bom


@pytest.mark.parametrize("entry", entries()[::40], ids=lambda e: e["cpython"])
def test_so_are_documents_of_old_releases(entry: dict[str, Any]) -> None:
    bom = bom_of(for_entry(entry))
    assert read_document(SPDX2.write(bom), "document") == bom


@given(boms())
def test_whatever_a_bom_contains_is_read_back(bom: Bom) -> None:
    again = read_document(SPDX2.write(bom), "document")
    assert again == bom
    assert content_digest(again) == content_digest(bom)


def test_the_digest_of_contents_is_not_of_time_and_namespace() -> None:
    bom = committed_bom()
    other = replace(bom, namespace="", creation=replace(bom.creation, created=None))
    assert content_digest(other) == content_digest(bom)
    assert content_digest(replace(bom, name="other")) != content_digest(bom)


@pytest.mark.parametrize("version", ["3.13.5", "3.14.7"])
def test_the_sboms_of_cpython_are_read_for_what_they_state(version: str) -> None:
    path = FACTS / f"cpython/{version}/sbom.spdx.json"
    data = json.loads(path.read_text())
    bom = read_document(path.read_bytes(), path.name)
    assert [one.version for one in bom.components] == [
        package["versionInfo"] for package in data["packages"]
    ]
    assert {file.path for file in bom.files} == {file["fileName"] for file in data["files"]}
    contained = [one for one in bom.relationships if one.kind is RelationshipKind.CONTAINS]
    assert len(contained) == sum(
        row["relationshipType"] == "CONTAINS" for row in data["relationships"]
    )
    assert (bom.roots, bom.creation.created) == ((), None)


def test_creators_without_a_name_are_left_out() -> None:
    bom = read({"creationInfo": {"creators": ["", "Tool: ", "Person: a", " ", "Tool: b"]}})
    assert (bom.creation.creators, bom.creation.tools) == (("Person: a",), ("b",))
    for each in FORMATS:
        assert each.write(bom)


def test_the_fields_that_spdx_2_2_had_for_relationships_count() -> None:
    bom = read(
        {
            "SPDXID": "SPDXRef-DOCUMENT",
            "documentDescribes": ["SPDXRef-a"],
            "packages": [{"SPDXID": "SPDXRef-a", "name": "a", "hasFiles": ["SPDXRef-f"]}],
            "files": [{"SPDXID": "SPDXRef-f", "fileName": "/opt/python.exe"}],
        }
    )
    assert bom.roots == ("a",)
    assert [file.path for file in bom.files] == ["/opt/python.exe"]
    assert bom.relationships == (Relationship("a", RelationshipKind.CONTAINS, "f"),)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("CONTAINED_BY", Relationship("b", RelationshipKind.CONTAINS, "a")),
        ("DEPENDENCY_OF", Relationship("b", RelationshipKind.DEPENDS_ON, "a")),
        ("BUILD_TOOL_OF", Relationship("b", RelationshipKind.BUILD_TOOL, "a")),
        ("COPY_OF", Relationship("a", RelationshipKind.OTHER, "b", "COPY_OF")),
    ],
)
def test_relationships_written_backwards_are_turned(kind: str, expected: Relationship) -> None:
    row = {
        "spdxElementId": "SPDXRef-a",
        "relationshipType": kind,
        "relatedSpdxElement": "SPDXRef-b",
    }
    packages = [{"SPDXID": f"SPDXRef-{name}", "name": name} for name in "ab"]
    assert read({"packages": packages, "relationships": [row]}).relationships == (expected,)


@pytest.mark.parametrize("kind", ["OTHER", "GENERATED_FROM"])
def test_a_file_that_comes_from_a_package_is_part_of_it(kind: str) -> None:
    row = {
        "spdxElementId": "SPDXRef-f",
        "relationshipType": kind,
        "relatedSpdxElement": "SPDXRef-a",
    }
    bom = read(
        {
            "packages": [{"SPDXID": "SPDXRef-a"}],
            "files": [{"SPDXID": "SPDXRef-f"}],
            "relationships": [row],
        }
    )
    assert bom.relationships == (Relationship("f", RelationshipKind.PART_OF, "a"),)


def test_values_of_a_wrong_type_are_missing_and_ends_that_are_not_there_are_left_out() -> None:
    bom = read(
        {
            "name": 3,
            "creationInfo": [],
            "packages": [{"SPDXID": "SPDXRef-a", "name": None, "checksums": {}}, "package"],
            "files": {"SPDXID": "SPDXRef-f"},
            "relationships": [
                {"spdxElementId": "SPDXRef-a", "relationshipType": "CONTAINS"},
                {
                    "spdxElementId": "SPDXRef-DOCUMENT",
                    "relationshipType": "DESCRIBES",
                    "relatedSpdxElement": "SPDXRef-b",
                },
            ],
        }
    )
    assert (bom.name, bom.roots, bom.files, bom.relationships) == ("", (), (), ())
    assert [(one.id, one.name, one.checksums) for one in bom.components] == [("a", "", ())]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "is not JSON"),
        (b"[]", "expected a JSON object"),
        (b"{}", "it has no spdxVersion, no bomFormat"),
        (b'{"spdxVersion": "SPDX-3.0"}', "it has spdxVersion SPDX-3.0"),
        (b"\xff", "is not UTF-8"),
        (b'{"spdxVersion": "SPDX-2.3", "name": "\\udcff"}', "half of a surrogate pair"),
    ],
)
def test_what_is_not_an_spdx_2_document_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_document(content, "x.json")
    [diagnostic] = caught.value.diagnostics
    assert diagnostic.location.path == "x.json"


def test_a_foreign_document_without_tool_and_digests_is_written_again() -> None:
    package = {"SPDXID": "SPDXRef-a", "name": "a", "annotations": [{"comment": "Reviewed."}]}
    bom = read(
        {
            "SPDXID": "SPDXRef-DOCUMENT",
            "creationInfo": {"creators": ["Person: Somebody"]},
            "packages": [package],
            "files": [{"SPDXID": "SPDXRef-b", "fileName": "./b.dll"}],
        }
    )
    written = json.loads(SPDX2.write(bom))
    assert written["packages"][0]["annotations"] == [
        {"annotationType": "REVIEW", "annotator": "Person: Somebody", "comment": "Reviewed."}
    ]
    assert written["files"][0]["checksums"] == []
    assert read_document(json.dumps(written).encode(), "written") == bom


def test_directories_that_syft_lists_among_the_files_are_none() -> None:
    # syft 1.18.1, with the metadata of all files: directories have a SHA-1 of zeros.
    paths = {"": "0", "DLLs": "0", "DLLs/a.dll": "a", "DLLs/empty": "0", "Lib": "b", "Lib/x": "0"}
    files = [
        {
            "SPDXID": f"SPDXRef-{number}",
            "fileName": path,
            "checksums": [{"algorithm": "SHA1", "checksumValue": digit * 40}],
        }
        for number, (path, digit) in enumerate(paths.items())
    ]
    bom = read({"files": files})
    assert [file.path for file in bom.files] == ["DLLs/a.dll", "DLLs/empty", "Lib", "Lib/x"]
