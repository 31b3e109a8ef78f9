"""Packages, cabinets and signatures of tools of others: ``nox -s debian-tools``."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from cabinets import MSZIP, STORED, cabinet
from debian_tools import digests, msiextract, needs_debian_tools, run, write_with_wixl
from installers import msi, no_cabinet
from pe_files import pe
from releases import zipped
from signatures import signed_pe

from sbom.binaries.pe import read_headers
from sbom.binaries.search import Inspector
from sbom.binaries.signature import Signature, SignatureStatus
from sbom.files.cabinet_archive import CabinetReader
from sbom.files.msi import MsiReader
from sbom.files.msi_database import MsiDatabase
from sbom.files.msi_summary import SourceKind, read_source_kind
from sbom.files.zip import ArchiveContents, ZipReader

pytestmark = needs_debian_tools
FILES = {
    "python.exe": pe(texts=[b"python"]),
    "DLLs/_bz2.pyd": bytes(range(256)) * 600,
    "Lib/os.py": b"import sys\n" * 4000,
    "Lib/empty.py": b"",
}


def read(path: Path) -> ArchiveContents:
    with path.open("rb") as file:
        return MsiReader().read(file, path.name, no_cabinet)


def found(contents: ArchiveContents) -> dict[str, str]:
    assert contents.diagnostics == ()
    return {file.path: file.sha256 for file in contents.members}


def test_msiextract_finds_the_same_files_in_our_packages(tmp_path: Path) -> None:
    package = tmp_path / "core.msi"
    package.write_bytes(msi(FILES))
    assert found(read(package)) == digests(FILES) == msiextract(package, tmp_path / "out")


def test_a_package_of_wixl_is_read(tmp_path: Path) -> None:
    package = write_with_wixl(FILES, tmp_path, "core.msi")
    contents = read(package)
    assert found(contents) == digests(FILES) == msiextract(package, tmp_path / "out")


def test_the_summary_of_a_package_of_wixl_says_that_its_files_are_in_cabinets(
    tmp_path: Path,
) -> None:
    package = write_with_wixl(FILES, tmp_path, "core.msi")
    assert "\nSource: 2 (2)\n" in run("msiinfo", "suminfo", package, cwd=tmp_path)
    with package.open("rb") as file:
        assert read_source_kind(MsiDatabase(file)) == SourceKind(is_compressed=True)


def signed(directory: Path, name: str, *options: str) -> Path:
    """Sign a file with osslsigncode and a certificate made by openssl; return the signed one."""
    subject = ("-subj", "/O=Any Foundation/CN=Any Signer")
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out",
        "certificate.pem", *subject, cwd=directory)  # fmt: skip
    run("osslsigncode", "sign", "-certs", "certificate.pem", "-key", "key.pem", "-h", "sha256",
        *options, "-in", name, "-out", f"signed-{name}", cwd=directory)  # fmt: skip
    return directory / f"signed-{name}"


def check(signature: Signature | None) -> None:
    assert signature
    assert signature.status is SignatureStatus.INTACT
    assert signature.signer == "Any Foundation"
    assert signature.subject == "CN=Any Signer, O=Any Foundation"


def test_a_program_that_osslsigncode_signed_is_intact(tmp_path: Path) -> None:
    (tmp_path / "python.exe").write_bytes(FILES["python.exe"])
    data = signed(tmp_path, "python.exe").read_bytes()
    check(read_headers(data).signature)
    changed = read_headers(data.replace(b"python", b"PYTHON")).signature
    assert changed
    assert changed.status is SignatureStatus.CHANGED


def test_a_timestamp_that_osslsigncode_made_is_stated(tmp_path: Path) -> None:
    if "-TSA-key" not in run("osslsigncode", "sign", "--help", cwd=tmp_path, check=False):
        pytest.skip("this osslsigncode makes no timestamps by itself")
    extensions = "[authority]\nextendedKeyUsage=critical,timeStamping\n[req]\n"
    extensions += "distinguished_name=name\n[name]\n"
    (tmp_path / "authority.cnf").write_text(extensions)
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "authority.key",
        "-out", "authority.pem", "-subj", "/O=Any Authority", "-config", "authority.cnf",
        "-extensions", "authority", cwd=tmp_path)  # fmt: skip
    (tmp_path / "python.exe").write_bytes(FILES["python.exe"])
    options = ("-TSA-certs", "authority.pem", "-TSA-key", "authority.key", "-TSA-time")
    data = signed(tmp_path, "python.exe", *options, "1780000000").read_bytes()
    signature = read_headers(data).signature
    check(signature)
    assert signature
    assert signature.signed_at == "2026-05-28T20:26:40Z"


@pytest.mark.parametrize("options", [(), ("-add-msi-dse",)])
def test_a_package_that_osslsigncode_signed_is_intact(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    (tmp_path / "core.msi").write_bytes(msi(FILES))
    contents = read(signed(tmp_path, "core.msi", *options))
    check(contents.archive.signature)
    assert found(contents) == digests(FILES)


@pytest.mark.parametrize("method", [STORED, MSZIP])
def test_a_cabinet_that_osslsigncode_signed_is_intact(tmp_path: Path, method: int) -> None:
    (tmp_path / "files.cab").write_bytes(cabinet(FILES, method))
    data = signed(tmp_path, "files.cab").read_bytes()
    contents = CabinetReader(Inspector([])).read(io.BytesIO(data), "files.cab", no_cabinet)
    check(contents.archive.signature)
    assert found(contents) == digests(FILES)


@pytest.mark.parametrize("is_zip64", [False, True])
def test_an_msix_package_that_osslsigncode_signed_is_intact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_zip64: bool
) -> None:
    if is_zip64:
        monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    block_map = b'<BlockMap HashMethod="http://www.w3.org/2001/04/xmlenc#sha256"></BlockMap>'
    # Without this line, osslsigncode adds it, and leaves the checksum of the part as it was.
    types = b'<Types><Override PartName="/AppxSignature.p7x" '
    types += b'ContentType="application/vnd.ms-appx.signature"/></Types>'
    parts = {"[Content_Types].xml": types, "AppxBlockMap.xml": block_map}
    data = zipped(FILES | parts)
    if is_zip64:  # The numbers are only in the end of 64 bits.
        data = data[:-18] + bytes(4) + b"\xff" * 12 + bytes(2)
    (tmp_path / "python.msix").write_bytes(data)
    contents = ZipReader().read(signed(tmp_path, "python.msix"), "python.msix")
    assert contents.diagnostics == ()
    check(contents.archive.signature)
    assert digests(FILES).items() <= found(contents).items()


def test_osslsigncode_computes_the_digest_that_the_tests_sign(tmp_path: Path) -> None:
    (tmp_path / "python.exe").write_bytes(signed_pe(FILES["python.exe"]))
    # It fails, because the certificate is not trusted; what it computed is printed before.
    printed = run("osslsigncode", "verify", "-in", "python.exe", cwd=tmp_path, check=False)
    lines = re.findall(r"(?m)^(Current|Calculated) message digest *: (\w+)", printed)
    stated = dict(lines)
    assert stated.keys() == {"Current", "Calculated"}
    assert stated["Current"] == stated["Calculated"]
