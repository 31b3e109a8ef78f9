"""Folders and archives: every file hashed, nothing hostile let through, nothing unpacked."""

from __future__ import annotations

import ensurepip
import hashlib
import io
import os
import struct
import warnings
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbom.binaries.binary import Binary
from sbom.diagnostics import Code
from sbom.files.directory import read_folder
from sbom.files.member_names import validate_member_name
from sbom.files.zip import ArchiveContents, Limits, open_archives

NAMES = st.lists(
    st.from_regex(r"[a-z0-9]{1,6}(/[a-z0-9]{1,6}){0,2}\.(py|dll|txt)", fullmatch=True),
    unique=True,
    max_size=8,
)


def made(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", method) as archive:
        warnings.simplefilter("ignore")
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def opened(tmp_path: Path, data: bytes, limits: Limits = Limits()) -> ArchiveContents:  # noqa: B008
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    [one] = open_archives([(path, "x.zip")], lambda name: name.endswith(".zip"), limits)
    return one


def said(tmp_path: Path, data: bytes, limits: Limits = Limits()) -> list[str]:  # noqa: B008
    return [str(problem) for problem in opened(tmp_path, data, limits).problems]


# What is there.


def test_a_real_wheel_is_read_member_by_member(tmp_path: Path) -> None:
    [wheel] = (Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl")
    one = opened(tmp_path, wheel.read_bytes())
    assert one.problems == ()
    with zipfile.ZipFile(wheel) as archive:
        expected = {
            info.filename: hashlib.sha512(archive.read(info)).hexdigest()
            for info in archive.infolist()
            if not info.is_dir()
        }
    assert {file.path: file.sha512 for file in one.files} == expected
    assert one.own.sha256 == hashlib.sha256(wheel.read_bytes()).hexdigest()


@given(NAMES, st.binary(max_size=200), st.sampled_from([0, 8]))
def test_a_folder_and_its_archive_hold_the_same(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], data: bytes, method: int
) -> None:
    folder = tmp_path_factory.mktemp("tree")
    members = {f"{n}/{name}": data + name.encode() for n, name in enumerate(names)}
    for name, content in members.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    one = opened(tmp_path_factory.mktemp("zip"), made(dict(reversed(members.items())), method))
    assert one.problems == ()
    assert one.files == read_folder(folder)


def test_archives_in_an_archive_are_opened_where_they_are_wanted(tmp_path: Path) -> None:
    inner = made({"ctypes/dyld.pyc": b"x"})
    one = opened(tmp_path, made({"python314.zip": inner, "a.txt": b"a"}))
    assert [file.path for file in one.nested["python314.zip"].files] == ["ctypes/dyld.pyc"]
    assert one.nested["python314.zip"].own.sha256 == hashlib.sha256(inner).hexdigest()


def test_names_of_packages_are_unescaped_and_those_of_other_zips_are_not(tmp_path: Path) -> None:
    package = opened(tmp_path, made({"%5BContent_Types%5D.xml": b"", "a%20b.txt": b""}))
    assert [file.path for file in package.files] == ["[Content_Types].xml", "a b.txt"]
    other = opened(tmp_path, made({"a%20b.txt": b""}))
    assert [file.path for file in other.files] == ["a%20b.txt"]


@pytest.mark.parametrize("size", [10, 1 << 20])
def test_what_breaks_in_any_thread_is_not_lost(tmp_path: Path, size: int) -> None:
    def inspect(path: str, _: bytes) -> Binary | None:
        raise MemoryError(path)

    for number in range(4):
        (tmp_path / f"{number}.dll").write_bytes(b"MZ" + bytes(size))
    with pytest.raises(MemoryError, match="dll"):
        read_folder(tmp_path, inspect)


# What is hostile.


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("../evil.dll", "leads out of the archive with '..'"),
        ("a/../../evil.dll", "leads out of the archive with '..'"),
        ("/evil.dll", "is an absolute path"),
        ("C:/evil.dll", "names a drive"),
        ("c:evil.dll", "names a drive"),
        ("DLLs\\evil.dll", "has a backslash"),
        ("a//b", "has an empty part"),
        ("a/./b", "has an empty part"),
        ("evil.dll.", "ends with a dot or a blank"),
        ("evil /a.txt", "ends with a dot or a blank"),
        ("aux", "is the name of a device"),
        ("Lib/NUL.txt", "is the name of a device"),
        ("a?.txt", "has a character that no file name"),
        ("a\x07.txt", "has a character that no file name"),
        ("a.dll\0.txt", "has a character that no file name"),
    ],
)
def test_a_name_that_no_file_may_have_is_told(tmp_path: Path, name: str, sentence: str) -> None:
    assert sentence in validate_member_name(name)
    if "\0" not in name:
        [told] = said(tmp_path, made({name: b"x", "fine.txt": b"y"}))
        assert told.startswith(f"x.zip: {name}: ")
        assert sentence in told


