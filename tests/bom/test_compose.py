"""The BOM of a build: how each component ships, under ids that depend on no order."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from boms import CREATED, bom_of, committed_bom, document
from conftest import FACTS
from license_expression import get_spdx_licensing
from manifests import committed, entries, for_entry

from sbom.binaries.signature import Signature, SignatureStatus
from sbom.bom.bom import Relationship, RelationshipKind, unique_ids
from sbom.bom.compose import compose_build, describe_signature
from sbom.bom.license_texts import check_licenses
from sbom.bom.licenses import normalize_license, unknown_licenses
from sbom.components.component import Build
from sbom.data import read_data


def test_links_and_build_tools_are_told_apart() -> None:
    kinds = {(one.kind, one.target) for one in committed_bom().relationships}
    assert (RelationshipKind.DYNAMIC_LINK, "openssl") in kinds
    assert (RelationshipKind.STATIC_LINK, "zlib-ng") in kinds
    assert (RelationshipKind.BUILD_TOOL, "llvm") in kinds
    assert [kind for kind, target in kinds if target == "llvm"] == [RelationshipKind.BUILD_TOOL]


def test_pip_contains_the_packages_that_it_vendors() -> None:
    bom = committed_bom()
    contained = {one.target for one in bom.relationships if one.source == "pip"}
    assert {one.kind for one in bom.relationships if one.source == "pip"} == {
        RelationshipKind.CONTAINS
    }
    assert contained == {
        "cachecontrol", "certifi", "distlib", "distro", "idna", "msgpack", "packaging",
        "pkg-resources", "platformdirs", "pygments", "pyproject-hooks", "requests", "resolvelib",
        "rich", "tomli", "tomli-w", "truststore", "urllib3",
    }  # fmt: skip
    assert {one.source for one in bom.relationships} == {"cpython", "pip"}


def test_a_link_names_the_file_that_it_ends_up_in() -> None:
    comments = {one.target: one.comment for one in committed_bom("arm64").relationships}
    assert comments["openssl"] == (
        "Shipped as libcrypto-3-arm64.dll, libssl-3-arm64.dll; used by _ssl.pyd, _hashlib.pyd."
    )
    assert comments["bzip2"] == "Linked into _bz2.pyd."


def test_two_zlibs_of_one_release_are_two_components_with_ids_of_their_own() -> None:
    bom = bom_of(for_entry(next(e for e in entries() if e["cpython"] == "3.11.5")))
    assert {one.id: one.version for one in bom.components if one.name == "zlib"} == {
        "zlib-binary.tcltk": "1.2.11",
        "zlib-source.zlib": "1.2.13",
    }


def test_ids_do_not_depend_on_what_comes_first() -> None:
    clash = unique_ids(["a_b", "a-b", "c"])
    assert clash == unique_ids(["c", "a-b", "a_b"])
    assert len(set(clash.values())) == 3
    assert clash["c"] == "c"


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["日本"], id="no letter that an id can have"),
        pytest.param(["日本", "é", "-", ""], id="several of them"),
        pytest.param(["a_b", "a-b", *unique_ids(["a_b", "a-b"]).values()], id="the ids of others"),
    ],
)
def test_an_id_is_never_empty_nor_that_of_another(names: list[str]) -> None:
    ids = unique_ids(names).values()
    assert "" not in ids
    assert len(set(ids)) == len(names)


def test_a_component_of_a_bom_refers_to_nothing_in_the_manifest() -> None:
    for component in committed_bom().components:
        assert (component.key, component.external, component.linkages) == ("", None, ())
        texts = (component.comment, component.source_info, component.annotation)
        assert "externals.toml" not in " ".join(texts)


def test_the_namespace_is_of_the_contents() -> None:
    manifest = committed()
    commented = compose_build(manifest, Build(platform="amd64"), CREATED, comment="Another one.")
    boms = (bom_of(manifest, "amd64"), bom_of(manifest, "win32"), commented)
    assert len({bom.namespace for bom in boms}) == 3


def test_checksums_are_those_that_cpython_published() -> None:
    published = json.loads((FACTS / "cpython/3.14.7/externals.spdx.json").read_text())
    known = {p["downloadLocation"]: p["checksums"] for p in published["packages"]}
    ours = {p["downloadLocation"]: p.get("checksums", [])[:1] for p in document()["packages"]}
    shared = known.keys() & ours.keys()
    assert len(shared) == 6
    assert {url: ours[url] for url in shared} == {url: known[url] for url in shared}


@pytest.mark.parametrize("entry", entries()[::20], ids=lambda e: e["cpython"])
def test_every_license_of_every_release_is_known(entry: dict[str, str]) -> None:
    assert list(check_licenses(bom_of(for_entry(entry)))) == []


@pytest.mark.parametrize("expression", ["Zlibb", "MIT AND", "MIT WITH Zlib", "LicenseRef-Nowhere"])
def test_a_license_that_spdx_does_not_know_is_reported(expression: str) -> None:
    bom = committed_bom()
    components = [
        replace(one, license_concluded=expression) if one.id == "zlib-ng" else one
        for one in bom.components
    ]
    [diagnostic] = check_licenses(replace(bom, components=tuple(components)))
    assert (diagnostic.subject, diagnostic.message) == (
        "zlib-ng",
        f"unknown license '{expression}'",
    )


@pytest.mark.parametrize(
    ("expression", "canonical"),
    [("zlib and MIT", "Zlib AND MIT"), ("(GPL-2.0+)", "GPL-2.0-or-later"), ("NONE", "NONE")],
)
def test_license_expressions_are_written_with_the_ids_of_the_list(
    expression: str, canonical: str
) -> None:
    assert normalize_license(expression) == canonical


def test_relationships_are_sorted_and_stated_once() -> None:
    related = committed_bom().relationships
    assert [one.key for one in related] == sorted({one.key for one in related})
    assert all(isinstance(one, Relationship) for one in related)


def test_the_licenses_in_the_data_are_on_the_list_as_they_are_written() -> None:
    licensing = get_spdx_licensing()
    for expression in read_data("licenses")["ids"]:
        assert str(licensing.parse(expression, validate=True, strict=True)) == expression
        assert unknown_licenses(expression) == ()
    assert unknown_licenses("MIT AND LicenseRef-mine") == ("LicenseRef-mine",)
    assert unknown_licenses("MIT AND") == ("MIT AND",)


def test_every_signature_of_a_file_is_described() -> None:
    first, second, third = (
        Signature(status=status, subject=f"CN={name}", issuer="CN=Authority", serial="01")
        for name, status in zip("ABC", SignatureStatus, strict=True)
    )
    assert describe_signature(replace(first, secondary=(second, third))) == (
        "Signed by CN=A (issuer CN=Authority, serial 01); the file is the one that was signed. "
        "Secondary signature by CN=B (issuer CN=Authority, serial 01); the file is not the one "
        "that was signed. It has a secondary signature that cannot be verified."
    )
