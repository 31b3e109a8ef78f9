"""Outside validators accept our documents; no input and no validator can break the run."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import FACTS
from planted_faults import PLANTED, ROOT_ID, golden_document, relate, valid_document
from spdx_tools.spdx.parser.json import json_parser
from spdx_tools.spdx.validation import package_validator, spdx_id_validators
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from sbom.diagnostics import Exit, InputError
from sbom.diagnostics.render import OutputFormat
from sbom.formats.json_document import parse_json
from sbom.formats.spdx2_view import check_spdx2
from sbom.validation import runner
from sbom.validation.outside_validators import (
    import_validator,
    run_json_schema,
    run_spdx_tools,
    run_validator,
    use_indexed_ids,
)
from sbom.validation.report import (
    LIMIT,
    ValidationReport,
    Violation,
    exit_status,
    render_reports,
)
from sbom.validation.runner import validate_document

Json = dict[str, Any]


@pytest.fixture
def ntia() -> None:
    """Skip where ntia-conformance-checker is not installed."""
    pytest.importorskip("ntia_conformance_checker", reason="it is in the group 'validation'")


@pytest.fixture
def without_ntia(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide ntia-conformance-checker, whether it is installed or not."""
    monkeypatch.setitem(sys.modules, "ntia_conformance_checker", None)
    import_validator.cache_clear()


def write(directory: Path, data: Json, name: str = "x.spdx.json") -> Path:
    path = directory / name
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def versioned(platform: str = "amd64") -> Json:
    """Return our document, with a version for every package."""
    data = golden_document(platform)
    for package in data["packages"]:
        package["versionInfo"] = package.get("versionInfo") or "0"
    bare = [package for package in data["packages"] if package["versionInfo"] == "0"]
    for package in bare:
        package["externalRefs"] = []
    return data


def errors_by_validator(report: ValidationReport) -> dict[str, list[str]]:
    return {result.validator: list(map(str, result.diagnostics)) for result in report.results}


def schema_errors(version: str, data: Json) -> list[str]:
    result = run_json_schema(import_validator("jsonschema"), data, "x", version)
    return list(map(str, result.diagnostics))


# Our documents, and CPython's.


@pytest.mark.usefixtures("ntia")
@pytest.mark.parametrize("platform", ["amd64", "arm64", "win32"])
def test_every_validator_accepts_our_documents(platform: str, tmp_path: Path) -> None:
    report = validate_document(write(tmp_path, versioned(platform)), strict=True)
    assert errors_by_validator(report) == {
        "spdx-tools": [],
        "JSON schema 2.3.0": [],
        "JSON schema 2.3.1": [],
        "ntia": [],
        "fsct3-min": [],
        "invariants": [],
    }
    assert exit_status([report]) == Exit.OK


@pytest.mark.usefixtures("ntia")
def test_what_fsct_misses_is_a_note_and_an_error_only_with_strict(tmp_path: Path) -> None:
    data = versioned()
    data["packages"][0]["copyrightText"] = "NOASSERTION"
    path = write(tmp_path, data)
    lenient, strict = validate_document(path), validate_document(path, strict=True)
    fsct = next(result for result in lenient.results if result.validator == "fsct3-min")
    assert lenient.diagnostics == ()
    assert fsct.notes == (
        "the SBOM type is missing; SPDX 2 has no field for it",
        "SPDXRef-bzip2: bzip2 has no copyright_text",
    )
    assert list(map(str, strict.diagnostics)) == [
        f"{path}: SPDXRef-bzip2: fsct3-min: bzip2 has no copyright_text"
    ]


@pytest.mark.usefixtures("ntia")
def test_missing_ntia_elements_are_errors(tmp_path: Path) -> None:
    data = versioned()
    del data["packages"][0]["supplier"], data["packages"][0]["originator"]
    path = write(tmp_path, data)
    assert errors_by_validator(validate_document(path))["ntia"] == [
        f"{path}: SPDXRef-bzip2: ntia: bzip2 has no supplier"
    ]


