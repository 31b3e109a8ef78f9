"""Cabinets: every file comes out as it went in, and damage is an error, never a crash."""

from __future__ import annotations

import io
import random
import struct
import time
from base64 import b64decode
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from cabinets import LZX, MSZIP, STORED, cabinet, split_set
from hypothesis import given
from hypothesis import strategies as st
from lzx_encoder import ALIGNED, FRAME, UNCOMPRESSED, VERBATIM, LzxEncoder

from sbom.files.cabinet import (
    Cabinet,
    CabinetError,
    CabinetFile,
    CabinetFolder,
    parse_cabinet,
    read_files,
)
from sbom.files.lzx import LzxDecoder, LzxError

TEXT = Path(__file__).read_bytes() * 20
CODE = bytes(random.Random(1).choices([0xE8, 0, 1, 2, 255], k=70_001))
QUANTUM = 2

#: Of libarchive's tests: test_read_format_cab_3.cab, which Microsoft's makecab wrote, and
#: test_read_format_cab_lzx_e8.cab, which has calls at the edges of what is translated.
LIBARCHIVE = (
    "TVNDRgAAAAAhAQAAAAAAACwAAAAAAAAAAwEBAAQAAAArCwAAjQAAAAIAAxIAAAAAAAAAAAAAIgAAACAAZW1wdHkA6IAA"
    "AAAAAAAAACIAAAAgAHplcm8APAAAAOiAAAAAACIAAAAgAGRpcjFcZmlsZTEATgAAACSBAAAAACIAAAAgAGRpcjJcZmls"
    "ZTIAjo9VnHAAAIBbgICNCCAiFwAAAIEAAAAAQDNDAOgLDphJ+462DoksWt/fENAAAAAAAAEZAHKQITcw9pBGv9+QfgAg"
    "AAAAAGAGYIg9EcEX9Xd/05h8sG4AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAOAACww1B+jRQAcgEnfFQdscYv"
    "vvvcnM5WzcM+7Pso3w==",
    "TVNDRgAAAAB9AAAAAAAAACwAAAAAAAAAAwEBAAEAAAAAAAAAQwAAAAEAAw8eAAAAAAAAAAAA41xMiiAAZTguYmluAMqf"
    "WqgyAB4AW4CAjQAw4AEPAAAAAQAAAAUAAADoAAAAAOgAAACA6P///3/oDgEAAOgSNFZ46IdlQyE=",
)


def extracted(*cabinets: bytes) -> dict[str, bytes]:
    streams = [io.BytesIO(data) for data in cabinets]
    found: dict[str, bytes] = {}
    for packed in read_files([(stream, parse_cabinet(stream)) for stream in streams], 1 << 30):
        data = b"".join(packed.pieces)
        assert len(data) == packed.size
        found |= dict.fromkeys(packed.names, data)
    return found


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [
        *zip(
            LIBARCHIVE,
            (
                {
                    "empty": b"",
                    "zero": bytes(33_000),
                    r"dir1\file1": b" " * 26 + b"file 1 contents\n" + b"hello\n" * 3,
                    r"dir2\file2": b" " * 26 + b"file 2 contents\n" + b"hello\n" * 6,
                },
                {
                    "e8.bin": bytes.fromhex(
                        "e800000000e800000080e8ffffff7fe8ff000000e812345678e887654321"
                    )
                },
            ),
            strict=True,
        )
    ],
)
def test_cabinets_of_others_come_out_as_cabextract_and_7z_have_them(
    encoded: str, expected: dict[str, bytes]
) -> None:
    assert extracted(b64decode(encoded)) == expected


@pytest.mark.parametrize("method", [STORED, MSZIP, LZX, 3 | 18 << 8, 3 | 21 << 8])
@pytest.mark.parametrize("reserve", [b"", b"xyz"])
def test_files_come_out_as_they_went_in(method: int, reserve: bytes) -> None:
    files = {"os.py": TEXT, "DLLs/_ssl.pyd": CODE, "naïve.txt": b"x", "empty": b""}
    assert extracted(cabinet(files, method, reserve=reserve)) == files


def test_equal_files_are_one_range_with_all_their_names() -> None:
    made = cabinet({"a": TEXT, "b": CODE}, same={"c": "a"})
    assert extracted(made) == {"a": TEXT, "b": CODE, "c": TEXT}


