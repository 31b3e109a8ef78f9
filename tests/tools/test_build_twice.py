"""Wheel and sdist: what two builds must agree in, and what they must have."""

from __future__ import annotations

import io
import tarfile

import pytest
from build_twice import checksum_lines, differing, missing_members, section_errors


def sdist(*names: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(f"example-1.0/{name}"), io.BytesIO())
    return buffer.getvalue()


def test_equal_builds_have_no_difference() -> None:
    assert differing({"a.whl": b"1"}, {"a.whl": b"1"}) == []


def test_each_difference_of_two_builds_is_named() -> None:
    assert differing({"a.whl": b"1", "b": b""}, {"a.whl": b"2", "c": b""}) == [
        "a.whl: differs between two builds",
        "b: made by only one of two builds",
        "c: made by only one of two builds",
    ]


def test_each_tracked_file_is_in_the_sdist() -> None:
    data = sdist("PKG-INFO", "sbom/cli.py")
    assert missing_members(data, ["sbom/cli.py", "sbom/io.py"]) == ["sbom/io.py: not in the sdist"]


@pytest.mark.parametrize("heading", ["## 0.1.0", "## 0.1.0 (2026-12-01)"])
def test_a_version_has_a_section_in_the_changelog(heading: str) -> None:
    names = ["example-0.1.0-py3-none-any.whl", "example-0.1.0.tar.gz"]
    assert section_errors(f"# Changelog\n\n{heading}\n", names) == []
    assert section_errors(f"{heading}\n", ["example-0.1-py3-none-any.whl"]) == [
        "CHANGELOG.md: no section for 0.1"
    ]


def test_checksums_have_the_form_that_sha256sum_reads() -> None:
    # `printf hello | sha256sum`
    digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    assert checksum_lines({"b": b"hello", "a": b"hello"}) == f"{digest}  a\n{digest}  b\n"
