"""What changed between two releases, by what differs in BOMs made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from release_pages import DOCUMENT, library, release_bom, release_index

from sbom.bom.bom import Bom
from sbom.components.component import Component
from sbom.release_report.changes import compare_releases
from sbom.release_report.composition import compose_report

CPE = "cpe:2.3:a:openssl:openssl:{}:*:*:*:*:*:*:*"


def changed(name: str, /, **facts: Any) -> Bom:
    """Return the BOM with facts of one component replaced."""
    bom = release_bom()
    components = tuple(replace(one, **facts) if one.name == name else one for one in bom.components)
    return replace(bom, components=components)


def compare(after: Bom) -> list[tuple[str, str, str, str]]:
    before, now = (compose_report(bom, release_index(), DOCUMENT) for bom in (release_bom(), after))
    return [
        (one.component, one.change, one.before, one.after)
        for one in compare_releases(before, now).changes
    ]


def test_equal_releases_have_no_changes() -> None:
    assert compare(release_bom()) == []


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (
            {
                "version": "3.5.8",
                "purl": "pkg:generic/openssl@3.5.8",
                "cpes": (CPE.format("3.5.8"),),
                "checksums": (("SHA256", "ef" * 32),),
            },
            [("openssl", "updated", "3.5.7", "3.5.8")],
        ),
        (
            {"license_concluded": "OpenSSL"},
            [("openssl", "relicensed", "Apache-2.0", "OpenSSL")],
        ),
        (
            {"checksums": (("SHA256", "ef" * 32),)},
            [
                (
                    "openssl",
                    "archive changed",
                    f"SHA256 {'cd' * 32}",
                    f"SHA256 {'ef' * 32}",
                )
            ],
        ),
        (
            {"cpes": ()},
            [
                (
                    "openssl",
                    "identifiers changed",
                    f"pkg:generic/openssl@* {CPE.format('*')}",
                    "pkg:generic/openssl@*",
                )
            ],
        ),
    ],
    ids=["updated", "relicensed", "archive", "identifiers"],
)
def test_each_kind_of_change_is_named(
    facts: dict[str, Any], expected: list[tuple[str, str, str, str]]
) -> None:
    assert compare(changed("openssl", **facts)) == expected


def test_components_that_were_added_and_removed_are_named() -> None:
    assert compare(changed("xz", name="brotli")) == [
        ("brotli", "added", "", "5.2.5"),
        ("xz", "removed", "5.2.5", ""),
    ]


def test_another_channel_or_platform_is_a_change() -> None:
    bom = release_bom()
    related = tuple(
        replace(one, source="python-3.14.7-amd64.exe") if one.target == "xz" else one
        for one in bom.relationships
    )
    assert compare(replace(bom, relationships=related)) == [
        ("xz", "ships elsewhere", "embed win32", "installer amd64")
    ]


def test_a_second_version_of_a_component_is_added() -> None:
    bom = release_bom()
    second: Component = replace(library("zlib-old", "1.2.11"), name="zlib")
    assert compare(replace(bom, components=(*bom.components, second))) == [
        ("zlib", "added", "", "1.2.11")
    ]
