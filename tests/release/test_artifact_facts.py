"""What the document of a release and its index state of artifacts and files, value by value.

Addresses are those that python.org and nuget.org serve; purls follow from purl-spec, in which
https://github.com/package-url/purl-spec says how a file that is downloaded is named.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from release_runs import read_json

FTP = "https://www.python.org/ftp/python/3.14.7/"
OPENED = "Described from its members: it was opened."


def packages(directory: Path) -> dict[str, dict[str, Any]]:
    rows = read_json(directory / "python-3.14.7-windows.spdx.json")["packages"]
    return {row["name"]: row for row in rows}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("file", "purpose", "location"),
    [
        ("python-3.14.7-embed-amd64.zip", "ARCHIVE", f"{FTP}python-3.14.7-embed-amd64.zip"),
        ("python-3.14.7-amd64.exe", "INSTALL", f"{FTP}python-3.14.7-amd64.exe"),
        ("python-3.14.7-amd64-store.msixupload", "ARCHIVE", "NOASSERTION"),
        ("python.3.14.7.nupkg", "ARCHIVE", "https://www.nuget.org/api/v2/package/python/3.14.7"),
    ],
)
def test_an_artifact_is_identified(
    released: Path, artifacts: Path, file: str, purpose: str, location: str
) -> None:
    package = packages(released)[file]
    assert (package["primaryPackagePurpose"], package["downloadLocation"]) == (purpose, location)
    assert (package["packageFileName"], package["versionInfo"]) == (file, "3.14.7")
    assert package["comment"].startswith(OPENED)
    assert package["checksums"][0] == {
        "algorithm": "SHA256",
        "checksumValue": sha256(artifacts / file),
    }
    [reference] = package["externalRefs"]
    if file.endswith(".nupkg"):
        expected = "pkg:nuget/python@3.14.7"
    elif location == "NOASSERTION":
        expected = f"pkg:generic/{file}@3.14.7"
    else:
        where = f"?checksum=sha256:{sha256(artifacts / file)}&download_url={location}"
        expected = f"pkg:generic/{file}@3.14.7{where}"
    assert reference["referenceLocator"] == expected


def test_the_release_is_where_python_org_has_it(released: Path) -> None:
    package = packages(released)["python-3.14.7-windows"]
    stated = (package["primaryPackagePurpose"], package["downloadLocation"], package["versionInfo"])
    assert stated == ("INSTALL", FTP, "3.14.7")
    assert "externalRefs" not in package


def test_the_index_states_what_is_known_of_an_artifact(released: Path, artifacts: Path) -> None:
    index = read_json(released / "sbom-index.json")
    rows = {row["file"]: row for row in index["artifacts"]}
    file = artifacts / "python-3.14.7t-arm64.zip"
    assert (index["version"], index["partial"], index["missing"]) == ("3.14.7", False, [])
    [sbom] = rows[file.name].pop("sboms")
    assert rows[file.name] == {
        "file": file.name,
        "channel": "pymanager-free-threaded",
        "platform": "arm64",
        "variant": "free-threaded",
        "described-from": "members",
        "location": f"{FTP}{file.name}",
        "size": file.stat().st_size,
        "sha256": sha256(file),
        "sha512": hashlib.sha512(file.read_bytes()).hexdigest(),
    }
    assert (sbom["format"], sbom["file"]) == ("spdx-2.3", f"{file.name}.spdx.json")
    assert sbom["sha256"] == sha256(released / sbom["file"])


@pytest.mark.parametrize(
    ("name", "kinds", "license_"),
    [
        ("python.exe", ["BINARY"], "NOASSERTION"),
        ("libcrypto-3.dll", ["BINARY"], "Apache-2.0"),
        ("LICENSE.txt", ["TEXT"], "NOASSERTION"),
        ("python314.zip", ["ARCHIVE"], "NOASSERTION"),
        ("python314._pth", ["OTHER"], "NOASSERTION"),
    ],
)
def test_a_file_has_a_type_and_the_license_of_its_component(
    released: Path, name: str, kinds: list[str], license_: str
) -> None:
    data = read_json(released / "python-3.14.7-embed-amd64.zip.spdx.json")
    [file] = [file for file in data["files"] if file["fileName"] == f"./{name}"]
    assert (file["fileTypes"], file["licenseConcluded"]) == (kinds, license_)
