"""A valid document, and one planted fault for each invariant with what is reported of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from conftest import ROOT

from sbom.validation.invariants import FOLLOWED_RELATIONSHIPS

ROOT_ID = "SPDXRef-cpython"
ZLIB = "SPDXRef-zlib-ng"
DOCUMENT = "SPDXRef-DOCUMENT"
SHA1 = {name: hashlib.sha1(name.encode()).hexdigest() for name in ("./b.dll", "./a.dll")}  # noqa: S324
CODE = hashlib.sha1("".join(sorted(SHA1.values())).encode()).hexdigest()  # noqa: S324

Json = dict[str, Any]


def golden_document(platform: str = "amd64") -> Json:
    """Return one of the documents that ``build`` writes."""
    path = ROOT / f"tests/formats/golden/python-3.14.7-{platform}.spdx.json"
    data: Json = json.loads(path.read_text(encoding="utf-8"))
    return data


def valid_document() -> Json:
    """Return a document of ours whose root contains two analyzed files."""
    data = golden_document()
    for row in data["relationships"]:
        row.pop("comment", None)  # they name files that are not in it
    package = package_of(data, ROOT_ID)
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


def package_of(data: Json, spdx_id: str) -> Json:
    found: Json = next(package for package in data["packages"] if package["SPDXID"] == spdx_id)
    return found


def relate(data: Json, left: str, kind: str, right: str) -> None:
    data["relationships"].append(
        {"spdxElementId": left, "relationshipType": kind, "relatedSpdxElement": right}
    )


def add_reference(data: Json, kind: str, locator: str, category: str = "SECURITY") -> None:
    package_of(data, ZLIB)["externalRefs"].append(
        {"referenceCategory": category, "referenceType": kind, "referenceLocator": locator}
    )


def repeat_file(data: Json, sha1: str) -> None:
    """Add the first file a second time with another digest."""
    checksum = {"algorithm": "SHA1", "checksumValue": sha1}
    again = {"SPDXID": "SPDXRef-again", "fileName": "./b.dll", "checksums": [checksum]}
    data["files"].append({**data["files"][0], **again})
    relate(data, ROOT_ID, "CONTAINS", "SPDXRef-again")
    verification = package_of(data, ROOT_ID)["packageVerificationCode"]
    digests = "".join(sorted([*SHA1.values(), sha1])).encode()
    code = hashlib.sha1(digests).hexdigest()  # noqa: S324
    verification["packageVerificationCodeValue"] = code


def set_value(spdx_id: str, key: str, value: Any) -> Callable[[Json], None]:
    def plant(data: Json) -> None:
        package_of(data, spdx_id)[key] = value

    return plant


def remove_key(spdx_id: str, key: str) -> Callable[[Json], None]:
    return lambda data: package_of(data, spdx_id).pop(key)


def relating(left: str, kind: str, right: str) -> Callable[[Json], None]:
    return lambda data: relate(data, left, kind, right)


def with_cpe(version: str) -> Callable[[Json], None]:
    return lambda data: add_reference(
        data, "cpe23Type", f"cpe:2.3:a:x:zlib-ng:{version}:*:*:*:*:*:*"
    )


def with_checksums(*checksums: tuple[str, str]) -> Callable[[Json], None]:
    """Return what gives zlib-ng these checksums, and a purl without one."""
    rows = [{"algorithm": name, "checksumValue": value} for name, value in checksums]

    def plant(data: Json) -> None:
        with_sole_purl("pkg:generic/zlib-ng@2.2.4")(data)
        set_value(ZLIB, "checksums", rows)(data)

    return plant


def with_checksum(algorithm: str, value: str) -> Callable[[Json], None]:
    return with_checksums((algorithm, value))


def with_file_value(key: str, value: Any) -> Callable[[Json], None]:
    def plant(data: Json) -> None:
        data["files"][0][key] = value

    return plant


def with_creation_info(key: str, value: Any) -> Callable[[Json], None]:
    def plant(data: Json) -> None:
        data["creationInfo"][key] = value

    return plant


def set_on_document(key: str, value: Any) -> Callable[[Json], None]:
    def plant(data: Json) -> None:
        data[key] = value

    return plant


def with_relationship_comment(comment: str) -> Callable[[Json], None]:
    def plant(data: Json) -> None:
        relate(data, ROOT_ID, "HAS_PREREQUISITE", ZLIB)
        data["relationships"][-1]["comment"] = comment

    return plant


def remove_files_array(data: Json) -> None:
    # The files have to go with their key, and what names them.
    package_of(data, ROOT_ID)["filesAnalyzed"] = False
    del data["files"], package_of(data, ROOT_ID)["packageVerificationCode"]
    data["relationships"] = [
        row for row in data["relationships"] if "SPDXRef-file" not in row["relatedSpdxElement"]
    ]


def remove_paths_to_zlib(data: Json) -> None:
    data["relationships"] = [
        row
        for row in data["relationships"]
        if (row["relatedSpdxElement"], row["relationshipType"] in FOLLOWED_RELATIONSHIPS)
        != (ZLIB, True)
    ]


def repeat_an_id(data: Json) -> None:
    data["files"][1]["SPDXID"] = ZLIB
    data["relationships"] = [
        row for row in data["relationships"] if row["relatedSpdxElement"] != "SPDXRef-file-1"
    ]
    relate(data, ROOT_ID, "CONTAINS", ZLIB)


def repeat_a_package(data: Json) -> None:
    data["packages"].append({**package_of(data, ZLIB), "SPDXID": "SPDXRef-twin"})
    relate(data, ROOT_ID, "DEPENDS_ON", "SPDXRef-twin")


def describe_two_roots(data: Json) -> None:
    relate(data, DOCUMENT, "DESCRIBES", ZLIB)


def add_second_purl(data: Json) -> None:
    add_reference(data, "purl", "pkg:generic/zlib-ng@2.2.4", "PACKAGE-MANAGER")


def with_sole_purl(purl: str, category: str = "PACKAGE-MANAGER") -> Callable[[Json], None]:
    def plant(data: Json) -> None:
        package_of(data, ZLIB)["externalRefs"] = []
        add_reference(data, "purl", purl, category)

    return plant


def contain_in_a_circle(data: Json) -> None:
    data["packages"].append({**package_of(data, ZLIB), "SPDXID": "SPDXRef-a", "name": "a"})
    relate(data, ZLIB, "CONTAINS", "SPDXRef-a")
    relate(data, "SPDXRef-a", "CONTAINS", ZLIB)


def purl_with_checksum(data: Json) -> None:
    set_value(ZLIB, "checksums", [{"algorithm": "SHA256", "checksumValue": "a" * 64}])(data)
    with_sole_purl(f"pkg:generic/zlib-ng@2.2.4?checksum=sha256:{'b' * 64}")(data)


def empty_license_text(data: Json) -> None:
    data["hasExtractedLicensingInfos"][0]["extractedText"] = " "


PLANTED: dict[str, tuple[Callable[[Json], None], list[str]]] = {
    "a repeated id": (repeat_an_id, [f"{ZLIB}: 2 elements have this id"]),
    "a missing relationship target": (
        relating(ROOT_ID, "DEPENDS_ON", "SPDXRef-gone"),
        [f"{ROOT_ID}: DEPENDS_ON: element SPDXRef-gone does not exist"],
    ),
    "a missing relationship source": (
        relating("SPDXRef-gone", "BUILD_TOOL_OF", ROOT_ID),
        [f"{ROOT_ID}: BUILD_TOOL_OF: element SPDXRef-gone does not exist"],
    ),
    "an element of an unnamed document": (
        relating(ROOT_ID, "DEPENDS_ON", "DocumentRef-x:SPDXRef-y"),
        [f"{ROOT_ID}: DEPENDS_ON: element DocumentRef-x:SPDXRef-y does not exist"],
    ),
    "another SPDX version": (
        set_on_document("spdxVersion", "SPDX-2.3x"),
        [f"{DOCUMENT}: has spdxVersion 'SPDX-2.3x'"],
    ),
    "no data license": (
        set_on_document("dataLicense", None),
        [f"{DOCUMENT}: has no dataLicense"],
    ),
    "no time of creation": (
        with_creation_info("created", ""),
        [f"{DOCUMENT}: has no creationInfo.created"],
    ),
    "a package that contains itself": (
        relating(ZLIB, "CONTAINS", ZLIB),
        [f"{ZLIB}: CONTAINS itself"],
    ),
    "a package that contains its container": (
        contain_in_a_circle,
        [f"SPDXRef-a: contains itself: SPDXRef-a in {ZLIB} in SPDXRef-a"],
    ),
    "two checksums of one algorithm": (
        with_checksums(("SHA256", "a" * 64), ("SHA256", "b" * 64)),
        [f"{ZLIB}: has 2 SHA256 checksums"],
    ),
    "a file name that leads out": (
        with_file_value("fileName", "./../b.dll"),
        ["SPDXRef-file-0: the file name leads out of the package: './../b.dll'"],
    ),
    "two roots": (describe_two_roots, [f"{DOCUMENT}: describes {ROOT_ID}, {ZLIB}"]),
    "an unreachable package": (
        remove_paths_to_zlib,
        [f"{ZLIB}: cannot be reached from the document"],
    ),
    "a root that is a file": (
        set_value(ROOT_ID, "primaryPackagePurpose", "FILE"),
        [f"{ROOT_ID}: the root's purpose is FILE, so grype does not look it up"],
    ),
    "a repeated relationship": (
        relating(DOCUMENT, "DESCRIBES", ROOT_ID),
        [f"{DOCUMENT}: DESCRIBES {ROOT_ID} is stated 2 times"],
    ),
    "a repeated package": (
        repeat_a_package,
        [f"SPDXRef-twin: has the name and version of {ZLIB}; syft keeps only one of them"],
    ),
    "a package that grype drops": (
        relating(ROOT_ID, "GENERATED_FROM", ZLIB),
        [f"{ZLIB}: is the target of GENERATED_FROM (from {ROOT_ID}), so grype drops it"],
    ),
    "two purls": (add_second_purl, [f"{ZLIB}: has 2 purls; consumers take the first"]),
    "an invalid purl": (
        with_sole_purl("generic/zlib-ng"),
        [f"{ZLIB}: is not a purl: generic/zlib-ng"],
    ),
    "a blank in a purl": (
        with_sole_purl("pkg:generic/zlib ng@2.2.4"),
        [f"{ZLIB}: the purl has blanks: 'pkg:generic/zlib ng@2.2.4'"],
    ),
    "a blank after a purl": (
        with_sole_purl("pkg:generic/zlib-ng@2.2.4 "),
        [f"{ZLIB}: the purl has blanks: 'pkg:generic/zlib-ng@2.2.4 '"],
    ),
    "a purl of another version": (
        with_sole_purl("pkg:generic/zlib-ng@2.2"),
        [f"{ZLIB}: versionInfo is '2.2.4', but the purl has version '2.2'"],
    ),
    "a purl with another checksum": (
        purl_with_checksum,
        [f"{ZLIB}: the package states another SHA256 than its purl"],
    ),
    "an underscore in a reference category": (
        with_sole_purl("pkg:generic/zlib-ng@2.2.4", "PACKAGE_MANAGER"),
        [f"{ZLIB}: the reference category is PACKAGE_MANAGER"],
    ),
    "an invalid CPE": (
        lambda data: add_reference(data, "cpe23Type", "cpe:2.3:a:x:c++:1:*:*:*:*:*:*:*"),
        [f"{ZLIB}: is not a CPE 2.3 name: cpe:2.3:a:x:c++:1:*:*:*:*:*:*:*"],
    ),
    "a CPE of another version": (
        with_cpe("2.2:*"),
        [f"{ZLIB}: versionInfo is '2.2.4', but the CPE has version '2.2:*'"],
    ),
    "a CPE with an update": (
        with_cpe("2.2.4:rc1"),
        [f"{ZLIB}: versionInfo is '2.2.4', but the CPE has version '2.2.4:rc1'"],
    ),
    "an unknown license": (
        set_value(ZLIB, "licenseConcluded", "Zlib AND MIT-ish"),
        [f"{ZLIB}: licenseConcluded: MIT-ish is not on the SPDX license list"],
    ),
    "an invalid license expression": (
        set_value(ZLIB, "licenseDeclared", "Zlib AND"),
        [f"{ZLIB}: licenseDeclared: is not a license expression: Zlib AND"],
    ),
    "a deprecated license": (
        set_value(ZLIB, "licenseConcluded", "GPL-2.0 WITH Classpath-exception-2.0"),
        [f"{ZLIB}: licenseConcluded: GPL-2.0 is deprecated on the SPDX license list"],
    ),
    "a license in another case": (
        set_value(ZLIB, "licenseConcluded", "zlib"),
        [f"{ZLIB}: licenseConcluded: zlib is spelled Zlib on the SPDX license list"],
    ),
    "a license without its text": (
        set_value(ZLIB, "licenseConcluded", "LicenseRef-scancode-zlib-ng"),
        [f"{ZLIB}: licenseConcluded: LicenseRef-scancode-zlib-ng has no extracted text"],
    ),
    "an empty license text": (
        empty_license_text,
        [
            "SPDXRef-vcruntime: licenseConcluded: LicenseRef-Microsoft-Visual-Cpp-Runtime "
            "has no extracted text",
            "SPDXRef-vcruntime: licenseDeclared: LicenseRef-Microsoft-Visual-Cpp-Runtime "
            "has no extracted text",
        ],
    ),
    "a file's unknown license": (
        with_file_value("licenseInfoInFiles", ["MIT", "Foo"]),
        ["SPDXRef-file-0: licenseInfoInFiles: Foo is not on the SPDX license list"],
    ),
    "no filesAnalyzed": (
        remove_key(ZLIB, "filesAnalyzed"),
        [f"{ZLIB}: has no filesAnalyzed, which defaults to true"],
    ),
    "no verification code": (
        set_value(ZLIB, "filesAnalyzed", True),  # noqa: FBT003 - a JSON value
        [f"{ZLIB}: filesAnalyzed is true, but the verification code is missing"],
    ),
    "a wrong verification code": (
        set_value(ROOT_ID, "packageVerificationCode", {"packageVerificationCodeValue": "0" * 40}),
        [f"{ROOT_ID}: the verification code of its 2 files is {CODE}, found {'0' * 40}"],
    ),
    "a file without SHA1": (
        with_file_value("checksums", []),
        [f"{ROOT_ID}: the verification code cannot be checked: 1 file has no SHA1 checksum"],
    ),
    "upper-case digits": (
        with_checksum("SHA256", "AB" * 32),
        [f"{ZLIB}: SHA256: expected 64 lower-case hex digits, found {'AB' * 32!r}"],
    ),
    "too few digits": (
        with_checksum("SHA512", "ab"),
        [f"{ZLIB}: SHA512: expected 128 lower-case hex digits, found 'ab'"],
    ),
    "an unknown algorithm": (
        with_checksum("SHA-256", "ab" * 32),
        [f"{ZLIB}: SHA-256 is not an algorithm of SPDX 2.3"],
    ),
    "one file with two digests": (
        lambda data: repeat_file(data, SHA1["./a.dll"]),
        [f"{ROOT_ID}: contains ./b.dll with two SHA1 checksums"],
    ),
    "a file without a name": (
        lambda data: data["files"][0].pop("fileName"),
        ["SPDXRef-file-0: has no file name"],
    ),
    "a file with an empty name": (
        with_file_value("fileName", "./"),
        ["SPDXRef-file-0: has no file name: './'"],
    ),
    "a file without an id": (
        lambda data: data["files"].append({"fileName": "b.dll"}),
        [
            "/files/2: has no SPDXID",
            "/files/2: the file name does not start with ./: 'b.dll'",
        ],
    ),
    "packages without an id": (
        lambda data: data["packages"].extend(
            {"name": "a", "filesAnalyzed": False} for _ in range(2)
        ),
        [
            "/packages/38: cannot be reached from the document",
            "/packages/38: has no SPDXID",
            "/packages/39: cannot be reached from the document",
            "/packages/39: has no SPDXID",
            "/packages/39: has the name and version of /packages/38; syft keeps only one of them",
        ],
    ),
    "an absolute file name": (
        with_file_value("fileName", "b.dll"),
        ["SPDXRef-file-0: the file name does not start with ./: 'b.dll'"],
    ),
    "a backslash in a file name": (
        with_file_value("fileName", "./DLLs\\b.dll"),
        ["SPDXRef-file-0: the file name has backslashes: './DLLs\\\\b.dll'"],
    ),
    "a comment with a file that is absent": (
        with_relationship_comment("Shipped as a.dll; used by Gone.pyd, b.dll."),
        [
            f"{ROOT_ID}: HAS_PREREQUISITE {ZLIB}: the comment names Gone.pyd, "
            "which is not among its files"
        ],
    ),
    "a missing array": (remove_files_array, [f"{DOCUMENT}: has no array 'files'"]),
    "no tool version": (
        with_creation_info("creators", ["Organization: X", "Tool: cpython-windows-sbom"]),
        [f"{DOCUMENT}: no creator is a tool with its version"],
    ),
    "no organization": (
        with_creation_info("creators", ["Person: X", "Tool: y-1.0"]),
        [f"{DOCUMENT}: no creator is an organization"],
    ),
    "no comment": (
        with_creation_info("comment", " "),
        [f"{DOCUMENT}: has no creationInfo.comment"],
    ),
}
