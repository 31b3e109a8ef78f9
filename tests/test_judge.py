"""Documents are held against outside judges; no input and no judge can break the run."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import FACTS
from spdx_tools.spdx.parser.json import json_parser
from spdx_tools.spdx.validation import package_validator, spdx_id_validators
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
from test_document import document
from test_invariants import PLANTED, ROOT_ID, relate, sound

from sbom.diagnostics import Exit, InputError
from sbom.validation import loading
from sbom.validation.external import asked, by_schema, by_spdx_tools, installed
from sbom.validation.loading import read
from sbom.validation.report import report, status
from sbom.validation.results import ValidationReport
from sbom.validation.runner import validate_document
from sbom.validation.spdx_tools import linear
from sbom.validation.wording import LIMIT

Json = dict[str, Any]


@pytest.fixture
def ntia() -> None:
    """Skip where ntia-conformance-checker is not installed."""
    pytest.importorskip("ntia_conformance_checker", reason="an outside judge of group judge")


@pytest.fixture
def without_ntia(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ntia-conformance-checker be missing, whether it is installed or not."""
    monkeypatch.setitem(sys.modules, "ntia_conformance_checker", None)
    installed.cache_clear()  # what it found before is not asked here


def written(folder: Path, data: Json, name: str = "x.spdx.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def versioned(platform: str = "amd64") -> Json:
    """Return our document, with a version where none is known yet."""
    data = document(platform)
    for package in data["packages"]:
        package["versionInfo"] = package.get("versionInfo") or "0"
    bare = [package for package in data["packages"] if package["versionInfo"] == "0"]
    for package in bare:
        package["externalRefs"] = []
    return data


def verdicts(judged: ValidationReport) -> dict[str, list[str]]:
    return {one.judge: [str(problem) for problem in one.problems] for one in judged.verdicts}


def errors(version: str, data: Json) -> list[str]:
    verdict = by_schema(installed("jsonschema"), data, "x", version)
    return [str(problem) for problem in verdict.problems]


# Our documents, and CPython's.


@pytest.mark.usefixtures("ntia")
@pytest.mark.parametrize("platform", ["amd64", "arm64", "win32"])
def test_every_judge_accepts_our_documents(platform: str, tmp_path: Path) -> None:
    judged = validate_document(written(tmp_path, versioned(platform)), strict=True)
    assert verdicts(judged) == {
        "spdx-tools": [],
        "JSON schema 2.3.0": [],
        "JSON schema 2.3.1": [],
        "ntia": [],
        "fsct3-min": [],
        "invariants": [],
    }
    assert status([judged]) == Exit.OK


@pytest.mark.usefixtures("ntia")
def test_what_fsct_misses_is_noted_and_fails_only_when_asked_for(tmp_path: Path) -> None:
    data = versioned()
    data["packages"][0]["copyrightText"] = "NOASSERTION"
    path = written(tmp_path, data)
    lenient, strict = validate_document(path), validate_document(path, strict=True)
    fsct = next(one for one in lenient.verdicts if one.judge == "fsct3-min")
    assert lenient.problems == ()
    assert fsct.note == (
        "misses the SBOM type, which SPDX 2 cannot say\n"
        "misses: SPDXRef-bzip2: bzip2 has no copyright_text"
    )
    assert [str(problem) for problem in strict.problems] == [
        f"{path}: SPDXRef-bzip2: fsct3-min: bzip2 has no copyright_text"
    ]


@pytest.mark.usefixtures("ntia")
def test_ntia_must_be_conformant(tmp_path: Path) -> None:
    data = versioned()
    del data["packages"][0]["supplier"], data["packages"][0]["originator"]
    path = written(tmp_path, data)
    assert verdicts(validate_document(path))["ntia"] == [
        f"{path}: SPDXRef-bzip2: ntia: bzip2 has no supplier"
    ]


@pytest.mark.usefixtures("ntia")
@pytest.mark.parametrize("version", ["3.13.5", "3.14.7"])
@pytest.mark.parametrize("name", ["sbom", "externals"])
def test_cpythons_fragments_are_told_that_they_are_no_documents(version: str, name: str) -> None:
    path = FACTS / "cpython" / version / f"{name}.spdx.json"
    judged = validate_document(path)
    said = verdicts(judged)
    assert said["spdx-tools"] == [
        f"{path}: spdx-tools: Error while parsing document None: ['CreationInfo does not exist.']"
    ]
    assert (
        f"{path}: JSON schema 2.3.0: 'creationInfo' is a required property"
        in (said["JSON schema 2.3.0"])
    )
    assert len(said["ntia"]) == len(said["fsct3-min"]) == 1
    assert status([judged]) == Exit.ERRORS


# The schemas.


@pytest.mark.parametrize("version", ["2.3.0", "2.3.1"])
def test_the_schemas_accept_our_documents(version: str) -> None:
    assert errors(version, document()) == []


def test_each_schema_error_has_a_json_pointer() -> None:
    data = document()
    data["packages"][2]["externalRefs"][0]["referenceCategory"] = "PACKAGE_MANAGER"
    data["packages"][0]["a/b~c"] = 1
    assert errors("2.3.1", data) == [
        "x: /packages/0: JSON schema 2.3.1: Additional properties are not allowed "
        "('a/b~c' was unexpected)"
    ]
    assert errors("2.3.0", data)[-1] == (
        "x: /packages/2/externalRefs/0/referenceCategory: JSON schema 2.3.0: 'PACKAGE_MANAGER' "
        "is not one of ['OTHER', 'PERSISTENT-ID', 'SECURITY', 'PACKAGE-MANAGER']"
    )


def test_only_so_many_problems_are_shown_and_the_others_counted() -> None:
    data = document()
    data["files"] = [{"SPDXID": f"SPDXRef-{number}"} for number in range(200)]
    found = errors("2.3.1", data)
    assert len(found) == LIMIT + 1
    assert found[0].startswith("x: JSON schema 2.3.1: and ")


@pytest.mark.usefixtures("ntia")
def test_broken_invariants_are_counted_beyond_the_limit_too(tmp_path: Path) -> None:
    data = large(200)
    for file in data["files"]:
        file["fileName"] = file["fileName"].removeprefix("./")
    found = verdicts(validate_document(written(tmp_path, data)))["invariants"]
    assert len(found) == LIMIT + 1
    assert found[-1].endswith(": and 150 more")


# spdx-tools, in linear time.


def messages(path: Path, *, quick: bool) -> list[str]:
    parsed = json_parser.parse_from_file(str(path))
    if not quick:
        return [str(message) for message in validate_full_spdx_document(parsed)]
    with linear(parsed):
        return [str(message) for message in validate_full_spdx_document(parsed)]


@pytest.mark.parametrize("fault", PLANTED)
def test_validation_in_linear_time_says_the_same(fault: str, tmp_path: Path) -> None:
    data = sound()
    PLANTED[fault][0](data)
    for file in data.get("files", ()):
        file["checksums"] = file["checksums"] or [{"algorithm": "SHA1", "checksumValue": "x"}]
    path = written(tmp_path, data)
    try:
        slow = messages(path, quick=False)
    except Exception as error:  # noqa: BLE001 - what the parser refuses, it refuses either way
        with pytest.raises(type(error)):
            messages(path, quick=True)
        return
    assert messages(path, quick=True) == slow


def test_faults_in_ids_are_said_the_same_in_linear_time(tmp_path: Path) -> None:
    data = sound()
    data["packages"][0]["filesAnalyzed"] = False
    relate(data, data["packages"][0]["SPDXID"], "CONTAINS", "SPDXRef-file-0")
    relate(data, "SPDXRef-gone", "DEPENDS_ON", "SPDXRef-gone-too")
    relate(data, ROOT_ID, "DEPENDS_ON", "DocumentRef-x:SPDXRef-y")
    data["snippets"] = [
        {
            "SPDXID": "SPDXRef-snippet",
            "snippetFromFile": "SPDXRef-no-file",
            "ranges": [
                {
                    "startPointer": {"offset": 1, "reference": "SPDXRef-no-file"},
                    "endPointer": {"offset": 2, "reference": "SPDXRef-no-file"},
                }
            ],
        }
    ]
    data["annotations"] = [
        {
            "SPDXID": "SPDXRef-nobody",
            "annotationDate": "2026-01-01T00:00:00Z",
            "annotationType": "OTHER",
            "annotator": "Person: X",
            "comment": "x",
        }
    ]
    path = written(tmp_path, data)
    slow = messages(path, quick=False)
    assert len(slow) >= 5
    assert messages(path, quick=True) == slow


def test_what_is_replaced_is_there_again_after_an_error(tmp_path: Path) -> None:
    names = [
        (spdx_id_validators, "is_spdx_id_present_in_document"),
        (spdx_id_validators, "is_spdx_id_present_in_files"),
        (package_validator, "get_element_type_from_spdx_id"),
    ]
    before = [getattr(module, name) for module, name in names]
    parsed = json_parser.parse_from_file(str(written(tmp_path, sound())))

    def interrupted() -> None:
        with linear(parsed):
            assert [getattr(module, name) for module, name in names] != before
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    assert [getattr(module, name) for module, name in names] == before


def large(files: int) -> Json:
    data = document()
    digests = [hashlib.sha1(str(n).encode()).hexdigest() for n in range(files)]  # noqa: S324
    data["files"] = [
        {
            "SPDXID": f"SPDXRef-file-{number}",
            "fileName": f"./Lib/file{number}.py",
            "checksums": [{"algorithm": "SHA1", "checksumValue": digest}],
            "licenseConcluded": "PSF-2.0",
            "copyrightText": "NONE",
        }
        for number, digest in enumerate(digests)
    ]
    for file in data["files"]:
        relate(data, ROOT_ID, "CONTAINS", file["SPDXID"])
    root = next(package for package in data["packages"] if package["SPDXID"] == ROOT_ID)
    root["filesAnalyzed"] = True
    code = hashlib.sha1("".join(sorted(digests)).encode()).hexdigest()  # noqa: S324
    root["packageVerificationCode"] = {"packageVerificationCodeValue": code}
    return data


def test_twenty_thousand_files_take_seconds(tmp_path: Path) -> None:
    path = written(tmp_path, large(20_000))
    started = time.process_time()
    verdict = by_spdx_tools(path)
    taken = time.process_time() - started
    assert verdict.problems == ()
    # As spdx-tools does it, this takes more than six minutes.
    assert taken < 60


# Hostile input.

HOSTILE = {
    "nothing": (b"", "1: is no JSON: Expecting value, column 1"),
    "truncated": (b'{\n  "spdxVersion": "SPDX-2.3",', "2: is no JSON: "),
    "no UTF-8": (b'{"a": "\xff"}', " is not UTF-8: byte 7"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), " is not UTF-8: byte 0"),
    "an array": (b"[]", " is no SPDX document: no JSON object"),
    "a word": (b'"SPDX-2.3"', " is no SPDX document: no JSON object"),
    "no SPDX": (b"{}", " is no SPDX 2.3 document: no spdxVersion"),
    "CycloneDX": (b'{"bomFormat": "CycloneDX"}', " is no SPDX 2.3 document: CycloneDX"),
    "SPDX 3": (
        b'{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}',
        " is no SPDX 2.3 document: SPDX 3 or other JSON-LD",
    ),
    "SPDX 2.2": (b'{"spdxVersion": "SPDX-2.2"}', " spdxVersion is SPDX-2.2"),
    "an odd version": (b'{"spdxVersion": [2.3]}', " spdxVersion is [2.3]"),
    "nested deeply": (b"[" * 200_000, " is no JSON that can be read: "),
    "a long number": (b'{"a": ' + b"1" * 5000 + b"}", " is no JSON that can be read: "),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_document_is_a_problem_with_its_place(what: str, tmp_path: Path) -> None:
    content, message = HOSTILE[what]
    path = tmp_path / "x.spdx.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}:{message}")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing.spdx.json", "No such file or directory"),
        (".", "Is a directory"),
        ("\0", "embedded null byte"),
    ],
)
def test_what_cannot_be_read_is_a_problem(name: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"cannot be read: {reason}"):
        read(tmp_path / name)


