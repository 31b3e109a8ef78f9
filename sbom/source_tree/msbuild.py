"""MSBuild files as XML: the properties they define, what these expand to, and on which lines.

Only what CPython's own projects use is understood: properties that refer to others, comparisons
in conditions, and the parts of a version. A value that needs more stays as it is, and a condition
that needs more counts as true.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

#: No name or path is longer; a value that refers to itself would grow without end.
_MAX_VALUE_LENGTH = 4096
_MAX_EXPANSIONS = 20
_REFERENCE = re.compile(r"\$\((\w+)\)")
_VERSION_PART = re.compile(
    r"\$\(\[System\.Version\]::Parse\(([\d.]+)\)\.(Major|Minor|Build|Revision)\)"
)
_PARTS = ("Major", "Minor", "Build", "Revision")
_COMPARISON = re.compile(r"\s*('[^']*'|[^\s'=!]*)\s*(==|!=)\s*('[^']*'|\S*)\s*")


@dataclass(frozen=True, slots=True)
class Definition:
    """A property as one element defines it: the value it expands to there, file and line."""

    name: str
    value: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a project: name, text, the attributes in use, line, and parent's name."""

    name: str
    text: str
    condition: str
    include: str
    line: int
    parent: str


class InvalidMSBuildError(Exception):
    """A file is not XML that MSBuild would read, and why."""


@dataclass(slots=True)
class Properties:
    """The properties of some files, read one after the other; a later definition wins."""

    definitions: list[Definition] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)

    def definitions_of(self, name: str) -> Iterator[Definition]:
        """Yield the definitions of a property, in order."""
        return (one for one in self.definitions if one.name.lower() == name.lower())

    def expand(self, text: str) -> str:
        """Return a text with the properties it refers to replaced; unknown ones stay."""
        for _ in range(_MAX_EXPANSIONS):
            expanded = _REFERENCE.sub(lambda use: self.values.get(use[1].lower(), use[0]), text)
            expanded = _VERSION_PART.sub(_version_part, expanded)
            if expanded == text or len(expanded) > _MAX_VALUE_LENGTH:
                break
            text = expanded
        return text[:_MAX_VALUE_LENGTH]

    def add(self, file: str, elements: Iterable[Element]) -> None:
        """Add the properties of one more file."""
        for element in elements:
            if element.parent == "PropertyGroup" and self.is_true(element.condition):
                value = self.expand(element.text)
                self.values[element.name.lower()] = value
                self.definitions.append(Definition(element.name, value, file, element.line))

    def is_true(self, condition: str) -> bool:
        """Return whether a condition is true, or does more than comparing values."""
        return any(
            all(self._compare(term) for term in re.split(r"(?i)\s+and\s+", terms))
            for terms in re.split(r"(?i)\s+or\s+", condition)
        )

    def _compare(self, term: str) -> bool:
        match = _COMPARISON.fullmatch(term)
        if match is None:
            return True
        left, right = (self._operand(match[group]) for group in (1, 3))
        return (left.lower() == right.lower()) is (match[2] == "==")

    def _operand(self, text: str) -> str:
        """Return a side of a comparison; a property that is not defined is empty."""
        value = self.expand(text.strip("'"))
        return "" if _REFERENCE.fullmatch(value) else value


def _version_part(match: re.Match[str]) -> str:
    parts = match[1].split(".")
    index = _PARTS.index(match[2])
    return parts[index] if index < len(parts) else "-1"


def parse_elements(data: bytes) -> list[Element]:
    """Return the elements of an MSBuild file in the order in which they start.

    Raises InvalidMSBuildError for what is not well-formed, and for a document type: entities can
    expand to gigabytes, and MSBuild files have none.
    """
    ended: list[tuple[int, Element]] = []
    stack: list[tuple[str, dict[str, str], int, list[str], int]] = []
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def start(name: str, attributes: dict[str, str]) -> None:
        stack.append((name, attributes, parser.CurrentLineNumber, [], len(ended) + len(stack)))

    def text(data: str) -> None:
        if stack:
            stack[-1][3].append(data)

    def end(_: str) -> None:
        name, attributes, line, parts, order = stack.pop()
        parent = stack[-1][0] if stack else ""
        include = attributes.get("Include", attributes.get("Project", ""))
        condition = attributes.get("Condition", "")
        content = "".join(parts).strip()
        ended.append((order, Element(name, content, condition, include, line, parent)))

    def refuse(*_: object) -> None:
        raise InvalidMSBuildError("declares a document type, which MSBuild files do not have")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)  # noqa: FBT003 - pyexpat takes it by position alone
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise InvalidMSBuildError(str(error)) from error
    return [element for _, element in sorted(ended, key=lambda one: one[0])]
