"""PE files: what their headers state, as our own writer made them, and what is wrong with them."""

from __future__ import annotations

import random
import struct
import subprocess
import sys

import lief
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pe_files import pe
from signatures import signed_pe

from sbom.binaries.binary import Binary, Overlay, PEHeaders
from sbom.binaries.pe import authenticode_of, read_headers
from sbom.binaries.pe_layout import is_pe
from sbom.binaries.search import Inspector
from sbom.binaries.signature import SignatureStatus
from sbom.files.shipped_file import FileHasher, hash_stream
from sbom.manifest.component_spec import EvidenceRule

WHOLE = pe(
    texts=[b"1.2.11"],
    resource={"FileVersion": "8.6.10", "CompanyName": "Example"},
    fixed=(8, 6, 2, 10),
    imports=["zlib1.dll", "KERNEL32.dll"],
    signed=True,
)
TRUNCATED = "is truncated: its headers refer to more than its {} bytes"
HEADER = struct.unpack_from("<I", WHOLE, 0x3C)[0]
OPTIONAL = HEADER + 24
SECTIONS = OPTIONAL + 112 + 16 * 8


def patched(at: int, form: str, *values: int) -> bytes:
    data = bytearray(WHOLE)
    struct.pack_into(form, data, at, *values)
    return bytes(data)


@pytest.mark.parametrize("machine", ["x86", "x64", "arm64"])
def test_headers_of_each_machine_are_read(machine: str) -> None:
    headers = read_headers(
        pe(
            machine=machine,
            resource={"FileVersion": "8.6.10", "CompanyName": "Example"},
            fixed=(8, 6, 2, 10),
            imports=["zlib1.dll", "KERNEL32.dll"],
            signed=True,
        )
    )
    assert headers.machine == machine
    assert headers.version_resource == {"FileVersion": "8.6.10", "CompanyName": "Example"}
    assert headers.parse_error == ""


def test_a_file_without_version_resource_is_valid() -> None:
    headers = read_headers(pe())
    assert (headers.machine, headers.version_resource) == ("x64", {})
    assert headers.parse_error == ""


def test_arm64ec_and_arm64x_are_told_from_the_machine_in_the_header() -> None:
    assert read_headers(pe(machine="x64", chpe=True)).machine == "arm64ec"
    assert read_headers(pe(machine="arm64", chpe=True)).machine == "arm64x"


@pytest.mark.parametrize("machine", ["x86", "x64", "arm64"])
@pytest.mark.parametrize("signed", [True, False])
def test_the_authenticode_digest_is_the_same_as_lief_computes(
    machine: str, *, signed: bool
) -> None:
    data = pe(machine=machine, signed=signed, resource={"FileVersion": "1"})
    parsed = lief.PE.parse(data)
    assert parsed is not None
    assert authenticode_of(data) == parsed.authentihash(lief.PE.ALGORITHMS.SHA_256).hex()


def test_signing_changes_a_file_but_not_its_authenticode_digest() -> None:
    plain, signed = pe(texts=[b"libffi"]), pe(texts=[b"libffi"], signed=True)
    assert plain != signed
    assert authenticode_of(plain) == authenticode_of(signed) != authenticode_of(pe())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"MZ", "starts like a PE file, but has no PE header"),
        (WHOLE[: HEADER + 2], "starts like a PE file, but has no PE header"),
        (patched(0x3C, "<I", 0x7FFFFFFF), "starts like a PE file, but has no PE header"),
        (patched(OPTIONAL, "<H", 0x107), "has an optional header of unknown kind 0x107"),
        (WHOLE[:SECTIONS], "ends in the middle of its headers"),
        (patched(HEADER + 20, "<H", 8), "ends in the middle of its headers"),
        (patched(HEADER + 6, "<H", 0), "has 0 sections; Windows loads files with 1 to 96"),
        (WHOLE[:-1], TRUNCATED.format(len(WHOLE) - 1)),
        (
            patched(SECTIONS + 16, "<I", 0xFFFFFFF0),
            TRUNCATED.format(len(WHOLE)),
        ),
        (patched(SECTIONS + 16, "<I", 0x400), "has sections that overlap"),
        (
            patched(OPTIONAL + 112 + 4 * 8, "<II", 0xFFFFFF00, 0xFFFF),
            TRUNCATED.format(len(WHOLE)),
        ),
    ],
)
def test_what_is_wrong_with_a_damaged_file_is_stated(data: bytes, message: str) -> None:
    assert is_pe(data)
    assert read_headers(data).parse_error == message
    assert authenticode_of(data) == ""


