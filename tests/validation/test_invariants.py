"""Each invariant reports its planted fault, in one sentence, and nothing else is reported."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from conftest import FACTS
from hypothesis import given
from hypothesis import strategies as st
from planted_faults import (
    DOCUMENT,
    PLANTED,
    ROOT_ID,
    ZLIB,
    golden_document,
    package_of,
    relate,
    valid_document,
    with_cpe,
    with_sole_purl,
)

from sbom.validation.identifier_invariants import find_license, list_licenses
from sbom.validation.invariants import check_invariants

Json = dict[str, Any]
FRAGMENTS = sorted(FACTS.glob("cpython/*/*.spdx.json"))


def violations(data: Json) -> list[str]:
    diagnostics = check_invariants(data, "x.spdx.json")
    return [f"{diagnostic.subject}: {diagnostic.message}" for diagnostic in diagnostics]


@pytest.mark.parametrize("platform", ["amd64", "arm64", "win32"])
def test_our_documents_violate_no_invariant(platform: str) -> None:
    assert violations(golden_document(platform)) == []


def test_a_document_with_analyzed_files_violates_none() -> None:
    assert violations(valid_document()) == []


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_reported_and_nothing_else(fault: str) -> None:
    plant, expected = PLANTED[fault]
    data = valid_document()
    plant(data)
    assert violations(data) == expected


def test_each_diagnostic_has_its_file_and_a_hint() -> None:
    for plant, _ in PLANTED.values():
        data = valid_document()
        plant(data)
        for diagnostic in check_invariants(data, "x.spdx.json"):
            assert diagnostic.location.path == "x.spdx.json"
            assert diagnostic.hint


def test_without_a_root_every_package_is_unreachable() -> None:
    data = valid_document()
    data["relationships"] = [
        row for row in data["relationships"] if row["relationshipType"] != "DESCRIBES"
    ]
    found = violations(data)
    assert f"{DOCUMENT}: describes nothing" in found
    assert sum("cannot be reached" in one for one in found) == len(data["packages"])


def test_inverse_and_retired_relationships_are_equivalent() -> None:
    data = valid_document()
    data["relationships"] = [
        row
        for row in data["relationships"]
        if row["relationshipType"] != "DESCRIBES"
        and not row["relatedSpdxElement"].startswith("SPDXRef-file")
    ]
    relate(data, "SPDXRef-file-0", "CONTAINED_BY", ROOT_ID)
    package_of(data, ROOT_ID)["hasFiles"] = ["SPDXRef-file-1"]
    inverse = copy.deepcopy(data)
    relate(inverse, ROOT_ID, "DESCRIBED_BY", DOCUMENT)
    retired = {**data, "documentDescribes": [ROOT_ID]}
    assert violations(inverse) == violations(retired) == []


@pytest.mark.parametrize(
    ("version", "in_cpe"),
    [
        ("3.15.0rc1", "3.15.0:rc1"),
        ("3.15.0a1", "3.15.0:alpha1"),
        ("3.15.0a1", "3.15.0:a1"),
        ("3.15.0b2", "3.15.0:beta2"),
        ("3.3-rc0", "3.3:rc0"),
        ("1.1.1k", "1.1.1k:*"),
        ("1.1.1k", "1.1.1k:-"),
        ("1.0+2", "1.0\\+2:*"),
        ("1.0", "1.0:*"),
    ],
)
def test_a_cpe_matches_a_version_as_nvd_writes_it(version: str, in_cpe: str) -> None:
    data = golden_document()
    with_sole_purl(f"pkg:generic/zlib-ng@{version.replace('+', '%2B')}")(data)
    with_cpe(in_cpe)(data)
    package_of(data, ZLIB)["versionInfo"] = version
    assert violations(data) == []


@pytest.mark.parametrize("in_cpe", ["3.15.0rc1:*", "3.15.0:rc2", "3.15.0:*", "3.15:rc1", "*:*"])
def test_a_cpe_of_another_pre_release_is_reported(in_cpe: str) -> None:
    data = golden_document()
    with_sole_purl("pkg:generic/zlib-ng@3.15.0rc1")(data)
    with_cpe(in_cpe)(data)
    package_of(data, ZLIB)["versionInfo"] = "3.15.0rc1"
    assert violations(data) == [
        f"{ZLIB}: versionInfo is '3.15.0rc1', but the CPE has version {in_cpe!r}"
    ]


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: "-".join(path.parts[-2:]))
def test_cpythons_own_fragments_lack_what_a_document_needs(path: Any) -> None:
    found = violations(json.loads(path.read_text(encoding="utf-8")))
    assert f"{DOCUMENT}: describes nothing" in found
    assert f"{DOCUMENT}: has no creationInfo.comment" in found
    if path.name == "sbom.spdx.json":
        message = "the file name does not start with ./: 'Modules/expat/COPYING'"
        assert f"SPDXRef-FILE-Modules-expat-COPYING: {message}" in found


def test_there_are_four_fragments() -> None:
    assert len(FRAGMENTS) == 4


@pytest.mark.parametrize(
    ("license_id", "is_listed", "is_deprecated"),
    [
        ("MIT", True, False),
        ("GPL-2.0-only", True, False),
        ("GPL-2.0", True, True),
        ("GPL-2.0+", True, True),
        ("LGPL-2.1-or-later", True, False),
        ("GPL-2.0-with-classpath-exception", True, True),
        ("LicenseRef-scancode-public-domain", False, False),
        ("bzip2-1.0.6", True, False),
    ],
)
def test_licenses_have_the_status_of_the_spdx_license_list(
    license_id: str, *, is_listed: bool, is_deprecated: bool
) -> None:
    license_ = find_license(license_id)
    assert license_ is not None
    assert (license_.is_listed, license_.is_deprecated) == (is_listed, is_deprecated)


def test_an_exception_stays_with_its_license() -> None:
    assert list_licenses("MIT OR Apache-2.0 WITH LLVM-exception") == (
        "MIT",
        "Apache-2.0 WITH LLVM-exception",
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
KEYS = [
    "SPDXID",
    "packages",
    "files",
    "relationships",
    "snippets",
    "creationInfo",
    "documentDescribes",
    "hasExtractedLicensingInfos",
    "externalDocumentRefs",
]
PARTS = [
    "SPDXID",
    "externalRefs",
    "referenceType",
    "referenceLocator",
    "versionInfo",
    "checksums",
    "algorithm",
    "licenseConcluded",
    "filesAnalyzed",
    "packageVerificationCode",
    "hasFiles",
    "spdxElementId",
    "fileName",
]


@given(
    st.dictionaries(
        st.sampled_from(KEYS),
        JSON | st.lists(st.dictionaries(st.sampled_from(PARTS), JSON), max_size=3),
    )
)
def test_any_json_can_be_checked(data: Json) -> None:
    assert check_invariants(data, "x")