@given(st.text(max_size=30))
def test_any_name_is_judged(name: str) -> None:
    assert isinstance(validate_member_name(name), str)


def test_members_of_one_name_are_told(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as archive:
        warnings.simplefilter("ignore")
        for name in ("a.dll", "a.dll", "B.dll", "b.dll"):
            archive.writestr(name, name)
    told = said(tmp_path, buffer.getvalue())
    assert [line.partition(", ")[0] for line in told] == [
        "x.zip: B.dll: is there in another case too",
        "x.zip: a.dll: is there 2 times",
        "x.zip: b.dll: is there in another case too",
    ]


def linked() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("link")
        info.create_system = 3
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return buffer.getvalue()


def flagged(data: bytes, value: int) -> bytes:
    """Return an archive whose central directory gives its first member other flags."""
    at = data.rindex(b"PK\x01\x02")
    return data[: at + 8] + struct.pack("<H", value) + data[at + 10 :]


def overlapping() -> bytes:
    """Return an archive that names the bytes of one member as those of many."""
    data = made({"a": b"x" * 999})
    at = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry, tail = data[at:end], data[end:]
    directory = b"".join(entry[:46] + bytes([97 + n]) + entry[47:] for n in range(9))
    fields = struct.unpack("<4s4H2LH", tail)
    new = struct.pack("<4s4H2LH", *fields[:3], 9, 9, len(directory), fields[6], 0)
    return data[:at] + directory + new


PLAIN = made({"a.txt": b"some text " * 50, "b.txt": b"more"})


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"no zip at all", "is no whole zip file"),
        (b"", "is no whole zip file"),
        (PLAIN[:-30], "is no whole zip file"),
        (PLAIN[: len(PLAIN) // 2], "is no whole zip file"),
        (flagged(PLAIN, 1), "is encrypted"),
        (made({"a": b"x" * 99}, zipfile.ZIP_BZIP2), "is compressed by method 12"),
        (linked(), "is a link"),
        (overlapping(), "lie over each other"),
        (PLAIN.replace(b"PK\x03\x04", b"PK\x03\x05", 1), "cannot be unpacked"),
    ],
    ids=["text", "empty", "tail", "half", "encrypted", "method", "link", "over", "magic"],
)
def test_an_archive_that_cannot_be_trusted_is_told(
    tmp_path: Path, data: bytes, sentence: str
) -> None:
    told = said(tmp_path, data)
    assert told
    assert sentence in told[0]


def test_a_changed_byte_is_found_by_the_members_checksum(tmp_path: Path) -> None:
    stored = made({"a.dll": b"A" * 500}, zipfile.ZIP_STORED)
    [told] = said(tmp_path, stored.replace(b"A" * 500, b"A" * 499 + b"B"))
    assert "x.zip: a.dll: cannot be unpacked: Bad CRC-32" in told


def test_what_a_header_lies_about_its_size_is_found_while_it_is_read(tmp_path: Path) -> None:
    data = made({"a": b"x" * 5000})
    at = data.index(b"PK\x01\x02")
    lying = data[: at + 24] + struct.pack("<L", 10) + data[at + 28 :]
    assert opened(tmp_path, lying).problems[0].code in (Code.UNREADABLE_FILE, Code.UNSAFE_ARCHIVE)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    [told] = said(tmp_path, made({"zeros": bytes(9_000_000)}), Limits(ratio=5))
    assert "to 9000000" in told


def test_limits_hold(tmp_path: Path) -> None:
    data = made({str(n): b"x" for n in range(20)})
    assert "more than 10" in said(tmp_path, data, Limits(members=10))[0]
    assert "it says it has 99 bytes" in said(tmp_path, made({"a": b"x" * 99}), Limits(member=50))[0]
    inner = made({"x": b"x"})
    for _ in range(9):
        inner = made({"n.zip": inner})
    assert said(tmp_path, inner) == []


@given(st.integers(0, len(PLAIN) - 1), st.binary(min_size=1, max_size=4))
def test_a_damaged_archive_is_read_or_told_and_never_breaks(
    tmp_path_factory: pytest.TempPathFactory, at: int, junk: bytes
) -> None:
    data = PLAIN[:at] + junk + PLAIN[at + len(junk) :]
    one = opened(tmp_path_factory.mktemp("zip"), data)
    assert one.problems or one.files


@pytest.mark.skipif(os.name == "nt", reason="makes links")
def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"x")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "out").symlink_to("/etc/passwd")
    assert [file.path for file in read_folder(tmp_path)] == ["real"]
