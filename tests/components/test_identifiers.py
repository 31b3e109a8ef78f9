"""Package URLs and CPE names are those by which scanners look a component up."""

from __future__ import annotations

import pytest

from sbom.components.identifiers import make_cpes, make_purl

ARCHIVE = "https://example.org/a.tar.gz"


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("3.15.0rc1", "cpe:2.3:a:python:python:3.15.0:rc1:*:*:*:*:*:*"),
        ("3.15.0a7", "cpe:2.3:a:python:python:3.15.0:alpha7:*:*:*:*:*:*"),
        ("3.15.0b2", "cpe:2.3:a:python:python:3.15.0:beta2:*:*:*:*:*:*"),
        ("3.3-rc0", "cpe:2.3:a:python:python:3.3:rc0:*:*:*:*:*:*"),
        ("1.1.1k", "cpe:2.3:a:python:python:1.1.1k:*:*:*:*:*:*:*"),
        ("1.0+2", "cpe:2.3:a:python:python:1.0\\+2:*:*:*:*:*:*:*"),
    ],
)
def test_a_cpe_has_pre_releases_in_its_update_field(version: str, expected: str) -> None:
    assert make_cpes(["python:python"], version) == (expected,)


def test_a_cpe_needs_a_version() -> None:
    assert make_cpes(["python:python"], "") == ()


@pytest.mark.parametrize(
    ("base", "location", "expected"),
    [
        ("pkg:pypi/pip", ARCHIVE, "pkg:pypi/pip@1.2"),
        ("pkg:generic/zlib", "NOASSERTION", "pkg:generic/zlib@1.2"),
        (
            "pkg:generic/zlib",
            ARCHIVE,
            "pkg:generic/zlib@1.2?checksum=sha256:ab&download_url=https://example.org/a.tar.gz",
        ),
        (
            "pkg:generic/zlib",
            "svn+http://example.org/zlib",
            "pkg:generic/zlib@1.2?checksum=sha256:ab&vcs_url=svn%2Bhttp://example.org/zlib",
        ),
        ("", ARCHIVE, ""),
    ],
)
def test_a_generic_purl_says_where_the_source_is(base: str, location: str, expected: str) -> None:
    assert make_purl(base, "1.2", location, "ab") == expected
