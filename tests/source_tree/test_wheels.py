"""Wheels that ensurepip bundles: old, new and damaged ones."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trees import PIP_1, compressed_wheel, wheel

from sbom.source_tree.wheels import check_wheel, parse_pins, read_wheel

PATH = "Lib/ensurepip/_bundled/pip-26.2.1-py3-none-any.whl"
METHODS = (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


@pytest.mark.parametrize("method", METHODS)
def test_a_wheel_that_is_damaged_inside_is_not_one(method: int) -> None:
    assert read_wheel("pip.whl", compressed_wheel(method, PIP_1)) is not None
    data = compressed_wheel(method, PIP_1, damaged=True)
    assert read_wheel("pip.whl", data) is None
    assert [one.code for one in check_wheel(PATH, data, "")] == ["invalid-wheel"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_description_is_not_metadata(end: str) -> None:
    lines = ["Name: pip", "Version: 1", "", "Name: other", "Version: 2"]
    found = read_wheel("pip.whl", compressed_wheel(zipfile.ZIP_STORED, end.join(lines).encode()))
    assert found is not None
    assert (found.name, found.version) == ("pip", "1")


def modified(member: str) -> bytes:
    """Return a wheel of which one member was replaced after RECORD was written."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(wheel("pip", "26.2.1", "idna==3.18"))) as old,
        zipfile.ZipFile(buffer, "w") as new,
    ):
        for name in old.namelist():
            new.writestr(name, b"other" if name == member else old.read(name))
    return buffer.getvalue()


def test_a_modified_member_is_found_by_the_record() -> None:
    [found] = check_wheel(PATH, modified("pip/_vendor/vendor.txt"), "")
    assert found.code == "checksum-mismatch"
    assert found.subject == f"{PATH} pip/_vendor/vendor.txt"
    assert "of pip/_vendor/vendor.txt as in the wheel's RECORD" in found.message


def test_a_wheel_of_another_checksum_than_recorded_is_found() -> None:
    [found] = check_wheel(PATH, wheel("pip", "26.2.1"), "ab" * 32)
    assert found.code == "checksum-mismatch"
    assert "expected SHA-256 abababababab…" in found.message


def test_a_wheel_of_another_version_than_its_file_name_is_found() -> None:
    [found] = check_wheel(PATH, wheel("pip", "26.2.0"), "")
    assert found.code == "invalid-wheel"
    assert found.message == "contains pip 26.2.0, not what it is named"


def test_an_intact_wheel_is_fine() -> None:
    assert list(check_wheel(PATH, wheel("pip", "26.2.1", "idna==3.18"), "")) == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("requests==2.34.2", [("requests", "2.34.2")]),
        ("    certifi==2026.6.17", [("certifi", "2026.6.17")]),
        ("CacheControl==0.12.11  # Make sure to update the license", [("cachecontrol", "0.12.11")]),
        ("typing_extensions==4.4.0", [("typing-extensions", "4.4.0")]),
        ("tomli==2.0.0rc1 ; python_version < '3.11'", [("tomli", "2.0.0rc1")]),
        ("urllib3[secure]==1.26.20 \\", [("urllib3", "1.26.20")]),
        ("urllib3==1.26.20 --hash=sha256:00", [("urllib3", "1.26.20")]),
        ("setuptools == 44.0.0", [("setuptools", "44.0.0")]),
        ("pkg===1.0+local", [("pkg", "1.0+local")]),
        ("# via requests", []),
        ("#six==1.0", []),
        ("-r other.txt", []),
        ("--hash=sha256:00", []),
        ("requests>=2", []),
        ("requests==2.*", []),
        ("", []),
    ],
)
def test_a_vendored_package_is_what_is_pinned(line: str, expected: list[tuple[str, str]]) -> None:
    assert list(parse_pins(line)) == expected


@given(st.binary(max_size=60), st.text())
def test_any_bytes_and_texts_are_read_or_passed_over(data: bytes, text: str) -> None:
    assert read_wheel("a.whl", data) is None
    assert isinstance(list(parse_pins(text)), list)


@given(st.binary(max_size=300), st.sampled_from(METHODS))
def test_any_metadata_is_read_or_passed_over(metadata: bytes, method: int) -> None:
    assert isinstance(list(check_wheel(PATH, compressed_wheel(method, metadata), "")), list)


@given(st.integers(0, 600), st.integers(1, 255), st.sampled_from(METHODS))
def test_one_changed_byte_of_a_wheel_breaks_nothing(at: int, by: int, method: int) -> None:
    data = bytearray(compressed_wheel(method, PIP_1))
    data[at % len(data)] ^= by
    assert isinstance(list(check_wheel(PATH, bytes(data), "")), list)
