"""One build as a layout, a package and an installer have it, and what documents state of it."""

from __future__ import annotations

from typing import Any

from manifests import committed
from pe_files import pe
from releases import contents_of

from sbom.manifest.channels import expected_artifacts

#: The artifacts of the build; a file of PyManager's, which only its packages have.
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
