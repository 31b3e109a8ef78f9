"""The score is sbomqs's: exact fractions, the known ceiling, and each loss where it happens."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from conftest import FACTS
from hypothesis import given
from hypothesis import strategies as st
from test_document import document
from test_invariants import JSON, KEYS, PARTS

from sbom.validation.report import as_table
from sbom.validation.score import Category, Score, score

CEILING = Fraction(766, 82)
ZLIB = "SPDXRef-zlib-ng"

Json = dict[str, Any]


def perfect() -> Json:
    """Return our document with what no manifest knows filled in: nothing is left to score."""
    data = document()
    for package in data["packages"]:
        package["versionInfo"] = package.get("versionInfo") or "1.0"
        package["checksums"] = [{"algorithm": "SHA256", "checksumValue": "0" * 64}]
        package["sourceInfo"] = package.get("sourceInfo") or "tag"
        package["licenseConcluded"] = package["licenseDeclared"] = "MIT"
    return data


def release_tools() -> Json:
    """Return what release-tools makes of CPython's fragments: a root, actors, a creation."""
    folder = FACTS / "cpython" / "3.14.7"
    names = ("sbom.spdx.json", "externals.spdx.json")
    fragments = [json.loads((folder / name).read_text(encoding="utf-8")) for name in names]
    root = {
        "SPDXID": "SPDXRef-PACKAGE-cpython",
        "name": "CPython",
        "versionInfo": "3.14.7",
        "licenseConcluded": "PSF-2.0",
        "originator": "Organization: Python Software Foundation",
        "supplier": "Organization: Python Software Foundation",
        "primaryPackagePurpose": "SOURCE",
        "checksums": [{"algorithm": "SHA256", "checksumValue": "0" * 64}],
        "externalRefs": [
            {
                "referenceCategory": "SECURITY",
                "referenceType": "cpe23Type",
                "referenceLocator": "cpe:2.3:a:python:python:3.14.7:*:*:*:*:*:*:*",
            }
        ],
    }
    packages = [root, *(package for one in fragments for package in one["packages"])]
    return {
        "SPDXID": "SPDXRef-DOCUMENT",
        "spdxVersion": "SPDX-2.3",
        "name": "CPython SBOM",
        "dataLicense": "CC0-1.0",
        "documentNamespace": "https://www.python.org/ftp/python/3.14.7/x.spdx.json",
        "creationInfo": {
            "created": "2026-08-01T12:00:00Z",
            "creators": ["Person: Hugo van Kemenade", "Tool: ReleaseTools-a25ec43"],
        },
        "packages": [
            {**one, "supplier": "Organization: Python Software Foundation"} for one in packages
        ],
        "relationships": [
            {
                "spdxElementId": "SPDXRef-DOCUMENT",
                "relationshipType": "DESCRIBES",
                "relatedSpdxElement": root["SPDXID"],
            }
        ],
    }


def of(scored: Score, name: str) -> Category:
    return next(category for category in scored.categories if category.name == name)


def losses(scored: Score) -> dict[str, tuple[str, ...]]:
    return {
        loss.feature: loss.packages
        for category in scored.categories
        for loss in category.losses
        if loss.sayable
    }


def test_a_perfect_document_reaches_the_ceiling_of_spdx_2_exactly() -> None:
    scored = score(perfect(), schema_valid=True)
    assert scored.total == scored.ceiling == CEILING
    assert scored.grade == "A"
    assert losses(scored) == {}


def test_what_spdx_2_cannot_say_lowers_the_ceiling_and_is_named() -> None:
    scored = score(perfect(), schema_valid=True)
    assert {one.name: one.ceiling for one in scored.categories if one.ceiling < 10} == {
        "provenance": Fraction(15, 2),
        "completeness": 8,
    }
    assert as_table(scored)[-1] == (
        "  SPDX 2 cannot say: supplier of the document, lifecycle, declared completeness"
    )


def test_a_document_the_way_release_tools_makes_them_scores_about_seven_point_seven() -> None:
    scored = score(release_tools(), schema_valid=False)
    assert 7.5 < scored.total < 7.9
    assert scored.grade == "C"
    assert {"sourceInfo", "licenseConcluded", "schema 2.3.0"} <= set(losses(scored))
    assert float(of(scored, "licensing").score) == pytest.approx(3.9, abs=0.6)
    assert of(scored, "structural").score == 8


