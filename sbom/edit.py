"""Changes written back into the text of externals.toml, and nothing else touched.

Values are edited with tomlkit, which keeps comments, order and spacing; whole tables come and go
as lines, because tomlkit counts the comment above a table to the one before it. Whatever was
done is read back and compared with what was meant.
"""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import tomlkit

from sbom.problems import Code, Problem, SbomError
from sbom.reconcile import Change, What
from sbom.schema import UNFILLED

#: What is no longer known once a tag has changed.
_OF_ARCHIVE: dict[str, str | int] = {
    "commit": "",
    "sha256": "",
    "sha512": "",
    "size": 0,
    "files": 0,
    "verification-code": "",
}


def apply(text: str, changes: Sequence[Change], facts: Mapping[str, str], claimed: set[str]) -> str:
    """Return externals.toml with the changes made.

    ``facts`` are the new values of ``[cpython]``; ``claimed`` the key paths of externals that
    a component already accounts for: any other new one gets a component to be filled in.
    Raises SbomError where the tables are written in a way that cannot be edited safely.
    """
    crlf = "\r\n" in text
    text = text.replace("\r\n", "\n")
    expected = copy.deepcopy(tomllib.loads(text))
    for change in changes:
        if change.what is What.REMOVE:
            text = _without(text, change.key)
            del expected[change.kind][change.name]
            if not expected[change.kind]:
                del expected[change.kind]
    text = _edited(text, _values(changes, facts, expected))
    for change in changes:
        if change.what is What.ADD:
            text = _with_table(text, change.kind, change.name, _new_external(change), expected)
            if change.key not in claimed:
                text = _with_table(text, "component", change.name, _skeleton(change), expected)
    _verify(text, expected)
    return text.replace("\n", "\r\n") if crlf else text


def _values(
    changes: Sequence[Change], facts: Mapping[str, str], expected: dict[str, Any]
) -> Iterator[tuple[tuple[str, ...], str | int]]:
    """Yield key path and new value of each edit, and make them in ``expected`` too."""
    for key, fact in facts.items():
        if expected["cpython"].get(key) != fact:
            expected["cpython"][key] = fact
            yield ("cpython", key), fact
    for change in changes:
        if change.what not in (What.RETAG, What.GUARD):
            continue
        table = expected[change.kind][change.name]
        new: dict[str, str | int] = {"guard": change.new}
        if change.what is What.RETAG:
            new = {"tag": change.new, **{k: v for k, v in _OF_ARCHIVE.items() if k in table}}
        for key, value in new.items():
            if table.get(key) != value:
                table[key] = value
                yield (change.kind, change.name, key), value


def _edited(text: str, edits: Iterator[tuple[tuple[str, ...], str | int]]) -> str:
    document = tomlkit.parse(text)
    for path, value in edits:
        table: Any = document
        for key in path[:-1]:
            table = table[key]
        table[path[-1]] = value
    return tomlkit.dumps(document)


# Tables as lines.


def _header(kind: str, name: str) -> re.Pattern[str]:
    key = re.escape(name)
    return re.compile(rf"\s*\[\s*{kind}\s*\.\s*(?:{key}|\"{key}\"|'{key}')\s*\]\s*(#.*)?")


_ANY_HEADER = re.compile(
    r"\s*\[{1,2}\s*([A-Za-z-]+)(?:\s*\.\s*(?:\"([^\"]+)\"|'([^']+)'|([\w-]+)))?"
)


def _lines(text: str) -> tuple[list[str], list[bool]]:
    """Return the lines of a TOML text, and of each whether it is inside a multi-line string."""
    lines = text.split("\n")
    inside: list[bool] = []
    quote = ""
    for line in lines:
        inside.append(bool(quote))
        for mark in re.findall(r"\"\"\"|'''", line):
            if not quote:
                quote = mark
            elif quote == mark:
                quote = ""
    return lines, inside


def _headers(lines: Sequence[str], inside: Sequence[bool]) -> Iterator[tuple[int, str, str]]:
    """Yield line index, first and second key of each table header."""
    for index, line in enumerate(lines):
        if not inside[index] and (match := _ANY_HEADER.match(line)):
            yield index, match[1], match[2] or match[3] or match[4] or ""


