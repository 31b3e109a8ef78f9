"""An archive is accepted only when all of it can be trusted."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import FACTS
from hypothesis import given
from hypothesis import strategies as st
from server import archive, member, tar

from sbom.files.compressed_stream import ArchiveError, DamagedArchiveError, GzipStream
from sbom.files.limits import EXTERNAL_LIMITS, ArchiveLimits
from sbom.files.shipped_file import verification_code
from sbom.files.targz import ArchiveInfo, read_targz

FILES = {"README": b"read me\n", "src/a.c": b"int a;\n" * 300, "empty": b""}
COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOP = "deps-zlib-1.3.1"


def read(data: bytes, limits: ArchiveLimits = EXTERNAL_LIMITS) -> ArchiveInfo:
    return read_targz(io.BytesIO(data), "zlib.tar.gz", limits)


def limited(**limits: int) -> ArchiveLimits:
    return replace(EXTERNAL_LIMITS, **limits)


def sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def error(data: bytes, limits: ArchiveLimits = EXTERNAL_LIMITS) -> str:
    with pytest.raises(ArchiveError) as caught:
        read(data, limits)
    return caught.value.message


def test_an_archive_has_checksums_files_and_the_commit_of_its_header() -> None:
    data = archive(FILES, commit=COMMIT)
    info = read(data)
    assert info.sha256 == hashlib.sha256(data).hexdigest()
    assert info.sha512 == hashlib.sha512(data).hexdigest()
    assert info.size == len(data)
    assert len(info.files) == 3
    assert info.commit == COMMIT
    assert [(file.path, file.size) for file in info.files] == [
        ("README", 8),
        ("empty", 0),
        ("src/a.c", 2100),
    ]
    digests = sorted(sha1(text) for text in FILES.values())
    assert info.verification_code == sha1("".join(digests).encode())
    assert info.files[0].sha256 == hashlib.sha256(FILES["README"]).hexdigest()


@given(
    st.dictionaries(st.from_regex(r"[a-zé]{1,120}(/[A-Z]{1,90}x)?", fullmatch=True), st.binary())
)
def test_files_have_the_checksums_of_what_tarfile_wrote(files: dict[str, bytes]) -> None:
    files = {path: data for path, data in files.items() if path.split("/")[0] not in files} | {
        path: data for path, data in files.items() if "/" not in path
    }
    info = read(archive(files))
    assert {file.path: file.sha1 for file in info.files} == {
        path: sha1(data) for path, data in files.items()
    }


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_of_every_tar_format_are_read(form: int) -> None:
    name = f"{TOP}/" + "d" * 90 + "/" + "f" * 90
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz", format=form) as made:
        made.addfile(member(name))
    assert [file.path for file in read(target.getvalue()).files] == [name.partition("/")[2]]


def test_links_inside_the_archive_are_accepted_and_hard_links_are_files() -> None:
    symbolic = member(f"{TOP}/src/link", tarfile.SYMTYPE, "../README")
    hard = member(f"{TOP}/again", tarfile.LNKTYPE, f"{TOP}/README")
    plain, linked = read(archive(FILES)), read(archive(FILES, symbolic, hard))
    assert len(linked.files) == len(plain.files) + 1
    assert [file.path for file in linked.files] == ["README", "again", "empty", "src/a.c"]
    assert linked.files[0].sha1 == linked.files[1].sha1


_NAMES = {
    "/etc/passwd": "contains '/etc/passwd', which is not a path below a directory",
    f"{TOP}/../../x": f"contains '{TOP}/../../x', which leads out of the archive",
    "../x": "contains '../x', which leads out of the archive",
    "other/x": f"contains 'other/x', which is not in the directory '{TOP}'",
    TOP: f"contains '{TOP}', which is not in a directory",
    f"{TOP}/README": f"contains '{TOP}/README' twice",
    f"{TOP}/./README": f"contains '{TOP}/./README' twice",
    f"{TOP}/README/x": (
        f"contains '{TOP}/README/x', which is below something that is not a directory"
    ),
    f"{TOP}\\..\\x": f"contains '{TOP}\\\\..\\\\x', which is not a path below a directory",
    "C:/x": "contains 'C:/x', which is not a path below a directory",
}


@pytest.mark.parametrize("name", _NAMES)
def test_a_member_with_an_unsafe_path_is_refused(name: str) -> None:
    assert error(archive(FILES, member(name))) == _NAMES[name]


@pytest.mark.parametrize(
    ("kind", "link", "expected"),
    [
        (tarfile.CHRTYPE, "", "a character device"),
        (tarfile.BLKTYPE, "", "a block device"),
        (tarfile.FIFOTYPE, "", "a FIFO"),
        (tarfile.GNUTYPE_SPARSE, "", "a sparse file"),
        (b"Z", "", "a member of unknown type"),
        (tarfile.SYMTYPE, "../x", "a link to '../x' outside the archive"),
        (tarfile.SYMTYPE, "a/../../../x", "a link to 'a/../../../x' outside the archive"),
        (tarfile.SYMTYPE, "/etc/passwd", "a link to '/etc/passwd' outside the archive"),
        (tarfile.SYMTYPE, "C:x", "a link to 'C:x' outside the archive"),
    ],
)
def test_a_member_that_is_no_file_or_leads_outside_is_refused(
    kind: bytes, link: str, expected: str
) -> None:
    odd = error(archive(FILES, member(f"{TOP}/odd", kind, link)))
    assert odd == f"contains '{TOP}/odd', {expected}"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (f"{TOP}/none", f"contains '{TOP}/odd -> {TOP}/none', a hard link to no file before it"),
        (
            "/etc/passwd",
            f"contains '{TOP}/odd -> /etc/passwd', which is not a path below a directory",
        ),
        ("else/x", f"contains '{TOP}/odd -> else/x', which is not in the directory '{TOP}'"),
    ],
)
def test_a_hard_link_to_no_file_of_the_archive_is_refused(link: str, expected: str) -> None:
    assert error(archive(FILES, member(f"{TOP}/odd", tarfile.LNKTYPE, link))) == expected


def test_every_truncated_archive_is_damaged() -> None:
    data = archive(FILES, commit=COMMIT)
    for length in range(len(data)):
        with pytest.raises(DamagedArchiveError):
            read(data[:length])


def test_every_truncated_tar_is_damaged() -> None:
    data = tar({"a": b"12"})
    whole = len(data.rstrip(b"\0")) // 512 * 512 + 512
    for length in range(0, whole + 1024, 256):
        with pytest.raises(DamagedArchiveError, match="ends in the middle"):
            read(gzip.compress(data[:length], mtime=0))
    assert read(gzip.compress(data[: whole + 1024], mtime=0)).files[0].path == "a"


@given(st.data())
def test_no_flipped_bit_causes_a_traceback(data: st.DataObject) -> None:
    plain = bytearray(tar(FILES, commit=COMMIT))
    plain[data.draw(st.integers(0, 5000))] ^= 1 << data.draw(st.integers(0, 7))
    with suppress(ArchiveError):
        read(gzip.compress(bytes(plain), mtime=0))


def test_data_after_the_end_is_refused() -> None:
    data = archive(FILES)
    after = "has data after the end of its gzip data"
    assert error(data + b"x") == after
    assert error(data + data) == after
    assert error(data + b"\0" * 5000) == after
    plain = tar(FILES)
    assert error(gzip.compress(plain + b"x", mtime=0)) == "has data after the end of its tar data"
    cut = plain.rstrip(b"\0")
    cut += b"\0" * (-len(cut) % 512 + 512)
    assert error(gzip.compress(cut + plain, mtime=0)) == "has data after the end of its tar data"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><title>Not Found</title>", "is not a gzip file: it is HTML"),
        (b"\n <html>", "is not a gzip file: it is HTML"),
        (b"PK\x03\x04", "is not a gzip file"),
        (b"\x1f\x8b\x07" + b"\0" * 30, "is not a gzip file"),
        (
            gzip.compress(b"no tar" * 200, mtime=0),
            "has a damaged tar header after 0 members: invalid header",
        ),
        (gzip.compress(b"\0" * 10240, mtime=0), "contains nothing"),
    ],
)
def test_a_file_that_is_not_an_archive_is_refused(data: bytes, expected: str) -> None:
    assert error(data) == expected


def test_a_damaged_header_is_not_taken_for_the_end() -> None:
    plain = bytearray(tar(FILES))
    at = plain.index(b"src/a.c")
    plain[at] ^= 1
    assert "has a damaged tar header" in error(gzip.compress(bytes(plain), mtime=0))


def test_each_limit_is_enforced() -> None:
    data = archive(FILES)
    assert error(data, limited(members=3)) == "has more than 3 members"
    large = error(data, limited(member_size=2000))
    assert large == f"contains '{TOP}/src/a.c' of 2100 bytes; the limit is 2000"
    assert (
        error(data, limited(total_size=4000))
        == f"has {len(data)} bytes and unpacks to more than 4000"
    )
    assert len(read(data, limited(members=4, member_size=2100, total_size=10240)).files) == 3


def test_a_gzip_bomb_is_refused_before_it_is_inflated() -> None:
    bomb = gzip.compress(tar({"zeros": bytes(64 << 20)}))
    message = f"has {len(bomb)} bytes and unpacks to more than {16 << 20}"
    assert error(bomb) == message
    stream = GzipStream(io.BytesIO(bomb), "bomb.tar.gz", EXTERNAL_LIMITS)
    with pytest.raises(ArchiveError, match=message):
        stream.read(64 << 20)
    assert stream.inflated_size < 17 << 20


def test_many_headers_for_one_member_are_refused() -> None:
    long = member("x", tarfile.GNUTYPE_LONGNAME)
    plain = long.tobuf() * 5000 + tar(FILES)
    assert error(gzip.compress(plain, mtime=0)) == "has 9 extended headers for one member"


def test_headers_that_claim_too_much_are_refused() -> None:
    long = member("x", tarfile.GNUTYPE_LONGNAME)
    long.size = 5 << 20
    plain = long.tobuf() + bytes(5 << 20)
    assert error(gzip.compress(plain, mtime=0)) == "has an extended header of 5242880 bytes"
    huge = member(f"{TOP}/huge")
    huge.size = 1 << 40
    most = EXTERNAL_LIMITS.member_size
    large = error(gzip.compress(huge.tobuf(tarfile.GNU_FORMAT), mtime=0))
    assert large == f"contains '{TOP}/huge' of {1 << 40} bytes; the limit is {most}"


def pax(kind: bytes, data: bytes) -> bytes:
    info = member("pax", kind)
    info.size = len(data)
    return info.tobuf(tarfile.USTAR_FORMAT) + data + bytes(-len(data) % 512)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (pax(b"g", b"9 path=x\n"), "sets path for all of its members"),
        (pax(b"x", b"nonsense"), "has a pax header that cannot be read"),
        (pax(b"x", b"11 path=x\n"), "has a pax header that cannot be read"),
        (pax(b"x", b"0 path=x\n"), "has a pax header that cannot be read"),
        (pax(b"x", b"5010 size=" + b"9" * 4999 + b"\n"), "has a pax header that cannot be read"),
        (pax(b"x", b"22 GNU.sparse.major=1\n"), "contains a sparse file"),
        (pax(b"x", b"13 path=../x\n"), "contains '../x', which leads out of the archive"),
    ],
)
def test_an_invalid_pax_header_is_refused(header: bytes, expected: str) -> None:
    assert error(gzip.compress(header + tar(FILES), mtime=0)) == expected


def test_a_header_without_a_member_is_refused() -> None:
    plain = pax(b"x", b"9 path=x\n") + bytes(1024)
    expected = "ends with a header that belongs to no member"
    assert error(gzip.compress(plain, mtime=0)) == expected


def test_verification_code_is_of_the_sorted_digests() -> None:
    assert verification_code(["b" * 40, "a" * 40]) == verification_code(["a" * 40, "b" * 40])


# Real archives, made from clones of python/cpython-source-deps and python/cpython-bin-deps.

CLONES = os.environ.get("SBOM_CLONES", "")
TAGS = [
    ("cpython-source-deps", tag)
    for tag in [
        "zlib-1.3.1",
        "zlib-ng-2.2.4",
        "xz-5.2.5",
        "bzip2-1.0.8",
        "mpdecimal-4.0.0",
        "zstd-1.5.7",
        "libffi-3.4.4",
        "tk-8.6.15.0",
    ]
] + [("cpython-bin-deps", tag) for tag in ["libffi-3.4.4", "nasm-2.11.06", "tcltk-8.6.15.0"]]


@pytest.mark.parametrize(("repository", "tag"), TAGS)
def test_archives_as_github_serves_them(repository: str, tag: str) -> None:
    clone = Path(CLONES) / repository
    if not CLONES or not clone.is_dir():
        pytest.skip(f"SBOM_CLONES names no directory with a clone of python/{repository}")
    command = ["git", "-C", str(clone), "archive", "--format=tar"]
    made = subprocess.run(
        [*command, f"--prefix={repository}-{tag}/", tag], check=True, capture_output=True
    )
    gzipped = ["gzip", "-n"]
    packed = subprocess.run(gzipped, input=made.stdout, check=True, capture_output=True)
    info = read(packed.stdout)
    expected = json.loads((FACTS / "tags.json").read_bytes())[repository][tag]
    assert {
        "tar_gz_sha256": info.sha256,
        "tar_gz_bytes": info.size,
        "files": len(info.files),
        "bytes": sum(file.size for file in info.files),
        "package_verification_code": info.verification_code,
        "commit": info.commit,
    } == expected
