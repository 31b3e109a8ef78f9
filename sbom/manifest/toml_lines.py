"""Tables of a TOML text as lines: found, edited, taken out and put in, nothing else touched.

tomlkit edits the lines of one table; the whole file never passes through it, because it moves
arrays of tables that people have mixed, and counts the comment above a table to the one before.
Works on texts with LF line ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import tomlkit

#: A text, a number, a truth, or sets of settings.
Value = str | int | bool | list[list[str]]

_KEY = r"(?:\"([^\"]+)\"|'([^']+)'|([\w-]+))"
_HEADER = re.compile(rf"\s*\[{{1,2}}\s*([A-Za-z-]+)\s*(?:\.\s*{_KEY}\s*(?:\.\s*{_KEY})?)?")
#: The line of a table's header, and its first three keys.
_Header = tuple[int, str, str, str]


def set_values(text: str, path: Sequence[str], values: Mapping[str, Value]) -> str:
    """Return ``text`` with values of one table set; comments behind them stay.

    Raises LookupError where the table does not stand under a header of its own.
    """
    lines = text.split("\n")
    start, end = _span(lines, path)
    document = tomlkit.parse("\n".join(lines[start + 1 : end]) + "\n")
    for key, value in values.items():
        document[key] = value
    edited = tomlkit.dumps(document).rstrip("\n").split("\n")
    return "\n".join([*lines[: start + 1], *edited, *lines[end:]])


def remove(text: str, path: Sequence[str]) -> str:
    """Return ``text`` less one table and those below it, up to the blank lines behind them.

    Comments behind the last value stay: they are above the next table, and people's. Raises
    LookupError where the table does not stand under a header of its own.
    """
    lines = text.split("\n")
    below = {tuple(keys) for _, *keys in _headers(lines) if [*keys][: len(path)] == [*path]}
    for keys in sorted(below, reverse=True):
        start, end = _span(lines, [key for key in keys if key])
        while end < len(lines) and not lines[end].strip():
            end += 1
        lines = [*lines[:start], *lines[end:]]
    if not below:
        raise LookupError(".".join(path))
    return "\n".join(lines)


def insert(text: str, kind: str, name: str, table: str) -> str:
    """Return ``text`` with a table of ``kind`` beside its neighbor by name."""
    lines = text.split("\n")
    place = _place(list(_headers(lines)), kind, name, len(lines))
    if place == len(lines):
        return text.rstrip("\n") + "\n\n" + table.rstrip("\n") + "\n"
    while place > 0 and lines[place - 1].lstrip().startswith("#"):
        place -= 1
    return "\n".join([*lines[:place], *table.rstrip("\n").split("\n"), "", *lines[place:]])


def insert_below(text: str, path: Sequence[str], table: str) -> str:
    """Return ``text`` with a table right behind the values of the table it is a part of."""
    lines = text.split("\n")
    _, end = _span(lines, path)
    return "\n".join([*lines[:end], "", *table.rstrip("\n").split("\n"), *lines[end:]])


def _place(headers: Sequence[_Header], kind: str, name: str, end: int) -> int:
    """Return the line for a new table: behind its neighbor by name, or before the one after."""
    mine = [second for _, first, second, _ in headers if first == kind]
    before = max((other for other in mine if other < name), default=None)
    if before is None:
        after = min(mine, default=None)
        return next((at for at, *keys in headers if keys[:2] == [kind, after]), end)
    last = max(n for n, (_, *keys) in enumerate(headers) if keys[:2] == [kind, before])
    return headers[last + 1][0] if last + 1 < len(headers) else end


def _span(lines: Sequence[str], path: Sequence[str]) -> tuple[int, int]:
    """Return the lines of a table: its header, and behind its last value."""
    headers = list(_headers(lines))
    wanted = [*path, "", ""][:3]
    mine = [
        n
        for n, (at, *key) in enumerate(headers)
        if key == wanted and not lines[at].lstrip().startswith("[[")
    ]
    if len(mine) != 1:
        raise LookupError(".".join(path))
    start = headers[mine[0]][0]
    limit = headers[mine[0] + 1][0] if mine[0] + 1 < len(headers) else len(lines)
    inside = _inside(lines)
    values = [
        n
        for n in range(start + 1, limit)
        if inside[n] or (lines[n].strip() and not lines[n].lstrip().startswith("#"))
    ]
    return start, values[-1] + 1 if values else start + 1


def _headers(lines: Sequence[str]) -> Iterator[_Header]:
    """Yield the line and the first three keys of each table header."""
    inside = _inside(lines)
    for index, line in enumerate(lines):
        if not inside[index] and (match := _HEADER.match(line)):
            second, third = (match[n] or match[n + 1] or match[n + 2] or "" for n in (2, 5))
            yield index, match[1], second, third


def _inside(lines: Sequence[str]) -> list[bool]:
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


#: A multi-line quote, a string on one line, or a comment: what hides the quotes inside it.
_TOKEN = re.compile(r"\"\"\"|'''|\"(?:\\.|[^\"\\])*\"|'[^']*'|#.*")
#: What ends a multi-line string; a backslash hides a quote in the basic one.
_CLOSING = {'"""': re.compile(r'(?<!\\)"""'), "'''": re.compile("'''")}
