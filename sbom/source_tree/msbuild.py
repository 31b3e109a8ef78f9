"""MSBuild files as XML: the properties they define, what these expand to, and where they stand.

Only what CPython's own projects do is understood: properties that use others, comparisons in
conditions, and the parts of a version. A value that needs more stays as it is, and a condition
that needs more holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

#: A value that has grown beyond this is no name or path.
_LONGEST = 4096
_USE = re.compile(r"\$\((\w+)\)")
_VERSION_PART = re.compile(
    r"\$\(\[System\.Version\]::Parse\(([\d.]+)\)\.(Major|Minor|Build|Revision)\)"
)
_PARTS = ("Major", "Minor", "Build", "Revision")
_COMPARISON = re.compile(r"\s*('[^']*'|[^\s'=!]*)\s*(==|!=)\s*('[^']*'|\S*)\s*")


@dataclass(frozen=True, slots=True)
class Definition:
    """A property as one element defines it: what it expands to there, and where it stands."""

    name: str
    value: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a project: name, text, attributes that matter, line, and what it is in."""

    name: str
    text: str
    condition: str
    include: str
    line: int
    parent: str


class NotMSBuildError(Exception):
    """A file is no XML that can be read, and why."""


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
            new = _VERSION_PART.sub(_part, new)
            if new == text or len(new) > _LONGEST:
                break
            text = new
        return text[:_LONGEST]

    def add(self, file: str, elements: Iterable[Element]) -> None:
        """Take in the properties of one more file."""
        for one in elements:
            if one.parent == "PropertyGroup" and self.holds(one.condition):
                value = self.expanded(one.text)
                self.values[one.name.lower()] = value
                self.definitions.append(Definition(one.name, value, file, one.line))

    def holds(self, condition: str) -> bool:
        """Return whether a condition holds, as far as it only compares; else that it does."""
        return any(
            all(self._compares(atom) for atom in re.split(r"(?i)\s+and\s+", part))
            for part in re.split(r"(?i)\s+or\s+", condition)
        )

    def _compares(self, atom: str) -> bool:
        match = _COMPARISON.fullmatch(atom)
        if match is None:
            return True
        left, right = (self._plain(match[group]) for group in (1, 3))
        return (left.lower() == right.lower()) is (match[2] == "==")

    def _plain(self, text: str) -> str:
        """Return a side of a comparison; a property that nobody has defined is empty."""
        value = self.expanded(text.strip("'"))
        return "" if _USE.fullmatch(value) else value


def _part(match: re.Match[str]) -> str:
    parts = match[1].split(".")
    at = _PARTS.index(match[2])
    return parts[at] if at < len(parts) else "-1"


def elements_of(data: bytes) -> list[Element]:
    """Return the elements of an MSBuild file in the order in which they start.

    Raises NotMSBuildError for what is not well formed, and for a document type: entities are
    what bombs are made of, and MSBuild has none.
    """
    found: list[tuple[int, Element]] = []
    stack: list[tuple[str, dict[str, str], int, list[str], int]] = []
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def start(name: str, attributes: dict[str, str]) -> None:
        stack.append((name, attributes, parser.CurrentLineNumber, [], len(found) + len(stack)))

    def text(data: str) -> None:
        if stack:
            stack[-1][3].append(data)

    def end(_: str) -> None:
        name, attributes, line, parts, order = stack.pop()
        parent = stack[-1][0] if stack else ""
        include = attributes.get("Include", attributes.get("Project", ""))
        condition = attributes.get("Condition", "")
        whole = "".join(parts).strip()
        found.append((order, Element(name, whole, condition, include, line, parent)))

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
    return [element for _, element in sorted(found, key=lambda one: one[0])]