def test_what_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_LARGEST", 100)
    path = written(tmp_path, document())
    with pytest.raises(InputError, match="is larger than 100 bytes"):
        read(path)


ODD: tuple[Json, ...] = (
    {},
    {"packages": {}},
    {"packages": [1, None, "x", [], {}]},
    {"packages": [{"SPDXID": 1, "externalRefs": 3, "checksums": {"a": 1}}]},
    {"files": [{"fileName": None, "checksums": [{}]}], "relationships": [{}, 2]},
    {"creationInfo": [], "documentDescribes": 1, "SPDXID": {}},
    {"SPDXID": "\ud800", "relationships": [{"spdxElementId": "\ud800"}]},
)


@pytest.mark.usefixtures("ntia")
@pytest.mark.parametrize("odd", range(len(ODD)))
@pytest.mark.parametrize("whole", [True, False])
def test_no_odd_document_breaks_a_judge(odd: int, *, whole: bool, tmp_path: Path) -> None:
    data = {**(document() if whole else {"spdxVersion": "SPDX-2.3"}), **ODD[odd]}
    judged = validate_document(written(tmp_path, data))
    assert (judged.problems == ()) == (whole and not ODD[odd] and not _lacks_a_version(data))
    for form in ("text", "json", "github"):
        assert report([judged], form)


