"""What ``verify`` accepts: directories, archives and single binaries."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from binaries import binaries, written
from cabinets import cabinet
from installers import bundle, msi
from manifests import COMMITTED
from pe_files import pe
from releases import zipped
from signatures import signed_msix
from verify_case import VerifyCase, messages

from sbom.cli import main
from sbom.diagnostics import Exit

DATA = Path(__file__).parent.parent / "data"


@pytest.fixture
def case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> VerifyCase:
    return VerifyCase(tmp_path, capsys)


def test_a_package_is_inspected_like_a_directory(case: VerifyCase, tmp_path: Path) -> None:
    case.files |= {"LICENSE.txt": b"license"}
    case.path = tmp_path / "python.3.13.5.nupkg"
    inside = {f"tools/{name}": data for name, data in case.files.items()}
    case.path.write_bytes(zipped({**inside, "python.nuspec": b"<package/>"}))
    status, report = case.run()
    assert (status, report["diagnostics"]) == (Exit.OK, [])
    assert ("tools/_bz2.pyd", "bzip2") in case.statuses()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "externals.toml", "python.3.13.5.nupkg", "roots.pem", "tree",
    ]  # fmt: skip


def test_a_package_in_a_package_is_inspected_too(case: VerifyCase, tmp_path: Path) -> None:
    case.path = tmp_path / "python-3.13.5-amd64-store.msixupload"
    case.path.write_bytes(zipped({"python-store.msix": zipped(case.files)}))
    assert case.statuses()["python-store.msix/_bz2.pyd", "bzip2"] == "confirmed"


def test_an_installer_is_inspected_like_the_directory_that_it_installs(
    case: VerifyCase, tmp_path: Path
) -> None:
    _, layout = case.run()
    names = sorted(case.files)
    halves = [{name: case.files[name] for name in names[at::2]} for at in range(2)]
    case.path = tmp_path / "python-3.13.5-amd64.exe"
    case.path.write_bytes(bundle({"core.msi": msi(halves[0]), "lib.msi": msi(halves[1])}))
    status, installer = case.run()
    assert (status, installer["results"]) == (Exit.OK, layout["results"])
    case.path = tmp_path / "core.msi"
    case.path.write_bytes(msi(case.files))
    status, package = case.run()
    assert (status, package["results"]) == (Exit.OK, layout["results"])


def test_programs_that_an_installer_runs_itself_are_not_unowned(
    case: VerifyCase, tmp_path: Path
) -> None:
    """python.org's installers up to 3.12 contain py.exe, and run it to compile the library."""
    program = pe(resource={"CompanyName": "Python Software Foundation", "ProductName": "Python"})
    case.path = tmp_path / "python-3.13.5-amd64.exe"
    case.path.write_bytes(bundle({"core.msi": msi(case.files), "py.exe": program}))
    status, report = case.run()
    assert (status, report["diagnostics"]) == (Exit.OK, [])


def test_packages_and_cabinets_beside_an_installer_are_read(
    case: VerifyCase, tmp_path: Path
) -> None:
    package = {"Core.msi": msi(case.files)}
    case.path = tmp_path / "python-3.13.5-amd64.exe"
    case.path.write_bytes(bundle({}, detached=package))
    _, report = case.run()
    assert "not-inspected" in {row["name"] for row in report["diagnostics"]}
    (tmp_path / "core.msi").write_bytes(package["Core.msi"])
    status, report = case.run()
    assert (status, report["diagnostics"]) == (Exit.OK, [])
    assert case.statuses()["_bz2.pyd", "bzip2"] == "confirmed"
    (tmp_path / "amd64").mkdir()
    (tmp_path / "core.msi").rename(tmp_path / "amd64/core.msi")
    assert case.run()[1]["diagnostics"] == []


def test_an_old_library_in_an_installer_is_reported(case: VerifyCase, tmp_path: Path) -> None:
    case.files |= {"libcrypto-3.dll": pe(texts=[b"OpenSSL 3.0.15 3 Sep 2024"])}
    case.path = tmp_path / "python-3.13.5-amd64.exe"
    case.path.write_bytes(bundle({"core.msi": msi(case.files)}))
    status, report = case.run()
    assert status == Exit.ERRORS
    assert "version-mismatch" in {row["name"] for row in report["diagnostics"]}


def test_a_cabinet_is_inspected_like_a_directory(case: VerifyCase, tmp_path: Path) -> None:
    case.path = tmp_path / "python.cab"
    case.path.write_bytes(cabinet(case.files))
    status, report = case.run()
    assert (status, report["diagnostics"]) == (Exit.OK, [])
    assert case.statuses()["_bz2.pyd", "bzip2"] == "confirmed"


