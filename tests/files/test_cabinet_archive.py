"""A cabinet by itself: its files and its signature."""

from __future__ import annotations

import hashlib
import io
import random
import struct
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO

import pytest
from cabinets import cabinet, split_set
from pe_files import pe

from sbom.binaries.search import Inspector
from sbom.binaries.signature import Signature, SignatureStatus
from sbom.files.cabinet_archive import CabinetReader
from sbom.files.limits import ArchiveLimits
from sbom.files.zip import ArchiveContents

#: osslsigncode 2.9 signed it, with a certificate and an authority that openssl made.
SIGNED = (Path(__file__).parent.parent / "data/signed.cab").read_bytes()
SIGNATURE = Signature(
    status=SignatureStatus.INTACT,
    signer="Any Foundation",
    subject="CN=Any Signer, O=Any Foundation",
    issuer="CN=Any Signer, O=Any Foundation",
    serial="0102",
    signed_at="2026-05-28T20:26:40Z",
)


def read(
    data: bytes, limits: ArchiveLimits | None = None, others: Mapping[str, bytes] | None = None
) -> ArchiveContents:
    reader = CabinetReader(Inspector([]))
    reader = replace(reader, limits=limits) if limits else reader

    def open_cabinet(name: str) -> IO[bytes] | None:
        return io.BytesIO(others[name]) if others and name in others else None

    return reader.read(io.BytesIO(data), "files.cab", open_cabinet)


def messages(contents: ArchiveContents) -> list[str]:
    assert contents.members == ()
    return [one.message for one in contents.diagnostics]


def test_its_files_are_listed_with_what_is_in_them() -> None:
    contents = read(cabinet({"DLLs\\_bz2.pyd": pe(), "LICENSE.txt": b"license"}))
    assert contents.diagnostics == ()
    assert [(file.path, bool(file.binary)) for file in contents.members] == [
        ("DLLs/_bz2.pyd", True),
        ("LICENSE.txt", False),
    ]


def test_its_signature_states_who_signed_it() -> None:
    contents = read(SIGNED)
    assert contents.archive.signature == SIGNATURE
    assert [(file.path, file.size) for file in contents.members] == [
        ("LICENSE.txt", 8),
        ("Lib/os.py", 11),
    ]
    assert read(cabinet({"LICENSE.txt": b"license"})).archive.signature is None


@pytest.mark.parametrize("at", [26, 33, 57, 70, 100])
def test_a_change_of_what_a_signature_covers_is_found(at: int) -> None:
    data = bytearray(SIGNED)
    data[at] ^= 1
    changed = replace(SIGNATURE, status=SignatureStatus.CHANGED)
    assert read(bytes(data)).archive.signature == changed


def test_what_is_behind_a_signature_is_damage() -> None:
    damaged = Signature(status=SignatureStatus.DAMAGED)
    assert read(SIGNED + b"more").archive.signature == damaged
    assert read(SIGNED[:-8]).archive.signature == damaged
    at = struct.pack("<2I", 0, len(SIGNED))
    assert read(SIGNED[:44] + at + SIGNED[52:]).archive.signature == damaged


@pytest.mark.parametrize("at", [38, 39])
def test_a_reserve_that_the_signature_does_not_cover_is_damage(at: int) -> None:
    """osslsigncode refuses it too: "Additional header size"."""
    data = bytearray(SIGNED)
    data[at] = 1
    assert read(bytes(data)).archive.signature == Signature(status=SignatureStatus.DAMAGED)


def test_no_damage_is_a_crash() -> None:
    rng = random.Random(20261127)
    for _ in range(300):
        data = bytearray(SIGNED)
        for _ in range(rng.choice([1, 2, 8])):
            data[rng.randrange(200)] = rng.randrange(256)
        read(bytes(data))


def test_names_that_lead_out_and_bombs_are_refused() -> None:
    assert messages(read(cabinet({"..\\a": b"a"}))) == ["leads out of the archive with '..'"]
    twice = "occurs more than once, or in another case, which is the same file on Windows"
    assert messages(read(cabinet({"a": b"a", "A": b"a"}))) == [twice, twice]
    limits = ArchiveLimits(members=1, member_size=10, total_size=10, ratio=10, harmless_size=10)
    many = cabinet({"a": b"a", "b": b"b"})
    assert messages(read(many, limits)) == ["has 2 files; the limit is 1"]
    [message] = messages(read(cabinet({"a": bytes(1000)}), limits))
    assert message.endswith("and would unpack to 1000")


def test_the_first_of_a_set_is_opened_with_the_others_beside_it() -> None:
    content = random.Random(1).randbytes(900)
    names = ["a.cab", "b.cab", "c.cab"]
    first, second, third = split_set("python.exe", content, names)
    contents = read(first, others={"b.cab": second, "c.cab": third})
    assert contents.diagnostics == ()
    assert [(file.path, file.sha256) for file in contents.members] == [
        ("python.exe", hashlib.sha256(content).hexdigest())
    ]
    assert {name: other.archive.size for name, other in contents.nested.items()} == {
        "b.cab": len(second),
        "c.cab": len(third),
    }


def test_a_set_that_is_not_complete_is_not_opened() -> None:
    first, second, third = split_set("python.exe", bytes(1000), ["a.cab", "b.cab", "c.cab"])
    goes_on = "goes on in b.cab, which is not"
    assert messages(read(first)) == [f"{goes_on} there"]
    assert messages(read(first, others={"b.cab": third})) == [
        f"{goes_on} the next cabinet of its set"
    ]
    before = "is not the first of a set of cabinets: before it is a.cab; open the first"
    assert messages(read(second)) == [before]
    away, _ = split_set("python.exe", bytes(1000), ["a.cab", "../b.cab"])
    assert messages(read(away, others={"../b.cab": second})) == [
        "goes on in ../b.cab, which is not there"
    ]


def test_a_set_of_more_than_a_thousand_cabinets_is_not_opened() -> None:
    names = [f"{number}.cab" for number in range(1001)]
    first, *others = split_set("python.exe", bytes(2002), names)
    beside = dict(zip(names[1:], others, strict=True))
    assert messages(read(first, others=beside)) == [
        "names a cabinet twice, or more than 1000 cabinets"
    ]
