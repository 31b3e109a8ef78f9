"""Every error of a TOML table that does not fit its type, each at its key path."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from msgspec import Meta

from sbom.data import read_data
from sbom.diagnostics import Code
from sbom.diagnostics.catalog import catalog
from sbom.manifest.external_key import ExternalKey
from sbom.manifest.tables import (
    KeyPath,
    Table,
    TableError,
    check_table,
    check_values,
    convert_table,
    convert_value,
    header_fields,
    key_fields,
    table_form,
)

_TYPE_NAMES: Mapping[Any, str] = {
    str: "a string",
    int: "an integer",
    bool: "true or false",
    ExternalKey: "'source.', 'binary.' or 'vendored.' and a name",
}


@dataclass(frozen=True, slots=True)
class RenamedKeys:
    """What has become of keys, by their table: ``component.<name>.ships``.

    A key has another name now, or is replaced by several, or ``moved`` to a file.
    """

    names: Mapping[str, Mapping[str, str | Sequence[str]]] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)

    def get(self, path: KeyPath, key: str) -> Sequence[str]:
        """Return the new names of a key of the table at ``path``; none if it is not known."""
        names = self.names.get(table_form(path) if path else "manifest", {}).get(key, ())
        return (names,) if isinstance(names, str) else names


def renamed_keys() -> RenamedKeys:
    """Return the keys that the manifest had under other names."""
    data = read_data("renamed_keys")
    return RenamedKeys(names=data["renamed"], moved=data["moved"])


@dataclass(frozen=True, slots=True)
class ErrorFinder:
    """Walks TOML data beside the type it should have."""

    renamed: RenamedKeys

    def find(self, value: object, kind: Any, path: KeyPath = ()) -> Iterator[TableError]:
        """Yield every error of a value: unknown and missing keys, types, failed checks."""
        plain = get_args(kind)[0] if get_origin(kind) is Annotated else kind
        if isinstance(plain, type) and issubclass(plain, Table):
            yield from self._table(value, plain, path)
        elif get_origin(plain) is Mapping:
            yield from self._mapping(value, get_args(plain)[1], path)
        elif get_origin(plain) is tuple:
            yield from self._array(value, get_args(plain)[0], path)
        else:
            yield from _leaf(value, kind, path)

    def _mapping(self, value: object, kind: Any, path: KeyPath) -> Iterator[TableError]:
        if not isinstance(value, Mapping):
            yield _unexpected(value, "a table", path)
            return
        for key, item in value.items():
            yield from self.find(item, kind, (*path, key))

    def _array(self, value: object, kind: Any, path: KeyPath) -> Iterator[TableError]:
        if not isinstance(value, list):
            yield _unexpected(value, "an array", path)
            return
        for n, item in enumerate(value):
            yield from self.find(item, kind, (*path, n))

    def _table(self, value: object, kind: type[Table], path: KeyPath) -> Iterator[TableError]:
        if not isinstance(value, Mapping):
            yield _unexpected(value, "a table", path)
            return
        known = key_fields(kind)
        errors: list[TableError] = []
        for part, entry in header_fields(kind).values():
            errors += _leaf(path[part], entry.type, path)
        meant: set[str] = set()
        for key in value:
            if key not in known:
                names = self.renamed.get(path, key)
                close = () if names else difflib.get_close_matches(key, known, n=1)
                meant.update(names or close)
                kind_of = "table" if isinstance(value[key], (dict, list)) else "key"
                errors.append(self._unknown((*path, key), kind_of, names, close, list(known)))
                if len(names) == 1 and names[0] in known:
                    errors += self.find(value[key], known[names[0]].type, (*path, key))
        for key, entry in known.items():
            if key in value:
                errors += self.find(value[key], entry.type, (*path, key))
            elif entry.required and key not in meant:
                errors.append(TableError((*path, key), "missing key"))
        yield from errors
        if not errors:
            yield from check_table(convert_table(value, kind, path), path)

    def _unknown(
        self,
        path: KeyPath,
        what: str,
        names: Sequence[str],
        close: Sequence[str],
        known: Sequence[str],
    ) -> TableError:
        """Return the error of an unknown key or table, by what is known of its name."""
        if moved := self.renamed.moved.get(table_form(path)):
            message = f"no longer in the manifest: {moved} has the reference data"
            return TableError(path, message, "remove the table", is_key=True)
        if len(names) == 1:
            message, hint = f"old name of '{names[0]}'", f"rename it to '{names[0]}'"
            return TableError(path, message, hint, is_key=True)
        if names:
            message = f"replaced by {_listed(names, 'and')}"
            return TableError(path, message, "write those instead", is_key=True)
        hint = f"did you mean '{close[0]}'?" if close else f"use one of {_listed(known, 'or')}"
        return TableError(path, f"unknown {what}", hint, is_key=True)


def _leaf(value: object, kind: Any, path: KeyPath) -> Iterator[TableError]:
    try:
        converted = convert_value(value, kind)
    except ValueError:
        yield _unexpected(value, _expected(kind), path, _near(value, kind))
    else:
        yield from check_values(converted, kind, path)


def _near(value: object, kind: Any) -> str:
    """Return the hint for a text that is almost one of a fixed set, or an empty text."""
    plain = _plain(kind)
    known: Sequence[str] = get_args(plain) if get_origin(plain) is Literal else ()
    if isinstance(plain, type) and issubclass(plain, Enum):
        known = [str(member.value) for member in plain]
    if plain is Code and (named := [code for code in Code if catalog()[code].id == value]):
        return f"did you mean '{named[0]}'?"
    close = difflib.get_close_matches(value, known, n=1) if isinstance(value, str) else ()
    return f"did you mean '{close[0]}'?" if close else ""


def _unexpected(value: object, expected: str, path: KeyPath, hint: str = "") -> TableError:
    if isinstance(value, Mapping):
        found = "a table"
    elif isinstance(value, list):
        found = "an array"
    elif isinstance(value, bool):
        found = str(value).lower()
    else:
        found = f"'{value}'" if isinstance(value, str) else str(value)
    return TableError(path, f"expected {expected}, found {found}", hint)


def _expected(kind: Any) -> str:
    """Return in words what a value of a type is."""
    if get_origin(kind) is Annotated:
        described = [meta.description for meta in kind.__metadata__ if isinstance(meta, Meta)]
        return next((text for text in described if text), "") or _expected(get_args(kind)[0])
    if get_origin(kind) is Literal:
        return f"one of {_listed(get_args(kind), 'or')}"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return f"one of {_listed([member.value for member in kind], 'or')}"
    return _TYPE_NAMES.get(kind) or " or ".join(_expected(part) for part in _not_none(kind))


def _plain(kind: Any) -> Any:
    """Return a type without its annotations, and the one that can be None without that."""
    if get_origin(kind) is Annotated:
        return _plain(get_args(kind)[0])
    parts = _not_none(kind) if get_origin(kind) in (Union, UnionType) else []
    return parts[0] if len(parts) == 1 else kind


def _not_none(kind: Any) -> list[Any]:
    return [part for part in get_args(kind) if part is not type(None)]


def _listed(names: Sequence[str], conjunction: str) -> str:
    """Return names as a list in a sentence: ``'a', 'b' and 'c'``."""
    quoted = [f"'{name}'" for name in names]
    return f" {conjunction} ".join([", ".join(quoted[:-1]), quoted[-1]] if quoted[1:] else quoted)
