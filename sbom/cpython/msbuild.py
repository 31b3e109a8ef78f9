"""MSBuild files as XML: the properties they define, what these expand to, and where they stand.

Only what CPython's own projects do is understood: properties that use others, conditions on
whether one is empty, and files imported from beside. A value that needs more stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

#: A value that has grown beyond this is no name or path.
_LONGEST = 4096
_USE = re.compile(r"\$\((\w+)\)")
_EMPTY = re.compile(r"\s*'?\$\((\w+)\)'?\s*==\s*''\s*")


@dataclass(frozen=True, slots=True)
class Definition:
    """A property as one element defines it: its text, and what that expands to there."""

    name: str
    text: str
    value: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Item:
    """An item such as a compiled source: its kind, what it includes, where it stands."""

    kind: str
    include: str
    file: str
    line: int


@dataclass(slots=True)
class Properties:
    """The properties of some files, read one after the other; a later definition wins."""

    definitions: list[Definition] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)

    def defined(self, name: str) -> Iterator[Definition]:
        """Yield where a property is defined, in order."""
        for one in self.definitions:
            if one.name.lower() == name.lower():
                yield one

    def expanded(self, text: str) -> str:
        """Return a text with each property it uses put in; unknown ones stay as they are."""
        for _ in range(20):
            new = _USE.sub(lambda use: self.values.get(use[1].lower(), use[0]), text)
            if new == text or len(new) > _LONGEST:
                break
            text = new
        return text[:_LONGEST]

    def add(self, file: str, elements: Iterable[Element]) -> None:
        """Take in the properties of one more file."""
        for one in elements:
            if not one.property or self._skipped(one.condition):
                continue
            value = self.expanded(one.text)
            self.values[one.name.lower()] = value
            self.definitions.append(Definition(one.name, one.text, value, file, one.line))

    def _skipped(self, condition: str) -> bool:
        """Return whether a definition is only for where the property is empty, and it is not."""
        match = _EMPTY.fullmatch(condition)
        return bool(match and self.values.get(match[1].lower()))


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a project: its name, text, attributes that matter, and line."""

    name: str
    text: str
    condition: str
    include: str
    line: int
    property: bool


class NotMSBuildError(Exception):
    """A file is no XML that can be read, and why."""


def elements_of(data: bytes) -> list[Element]:
    """Return the elements of an MSBuild file in order.

    Raises NotMSBuildError for what is not well formed, and for a document type: entities are
    what bombs are made of, and MSBuild has none.
    """
    found: list[Element] = []
    stack: list[tuple[str, dict[str, str], int, list[str]]] = []
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def start(name: str, attributes: dict[str, str]) -> None:
        stack.append((name, attributes, parser.CurrentLineNumber, []))

    def text(data: str) -> None:
        if stack:
            stack[-1][3].append(data)

    def end(name: str) -> None:
        _, attributes, line, parts = stack.pop()
        inside = len(stack) > 0 and stack[-1][0] == "PropertyGroup"
        condition = attributes.get("Condition", "")
        include = attributes.get("Include", attributes.get("Project", ""))
        whole = "".join(parts).strip()
        found.append(Element(name, whole, condition, include, line, inside))

    def refuse(*_: object) -> None:
        raise NotMSBuildError("it declares a document type, which MSBuild files do not")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)  # noqa: FBT003 - pyexpat names it by place alone
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise NotMSBuildError(str(error)) from error
    return found