@pytest.mark.parametrize("platform", ["amd64", "arm64", "win32"])
def test_our_documents_lose_nothing_but_what_is_not_known(platform: str) -> None:
    scored = score(document(platform), schema_valid=True)
    assert set(losses(scored)) <= {
        "versionInfo",
        "strong checksum",
        "license on the SPDX list",
        "no restrictive license",  # certifi, inside pip, is under the MPL
    }


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("name", " ", {"name"}),
        ("versionInfo", None, {"versionInfo"}),
        ("checksums", [], {"strong checksum"}),
        (
            "checksums",
            [{"algorithm": "SHA1", "checksumValue": "0" * 40}],
            {"strong checksum", "no weak checksum alone"},
        ),
        ("sourceInfo", "", {"sourceInfo"}),
        ("primaryPackagePurpose", "OPERATING_SYSTEM", {"primaryPackagePurpose"}),
        (
            "licenseConcluded",
            "NOASSERTION",
            {"licenseConcluded", "valid license", "license on the SPDX list"},
        ),
        ("licenseConcluded", "LicenseRef-x", {"license on the SPDX list"}),
        ("licenseConcluded", "LicenseRef-scancode-public-domain", {"license on the SPDX list"}),
        ("licenseConcluded", "Apache-2.0 WITH LLVM-exception", {"license on the SPDX list"}),
        ("licenseConcluded", "MIT-ish", {"valid license", "license on the SPDX list"}),
        ("licenseConcluded", "mit", set()),
        ("licenseConcluded", "GPL-2.0-only OR MIT", {"no restrictive license"}),
        (
            "licenseConcluded",
            "GPL-2.0+",
            {"no restrictive license", "no deprecated license"},
        ),
        ("licenseDeclared", "NONE", {"licenseDeclared"}),
        ("externalRefs", [], {"purl or CPE"}),
        ("supplier", "NOASSERTION", set()),
        ("supplier", None, set()),
    ],
)
def test_a_feature_is_lost_by_the_package_that_lacks_it(
    key: str, value: object, expected: set[str]
) -> None:
    data = perfect()
    package = next(one for one in data["packages"] if one["SPDXID"] == ZLIB)
    package[key] = value
    assert losses(score(data, schema_valid=True)) == dict.fromkeys(expected, (ZLIB,))


def test_one_lacking_package_among_many_is_never_shown_as_all() -> None:
    data = perfect()
    package = data["packages"][0]
    data["packages"] += [{**package, "SPDXID": f"SPDXRef-{number}"} for number in range(500)]
    data["packages"][7]["versionInfo"] = ""
    # Names and ids are whole; versions, a share of 0.35, count 9.9 instead of 9.98.
    assert of(score(data, schema_valid=True), "identification").score == Fraction(9965, 1000)


@pytest.mark.parametrize(
    ("key", "value", "feature", "category", "expected"),
    [
        ("created", "yesterday", "created", "provenance", Fraction(11, 2)),
        ("created", "2026-13-01T00:00:00Z", "created", "provenance", Fraction(11, 2)),
        ("creators", ["Tool: x-1"], "creator: who", "provenance", Fraction(11, 2)),
        (
            "creators",
            ["Organization: X", "Tool: x"],
            "creator: tool and version",
            "provenance",
            Fraction(13, 2),
        ),
        (
            "creators",
            ["Organization: X", "Tool: x-y"],
            "creator: tool and version",
            "provenance",
            Fraction(13, 2),
        ),
        (
            "creators",
            ["Organization: X"],
            "creator: tool and version",
            "provenance",
            Fraction(11, 2),
        ),
    ],
)
def test_a_feature_of_the_creation_is_lost_by_the_document(
    key: str, value: object, feature: str, category: str, expected: Fraction
) -> None:
    data = perfect()
    data["creationInfo"][key] = value
    scored = score(data, schema_valid=True)
    assert losses(scored) == {feature: ()}
    assert of(scored, category).score == expected


@pytest.mark.parametrize(
    ("key", "feature"),
    [
        ("documentNamespace", "documentNamespace"),
        ("dataLicense", "dataLicense"),
        ("relationships", "DESCRIBES"),
        ("spdxVersion", "spdxVersion"),
    ],
)
def test_a_feature_of_the_document_is_lost_with_its_key(key: str, feature: str) -> None:
    data = perfect()
    del data[key]
    assert losses(score(data, schema_valid=True)) == {feature: ()}


def test_a_document_without_packages_scores_only_what_is_there() -> None:
    data = {**perfect(), "packages": []}
    scored = score(data, schema_valid=True)
    assert {one.name: one.score for one in scored.categories if one.score == 0} == {
        "identification": 0,
        "integrity": 0,
        "vulnerability": 0,
    }


def test_a_table_names_a_few_packages_and_counts_the_others() -> None:
    data = perfect()
    for package in data["packages"]:
        package["sourceInfo"] = ""
    line = next(line for line in as_table(score(data, schema_valid=True)) if "sourceInfo" in line)
    assert line.endswith(f" and {len(data['packages']) - 8} more")
    assert line.startswith("                 -2.00  sourceInfo: bzip2, cachecontrol, ")


@given(
    st.dictionaries(
        st.sampled_from(KEYS),
        JSON | st.lists(st.dictionaries(st.sampled_from(PARTS), JSON), max_size=3),
    )
)
def test_any_json_has_a_score_below_the_ceiling(data: Json) -> None:
    scored = score(data, schema_valid=True)
    assert 0 <= scored.total <= scored.ceiling
    assert as_table(scored)
