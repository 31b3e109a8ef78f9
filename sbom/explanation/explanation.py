"""An explanation as a value: facts in sections, each fact with the place that states it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sbom.diagnostics import Location
from sbom.manifest.tables import KeyPath, Table, key_fields


class SubjectKind(StrEnum):
    """What can be explained."""

    COMPONENT = "component"
    DIAGNOSTIC = "diagnostic"
    VULNERABILITY = "vulnerability"


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact: its name, one or more texts, and where it is stated; None if it is derived."""

    name: str
    values: tuple[str, ...]
    origin: Location | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Facts that belong together; one without a title stands first."""

    title: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """Everything that is known about a subject; ``title`` is one line that sums it up."""

    kind: SubjectKind
    subject: str
    title: str
    sections: tuple[Section, ...]


#: Returns where the value of a key stands.
Locate = Callable[[KeyPath], Location]


def table_facts(
    table: Table, path: KeyPath, locate: Locate, leave_out: frozenset[str] = frozenset()
) -> Iterator[Fact]:
    """Yield the keys of a table that have a value, tables within it and defaults apart.

    ``path`` leads to the table, ``leave_out`` are keys that are not asked for.
    """
    for key, field in key_fields(type(table)).items():
        value = getattr(table, field.name)
        if key in leave_out or value == field.default or _is_tables(value):
            continue
        if texts := format_value(value):
            yield Fact(key, texts, locate((*path, key)))


def _is_tables(value: object) -> bool:
    return isinstance(value, tuple) and any(isinstance(item, Table) for item in value)


def format_value(value: object) -> tuple[str, ...]:
    """Return the value of a key as texts; none if it is empty."""
    match value:
        case None | "":
            return ()
        case bool():
            return (str(value).lower(),)
        case dt.date():
            return (value.isoformat(),)
        case tuple():
            return tuple(" ".join(format_value(item)) for item in value)
        case Mapping():
            return tuple(
                f"{key or '(empty)'}: {', '.join(format_value(item))}"
                for key, item in value.items()
            )
        case _:
            return (str(value),)
