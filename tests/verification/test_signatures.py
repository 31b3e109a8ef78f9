"""Who signed the files of a build, compared with who is expected to have signed them."""

from __future__ import annotations

from pathlib import Path

import pytest
from binaries import binaries
from installers import bundle, msi
from signatures import signed_pe
from verify_case import VerifyCase

from sbom.binaries.pe import is_pe, read_headers
from sbom.diagnostics import Exit


@pytest.fixture
def case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> VerifyCase:
    """Return a build whose files are all signed by whom python.org's are."""
    case = VerifyCase(tmp_path, capsys)
    for name, data in case.files.items():
        if is_pe(data) and read_headers(data).signature is None:
            microsoft = name.lower().startswith(("vcruntime", "api-ms-win"))
            signer = "Microsoft Corporation" if microsoft else "Python Software Foundation"
            case.files[name] = signed_pe(data, signer)
    return case


def diagnostics(case: VerifyCase) -> list[tuple[str, str]]:
    status, report = case.run()
    found = [(one["name"], one["message"]) for one in report["diagnostics"]]
    assert (status == Exit.ERRORS) == any(name == "invalid-signature" for name, _ in found)
    return found


def test_a_build_that_is_signed_throughout_is_fine(case: VerifyCase) -> None:
    assert diagnostics(case) == []


def test_a_build_that_nobody_signed_is_fine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert diagnostics(VerifyCase(tmp_path, capsys)) == []


def test_an_unsigned_file_among_signed_ones_is_reported(case: VerifyCase) -> None:
    case.files["_bz2.pyd"] = binaries()["_bz2.pyd"]
    expected = "expected a signature of Python Software Foundation, found none"
    assert diagnostics(case) == [("unsigned-file", expected)]


def test_a_file_that_somebody_else_signed_is_reported(case: VerifyCase) -> None:
    plain = binaries()["_bz2.pyd"]
    case.files["_bz2.pyd"] = signed_pe(plain, "Any Corporation")
    assert diagnostics(case) == [
        (
            "unexpected-signer",
            "expected a signature of Python Software Foundation, found one of Any Corporation",
        )
    ]


def test_a_file_that_was_changed_after_signing_is_an_error_in_any_build(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = VerifyCase(tmp_path, capsys)
    signed = signed_pe(case.files["_bz2.pyd"])
    case.files["_bz2.pyd"] = signed.replace(b"error number", b"ERROR NUMBER")
    message = (
        "invalid signature of Python Software Foundation: its contents are not what was signed"
    )
    assert diagnostics(case)[:1] == [("invalid-signature", message)]


def test_files_that_were_added_to_an_installation_need_no_signature(case: VerifyCase) -> None:
    plain = binaries()["_bz2.pyd"]
    case.files["Lib/site-packages/other/core.pyd"] = plain
    assert diagnostics(case) == []


def test_a_package_of_an_installer_is_compared_too(case: VerifyCase, tmp_path: Path) -> None:
    case.files["_bz2.pyd"] = binaries()["_bz2.pyd"]
    case.path = tmp_path / "python-3.13.5-amd64.exe"
    case.path.write_bytes(bundle({"core.msi": msi(case.files)}))
    assert [name for name, _ in diagnostics(case)] == ["unsigned-file"]
