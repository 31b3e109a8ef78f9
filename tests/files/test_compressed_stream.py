"""A .tar.xz is read as a .tar.gz of the same tar is, and refused where it is damaged."""

from __future__ import annotations

import gzip
import io
import lzma
import random
from dataclasses import replace

import pytest
from server import tar

from sbom.diagnostics import SbomError
from sbom.files.compressed_stream import ArchiveError, XzStream
from sbom.files.limits import EXTERNAL_LIMITS
from sbom.files.targz import read_targz

PLAIN = tar(
    {"bin/clang.exe": b"MZ", "noise": random.Random(7).randbytes(100_000)}, top="llvm-21.1.4.0"
)
XZ = lzma.compress(PLAIN)


def test_the_contents_are_those_of_the_tar_in_a_gzip_file() -> None:
    found, other = (read_targz(io.BytesIO(data), "a") for data in (XZ, gzip.compress(PLAIN)))
    assert replace(found, sha256=other.sha256, sha512=other.sha512, size=other.size) == other
    assert found.sha256 != other.sha256


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (XZ[:-20], f"a: is truncated: its xz data does not end within {len(XZ) - 20} bytes"),
        (XZ + b"x", "a: has data after the end of its xz data"),
        (XZ + XZ, "a: has data after the end of its xz data"),
        (XZ[:200] + bytes(100) + XZ[300:], "a: is damaged: "),
    ],
    ids=["truncated", "a byte more", "twice", "damaged"],
)
def test_a_damaged_file_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(SbomError) as caught:
        read_targz(io.BytesIO(data), "a")
    assert str(caught.value).startswith(message)


def test_a_bomb_is_refused_before_it_is_decompressed() -> None:
    bomb = lzma.compress(bytes(64 << 20), preset=0)
    stream = XzStream(io.BytesIO(bomb), "bomb", EXTERNAL_LIMITS)
    with pytest.raises(ArchiveError):
        stream.read(64 << 20)
    assert stream.inflated_size < 17 << 20
