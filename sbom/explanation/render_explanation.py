"""Explanations as text for people, and as JSON values for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sbom.diagnostics import Location
from sbom.diagnostics.render import printable
from sbom.explanation.explanation import Explanation, Fact, Section

#: The widest name that others are aligned with.
_WIDEST = 20


def render_explanations(explanations: Iterable[Explanation]) -> str:
    """Return explanations as text, a blank line between two."""
    return "\n".join("".join(_lines(one)) for one in explanations)


def _lines(explanation: Explanation) -> Iterator[str]:
    yield f"{printable(explanation.title)}\n"
    for section in explanation.sections:
        yield "\n"
        if section.title:
            yield f"{printable(section.title)}\n"
        yield from _section_lines(section)


def _section_lines(section: Section) -> Iterator[str]:
    """Yield the lines of facts: name, value, and behind it in brackets where it is stated."""
    names = (len(fact.name) for fact in section.facts)
    width = max((length for length in names if length <= _WIDEST), default=0)
    for fact in section.facts:
        values = [printable(value) for value in fact.values]
        origin = f"  [{_format_origin(fact.origin)}]" if fact.origin else ""
        if len(fact.name) > width or len(values) > 1:
            yield f"  {printable(fact.name)}{origin}\n"
            yield from (f"    {value}\n" for value in values)
        else:
            yield f"  {printable(fact.name).ljust(width)}  {''.join(values)}{origin}\n"


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
