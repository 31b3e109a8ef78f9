"""Streams of compound files: as they were written, wherever their sectors are."""

from __future__ import annotations

import io
import random
import struct
from typing import Any

import olefile
import pytest
from installers import compound_file

from sbom.files.compound_stream import CompoundStreams

RNG = random.Random(20261128)
SIZES = (0, 1, 63, 64, 65, 4095, 4096, 4097, 30_000)
STREAMS = {f"S{size}": RNG.randbytes(size) for size in SIZES}
_SECTOR = 512


def opened(data: bytes) -> tuple[CompoundStreams, dict[str, Any]]:
    ole: Any = olefile.OleFileIO(io.BytesIO(data))
    return CompoundStreams(ole), {entry.name: entry for entry in ole.root.kids}


def scattered(data: bytes) -> bytes:
    """Return a compound file in which sectors of its largest stream are exchanged."""
    count = len(data) // _SECTOR - 1
    table = list(struct.unpack_from(f"<{count}I", data, _SECTOR))
    place = list(range(count))
    moved = place[count - 50 :]  # not its first one, which the directory names
    shuffled = moved.copy()
    RNG.shuffle(shuffled)
    for old, new in zip(moved, shuffled, strict=True):
        place[old] = new
    sectors = [b""] * count
    links = [0] * count
    for old, new in enumerate(place):
        sectors[new] = data[_SECTOR * (old + 1) : _SECTOR * (old + 2)]
        links[new] = place[table[old]] if table[old] < count else table[old]
    sectors[0] = struct.pack(f"<{count}I", *links).ljust(_SECTOR, b"\xff")
    return data[:_SECTOR] + b"".join(sectors)


@pytest.mark.parametrize("change", [bytes, scattered])
def test_streams_come_out_as_they_went_in(change: Any) -> None:
    streams, entries = opened(change(compound_file(STREAMS)))
    found = {name: streams.open(entry).read() for name, entry in entries.items()}
    assert found == STREAMS


def test_any_part_of_a_stream_can_be_read() -> None:
    streams, entries = opened(scattered(compound_file(STREAMS)))
    stream, data = streams.open(entries["S30000"]), STREAMS["S30000"]
    for _ in range(200):
        at, size = RNG.randrange(31_000), RNG.randrange(5000)
        stream.seek(at)
        assert stream.read(size) == data[at : at + size]
    assert stream.seek(-10, io.SEEK_END) == len(data) - 10
    assert stream.read() == data[-10:]


@pytest.mark.parametrize("size", [1 << 20, 1 << 31])
def test_a_stream_that_claims_more_than_its_file_is_an_error(size: int) -> None:
    streams, entries = opened(compound_file(STREAMS))
    entries["S30000"].size = size
    with pytest.raises(ValueError, match=r"a stream is (larger|shorter)"):
        streams.open(entries["S30000"])


@pytest.mark.parametrize("missing", [_SECTOR, 400])
def test_a_stream_behind_the_end_of_its_file_is_an_error(missing: int) -> None:
    streams, entries = opened(compound_file(STREAMS)[:-missing])
    with pytest.raises(ValueError, match=r"ends after its file|is shorter than"):
        streams.open(entries["S30000"])
