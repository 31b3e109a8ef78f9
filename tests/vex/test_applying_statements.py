"""Which statements are true of what, and which are reported because they are not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import ROOT
from manifests import RELEASED, committed
from statements import VALID

from sbom.components.component import Component
from sbom.components.resolve import root_component
from sbom.diagnostics import Diagnostic
from sbom.manifest.read import read_manifest
from sbom.vex.products import Product, find_products
from sbom.vex.read import read_statements
from sbom.vex.statement_checks import check_vex_file


def component(name: str, version: str) -> Component:
    return replace(root_component(committed()), id=f"{name}-{version}", name=name, version=version)


def checked(text: str) -> list[Diagnostic]:
    return check_vex_file(text, "vex.toml", committed())


def matched(text: str, *versions: str) -> list[str]:
    """Return the versions of xz in an artifact that a statement is about."""
    contents = (component("xz", version) for version in versions)
    artifact = Product(component("a.zip", "3.14.7"), (*contents, component("zlib", "5.2.5")))
    return [
        one.version
        for applied in find_products(read_statements(text), committed(), [artifact])
        for product in applied.products
        for one in product.subcomponents
    ]


def test_a_statement_is_about_the_versions_of_its_component() -> None:
    assert matched(VALID, "5.2.5", "5.6.2", "5.6.3") == ["5.2.5", "5.6.2"]
    assert matched(VALID.replace('versions = "<5.6.3"\n', ""), "5.2.5", "6.0") == ["5.2.5", "6.0"]
    assert matched(VALID.replace('"xz"', '"bzip2"'), "5.2.5") == []


def test_an_unknown_version_is_meant_only_by_a_statement_about_all() -> None:
    assert matched(VALID, "") == []
    assert matched(VALID.replace('versions = "<5.6.3"\n', ""), "") == [""]


@pytest.mark.parametrize(("versions", "expected"), [(">=3.14", ["5.2.5"]), ("<3.14", [])])
def test_a_statement_can_be_limited_to_cpython_versions(versions: str, expected: list[str]) -> None:
    text = VALID.replace("status", f'cpython-versions = "{versions}"\nstatus')
    assert matched(text, "5.2.5") == expected
    assert checked(text) == []


def test_the_order_of_statements_does_not_matter() -> None:
    other = VALID.replace("2024-47611", "2020-22916")
    artifact = Product(component("a.zip", "3.14.7"), (component("xz", "5.2.5"),))
    first, second = (
        find_products(read_statements(text), committed(), [artifact])
        for text in (VALID + other, other + VALID)
    )
    assert first == second
    assert [one.statement.vulnerability for one in first] == ["CVE-2020-22916", "CVE-2024-47611"]


def test_a_statement_that_matches_nothing_is_reported() -> None:
    [diagnostic] = checked(VALID.replace("<5.6.3", ">=5.6,<5.6.3"))
    assert str(diagnostic) == (
        "vex.toml: CVE-2024-47611 xz: matches nothing in this release: no artifact contains "
        "xz >=5.6,<5.6.3"
    )
    assert diagnostic.is_warning


def test_a_build_tool_is_in_no_artifact() -> None:
    text = VALID.replace('"xz"', '"llvm"').replace('versions = "<5.6.3"\n', "")
    assert [diagnostic.code for diagnostic in checked(text)] == ["unmatched-statement"]


def test_an_unknown_component_is_an_error() -> None:
    [diagnostic] = checked(VALID.replace('"xz"', '"liblzma"'))
    assert (
        str(diagnostic) == "vex.toml:3:13: statement[0].component: there is no [component.liblzma]"
    )
    assert not diagnostic.is_warning


@pytest.mark.parametrize(
    ("id_", "versions"), [("CVE-2024-47611", "<5.6.3"), ("GHSA-x", ">=5"), ("CVE-2024-47611", "")]
)
def test_two_statements_about_one_version_contradict_each_other(id_: str, versions: str) -> None:
    first = VALID.replace("component", 'aliases = ["GHSA-x"]\ncomponent')
    second = VALID.replace("CVE-2024-47611", id_).replace("<5.6.3", versions)
    [diagnostic] = checked(first + second)
    assert str(diagnostic) == (
        f"vex.toml: {id_} xz: a second statement about version 5.2.5: the first is "
        "'CVE-2024-47611 xz'"
    )


def test_statements_about_different_versions_do_not() -> None:
    second = VALID.replace("<5.6.3", ">=5.6.3").replace(
        "status", 'cpython-versions = ">=4"\nstatus'
    )
    assert checked(VALID + second) == []


def test_what_cannot_be_read_is_reported_as_the_rest_is() -> None:
    [diagnostic] = checked(VALID.replace("2026-01-31", "soon"))
    assert diagnostic.code == "invalid-toml"


def test_nothing_is_wrong_with_the_statements_of_the_release() -> None:
    manifest = read_manifest(RELEASED.read_text(encoding="utf-8"))
    text = (ROOT / "vex.toml").read_text(encoding="utf-8")
    assert check_vex_file(text, "vex.toml", manifest) == []
