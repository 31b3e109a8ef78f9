"""``verify``: which signatures lead to a root that Windows trusts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from binaries import binaries
from signatures import catalog_of, pem_of, signature_of, signed_pe
from verify_case import VerifyCase

from sbom.binaries.pe import read_headers
from sbom.diagnostics import Exit

SELF_MADE = (
    "signature of Python Software Foundation: expected a root that Windows trusts, found none "
    "(serial 0102"
)


@pytest.fixture
def case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> VerifyCase:
    """Return a build in which one file is signed, by a certificate that a root is trusted for."""
    case = VerifyCase(tmp_path, capsys)
    case.files = {"_bz2.pyd": signed_pe(binaries()["_bz2.pyd"])}
    return case


def untrusted(case: VerifyCase, *more: str) -> dict[str, str]:
    _, report = case.run(*more)
    rows = [row for row in report["diagnostics"] if row["name"] == "untrusted-signer"]
    return {row["subject"]: row["message"] for row in rows}


def test_a_self_made_certificate_is_reported_once(case: VerifyCase) -> None:
    assert untrusted(case) == {}
    case.files["python3.dll"] = signed_pe(binaries()["_bz2.pyd"])
    case.path = case.directory / "other"
    case.trusted = []
    assert untrusted(case) == {"_bz2.pyd": f"{SELF_MADE}, and 1 more file)"}


def test_a_secondary_signature_with_a_self_made_certificate_is_reported(case: VerifyCase) -> None:
    plain = binaries()["_bz2.pyd"]
    message = signature_of(bytes.fromhex(read_headers(plain).authenticode), "Any Foundation")
    case.files["_bz2.pyd"] = signed_pe(plain, inside=[message])
    assert untrusted(case) == {
        "_bz2.pyd": "signature of Any Foundation: expected a root that Windows trusts, "
        "found none (serial 0102)"
    }


def test_a_catalog_with_a_self_made_certificate_is_reported(case: VerifyCase) -> None:
    """It would have files that are not signed pass for python.org's."""
    plain = binaries()["_bz2.pyd"]
    listed = bytes.fromhex(read_headers(plain).authenticode)
    case.files = {
        "_bz2.pyd": plain,
        "python.cat": catalog_of([listed], "Python Software Foundation"),
    }
    case.trusted = []
    assert untrusted(case) == {"python.cat": f"{SELF_MADE})"}


def test_a_timestamp_without_a_trusted_root_is_reported(case: VerifyCase) -> None:
    time = datetime(2026, 6, 9, 12, tzinfo=UTC)
    case.files["_bz2.pyd"] = signed_pe(binaries()["_bz2.pyd"], time=time)
    assert untrusted(case) == {}
    case.trusted.remove("Any Authority")
    assert untrusted(case) == {
        "_bz2.pyd": "timestamp of the signature of Python Software Foundation: "
        "expected a root that Windows trusts, found none (serial 0102)"
    }


def test_a_signature_that_is_not_intact_is_not_reported_twice(case: VerifyCase) -> None:
    case.files["_bz2.pyd"] = case.files["_bz2.pyd"].replace(b"error number", b"ERROR NUMBER")
    case.trusted = []
    assert untrusted(case) == {}


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("", ": it is an empty file"),
        ("text", ""),
        (pem_of(["Any Foundation"])[:300] + "\n-----END CERTIFICATE-----\n", ""),
    ],
)
def test_a_file_without_root_certificates_is_refused(
    case: VerifyCase, text: str, more: str
) -> None:
    roots = case.directory / "other.pem"
    roots.write_text(text, encoding="ascii")
    case.trusted = []
    status, report = case.run("--root", str(roots))
    [error] = report["diagnostics"]
    assert (status, error["message"]) == (Exit.USAGE, f"has no certificates in PEM{more}")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "byte order mark"])
def test_roots_can_have_been_saved_on_windows(case: VerifyCase, mark: bytes) -> None:
    pem = pem_of(case.trusted).replace("\n", "\r\n")
    roots = case.directory / "other.pem"
    roots.write_bytes(mark + pem.encode("ascii"))
    case.trusted = []
    assert untrusted(case, "--root", str(roots)) == {}
    assert case.run("--root", str(roots))[0] == Exit.OK
