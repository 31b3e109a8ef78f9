"""TOML tables to typed values: every key known, every value of its type, all errors at once.

msgspec converts a whole file in a millisecond and stops at the first error. Only then does
``sbom.manifest.table_errors`` walk the tables key by key. Knows nothing of what tables mean.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, TypeVar, get_args, get_origin

import msgspec
from msgspec import Meta
from msgspec.structs import FieldInfo

from sbom.manifest.external_key import ExternalKey, parse_external_key

T = TypeVar("T")
#: The keys that lead to a value: ``("component", "openssl", "ships", 2, "link")``.
KeyPath = tuple[str | int, ...]
#: Returns what is wrong with a text, or an empty text.
TextCheck = Callable[[str], str]

_PLAIN_KEY = re.compile(r"[^\s.\[\]\"']+")
#: Characters that no text of a document or terminal should have: C0 and C1 but for blanks, line
#: separators, and those that change the direction of what is after them.
_CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_PART = re.compile(rf'\[([0-9]{{1,9}})\]|\.?(?:"([^"]*)"|({_PLAIN_KEY.pattern}))')


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """A TOML table: a field is a key, ``snake_case`` for ``kebab-case``.

    The string after a field describes it: for readers here, and for the schema and the
    documentation that are generated. Modules with tables have no ``from __future__ import
    annotations``: msgspec would have to compile the annotation of each field.
    """

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong between values of this table: a key, or an empty text; a message."""
        return iter(())


@dataclass(frozen=True, slots=True)
class TableError:
    """An error of a table: its key path, the message, and a hint.

    With ``is_key``, the key itself is wrong, not its value.
    """

    path: KeyPath
    message: str
    hint: str = ""
    is_key: bool = False


# What fields are annotated with.


def matching(pattern: str, expected: str) -> Meta:
    """Return the annotation of a text that must match a pattern as a whole."""
    # msgspec searches, and ``$`` alone would allow a line end after it. ``\w`` means ASCII.
    return Meta(pattern=rf"(?a)^(?:{pattern})$(?!\n)", description=expected)


def checked(check: TextCheck, expected: str) -> Meta:
    """Return the annotation of a text that has a grammar of its own."""
    return Meta(description=expected, extra={"check": check})


def from_header(part: int) -> Meta:
    """Return the annotation of a part of the table's header, which is not a key of the table.

    ``part`` counts from the end: -1 is ``openssl`` of ``[source.openssl]``.
    """
    return Meta(extra={"header": part})


#: A text that quotes another one, whatever characters that has.
Verbatim = Annotated[str, Meta(extra={"verbatim": True})]
HeaderName = Annotated[
    str,
    from_header(-1),
    matching("[A-Za-z0-9_][A-Za-z0-9_.+-]*", "a name of letters, digits, '.', '_', '+' and '-'"),
]
#: A package URL that a version can be appended to.
PURL = r"pkg:\w+/[^@?#\s]+(?:#[^@?#\s]+)?"
FilePattern = Annotated[str, matching(r"\S(?:.*\S)?", "the name of a file, or a pattern of names")]
Sha256 = Annotated[
    str, matching("([0-9a-f]{64})?", "64 lower-case hexadecimal digits, or empty while unknown")
]
Sha512 = Annotated[
    str, matching("([0-9a-f]{128})?", "128 lower-case hexadecimal digits, or empty while unknown")
]
Sha1 = Annotated[
    str, matching("([0-9a-f]{40})?", "40 lower-case hexadecimal digits, or empty while unknown")
]
#: An Authenticode SHA-256, or the SHA-1 that git names a file by where only that is known.
DllDigest = Annotated[
    str,
    matching("[0-9a-f]{64}|[0-9a-f]{40}", "an Authenticode SHA-256, or git's SHA-1 of a file"),
]


@cache
def _extra(kind: Any, name: str) -> Any:
    """Return what the annotations of a type have under a name, or None."""
    if get_origin(kind) is not Annotated:
        return None
    extras = (meta.extra for meta in kind.__metadata__ if isinstance(meta, Meta) and meta.extra)
    return next((extra[name] for extra in extras if name in extra), None)


def _text_check(kind: Any) -> TextCheck | None:
    """Return how a text of a type is checked, or None."""
    check: TextCheck | None = _extra(kind, "check")
    return check


@cache
def key_fields(kind: type[Table]) -> Mapping[str, FieldInfo]:
    """Return the keys of a table, each with its field; parts of its header are none."""
    fields = msgspec.structs.fields(kind)
    return {field.encode_name: field for field in fields if _extra(field.type, "header") is None}


