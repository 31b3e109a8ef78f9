"""SPDX 3.0.1 validated: the schema of the standard, references, and what three standards ask."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from boms import PLATFORMS, committed_bom
from release_runs import slice_paths

from sbom.bom.bom import Bom
from sbom.diagnostics import InputError
from sbom.formats import read_document
from sbom.formats.spdx3_write import write_spdx3
from sbom.validation.outside_validators import import_validator, run_bsi, run_fsct, run_ntia
from sbom.validation.report import ValidatorResult
from sbom.validation.spdx3 import load_spdx3_schema, run_spdx3_references, run_spdx3_schema

Json = dict[str, Any]
#: Components whose SHA-512 is not published: of PyPI's files and of Python's source archive only
#: SHA-256 is stated, and of three archives no checksum is known.
WITHOUT_SHA512 = {
    *("cachecontrol", "certifi", "distlib", "distro", "hacl-star", "idna", "libexpat", "llvm"),
    *("macholib", "msgpack", "openssl", "packaging", "pip", "platformdirs", "pygments"),
    *("pyproject-hooks", "python", "requests", "resolvelib", "rich", "setuptools", "sqlite"),
    *("tomli", "tomli-w", "truststore", "urllib3"),
}
#: Components that are part of an archive of several, of CPython's source, or of a compiler.
WITHOUT_FILE_NAME = {"libtommath", "mimalloc", "tcl", "tk", "vcruntime", "zlib"}


def written(bom: Bom | None = None) -> Json:
    data: Json = json.loads(write_spdx3(bom or committed_bom()))
    return data


def element_of(data: Json, type_: str) -> Json:
    found: Json = next(element for element in data["@graph"] if element["type"] == type_)
    return found


def messages(result: ValidatorResult) -> list[str]:
    return [str(one) for one in result.diagnostics]


# The schema.


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_schema_of_the_standard_accepts_our_documents(platform: str) -> None:
    data = written(committed_bom(platform))
    assert jsonschema_rs.Draft202012Validator(load_spdx3_schema()).is_valid(data)
    assert messages(run_spdx3_schema(data, "x")) == []


def test_so_it_does_with_those_of_a_release_and_of_its_artifacts(released: Path) -> None:
    paths = [*slice_paths(released)[::6], *released.glob("*-windows.spdx.json")]
    for path in paths:
        data = written(read_document(path.read_bytes(), path.name))
        assert messages(run_spdx3_schema(data, "x")) == []
        assert messages(run_spdx3_references(data, "x")) == []


def misname(data: Json) -> None:
    package = element_of(data, "software_Package")
    package["software_version"] = package.pop("software_packageVersion")


def take_id(data: Json) -> None:
    del element_of(data, "software_File")["spdxId"]


def invent_purpose(data: Json) -> None:
    element_of(data, "software_Package")["software_primaryPurpose"] = "tool"


def invent_class(data: Json) -> None:
    element_of(data, "Tool")["type"] = "Hash_props"


def date_freely(data: Json) -> None:
    element_of(data, "CreationInfo")["created"] = "yesterday"


def empty_target(data: Json) -> None:
    element_of(data, "Relationship")["to"] = []


def number_element(data: Json) -> None:
    data["@graph"].append(3)


def other_context(data: Json) -> None:
    data["@context"] = "https://spdx.org/rdf/3.0.0/spdx-context.jsonld"


def name_document(data: Json) -> None:
    data["name"] = "x"


def unfold(data: Json) -> None:
    data["@graph"] = {"type": "Tool"}


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (misname, "Unevaluated properties are not allowed ('software_version' was"),
        (take_id, '"spdxId" is a required property'),
        (invent_purpose, '"tool" is not one of'),
        (invent_class, "'Hash_props' is no class of SPDX 3.0.1"),
        (date_freely, '"yesterday" does not match'),
        (empty_target, "[] is not valid under any of the schemas"),
        (number_element, "expected an object"),
        (other_context, "expected https://spdx.org/rdf/3.0.1/spdx-context.jsonld"),
        (name_document, "unexpected property beside @graph"),
        (unfold, "expected an array"),
    ],
)
def test_what_the_schema_rejects_is_named(fault: Callable[[Json], None], expected: str) -> None:
    data = written()
    fault(data)
    assert not jsonschema_rs.Draft202012Validator(load_spdx3_schema()).is_valid(data)
    assert expected in messages(run_spdx3_schema(data, "x"))[0]


def test_a_document_of_one_element_is_compared_with_its_class() -> None:
    data = {
        "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
        "type": "Tool",
        "spdxId": "urn:x:tool",
        "creationInfo": "_:x",
    }
    assert messages(run_spdx3_schema(data, "x")) == []
    assert len(messages(run_spdx3_schema({**data, "type": "Tol"}, "x"))) == 1


def test_a_validator_that_is_not_installed_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    import_validator.cache_clear()
    with pytest.raises(InputError, match="jsonschema-rs"):
        run_spdx3_schema({}, "x")
    import_validator.cache_clear()


# References.


def test_an_id_that_stands_twice_and_a_reference_to_nothing_are_reported() -> None:
    data = written()
    data["@graph"].append(dict(element_of(data, "Tool")))
    element_of(data, "SpdxDocument")["rootElement"] = ["urn:x:absent"]
    found = messages(run_spdx3_references(data, "x"))
    assert len(found) == 2
    assert "2 elements have this id" in found[0] or "2 elements have this id" in found[1]
    assert any("rootElement: there is no element urn:x:absent" in text for text in found)


# What standards ask.


@pytest.fixture
def ntia() -> Any:
    return pytest.importorskip("ntia_conformance_checker")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_our_documents_are_conformant_except_for_unknown_values(
    ntia: Any, platform: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.spdx3.json"
    path.write_bytes(write_spdx3(committed_bom(platform)))
    assert messages(run_ntia(ntia, path, spec="spdx3")) == []
    fsct = run_fsct(ntia, path, strict=True, spec="spdx3")
    assert (messages(fsct), fsct.notes) == ([], ())
    missing = {note.partition(": ")[2] for note in run_bsi(ntia, path, strict=False).notes}
    expected = {f"{name} has no sha512_hash" for name in WITHOUT_SHA512}
    assert missing == expected | {f"{name} has no filename" for name in WITHOUT_FILE_NAME}


def test_the_files_of_an_artifact_say_what_the_archives_of_components_do_not(
    ntia: Any, released: Path, tmp_path: Path
) -> None:
    [source] = released.glob("python-3.14.7-amd64.zip.spdx.json")
    path = tmp_path / "x.spdx3.json"
    path.write_bytes(write_spdx3(read_document(source.read_bytes(), source.name)))
    assert messages(run_ntia(ntia, path, spec="spdx3")) == []
    assert messages(run_fsct(ntia, path, strict=True, spec="spdx3")) == []
    missing = {note.partition(": ")[2] for note in run_bsi(ntia, path, strict=False).notes}
    assert {note for note in missing if note.endswith("filename")} == {
        "mimalloc has no filename",
        "python-amd64 has no filename",  # the build, which is no file
    }
    # These have no file of their own there: they are compiled into others, or are one package
    # among several in a directory.
    without = {"certifi", "hacl-star", "libexpat", "msgpack", "python", "setuptools", "tomli"}
    assert {note for note in missing if note.endswith("sha512_hash")} == {
        f"{name} has no sha512_hash" for name in without | {"tomli-w"}
    }


def test_what_is_missing_is_an_error_only_if_strict(ntia: Any, tmp_path: Path) -> None:
    bom = committed_bom()
    bare = replace(bom, components=tuple(replace(one, copyright="") for one in bom.components))
    path = tmp_path / "x.spdx3.json"
    path.write_bytes(write_spdx3(bare))
    for run in (run_bsi, run_fsct):
        spec = {} if run is run_bsi else {"spec": "spdx3"}
        assert run(ntia, path, strict=False, **spec).diagnostics == ()
        assert run(ntia, path, strict=False, **spec).notes
        assert run(ntia, path, strict=True, **spec).diagnostics


def test_an_sbom_type_and_a_supplier_that_are_missing_are_reported(
    ntia: Any, tmp_path: Path
) -> None:
    data = written()
    del element_of(data, "software_Sbom")["software_sbomType"]
    del element_of(data, "software_Package")["suppliedBy"]
    path = tmp_path / "x.spdx3.json"
    path.write_text(json.dumps(data))
    name = element_of(data, "software_Package")["name"]
    assert [text.partition(": ntia: ")[2] for text in messages(run_ntia(ntia, path, spec="spdx3"))]
    fsct = run_fsct(ntia, path, strict=False, spec="spdx3")
    assert [note.rpartition(": ")[2] for note in fsct.notes] == [
        f"{name} has no supplier",
        "SBOM generation context (SBOM type) provided? No",
    ]


def test_what_the_checker_cannot_parse_is_reported(ntia: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.spdx3.json"
    path.write_text('{"@graph": [{"type": "Tool"}]}')
    [diagnostic] = run_ntia(ntia, path, spec="spdx3").diagnostics
    assert "failed on this document" in diagnostic.message


def test_a_document_that_has_none_of_it_is_not_conformant(ntia: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.spdx3.json"
    path.write_text('{"@graph": []}')
    assert any("No SpdxDocument" in text for text in messages(run_ntia(ntia, path, spec="spdx3")))
