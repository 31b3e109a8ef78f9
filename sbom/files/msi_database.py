"""A Windows Installer database to its tables and streams.

An MSI is an OLE compound file ([MS-CFB], read by olefile). Microsoft does not document what is in
it; msitools (libmsi/table.c, libmsi/string.c) and Wine (dlls/msi) do: names of streams hold two
characters in one, texts are numbers in a pool, and tables are written column by column.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

import olefile

from sbom.binaries.signature import Signature
from sbom.files.compound_stream import CompoundStreams
from sbom.files.msi_signature import read_msi_signature

#: A name of a stream holds two characters of this alphabet in each of its own.
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._"
_PAIRS, _SINGLES, _TABLE_MARK = 0x3800, 0x4800, "\u4840"
_LONG_REFERENCES = 0x8000_0000
_TEXT, _BINARY, _NULLABLE = 0x0800, 0x0900, 0x1000
_POOL_ENTRY = 4
#: Sizes of numbers, in bytes.
_SHORT, _LONG = 2, 4
#: A table of Windows Installer has at most 32 columns.
_MOST_COLUMNS = 32
_COLUMNS_COLUMNS = (
    (1, "Table", _TEXT | 64),
    (2, "Number", 0x502),
    (3, "Name", _TEXT | 64),
    (4, "Type", 0x502),
)
#: The largest stream of a table that is read; the File table of CPython's largest MSI has 100 KB.
_TABLE_SIZE = 8 << 20
#: The most rows of a table that are read; CPython's largest one has 2,000.
_MOST_ROWS = 200_000
#: What olefile raises of a compound file that is damaged; its read errors are OSError.
_DAMAGE = (OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError,
           RecursionError, struct.error)  # fmt: skip


class MsiError(ValueError):
    """The data are not a Windows Installer database that can be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table, by the names of its columns; ``number`` counts from 1."""

    table: str
    number: int
    values: Mapping[str, str | int | None]

    def get_text(self, column: str) -> str:
        """Return a text, empty where there is none. Raises MsiError if it is none."""
        value = self._get(column)
        if value is not None and not isinstance(value, str):
            raise self._error(column, "is a number; expected a text")
        return value or ""

    def get_number(self, column: str, default: int | None = None) -> int:
        """Return a number that is not negative. Raises MsiError if it is none."""
        value = self._get(column)
        if value is None and default is not None:
            return default
        if not isinstance(value, int):
            raise self._error(column, f"is {value!r}; expected a number")
        if value < 0:
            raise self._error(column, f"is {value}; expected 0 or more")
        return value

    def _get(self, column: str) -> str | int | None:
        if column not in self.values:
            raise MsiError(f"has a table {self.table} without the column {column}")
        return self.values[column]

    def _error(self, column: str, reason: str) -> MsiError:
        return MsiError(f"has a table {self.table} whose row {self.number}, {column}, {reason}")


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    kind: int

    @property
    def is_text(self) -> bool:
        return bool(self.kind & _TEXT) and self.kind & ~_NULLABLE != _BINARY


class MsiDatabase:
    """The tables and streams of a database. Close what it was opened from yourself."""

    def __init__(self, file: IO[bytes]) -> None:
        """Read the pool of texts and the columns of all tables. Raises MsiError."""
        try:
            ole: Any = olefile.OleFileIO(file, raise_defects=olefile.DEFECT_INCORRECT)
            self._root = ole.root
            entries = self._root.kids
        except _DAMAGE as error:
            raise MsiError(f"is not a complete compound file: {error}") from error
        self._streams = CompoundStreams(ole)
        self._entries = {
            _decode_name(entry.name): entry
            for entry in entries
            if entry.entry_type == olefile.STGTY_STREAM
        }
        self._texts, self._reference_size = self._read_texts()
        self._columns: dict[str, list[_Column]] = {}
        columns = [_Column(name, kind) for _, name, kind in _COLUMNS_COLUMNS]
        rows = self._rows("_Columns", columns)
        for row in sorted(rows, key=lambda row: row.get_number("Number")):
            column = _Column(row.get_text("Name"), _read_kind(row))
            self._columns.setdefault(row.get_text("Table"), []).append(column)

    def read_table(self, name: str) -> list[Row]:
        """Return the rows of a table, none if there is no such table. Raises MsiError."""
        return self._rows(name, self._columns.get(name, []))

    def read_signature(self) -> Signature | None:
        """Return the signature of the database, None if it has none. Raises MsiError."""
        try:
            return read_msi_signature(self._root, self._streams)
        except _DAMAGE as error:
            raise MsiError(f"has a damaged stream: {error}") from error

    def open_stream(self, name: str) -> IO[bytes] | None:
        """Return a stream by its name, such as an embedded cabinet. Raises MsiError."""
        entry = self._entries.get(name)
        if entry is None:
            return None
        try:
            return self._streams.open(entry)
        except _DAMAGE as error:
            raise MsiError(f"has a damaged stream {name}: {error}") from error

    def _read_table_stream(self, name: str) -> bytes:
        stream = self.open_stream(f"{_TABLE_MARK}{name}")
        data = stream.read(_TABLE_SIZE + 1) if stream else b""
        if len(data) > _TABLE_SIZE:
            raise MsiError(f"has a table {name} of more than {_TABLE_SIZE} bytes")
        return data

    def _read_texts(self) -> tuple[list[str], int]:
        """Return the pool of texts by number, and how many bytes a reference has."""
        pool = self._read_table_stream("_StringPool")
        data = io.BytesIO(self._read_table_stream("_StringData"))
        if len(pool) < _POOL_ENTRY:
            raise MsiError("is a compound file without the tables of Windows Installer")
        (header,) = struct.unpack_from("<I", pool)
        encoding = _encoding(header & ~_LONG_REFERENCES)
        texts = [""]
        high = 0
        for low, references in struct.iter_unpack(
            "<2H", pool[_POOL_ENTRY : len(pool) // _POOL_ENTRY * _POOL_ENTRY]
        ):
            if not low and references and not high:
                high = references << 16
                continue
            texts.append(data.read(high | low).decode(encoding, "replace"))
            high = 0
        return texts, 3 if header & _LONG_REFERENCES else 2

    def _width(self, column: _Column) -> int:
        if column.is_text:
            return self._reference_size
        return _LONG if column.kind & 0xFF == _LONG else _SHORT

    def _rows(self, name: str, columns: list[_Column]) -> list[Row]:
        """Return the rows of a table, whose values are stored column by column."""
        names = [column.name for column in columns]
        if len(set(names)) < len(names) or len(names) > _MOST_COLUMNS:
            raise MsiError(f"has a table {name} with columns of the same name, or too many")
        data = self._read_table_stream(name)
        width = sum(map(self._width, columns))
        count = len(data) // width if width else 0
        if count > _MOST_ROWS:
            raise MsiError(f"has a table {name} of {count} rows; the limit is {_MOST_ROWS}")
        values: list[list[str | int | None]] = []
        start = 0
        for column in columns:
            size = self._width(column)
            cells = [data[at : at + size] for at in range(start, start + size * count, size)]
            values.append([self._value(name, column, cell) for cell in cells])
            start += size * count
        return [
            Row(name, number, dict(zip(names, row, strict=True)))
            for number, row in enumerate(zip(*values, strict=True), start=1)
        ]

    def _value(self, table: str, column: _Column, cell: bytes) -> str | int | None:
        number = int.from_bytes(cell, "little")
        if column.is_text:
            if number >= len(self._texts):
                raise MsiError(
                    f"has a table {table} with a {column.name} that is not in its pool of texts"
                )
            return self._texts[number]
        # Numbers are stored with their highest bit turned, so that 0 says that there is none.
        return number - (1 << (8 * len(cell) - 1)) if number else None


def _read_kind(row: Row) -> int:
    """Return the type of a column, whose 16 bits may be those of a negative number."""
    kind = row.values["Type"]
    return kind & 0xFFFF if isinstance(kind, int) else 0


def _encoding(codepage: int) -> str:
    """Return the name of a code page; 0 says that all texts are ASCII."""
    encoding = {0: "cp1252", 65001: "utf-8"}.get(codepage, f"cp{codepage}")
    try:
        "".encode(encoding)
    except LookupError:
        raise MsiError(f"has texts in code page {codepage}, which is not known") from None
    return encoding


def _decode_name(name: str) -> str:
    """Return the name of a stream in plain characters; that of a table starts with a mark."""
    made = []
    for character in name:
        value = ord(character)
        if _PAIRS <= value < _SINGLES:
            value -= _PAIRS
            made.append(_ALPHABET[value & 0x3F] + _ALPHABET[value >> 6])
        elif _SINGLES <= value < _SINGLES + 0x40:
            made.append(_ALPHABET[value - _SINGLES])
        else:
            made.append(character)
    return "".join(made)
