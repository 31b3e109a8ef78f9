"""Where keys stand in externals.toml: line and column of a key path, for diagnostics.

``tomllib`` keeps no positions, and tomlkit takes a second for the file. This reads a text that is
known to be TOML, so that it only has to find where things end (https://toml.io/en/v1.0.0).
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import accumulate

from sbom.diagnostics import Diagnostic, Location, sort_diagnostics
from sbom.manifest.tables import KeyPath, parse_key_path

#: What some editors put before a UTF-8 text.
BYTE_ORDER_MARK = "\ufeff"
#: White space, line ends and comments.
_BETWEEN = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_EQUALS = re.compile(r"[ \t]*=[ \t]*")
_OPEN = re.compile(r"\[{1,2}[ \t]*")
_CLOSE = re.compile(r"[ \t]*\]{1,2}")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
#: A number, a date, true or false; between date and time there may be a blank.
_SCALAR = re.compile(r"[^\s,\]}#]+(?: \d\d:[^\s,\]}#]*)?")


@dataclass(frozen=True, slots=True)
class _Span:
    """From where to where something stands in a text: offsets of characters."""

    start: int
    end: int


@dataclass(slots=True)
class _Scanner:
    """Reads a TOML text from its start to its end, and notes where each key and value is."""

    text: str
    position: int = 0
    keys: dict[KeyPath, _Span] = field(default_factory=dict)
    values: dict[KeyPath, _Span] = field(default_factory=dict)

    def scan(self) -> None:
        """Read the whole text."""
        table: KeyPath = ()
        lengths: dict[KeyPath, int] = {}
        while self._skip_to_next():
            if self.text[self.position] == "[":
                table = self._header(lengths)
            else:
                self._assignment(table)

    def _skip_to_next(self) -> bool:
        self.position = self._end(_BETWEEN)
        return self.position < len(self.text)

    def _end(self, pattern: re.Pattern[str]) -> int:
        """Return where a match of a pattern ends that starts here; here, if there is none."""
        match = pattern.match(self.text, self.position)
        return match.end() if match else self.position

    def _header(self, lengths: dict[KeyPath, int]) -> KeyPath:
        """Read ``[table]`` or ``[[array.of.tables]]``; ``lengths`` counts the tables of arrays."""
        start, is_array = self.position, self.text.startswith("[[", self.position)
        self.position = self._end(_OPEN)
        *parents, name = self._key()
        path: KeyPath = ()
        for parent in parents:
            path = (*path, parent)
            path = (*path, lengths[path] - 1) if path in lengths else path
        path = (*path, name)
        self.position = self._end(_CLOSE)
        if is_array:
            lengths[path] = lengths.get(path, 0) + 1
            path = (*path, lengths[path] - 1)
        self.keys[path] = self.values[path] = _Span(start, self.position)
        return path

    def _key(self) -> Iterator[str]:
        """Yield the parts of a dotted key, read up to the end of each."""
        while True:
            if self.text[self.position] in "\"'":
                end = self._end(_STRING)
                part = tomllib.loads(f"key = {self.text[self.position : end]}")["key"]
            else:
                end = self._end(_BARE_KEY)
                part = self.text[self.position : end]
            self.position = max(end, self.position + 1)
            yield part
            dot = self._end(_DOT)
            if dot == self.position:
                return
            self.position = dot

    def _assignment(self, table: KeyPath) -> None:
        """Read ``key = value`` of a table."""
        start = self.position
        path = (*table, *self._key())
        self.keys[path] = _Span(start, self.position)
        self.position = self._end(_EQUALS)
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        start = self.position
        opening = self.text[start : start + 1]
        if opening == "[":
            self._items(path, "]")
        elif opening == "{":
            self._items(path, "}")
        else:
            end = self._end(_STRING if opening in ("'", '"') else _SCALAR)
            self.position = max(end, start + 1)
        self.values[path] = _Span(start, self.position)

    def _items(self, path: KeyPath, closing: str) -> None:
        """Read the values of an array, or the keys and values of an inline table."""
        self.position += 1
        number = 0
        while self._skip_to_next() and self.text[self.position] != closing:
            if self.text[self.position] == ",":
                self.position += 1
            elif closing == "]":
                self._value((*path, number))
                number += 1
            else:
                self._assignment(path)
        self.position += 1


@lru_cache(maxsize=2)
def _scan(text: str) -> _Scanner:
    """Return what was scanned of a text: diagnostics of one manifest are located several times."""
    scanner = _Scanner(text)
    scanner.scan()
    return scanner


@dataclass(frozen=True)
class KeyLocations:
    """The locations of keys in the text of ``file``, which is TOML; scanned when it is asked."""

    text: str
    file: str

    @cached_property
    def _scanned(self) -> _Scanner:
        return _scan(self.text)

    def locate(self, path: KeyPath, *, key: bool = False) -> Location:
        """Return where a value stands or, with ``key``, its key.

        For what is not there, it is the table that it would be in; the whole file, if none is.
        """
        spans = self._scanned.keys if key else self._scanned.values
        for end in range(len(path), 0, -1):
            if span := spans.get(path[:end]):
                return self._location(span)
        return Location(self.file)

    def has(self, path: KeyPath) -> bool:
        """Return whether the text has a key or a table of this path."""
        return path in self._scanned.keys

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def _starts(self) -> list[int]:
        """Return the offset at which each line starts."""
        return [0, *accumulate(len(line) + 1 for line in self._lines)]

    def _location(self, span: _Span) -> Location:
        line = bisect_right(self._starts, span.start)
        column = span.start - self._starts[line - 1] + 1
        return _locate_in_line(self.file, self._lines, line, column, span.end - span.start)


def locate_in_text(file: str, text: str, line: int, column: int) -> Location:
    """Return the location of a character of a text, with its line."""
    return _locate_in_line(file, text.split("\n"), line, column, 1)


def _locate_in_line(
    file: str, lines: Sequence[str], line: int, column: int, width: int
) -> Location:
    """Return the location of a part of a line; what goes on in the next line ends with it."""
    if not 0 < line <= len(lines):
        return Location(file)
    excerpt = lines[line - 1].rstrip("\r")
    width = max(1, min(width, len(excerpt) - column + 1))
    return Location(file, line, column, width=width, excerpt=excerpt)


def locate_keys(diagnostics: Iterable[Diagnostic], file: str, text: str) -> tuple[Diagnostic, ...]:
    """Return diagnostics, those of keys of the manifest ``file`` with the location of the key.

    ``text`` is that of the file, which is TOML.
    """
    locations = KeyLocations(text.removeprefix(BYTE_ORDER_MARK), file)
    return sort_diagnostics(
        replace(diagnostic, location=locations.locate(parse_key_path(diagnostic.subject)))
        if diagnostic.location == Location(file)
        else diagnostic
        for diagnostic in diagnostics
    )
