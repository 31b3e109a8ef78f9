"""Directories and zip files: every file is hashed, nothing unsafe is accepted or unpacked."""

from __future__ import annotations

import ensurepip
import hashlib
import io
import struct
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbom.files.directory import hash_directory
from sbom.files.limits import ARTIFACT_LIMITS, ArchiveLimits
from sbom.files.zip import ArchiveContents, ZipReader, validate_member_name

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
            info = zipfile.ZipInfo(name)
            info.filename = name  # on Windows, zipfile turns backslashes into slashes
            archive.writestr(info, data, method)
    return buffer.getvalue()


def opened(tmp_path: Path, data: bytes, limits: ArchiveLimits = ARTIFACT_LIMITS) -> ArchiveContents:
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    reader = ZipReader(is_nested=lambda name: name.endswith(".zip"), limits=limits)
    return reader.read(path, "x.zip")


def diagnostics(tmp_path: Path, data: bytes, limits: ArchiveLimits = ARTIFACT_LIMITS) -> list[str]:
    return [str(diagnostic) for diagnostic in opened(tmp_path, data, limits).diagnostics]


def limited(**limits: int) -> ArchiveLimits:
    return replace(ARTIFACT_LIMITS, **limits)


# What is accepted.


def test_each_member_of_a_real_wheel_is_hashed(tmp_path: Path) -> None:
    wheels = [*(Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl")]
    if not wheels:
        pytest.skip("this Python was packaged without pip's wheel, as Debian's is")
    [wheel] = wheels
    one = opened(tmp_path, wheel.read_bytes())
    assert one.diagnostics == ()
    with zipfile.ZipFile(wheel) as archive:
        expected = {
            info.filename: hashlib.sha512(archive.read(info)).hexdigest()
            for info in archive.infolist()
            if not info.is_dir()
        }
    assert {file.path: file.sha512 for file in one.members} == expected
    assert one.archive.sha256 == hashlib.sha256(wheel.read_bytes()).hexdigest()


@given(NAMES, st.binary(max_size=200), st.sampled_from([0, 8]))
def test_a_directory_and_its_zip_file_contain_the_same_files(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], data: bytes, method: int
) -> None:
    directory = tmp_path_factory.mktemp("tree")
    members = {f"{n}/{name}": data + name.encode() for n, name in enumerate(names)}
    for name, content in members.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content)
    one = opened(tmp_path_factory.mktemp("zip"), made(dict(reversed(members.items())), method))
    assert one.diagnostics == ()
    assert one.members == hash_directory(directory)


def test_zip_files_in_a_zip_file_are_opened_on_request(tmp_path: Path) -> None:
    inner = made({"ctypes/dyld.pyc": b"x"})
    one = opened(tmp_path, made({"python314.zip": inner, "a.txt": b"a"}))
    assert [file.path for file in one.nested["python314.zip"].members] == ["ctypes/dyld.pyc"]
    assert one.nested["python314.zip"].archive.sha256 == hashlib.sha256(inner).hexdigest()


def test_names_are_unescaped_in_packages_only(tmp_path: Path) -> None:
    package = opened(tmp_path, made({"%5BContent_Types%5D.xml": b"", "a%20b.txt": b""}))
    assert [file.path for file in package.members] == ["[Content_Types].xml", "a b.txt"]
    other = opened(tmp_path, made({"a%20b.txt": b""}))
    assert [file.path for file in other.members] == ["a%20b.txt"]


# What is refused.


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("../evil.dll", "leads out of the archive with '..'"),
        ("a/../../evil.dll", "leads out of the archive with '..'"),
        ("/evil.dll", "is an absolute path"),
        ("C:/evil.dll", "starts with a drive letter"),
        ("c:evil.dll", "starts with a drive letter"),
        ("DLLs\\evil.dll", "contains a backslash"),
        ("a//b", "contains '.' or an empty name"),
        ("a/./b", "contains '.' or an empty name"),
        ("evil.dll.", "ends with a dot or a blank"),
        ("evil /a.txt", "ends with a dot or a blank"),
        ("aux", "contains the name of a Windows device"),
        ("Lib/NUL.txt", "contains the name of a Windows device"),
        ("a?.txt", "contains a character that Windows does not allow"),
        ("a\x07.txt", "contains a character that Windows does not allow"),
        ("a.dll\0.txt", "contains a character that Windows does not allow"),
    ],
)
def test_an_unsafe_member_name_is_reported(tmp_path: Path, name: str, sentence: str) -> None:
    assert sentence in validate_member_name(name)
    if "\0" not in name:
        [line] = diagnostics(tmp_path, made({name: b"x", "fine.txt": b"y"}))
        assert line.startswith(f"x.zip: {name}: ")
        assert sentence in line


