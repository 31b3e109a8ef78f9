"""A build is described alike as a layout, as an opened artifact, and as a part of a release."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from contradictions import find_contradictions
from manifests import committed
from pe_files import pe
from release_runs import PARTIAL, Run, read_json
from releases import contents_of, installer_of, web_installer, zipped

from sbom.manifest.channels import expected_artifacts

ZIP, INSTALLER = "python-3.14.7-amd64.zip", "python-3.14.7-amd64.exe"
PYMANAGER = "./__install__.json"
CONTAINERS = ("SPDXRef-Artifact-", "SPDXRef-build-")
MICROSOFT = {"CompanyName": "Microsoft Corporation", "FileVersion": "14.50.35719.0"}
OPENSSL = {"CompanyName": "The OpenSSL Project", "FileVersion": "3.5.7"}


def members() -> dict[str, bytes]:
    """Return the members of the full package, with DLLs that show versions and one that hides."""
    cpython = committed().cpython
    artifacts = expected_artifacts(committed().channels, cpython.version, cpython.line)
    [artifact] = [one for one in artifacts if one.file == ZIP]
    found = contents_of(cpython.version, artifact)
    text = b"OpenSSL 3.5.7 9 Jun 2026"
    return found | {
        "vcruntime140.dll": pe(resource=MICROSOFT),
        "vcruntime140_1.dll": pe(resource=MICROSOFT),
        "DLLs/libcrypto-3.dll": pe(resource=OPENSSL, texts=[text]),
        "DLLs/libssl-3.dll": pe(resource=OPENSSL, texts=[text]),
    }


def in_packages(contents: dict[str, bytes]) -> dict[str, dict[str, bytes]]:
    """Return what an installer contains of a layout, in three packages."""
    packages: dict[str, dict[str, bytes]] = {"core.msi": {}, "lib.msi": {}, "tcltk.msi": {}}
    for path, data in contents.items():
        if f"./{path}" != PYMANAGER:
            name = "lib" if path.startswith("Lib/") else "tcltk" if "tcl" in path else "core"
            packages[f"{name}.msi"][path] = data
    return packages


def components(document: dict[str, Any], root: str) -> dict[str, Any]:
    """Return the components of a document but for containers, CPython itself and build tools."""
    tools = {
        one["spdxElementId"]
        for one in document["relationships"]
        if one["relationshipType"] == "BUILD_TOOL_OF"
    }
    left_out = (*CONTAINERS, root)
    return {
        one["name"]: {key: value for key, value in one.items() if key != "SPDXID"}
        for one in document["packages"]
        if not one["SPDXID"].startswith(left_out) and one["SPDXID"] not in tools
    }


def files(document: dict[str, Any]) -> dict[str, Any]:
    """Return what a document states of its files: all of it, and the components of each."""
    names = {one["SPDXID"]: one["name"] for one in document["packages"]}
    by_id = {one["SPDXID"]: one["fileName"] for one in document["files"]}
    owners: dict[str, set[tuple[str, str]]] = {name: set() for name in by_id.values()}
    for one in document["relationships"]:
        left, kind, right = (
            one["spdxElementId"], one["relationshipType"], one["relatedSpdxElement"],
        )  # fmt: skip
        for file, other in ((left, right), (right, left)):
            if file in by_id and other in names and kind != "CONTAINS":
                owners[by_id[file]].add((kind, names[other]))
    return {one["fileName"]: (one, owners[one["fileName"]]) for one in document["files"]}


@pytest.fixture
def documents(run: Run, tmp_path: Path) -> dict[str, dict[str, Any]]:
    """Return the documents of one build: of a layout, and of artifacts that are opened or not."""
    contents = members()
    layout, inside, alone = tmp_path / "layout", tmp_path / "in", tmp_path / "alone"
    for path, data in contents.items():
        (layout / path).parent.mkdir(parents=True, exist_ok=True)
        (layout / path).write_bytes(data)
    inside.mkdir()
    (inside / ZIP).write_bytes(zipped(contents))
    (inside / INSTALLER).write_bytes(web_installer())
    alone.mkdir()
    (alone / INSTALLER).write_bytes(installer_of(in_packages(contents)))
    built, released, joined = (tmp_path / name for name in ("built", "released", "joined"))
    build = run("build", "--layout", layout, "--platform", "amd64", "--output", built)
    assert build[0] == 0, build[2]
    part = built / "python-3.14.7-amd64.spdx.json"
    for out, words in (
        (released, ("--layout", f"amd64={layout}")),
        (joined, ("--platform-sbom", part)),
    ):
        status, _, err = run("release", "--artifacts", inside, "--output", out, *words, *PARTIAL)
        assert status == 0, err
    opened = tmp_path / "opened"
    status, _, err = run("release", "--artifacts", alone, "--output", opened, *PARTIAL)
    assert status == 0, err
    return {
        "layout": read_json(part),
        "zip": read_json(released / f"{ZIP}.spdx.json"),
        "installer": read_json(released / f"{INSTALLER}.spdx.json"),
        "joined zip": read_json(joined / f"{ZIP}.spdx.json"),
        "joined installer": read_json(joined / f"{INSTALLER}.spdx.json"),
        "opened installer": read_json(opened / f"{INSTALLER}.spdx.json"),
    }


def test_components_are_the_same_whatever_they_were_seen_in(
    documents: dict[str, dict[str, Any]],
) -> None:
    root = "SPDXRef-cpython"
    expected = components(documents["layout"], root)
    assert expected["vcruntime"]["versionInfo"] == "14.50.35719.0"
    for name, document in documents.items():
        assert find_contradictions(document) == []
        found = components(document, root)
        found.pop("wix", None)
        assert found == expected, name


def test_files_are_the_same_whatever_they_were_seen_in(
    documents: dict[str, dict[str, Any]],
) -> None:
    expected = files(documents["layout"])
    assert len(expected) > 500
    for name, document in documents.items():
        # PyManager's own file is in its packages alone.
        own = {PYMANAGER: expected[PYMANAGER]} if name == "opened installer" else {}
        assert files(document) | own == expected, name


def test_a_joined_part_gives_the_same_documents_as_its_layout(
    documents: dict[str, dict[str, Any]],
) -> None:
    assert documents["joined zip"] == documents["zip"]
    assert documents["joined installer"] == documents["installer"]
