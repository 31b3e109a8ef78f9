"""Everything that is known about a component, and that each origin is where the fact stands."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any

import pytest
from conftest import FACTS, ROOT
from manifests import COMMITTED, committed

from sbom.diagnostics import Location
from sbom.explanation.component_facts import explain_component
from sbom.explanation.explanation import Explanation, Fact
from sbom.explanation.origins import Origins, text_locator
from sbom.manifest.model import Manifest
from sbom.manifest.read import read_manifest
from sbom.vex.read import read_statements

TEXT = COMMITTED.read_text(encoding="utf-8")
#: Found without this project's code. No ``ships`` row has CPython itself.
FOUND = tomllib.loads((FACTS / "components/3.14.7-amd64.toml").read_text())["component"]
ROWS = [row for row in FOUND if row["kind"] != "cpython"]
KEYS = [spec.key for spec in committed().components]


@cache
def explained(key: str) -> Explanation:
    manifest = committed()
    return explain_component(manifest, manifest.get_component(key), origins())


@cache
def origins() -> Origins:
    return Origins(committed(), TEXT)


def explained_by(text: str, key: str) -> Explanation:
    manifest = read_manifest(text)
    return explain_component(manifest, manifest.get_component(key), Origins(manifest, text))


def facts(explanation: Explanation, section: str, name: str) -> list[Fact]:
    """Return the facts of a name in the sections whose title starts with a text."""
    return [
        fact
        for each in explanation.sections
        if each.title.startswith(section)
        for fact in each.facts
        if fact.name == name
    ]


def values(explanation: Explanation, section: str, name: str) -> list[str]:
    return [value for fact in facts(explanation, section, name) for value in fact.values]


def line_of(origin: Location) -> str:
    text = TEXT if origin.path == "externals.toml" else (ROOT / origin.path).read_text("utf-8")
    return text.splitlines()[origin.line - 1]


@pytest.mark.parametrize("key", KEYS)
def test_every_key_of_a_component_stands_where_it_is_said_to(key: str) -> None:
    for fact in explained(key).sections[0].facts:
        assert fact.origin is not None
        assert fact.origin.line
        if fact.name != "license-text":
            line = line_of(fact.origin)
            assert line.startswith((f"{fact.name} =", f"[component.{key}.{fact.name}]"))


@pytest.mark.parametrize("key", KEYS)
def test_every_origin_is_a_line_of_a_file(key: str) -> None:
    for section in explained(key).sections:
        for fact in section.facts:
            assert fact.origin is None or line_of(fact.origin).strip()


def test_the_version_stands_in_the_line_of_the_tag() -> None:
    [version] = facts(explained("openssl"), "in CPython 3.14.7", "version")
    assert version.values == ("3.5.7",)
    assert version.origin is not None
    assert line_of(version.origin) == 'tag = "openssl-bin-3.5.7"'


def test_identifiers_are_those_of_the_version() -> None:
    [cpe] = facts(explained("openssl"), "in CPython 3.14.7", "cpe")
    assert cpe.values == ("cpe:2.3:a:openssl:openssl:3.5.7:*:*:*:*:*:*:*",)
    assert cpe.origin is not None
    assert line_of(cpe.origin) == 'cpe = ["openssl:openssl"]'
    [purl] = values(explained("openssl"), "in CPython 3.14.7", "purl")
    assert purl.startswith("pkg:generic/openssl@3.5.7?download_url=https://github.com/")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_version_and_channels_are_those_that_are_known_from_elsewhere(
    row: dict[str, Any],
) -> None:
    explanations = [explained(one.key) for one in committed().components if one.name == row["name"]]
    sections = [
        section
        for explanation in explanations
        for section in explanation.sections
        if section.title.startswith(f"in CPython 3.14.7: {row['name']} {row['version']}")
    ]
    assert sections
    published = {
        value.partition(" ")[0]
        for section in sections
        for fact in section.facts
        if fact.name == "published in"
        for value in fact.values
    }
    channels = {"embed", "nuget", "nuget-free-threaded", "pymanager-embeddable"}
    absent = set(row.get("absent-from", ()))
    assert {"installer", "pymanager", "store"} <= published
    assert channels - published == absent


def test_each_platform_has_its_own_names_of_files() -> None:
    assert values(explained("openssl"), "in CPython 3.14.7", "files") == [
        "amd64, win32: libcrypto-3.dll, libssl-3.dll",
        "arm64: libcrypto-3-arm64.dll, libssl-3-arm64.dll",
    ]


def test_a_pin_is_listed_with_all_that_regen_wrote() -> None:
    pinned = tomllib.loads(TEXT)["source"]["openssl"]
    for key in ("tag", "commit", "sha256"):
        assert values(explained("openssl"), "source.openssl", key) == [pinned[key]]
    assert values(explained("openssl"), "source.openssl", "fetched") == ["only with --openssl-src"]


def test_a_checksum_that_is_not_known_is_not_passed_over() -> None:
    assert values(explained("openssl"), "binary.openssl-bin", "sha256") == ["not recorded"]


def test_vendored_code_names_what_contains_it_and_what_it_contains() -> None:
    assert values(explained("certifi"), "vendored.pip-certifi", "vendored in") == ["pip 26.2.1"]
    assert "certifi 2026.6.17" in values(explained("pip"), "vendored.pip", "vendors")


def test_exemptions_of_a_component_are_found_by_name_external_and_file() -> None:
    assert [one.name for one in facts_in(explained("libtommath"), "exemptions")] == [
        "source-binary-mismatch",
        "excluded-component",  # libtommath.dll in embeddable packages
        "excluded-component",  # and in NuGet packages
        "excluded-component",  # tcl86t.dll contains it
        "unlisted-component",
        "stale-version",
    ]


def facts_in(explanation: Explanation, title: str) -> tuple[Fact, ...]:
    return next(one.facts for one in explanation.sections if one.title == title)


def test_a_component_of_another_release_comes_from_the_reference_data() -> None:
    explanation = explained("appdirs")
    assert explanation.title == "appdirs: appdirs, not in CPython 3.14.7"
    [purl] = facts(explanation, "", "purl")
    assert purl.origin is not None
    assert purl.origin.path == "sbom/data/components.toml"
    assert line_of(purl.origin) == 'purl = "pkg:pypi/appdirs"'


def test_rows_of_the_reference_data_are_located_there() -> None:
    [version] = facts(explained("vcruntime"), "in CPython 3.14.7", "version")
    assert version.origin is not None
    assert version.origin.path == "sbom/data/vcruntime.toml"
    assert f'"{version.values[0]}"' in line_of(version.origin)
    [link] = facts(explained("vcruntime"), "in CPython 3.14.7", "link")
    assert link.origin is not None
    assert line_of(link.origin) == 'link = "dynamic"'


def test_what_differs_for_a_version_replaces_the_component_s_own() -> None:
    text = TEXT.replace('tag = "openssl-bin-3.5.7"', 'tag = "openssl-bin-1.1.1w"')
    explanation = explained_by(text, "openssl")
    [concluded] = facts(explanation, "in CPython 3.14.7", "license-concluded")
    assert concluded.values == ("OpenSSL",)
    assert concluded.origin is not None
    assert line_of(concluded.origin).startswith('license-concluded = "OpenSSL"')


def test_cpython_itself_is_explained_by_its_table() -> None:
    explanation = explained("cpython")
    assert explanation.title == "cpython: python 3.14.7"
    [version] = facts(explanation, "the release", "version")
    assert version.origin is not None
    assert line_of(version.origin) == 'version = "3.14.7"'
    assert values(explanation, "the release", "cpe") == [
        "cpe:2.3:a:python:python:3.14.7:*:*:*:*:*:*:*"
    ]


def test_statements_about_a_component_are_listed() -> None:
    text = (ROOT / "vex.toml").read_text("utf-8")
    manifest: Manifest = committed()
    explanation = explain_component(
        manifest,
        manifest.get_component("zlib"),
        Origins(manifest, TEXT),
        read_statements(text),
        text_locator(text, "vex.toml"),
    )
    listed = facts_in(explanation, "statements about vulnerabilities")
    assert [one.name for one in listed] == ["CVE-2023-45853", "CVE-2026-22184"]
    assert [one.values for one in listed] == [("not_affected (CPython >=3.14)",)] * 2