@given(st.text(max_size=30))
def test_any_text_is_validated_as_a_member_name(name: str) -> None:
    assert isinstance(validate_member_name(name), str)


def test_members_with_the_same_name_are_reported(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as archive:
        warnings.simplefilter("ignore")
        for name in ("a.dll", "a.dll", "B.dll", "b.dll"):
            archive.writestr(name, name)
    lines = diagnostics(tmp_path, buffer.getvalue())
    assert [line.partition(", ")[0] for line in lines] == [
        "x.zip: B.dll: occurs in another case too",
        "x.zip: a.dll: occurs 2 times",
        "x.zip: b.dll: occurs in another case too",
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
        (b"no zip at all", "is not a complete zip file"),
        (b"", "is not a complete zip file"),
        (PLAIN[:-30], "is not a complete zip file"),
        (PLAIN[: len(PLAIN) // 2], "is not a complete zip file"),
        (flagged(PLAIN, 1), "is encrypted"),
        (made({"a": b"x" * 99}, zipfile.ZIP_BZIP2), "is compressed with method 12"),
        (linked(), "is a symbolic link"),
        (overlapping(), "overlap"),
        (PLAIN.replace(b"PK\x03\x04", b"PK\x03\x05", 1), "cannot be unpacked"),
    ],
    ids=["text", "empty", "tail", "half", "encrypted", "method", "link", "over", "magic"],
)
def test_a_zip_file_that_cannot_be_trusted_is_reported(
    tmp_path: Path, data: bytes, sentence: str
) -> None:
    lines = diagnostics(tmp_path, data)
    assert lines
    assert sentence in lines[0]


def test_a_changed_byte_is_found_by_the_checksum_of_the_member(tmp_path: Path) -> None:
    stored = made({"a.dll": b"A" * 500}, zipfile.ZIP_STORED)
    [line] = diagnostics(tmp_path, stored.replace(b"A" * 500, b"A" * 499 + b"B"))
    assert "x.zip: a.dll: cannot be unpacked: Bad CRC-32" in line


@pytest.mark.parametrize(
    ("stated", "sentence"),
    [
        (10, "x.zip: a: cannot be unpacked: Bad CRC-32"),
        (5001, "x.zip: a: cannot be unpacked: expected 5001 bytes, found 5000"),
    ],
)
def test_a_false_size_is_found_while_the_member_is_read(
    tmp_path: Path, stated: int, sentence: str
) -> None:
    data = made({"a": b"x" * 5000}, zipfile.ZIP_DEFLATED)
    at = data.index(b"PK\x01\x02")
    lying = data[: at + 24] + struct.pack("<L", stated) + data[at + 28 :]
    [line] = diagnostics(tmp_path, lying)
    assert sentence in line


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    [line] = diagnostics(
        tmp_path, made({"zeros": bytes(9_000_000)}), limited(ratio=5, harmless_size=0)
    )
    assert "to 9000000" in line


def test_each_limit_is_enforced(tmp_path: Path) -> None:
    data = made({str(n): b"x" for n in range(20)})
    assert "the limit is 10" in diagnostics(tmp_path, data, limited(members=10))[0]
    assert (
        "has 99 bytes; the limit is 50"
        in diagnostics(tmp_path, made({"a": b"x" * 99}), limited(member_size=50))[0]
    )
    total = made({"a": b"x" * 60, "b": b"x" * 60})
    assert diagnostics(tmp_path, total, limited(total_size=120)) == []
    [line] = diagnostics(tmp_path, total, limited(total_size=119))
    assert line.endswith(f"has {len(total)} bytes and would unpack to 120")


def test_archives_in_archives_are_opened_to_a_limit(tmp_path: Path) -> None:
    data = made({"x": b"x"})
    for _ in range(9):
        data = made({"n.zip": data})
    inside = opened(tmp_path, data, limited(depth=2))
    assert inside.diagnostics == ()
    for _ in range(2):
        inside = inside.nested["n.zip"]
    assert [file.path for file in inside.members] == ["n.zip"]
    assert inside.nested == {}


@given(st.integers(0, len(PLAIN) - 1), st.binary(min_size=1, max_size=4))
def test_a_damaged_zip_file_is_read_or_reported_and_never_raises(
    tmp_path_factory: pytest.TempPathFactory, at: int, junk: bytes
) -> None:
    data = PLAIN[:at] + junk + PLAIN[at + len(junk) :]
    one = opened(tmp_path_factory.mktemp("zip"), data)
    assert one.diagnostics or one.members
