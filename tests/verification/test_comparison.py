"""Shipped files compared with an SBOM: checksums, versions, and what it does not list."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from binaries import written
from conftest import FACTS
from manifests import COMMITTED
from pe_files import pe
from releases import zipped
from verify_case import VerifyCase, messages, write_document

from sbom.cli import main
from sbom.diagnostics import Exit


@pytest.fixture
def case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> VerifyCase:
    return VerifyCase(tmp_path, capsys)


def test_files_match_the_sbom_beside_them(case: VerifyCase) -> None:
    write_document(case.files, case.directory, "build")
    status, report = case.run(script=False)
    assert (status, report["diagnostics"]) == (Exit.OK, [])
    assert (report["compared_with"], report["matching_files"]) == (
        "build.spdx.json",
        len(case.files),
    )


def test_every_difference_from_the_sbom_is_reported(case: VerifyCase) -> None:
    case.files["Lib/os.py"] = b"import sys\n"
    write_document(case.files | {"Lib/gone.py": b""}, case.directory, "build")
    case.files["Lib/os.py"] += b"import evil\n"
    case.files["Lib/evil.py"] = b"new"
    case.files["Lib/site-packages/pip/x.py"] = case.files["Lib/__pycache__/os.pyc"] = b"added"
    status, report = case.run(script=False)
    assert status == Exit.ERRORS
    found = {(one["name"], one["subject"]) for one in report["diagnostics"]}
    assert found == {
        ("file-mismatch", "Lib/os.py"),
        ("missing-file", "Lib/gone.py"),
        ("unowned-file", "Lib/evil.py"),
    }


def test_a_bundle_that_is_not_opened_is_reported(case: VerifyCase) -> None:
    """What is far behind its sections is compressed, and no evidence can be found there."""
    program = pe(texts=[b"text"]).replace(b".rdata\0\0", b".wixburn")
    case.files["Lib/setup.exe"] = program + bytes(5 << 20)
    write_document(case.files, case.directory, "build")
    _, report = case.run(script=False)
    found = [one["message"] for one in report["diagnostics"] if one["subject"] == "Lib/setup.exe"]
    assert (
        "not inspected: 5,242,880 bytes after its sections are not searched for evidence" in found
    )


def test_a_package_in_a_package_is_compared_by_its_own_paths(case: VerifyCase) -> None:
    inner = zipped(case.files)
    write_document({"python.msix": inner, **case.files}, case.directory, "build")
    case.path = case.directory / "build"
    case.path.write_bytes(zipped({"python.msix": inner}))
    status, report = case.run(script=False)
    assert (status, report["matching_files"]) == (Exit.OK, len(case.files) + 1)


def test_an_installer_is_compared_by_its_checksum_only(case: VerifyCase) -> None:
    name = "python-3.13.5-amd64.exe"
    case.path = case.directory / name
    data = pe(resource={"FileVersion": "3.13.5150.0"}, signed=True)
    case.path.write_bytes(data)
    package = {
        "SPDXID": "SPDXRef-x",
        "name": "python",
        "packageFileName": name,
        "checksums": [
            {"algorithm": "SHA256", "checksumValue": hashlib.sha256(data).hexdigest()},
        ],
    }
    text = json.dumps({"spdxVersion": "SPDX-2.3", "packages": [package]})
    (case.directory / f"{name}.spdx.json").write_text(text)
    status, report = case.run(script=False)
    assert status == Exit.OK
    assert [one["name"] for one in report["diagnostics"]] == ["not-inspected"]
    case.path.write_bytes(data + b"\0")
    status, report = case.run(script=False)
    assert status == Exit.ERRORS
    assert {one["name"] for one in report["diagnostics"]} == {"not-inspected", "file-mismatch"}


def test_another_version_than_the_sbom_lists_is_a_version_mismatch(case: VerifyCase) -> None:
    path = write_document(case.files, case.directory, "other")
    path.write_text(path.read_text().replace('"3.49.1.0"', '"3.45.3.0"'))
    status, report = case.run("--sbom", str(path), script=False)
    assert status == Exit.ERRORS
    assert (
        "expected sqlite 3.45.3, found 3.49.1"
        in messages(report, "version-mismatch")["sqlite3.dll"]
    )


def test_a_recorded_digest_confirms_what_an_sbom_lists(case: VerifyCase) -> None:
    path = write_document(case.files, case.directory, "build")
    assert case.statuses(script=False)["libffi-8.dll", "libffi"] == "confirmed by digest"
    path.write_text(path.read_text().replace('"3.4.4"', '"3.4.2"'))
    assert case.statuses(script=False)["libffi-8.dll", "libffi"] == "version mismatch"
    path.write_text(path.read_text().replace('"3.4.2"', '""'))
    assert case.statuses(script=False)["libffi-8.dll", "libffi"] == "detected, not declared"


def test_a_component_that_the_sbom_does_not_list_is_undeclared(case: VerifyCase) -> None:
    path = write_document(case.files, case.directory, "build")
    path.write_text(path.read_text().replace('"name": "bzip2"', '"name": "other"'))
    status, report = case.run(script=False)
    assert status == Exit.ERRORS
    message = messages(report, "undeclared-component")["_bz2.pyd"]
    assert message.startswith("undeclared component: found bzip2 1.0.8 (")


def test_binaries_can_be_compared_with_cpythons_own_sbom(case: VerifyCase) -> None:
    # Misc/externals.spdx.json of 3.13.5, which lists sources and no files.
    path = FACTS / "cpython/3.13.5/externals.spdx.json"
    status, report = case.run("--sbom", str(path), script=False)
    assert status == Exit.ERRORS
    assert not messages(report, "version-mismatch")
    # Vendored code is in another file, Misc/sbom.spdx.json.
    assert messages(report, "undeclared-component").keys() == {"pyexpat.pyd", "python313.dll"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"spdxVersion": "SPDX-3.0"}', "[" * 100_000])
def test_a_file_that_is_not_an_sbom_is_an_error(
    case: VerifyCase, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    path = case.directory / "x.spdx.json"
    path.write_text(text)
    written(case.path, case.files)
    argv = ["verify", str(case.path), "--sbom", str(path), "--manifest", str(COMMITTED)]
    assert main(argv) == Exit.USAGE
    err = capsys.readouterr().err
    assert ": is not " in err or ": expected an SBOM document in JSON, found an empty file" in err


@pytest.mark.parametrize("home", ["", "DLLs/"])
def test_one_dll_is_compared_with_its_own_entry_in_an_sbom(
    case: VerifyCase, tmp_path: Path, home: str
) -> None:
    """As in answering a scanner: the other files of the release are elsewhere."""
    files = {f"{home}{name}": data for name, data in case.files.items()}
    document = write_document(files, tmp_path, "python")
    case.path = tmp_path / "sqlite3.dll"
    case.path.write_bytes(case.files["sqlite3.dll"])
    status, report = case.run("--sbom", str(document), script=False)
    assert (status, report["diagnostics"], report["matching_files"]) == (Exit.OK, [], 1)
    case.path.write_bytes(case.files["sqlite3.dll"] + b"changed")
    status, report = case.run("--sbom", str(document), script=False)
    assert status == Exit.ERRORS
    assert {one["name"] for one in report["diagnostics"]} == {"file-mismatch"}


def test_a_dll_that_the_sbom_does_not_list_is_reported_whatever_it_contains(
    case: VerifyCase, tmp_path: Path
) -> None:
    document = write_document(case.files, tmp_path, "sbom")
    case.files["sub/libcrypto-3.dll"] = pe(texts=[b"OpenSSL 3.0.16 11 Feb 2025"])
    status, report = case.run("--sbom", str(document), script=False)
    assert status == Exit.ERRORS
    assert messages(report, "unowned-file") == {
        "sub/libcrypto-3.dll": "unowned file: not listed in the SBOM"
    }


def test_no_cpython_version_is_expected_of_a_lone_script(case: VerifyCase) -> None:
    """Its tags are compared, but nothing states which release it is of."""
    case.release = ""
    status, report = case.run()
    [warning] = report["diagnostics"]
    assert (status, warning["name"], warning["severity"]) == (Exit.OK, "unknown-release", "warning")
    assert warning["file"].endswith("get_externals.bat")
    assert warning["message"] == (
        "the release of this script is not known, so the version of CPython in the binaries, "
        "3.13.5, is compared with nothing"
    )
    rows = {(row["file"], row["component"]): row for row in report["results"]}
    python = rows["python313.dll", "python"]
    assert (python["expected"], python["found"]) == ("", "3.13.5")
    assert python["status"] == "detected, not declared"
    assert rows["libcrypto-3.dll", "openssl"]["status"] == "confirmed"
    status, _ = case.run("--strict")
    assert status == Exit.ERRORS


def test_the_cpython_version_of_a_script_in_a_tree_is_expected(case: VerifyCase) -> None:
    status, report = case.run()
    rows = {(row["file"], row["component"]): row for row in report["results"]}
    assert rows["python313.dll", "python"]["status"] == "confirmed"
    case.release = "3.13.7"
    status, report = case.run()
    assert status == Exit.ERRORS
    assert messages(report, "version-mismatch")["python313.dll"].startswith(
        "expected python 3.13.7, found 3.13.5"
    )


def test_an_sbom_states_the_version_that_a_lone_script_does_not(case: VerifyCase) -> None:
    case.release = ""
    document = write_document(case.files, case.directory, "own")
    status, report = case.run("--sbom", str(document))
    assert (status, report["diagnostics"]) == (Exit.OK, [])


def test_a_lone_script_that_fetches_what_the_manifest_records_is_of_its_release(
    case: VerifyCase,
) -> None:
    """The binaries are of 3.13.5, the script is 3.14.7's: that is not what they were built by."""
    case.tags, case.version, case.recorded, case.release = {}, "3.14.7", [], ""
    status, report = case.run()
    assert status == Exit.ERRORS
    assert "expected CPython 3.14.7" in str([one["message"] for one in report["diagnostics"]])
