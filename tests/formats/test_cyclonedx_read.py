"""Documents of CycloneDX are read as BOMs: ours without loss, foreign ones for what they state."""

from __future__ import annotations

import json
from typing import Any

import pytest
from boms import PLATFORMS, bom_of, committed_bom
from hypothesis import example, given
from hypothesis import strategies as st
from manifests import entries, for_entry
from random_boms import boms

from sbom.bom.bom import Bom, Relationship, RelationshipKind, content_digest
from sbom.diagnostics import InputError
from sbom.formats import read_document
from sbom.formats.cyclonedx_write import write_cyclonedx

VERSIONS = ("1.6", "1.7")
#: As Syft 1.x writes a directory: no root, a digest of zeros for an empty file, refs with blanks.
SYFT = {
    "metadata": {
        "timestamp": "2026-03-01T10:00:00+02:00",
        "tools": {"components": [{"type": "application", "name": "syft", "version": "1.42.1"}]},
        "component": {"bom-ref": "af63bd4c8601b7f1", "type": "file", "name": "/layout"},
    },
    "components": [
        {
            "bom-ref": "pkg:generic/openssl@3.5.7?package-id=1",
            "type": "library",
            "name": "openssl",
            "version": "3.5.7",
            "cpe": "cpe:2.3:a:openssl:openssl:3.5.7:*:*:*:*:*:*:*",
            "purl": "pkg:generic/openssl@3.5.7",
            "properties": [
                {"name": "syft:cpe23", "value": "cpe:2.3:a:openssl:openssl:3.5.7:*:*:*:*:*:*:*"},
                {"name": "syft:cpe23", "value": "cpe:2.3:a:openssl:ssl:3.5.7:*:*:*:*:*:*:*"},
            ],
            "licenses": [{"license": {"id": "Apache-2.0"}}, {"license": {"name": "own terms"}}],
        },
        {
            "bom-ref": "0b1a",
            "type": "file",
            "name": "/layout/DLLs/libcrypto-3.dll",
            "hashes": [{"alg": "SHA-1", "content": "AB" * 20}, {"alg": "SHA-256", "content": "0"}],
        },
    ],
}


def read(data: dict[str, Any]) -> Bom:
    return read_document(json.dumps({"bomFormat": "CycloneDX", **data}).encode(), "foreign.json")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_document_is_read_as_the_bom_it_was_written_from(platform: str, version: str) -> None:
    bom = committed_bom(platform)
    assert read_document(write_cyclonedx(bom, version), "document") == bom


@pytest.mark.parametrize("entry", entries()[::40], ids=lambda e: e["cpython"])
def test_so_are_documents_of_old_releases(entry: dict[str, Any]) -> None:
    bom = bom_of(for_entry(entry))
    assert read_document(write_cyclonedx(bom, "1.7"), "document") == bom


@given(boms(), st.sampled_from(VERSIONS))
def test_whatever_a_bom_contains_is_read_back(bom: Bom, version: str) -> None:
    again = read_document(write_cyclonedx(bom, version), "document")
    assert again == bom
    assert content_digest(again) == content_digest(bom)


def test_what_syft_writes_of_a_directory_is_read() -> None:
    bom = read(SYFT)
    directory, component = sorted(bom.components, key=lambda component: component.name)
    assert (component.name, component.version) == ("openssl", "3.5.7")
    assert component.cpes == (
        "cpe:2.3:a:openssl:openssl:3.5.7:*:*:*:*:*:*:*",
        "cpe:2.3:a:openssl:ssl:3.5.7:*:*:*:*:*:*:*",
    )
    assert component.license_declared == "Apache-2.0 AND (own terms)"
    assert bom.creation.tools == ("syft-1.42.1",)
    assert str(bom.creation.created) == "2026-03-01 10:00:00+02:00"
    files = {file.path: (file.sha1, file.sha256) for file in bom.files}
    assert files == {"/layout/DLLs/libcrypto-3.dll": ("ab" * 20, "")}
    assert (directory.name, bom.roots) == ("/layout", (directory.id,))


