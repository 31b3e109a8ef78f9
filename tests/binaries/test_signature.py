"""Signatures of PE files and packages: who signed, and whether the file is still that one."""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import lief
import pytest
from asn1crypto import cms
from installers import msi, no_cabinet
from pe_files import pe
from signatures import (
    catalog_of,
    countersigned,
    nested,
    signature_of,
    signed_pe,
    timestamped,
    with_timestamp_of,
)

from sbom.binaries.pe import read_headers
from sbom.binaries.search import Inspector
from sbom.binaries.signature import (
    Signature,
    SignatureStatus,
    is_catalog,
    read_catalog,
    read_signature,
)
from sbom.files.msi import MsiReader
from sbom.files.shipped_file import hash_stream

NAME = "CN=Any Foundation Signing, O=Any Foundation, C=US"
INTACT = Signature(
    status=SignatureStatus.INTACT,
    signer="Any Foundation",
    subject=NAME,
    issuer=NAME,
    serial="0102",
)
PLAIN = pe(texts=[b"text"])
PLAIN_DIGEST = bytes.fromhex(read_headers(PLAIN).authenticode)
FILES = {"python.exe": pe(), "Lib/os.py": b"import sys\n"}


def lief_accepts(data: bytes) -> bool:
    parsed = lief.PE.parse(list(data))
    assert isinstance(parsed, lief.PE.Binary)
    return bool(parsed.verify_signature() == lief.PE.Signature.VERIFICATION_FLAGS.OK)


def msi_signature(data: bytes) -> Signature | None:
    return MsiReader().read(io.BytesIO(data), "core.msi", no_cabinet).archive.signature


@pytest.mark.parametrize("machine", ["x86", "x64"])
def test_a_signed_file_states_who_signed_it(machine: str) -> None:
    data = signed_pe(pe(machine=machine, texts=[b"text"]), "Any Foundation")
    assert read_headers(data).signature == INTACT
    assert lief_accepts(data)


def test_a_file_without_a_signature_has_none() -> None:
    assert read_headers(pe()).signature is None
    assert msi_signature(msi(FILES)) is None


def test_a_file_that_was_changed_after_it_was_signed_is_not_the_signed_one() -> None:
    data = signed_pe(pe(texts=[b"text"]), "Any Foundation")
    changed = data.replace(b"text", b"TEXT")
    assert read_headers(changed).signature == replace(INTACT, status=SignatureStatus.CHANGED)
    assert not lief_accepts(changed)


def test_a_package_states_who_signed_it() -> None:
    signed = msi(FILES, signer="Any Foundation")
    assert msi_signature(signed) == INTACT
    changed = signed.replace(b"Python 3.14.7", b"Python 3.14.8")
    assert changed != signed
    assert msi_signature(changed) == replace(INTACT, status=SignatureStatus.CHANGED)


def test_streams_of_a_package_are_covered_in_the_order_that_windows_has() -> None:
    """Of two names of which one starts with the other, the shorter one is first.

    So it is in the package of the Visual C++ 2005 runtime that Microsoft signed on 2011-05-14,
    with File and a table whose name starts with it.
    """
    cabinets = {"Py.cab": b"first", "Py.cab.1": b"second"}
    assert msi_signature(msi(FILES, cabinets=cabinets, signer="Any Foundation")) == INTACT


def test_a_signature_by_another_key_is_damaged() -> None:
    message = bytearray(signature_of(bytes(32), "Any Foundation"))
    message[-1] ^= 1
    found = read_signature(bytes(message), lambda _: bytes(32))
    assert found == replace(INTACT, status=SignatureStatus.DAMAGED)


def test_a_signature_larger_than_any_real_one_is_not_read() -> None:
    found = read_signature(bytes((1 << 20) + 1), lambda _: b"")
    error = "it has more than 1,048,576 bytes, and is not read"
    assert found == Signature(status=SignatureStatus.DAMAGED, parse_error=error)


@pytest.mark.parametrize("message", [b"", b"0", b"not a signature"])
def test_what_is_no_signature_is_damaged(message: bytes) -> None:
    found = read_signature(message, lambda _: b"")
    assert found == Signature(status=SignatureStatus.DAMAGED)


