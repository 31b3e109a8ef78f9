"""Documents of SPDX 2.3: valid, the same bytes every time, and golden where they matter."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from boms import CREATED, PLATFORMS, bom_of, committed_bom, document
from conftest import ROOT
from jsonschema import Draft7Validator
from manifests import COMMITTED, committed, entries, for_entry
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from sbom.bom.bom import BomFile, Relationship, RelationshipKind
from sbom.bom.compose import compose_build
from sbom.components.component import Build
from sbom.formats import SPDX2

GOLDEN = Path(__file__).parent / "golden"


def violations(data: bytes, path: Path) -> list[Any]:
    """Return what spdx-tools' full validation reports of a document."""
    path.write_bytes(data)
    return list(validate_full_spdx_document(parse_file(str(path))))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_document_is_valid_and_the_golden_one(platform: str, tmp_path: Path) -> None:
    data = SPDX2.write(committed_bom(platform))
    golden = GOLDEN / f"python-3.14.7-{platform}.spdx.json"
    if os.environ.get("REWRITE_GOLDEN"):
        assert not os.environ.get("CI"), "golden documents are rewritten by people"
        golden.write_bytes(data)
    assert violations(data, tmp_path / golden.name) == []
    assert data == golden.read_bytes()


@pytest.mark.parametrize("version", ["2.3.0", "2.3.1"])
def test_both_published_schemas_accept_it(version: str) -> None:
    schema = json.loads((ROOT / f"sbom/validation/schemas/spdx-{version}.schema.json").read_text())
    assert list(Draft7Validator(schema).iter_errors(document())) == []


@pytest.mark.parametrize("entry", entries()[::20], ids=lambda e: e["cpython"])
def test_documents_of_old_releases_are_valid_too(entry: dict[str, Any], tmp_path: Path) -> None:
    data = SPDX2.write(bom_of(for_entry(entry)))
    assert violations(data, tmp_path / "old.spdx.json") == []


def test_the_document_is_json_with_sorted_keys_and_two_spaces_of_indentation() -> None:
    data = SPDX2.write(committed_bom())
    text = json.dumps(json.loads(data), ensure_ascii=False, indent=2, sort_keys=True)
    assert data == f"{text}\n".encode()


def test_the_order_of_a_bom_changes_no_byte() -> None:
    bom = committed_bom()
    chance = random.Random(7)
    shuffled = replace(
        bom,
        components=tuple(chance.sample(bom.components, len(bom.components))),
        relationships=tuple(chance.sample(bom.relationships, len(bom.relationships))),
    )
    assert shuffled != bom
    assert SPDX2.write(shuffled) == SPDX2.write(bom)


def test_only_the_time_differs_between_two_times_of_creation() -> None:
    later = compose_build(committed(), Build(platform="amd64"), CREATED + timedelta(days=1))
    data = SPDX2.write(later)
    assert data.replace(b"2026-11-24T", b"2026-11-23T") == SPDX2.write(committed_bom())


def test_the_time_is_written_in_utc() -> None:
    abroad = CREATED.astimezone(timezone(timedelta(hours=9)))
    bom = compose_build(committed(), Build(platform="amd64"), abroad)
    assert SPDX2.write(bom) == SPDX2.write(committed_bom())


@pytest.mark.parametrize("variables", [{"PYTHONHASHSEED": "1"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_hash_seed_and_locale_change_no_byte(variables: dict[str, str], tmp_path: Path) -> None:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(int(CREATED.timestamp())), **variables}
    subprocess.run(
        [
            *(sys.executable, "-m", "sbom", "build", "--manifest", COMMITTED),
            *("--platform", "amd64", "--output", tmp_path),
        ],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
    )
    [path] = tmp_path.glob("*.spdx.json")
    assert path.read_bytes() == SPDX2.write(committed_bom())


def test_empty_arrays_are_written_and_categories_are_spelled_as_in_the_standard() -> None:
    data = document()
    assert data["files"] == []
    categories = {
        reference["referenceCategory"]
        for package in data["packages"]
        for reference in package["externalRefs"]
    }
    assert categories == {"SECURITY", "PACKAGE-MANAGER"}
    assert {package["filesAnalyzed"] for package in data["packages"]} == {False}


def test_a_link_is_a_dependency_too_and_a_build_tool_is_a_prerequisite() -> None:
    found = {
        (row["spdxElementId"], row["relationshipType"], row["relatedSpdxElement"])
        for row in document()["relationships"]
    }
    root = "SPDXRef-cpython"
    assert ("SPDXRef-DOCUMENT", "DESCRIBES", root) in found
    assert (root, "DYNAMIC_LINK", "SPDXRef-openssl") in found
    assert (root, "DEPENDS_ON", "SPDXRef-openssl") in found
    assert (root, "STATIC_LINK", "SPDXRef-zlib-ng") in found
    assert ("SPDXRef-llvm", "BUILD_TOOL_OF", root) in found
    assert (root, "HAS_PREREQUISITE", "SPDXRef-llvm") in found
    assert (root, "DEPENDS_ON", "SPDXRef-llvm") not in found


@pytest.mark.parametrize(
    ("path", "kind"),
    [("a/b.DLL", "BINARY"), ("x.py", "SOURCE"), ("x.whl", "ARCHIVE"), ("LICENSE", "OTHER")],
)
def test_a_file_has_the_type_that_its_name_says(path: str, kind: str) -> None:
    file = BomFile(id="File-1", path=path, sha1="0" * 40, sha256="0" * 64, sha512="0" * 128)
    [element] = json.loads(SPDX2.write(replace(committed_bom(), files=(file,))))["files"]
    assert (element["fileName"], element["fileTypes"]) == (f"./{path}", [kind])


def test_a_package_that_contains_files_has_their_verification_code() -> None:
    # SPDX 2.3, clause 7.9: SHA-1 of the sorted SHA-1 digests, here of "b" and "a", by sha1sum.
    sha1s = ["e9d71f5ee7c92d6dc9e92ffdad17b8bd49418f98", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"]
    files = tuple(
        BomFile(id=f"File-{n}", path=f"{n}.txt", sha1=sha1, sha256="", sha512="")
        for n, sha1 in enumerate(sha1s)
    )
    contained = (Relationship("cpython", RelationshipKind.CONTAINS, file.id) for file in files)
    bom = replace(committed_bom(), files=files, relationships=tuple(contained))
    packages = {one["name"]: one for one in json.loads(SPDX2.write(bom))["packages"]}
    code = "5463504435e4dbf2b93a3a8a00ca78e36ea40e24"
    assert packages["python"]["packageVerificationCode"] == {"packageVerificationCodeValue": code}
    assert packages["python"]["filesAnalyzed"] is True
    assert "packageVerificationCode" not in packages["zlib-ng"]
