"""What the name of a file says of it in SPDX 3: tables 7 and 9 of BSI TR-03183-2 v2.1.0."""

from __future__ import annotations

import pytest

from sbom.formats.spdx3_files import (
    download_properties,
    file_purpose,
    media_type,
    shipped_file_properties,
)


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


@pytest.mark.parametrize(
    ("name", "properties"),
    [
        ("pip-26.2.1-py3-none-any.whl", {"archive", "container"}),  # as the rpm package of table 7
        ("python-3.14.7-amd64.exe", {"archive", "container", "executable"}),  # self-extracting
        ("core.msi", {"archive", "container"}),
        ("README", set()),
    ],
)
def test_what_is_downloaded_is_a_structured_archive(name: str, properties: set[str]) -> None:
    assert set(download_properties(name)) == properties


@pytest.mark.parametrize(
    ("name", "properties"),
    [
        ("DLLs/libssl-3.dll", {"executable", "firmware"}),  # clause 8.1.6: unstructured
        ("Lib/os.py", set()),
        ("Lib/ensurepip/_bundled/pip.whl", set()),
    ],
)
def test_a_binary_that_ships_is_executable_and_not_structured(
    name: str, properties: set[str]
) -> None:
    assert set(shipped_file_properties(name)) == properties
