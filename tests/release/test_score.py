"""What the documents of 3.14.7 for 64-bit x86 list, scored against what really ships."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import FACTS
from contradictions import find_contradictions
from manifests import committed, entries, for_entry
from release_runs import PARTIAL, Run, read_json
from releases import inventory, members, release_of_real_members

from sbom.bom.compose import compose_build
from sbom.components.component import Build
from sbom.formats import SPDX2
from sbom.manifest.channels import expected_artifacts

Rows = list[dict[str, Any]]
SHIPPED: Rows = tomllib.loads((FACTS / "components/3.14.7-amd64.toml").read_text(encoding="utf-8"))[
    "component"
]
#: Containers of what ships, by the start of their SPDX ids.
CONTAINERS = ("SPDXRef-Artifact-", "SPDXRef-build-", "SPDXRef-release")


def listed(document: dict[str, Any]) -> dict[str, str]:
    """Return the versions of what a document states to ship, by name."""
    build_tools = {
        relation["spdxElementId"]
        for relation in document["relationships"]
        if relation["relationshipType"] == "BUILD_TOOL_OF"
    }
    return {
        package["name"]: package["versionInfo"]
        for package in document["packages"]
        if not package["SPDXID"].startswith(CONTAINERS) and package["SPDXID"] not in build_tools
    }


def shipped(channel: str = "") -> dict[str, str]:
    """Return the versions of what ships in a channel, or in any, by name."""
    return {
        row["name"]: row["version"] for row in SHIPPED if channel not in row.get("absent-from", ())
    }


def test_the_list_has_what_it_is_said_to_have() -> None:
    kinds = [row["kind"] for row in SHIPPED]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "cpython": 1, "third-party": 17, "pip": 1, "vendored in pip": 18,
    }  # fmt: skip
    assert len(shipped()) == 37
    layout = {path.rpartition("/")[2] for path in members("3.14.7")["amd64", "pymanager"]}
    assert {file for row in SHIPPED for file in row.get("files", ())} <= layout


def test_a_build_lists_every_component_that_ships_and_no_other(run: Run, tmp_path: Path) -> None:
    status, _, _ = run("build", "--platform", "amd64", "--output", tmp_path)
    assert status == 0
    assert listed(read_json(tmp_path / "python-3.14.7-amd64.spdx.json")) == shipped()


def test_every_artifact_lists_every_component_that_ships_in_it_and_no_other(
    released: Path,
) -> None:
    cpython = committed().cpython
    artifacts = [
        artifact
        for artifact in expected_artifacts(committed().channels, cpython.version, cpython.line)
        if artifact.platform == "amd64" and artifact.channel.format != "msi"
    ]
    assert len(artifacts) == 11
    for artifact in artifacts:
        found = listed(read_json(released / f"{artifact.file}.spdx.json"))
        engine = found.pop("wix", None)
        assert (engine == "3.14.1") == (artifact.channel.format == "installer")
        assert found == shipped(artifact.channel.name), artifact.file


def test_no_document_of_a_release_contradicts_itself(released: Path) -> None:
    documents = sorted(released.glob("*.spdx.json"))
    assert len(documents) == 31
    for path in documents:
        assert find_contradictions(read_json(path)) == [], path.name


def _openssl(document: dict[str, Any]) -> dict[str, Any]:
    [package] = (one for one in document["packages"] if one["name"] == "openssl")
    assert isinstance(package, dict)
    return package


def _other_version(document: dict[str, Any]) -> None:
    _openssl(document)["versionInfo"] = "3.0.21"


def _second_package(document: dict[str, Any]) -> None:
    second = copy.deepcopy(_openssl(document)) | {"SPDXID": "SPDXRef-second"}
    document["packages"].append(second)


def _other_evidence(document: dict[str, Any]) -> None:
    [file] = (one for one in document["files"] if one["fileName"] == "./libcrypto-3.dll")
    file["comment"] = "Evidence in the file: openssl 3.0.18 (FileVersion '3.0.18')."


def _lost_file(document: dict[str, Any]) -> None:
    document["files"] = [one for one in document["files"] if one["fileName"] != "./libcrypto-3.dll"]


def _repeated_file(document: dict[str, Any]) -> None:
    [file] = (one for one in document["files"] if one["fileName"] == "./libcrypto-3.dll")
    document["files"].append(copy.deepcopy(file) | {"SPDXID": "SPDXRef-File-2"})
    [relation] = (
        one
        for one in document["relationships"]
        if one["relatedSpdxElement"] == file["SPDXID"] and one["relationshipType"] == "CONTAINS"
    )
    document["relationships"].append(relation | {"relatedSpdxElement": "SPDXRef-File-2"})


def _checksum_of_another(document: dict[str, Any]) -> None:
    [bzip2] = (one for one in document["packages"] if one["name"] == "bzip2")
    _openssl(document)["checksums"] = bzip2["checksums"]


def _unshipped_user(document: dict[str, Any]) -> None:
    for relation in document["relationships"]:
        if relation.get("comment", "").startswith("Shipped as libffi-8.dll"):
            relation["comment"] = "Shipped as libffi-8.dll; used by _absent.pyd."


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (_other_version, "openssl 3.0.21 has the CPE"),
        (_second_package, "openssl is listed 2 times"),
        (_other_evidence, "libcrypto-3.dll shows openssl 3.0.18, listed is 3.5.7"),
        (_lost_file, "is related, but does not exist"),
        (_repeated_file, "contains two files libcrypto-3.dll"),
        (_checksum_of_another, "openssl and bzip2 state sha256:"),
        (_unshipped_user, "_absent.pyd is named, but not contained"),
    ],
)
def test_a_planted_contradiction_is_found(
    released: Path, damage: Callable[[dict[str, Any]], None], sentence: str
) -> None:
    document = read_json(released / "python-3.14.7-embed-amd64.zip.spdx.json")
    damage(document)
    assert any(sentence in line for line in find_contradictions(document))


def test_the_real_embeddable_package_lists_what_its_members_are(run: Run, tmp_path: Path) -> None:
    """A component with files is listed if one of them is a member, and only then."""
    name, out = "python-3.14.7-embed-amd64.zip", tmp_path / "out"
    directory = release_of_real_members(tmp_path / "in", name)
    status, _, err = run("release", "--artifacts", directory, "--output", out, *PARTIAL)
    assert status == 0, err
    document = read_json(out / f"{name}.spdx.json")
    assert find_contradictions(document) == []
    names, found = set(inventory(name)), listed(document)
    assert {row["name"] for row in SHIPPED if names.intersection(row.get("files", ()))} | {
        "macholib"  # in python314.zip
    } == found.keys()


@pytest.mark.parametrize("entry", entries()[::12], ids=lambda entry: entry["cpython"])
def test_no_document_of_any_release_contradicts_itself(entry: dict[str, Any]) -> None:
    manifest = for_entry(entry)
    for platform in manifest.platform_names():
        bom = compose_build(manifest, Build(platform=platform), datetime.fromtimestamp(0, UTC))
        assert find_contradictions(json.loads(SPDX2.write(bom))) == []