def test_a_resource_directory_that_contains_itself_is_read_to_an_end() -> None:
    start = WHOLE.index(struct.pack("<IIHHHHII", 0, 0, 0, 0, 0, 1, 16, 24 | 0x80000000))
    headers = read_headers(patched(start + 20, "<I", 0x80000000))
    assert (headers.machine, headers.version_resource) == ("x64", {})


@pytest.mark.parametrize("machine", ["x86", "x64", "arm64"])
def test_the_version_resource_is_the_same_as_lief_reads(machine: str) -> None:
    texts = {"FileVersion": "8.6.10", "Empty": "", "Comments": "x" * 5000, "LegalCopyright": "© é"}
    data = pe(machine=machine, resource=texts, fixed=(8, 6, 2, 10))
    parsed = lief.PE.parse(data)
    assert isinstance(parsed, lief.PE.Binary)
    manager = parsed.resources_manager
    assert isinstance(manager, lief.PE.ResourcesManager)
    info = manager.version[0].string_file_info
    assert info is not None
    read = {entry.key: entry.value for table in info.children for entry in table.entries}
    assert read == texts
    expected = {key: text[:4096] for key, text in texts.items()}
    assert read_headers(data).version_resource == expected
    assert read_headers(data).file_version == "8.6.2.10"


#: NumberOfRvaAndSizes is 0, as in the smallest programs.
WITHOUT_DIRECTORIES = patched(OPTIONAL + 108, "<I", 0)


@pytest.mark.parametrize(("data", "version"), [(WHOLE, b"8.6.10"), (WITHOUT_DIRECTORIES, b"None")])
def test_well_formed_files_are_read_without_lief(data: bytes, version: bytes) -> None:
    script = (
        "import sys; from sbom.binaries.pe import read_headers;"
        "data = sys.stdin.buffer.read();"
        "print(read_headers(data).version_resource.get('FileVersion'), 'lief' in sys.modules)"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, input=data, capture_output=True, check=True)
    assert done.stdout.split() == [version, b"False"]


def test_a_file_without_directories_has_no_resources_for_lief_either() -> None:
    parsed = lief.PE.parse(WITHOUT_DIRECTORIES)
    assert isinstance(parsed, lief.PE.Binary)
    assert not parsed.has_resources


def test_resources_that_linkers_do_not_write_are_left_to_lief() -> None:
    header = struct.pack("<IIHHHHII", 0, 0, 0, 0, 0, 1, 0x409, 72)
    at = WHOLE.index(header)
    damaged = patched(at + 12, "<HH", 1, 1)
    parsed = lief.PE.parse(damaged)
    assert isinstance(parsed, lief.PE.Binary)
    manager = parsed.resources_manager
    has_version = isinstance(manager, lief.PE.ResourcesManager) and manager.has_version
    assert bool(read_headers(damaged).version_resource) == has_version


def test_a_version_resource_that_is_not_text_is_a_parse_error() -> None:
    at = WHOLE.index("Example".encode("utf-16-le"))
    headers = read_headers(patched(at, "<HH", 0xD800, 0xD800))
    assert headers.parse_error == "has a version resource that is not text"


@given(st.binary(max_size=2000))
def test_no_bytes_raise_an_exception(data: bytes) -> None:
    read_headers(b"MZ" + data)


