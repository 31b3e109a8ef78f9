"""The signatures of MSIX and NuGet packages: who signed, and whether it is still that package."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from releases import zipped
from signatures import (
    countersigned,
    nupkg_signature_of,
    signed_msix,
    signed_nupkg,
    with_timestamp_of,
)

from sbom.binaries.signature import SignatureStatus
from sbom.files.zip import ArchiveContents, ZipReader

FILES = {
    "python.exe": b"python",
    "Lib/os.py": b"import sys\n" * 50,
    "[Content_Types].xml": b"<Types/>",
    "AppxBlockMap.xml": b"<BlockMap/>",
}
CODE = {"AppxMetadata/CodeIntegrity.cat": b"catalog"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "python.msix"


def read(path: Path, data: bytes) -> ArchiveContents:
    path.write_bytes(data)
    return ZipReader(lambda name: name.endswith(".msix")).read(path, "python.msix")


def status(path: Path, data: bytes) -> SignatureStatus | None:
    contents = read(path, data)
    assert contents.diagnostics == ()
    return contents.archive.signature.status if contents.archive.signature else None


@pytest.mark.parametrize("files", [FILES, FILES | CODE])
def test_it_states_who_signed_it(path: Path, files: dict[str, bytes]) -> None:
    signature = read(path, signed_msix(zipped(files), "Any Foundation")).archive.signature
    assert signature
    assert signature.status is SignatureStatus.INTACT
    assert signature.signer == "Any Foundation"
    assert status(path, zipped(files)) is None


def test_a_package_in_an_archive_has_a_signature_too(path: Path) -> None:
    package = signed_msix(zipped(FILES), "Any Foundation")
    contents = read(path, zipped({"python-store.msix": package}))
    assert contents.archive.signature is None
    [member] = contents.members
    assert member.signature == contents.nested["python-store.msix"].archive.signature
    assert member.signature


@pytest.mark.parametrize("name", [*FILES, *CODE])
def test_a_change_of_any_part_is_found(path: Path, name: str) -> None:
    """The signature is that of other contents of one member."""
    other = FILES | CODE | {name: b"other"}
    path.write_bytes(signed_msix(zipped(FILES | CODE), "Any Foundation"))
    with zipfile.ZipFile(path) as opened:
        signature = opened.read("AppxSignature.p7x")
    path.write_bytes(zipped(other))
    with zipfile.ZipFile(path, "a") as opened:
        opened.writestr("AppxSignature.p7x", signature)
    assert status(path, path.read_bytes()) is SignatureStatus.CHANGED


def test_a_member_that_was_added_is_found(path: Path) -> None:
    path.write_bytes(signed_msix(zipped(FILES), "Any Foundation"))
    with zipfile.ZipFile(path, "a") as opened:
        opened.writestr("more.txt", b"more")
    assert status(path, path.read_bytes()) is SignatureStatus.CHANGED


def test_a_member_of_its_name_that_is_no_signature_is_damaged(path: Path) -> None:
    files = FILES | {"AppxSignature.p7x": b"none"}
    assert status(path, zipped(files)) is SignatureStatus.DAMAGED


def test_a_nuget_package_states_who_signed_it(path: Path) -> None:
    """What is signed is the digest of the package before it was signed."""
    files = {"python.nuspec": b"<package/>", "tools/python.exe": b"python"}
    signature = read(path, signed_nupkg(zipped(files), "Any Foundation")).archive.signature
    assert signature
    assert (signature.status, signature.signer) == (SignatureStatus.INTACT, "Any Foundation")
    with zipfile.ZipFile(path) as opened:
        message = opened.read(".signature.p7s")
    for name in files:
        path.write_bytes(zipped(files | {name: b"other"}))
        with zipfile.ZipFile(path, "a") as opened:
            opened.writestr(".signature.p7s", message)
        assert status(path, path.read_bytes()) is SignatureStatus.CHANGED
    assert status(path, zipped({**files, ".signature.p7s": b"0"})) is SignatureStatus.DAMAGED


def test_the_countersignature_of_a_nuget_repository_is_a_secondary_signature(path: Path) -> None:
    """NuGet's "Repository Signatures": it is an attribute of the author's signature.

    Its time is what the repository claims, and no timestamp.
    """
    time = datetime(2026, 6, 9, 12, tzinfo=UTC)
    package = zipped({"python.nuspec": b"<package/>"})

    def countersign(message: bytes) -> bytes:
        return countersigned(message, time, "NuGet.org Repository by Microsoft")

    signed = signed_nupkg(package, "Any Foundation", countersign)
    signature = read(path, signed).archive.signature
    assert signature
    assert (signature.status, signature.signed_at) == (SignatureStatus.INTACT, "")
    [secondary] = signature.secondary
    assert secondary.signer == "NuGet.org Repository by Microsoft"
    assert secondary.status is SignatureStatus.INTACT
    of_another = countersign(nupkg_signature_of(bytes(32), "Any Foundation"))

    def exchange(message: bytes) -> bytes:
        return with_timestamp_of(message, of_another)

    changed = read(path, signed_nupkg(package, "Any Foundation", exchange)).archive.signature
    assert changed
    assert [one.status for one in changed.all_signatures] == [
        SignatureStatus.INTACT, SignatureStatus.DAMAGED,
    ]  # fmt: skip


@pytest.mark.parametrize("sign", [signed_msix, signed_nupkg])
def test_no_damage_is_a_crash(path: Path, sign: Callable[[bytes, str], bytes]) -> None:
    rng, signed = random.Random(20261127), sign(zipped(FILES), "Any Foundation")
    for _ in range(300):
        data = bytearray(signed)
        for _ in range(rng.choice([1, 2, 8])):
            at = rng.randrange(len(data))
            data[at : at + rng.randrange(3)] = rng.randbytes(rng.randrange(3))
        read(path, bytes(data))