def test_the_signatures_of_cabinets_are_compared(case: VerifyCase, tmp_path: Path) -> None:
    signed = (DATA / "signed.cab").read_bytes()
    changed = signed.replace(b"CK", b"CL", 1)
    assert changed != signed
    unexpected = "expected a signature of Python Software Foundation, found one of Any Foundation"
    case.path = tmp_path / "python.cab"
    case.path.write_bytes(signed)
    assert unexpected in messages(case.run()[1], "unexpected-signer").values()
    case.path = tmp_path / "python-3.13.5-amd64.exe"
    case.path.write_bytes(bundle({"core.msi": msi(case.files), "more.cab": changed}))
    invalid = "invalid signature of Any Foundation: its contents are not what was signed"
    assert messages(case.run()[1], "invalid-signature") == {"more.cab": invalid}


def test_the_signature_of_an_msix_package_is_compared(case: VerifyCase, tmp_path: Path) -> None:
    parts = {"[Content_Types].xml": b"<Types/>", "AppxBlockMap.xml": b"<BlockMap/>"}
    package = zipped(case.files | parts)
    case.path = tmp_path / "python-3.13.5-amd64.msix"
    for signer, expected in {
        "Python Software Foundation": {},
        "Any Foundation": {
            "": "expected a signature of Python Software Foundation, found one of Any Foundation"
        },
    }.items():
        case.path.write_bytes(signed_msix(package, signer))
        assert messages(case.run()[1], "unexpected-signer") == expected


def test_one_dll_can_be_verified(case: VerifyCase, tmp_path: Path) -> None:
    case.path = written(tmp_path, {"libcrypto-3.dll": case.files["libcrypto-3.dll"]})
    case.path /= "libcrypto-3.dll"
    status, report = case.run()
    assert (status, report["files"]) == (Exit.OK, 1)
    assert [row["status"] for row in report["results"]] == ["confirmed"]


@pytest.mark.parametrize(
    ("data", "status", "message"),
    [
        (
            b"text",
            Exit.USAGE,
            "is not a directory, a zip file, a cabinet, an installer",
        ),
        (b"PK\x03\x04", Exit.ERRORS, "is not a complete zip file"),
        (None, Exit.USAGE, "file.zip: cannot be read: "),
    ],
)
def test_what_cannot_be_verified_is_an_error(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    data: bytes | None,
    status: int,
    message: str,
) -> None:
    path = tmp_path / "file.zip"
    if data is not None:
        path.write_bytes(data)
    assert main(["verify", str(path), "--manifest", str(COMMITTED)]) == status
    assert message in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are not available")
def test_a_named_pipe_is_refused_without_reading_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    argv = ["verify", str(tmp_path / "pipe"), "--manifest", str(COMMITTED)]
    assert main(argv) == Exit.USAGE
    assert "is neither a directory nor a regular file" in capsys.readouterr().err


def test_binaries_of_another_release_than_the_manifest_are_an_error(case: VerifyCase) -> None:
    status, report = case.run(script=False)
    assert status == Exit.ERRORS
    [other] = [one for one in report["diagnostics"] if one["name"] == "other-python-version"]
    assert "found 3.13.5" in other["message"]
    assert "--identify" in other["hint"]


def test_a_package_of_the_installer_alone_is_not_python(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """lib.msi of python.org has the library only; CPython's DLL is in core.msi."""
    path = tmp_path / "lib.msi"
    path.write_bytes(msi({"Lib/os.py": b"import sys\n"}))
    assert main(["verify", str(path), "--manifest", str(COMMITTED)]) == Exit.ERRORS
    output = capsys.readouterr().out
    assert "lib.msi: expected a build of CPython, found none [error: SBM213 no-python]" in output
    assert "name the installer that this package is of, or the SBOM of these files" in output


def test_of_two_pythons_the_one_that_the_manifest_is_of_is_verified(
    case: VerifyCase, tmp_path: Path
) -> None:
    older = binaries("x64", python="3.12.4", sqlite="3.45.3")
    files = {f"p312/{name}": data for name, data in older.items()}
    files |= {f"p313/{name}": data for name, data in case.files.items()}
    case.path = tmp_path / "two-1-py3-none-win_amd64.whl"
    case.path.write_bytes(zipped(files))
    case.manifest = case.manifest.replace('version = "3.14.7"', 'version = "3.13.5"', 1)
    _, report = case.run(script=False)
    assert {one["file"].partition("/")[0] for one in report["results"]} == {"p313"}
    assert messages(report, "not-inspected") == {
        "p312/": "not inspected: another CPython than in p313/: 3.12.4"
    }