@pytest.mark.usefixtures("ntia")
@pytest.mark.parametrize("version", ["3.13.5", "3.14.7"])
@pytest.mark.parametrize("name", ["sbom", "externals"])
def test_cpythons_fragments_are_not_valid_documents(version: str, name: str) -> None:
    path = FACTS / "cpython" / version / f"{name}.spdx.json"
    report = validate_document(path)
    errors = errors_by_validator(report)
    assert errors["spdx-tools"] == [
        f"{path}: spdx-tools: Error while parsing document None: ['CreationInfo does not exist.']"
    ]
    assert (
        f"{path}: JSON schema 2.3.0: 'creationInfo' is a required property"
        in errors["JSON schema 2.3.0"]
    )
    assert len(errors["ntia"]) == len(errors["fsct3-min"]) == 1
    assert exit_status([report]) == Exit.ERRORS


# The schemas.


@pytest.mark.parametrize("version", ["2.3.0", "2.3.1"])
def test_the_schemas_accept_our_documents(version: str) -> None:
    assert schema_errors(version, golden_document()) == []


def test_each_schema_error_has_a_json_pointer() -> None:
    data = golden_document()
    data["packages"][2]["externalRefs"][0]["referenceCategory"] = "PACKAGE_MANAGER"
    data["packages"][0]["a/b~c"] = 1
    assert schema_errors("2.3.1", data) == [
        "x: /packages/0: JSON schema 2.3.1: Additional properties are not allowed "
        "('a/b~c' was unexpected)"
    ]
    assert schema_errors("2.3.0", data)[-1] == (
        "x: /packages/2/externalRefs/0/referenceCategory: JSON schema 2.3.0: 'PACKAGE_MANAGER' "
        "is not one of ['OTHER', 'PERSISTENT-ID', 'SECURITY', 'PACKAGE-MANAGER']"
    )


def test_diagnostics_beyond_the_limit_are_counted() -> None:
    data = golden_document()
    data["files"] = [{"SPDXID": f"SPDXRef-{number}"} for number in range(200)]
    result = run_json_schema(import_validator("jsonschema"), data, "x", "2.3.1")
    assert len(result.diagnostics) == LIMIT
    # Each of the 200 files lacks fileName and checksums.
    assert result.omitted == 400 - LIMIT


@pytest.mark.usefixtures("ntia")
def test_violated_invariants_beyond_the_limit_are_counted(tmp_path: Path) -> None:
    data = large(200)
    for file in data["files"]:
        file["fileName"] = file["fileName"].removeprefix("./")
    for relationship in data["relationships"]:
        relationship.pop("comment", None)  # they name DLLs that are not among these files
    report = validate_document(write(tmp_path, data))
    invariants = next(result for result in report.results if result.validator == "invariants")
    assert (len(invariants.diagnostics), invariants.omitted) == (LIMIT, 200 - LIMIT)
    assert "  invariants: 200 errors, 150 not shown\n" in render_reports(
        [report], OutputFormat.TEXT
    )


# spdx-tools, in linear time.


def messages(path: Path, *, indexed: bool) -> list[str]:
    parsed = json_parser.parse_from_file(str(path))
    if not indexed:
        return [str(message) for message in validate_full_spdx_document(parsed)]
    with use_indexed_ids(parsed):
        return [str(message) for message in validate_full_spdx_document(parsed)]


@pytest.mark.parametrize("fault", PLANTED)
def test_validation_in_linear_time_reports_the_same(fault: str, tmp_path: Path) -> None:
    data = valid_document()
    PLANTED[fault][0](data)
    for file in data.get("files", ()):
        file["checksums"] = file.get("checksums") or [{"algorithm": "SHA1", "checksumValue": "x"}]
    path = write(tmp_path, data)
    try:
        slow = messages(path, indexed=False)
    except Exception as error:  # noqa: BLE001 - the parser rejects it either way
        with pytest.raises(type(error)):
            messages(path, indexed=True)
        return
    assert messages(path, indexed=True) == slow


