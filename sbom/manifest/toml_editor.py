"""A TOML text changed table by table, with the proof that nothing else in it has changed."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Item

#: A text, a number, a truth, or sets of settings.
Value = str | int | bool | list[list[str]]
#: The keys of a header: ``("binary", "tcltk", "dll-digests")``.
TablePath = tuple[str, ...]

_BOM = "\ufeff"
_BRACKETS = re.compile(r"\s*(\[{1,2})")
_VALUE = re.compile(r"\s*[^\s#]")
_KEY = re.compile(r"\s*(?:\"((?:[^\"\\]|\\.)*)\"|'([^']*)'|([\w-]+))\s*(\.?)")
#: A multi-line quote, a string on one line, or a comment: what hides the quotes inside it.
_TOKEN = re.compile(r"\"\"\"|'''|\"(?:\\.|[^\"\\])*\"|'[^']*'|#.*")
#: What ends a multi-line string; a backslash hides a quote in the basic one.
_CLOSING = {'"""': re.compile(r'(?<!\\)"""'), "'''": re.compile("'''")}


class TomlEditError(ValueError):
    """Tables that are written in a way that cannot be edited safely; the text is their key path."""


@dataclass(frozen=True, slots=True)
class _Header:
    """The header of a table: its line, the line after the table's last value, its keys."""

    index: int
    end: int
    path: TablePath
    is_array: bool


class TomlEditor:
    """A TOML text, and the data that it must have when it is finished.

    tomlkit edits the values of one table at a time. The whole text never passes through it:
    tomlkit 0.15 moves arrays of tables together where others stand between them, drops the comment
    above the next table together with a table, puts new tables last, and takes 0.2 s to parse
    externals.toml, ten times as long as tomllib.
    """

    def __init__(self, text: str) -> None:
        """Start from a text with LF or CRLF line ends. Raises TOMLDecodeError."""
        self._bom = _BOM if text.startswith(_BOM) else ""
        text = text.removeprefix(_BOM)
        self._newline = "\r\n" if 0 < text.count("\n") == text.count("\r\n") else "\n"
        text = text.replace("\r\n", "\n") if self._newline == "\r\n" else text
        self._lines = text.split("\n")
        self.data: dict[str, Any] = tomllib.loads(text)

    def get(self, path: TablePath) -> dict[str, Any]:
        """Return the data of a table."""
        table = self.data
        for key in path:
            table = table[key]
        return table

    def finish(self) -> str:
        """Return the text. Raises TomlEditError unless its data is as required."""
        text = "\n".join(self._lines)
        with suppress(tomllib.TOMLDecodeError):
            if tomllib.loads(text) == self.data:
                return self._bom + text.replace("\n", self._newline)
        raise TomlEditError("")

    def set_values(
        self, path: TablePath, values: Mapping[str, Value | None], order: Sequence[str]
    ) -> None:
        """Set values of a table; comments after them stay.

        A value of None removes its key. A new key comes after those before it in ``order``.
        Raises TomlEditError if the table has no header of its own.
        """
        start, end = self._find_values(path)
        lines = self._lines[start + 1 : end]
        table = self.get(path)
        for key, value in values.items():
            lines = _set_value(lines, key, value, order[: order.index(key)])
            if value is None:
                table.pop(key, None)
            else:
                table[key] = value
        self._lines[start + 1 : end] = lines

    def has_comment(self, path: TablePath, key: str) -> bool:
        """Return whether a comment stands after the value of a key."""
        start, end = self._find_values(path)
        item = _parse(self._lines[start + 1 : end]).item(key)
        return isinstance(item, Item) and bool(item.trivia.comment)

    def remove(self, path: TablePath) -> None:
        """Remove a table and those below it, up to the blank lines after them.

        Comments after the last value stay: they are above the next table, and people's. Raises
        TomlEditError where the table has no header of its own.
        """
        below = {header.path for header in _scan(self._lines) if header.path[: len(path)] == path}
        for each in sorted(below | {path}, reverse=True):
            start, end = self._find_values(each)
            while end < len(self._lines) and not self._lines[end].strip():
                end += 1
            del self._lines[start:end]
        parent = self.get(path[:-1])
        del parent[path[-1]]
        if not parent:
            del self.get(path[:-2])[path[-2]]

    def insert(
        self, path: TablePath, table: Mapping[str, Any], *, text: str = "", after: Sequence[str]
    ) -> None:
        """Insert a table beside its neighbors by name, or after the one that it is below.

        The first of its kind comes after the tables of the kinds ``after``, or last. ``text`` is
        how the table is written, where not plainly.
        """
        lines = (text or _dump(path, table)).strip("\n").split("\n")
        index = self._find_place(path, after)
        is_last = not any(line.strip() for line in self._lines[index:])
        if is_last:
            del self._lines[index:]
        if index > 0 and self._lines[index - 1].strip():
            lines = ["", *lines]
        if is_last or self._lines[index].strip():
            lines = [*lines, ""]
        self._lines[index:index] = lines
        parent = self.data
        for key in path[:-1]:
            parent = parent.setdefault(key, {})
        parent[path[-1]] = copy.deepcopy(dict(table))

    def _find_place(self, path: TablePath, after: Sequence[str]) -> int:
        """Return the index of the line that a new table comes before."""
        headers = _scan(self._lines)
        siblings = {header.path for header in headers if header.path[:-1] == path[:-1]}
        smaller = max((sibling for sibling in siblings if sibling < path), default=None)
        greater = min((sibling for sibling in siblings if sibling > path), default=None)
        if smaller is None and greater is not None:
            index = next(header.index for header in headers if header.path == greater)
            while index > 0 and self._lines[index - 1].lstrip().startswith("#"):
                index -= 1
            return index
        if smaller is not None:
            before = [header for header in headers if header.path[: len(path)] == smaller]
        else:
            before = [
                header for header in headers if header.path == path[:-1] or header.path[0] in after
            ]
        return before[-1].end if before else len(self._lines)

    def _find_values(self, path: TablePath) -> tuple[int, int]:
        """Return the lines of a table: that of its header, and the one after its last value."""
        own = [
            header for header in _scan(self._lines) if header.path == path and not header.is_array
        ]
        if len(own) != 1:
            raise TomlEditError(".".join(path))
        return own[0].index, own[0].end


