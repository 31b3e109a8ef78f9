"""What is fuzzed of archives: zip, tar, Windows Installer packages, cabinets and bundles."""

from __future__ import annotations

import gzip
import io
import lzma
import struct
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import olefile
from cabinets import LZX, MSZIP, STORED, cabinet, compress, split_set
from conftest import ROOT
from installers import bundle, compound_file, msi, no_cabinet
from pe_files import pe
from releases import packed
from server import archive, member, tar
from signatures import signed_msix, signed_nupkg
from target import Target

from sbom.files.burn import BundleReader, installed_files
from sbom.files.cabinet import CabinetError, parse_cabinet, read_files
from sbom.files.cabinet_archive import CabinetReader
from sbom.files.compressed_stream import ArchiveError
from sbom.files.lzx import LzxDecoder, LzxError
from sbom.files.msi import MsiReader
from sbom.files.targz import read_targz
from sbom.files.zip import ZipReader

_FILES = {"python.exe": pe(texts=[b"a"]), "Lib/os.py": b"import sys\n" * 9, "Lib/a.py": b""}
_ALLOWED = 16 << 20


def _run_zip(data: bytes) -> None:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as directory:
        path = Path(directory, "a.zip")
        path.write_bytes(data)
        ZipReader(is_nested=lambda path: path.endswith((".zip", ".msix"))).read(path, "a.zip")


def _zip_seeds() -> Iterator[bytes]:
    plain = packed(_FILES)
    yield plain
    yield packed({"a.zip": plain, "[Content_Types].xml": b"<a/>", "a%20b": b""})
    yield signed_nupkg(plain, "a")
    yield signed_msix(packed({"AppxManifest.xml": b"", **_FILES}), "a")


def _run_targz(data: bytes) -> None:
    with suppress(ArchiveError):
        read_targz(io.BytesIO(data), "a.tar.gz")


def _run_tar(data: bytes) -> None:
    """Read tar data as if it had been compressed."""
    _run_targz(gzip.compress(data, 1))


def _tar_seeds() -> Iterator[bytes]:
    links = (member("t/link", b"2", "a"), member("t/hard", b"1", "t/a"))
    yield tar({"a": b"1", "b/c.dll": pe()}, *links, top="t", commit="ab" * 20)
    yield tar({"a" * 150 + "/" + "b" * 90: b"1", "é": b"2"}, top="t")


def _run_msi(data: bytes) -> None:
    MsiReader().read(io.BytesIO(data), "a.msi", no_cabinet)


def _run_msi_tables(data: bytes) -> None:
    """Read a package whose streams are a name, a blank and the contents each."""
    streams = {}
    for number, line in enumerate(data.split(_SEPARATOR)[:40]):
        name, _, contents = line.partition(b" ")
        text = name.decode("utf-16-le", "replace")[:31] or str(number)
        streams[text] = contents[:100_000]
    with suppress(struct.error):  # more streams than the header of a small file has room for
        _run_msi(compound_file(streams))


#: What is between streams; no stream of a small package has it.
_SEPARATOR = b"\r--\n"


def _msi_table_seeds() -> Iterator[bytes]:
    for method in (STORED, MSZIP):
        with olefile.OleFileIO(io.BytesIO(msi(_FILES, method=method))) as file:
            entries = [path[0] for path in file.listdir()]
            yield _SEPARATOR.join(
                name.encode("utf-16-le") + b" " + file.openstream(name).read() for name in entries
            )


def _run_cabinet(data: bytes) -> None:
    CabinetReader().read(io.BytesIO(data), "a.cab", lambda _: io.BytesIO(data))
    with suppress(CabinetError):
        stream = io.BytesIO(data)
        for packed_file in read_files([(stream, parse_cabinet(stream))], _ALLOWED):
            for _ in packed_file.pieces:
                pass