def test_a_certificate_table_of_another_kind_is_damaged() -> None:
    plain = pe()
    data = signed_pe(plain)
    at = len(plain) + 6
    found = read_headers(data[:at] + b"\x01" + data[at + 1 :]).signature
    assert found == Signature(status=SignatureStatus.DAMAGED)


def test_a_message_that_does_not_name_its_digest_is_damaged() -> None:
    """RFC 5652, 5.1: the algorithms of all signers are listed, so that they are known before."""
    parsed = cms.ContentInfo.load(signature_of(PLAIN_DIGEST, "Any Foundation"))
    parsed["content"]["digest_algorithms"] = [{"algorithm": "sha384"}]
    found = read_signature(parsed.dump(force=True), lambda _: PLAIN_DIGEST)
    assert found == Signature(status=SignatureStatus.DAMAGED)


def others() -> tuple[bytes, bytes, bytes]:
    """Return messages that are intact, of another file, and damaged, for PLAIN."""
    damaged = bytearray(signature_of(PLAIN_DIGEST, "Third Foundation"))
    damaged[-1] ^= 1
    return (
        signature_of(PLAIN_DIGEST, "Other Foundation"),
        signature_of(bytes(32), "Second Foundation"),
        bytes(damaged),
    )


SECONDARY = [
    ("Other Foundation", SignatureStatus.INTACT),
    ("Second Foundation", SignatureStatus.CHANGED),
    ("Third Foundation", SignatureStatus.DAMAGED),
]


@pytest.mark.parametrize(
    "data",
    [
        signed_pe(PLAIN, "Any Foundation", inside=others()),
        signed_pe(PLAIN, "Any Foundation", further=others()),
        signed_pe(PLAIN, "Any Foundation", further=others()[2:], inside=others()[:2]),
        signed_pe(PLAIN, "Any Foundation", further=[nested(others()[0], *others()[1:])]),
    ],
    ids=["nested", "further", "both", "nested in a further one"],
)
def test_secondary_signatures_are_read_and_compared(data: bytes) -> None:
    signature = read_headers(data).signature
    assert signature
    assert replace(signature, secondary=()) == INTACT
    found = sorted((one.signer, one.status) for one in signature.secondary)
    assert found == SECONDARY
    assert not any(one.secondary for one in signature.all_signatures[1:])


def test_lief_reads_as_many_secondary_signatures_as_are_stated() -> None:
    parsed = lief.PE.parse(list(signed_pe(PLAIN, further=others()[:2])))
    assert isinstance(parsed, lief.PE.Binary)
    assert len(parsed.signatures) == 1 + 2


def test_of_many_secondary_signatures_only_some_are_read() -> None:
    """No signature covers them, so they can be added to any file."""
    message = nested(signature_of(PLAIN_DIGEST, "Any Foundation"), *others()[:1] * 40)
    *read, last = read_signature(message, lambda _: PLAIN_DIGEST).secondary
    assert [one.signer for one in read] == ["Other Foundation"] * 16
    assert (last.status, last.parse_error) == (
        SignatureStatus.DAMAGED, "there are more than 16, and not all are read",
    )  # fmt: skip


def test_of_many_certificates_of_a_file_only_some_are_read() -> None:
    signature = read_headers(signed_pe(PLAIN, further=others()[:1] * 40)).signature
    assert signature
    *read, last = signature.secondary
    assert [one.signer for one in read] == ["Other Foundation"] * 15
    assert (last.status, last.parse_error) == (
        SignatureStatus.DAMAGED, "there are more than 16 certificates, and not all are read",
    )  # fmt: skip


def test_a_certificate_table_of_zeros_is_damaged() -> None:
    data = signed_pe(PLAIN)
    zeros = data[: len(PLAIN)] + bytes(len(data) - len(PLAIN))
    assert read_headers(zeros).signature == Signature(status=SignatureStatus.DAMAGED)


