"""What an archive says is believed only when all of it can be."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import FACTS
from hypothesis import given
from hypothesis import strategies as st
from server import archive, member, tar

from sbom.files.gzip import ArchiveError, DamagedError, Limits
from sbom.files.hashing import verification_code
from sbom.files.targz import ArchiveInfo, read_archive, read_chunks

FILES = {"README": b"read me\n", "src/a.c": b"int a;\n" * 300, "empty": b""}
COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOP = "deps-zlib-1.3.1"


def read(data: bytes, limits: Limits | None = None, piece: int = 1000) -> ArchiveInfo:
    chunks = (data[at : at + piece] for at in range(0, len(data), piece))
    return read_archive(chunks, "zlib.tar.gz", limits)


def sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def sentence(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(ArchiveError) as caught:
        read(data, limits)
    return caught.value.sentence


def test_facts_of_an_archive() -> None:
    data = archive(FILES, commit=COMMIT)
    facts = read(data)
    assert facts.sha256 == hashlib.sha256(data).hexdigest()
    assert facts.sha512 == hashlib.sha512(data).hexdigest()
    assert facts.size == len(data)
    assert facts.files == 3
    assert facts.commit == COMMIT
    assert [(entry.path, entry.size) for entry in facts.entries] == [
        ("README", 8),
        ("empty", 0),
        ("src/a.c", 2100),
    ]
    digests = sorted(sha1(text) for text in FILES.values())
    assert facts.verification_code == sha1("".join(digests).encode())
    assert facts.entries[0].sha256 == hashlib.sha256(FILES["README"]).hexdigest()


@given(st.integers(1, 4000))
def test_how_the_bytes_come_makes_no_difference(piece: int) -> None:
    data = archive(FILES)
    assert read(data, piece=piece) == read(data, piece=len(data))


@given(
    st.dictionaries(st.from_regex(r"[a-zé]{1,120}(/[A-Z]{1,90}x)?", fullmatch=True), st.binary())
)
def test_agrees_with_tarfile(files: dict[str, bytes]) -> None:
    files = {path: data for path, data in files.items() if path.split("/")[0] not in files} | {
        path: data for path, data in files.items() if "/" not in path
    }
    facts = read(archive(files))
    assert {entry.path: entry.sha1 for entry in facts.entries} == {
        path: sha1(data) for path, data in files.items()
    }


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_in_every_form(form: int) -> None:
    name = f"{TOP}/" + "d" * 90 + "/" + "f" * 90
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz", format=form) as made:
        made.addfile(member(name))
    assert [entry.path for entry in read(target.getvalue()).entries] == [name.partition("/")[2]]


def test_a_file_is_read_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_bytes(archive(FILES))
    with path.open("rb") as file:
        assert read_archive(read_chunks(file), str(path)) == read(archive(FILES))


def test_links_that_stay_inside() -> None:
    symbolic = member(f"{TOP}/src/link", tarfile.SYMTYPE, "../README")
    hard = member(f"{TOP}/again", tarfile.LNKTYPE, f"{TOP}/README")
    plain, linked = read(archive(FILES)), read(archive(FILES, symbolic, hard))
    assert linked.files == plain.files + 1
    assert [entry.path for entry in linked.entries] == ["README", "again", "empty", "src/a.c"]
    assert linked.entries[0].sha1 == linked.entries[1].sha1


_NAMES = {
    "/etc/passwd": "holds '/etc/passwd', which is no path below a folder",
    f"{TOP}/../../x": f"holds '{TOP}/../../x', which leads out of the archive",
    "../x": "holds '../x', which leads out of the archive",
    "other/x": f"holds 'other/x', which is not in the folder '{TOP}'",
    TOP: f"holds '{TOP}', which is in no folder",
    f"{TOP}/README": f"holds '{TOP}/README' twice",
    f"{TOP}/./README": f"holds '{TOP}/./README' twice",
    f"{TOP}/README/x": f"holds '{TOP}/README/x', which is below something that is no folder",
    f"{TOP}\\..\\x": f"holds '{TOP}\\\\..\\\\x', which is no path below a folder",
    "C:/x": "holds 'C:/x', which is no path below a folder",
}


@pytest.mark.parametrize("name", _NAMES)
def test_a_path_that_is_not_believed(name: str) -> None:
    assert sentence(archive(FILES, member(name))) == _NAMES[name]


@pytest.mark.parametrize(
    ("kind", "link", "expected"),
    [
        (tarfile.CHRTYPE, "", "a character device"),
        (tarfile.BLKTYPE, "", "a block device"),
        (tarfile.FIFOTYPE, "", "a FIFO"),
        (tarfile.GNUTYPE_SPARSE, "", "a sparse file"),
        (b"Z", "", "a member of an unknown type"),
        (tarfile.SYMTYPE, "../x", "a link to '../x' outside the archive"),
        (tarfile.SYMTYPE, "a/../../../x", "a link to 'a/../../../x' outside the archive"),
        (tarfile.SYMTYPE, "/etc/passwd", "a link to '/etc/passwd' outside the archive"),
        (tarfile.SYMTYPE, "C:x", "a link to 'C:x' outside the archive"),
    ],
)
def test_a_member_that_is_not_believed(kind: bytes, link: str, expected: str) -> None:
    odd = sentence(archive(FILES, member(f"{TOP}/odd", kind, link)))
    assert odd == f"holds '{TOP}/odd', {expected}"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (f"{TOP}/none", f"holds '{TOP}/odd -> {TOP}/none', a hard link to no file before it"),
        ("/etc/passwd", f"holds '{TOP}/odd -> /etc/passwd', which is no path below a folder"),
        ("else/x", f"holds '{TOP}/odd -> else/x', which is not in the folder '{TOP}'"),
    ],
)
def test_a_hard_link_that_is_not_believed(link: str, expected: str) -> None:
    assert sentence(archive(FILES, member(f"{TOP}/odd", tarfile.LNKTYPE, link))) == expected


def test_every_shorter_archive_is_damaged() -> None:
    data = archive(FILES, commit=COMMIT)
    for length in range(len(data)):
        with pytest.raises(DamagedError):
            read(data[:length])


def test_every_shorter_tar_is_damaged() -> None:
    data = tar({"a": b"12"})
    whole = len(data.rstrip(b"\0")) // 512 * 512 + 512
    for length in range(0, whole + 1024, 256):
        with pytest.raises(DamagedError, match="ends in the middle"):
            read(gzip.compress(data[:length], mtime=0))
    assert read(gzip.compress(data[: whole + 1024], mtime=0)).files == 1


@given(st.data())
def test_no_flipped_bit_is_a_traceback(data: st.DataObject) -> None:
    plain = bytearray(tar(FILES, commit=COMMIT))
    plain[data.draw(st.integers(0, 5000))] ^= 1 << data.draw(st.integers(0, 7))
    with suppress(ArchiveError):
        read(gzip.compress(bytes(plain), mtime=0))


def test_bytes_that_follow() -> None:
    data = archive(FILES)
    behind = "has bytes behind the end of its gzip data"
    assert sentence(data + b"x") == behind
    assert sentence(data + data) == behind
    assert sentence(data + b"\0" * 5000) == behind
    plain = tar(FILES)
    assert (
        sentence(gzip.compress(plain + b"x", mtime=0)) == "has data behind the mark that ends a tar"
    )
    cut = plain.rstrip(b"\0")
    cut += b"\0" * (-len(cut) % 512 + 512)
    assert (
        sentence(gzip.compress(cut + plain, mtime=0)) == "goes on behind the mark that ends a tar"
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><title>Not Found</title>", "is no gzip but HTML"),
        (b"\n <html>", "is no gzip but HTML"),
        (b"PK\x03\x04", "is no gzip but something else"),
        (b"\x1f\x8b\x07" + b"\0" * 30, "is no gzip but something else"),
        (
            gzip.compress(b"no tar" * 200, mtime=0),
            "member 1 has no valid tar header: invalid header",
        ),
        (gzip.compress(b"\0" * 10240, mtime=0), "holds nothing"),
    ],
)
def test_what_is_no_archive(data: bytes, expected: str) -> None:
    assert sentence(data) == expected


def test_a_header_damaged_in_the_middle_is_no_end() -> None:
    plain = bytearray(tar(FILES))
    at = plain.index(b"src/a.c")
    plain[at] ^= 1
    assert "has no valid tar header" in sentence(gzip.compress(bytes(plain), mtime=0))


def test_limits() -> None:
    data = archive(FILES)
    assert sentence(data, Limits(members=3)) == "has more than 3 members"
    large = sentence(data, Limits(member=2000))
    assert large == f"holds '{TOP}/src/a.c' of 2100 bytes; 2000 are believed"
    assert sentence(data, Limits(total=4000)) == "unpacks to more than 4000 bytes"
    assert read(data, Limits(members=4, member=2100, total=10240)).files == 3


def test_a_bomb_is_left_early() -> None:
    bomb = gzip.compress(tar({"zeros": bytes(64 << 20)}))
    came = 0

    def counted() -> Iterator[bytes]:
        nonlocal came
        for at in range(0, len(bomb), 1000):
            came += 1000
            yield bomb[at : at + 1000]

    with pytest.raises(ArchiveError) as caught:
        read_archive(counted(), "bomb.tar.gz")
    assert caught.value.sentence == "unpacks to more than 100 times its size"
    assert came < len(bomb) // 2


def test_headers_that_take_too_much() -> None:
    long = member("x", tarfile.GNUTYPE_LONGNAME)
    long.size = 5 << 20
    plain = long.tobuf() + bytes(5 << 20)
    assert sentence(gzip.compress(plain, mtime=0)) == "has an extended header of 5242880 bytes"
    huge = member(f"{TOP}/huge")
    huge.size = 1 << 40
    most = Limits().member
    large = sentence(gzip.compress(huge.tobuf(tarfile.GNU_FORMAT), mtime=0))
    assert large == f"holds '{TOP}/huge' of {1 << 40} bytes; {most} are believed"


def pax(kind: bytes, data: bytes) -> bytes:
    info = member("pax", kind)
    info.size = len(data)
    return info.tobuf(tarfile.USTAR_FORMAT) + data + bytes(-len(data) % 512)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (pax(b"g", b"9 path=x\n"), "its global header sets path"),
        (pax(b"x", b"nonsense"), "has a pax header that cannot be read"),
        (pax(b"x", b"11 path=x\n"), "has a pax header that cannot be read"),
        (pax(b"x", b"0 path=x\n"), "has a pax header that cannot be read"),
        (pax(b"x", b"5010 size=" + b"9" * 4999 + b"\n"), "has a pax header that cannot be read"),
        (pax(b"x", b"22 GNU.sparse.major=1\n"), f"holds '{TOP}', a sparse file"),
        (pax(b"x", b"13 path=../x\n"), "holds '../x', which leads out of the archive"),
    ],
)
def test_pax_headers_that_are_not_believed(header: bytes, expected: str) -> None:
    assert sentence(gzip.compress(header + tar(FILES), mtime=0)) == expected


def test_a_header_for_no_member() -> None:
    plain = pax(b"x", b"9 path=x\n") + bytes(1024)
    expected = "ends with a header that belongs to no member"
    assert sentence(gzip.compress(plain, mtime=0)) == expected


def test_verification_code_is_of_the_sorted_digests() -> None:
    assert verification_code(["b" * 40, "a" * 40]) == verification_code(["a" * 40, "b" * 40])


# Real archives, made from clones of python/cpython-source-deps and python/cpython-bin-deps.

CLONES = os.environ.get("SBOM_CLONES", "")
TAGS = [
    ("cpython-source-deps", tag)
    for tag in (
        "zlib-1.3.1 zlib-ng-2.2.4 xz-5.2.5 bzip2-1.0.8 mpdecimal-4.0.0 zstd-1.5.7 libffi-3.4.4 "
        "tk-8.6.15.0"
    ).split()
] + [("cpython-bin-deps", tag) for tag in "libffi-3.4.4 nasm-2.11.06 tcltk-8.6.15.0".split()]


@pytest.mark.parametrize(("repository", "tag"), TAGS)
def test_archives_as_github_serves_them(repository: str, tag: str) -> None:
    clone = Path(CLONES) / repository
    if not CLONES or not clone.is_dir():
        pytest.skip(f"SBOM_CLONES names no folder with a clone of python/{repository}")
    command = ["git", "-C", str(clone), "archive", "--format=tar"]
    made = subprocess.run(
        [*command, f"--prefix={repository}-{tag}/", tag], check=True, capture_output=True
    )
    gzipped = ["gzip", "-n"]
    packed = subprocess.run(gzipped, input=made.stdout, check=True, capture_output=True)
    facts = read(packed.stdout, piece=1 << 16)
    expected = json.loads((FACTS / "tags.json").read_bytes())[repository][tag]
    assert {
        "tar_gz_sha256": facts.sha256,
        "tar_gz_bytes": facts.size,
        "files": facts.files,
        "bytes": sum(entry.size for entry in facts.entries),
        "package_verification_code": facts.verification_code,
        "commit": facts.commit,
    } == expected