@cache
def header_fields(kind: type[Table]) -> Mapping[str, tuple[int, FieldInfo]]:
    """Return the fields that are parts of a table's header, each with its place there."""
    fields = msgspec.structs.fields(kind)
    parts = {field.encode_name: (_extra(field.type, "header"), field) for field in fields}
    return {name: part for name, part in parts.items() if part[0] is not None}


# From data to values.


def convert_table(data: Mapping[str, Any], kind: type[T], path: KeyPath = ()) -> T:
    """Return TOML data as a table of a type; ``path`` leads to it. Raises ValueError if wrong."""
    if isinstance(kind, type) and issubclass(kind, Table):
        data = _with_headers(data, kind, path)
    return convert_value(data, kind)


def convert_value(value: object, kind: type[T]) -> T:
    """Return a TOML value as one of a type. Raises ValueError if it is none.

    A text is no date, because TOML has dates.
    """
    return msgspec.convert(value, kind, dec_hook=_decode_key, builtin_types=(dt.date,))


def _decode_key(kind: type, value: object) -> object:
    """Return the key path that a text is, for msgspec, which does not know the type."""
    if kind is ExternalKey and isinstance(value, str):
        return parse_external_key(value)
    raise ValueError(value)


def _with_headers(data: Mapping[str, Any], kind: Any, path: KeyPath) -> Mapping[str, Any]:
    """Return data with the parts of headers that tables, and those one level below, have."""
    headers = header_fields(kind)
    if not headers.keys().isdisjoint(data):
        raise ValueError(path)
    added: dict[str, Any] = {name: path[part] for name, (part, _) in headers.items()}
    for key, field in () if headers else key_fields(kind).items():
        below = data.get(key)
        if get_origin(field.type) is Mapping and isinstance(below, Mapping):
            [_, item] = get_args(field.type)
            if isinstance(item, type) and issubclass(item, Table):
                added[key] = {
                    name: _with_headers(table, item, (*path, key, name))
                    for name, table in below.items()
                    if isinstance(table, Mapping)
                }
    return {**data, **added}


# Texts and tables that are wrong although every value has its type.


def check_values(value: object, kind: Any, path: KeyPath = ()) -> Iterator[TableError]:
    """Yield what is wrong with the texts of a converted value, and between values of a table."""
    if isinstance(value, str):
        if not _extra(kind, "verbatim") and (found := _CONTROL.search(value)):
            yield TableError(path, f"has the control character U+{ord(found[0]):04X}")
        check = _text_check(kind)
        if check and (message := check(value)):
            yield TableError(path, message)
    elif isinstance(value, Table):
        for key, field in key_fields(type(value)).items():
            yield from check_values(getattr(value, field.name), field.type, (*path, key))
        yield from check_table(value, path)
    elif isinstance(value, Mapping):
        [_, item] = get_args(kind)
        for key, below in value.items():
            yield from check_values(below, item, (*path, key))
    elif isinstance(value, tuple):
        for n, below in enumerate(value):
            yield from check_values(below, get_args(kind)[0], (*path, n))


def check_table(table: Table, path: KeyPath) -> Iterator[TableError]:
    """Yield what is wrong between the values of one table."""
    for key, message in table.check():
        yield TableError((*path, key) if key else path, message)


def format_key_path(path: KeyPath) -> str:
    """Return a key path as text: ``component.openssl.ships[2].link``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if _PLAIN_KEY.fullmatch(part) else f'"{part}"')
    return text


def parse_key_path(text: str) -> KeyPath:
    """Return the key path that a text, as ``format_key_path`` writes it, starts with.

    What follows after a blank is not part of it; empty if it starts with none.
    """
    path: list[str | int] = []
    position = 0
    while match := _PART.match(text, position):
        number, quoted, plain = match.groups()
        path.append(int(number) if number else plain or quoted or "")
        position = match.end()
    return tuple(path) if text[position : position + 1] in ("", " ") else ()


def table_form(path: KeyPath) -> str:
    """Return the key path of a table as documentation writes it: ``component.<name>.ships``."""
    keys = [part for part in path if isinstance(part, str)]
    is_array = len(path) > 1 and isinstance(path[1], int)
    names = [] if is_array or len(keys) == 1 else ["<name>"]
    return ".".join([*keys[:1], *names, *keys[2:]])


def find_texts(value: object, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """Yield every text below a value of a table, each with its key path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, tuple):
        for n, item in enumerate(value):
            yield from find_texts(item, (*path, n))
    elif isinstance(value, Table):
        for key, field in key_fields(type(value)).items():
            yield from find_texts(getattr(value, field.name), (*path, key))