def test_no_damage_of_a_signature_is_a_crash() -> None:
    message = nested(signature_of(bytes(32), "Any Foundation"), *others()[:1])
    rng = random.Random(20261127)
    for _ in range(2000):
        data = bytearray(message)
        for _ in range(rng.choice([1, 2, 8])):
            at = rng.randrange(len(data))
            data[at : at + rng.randrange(3)] = rng.randbytes(rng.randrange(3))
        is_intact = (
            read_signature(bytes(data), lambda _: bytes(32)).status is SignatureStatus.INTACT
        )
        assert not is_intact or bytes(32) in data


def test_a_catalog_states_who_signed_it_and_what_it_lists() -> None:
    digests = [hashlib.sha256(b"a").digest(), hashlib.sha1(b"b").digest()]  # noqa: S324
    data = catalog_of(digests, "Any Foundation")
    assert is_catalog(data)
    assert read_catalog(data) == (INTACT, frozenset(one.hex() for one in digests))
    changed = data.replace(digests[0], digests[0][::-1])
    assert read_catalog(changed)[0] == replace(INTACT, status=SignatureStatus.DAMAGED)
    assert not is_catalog(signature_of(bytes(32), "Any Foundation"))
    assert read_catalog(catalog_of([b""], "Any Foundation")) == (INTACT, frozenset())
    assert read_catalog(b"0")[0] == Signature(status=SignatureStatus.DAMAGED)


def test_a_catalog_larger_than_any_real_one_is_not_read() -> None:
    data = catalog_of([bytes([1]) * 32], "Any Foundation")
    inspect = Inspector([])
    file = hash_stream("python.cat", iter([data]), inspect)
    assert (file.signature, len(file.catalog)) == (INTACT, 1)
    larger = [data, *[bytes(1 << 20)] * 16]
    file = hash_stream("python.cat", iter(larger), inspect)
    assert file.catalog == frozenset()
    assert file.signature == Signature(
        status=SignatureStatus.DAMAGED,
        parse_error="it is in a file of more than 16,777,216 bytes, which is not read",
    )


TIME = datetime(2026, 6, 9, 12, tzinfo=UTC)
Timestamp = Callable[[bytes, datetime, str], bytes]


def read_message(message: bytes) -> Signature:
    return read_signature(message, lambda _: bytes(32))


@pytest.mark.parametrize("timestamp", [timestamped, countersigned])
def test_a_timestamp_states_when_a_file_was_signed(timestamp: Timestamp) -> None:
    message = timestamp(signature_of(bytes(32), "Any Foundation"), TIME, "Any Authority")
    assert read_message(message) == replace(INTACT, signed_at="2026-06-09T12:00:00Z")


def test_a_timestamp_whose_digest_does_not_name_its_algorithm_is_accepted() -> None:
    """As Symantec made them: libffi-7.dll of CPython 3.10 has one of 2019."""
    plain = signature_of(bytes(32), "Any Foundation")
    message = countersigned(plain, TIME, "Any Authority", names_algorithm=False)
    assert read_message(message) == replace(INTACT, signed_at="2026-06-09T12:00:00Z")
    changed = message.replace(b"260609120000Z", b"250609120000Z")
    assert read_message(changed) == INVALID_TIMESTAMP


INVALID_TIMESTAMP = replace(INTACT, has_invalid_timestamp=True)


@pytest.mark.parametrize("timestamp", [timestamped, countersigned])
def test_a_timestamp_of_another_signature_states_nothing(timestamp: Timestamp) -> None:
    other = timestamp(signature_of(bytes([1]) * 32, "Any Foundation"), TIME, "Any Foundation")
    message = with_timestamp_of(signature_of(bytes(32), "Any Foundation"), other)
    assert read_message(message) == INVALID_TIMESTAMP


@pytest.mark.parametrize(
    ("timestamp", "stated"), [(timestamped, b"20260609120000Z"), (countersigned, b"260609120000Z")]
)
def test_a_timestamp_whose_time_was_changed_states_nothing(
    timestamp: Timestamp, stated: bytes
) -> None:
    message = timestamp(signature_of(bytes(32), "Any Foundation"), TIME, "Any Authority")
    assert message.count(stated) == 1
    changed = message.replace(stated, stated.replace(b"2606", b"2506"))
    assert read_message(changed) == INVALID_TIMESTAMP
