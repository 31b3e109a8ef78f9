"""The bytes of a script as text, and the checksum that does not depend on a checkout."""

from __future__ import annotations

import hashlib

import pytest

from sbom.script.run import decode_script

TEXT = b"@echo off\nset libraries=xz-5.2.5\n"


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r\r\n"])
def test_line_ends_do_not_count_in_the_checksum(line_end: bytes) -> None:
    _, sha256 = decode_script(TEXT.replace(b"\n", line_end))
    assert sha256 == hashlib.sha256(TEXT).hexdigest()


def test_a_carriage_return_in_a_line_counts() -> None:
    assert decode_script(b"set a=\r1\n")[1] == hashlib.sha256(b"set a=\r1\n").hexdigest()


def test_a_script_that_is_not_utf_8_is_latin_1() -> None:
    assert decode_script(b"rem \xe9\n")[0] == "rem \xe9\n"
