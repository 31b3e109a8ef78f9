"""The signers of shipped files, compared with the expected ones."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from binaries import binaries, written
from conftest import FACTS
from installers import bundle, msi
from manifests import committed, entry_of, for_entry
from releases import zipped
from signatures import catalog_of, signature_of, signed_msix, signed_pe
from verify_case import VerifyCase

from sbom.binaries.binary import Binary, PEHeaders
from sbom.binaries.pe import read_headers
from sbom.binaries.pe_layout import is_pe
from sbom.binaries.signature import Signature, SignatureStatus
from sbom.bom.expected_contents import expected_contents
from sbom.bom.ownership import assign_owners
from sbom.components.component import Build
from sbom.diagnostics import Exit
from sbom.files.shipped_file import ShippedFile
from sbom.manifest.channels import ReleaseConfig
from sbom.verification.signer_checks import check_installer_signature, check_signatures

SIGNERS = tomllib.loads((FACTS / "signers.toml").read_text("utf-8"))["python"]


@pytest.fixture
def case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> VerifyCase:
    """Return a build whose files are all signed, as those of python.org are."""
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


def test_a_signed_build_is_fine(case: VerifyCase) -> None:
    assert diagnostics(case) == []


def test_an_unsigned_build_is_fine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert diagnostics(VerifyCase(tmp_path, capsys)) == []


def test_an_unsigned_file_among_signed_ones_is_reported(case: VerifyCase) -> None:
    case.files["_bz2.pyd"] = binaries()["_bz2.pyd"]
    expected = "expected a signature of Python Software Foundation, found none"
    assert diagnostics(case) == [("unsigned-file", expected)]


@pytest.mark.parametrize(
    ("signer", "expected"),
    [("Python Software Foundation", []), ("Any Corporation", ["unsigned-file"])],
)
def test_an_unsigned_file_that_a_catalog_lists_is_fine(
    case: VerifyCase, signer: str, expected: list[str]
) -> None:
    case.files["_bz2.pyd"] = binaries()["_bz2.pyd"]
    listed = bytes.fromhex(read_headers(case.files["_bz2.pyd"]).authenticode)
    case.files["python.cat"] = catalog_of([listed], signer)
    case.trusted.append(signer)
    assert [name for name, _ in diagnostics(case)] == expected


@pytest.mark.parametrize(
    ("name", "prefix"), [("python.3.13.5.nupkg", "tools/"), ("python-3.13.5-amd64.msix", "")]
)
@pytest.mark.parametrize(
    ("signer", "expected"),
    [("Python Software Foundation", []), ("Any Corporation", ["unsigned-file"])],
)
def test_a_catalog_covers_unsigned_files_of_a_package(
    case: VerifyCase, tmp_path: Path, *, name: str, prefix: str, signer: str, expected: list[str]
) -> None:
    plain = binaries()["_bz2.pyd"]
    digest = bytes.fromhex(read_headers(plain).authenticode)
    case.files |= {"_bz2.pyd": plain, "python.cat": catalog_of([digest], signer)}
    members = {f"{prefix}{path}": data for path, data in case.files.items()}
    parts = {"[Content_Types].xml": b"<Types/>", "AppxBlockMap.xml": b"<BlockMap/>"}
    data = zipped(members | parts)
    case.path = tmp_path / name
    case.path.write_bytes(data if prefix else signed_msix(data, "Python Software Foundation"))
    case.trusted.append(signer)
    assert [name for name, _ in diagnostics(case)] == expected


def test_a_file_that_another_organization_signed_is_reported(case: VerifyCase) -> None:
    plain = binaries()["_bz2.pyd"]
    case.files["_bz2.pyd"] = signed_pe(plain, "Any Corporation")
    case.trusted.append("Any Corporation")
    assert diagnostics(case) == [
        (
            "unexpected-signer",
            "expected a signature of Python Software Foundation, found one of Any Corporation",
        )
    ]


def test_secondary_signatures_are_compared_too(case: VerifyCase) -> None:
    plain = binaries()["_bz2.pyd"]
    digest = bytes.fromhex(read_headers(plain).authenticode)
    case.trusted.append("Any Corporation")
    for message, expected in (
        (signature_of(digest, "Python Software Foundation"), []),
        (
            signature_of(bytes(32), "Any Corporation"),
            [
                (
                    "invalid-signature",
                    "invalid secondary signature of Any Corporation: "
                    "its contents are not what was signed",
                ),
                (
                    "unexpected-signer",
                    "expected a signature of Python Software Foundation, "
                    "found a secondary one of Any Corporation",
                ),
            ],
        ),
    ):
        written(case.path, case.files | {"_bz2.pyd": signed_pe(plain, inside=[message])})
        assert diagnostics(case) == expected


def test_a_signed_file_that_has_no_expected_signer_is_reported(case: VerifyCase) -> None:
    everything_else = '"Python Software Foundation" = ["*"]'
    assert everything_else in case.manifest
    all_but_bz2 = everything_else.replace('"*"', '"*.dll", "*.exe", "_[!b]*.pyd", "pyexpat.pyd"')
    case.manifest = case.manifest.replace(everything_else, all_but_bz2)
    case.files["_bz2.pyd"] = signed_pe(binaries()["_bz2.pyd"], "Any Corporation")
    case.trusted.append("Any Corporation")
    message = "expected no signature, found one of Any Corporation"
    assert diagnostics(case) == [("unexpected-signer", message)]


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


def test_a_timestamp_that_was_changed_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = VerifyCase(tmp_path, capsys)
    signed = signed_pe(case.files["_bz2.pyd"], time=datetime(2026, 6, 9, 12, tzinfo=UTC))
    case.files["_bz2.pyd"] = signed.replace(b"20260609120000Z", b"20250609120000Z")
    message = (
        "invalid timestamp of the signature of Python Software Foundation: "
        "it is of another one, or was changed"
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
    _, report = case.run()
    found = [(one["name"], one["subject"]) for one in report["diagnostics"]]
    assert found == [("unsigned-file", path) for path in ("", "_bz2.pyd", "core.msi")]
    case.path = tmp_path / "core.msi"
    case.path.write_bytes(msi(case.files, signer="Python Software Foundation"))
    assert [name for name, _ in diagnostics(case)] == ["unsigned-file"]


@pytest.mark.parametrize("is_beside", [False, True])
def test_the_packages_of_an_installer_are_compared_like_other_files(
    case: VerifyCase, tmp_path: Path, *, is_beside: bool
) -> None:
    signer = "Python Software Foundation"
    changed = msi({"a.txt": b"a"}, signer=signer).replace(b"Python 3.14.7", b"Python 3.14.8")
    packages = {
        "core.msi": msi(case.files, signer=signer),
        "lib.msi": msi({"b.txt": b"b"}, signer="Any Foundation"),
        "test.msi": changed,
    }
    case.path = tmp_path / "python-3.13.5-amd64.exe"
    case.path.write_bytes(bundle({} if is_beside else packages, detached=packages))
    for name, data in packages.items():
        (tmp_path / name).write_bytes(data)
    _, report = case.run()
    found = {
        (one["name"], one["subject"]): one["message"]
        for one in report["diagnostics"]
        if one["subject"].endswith(".msi") or not one["subject"]
    }
    assert found == {
        ("invalid-signature", "test.msi"): f"invalid signature of {signer}: "
        "its contents are not what was signed",
        ("unexpected-signer", "lib.msi"): f"expected a signature of {signer}, "
        "found one of Any Foundation",
        ("unsigned-file", ""): f"expected a signature of {signer}, found none",
        ("untrusted-signer", "lib.msi"): "signature of Any Foundation: expected a root that "
        "Windows trusts, found none (serial 0102)",
    }


def test_a_package_without_an_expected_signer_needs_no_signature() -> None:
    manifest = replace(committed(), release=ReleaseConfig())
    damaged = Signature(status=SignatureStatus.DAMAGED)
    contents = [ShippedFile("python.cat", 1, signature=damaged)]
    found = check_installer_signature("core.msi", ShippedFile("core.msi", 1), contents, manifest)
    assert list(found) == []


def signed_file(path: str, signer: str) -> ShippedFile:
    signature = Signature(status=SignatureStatus.INTACT, signer=signer) if signer else None
    binary = Binary(PEHeaders(signature=signature))
    return ShippedFile(path, 1, binary=binary, signature=signature)


@pytest.mark.parametrize("version", SIGNERS)
def test_the_files_of_real_releases_have_their_expected_signers(version: str) -> None:
    manifest = for_entry(entry_of(version))
    files = [signed_file(path, signer) for path, signer in SIGNERS[version].items()]
    assert len(files) > 50
    expected = expected_contents(manifest, [Build(platform="amd64")])
    inventory = assign_owners([file.path for file in files], expected)
    assert inventory.unowned == ()
    assert list(check_signatures("python", files, expected, inventory)) == []
    unsigned = [signed_file(file.path, "") if "_ssl" in file.path else file for file in files]
    [diagnostic] = check_signatures("python", unsigned, expected, inventory)
    assert diagnostic.subject == "DLLs/_ssl.pyd"