def _without(text: str, key: str) -> str:
    """Return ``text`` less one table: its header and values, up to its last value.

    Comments behind the last value stay: they are above the next table, and people's.
    """
    kind, _, name = key.partition(".")
    lines, inside = _lines(text)
    starts = [
        i for i, line in enumerate(lines) if not inside[i] and _header(kind, name).fullmatch(line)
    ]
    if len(starts) != 1:
        raise _cannot_edit(key)
    start = starts[0]
    nexts = [index for index, _, _ in _headers(lines, inside) if index > start]
    end = nexts[0] if nexts else len(lines)
    last = max(
        i
        for i in range(start, end)
        if i == start or inside[i] or (lines[i].strip() and not lines[i].lstrip().startswith("#"))
    )
    stop = last + 1
    while stop < end and not lines[stop].strip():
        stop += 1
    # One blank line stays where something stands on both sides.
    return "\n".join([*lines[:start], *lines[stop:]])


def _with_table(text: str, kind: str, name: str, table: str, expected: dict[str, Any]) -> str:
    """Return ``text`` with a table of ``kind`` in its sorted place."""
    added = tomllib.loads(table)[kind][name]
    expected.setdefault(kind, {})[name] = added
    lines, inside = _lines(text)
    headers = list(_headers(lines, inside))
    place = _above_comments(lines, _place(headers, kind, name, len(lines)))
    if place == len(lines):
        return text.rstrip("\n") + "\n\n" + table.rstrip("\n") + "\n"
    return "\n".join([*lines[:place], *table.split("\n"), *lines[place:]])


def _place(headers: Sequence[tuple[int, str, str]], kind: str, name: str, end: int) -> int:
    """Return the line for a new table: behind its neighbour by name, or before the one after."""
    mine = [second for _, first, second in headers if first == kind]
    before = max((other for other in mine if other < name), default=None)
    if before is None:
        after = min(mine, default=None)
        return next((at for at, *key in headers if key == [kind, after]), end)
    last = max(n for n, (_, *key) in enumerate(headers) if key == [kind, before])
    return headers[last + 1][0] if last + 1 < len(headers) else end


def _above_comments(lines: Sequence[str], place: int) -> int:
    """Return the line above the comments that stand right above a table."""
    if place < len(lines):
        while place > 0 and lines[place - 1].lstrip().startswith("#"):
            place -= 1
    return place


def _new_external(change: Change) -> str:
    table = tomlkit.table()
    table["tag"] = change.new
    if change.external is not None and change.external.guard:
        table["guard"] = change.external.guard
    if change.external is not None and "://" in change.external.repository:
        table["repository"] = change.external.repository
    table["sha256"] = ""
    table["sha256"].comment("unknown: regen pins it when it is online")
    return _dumped(change.kind, change.name, table)


def _skeleton(change: Change) -> str:
    table = tomlkit.table()
    table["name"] = change.name
    for key in ("originator", "homepage", "licence", "copyright", "purl"):
        table[key] = UNFILLED
        table[key].comment("unknown: a person fills this in")
    table["revision"] = tomlkit.string(r"(?P<version>\d+(?:\.\d+)*[a-z]?)", literal=True)
    row = tomlkit.table()
    row["external"] = change.key
    for key in ("link",):
        row[key] = UNFILLED
        row[key].comment("unknown: static, dynamic or build-tool")
    row["files"] = [UNFILLED]
    ships = tomlkit.aot()
    ships.append(row)
    table["ships"] = ships
    return _dumped("component", change.name, table)


def _dumped(kind: str, name: str, table: Any) -> str:
    document = tomlkit.document()
    parent = tomlkit.table(is_super_table=True)
    parent[name] = table
    document[kind] = parent
    return tomlkit.dumps(document).rstrip("\n") + "\n"


def _verify(text: str, expected: Mapping[str, Any]) -> None:
    """Raise SbomError unless ``text`` says exactly what was meant."""
    if tomllib.loads(text) != expected:
        raise _cannot_edit("")


def _cannot_edit(where: str) -> SbomError:
    return SbomError(
        [
            Problem(
                code=Code.MANIFEST,
                file="externals.toml",
                where=where,
                message="the tables are written in a way that cannot be edited safely",
                hint="write each external as a table of its own: [source.<name>]",
            )
        ]
    )
