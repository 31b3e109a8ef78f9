"""Explanations as text for people, and as JSON values for programs."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Iterator

from sbom.diagnostics import Location
from sbom.diagnostics.render import printable
from sbom.explanation.explanation import Explanation, Fact, Section

#: The widest name that others are aligned with.
_WIDEST = 20
#: Facts whose values are quoted as they are: output of a run, regular expressions.
_QUOTED = frozenset({"example", "rule"})


def render_explanations(explanations: Iterable[Explanation], width: int) -> str:
    """Return explanations as text, a blank line between two.

    Sentences are wrapped at ``width`` columns. An address, a digest or a pattern stays whole, so
    that it can be copied, however long it is.
    """
    return "\n".join("".join(_lines(explanation, width)) for explanation in explanations)


def wrap_fact(name: str, text: str, width: int) -> Iterator[str]:
    """Yield the lines of a text after a name, which the lines after the first leave room for."""
    lines = textwrap.wrap(
        text,
        width,
        initial_indent=name,
        subsequent_indent=" " * len(name),
        break_long_words=False,
        break_on_hyphens=False,
    )
    yield from lines or [name.rstrip()]


def _lines(explanation: Explanation, width: int) -> Iterator[str]:
    yield f"{printable(explanation.title)}\n"
    for section in explanation.sections:
        yield "\n"
        if section.title:
            yield f"{printable(section.title)}\n"
        yield from (f"{line}\n" for line in _section_lines(section, width))


def _section_lines(section: Section, width: int) -> Iterator[str]:
    """Yield the lines of facts: name, value, and after it in brackets where it is stated."""
    names = (len(fact.name) for fact in section.facts)
    column = max((length for length in names if length <= _WIDEST), default=0)
    for fact in section.facts:
        values = [printable(value) for value in fact.values]
        origin = f"  [{_format_origin(fact.origin)}]" if fact.origin else ""
        columns = sys.maxsize if fact.name in _QUOTED else width
        if len(fact.name) <= column and len(values) <= 1:
            name = f"  {printable(fact.name).ljust(column)}  "
            yield from wrap_fact(name, f"{''.join(values)}{origin}", columns)
            continue
        yield f"  {printable(fact.name)}{origin}"
        for value in values:
            yield from wrap_fact("    ", value, columns)


def _format_origin(origin: Location) -> str:
    """Return ``FILE:LINE``, which editors and terminals can follow."""
    return printable(f"{origin.path}:{origin.line}" if origin.line else origin.path)


def explanations_as_json(explanations: Iterable[Explanation]) -> list[dict[str, object]]:
    """Return explanations as JSON values; each fact has ``values``, and ``origin`` or null."""
    return [
        {
            "kind": explanation.kind.value,
            "subject": explanation.subject,
            "title": explanation.title,
            "sections": [
                {"title": section.title, "facts": [_fact_as_json(fact) for fact in section.facts]}
                for section in explanation.sections
            ],
        }
        for explanation in explanations
    ]


def _fact_as_json(fact: Fact) -> dict[str, object]:
    origin = fact.origin
    return {
        "name": fact.name,
        "values": list(fact.values),
        "origin": origin
        and {"file": origin.path, "line": origin.line or None, "column": origin.column or None},
    }