def test_invalid_ids_are_reported_the_same_in_linear_time(tmp_path: Path) -> None:
    data = valid_document()
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
    path = write(tmp_path, data)
    slow = messages(path, indexed=False)
    assert len(slow) >= 5
    assert messages(path, indexed=True) == slow


def test_replaced_functions_are_restored_after_an_error(tmp_path: Path) -> None:
    names = [
        (spdx_id_validators, "is_spdx_id_present_in_document"),
        (spdx_id_validators, "is_spdx_id_present_in_files"),
        (package_validator, "get_element_type_from_spdx_id"),
    ]
    before = [getattr(module, name) for module, name in names]
    parsed = json_parser.parse_from_file(str(write(tmp_path, valid_document())))

    def interrupted() -> None:
        with use_indexed_ids(parsed):
            assert [getattr(module, name) for module, name in names] != before
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    assert [getattr(module, name) for module, name in names] == before


def large(files: int) -> Json:
    data = golden_document()
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
    path = write(tmp_path, large(20_000))
    started = time.process_time()
    result = run_spdx_tools(path)
    elapsed = time.process_time() - started
    assert result.diagnostics == ()
    # Without the index, this takes more than six minutes.
    assert elapsed < 60


# Hostile input.

HOSTILE = {
    "empty": (b"", " expected an SBOM document in JSON, found an empty file"),
    "truncated": (b'{\n  "spdxVersion": "SPDX-2.3",', "2: is not JSON: "),
    "not UTF-8": (b'{"a": "\xff"}', " is not UTF-8: byte 7 is 0xff"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), " is not UTF-8: byte 0 is 0xff"),
    "an array": (b"[]", " is not an SBOM document: expected a JSON object"),
    "a string": (b'"SPDX-2.3"', " is not an SBOM document: expected a JSON object"),
    "not SPDX": (b"{}", " is not an SPDX 2.3, SPDX 3.0.1 or CycloneDX document: no spdxVersion"),
    "other JSON-LD": (
        b'{"@context": "https://schema.org"}',
        " is not an SPDX 2.3, SPDX 3.0.1 or CycloneDX document: @context is https://schema.org",
    ),
    "SPDX 2.2": (
        b'{"spdxVersion": "SPDX-2.2"}',
        " is not an SPDX 2.3, SPDX 3.0.1 or CycloneDX document: spdxVersion is SPDX-2.2",
    ),
    "an odd version": (
        b'{"spdxVersion": [2.3]}',
        " is not an SPDX 2.3, SPDX 3.0.1 or CycloneDX document: spdxVersion is [2.3]",
    ),
    "nested deeply": (b"[" * 200_000, " is not JSON that can be read: "),
    "a long number": (b'{"a": ' + b"1" * 5000 + b"}", " is not JSON that can be read: "),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_is_not_a_document_is_reported_with_its_line(name: str) -> None:
    content, message = HOSTILE[name]
    with pytest.raises(InputError) as caught:
        check_spdx2(parse_json(content, "x.spdx.json"), "x.spdx.json")
    assert str(caught.value).startswith(f"x.spdx.json:{message}")
    assert all(diagnostic.hint for diagnostic in caught.value.diagnostics)


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf<bom/>", b"SPDXVersion: SPDX-2.3\n"])
def test_of_a_document_that_is_no_json_the_hint_names_json(content: bytes) -> None:
    with pytest.raises(InputError) as caught:
        parse_json(content, "x")
    [diagnostic] = caught.value.diagnostics
    assert diagnostic.hint == "name a document in JSON: XML and tag-value are not read"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing.spdx.json", "No such file or directory"),
        (".", "Is a directory"),
        ("\0", "embedded null "),  # byte, or on Windows character
    ],
)
def test_a_file_that_cannot_be_read_is_reported(name: str, reason: str, tmp_path: Path) -> None:
    report = validate_document(tmp_path / name)
    [diagnostic] = report.diagnostics
    assert diagnostic.message.startswith(f"cannot be read: {reason}")
    assert exit_status([report]) == Exit.USAGE


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "DOCUMENT_LIMIT", 100)
    path = write(tmp_path, golden_document())
    report = validate_document(path)
    assert [diagnostic.message for diagnostic in report.diagnostics] == ["is larger than 100 bytes"]


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
@pytest.mark.parametrize("complete", [True, False])
def test_no_odd_document_breaks_a_validator(odd: int, *, complete: bool, tmp_path: Path) -> None:
    data = {**(golden_document() if complete else {"spdxVersion": "SPDX-2.3"}), **ODD[odd]}
    report = validate_document(write(tmp_path, data))
    is_valid = complete and not ODD[odd] and not lacks_a_version(data)
    assert (report.diagnostics == ()) == is_valid
    for output_format in OutputFormat:
        assert render_reports([report], output_format)


