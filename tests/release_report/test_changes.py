"""What changed between two releases, by what differs in BOMs made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs
from release_pages import DOCUMENT, library, release_bom, release_index

from sbom.bom.bom import Bom
from sbom.release_report.changes import compare_releases
from sbom.release_report.composition import compose_report

CPE = "cpe:2.3:a:openssl:openssl:{}:*:*:*:*:*:*:*"


def changed(name: str, /, **facts: Any) -> Bom:
    """Return the BOM with facts of one component replaced."""
    bom = release_bom()
    components = tuple(replace(one, **facts) if one.name == name else one for one in bom.components)
    return replace(bom, components=components)


def compare(after: Bom) -> list[tuple[str, str, str, str, str]]:
    before, now = (compose_report(bom, release_index(), DOCUMENT) for bom in (release_bom(), after))
    return [
        (one.component, one.change, one.fact, one.before, one.after)
        for one in compare_releases(before, now).changes
    ]


def test_equal_releases_have_no_changes() -> None:
    assert compare(release_bom()) == []


def test_a_new_version_says_nothing_of_its_archive() -> None:
    facts = {
        "version": "3.5.8",
        "purl": "pkg:generic/openssl@3.5.8",
        "cpes": (CPE.format("3.5.8"),),
        "checksums": (("SHA256", "ef" * 32),),
    }
    assert compare(changed("openssl", **facts)) == [
        ("openssl", "updated", "version", "3.5.7", "3.5.8")
    ]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (
            {"license_concluded": "OpenSSL"},
            ("relicensed", "license-concluded", "Apache-2.0", "OpenSSL"),
        ),
        (
            {"checksums": (("SHA256", "ef" * 32),)},
            ("re-pinned", "sha256", "cd" * 32, "ef" * 32),
        ),
        ({"cpes": ()}, ("identifiers changed", "cpe", CPE.format("3.5.7"), "")),
    ],
    ids=["license", "archive", "identifier"],
)
def test_each_fact_that_changed_is_named(
    facts: dict[str, Any], expected: tuple[str, str, str, str]
) -> None:
    assert compare(changed("openssl", **facts)) == [("openssl", *expected)]


def test_components_that_were_added_and_removed_are_named() -> None:
    after = changed("xz", name="brotli", id="brotli", purl="pkg:generic/brotli@5.2.5")
    related = tuple(
        structs.replace(one, target="brotli") if one.target == "xz" else one
        for one in after.relationships
    )
    assert compare(replace(after, relationships=related)) == [
        ("brotli", "added", "version", "", "5.2.5"),
        ("xz", "removed", "version", "5.2.5", ""),
    ]


def test_another_channel_or_platform_is_a_change() -> None:
    bom = release_bom()
    related = tuple(
        structs.replace(one, source="python-3.14.7-amd64.exe") if one.target == "xz" else one
        for one in bom.relationships
    )
    assert compare(replace(bom, relationships=related)) == [
        ("xz", "shipping changed", "channels", "embed win32", "installer amd64")
    ]


def test_a_second_version_of_a_component_is_added() -> None:
    bom = release_bom()
    second = replace(library("zlib-old", "1.2.11"), name="zlib")
    assert compare(replace(bom, components=(*bom.components, second))) == [
        ("zlib", "added", "version", "", "1.2.11")
    ]


def test_files_that_changed_are_counted() -> None:
    bom = release_bom()
    files = tuple(
        structs.replace(one, sha256="9" * 64) if one.path == "tcl90.dll" else one
        for one in bom.files
    )
    assert compare(replace(bom, files=files)) == [
        ("tcl", "files changed", "files", "", "1 changed")
    ]


def test_artifacts_of_another_release_are_no_changes() -> None:
    def renamed(text: str) -> str:
        return text.replace("3.14.7", "3.14.6")

    index, bom = release_index(), release_bom()
    earlier = compose_report(
        replace(
            bom,
            components=tuple(
                replace(one, id=renamed(one.id), name=renamed(one.name)) for one in bom.components
            ),
            relationships=tuple(
                structs.replace(one, source=renamed(one.source), target=renamed(one.target))
                for one in bom.relationships
            ),
        ),
        replace(
            index,
            artifacts=tuple(replace(one, path=renamed(one.path)) for one in index.artifacts),
        ),
        DOCUMENT,
    )
    assert compare_releases(earlier, compose_report(bom, index, DOCUMENT)).changes == ()