@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_file_can_go_through_a_set_of_cabinets(count: int) -> None:
    names = [f"{number}.cab" for number in range(count)]
    made = split_set("python.exe", TEXT[:FRAME], names)
    assert parse_cabinet(io.BytesIO(made[0])).next == "1.cab"
    assert parse_cabinet(io.BytesIO(made[-1])).previous == names[-2]
    assert extracted(*made) == {"python.exe": TEXT[:FRAME]}


@pytest.mark.parametrize("window", [15, 17, 21])
@pytest.mark.parametrize("translated", [0, len(CODE)])
@pytest.mark.parametrize(
    "kinds", [[VERBATIM], [ALIGNED], [UNCOMPRESSED], [UNCOMPRESSED, ALIGNED, VERBATIM]]
)
def test_lzx_decompresses_each_kind_of_block(
    window: int, translated: int, kinds: Sequence[int]
) -> None:
    for data in (TEXT, CODE, b"a" * 100_001):
        decoder, made = LzxDecoder(window), b""
        for frame in LzxEncoder(window, translated).frames(data, kinds):
            made += decoder.decode(frame, min(FRAME, len(data) - len(made)))
        assert made == data


@given(st.binary(max_size=2_000), st.sampled_from([15, 21]))
def test_lzx_returns_any_bytes(data: bytes, window: int) -> None:
    [frame] = LzxEncoder(window).frames(data) if data else [b""]
    assert not data or LzxDecoder(window).decode(frame, len(data)) == data


def test_a_window_that_lzx_does_not_have_is_an_error() -> None:
    with pytest.raises(LzxError, match="14 bits; expected 15 to 21"):
        LzxDecoder(14)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (b"", "ends too early"),
        (b"PK" + cabinet({"a": TEXT})[2:], "is not a cabinet"),
        (cabinet({"a": TEXT})[:-5], "ends too early"),
        (cabinet({"a": TEXT})[:-5] + b"12345", "checksum is wrong"),
        (cabinet({"a": TEXT}, QUANTUM), "Quantum, which is not supported; cabextract unpacks it"),
        (split_set("a", TEXT[:FRAME], ["1", "2"])[0], "ends too early"),
        (split_set("a", TEXT[:FRAME], ["1", "2"])[1], "does not start with 'CK'"),
    ],
)
def test_a_damaged_cabinet_says_why(made: bytes, message: str) -> None:
    with pytest.raises(CabinetError, match=message):
        extracted(made)


@given(st.sampled_from([STORED, MSZIP, LZX]), st.integers(0, 2_000), st.integers(1, 255))
def test_a_changed_byte_is_an_error_or_changes_what_comes_out(
    method: int, at: int, change: int
) -> None:
    made = bytearray(cabinet({"a.py": TEXT[:1_000], "b.py": TEXT[1_000:1_500]}, method))
    made[at % len(made)] ^= change
    with suppress(CabinetError):
        assert all(len(data) <= 2 * FRAME for data in extracted(bytes(made)).values())


def test_many_folders_and_files_are_joined_in_time_proportional_to_both() -> None:
    count = 20_000
    folders = tuple(CabinetFolder(0, 0, 0) for _ in range(count))
    files = tuple(CabinetFile(f"{n}", 0, 0, n) for n in range(count))
    crowded = Cabinet(0, folders, files, "", "", 0, is_continued=False, set_id=1, number=0)
    started = time.perf_counter()
    found = [packed.names for packed in read_files([(io.BytesIO(), crowded)], 0)]
    assert found == [(f"{n}",) for n in range(count)]
    assert time.perf_counter() - started < 5


def test_a_match_that_crosses_the_end_of_a_block_is_an_error() -> None:
    # A bit for x86, 3 of the type, 24 of the size of the block: 5 instead of 120 bytes. Where the
    # frame went on after the match, this never ended.
    [frame] = LzxEncoder(15).frames(b"abc" * 40)
    first, second = struct.unpack_from("<2H", frame)
    bits = (first << 16 | second) & 0xF000000F | 5 << 4
    made = struct.pack("<2H", bits >> 16, bits & 0xFFFF) + frame[4:]
    with pytest.raises(LzxError, match="crosses the end of a block"):
        LzxDecoder(15).decode(made, 500)