@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE) - 4), st.binary(min_size=1, max_size=4)),
             max_size=12),
    st.integers(0, len(WHOLE)),
)  # fmt: skip
def test_no_damage_raises_an_exception(changes: list[tuple[int, bytes]], end: int) -> None:
    data = bytearray(WHOLE)
    for at, value in changes:
        data[at : at + len(value)] = value
    for part in (bytes(data), bytes(data[:end])):
        headers = read_headers(part)
        assert headers.parse_error == "" or headers.parse_error[0].islower()


def test_a_file_in_pieces_is_inspected_as_a_whole() -> None:
    seen: list[bytes] = []

    def inspect(_: str, data: bytes, _overlay: Overlay | None = None) -> Binary:
        seen.append(data)
        return Binary(read_headers(data))

    hasher = FileHasher(inspect=inspect)
    for at in range(0, len(WHOLE), 100):
        hasher.update(WHOLE[at : at + 100])
    binary = hasher.finish("x.dll").binary
    assert binary is not None
    assert (seen, binary.headers) == ([WHOLE], read_headers(WHOLE))
    text = FileHasher(inspect=inspect)
    text.update(b"text")
    text.update(WHOLE)
    assert text.finish("x.txt").binary is None


@pytest.mark.parametrize("size", [1 << 20, 4 << 20, 5 << 20])
@pytest.mark.parametrize("piece_size", [100_000, 1 << 20, 8 << 20])
@pytest.mark.parametrize("is_signed", [False, True])
def test_what_is_far_behind_the_sections_of_a_bundle_is_not_kept(
    size: int, piece_size: int, *, is_signed: bool
) -> None:
    """What is stated of the file is the same; a change anywhere is found."""
    program = pe(texts=[b"text"]).replace(b".rdata\0\0", b".wixburn")
    whole = program + random.Random(1).randbytes(size)
    data = signed_pe(whole, "Any Foundation") if is_signed else whole
    seen: list[bytes] = []

    def inspect(_: str, data: bytes, overlay: Overlay | None = None) -> Binary:
        seen.append(data)
        return Binary(read_headers(data, overlay))

    def headers_of(data: bytes) -> PEHeaders:
        pieces = (data[at : at + piece_size] for at in range(0, len(data), piece_size))
        binary = hash_stream("python.exe", pieces, inspect).binary
        assert binary
        return binary.headers

    assert headers_of(data) == read_headers(data)
    is_far = len(data) - len(program) > 4 << 20
    assert seen == [data[: len(program)] if is_far else data]
    for at in (300, len(program) + 5, len(program) + size - 1):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        found = headers_of(changed)
        assert found.authenticode != read_headers(data).authenticode
        if is_signed:
            assert found.signature
            assert found.signature.status is SignatureStatus.CHANGED


OPENSSL = EvidenceRule(pattern="OpenSSL (?P<version>[0-9.]+)", anywhere=True)


@pytest.mark.parametrize("limit", [6 << 20, 128 << 20])
def test_evidence_far_behind_the_sections_is_found_or_its_place_reported(limit: int) -> None:
    """A self-extracting program has its files there."""
    program = pe(texts=[b"text"])
    data = program + bytes(6 << 20) + b"\0OpenSSL 3.0.15\0"
    hasher = FileHasher(inspect=Inspector([OPENSSL.compile("openssl", 0)]), limit=limit)
    for at in range(0, len(data), 1 << 20):
        hasher.update(data[at : at + (1 << 20)])
    binary = hasher.finish("setup.exe").binary
    assert binary
    is_searched = limit > len(data)
    assert [match.version for match in binary.matches] == (["3.0.15"] if is_searched else [])
    assert binary.unsearched_size == (0 if is_searched else len(data) - len(program))


def test_a_file_larger_than_any_binary_is_not_kept_in_memory() -> None:
    hasher = FileHasher(
        inspect=lambda _, data, _overlay=None: Binary(read_headers(data)), limit=1000
    )
    for _ in range(20):
        hasher.update(WHOLE)
    binary = hasher.finish("x.dll").binary
    assert binary is not None
    assert binary.headers.parse_error == "is larger than 1,000 bytes, and was not inspected"
