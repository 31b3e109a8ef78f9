"""The reference data are sound, and complete a manifest without overruling it."""

from __future__ import annotations

from typing import Any

import pytest
from manifests import COMMITTED, committed

from sbom.components.component import Build
from sbom.components.resolve import resolve_components
from sbom.data import read_data
from sbom.manifest.external_key import EntryKind, parse_external_key
from sbom.manifest.read import read_manifest
from sbom.manifest.reference import FILES, ReferenceData
from sbom.manifest.tables import check_values, convert_table

TEXT = COMMITTED.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_of_its_form_and_every_text_in_it_is_valid(name: str) -> None:
    value = convert_table(read_data(name), FILES[name])
    assert list(check_values(value, FILES[name])) == []


def test_a_component_is_described_in_the_manifest_or_in_the_reference_data_not_in_both() -> None:
    reference = read_data("components")["component"]
    manifest = committed()
    keys = [spec.key for spec in manifest.components]
    assert manifest.reference_components == frozenset(reference)
    assert keys == sorted(set(keys))


def test_a_component_of_the_manifest_is_taken_from_there_alone() -> None:
    head = "\n[component.tix]\nname = 'mine'\noriginator = 'Person: Me'\n"
    rest = "homepage = 'https://example.org'\nlicense-concluded = 'MIT'\ncopyright = 'NONE'\n"
    manifest = read_manifest(f"{TEXT}{head}{rest}")
    [tix] = [spec for spec in manifest.components if spec.key == "tix"]
    assert (tix.name, tix.ships) == ("mine", ())
    assert "tix" not in manifest.reference_components


def test_the_runtime_of_a_line_comes_from_the_reference_data_unless_the_manifest_has_it() -> None:
    [runtime] = [spec for spec in committed().components if spec.key == "vcruntime"]
    assert [(row.lines, row.version) for row in runtime.ships] == [
        ("-2.8", "9.0"),
        ("3.3-3.4", "10.0"),
        ("3.5-3.6", "14"),
        ("3.7-", "14.51.36247.0"),
    ]
    row = '[[component.vcruntime.ships]]\nversion = "14.44.1.0"\nlink = "dynamic"\n\n'
    at = TEXT.index("[[component.vcruntime.evidence]]")
    [runtime] = [
        spec
        for spec in read_manifest(TEXT[:at] + row + TEXT[at:]).components
        if spec.key == "vcruntime"
    ]
    assert [one.version for one in runtime.ships] == ["14.44.1.0"]


@pytest.mark.parametrize(
    ("cpython", "version"),
    [
        ("3.11.9", "14"),
        ("3.12.7", "14.42.34226.3"),
        ("3.12.9", "14"),
        ("3.12.10", "14.42.34438.0"),
        ("3.13.0", "14.42.34226.3"),
        ("3.13.5", "14.42.34438.0"),
        ("3.13.15", "14.51.36247.0"),
        ("3.14.0rc1", "14"),
        ("3.14.2", "14.42.34438.0"),
        ("3.14.7", "14.51.36247.0"),
        ("3.14.8", "14.51.36247.0"),
        ("3.14.9", "14"),
    ],
)
def test_a_manifest_of_another_release_has_the_runtime_of_that_release(
    cpython: str, version: str
) -> None:
    manifest = read_manifest(TEXT.replace('version = "3.14.7"', f'version = "{cpython}"', 1))
    components = resolve_components(manifest, Build(platform="amd64"))
    [runtime] = [one for one in components if one.name == "vcruntime"]
    assert runtime.version == version
    # Of the branch's builds only this one's archive is known.
    assert bool(runtime.checksums) == (version == "14.42.34226.3")


@pytest.mark.parametrize(
    ("cpython", "version"),
    [
        ("3.6.1", "3.10.3"),
        ("3.12.3", "3.14.0.5722"),
        ("3.12.10", "3"),
        ("3.13.15", "3.14.1"),
        ("3.14.7", "3.14.1"),
    ],
)
def test_an_installer_of_another_release_has_the_wix_that_made_it(
    cpython: str, version: str
) -> None:
    manifest = read_manifest(TEXT.replace('version = "3.14.7"', f'version = "{cpython}"', 1))
    components = resolve_components(manifest, Build(platform="win32", channel="installer"))
    assert [one.version for one in components if one.name == "wix"] == [version]


def test_a_pin_takes_precedence_over_the_reference_data_of_its_tag() -> None:
    key = parse_external_key("source.xz")
    data: dict[str, Any] = {
        "archives": {"source": {"xz-5.2.5": "0" * 64, "xz-5.2.2": "1" * 64}},
        "components": {"component": {}},
        "vcruntime": {"component": {}},
        "wix": {"component": {}},
    }
    manifest = read_manifest(TEXT, reference=ReferenceData(data.__getitem__))
    pin = manifest.get_pin(key)
    assert pin is not None
    assert manifest.get_archive_sha256(key, "xz-5.2.5") == pin.sha256
    assert manifest.get_archive_sha256(key, "xz-5.2.2") == "1" * 64
    assert manifest.get_archive_sha256(key, "xz-0") == ""


def test_the_digests_of_a_pin_replace_those_of_its_tag() -> None:
    table = f'[binary.libffi.dll-digests]\n"a.dll" = "{"1" * 64}"\n\n[binary.llvm]'
    digests = read_manifest(TEXT.replace("[binary.llvm]", table)).dll_digests
    assert digests["libffi-3.4.4"] == {"a.dll": "1" * 64}
    assert "amd64/libffi-8.dll" in digests["libffi-3.4.3"]


def test_the_known_tags_of_an_external_are_those_of_its_kind() -> None:
    tags = committed().known_tags(parse_external_key("binary.libffi"))
    assert {"libffi", "libffi-3.3.0", "libffi-3.4.4", "libffi-3.4.6"} <= tags
    assert "libffi-3.4.7" not in tags  # known as a source
    assert committed().reference.archives[EntryKind.VENDORED] == {}