def _lacks_a_version(data: Json) -> bool:
    return any(not package.get("versionInfo") for package in data["packages"])


def test_a_judge_that_fails_is_a_problem_that_names_it() -> None:
    def fail() -> list[tuple[str, str]]:
        raise RecursionError("too deep\nfor it")

    verdict = asked("a judge", "x", fail, "hint")
    assert [str(problem) for problem in verdict.problems] == [
        "x: a judge: cannot be judged: RecursionError: too deep for it"
    ]


@pytest.mark.usefixtures("without_ntia")
def test_a_judge_that_is_not_installed_is_never_a_pass(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        validate_document(written(tmp_path, document()))
    (problem,) = caught.value.diagnostics
    assert str(problem) == ("ntia-conformance-checker: is not installed, so nothing can be judged")
    assert problem.hint == "python -m pip install --group judge"


# What is printed.


@pytest.mark.usefixtures("ntia")
def test_text_has_problems_then_verdicts_and_the_score(tmp_path: Path) -> None:
    path = written(tmp_path, versioned())
    assert report([validate_document(path)], "text").startswith(
        f"{path}\n"
        "  spdx-tools: fine\n"
        "  JSON schema 2.3.0: fine\n"
        "  JSON schema 2.3.1: fine\n"
        "  ntia: fine\n"
        "  fsct3-min: noted\n"
        "    misses the SBOM type, which SPDX 2 cannot say\n"
        "  invariants: fine\n"
        "  score "
    )


@pytest.mark.usefixtures("ntia")
def test_json_has_problems_and_documents(tmp_path: Path) -> None:
    data = versioned()
    data["packages"][0]["name"] = ""
    path = written(tmp_path, data)
    found = json.loads(report([validate_document(path)], "json"))
    assert {problem["where"] for problem in found["problems"]} == {"SPDXRef-bzip2"}
    (one,) = found["documents"]
    assert one["file"] == str(path)
    assert one["ceiling"] == 9.3415
    assert set(one["categories"]) == {
        "identification",
        "provenance",
        "integrity",
        "completeness",
        "licensing",
        "vulnerability",
        "structural",
    }


@pytest.mark.usefixtures("ntia")
def test_a_document_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    good, gone = written(tmp_path, versioned()), tmp_path / "gone.spdx.json"
    judged = [validate_document(gone), validate_document(good)]
    text = report(judged, "github")
    assert text.startswith(f"::error file={gone},title=unreadable::cannot be read: ")
    assert f"{good}\n  spdx-tools: fine\n" in text
    assert status(judged) == Exit.USAGE