def _scan(lines: Sequence[str]) -> list[_Header]:
    """Return the headers of a text, in order."""
    inside = _inside_strings(lines)
    found: list[tuple[int, re.Match[str]]] = [
        (index, match)
        for index, line in enumerate(lines)
        if not inside[index] and (match := _BRACKETS.match(line))
    ]
    limits = [*(index for index, _ in found[1:]), len(lines)]
    headers = []
    for (start, match), limit in zip(found, limits, strict=True):
        values = (n for n in range(start + 1, limit) if inside[n] or _VALUE.match(lines[n]))
        end = max(values, default=start) + 1
        path = _parse_keys(lines[start][match.end() :])
        headers.append(_Header(start, end, path, is_array=len(match[1]) > 1))
    return headers


def _parse_keys(text: str) -> TablePath:
    """Return the keys of a header, of which ``text`` follows the bracket."""
    keys = []
    position = 0
    while match := _KEY.match(text, position):
        keys.append(match[1] or match[2] or match[3] or "")
        position = match.end()
        if not match[4]:
            break
    return tuple(keys)


def _inside_strings(lines: Sequence[str]) -> list[bool]:
    """Return of each line whether it starts inside a multi-line string."""
    inside: list[bool] = []
    quote = ""
    for line in lines:
        inside.append(bool(quote))
        position = 0
        while match := (_CLOSING[quote] if quote else _TOKEN).search(line, position):
            position = match.end()
            if match[0].startswith("#") and not quote:
                break
            if match[0] in _CLOSING:
                quote = "" if quote else match[0]
    return inside


# One table.


def _parse(lines: Sequence[str]) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse("\n".join(lines) + "\n")
    except TOMLKitError as error:
        raise TomlEditError("") from error


def _set_value(
    lines: Sequence[str], key: str, value: Value | None, before: Sequence[str]
) -> list[str]:
    """Return the lines of a table with one value set, or its key removed.

    A new key comes after the last of those ``before`` it.
    """
    document = _parse(lines)
    if key in document:
        if value is None:
            del document[key]
        else:
            document[key] = value
        return tomlkit.dumps(document).rstrip("\n").split("\n")
    if value is None:
        return [*lines]
    index = _line_after(lines, before)
    return [*lines[:index], tomlkit.dumps({key: value}).rstrip("\n"), *lines[index:]]


def _line_after(lines: Sequence[str], keys: Sequence[str]) -> int:
    """Return the index of the line after the last of some keys that a table has."""
    found = 0
    known: set[str] = set()
    for index in range(1, len(lines) + 1):
        with suppress(tomllib.TOMLDecodeError):  # the line is inside a value of several lines
            data = tomllib.loads("\n".join(lines[:index]))
            if not (data.keys() - known).isdisjoint(keys):
                found = index
            known = {*data}
    return found


def _dump(path: TablePath, table: Mapping[str, Any]) -> str:
    header = ".".join(tomlkit.key(key).as_string() for key in path)
    return f"[{header}]\n{tomlkit.dumps(table)}"
