"""TOML tables to frozen dataclasses: every key known, every value of its type, all faults at once.

Knows how a dataclass describes its table (``snake_case`` fields are ``kebab-case`` keys, a field
without default is required, ``pattern`` in its metadata is what a text must match); knows nothing
of what the tables mean.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from sbom.manifest.external_key import ExternalKey, parse_external_key

T = TypeVar("T")
#: Is told a key path and a sentence for each fault.
Report = Callable[[str, str], None]


def matching(pattern: str, expected: str, **default: Any) -> Any:
    """Return a dataclass field whose texts must match a pattern; ``expected`` says it in words."""
    metadata = {"pattern": pattern, "expected": expected}
    return dataclasses.field(metadata=metadata, **default)


def hexadecimal(length: int) -> Any:
    """Return a dataclass field of so many hexadecimal digits, or of none while unknown."""
    expected = f"{length} lower-case hexadecimal digits, or empty while unknown"
    return matching(rf"([0-9a-f]{{{length}}})?", expected, default="")


def read_table(
    cls: Callable[..., T], table: object, place: str, report: Report, /, **given: object
) -> T | None:
    """Return a ``cls`` built from ``table``, or None where a fault was reported.

    ``place`` is the key path of the table, which each report starts with; ``given`` are the
    fields that do not come from the table.
    """
    if not isinstance(table, Mapping):
        report(place, f"is {_called(table)} and not a table")
        return None
    known = _known(cls)
    sound = True
    for key in table:
        if key not in known:
            near = f"; known are {', '.join(sorted(known))}"
            report(_joined(place, key), f"is no key of this table{near}")
            sound = False
    values: dict[str, Any] = dict(given)
    for key, (field, hint) in known.items():
        if key not in table:
            if field.default is MISSING and field.default_factory is MISSING:
                report(_joined(place, key), "is missing")
                sound = False
            continue
        value = _value(hint, table[key], _joined(place, key), field, report)
        if value is None:
            sound = False
        values[field.name] = value
    return cls(**values) if sound else None


@cache
def _known(kind: Any) -> dict[str, tuple[Field[Any], Any]]:
    hints = get_type_hints(kind)
    return {
        field.metadata.get("key", field.name.replace("_", "-")): (field, hints[field.name])
        for field in fields(kind)
        if field.init and not field.metadata.get("given")
    }


def _joined(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _value(hint: Any, value: object, place: str, field: Field[Any], report: Report) -> Any:
    """Return ``value`` as the type a field is declared with, or None after a report."""
    if hint in (ExternalKey, ExternalKey | None):
        return _external_key(value, place, report)
    if hint in (str, int, bool):
        if type(value) is not hint:
            report(place, f"is {_called(value)} and not {_NAMES[hint]}")
            return None
        return value if _matches(value, place, field, report) else None
    if is_dataclass(hint):
        return read_table(hint, value, place, report)  # type: ignore[arg-type]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple:
        return _list(arguments[0], value, place, field, report)
    if origin is Mapping:
        return _map(arguments[1], value, place, field, report)
    raise TypeError(f"{place}: no reader for {hint}")


def _external_key(value: object, place: str, report: Report) -> ExternalKey | None:
    try:
        return parse_external_key(value if isinstance(value, str) else "")
    except ValueError:
        report(place, f"{value!r} is not 'source.', 'binary.' or 'vendored.' and a name")
        return None


def _list(hint: Any, value: object, place: str, field: Field[Any], report: Report) -> Any:
    if not isinstance(value, list):
        report(place, f"is {_called(value)} and not a list")
        return None
    items = [_value(hint, item, f"{place}[{n}]", field, report) for n, item in enumerate(value)]
    return None if None in items else tuple(items)


def _map(hint: Any, value: object, place: str, field: Field[Any], report: Report) -> Any:
    if not isinstance(value, Mapping):
        report(place, f"is {_called(value)} and not a table")
        return None
    items = {
        key: _value(hint, item, _joined(place, key), field, report) for key, item in value.items()
    }
    return None if None in items.values() else items


def _matches(value: object, place: str, field: Field[Any], report: Report) -> bool:
    pattern = field.metadata.get("pattern")
    if pattern is None or not isinstance(value, str) or re.fullmatch(pattern, value):
        return True
    report(place, f"'{value}' is not {field.metadata['expected']}")
    return False


_NAMES = {str: "a text", int: "a whole number", bool: "true or false"}


def _called(value: object) -> str:
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return _NAMES.get(type(value), f"a {type(value).__name__}")