def without_checksums(data: bytes) -> bytes:
    """Return a cabinet of one folder whose blocks have the checksum 0, which is not compared."""
    made = bytearray(data)
    at, count = struct.unpack_from("<IH", data, 36)
    for _ in range(count):
        size = struct.unpack_from("<H", data, at + 4)[0]
        made[at : at + 4] = bytes(4)
        at += 8 + size
    return bytes(made)


def _cabinet_seeds() -> Iterator[bytes]:
    for method in (STORED, MSZIP, LZX):
        yield without_checksums(cabinet({"a": b"abc" * 99, "b\\c.exe": pe()}, method))
    yield cabinet({"a": b"1", "é": b"2"}, MSZIP, same={"b": "a"})
    yield from split_set("F1", b"x" * 90, ["1.cab", "2.cab"])
    yield (ROOT / "tests/data/signed.cab").read_bytes()


def _run_lzx(data: bytes) -> None:
    """Decompress frames.

    The first byte has the size of the window. Before each frame are its packed and its unpacked
    size, in two bytes each.
    """
    with suppress(LzxError, IndexError):
        decoder, at = LzxDecoder(15 + data[0] % 7), 1
        for _ in range(8):
            packed_size, size = struct.unpack_from("<2H", data.ljust(at + 4, b"\0"), at)
            frame = data[at + 4 : at + 4 + packed_size]
            if not frame:
                break
            decoder.decode(frame, min(size, 1 << 15))
            at += 4 + packed_size


def _lzx_seeds() -> Iterator[bytes]:
    for content in (b"abc" * 40, bytes(range(256)) * 3, b"\xe8" * 30 + pe()):
        frames = list(compress(content, LZX))
        yield b"\0" + b"".join(
            struct.pack("<2H", len(frame), size) + frame for frame, size in frames
        )


def _run_bundle(data: bytes) -> None:
    installed_files(BundleReader().read(io.BytesIO(data), "a.exe", no_cabinet))


def _run_bundle_manifest(data: bytes) -> None:
    """Read a bundle with that manifest."""
    _run_bundle(bundle({"core.msi": _MSI}, method=STORED, change=lambda _: data))


_MSI = msi({"Lib/os.py": b"1"})


def _bundle_manifest_seeds() -> Iterator[bytes]:
    made: list[bytes] = []

    def keep(manifest: bytes) -> bytes:
        made.append(manifest)
        return manifest

    bundle({"core.msi": _MSI}, detached={"a.msi": b"1"}, repeats=2, change=keep)
    return iter(made)


TARGETS = (
    Target(name="zip", run=_run_zip, seeds=_zip_seeds, words=(b"PK\3\4", b"PK\1\2", b"PK\5\6")),
    Target(
        name="targz",
        run=_run_targz,
        seeds=lambda: [archive({"a": b"1"}), lzma.compress(tar({"a": b"1"}))],
    ),
    Target(
        name="tar",
        run=_run_tar,
        seeds=_tar_seeds,
        words=(b"ustar\x0000", b"20 path=", b"30 mtime=1.5\n", b"18 size=1\n", b"GNU.sparse."),
    ),
    Target(name="msi", run=_run_msi, seeds=lambda: [msi(_FILES), msi(_FILES, signer="a")]),
    Target(name="msi-tables", run=_run_msi_tables, seeds=_msi_table_seeds, words=(_SEPARATOR,)),
    Target(name="cabinet", run=_run_cabinet, seeds=_cabinet_seeds, words=(b"MSCF", b"CK")),
    Target(name="lzx", run=_run_lzx, seeds=_lzx_seeds),
    Target(
        name="bundle",
        run=_run_bundle,
        seeds=lambda: [
            bundle({"core.msi": _MSI}, method=STORED),
            bundle({"core.msi": _MSI, "a.cab": cabinet({"a": b"1"})}, method=MSZIP, repeats=2),
        ],
    ),
    Target(
        name="bundle-manifest",
        run=_run_bundle_manifest,
        seeds=_bundle_manifest_seeds,
        words=(b'FileSize="', b'Container="', b'FilePath="..\\', b'AttachedIndex="', b"<UX>"),
    ),
)
