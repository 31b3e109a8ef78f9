"""``verify`` with documents as other tools write them: what they do not state is no mismatch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pe_files import pe
from releases import zipped
from trees import make_tree
from verify_case import VerifyCase, messages

from sbom.diagnostics import Exit

LIBCRYPTO = pe(texts=[b"OpenSSL 3.5.7 1 Jul 2026"], resource={"FileVersion": "3.5.7"})
SHA1 = {
    "algorithm": "SHA1",
    "checksumValue": hashlib.sha1(LIBCRYPTO, usedforsecurity=False).hexdigest(),
}
ZEROS = {"algorithm": "SHA1", "checksumValue": "0" * 40}


@pytest.fixture
def case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> VerifyCase:
    case = VerifyCase(tmp_path, capsys)
    case.files = {"DLLs/libcrypto-3.dll": LIBCRYPTO}
    return case


def document(directory: Path, packages: Mapping[str, str], *files: Mapping[str, Any]) -> list[str]:
    """Write an SPDX document of packages and files; return the options that name it."""
    data = {
        "spdxVersion": "SPDX-2.3",
        "packages": [
            {"SPDXID": f"SPDXRef-{name}", "name": name, "versionInfo": version}
            for name, version in packages.items()
        ],
        "files": [{"SPDXID": f"SPDXRef-File{n}", **file} for n, file in enumerate(files)],
    }
    path = directory / "foreign.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return ["--sbom", str(path)]


@pytest.mark.parametrize(
    "name",
    [
        "./DLLs/libcrypto-3.dll",
        "/DLLs/libcrypto-3.dll",
        ".\\DLLs\\libcrypto-3.dll",
        "./DLLs\\libcrypto-3.dll",
        "DLLs/libcrypto-3.dll",
        "./dlls/LIBCRYPTO-3.dll",
        "C:\\Python314\\DLLs\\libcrypto-3.dll",
        "/home/someone/layout/DLLs/libcrypto-3.dll",
    ],
)
def test_a_file_is_found_by_its_name_however_it_is_written(case: VerifyCase, name: str) -> None:
    sbom = document(case.directory, {"openssl": "3.5.7"}, {"fileName": name, "checksums": [SHA1]})
    status, report = case.run(*sbom, script=False)
    assert (status, report["diagnostics"]) == (Exit.OK, [])
    assert report["matching_files"] == 1


@pytest.mark.parametrize("name", ["", ".", "./", "/", " ", ".\\"])
def test_a_file_without_a_name_is_an_error_of_the_document(case: VerifyCase, name: str) -> None:
    file = {"fileName": "./DLLs/libcrypto-3.dll", "checksums": [SHA1]}
    sbom = document(case.directory, {"openssl": "3.5.7"}, file, {"fileName": name}, {})
    status, report = case.run(*sbom, script=False)
    assert status == Exit.ERRORS
    assert [(one["id"], one["subject"]) for one in report["diagnostics"]] == [
        ("SBM801", "File1"),
        ("SBM801", "File2"),
    ]
    assert all(one["file"].endswith("foreign.json") for one in report["diagnostics"])


def test_many_files_without_a_name_take_no_more_time_each(case: VerifyCase) -> None:
    sbom = document(case.directory, {"openssl": "3.5.7"}, *[{} for _ in range(20_000)])
    _, report = case.run(*sbom, script=False)
    assert len(report["diagnostics"]) == 20_000


def test_each_digest_of_a_file_that_is_listed_twice_is_compared(case: VerifyCase) -> None:
    file = {"fileName": "./DLLs/libcrypto-3.dll", "checksums": [SHA1]}
    other = {
        "fileName": "./dlls/libcrypto-3.dll",
        "checksums": [SHA1 | {"checksumValue": "1" * 40}],
    }
    for files in ([file, other], [other, file]):
        _, report = case.run(*document(case.directory, {"openssl": "3.5.7"}, *files), script=False)
        assert messages(report, "file-mismatch").keys() == {"DLLs/libcrypto-3.dll"}
        assert report["matching_files"] == 0


def test_a_path_of_a_million_slashes_is_read_at_once(case: VerifyCase) -> None:
    file = {"fileName": "/root/DLLs/libcrypto-3.dll", "checksums": [SHA1]}
    slashes = {"fileName": "/" * 1_000_000}
    sbom = document(case.directory, {"openssl": "3.5.7"}, slashes, file)
    _, report = case.run(*sbom, script=False)
    assert report["matching_files"] == 1


def test_a_file_of_another_directory_is_missing(case: VerifyCase) -> None:
    case.files["python.txt"] = b""
    sbom = document(
        case.directory,
        {"openssl": "3.5.7"},
        {"fileName": "/root/python.txt"},
        {"fileName": "/root/DLLs/libcrypto-3.dll"},
        {"fileName": "/root/Lib/libcrypto-3.dll"},
    )
    _, report = case.run(*sbom, script=False)
    assert messages(report, "missing-file").keys() == {"Lib/libcrypto-3.dll"}


@pytest.mark.parametrize(
    "checksums", [[], [ZEROS], [{"algorithm": "MD5", "checksumValue": "0" * 31 + "1"}]]
)
def test_an_unknown_checksum_is_not_a_mismatch(
    case: VerifyCase, checksums: list[dict[str, str]]
) -> None:
    file = {"fileName": "./DLLs/libcrypto-3.dll", "checksums": checksums}
    sbom = document(case.directory, {"openssl": "3.5.7"}, file)
    status, report = case.run(*sbom, script=False)
    assert (status, report["diagnostics"], report["matching_files"]) == (Exit.OK, [], 0)
    file["checksums"] = [*checksums, SHA1 | {"checksumValue": "1" * 40}]
    _, report = case.run(*document(case.directory, {"openssl": "3.5.7"}, file), script=False)
    assert messages(report, "file-mismatch").keys() == {"DLLs/libcrypto-3.dll"}


def test_cpython_is_compared_with_the_version_of_python_orgs_root(case: VerifyCase) -> None:
    # python.org's documents name the root CPython and expat after its directory.
    resource = {"CompanyName": "Python Software Foundation", "FileVersion": "3.14.5"}
    case.files = {
        "python314.dll": pe(resource=resource),
        "DLLs/pyexpat.pyd": pe(texts=[b"expat_2.7.1"], resource=resource),
    }
    sbom = document(case.directory, {"CPython": "3.14.7", "expat": "2.8.2"})
    _, report = case.run(*sbom, script=False)
    found = {(one["file"], one["expected"], one["found"]) for one in report["results"]}
    assert found == {
        ("python314.dll", "3.14.7", "3.14.5"),
        ("DLLs/pyexpat.pyd", "3.14.7", "3.14.5"),
        ("DLLs/pyexpat.pyd", "2.8.2", "2.7.1"),
    }
    assert {one["status"] for one in report["results"]} == {"version mismatch"}


def test_a_second_version_in_a_file_contradicts_the_declared_one(case: VerifyCase) -> None:
    texts = [b"OpenSSL 3.5.7 1 Jul 2026", b"OpenSSL 3.0.18 30 Sep 2025"]
    case.files = {"libcrypto-3.dll": pe(texts=texts)}
    sbom = document(case.directory, {"openssl": "3.5.7"})
    _, report = case.run(*sbom, script=False)
    message = messages(report, "version-mismatch")["libcrypto-3.dll"]
    assert message.startswith("expected openssl 3.5.7, found 3.5.7, 3.0.18 (")


# Nothing to verify.


@pytest.mark.parametrize("files", [{}, {"notes.txt": b"text"}])
@pytest.mark.parametrize("is_zip", [False, True])
@pytest.mark.parametrize("has_sbom", [False, True])
def test_nothing_of_cpython_is_an_error(
    case: VerifyCase, files: dict[str, bytes], *, is_zip: bool, has_sbom: bool
) -> None:
    case.files = files
    case.path.mkdir()
    if is_zip:
        case.path = case.directory / "x.zip"
        case.path.write_bytes(zipped(files))
    sbom = document(case.directory, {"openssl": "3.5.7"}) if has_sbom else []
    status, report = case.run(*sbom, script=False)
    assert status == Exit.ERRORS
    message = "expected a build of CPython, found none"
    assert messages(report, "no-python") == {"": message}


# The script's release.


def test_a_script_is_of_the_version_of_its_tree(case: VerifyCase) -> None:
    resource = {"CompanyName": "Python Software Foundation", "FileVersion": "3.14.5"}
    case.files = {"python314.dll": pe(resource=resource)}
    script = make_tree(case.directory / "tree", "3.14.7") / "PCbuild/get_externals.bat"
    _, report = case.run("--script", str(script), script=False)
    assert messages(report, "version-mismatch")["python314.dll"].startswith(
        "expected python 3.14.7, found 3.14.5 ("
    )
