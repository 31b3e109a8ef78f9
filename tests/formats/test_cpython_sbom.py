"""The SBOMs that CPython keeps in Misc are read whole, each value with its line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import FACTS
from hypothesis import given
from hypothesis import strategies as st

from sbom.formats.cpython_sbom import read_sbom_packages

RELEASED = [
    FACTS / f"cpython/{version}/{name}.spdx.json"
    for version in ("3.13.5", "3.14.7")
    for name in ("externals", "sbom")
]


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_every_value_of_a_released_sbom_is_on_its_line(path: Any) -> None:
    data = path.read_bytes()
    lines = data.decode().splitlines()
    packages = read_sbom_packages(data)
    assert packages is not None
    assert [one.name for one in packages] == [one["name"] for one in json.loads(data)["packages"]]
    for package in packages:
        assert f'"versionInfo": "{package.version.value}"' in lines[package.version.line - 1]
        for cpe in package.cpe_versions:
            assert f":{cpe.value}:" in lines[cpe.line - 1]
        assert package.download_location.value in lines[package.download_location.line - 1]
        assert package.sha256.value in lines[package.sha256.line - 1]
        for file in package.files:
            assert f'"fileName": "{file.path}"' in lines[file.line - 1]
            assert len(file.checksums["SHA1"]) == 40


@pytest.mark.parametrize(("version", "count"), [("3.13.5", 111), ("3.14.7", 126)])
def test_every_file_of_a_released_sbom_belongs_to_a_package(version: str, count: int) -> None:
    packages = read_sbom_packages((FACTS / f"cpython/{version}/sbom.spdx.json").read_bytes())
    assert packages is not None
    assert len({file.path for package in packages for file in package.files}) == count


@pytest.mark.parametrize(
    "data",
    [None, b"", b"[]", b"[" * 100_000, b"<<<<<<< HEAD\n{}", '{"a": "\xe9"}'.encode("latin-1")],
)
def test_what_is_not_a_json_object_is_refused(data: bytes | None) -> None:
    assert read_sbom_packages(data) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
KEYS = st.sampled_from(
    ["name", "SPDXID", "versionInfo", "downloadLocation", "checksums", "externalRefs", "fileName",
     "algorithm", "checksumValue", "referenceLocator", "relatedSpdxElement", "spdxElementId"]
)  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(["packages", "files", "relationships"]),
        JSON | st.lists(st.dictionaries(KEYS, JSON | st.lists(st.dictionaries(KEYS, JSON)))),
    )
)
def test_any_json_object_is_read(document: dict[str, Any]) -> None:
    assert read_sbom_packages(json.dumps(document).encode()) is not None