def test_components_within_others_are_contained_in_them() -> None:
    inner = {"type": "library", "bom-ref": "b", "name": "b"}
    outer = {"type": "library", "bom-ref": "a", "name": "a", "components": [inner]}
    bom = read({"metadata": {"component": outer}, "dependencies": [{"ref": "b", "dependsOn": []}]})
    assert [one.name for one in bom.components] == ["a", "b"]
    assert bom.roots == ("a",)
    assert bom.relationships == (Relationship("a", RelationshipKind.CONTAINS, "b"),)


def test_a_component_without_a_bom_ref_or_with_that_of_another_one_is_kept() -> None:
    rows = [{"type": "library", "name": name, "bom-ref": "x"} for name in ("a", "b")]
    bom = read({"components": [*rows, {"type": "library", "name": "c"}]})
    assert sorted(one.name for one in bom.components) == ["a", "b", "c"]
    assert len({one.id for one in bom.components}) == 3


def test_a_dependency_is_what_the_elements_imply_if_nothing_says_more() -> None:
    rows = [
        {"type": "library", "bom-ref": "a", "name": "a"},
        {"type": "library", "bom-ref": "b", "name": "b"},
        {"type": "file", "bom-ref": "f", "name": "f.dll"},
    ]
    edges = [{"ref": "a", "dependsOn": ["b", "f", "absent"]}, {"ref": "f", "dependsOn": ["b"]}]
    bom = read({"components": rows, "dependencies": edges})
    assert set(bom.relationships) == {
        Relationship("a", RelationshipKind.DEPENDS_ON, "b"),
        Relationship("a", RelationshipKind.CONTAINS, "f"),
        Relationship("f", RelationshipKind.STATIC_LINK, "b"),
    }


def test_components_nested_deeply_are_read() -> None:
    text = '{"type": "library", "name": "x", "components": [' * 400 + "]}" * 400
    bom = read_document(f'{{"bomFormat": "CycloneDX", "components": [{text}]}}'.encode(), "deep")
    assert len(bom.components) == 400


KEYS = """
    bom-ref name type components component tools hashes alg content licenses license properties
    value ref dependsOn supplier contact authors externalReferences subjects text
"""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just("a"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS.split()),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(
        st.sampled_from(["metadata", "components", "dependencies", "annotations", "properties"]),
        JSON,
    )
)
@example({"metadata": {"tools": {"components": [{"name": 1}]}}})
def test_any_json_is_read_for_what_it_states(data: dict[str, Any]) -> None:
    assert isinstance(read(data), Bom)


def test_one_note_about_many_components_is_read_once() -> None:
    refs = [f"c{n}" for n in range(50)]
    components = [{"type": "library", "name": ref, "bom-ref": ref} for ref in refs]
    notes = [{"subjects": refs, "text": text * 1_000_000} for text in "xy"]
    bom = read({"components": components, "annotations": notes})
    assert len({id(component.annotation) for component in bom.components}) == 1


def test_many_notes_about_one_component_are_joined_at_once() -> None:
    notes = [{"subjects": ["a"], "text": "x" * 99}] * 20_000
    [component] = read(
        {"components": [{"type": "library", "bom-ref": "a"}], "annotations": notes}
    ).components
    assert len(component.annotation) == 20_000 * 100 - 1


def test_a_byte_order_mark_before_a_document_is_no_part_of_it() -> None:
    data = write_cyclonedx(committed_bom(), "1.6")
    assert read_document(b"\xef\xbb\xbf" + data, "document") == committed_bom()


def test_a_document_of_no_format_is_refused() -> None:
    with pytest.raises(InputError, match="it has no spdxVersion, no bomFormat"):
        read_document(b"{}", "x.json")
