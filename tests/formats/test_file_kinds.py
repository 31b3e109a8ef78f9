"""What the name of a file says of it; BSI's properties are of TR-03183-2 v2.1.0."""

from __future__ import annotations

from dataclasses import astuple

import pytest

from sbom.formats.file_kinds import bsi_properties, file_purpose, file_type, media_type


@pytest.mark.parametrize(
    ("name", "purpose", "type_"),
    [
        ("DLLs/_ssl.PYD", "library", "application/vnd.microsoft.portable-executable"),
        ("python.exe", "executable", "application/vnd.microsoft.portable-executable"),
        ("zlib-1.3.1.tar.gz", "archive", "application/gzip"),
        ("Lib/os.py", "source", ""),
        ("LICENSE", "", ""),
    ],
)
def test_purpose_and_media_type_follow_from_the_suffix(name: str, purpose: str, type_: str) -> None:
    assert (file_purpose(name), media_type(name)) == (purpose, type_)


@pytest.mark.parametrize("name", ["a.tgz", "a.zip", "a.whl", "core.msi"])
def test_what_is_an_archive_to_bsi_is_one_in_spdx_2(name: str) -> None:
    assert file_type(name) == "ARCHIVE"
    assert bsi_properties(name).is_archive


@pytest.mark.parametrize(
    ("name", "purpose", "properties"),
    [
        ("pip-26.2.1-py3-none-any.whl", "", (False, True, True)),  # as the rpm package of table 7
        ("python-3.14.7-amd64.exe", "install", (True, True, True)),  # a self-extracting archive
        ("python.exe", "", (True, False, False)),
        ("core.msi", "", (True, True, True)),
        ("DLLs/libssl-3.dll", "", (True, False, False)),  # clause 8.1.6: unstructured
        ("libs/python314.lib", "", (False, False, False)),
        ("Lib/os.py", "", (True, False, True)),
        ("README", "", (False, False, True)),
    ],
)
def test_properties_by_bsi_follow_from_the_suffix_and_an_installer_is_an_archive(
    name: str, purpose: str, properties: tuple[bool, bool, bool]
) -> None:
    assert astuple(bsi_properties(name, purpose)) == properties