def lacks_a_version(data: Json) -> bool:
    return any(not package.get("versionInfo") for package in data["packages"])


def test_a_long_id_is_shortened_in_a_message() -> None:
    violation = Violation("x" * 10_000_000, "is wrong", "correct it")
    result = run_validator("a validator", "x", lambda: [violation])
    assert all(len(str(diagnostic)) < 700 for diagnostic in result.diagnostics)


def test_a_validator_that_fails_is_an_error_that_names_it() -> None:
    def fail() -> list[Violation]:
        raise RecursionError("too deep\nfor it")

    result = run_validator("a validator", "x", fail)
    assert list(map(str, result.diagnostics)) == [
        "x: a validator: failed on this document: RecursionError: too deep for it"
    ]


@pytest.mark.usefixtures("without_ntia")
def test_a_validator_that_is_not_installed_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        validate_document(write(tmp_path, golden_document()))
    (diagnostic,) = caught.value.diagnostics
    assert str(diagnostic) == (
        "ntia-conformance-checker: is not installed, so documents cannot be validated"
    )
    assert diagnostic.hint == "run: python -m pip install --group validation (pip 25.1 or newer)"


# What is printed.


@pytest.mark.usefixtures("ntia")
def test_text_has_one_line_per_validator_and_its_notes(tmp_path: Path) -> None:
    path = write(tmp_path, versioned())
    assert render_reports([validate_document(path)], OutputFormat.TEXT) == (
        f"{path}\n"
        "  spdx-tools: ok\n"
        "  JSON schema 2.3.0: ok\n"
        "  JSON schema 2.3.1: ok\n"
        "  ntia: ok\n"
        "  fsct3-min: ok\n"
        "    note: the SBOM type is missing; SPDX 2 has no field for it\n"
        "  invariants: ok\n"
    )


@pytest.mark.usefixtures("ntia")
def test_json_has_diagnostics_and_documents(tmp_path: Path) -> None:
    data = versioned()
    data["packages"][0]["name"] = ""
    path = write(tmp_path, data)
    found = json.loads(render_reports([validate_document(path)], OutputFormat.JSON))
    assert {row["subject"] for row in found["diagnostics"]} == {"SPDXRef-bzip2"}
    (document,) = found["documents"]
    assert document["file"] == str(path)
    assert document["results"][3] == {"validator": "ntia", "errors": 1, "omitted": 0, "notes": []}
    assert sum(result["errors"] for result in document["results"]) == len(found["diagnostics"])


@pytest.mark.usefixtures("ntia")
def test_a_document_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    good, gone = write(tmp_path, versioned()), tmp_path / "gone.spdx.json"
    reports = [validate_document(gone), validate_document(good)]
    text = render_reports(reports, OutputFormat.GITHUB)
    file = gone.as_posix().replace(":", "%3A")
    assert text.startswith(
        f"::error file={file},title=SBM902 input-error::{gone}: cannot be read: "
    )
    assert f"{good}\n  spdx-tools: ok\n" in text
    assert exit_status(reports) == Exit.USAGE
