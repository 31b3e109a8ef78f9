"""What binaries were built from, by evidence alone: ``verify --identify``."""

from __future__ import annotations

from pathlib import Path

import pytest
from binaries import binaries, written
from manifests import COMMITTED
from pe_files import pe
from verify_case import VerifyCase

from sbom.cli import main
from sbom.diagnostics import Exit


@pytest.fixture
def case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> VerifyCase:
    return VerifyCase(tmp_path, capsys)


def test_binaries_show_what_they_were_built_from(case: VerifyCase) -> None:
    status, report = case.run("--identify", script=False)
    assert status == Exit.OK
    assert (report["cpython"], report["platforms"], report["variants"]) == (
        ["3.13.5"], ["amd64"], ["default"],
    )  # fmt: skip
    assert {one["external"]: one["tags"] for one in report["externals"]} == {
        "binary.libffi": ["libffi-3.4.4"],
        "binary.openssl-bin": ["openssl-bin-3.0.16.2"],
        "binary.tcltk": ["tcltk-8.6.15.0"],
        "source.bzip2": ["bzip2-1.0.8"],
        "source.mpdecimal": ["mpdecimal-4.0.0"],
        "source.sqlite": ["sqlite-3.49.1.0"],
        "source.xz": ["xz-5.0.5", "xz-5.2.2", "xz-5.2.5"],
        "source.zlib": ["zlib-1.3.1"],
    }
    assert {"component": "expat", "version": "2.7.1", "file": "pyexpat.pyd"} in report["components"]


def test_a_tag_is_inferred_for_a_version_that_no_known_tag_has(case: VerifyCase) -> None:
    case.files = binaries("x64", sqlite="3.99.1", openssl="3.0.99")
    _, out = case.run("--identify", output_format="text", script=False)
    assert out.splitlines()[0] == "CPython 3.13.5, amd64, default"
    inferred = "inferred: no known tag has this version"
    assert f"binary.openssl-bin: openssl-bin-3.0.99, {inferred}" in out
    assert "components of no external:\n    expat 2.7.1 in pyexpat.pyd\n" in out


def test_what_was_installed_later_does_not_show_what_python_was_built_from(
    case: VerifyCase,
) -> None:
    """As the OpenSSL that PyQt5 brings."""
    expected = case.run("--identify", script=False)[1]["externals"]
    other = pe(texts=[b"OpenSSL 1.1.1b  26 Feb 2019"])
    written(case.path, {"Lib/site-packages/PyQt5/Qt/bin/libcrypto-3.dll": other})
    assert case.run("--identify", script=False)[1]["externals"] == expected


def test_conflicting_evidence_is_reported(case: VerifyCase) -> None:
    case.files = binaries("x64", tcl="8.6.12")
    _, report = case.run("--identify", script=False)
    [bundle] = [one for one in report["externals"] if one["external"] == "binary.tcltk"]
    assert bundle["conflicting"]
    assert {"_tkinter.pyd names tcltk-8.6.15.0", "tcl86t.dll shows tcl 8.6.12"} <= set(
        bundle["evidence"]
    )
    _, out = case.run("--identify", output_format="text", script=False)
    assert "but no tag fits all of the evidence" in out


@pytest.mark.parametrize(
    "argv", [("--sbom", "x.json"), ("--platform", "amd64"), ("--variant", "default")]
)
def test_declarations_are_refused(
    case: VerifyCase, capsys: pytest.CaptureFixture[str], argv: tuple[str, str]
) -> None:
    written(case.path, case.files)
    target = [str(case.path), "--manifest", str(COMMITTED)]
    assert main(["verify", *target, "--identify", *argv]) == Exit.USAGE
    assert f"{argv[0]}: cannot be used with --identify" in capsys.readouterr().err


def test_a_binary_without_evidence_identifies_nothing(case: VerifyCase) -> None:
    case.files = {"other.dll": pe(resource={"FileVersion": "3.13.5"})}
    status, report = case.run("--identify", script=False)
    assert (status, report["cpython"], report["externals"]) == (Exit.ERRORS, [], [])
