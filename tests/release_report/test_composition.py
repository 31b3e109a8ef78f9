"""What a report states of a release, compared with a release made by hand."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from release_pages import DOCUMENT, file, library, release_bom, release_index

from sbom.bom.bom import Bom, Relationship, RelationshipKind
from sbom.diagnostics import SbomError
from sbom.release_report.component_files import FILES_LISTED
from sbom.release_report.composition import compose_report
from sbom.release_report.rows import ReleaseReport


def report(bom: Bom | None = None) -> ReleaseReport:
    return compose_report(bom or release_bom(), release_index(), DOCUMENT)


def test_components_are_what_is_neither_the_release_nor_an_artifact_nor_a_build() -> None:
    names = [row.component.name for row in report().components]
    assert names == ["idna", "llvm", "openssl", "pip", "python", "tcl", "xz", "zlib"]


def test_the_matrix_says_which_channels_ship_a_component_on_which_platforms() -> None:
    one = report()
    assert [(channel.name, channel.platforms) for channel in one.channels] == [
        ("embed", ("amd64", "win32")),
        ("installer", ("amd64",)),
    ]
    assert {row.component.name: (row.platforms, row.artifacts) for row in one.components} == {
        "idna": (((), ("amd64",)), 1),
        "llvm": (((), ()), 0),  # a build tool does not ship
        "openssl": ((("amd64", "win32"), ("amd64",)), 3),
        "pip": (((), ("amd64",)), 1),
        "python": ((("amd64", "win32"), ("amd64",)), 3),
        "tcl": (((), ("amd64",)), 1),
        "xz": ((("win32",), ()), 1),
        "zlib": (((), ("amd64",)), 1),  # only through a file of Tcl
    }


def test_each_way_of_shipping_names_the_artifacts_it_is_stated_of() -> None:
    [openssl] = [row for row in report().components if row.component.name == "openssl"]
    [shipment] = openssl.shipments
    assert shipment.kind is RelationshipKind.DYNAMIC_LINK
    assert shipment.containers == (
        "python-3.14.7-amd64.exe",
        "python-3.14.7-embed-amd64.zip",
        "python-3.14.7-embed-win32.zip",
    )


def test_artifacts_have_the_numbers_of_their_own_sboms() -> None:
    assert {row.file: (row.components, row.files, row.size) for row in report().artifacts} == {
        "python-3.14.7-embed-amd64.zip": (2, 1, "1,234,567"),
        "python-3.14.7-embed-win32.zip": (3, 1, "1,234,567"),
        "python-3.14.7-amd64.exe": (6, 2, "1,234,567"),
    }


def test_a_library_in_a_file_of_a_component_is_a_dependency_of_that_component() -> None:
    rows = {(row.source, row.kind.value, row.target): row for row in report().relationships}
    assert rows["tcl 9.0.4", "static-link", "zlib 1.3.2"].comment == "Linked into tcl90.dll."
    assert rows["pip 26.2.1", "contains", "idna 3.18"].containers == 0


def test_relationships_of_artifacts_and_builds_are_those_of_the_release() -> None:
    rows = [row for row in report().relationships if row.source == "python-3.14.7-windows"]
    assert {(row.kind.value, row.target, row.containers) for row in rows} == {
        ("build-tool", "llvm 19.1.7", 1),
        ("contains", "idna 3.18", 1),
        ("contains", "pip 26.2.1", 1),
        ("contains", "python 3.14.7", 2),
        ("dynamic-link", "openssl 3.5.7", 3),
        ("dynamic-link", "tcl 9.0.4", 1),
        ("static-link", "xz 5.2.5", 1),
    }


def test_files_are_listed_with_their_component_and_the_rest_by_themselves() -> None:
    one = report()
    files = {row.component.name: row.files for row in one.components}
    [libssl] = files["openssl"].rows
    assert (libssl.path, libssl.artifacts) == ("libssl-3.dll", 2)
    assert libssl.comment == "Evidence in the file: openssl 3.5.7 (text)."
    [tcl] = files["zlib"].rows
    assert (tcl.path, tcl.kind) == ("tcl90.dll", RelationshipKind.STATIC_LINK)
    assert [row.path for row in one.other_files.rows] == ["python314.dll"]


def test_of_many_files_those_with_evidence_come_first_and_all_are_counted() -> None:
    bom = release_bom()
    more = [file(f"File-{number}", f"many/{number:05}") for number in range(1000, 6000)]
    part_of = [Relationship(one.id, RelationshipKind.PART_OF, "openssl") for one in more]
    bom = replace(bom, files=(*more, *bom.files), relationships=(*bom.relationships, *part_of))
    [openssl] = [row for row in report(bom).components if row.component.name == "openssl"]
    assert openssl.files.count == 5001
    assert len(openssl.files.rows) == FILES_LISTED
    assert [row.path for row in openssl.files.rows[:2]] == ["libssl-3.dll", "many/01000"]


def test_of_very_many_components_each_lists_fewer_files() -> None:
    bom = release_bom()
    libraries = [library(f"library-{number}", "1.0") for number in range(1000)]
    more = [file(f"File-{number}", f"many/{number:05}") for number in range(20_000)]
    part_of = [
        Relationship(one.id, RelationshipKind.PART_OF, libraries[number % 1000].id)
        for number, one in enumerate(more)
    ]
    bom = replace(
        bom,
        components=(*bom.components, *libraries),
        files=(*bom.files, *more),
        relationships=(*bom.relationships, *part_of),
    )
    rows = report(bom).components
    assert sum(len(row.files.rows) for row in rows) < 9000
    [one] = [row for row in rows if row.component.name == "library-7"]
    assert one.files.count == 20
    assert len(one.files.rows) == 7  # 8,000 files, 1,003 components


def test_orders_of_the_document_do_not_matter() -> None:
    bom = release_bom()
    shuffled = list(bom.relationships), list(bom.components), list(bom.files)
    for rows in shuffled:
        random.Random(1).shuffle(rows)
    other = replace(
        bom,
        relationships=tuple(shuffled[0]),
        components=tuple(shuffled[1]),
        files=tuple(shuffled[2]),
    )
    assert replace(report(other), bom=bom) == report(bom)


def test_the_path_of_an_artifact_may_lead_through_directories() -> None:
    index = release_index()
    moved = replace(index.artifacts[0], path=f"3.14.7/{index.artifacts[0].path}")
    one = compose_report(
        release_bom(), replace(index, artifacts=(moved, *index.artifacts[1:])), DOCUMENT
    )
    assert one.artifacts[0].components == 2


def test_every_artifact_that_the_document_does_not_describe_is_reported() -> None:
    index = release_index()
    unknown = [replace(index.artifacts[0], path=name) for name in ("a.zip", "b.zip")]
    with pytest.raises(SbomError) as caught:
        compose_report(release_bom(), replace(index, artifacts=tuple(unknown)), DOCUMENT)
    assert [(one.entry.id, one.subject) for one in caught.value.diagnostics] == [
        ("SBM706", "a.zip"),
        ("SBM706", "b.zip"),
    ]
