"""Writes MSIs and WiX bundles: what Windows Installer and Burn read, as small as possible.

msiextract 0.101 lists and extracts these MSIs. The layout of a bundle is that of section.cpp and
manifest.cpp in https://github.com/wixtoolset/wix3.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import IO

from cabinets import LZX, MSZIP, cabinet
from signatures import signature_of

_SECTOR, _MINI, _CUTOFF = 512, 64, 4096
_END, _FREE, _FAT, _NONE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFF
#: {000C1084-0000-0000-C000-000000000046}: a package of Windows Installer.
_CLASS = bytes.fromhex("84100c0000000000c000000000000046")
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._"

Row = list[str | int | None]
#: The columns of tables: s is a key text, S a text, i a number of 2 bytes, l of 4.
_COLUMNS = {
    "File": "s:File S:Component_ S:FileName l:FileSize S:Version S:Language"
    " i:Attributes i:Sequence",
    "Component": "s:Component S:ComponentId S:Directory_ i:Attributes S:Condition S:KeyPath",
    "Directory": "s:Directory S:Directory_Parent S:DefaultDir",
    "Media": "i:DiskId i:LastSequence S:DiskPrompt S:Cabinet S:VolumeLabel S:Source",
    "Property": "s:Property S:Value",
}
_KINDS = {"s": 0x2D48, "S": 0x1DFF, "i": 0x1502, "l": 0x1104}


def no_cabinet(_name: str) -> IO[bytes] | None:
    """Return no cabinet: an MSI that is read with it has its own cabinets only."""
    return None


def msi_tables(
    files: Mapping[str, bytes], media: str | None = "#files.cab"
) -> dict[str, list[Row]]:
    """Return the tables of a package that installs files: a component for each directory."""
    directories: dict[str, Row] = {"": ["TARGETDIR", None, "SourceDir"]}
    rows: list[Row] = []
    for number, (path, content) in enumerate(files.items(), 1):
        parent = ""
        for part in PurePosixPath(path).parent.parts:
            here = f"{parent}{part}/"
            home = f"D{list(directories).index(parent)}" if parent else "TARGETDIR"
            row: Row = [f"D{len(directories)}", home, f"{part[:6]}~1|{part}"]
            directories.setdefault(here, row)
            parent = here
        component = f"C{list(directories).index(parent)}"
        name = PurePosixPath(path).name
        rows.append([f"F{number}", component, name, len(content), None, None, 512, number])
    return {
        "File": rows,
        "Directory": list(directories.values()),
        "Component": [
            [f"C{number}", None, row[0], 0, None, None]
            for number, row in enumerate(directories.values())
        ],
        "Media": [[1, len(files), None, media, None, None]],
        "Property": [["ProductName", "Python 3.14.7 Core Interpreter (64-bit)"]],
    }


def msi(
    files: Mapping[str, bytes],
    *,
    method: int = MSZIP,
    tables: Mapping[str, list[Row]] | None = None,
    cabinets: Mapping[str, bytes] | None = None,
    signer: str = "",
    word_count: int | None = None,
) -> bytes:
    """Return a package that installs files from a cabinet in it, signed by an organization.

    ``word_count`` is that of its summary; it has none otherwise.
    """
    keys = {f"F{number}": content for number, content in enumerate(files.values(), 1)}
    streams = {"files.cab": cabinet(keys, method)} if cabinets is None else dict(cabinets)
    made = _encode(tables or msi_tables(files))
    made |= {_encode_name(name): data for name, data in streams.items()}
    if word_count is not None:
        made["\x05SummaryInformation"] = _summary(word_count)
    if signer:
        names = sorted(made, key=lambda name: name.encode("utf-16-le"))
        digest = hashlib.sha256(b"".join(made[name] for name in names) + _CLASS).digest()
        made["\x05DigitalSignature"] = signature_of(digest, signer)
    return compound_file(made)


def _summary(word_count: int) -> bytes:
    """Return the properties of a summary, as [MS-OLEPS] describes them: a code page and a count."""
    properties = {1: struct.pack("<Ihxx", 2, 1252), 15: struct.pack("<Ii", 3, word_count)}
    start = 8 + 8 * len(properties)
    index = b"".join(struct.pack("<2I", key, start + 8 * n) for n, key in enumerate(properties))
    body = index + b"".join(properties.values())
    header = struct.pack("<2HI16xI", 0xFFFE, 0, 0x00020006, 1)
    format_id = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")
    return header + format_id + struct.pack("<3I", 48, 8 + len(body), len(properties)) + body


def _encode(tables: Mapping[str, list[Row]]) -> dict[str, bytes]:
    """Return the streams of tables by their encoded names."""
    pool = {"": 0}
    columns = {name: [column.split(":") for column in _COLUMNS[name].split()] for name in tables}

    def cell(kind: str, value: str | int | None) -> bytes:
        if kind in "sS":
            text = str(value or "")
            return struct.pack("<H", pool.setdefault(text, len(pool)))
        size = 4 if kind == "l" else 2
        number = 0 if value is None else int(value) + (1 << 8 * size - 1)
        return number.to_bytes(size, "little")

    def table(kinds: Sequence[str], rows: Sequence[Row]) -> bytes:
        return b"".join(cell(kind, row[at]) for at, kind in enumerate(kinds) for row in rows)

    described: list[Row] = [
        [name, number, column, _KINDS[kind] - 0x8000]
        for name in tables
        for number, (kind, column) in enumerate(columns[name], 1)
    ]
    streams = {
        "_Tables": table("s", [[name] for name in tables]),
        "_Columns": table("sisi", [[*row[:3], int(str(row[3])) + 0x8000] for row in described]),
    }
    for name, rows in tables.items():
        streams[name] = table([kind for kind, _ in columns[name]], rows)
    streams["_StringPool"] = struct.pack("<I", 1252) + b"".join(
        struct.pack("<2H", len(text), 1) for text in [*pool][1:]
    )
    streams["_StringData"] = "".join(pool).encode("cp1252")
    return {_encode_name(name, is_table=True): data for name, data in streams.items()}


def _encode_name(name: str, *, is_table: bool = False) -> str:
    made, at = "\u4840" if is_table else "", 0
    while at < len(name):
        first, *second = (_ALPHABET.find(letter) for letter in name[at : at + 2])
        if first < 0:
            made, at = made + name[at], at + 1
        elif second and second[0] >= 0:
            made, at = made + chr(0x3800 + first + (second[0] << 6)), at + 2
        else:
            made, at = made + chr(0x4800 + first), at + 1
    return made


def compound_file(streams: Mapping[str, bytes]) -> bytes:
    """Return an OLE compound file of streams, as [MS-CFB] describes it."""
    order = sorted(streams, key=lambda name: (len(name), name.upper()))
    mini, mini_fat, starts = b"", list[int](), {}
    for name in order:
        if len(streams[name]) < _CUTOFF:
            count = -(-len(streams[name]) // _MINI)
            starts[name] = len(mini_fat) if count else _END
            mini_fat += [*range(len(mini_fat) + 1, len(mini_fat) + count), _END] if count else []
            mini += streams[name].ljust(count * _MINI, b"\0")
    large = [name for name in order if len(streams[name]) >= _CUTOFF]
    sizes = [
        128 * (len(order) + 1),
        4 * len(mini_fat),
        len(mini),
        *(len(streams[n]) for n in large),
    ]
    counts = [-(-size // _SECTOR) for size in sizes]
    fat_count = 1
    while fat_count * _SECTOR // 4 < fat_count + sum(counts):
        fat_count += 1
    fat, at, firsts = [_FAT] * fat_count, fat_count, []
    for count in counts:
        firsts.append(at if count else _END)
        fat += [*range(at + 1, at + count), _END] if count else []
        at += count
    starts |= dict(zip(large, firsts[3:], strict=True))
    entries = [_entry("Root Entry", 5, (_NONE, 1 if order else _NONE), firsts[2], len(mini))]
    entries += [
        _entry(
            name,
            2,
            (at + 2 if at + 1 < len(order) else _NONE, _NONE),
            starts[name],
            len(streams[name]),
        )
        for at, name in enumerate(order)
    ]
    header = struct.pack(
        "<8s16x5H6x9I",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6,
        0, fat_count, firsts[0], 0,
        _CUTOFF, firsts[1], counts[1], _END, 0,
    )  # fmt: skip
    header += struct.pack("<109I", *range(fat_count), *[_FREE] * (109 - fat_count))
    bodies = [
        struct.pack(f"<{len(fat)}I", *fat).ljust(fat_count * _SECTOR, b"\xff"),
        b"".join(entries),
        struct.pack(f"<{len(mini_fat)}I", *mini_fat),
        mini,
        *(streams[name] for name in large),
    ]
    return header + b"".join(
        body.ljust(-(-len(body) // _SECTOR) * _SECTOR, b"\0") for body in bodies
    )


def _entry(name: str, kind: int, links: tuple[int, int], start: int, size: int) -> bytes:
    encoded = name.encode("utf-16-le")
    return struct.pack(
        "<64sH2B3I16s20xIQ", encoded, len(encoded) + 2, kind, 1, _NONE, *links, _CLASS, start, size
    )


def bundle(
    packages: Mapping[str, bytes],
    *,
    detached: Mapping[str, bytes] | None = None,
    listed: Mapping[str, bytes] | None = None,
    method: int = LZX,
    repeats: int = 1,
    change: Callable[[bytes], bytes] = bytes,
) -> bytes:
    """Return a bundle with packages in it. Its manifest lists ``detached`` ones too.

    A real one has each package twice, with ``repeats``: for one user and for all users.

    ``listed`` are contents that the manifest states digests and sizes of, where not the real ones;
    ``change`` changes the manifest.
    """
    stated = [*{**packages, **(detached or {}), **(listed or {})}.items()] * repeats
    sources = {f"a{number}": path for number, (path, _) in enumerate(stated) if path in packages}
    payloads = "".join(
        f'<Payload Id="p{number}" FilePath="{path}" FileSize="{len(data)}" '
        f'Hash="{hashlib.sha1(data, usedforsecurity=False).hexdigest().upper()}" '
        + (
            f'Packaging="embedded" SourcePath="a{number}" Container="WixAttachedContainer"/>'
            if path in packages
            else f'Packaging="external" DownloadUrl="https://example.org/3.14.7/amd64/{path}"/>'
        )
        for number, (path, data) in enumerate(stated)
    )
    interface = b"the bootstrapper application"
    digest = hashlib.sha1(interface, usedforsecurity=False).hexdigest()
    manifest = (
        '<BurnManifest xmlns="http://schemas.microsoft.com/wix/2008/Burn"><UX><Payload Id="ba" '
        f'FilePath="PythonBA.dll" FileSize="{len(interface)}" Hash="{digest}" '
        'Packaging="embedded" SourcePath="u0"/></UX><Container Id="WixAttachedContainer" '
        f'AttachedIndex="1" Attached="yes"/>{payloads}</BurnManifest>'
    )
    first = cabinet({"0": change(manifest.encode()), "u0": interface})
    second = cabinet({source: packages[path] for source, path in sources.items()}, method)
    return _program(first, second) + first + second


def _program(first: bytes, second: bytes) -> bytes:
    """Return the PE file before the containers: headers, and the section that describes them."""
    size = 2 * _SECTOR
    section = struct.pack("<2I16x6I2I", 0xF14300, 2, size, 0, 0, 0, 1, 2, len(first), len(second))
    dos = b"MZ".ljust(60, b"\0") + struct.pack("<I", 64)
    header = struct.pack("<4s2H12x2H", b"PE\0\0", 0x14C, 1, 0xE0, 0x102)
    optional = struct.pack("<H", 0x10B).ljust(0xE0, b"\0")
    table = struct.pack("<8s4I16x", b".wixburn", len(section), 0x1000, _SECTOR, _SECTOR)
    return (dos + header + optional + table).ljust(_SECTOR, b"\0") + section.ljust(_SECTOR, b"\0")
