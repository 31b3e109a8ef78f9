"""Each invariant finds its planted fault, says so in one sentence, and nothing else is said."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from conftest import FACTS
from hypothesis import given
from hypothesis import strategies as st
from test_document import document

from sbom.validation.invariants import check_invariants
from sbom.validation.license_list import license_ids, license_of
from sbom.validation.structure import FOLLOWED

ROOT_ID = "SPDXRef-cpython"
ZLIB = "SPDXRef-zlib-ng"
DOCUMENT = "SPDXRef-DOCUMENT"
FRAGMENTS = sorted(FACTS.glob("cpython/*/*.spdx.json"))
SHA1 = {name: hashlib.sha1(name.encode()).hexdigest() for name in ("./b.dll", "./a.dll")}  # noqa: S324
CODE = hashlib.sha1("".join(sorted(SHA1.values())).encode()).hexdigest()  # noqa: S324

Json = dict[str, Any]


def sound() -> Json:
    """Return a document of ours whose root holds two analyzed files."""
    data = document()
    package = of(data, ROOT_ID)
    package["filesAnalyzed"] = True
    package["packageVerificationCode"] = {"packageVerificationCodeValue": CODE}
    data["files"] = [
        {
            "SPDXID": f"SPDXRef-file-{number}",
            "fileName": name,
            "checksums": [{"algorithm": "SHA1", "checksumValue": digest}],
            "licenseConcluded": "PSF-2.0",
            "copyrightText": "NONE",
        }
        for number, (name, digest) in enumerate(SHA1.items())
    ]
    for file in data["files"]:
        relate(data, ROOT_ID, "CONTAINS", file["SPDXID"])
    return data


def of(data: Json, spdx_id: str) -> Json:
    found: Json = next(package for package in data["packages"] if package["SPDXID"] == spdx_id)
    return found


def relate(data: Json, left: str, kind: str, right: str) -> None:
    data["relationships"].append(
        {"spdxElementId": left, "relationshipType": kind, "relatedSpdxElement": right}
    )


def refer(data: Json, kind: str, locator: str, category: str = "SECURITY") -> None:
    of(data, ZLIB)["externalRefs"].append(
        {"referenceCategory": category, "referenceType": kind, "referenceLocator": locator}
    )


def set_(spdx_id: str, key: str, value: Any) -> Callable[[Json], None]:
    def plant(data: Json) -> None:
        of(data, spdx_id)[key] = value

    return plant


def drop(spdx_id: str, key: str) -> Callable[[Json], None]:
    return lambda data: of(data, spdx_id).pop(key)


def related(left: str, kind: str, right: str) -> Callable[[Json], None]:
    return lambda data: relate(data, left, kind, right)


def cpe(version: str) -> Callable[[Json], None]:
    return lambda data: refer(data, "cpe23Type", f"cpe:2.3:a:x:zlib-ng:{version}:*:*:*:*:*:*")


def summed(algorithm: str, value: str) -> Callable[[Json], None]:
    return set_(ZLIB, "checksums", [{"algorithm": algorithm, "checksumValue": value}])


def file_(key: str, value: Any) -> Callable[[Json], None]:
    def plant(data: Json) -> None:
        data["files"][0][key] = value

    return plant


def info(key: str, value: Any) -> Callable[[Json], None]:
    def plant(data: Json) -> None:
        data["creationInfo"][key] = value

    return plant


def without_array(data: Json) -> None:
    # The files have to go with their key, and what names them.
    of(data, ROOT_ID)["filesAnalyzed"] = False
    del data["files"], of(data, ROOT_ID)["packageVerificationCode"]
    data["relationships"] = [
        row for row in data["relationships"] if "SPDXRef-file" not in row["relatedSpdxElement"]
    ]


def unreachable(data: Json) -> None:
    data["relationships"] = [
        row
        for row in data["relationships"]
        if (row["relatedSpdxElement"], row["relationshipType"] in FOLLOWED) != (ZLIB, True)
    ]


def twice_an_id(data: Json) -> None:
    data["files"][1]["SPDXID"] = ZLIB
    data["relationships"] = [
        row for row in data["relationships"] if row["relatedSpdxElement"] != "SPDXRef-file-1"
    ]
    relate(data, ROOT_ID, "CONTAINS", ZLIB)


def twin(data: Json) -> None:
    data["packages"].append({**of(data, ZLIB), "SPDXID": "SPDXRef-twin"})
    relate(data, ROOT_ID, "DEPENDS_ON", "SPDXRef-twin")


def two_roots(data: Json) -> None:
    relate(data, DOCUMENT, "DESCRIBES", ZLIB)


def second_purl(data: Json) -> None:
    refer(data, "purl", "pkg:generic/zlib-ng@2.2.4", "PACKAGE-MANAGER")


def sole_purl(purl: str, category: str = "PACKAGE-MANAGER") -> Callable[[Json], None]:
    def plant(data: Json) -> None:
        of(data, ZLIB)["externalRefs"] = []
        refer(data, "purl", purl, category)

    return plant


def no_text(data: Json) -> None:
    data["hasExtractedLicensingInfos"][0]["extractedText"] = " "


PLANTED: dict[str, tuple[Callable[[Json], None], list[str]]] = {
    "an id twice": (twice_an_id, [f"{ZLIB}: 2 elements have this id"]),
    "a dangling end": (
        related(ROOT_ID, "DEPENDS_ON", "SPDXRef-gone"),
        [f"{ROOT_ID}: DEPENDS_ON: there is no element SPDXRef-gone"],
    ),
    "a dangling beginning": (
        related("SPDXRef-gone", "BUILD_TOOL_OF", ROOT_ID),
        [f"{ROOT_ID}: BUILD_TOOL_OF: there is no element SPDXRef-gone"],
    ),
    "another document that is not named": (
        related(ROOT_ID, "DEPENDS_ON", "DocumentRef-x:SPDXRef-y"),
        [f"{ROOT_ID}: DEPENDS_ON: there is no element DocumentRef-x:SPDXRef-y"],
    ),
    "two roots": (two_roots, [f"{DOCUMENT}: describes {ROOT_ID}, {ZLIB}"]),
    "an unreachable package": (unreachable, [f"{ZLIB}: cannot be reached from the document"]),
    "a root that is a file": (
        set_(ROOT_ID, "primaryPackagePurpose", "FILE"),
        [f"{ROOT_ID}: the root's purpose is FILE, so grype does not look it up"],
    ),
    "a relationship twice": (
        related(DOCUMENT, "DESCRIBES", ROOT_ID),
        [f"{DOCUMENT}: DESCRIBES {ROOT_ID} is said 2 times"],
    ),
    "a package twice": (
        twin,
        [f"SPDXRef-twin: has the name and version of {ZLIB}, and syft keeps one of them"],
    ),
    "a package that grype drops": (
        related(ROOT_ID, "GENERATED_FROM", ZLIB),
        [f"{ZLIB}: is to the right of GENERATED_FROM (from {ROOT_ID}), so grype drops it"],
    ),
    "two purls": (second_purl, [f"{ZLIB}: has 2 purls; consumers take the first"]),
    "a purl that is none": (
        sole_purl("generic/zlib-ng"),
        [f"{ZLIB}: generic/zlib-ng is no purl"],
    ),
    "a purl of another version": (
        sole_purl("pkg:generic/zlib-ng@2.2"),
        [f"{ZLIB}: the purl says version '2.2', versionInfo '2.2.4'"],
    ),
    "an underscore": (
        sole_purl("pkg:generic/zlib-ng@2.2.4", "PACKAGE_MANAGER"),
        [f"{ZLIB}: the reference category is PACKAGE_MANAGER"],
    ),
    "a CPE that is none": (
        lambda data: refer(data, "cpe23Type", "cpe:2.3:a:x:c++:1:*:*:*:*:*:*:*"),
        [f"{ZLIB}: cpe:2.3:a:x:c++:1:*:*:*:*:*:*:* is no CPE 2.3 name"],
    ),
    "a CPE of another version": (
        cpe("2.2:*"),
        [f"{ZLIB}: the CPE says version '2.2:*', versionInfo '2.2.4'"],
    ),
    "a CPE with an update": (
        cpe("2.2.4:rc1"),
        [f"{ZLIB}: the CPE says version '2.2.4:rc1', versionInfo '2.2.4'"],
    ),
    "an unknown license": (
        set_(ZLIB, "licenseConcluded", "Zlib AND MIT-ish"),
        [f"{ZLIB}: licenseConcluded: MIT-ish is not on the SPDX license list"],
    ),
    "no expression": (
        set_(ZLIB, "licenseDeclared", "Zlib AND"),
        [f"{ZLIB}: licenseDeclared: Zlib AND is no license expression"],
    ),
    "a deprecated license": (
        set_(ZLIB, "licenseConcluded", "GPL-2.0 WITH Classpath-exception-2.0"),
        [f"{ZLIB}: licenseConcluded: GPL-2.0 is deprecated on the SPDX license list"],
    ),
    "a license in other letters": (
        set_(ZLIB, "licenseConcluded", "zlib"),
        [f"{ZLIB}: licenseConcluded: zlib is written Zlib on the SPDX license list"],
    ),
    "a license without its text": (
        set_(ZLIB, "licenseConcluded", "LicenseRef-scancode-zlib-ng"),
        [f"{ZLIB}: licenseConcluded: LicenseRef-scancode-zlib-ng has no extracted text"],
    ),
    "an empty license text": (
        no_text,
        [
            "SPDXRef-vcruntime: licenseConcluded: LicenseRef-Microsoft-Visual-Cpp-Runtime "
            "has no extracted text",
            "SPDXRef-vcruntime: licenseDeclared: LicenseRef-Microsoft-Visual-Cpp-Runtime "
            "has no extracted text",
        ],
    ),
    "a file's unknown license": (
        file_("licenseInfoInFiles", ["MIT", "Foo"]),
        ["SPDXRef-file-0: licenseInfoInFiles: Foo is not on the SPDX license list"],
    ),
    "filesAnalyzed left out": (
        drop(ZLIB, "filesAnalyzed"),
        [f"{ZLIB}: filesAnalyzed is not said, which means true"],
    ),
    "no verification code": (
        set_(ZLIB, "filesAnalyzed", True),  # noqa: FBT003 - a JSON value
        [f"{ZLIB}: filesAnalyzed is true, without a verification code"],
    ),
    "a wrong verification code": (
        set_(ROOT_ID, "packageVerificationCode", {"packageVerificationCodeValue": "0" * 40}),
        [f"{ROOT_ID}: the verification code is {'0' * 40}; that of its 2 files is {CODE}"],
    ),
    "a file without SHA1": (
        file_("checksums", []),
        [f"{ROOT_ID}: the verification code cannot be checked: 1 files have no SHA1"],
    ),
    "upper-case digits": (
        summed("SHA256", "AB" * 32),
        [f"{ZLIB}: the SHA256 checksum is {'AB' * 32!r}"],
    ),
    "too few digits": (summed("SHA512", "ab"), [f"{ZLIB}: the SHA512 checksum is 'ab'"]),
    "an unknown algorithm": (
        summed("SHA-256", "ab" * 32),
        [f"{ZLIB}: SHA-256 is no algorithm of SPDX 2.3"],
    ),
    "an absolute file name": (
        file_("fileName", "b.dll"),
        ["SPDXRef-file-0: the file name is 'b.dll'"],
    ),
    "an array left out": (without_array, [f"{DOCUMENT}: has no array 'files'"]),
    "no tool version": (
        info("creators", ["Organization: X", "Tool: cpython-windows-sbom"]),
        [f"{DOCUMENT}: no creator is a tool with its version"],
    ),
    "no organization": (
        info("creators", ["Person: X", "Tool: y-1.0"]),
        [f"{DOCUMENT}: no creator is an organization"],
    ),
    "no comment": (info("comment", " "), [f"{DOCUMENT}: has no creationInfo.comment"]),
}


def said(data: Json) -> list[str]:
    return [
        f"{problem.subject}: {problem.message}" for problem in check_invariants(data, "x.spdx.json")
    ]


@pytest.mark.parametrize("platform", ["amd64", "arm64", "win32"])
def test_our_documents_break_no_invariant(platform: str) -> None:
    assert said(document(platform)) == []


def test_a_document_with_analyzed_files_breaks_none() -> None:
    assert said(sound()) == []


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found_and_nothing_else(fault: str) -> None:
    plant, expected = PLANTED[fault]
    data = sound()
    plant(data)
    assert said(data) == expected


def test_each_problem_has_its_file_and_a_hint() -> None:
    for plant, _ in PLANTED.values():
        data = sound()
        plant(data)
        for problem in check_invariants(data, "x.spdx.json"):
            assert problem.file == "x.spdx.json"
            assert problem.hint


def test_no_root_at_all_leaves_every_package_unreachable() -> None:
    data = sound()
    data["relationships"] = [
        row for row in data["relationships"] if row["relationshipType"] != "DESCRIBES"
    ]
    found = said(data)
    assert f"{DOCUMENT}: describes nothing" in found
    assert sum("cannot be reached" in one for one in found) == len(data["packages"])


def test_the_inverse_and_the_retired_spellings_say_the_same() -> None:
    data = sound()
    data["relationships"] = [
        row
        for row in data["relationships"]
        if row["relationshipType"] != "DESCRIBES"
        and not row["relatedSpdxElement"].startswith("SPDXRef-file")
    ]
    relate(data, "SPDXRef-file-0", "CONTAINED_BY", ROOT_ID)
    of(data, ROOT_ID)["hasFiles"] = ["SPDXRef-file-1"]
    inverse = copy.deepcopy(data)
    relate(inverse, ROOT_ID, "DESCRIBED_BY", DOCUMENT)
    retired = {**data, "documentDescribes": [ROOT_ID]}
    assert said(inverse) == said(retired) == []


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
def test_a_cpe_agrees_with_a_version_as_nvd_writes_it(version: str, in_cpe: str) -> None:
    data = document()
    sole_purl(f"pkg:generic/zlib-ng@{version.replace('+', '%2B')}")(data)
    cpe(in_cpe)(data)
    of(data, ZLIB)["versionInfo"] = version
    assert said(data) == []


@pytest.mark.parametrize("in_cpe", ["3.15.0rc1:*", "3.15.0:rc2", "3.15.0:*", "3.15:rc1", "*:*"])
def test_a_cpe_that_says_a_pre_release_otherwise_is_found(in_cpe: str) -> None:
    data = document()
    sole_purl("pkg:generic/zlib-ng@3.15.0rc1")(data)
    cpe(in_cpe)(data)
    of(data, ZLIB)["versionInfo"] = "3.15.0rc1"
    assert said(data) == [f"{ZLIB}: the CPE says version {in_cpe!r}, versionInfo '3.15.0rc1'"]


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: "-".join(path.parts[-2:]))
def test_cpythons_own_fragments_are_told_what_they_lack(path: Any) -> None:
    found = said(json.loads(path.read_text(encoding="utf-8")))
    assert f"{DOCUMENT}: describes nothing" in found
    assert f"{DOCUMENT}: has no creationInfo.comment" in found
    if path.name == "sbom.spdx.json":
        bare = "SPDXRef-FILE-Modules-expat-COPYING: the file name is 'Modules/expat/COPYING'"
        assert bare in found


def test_the_four_fragments_are_here() -> None:
    assert len(FRAGMENTS) == 4


@pytest.mark.parametrize(
    ("id_", "listed", "deprecated", "restrictive"),
    [
        ("MIT", True, False, False),
        ("GPL-2.0-only", True, False, True),
        ("GPL-2.0", True, True, True),
        ("GPL-2.0+", True, True, True),
        ("LGPL-2.1-or-later", True, False, True),
        ("GPL-2.0-with-classpath-exception", True, True, True),
        ("LicenseRef-scancode-public-domain", False, False, False),
        ("bzip2-1.0.6", True, False, False),
    ],
)
def test_licenses_are_known_as_the_spdx_list_has_them(
    id_: str, *, listed: bool, deprecated: bool, restrictive: bool
) -> None:
    found = license_of(id_)
    assert found is not None
    assert (found.listed, found.deprecated, found.restrictive) == (listed, deprecated, restrictive)


def test_an_exception_stays_with_its_license() -> None:
    assert license_ids("MIT OR Apache-2.0 WITH LLVM-exception") == (
        "MIT",
        "Apache-2.0 WITH LLVM-exception",
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
KEYS = (
    "SPDXID packages files relationships snippets creationInfo documentDescribes "
    "hasExtractedLicensingInfos externalDocumentRefs"
).split()
PARTS = (
    "SPDXID externalRefs referenceType referenceLocator versionInfo checksums algorithm "
    "licenseConcluded filesAnalyzed packageVerificationCode hasFiles spdxElementId fileName"
).split()


@given(
    st.dictionaries(
        st.sampled_from(KEYS),
        JSON | st.lists(st.dictionaries(st.sampled_from(PARTS), JSON), max_size=3),
    )
)
def test_no_json_is_too_odd_to_be_read(data: Json) -> None:
    assert check_invariants(data, "x")
