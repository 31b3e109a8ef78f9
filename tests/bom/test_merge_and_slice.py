"""BOMs of builds are merged without loss, and slices have what is reachable and no more."""

from __future__ import annotations

from dataclasses import replace

from boms import committed_bom

from sbom.bom.bom import Relationship, RelationshipKind
from sbom.bom.graph import BomBuilder, SliceExtractor, collect_build_components, move_relationships

CONTAINS = RelationshipKind.CONTAINS


def test_components_of_two_builds_are_there_once_and_roots_are_not() -> None:
    boms = {name: committed_bom(name) for name in ("amd64", "win32")}
    components, conflicts = collect_build_components(boms)
    ids = [component.id for component in components]
    assert conflicts == []
    assert len(ids) == len(set(ids))
    assert set(ids) == {one.id for bom in boms.values() for one in bom.components} - {"cpython"}


def test_a_component_that_two_builds_describe_differently_is_a_conflict() -> None:
    first, second = committed_bom("amd64"), committed_bom("win32")
    changed = tuple(
        replace(one, version="9") if one.id == "bzip2" else one for one in second.components
    )
    boms = {"amd64": first, "win32": replace(second, components=changed)}
    _, [conflict] = collect_build_components(boms)
    assert str(conflict) == "win32: bzip2: differs from component bzip2 of build amd64"


def test_what_a_build_ships_moves_to_its_artifact_and_its_tools_stay() -> None:
    moved = list(move_relationships(committed_bom(), "artifact", "build"))
    assert {one.source for one in moved} == {"artifact", "build", "pip"}
    assert {one.target for one in moved if one.source == "build"} == {
        one.target
        for one in committed_bom().relationships
        if one.kind is RelationshipKind.BUILD_TOOL
    }


def test_what_nothing_relates_to_is_not_in_the_bom() -> None:
    bom = committed_bom()
    builder = BomBuilder()
    builder.add_components(bom.components)
    builder.add_relationships([Relationship("cpython", CONTAINS, "pip")])
    assert [one.id for one in builder.fill(bom).components] == ["cpython", "pip"]


def test_a_slice_has_what_is_reachable_from_its_root_and_no_more() -> None:
    bom = committed_bom()
    related = (
        Relationship("cpython", CONTAINS, "pip"),
        Relationship("pip", CONTAINS, "certifi"),
        Relationship("pip", RelationshipKind.BUILD_TOOL, "llvm"),
        Relationship("cpython", CONTAINS, "openssl"),
    )
    whole = replace(bom, relationships=related)
    pip = SliceExtractor(whole).extract("pip", "pip.spdx.json")
    assert (pip.name, pip.namespace, pip.roots) == ("pip.spdx.json", "", ("pip",))
    assert {one.id for one in pip.components} == {"pip", "certifi"}
    assert set(pip.relationships) == {related[1]}
    assert pip.creation == whole.creation


def test_a_slice_has_the_texts_of_the_licenses_that_its_components_name() -> None:
    bom = committed_bom()
    named = [one for one in bom.components if "LicenseRef" in one.license_concluded]
    assert named
    assert bom.license_texts
    extractor = SliceExtractor(bom)
    assert extractor.extract(named[0].id, "x").license_texts
    assert not extractor.extract("bzip2", "x").license_texts
