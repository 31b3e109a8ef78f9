"""XML from unknown authors to its elements: bounded, and without document types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from xml.parsers import expat

#: How deep elements may be nested; MSBuild files and manifests of bundles need ten.
_DEPTH = 200
#: The most elements that are read; the largest project of CPython has 1,500.
_MOST_ELEMENTS = 200_000


@dataclass(frozen=True, slots=True)
class XmlElement:
    """An element: its name without a namespace, text, attributes, line, and what it is in.

    ``position`` counts elements in the order in which they start, from 0; ``parent`` is that of
    the element around it, -1 for the root.
    """

    name: str
    attributes: Mapping[str, str]
    line: int
    position: int
    parent: int
    text: str


class XmlError(ValueError):
    """Data are not XML that is read here; the text says why."""


@dataclass(slots=True)
class _OpenElement:
    name: str
    attributes: Mapping[str, str]
    line: int
    position: int
    parent: int
    text: list[str] = field(default_factory=list)

    def close(self) -> XmlElement:
        name = self.name.rpartition(":")[2]
        text = "".join(self.text).strip()
        return XmlElement(name, self.attributes, self.line, self.position, self.parent, text)


def parse_xml(data: bytes) -> list[XmlElement]:
    """Return the elements of a document in the order in which they start.

    Raises XmlError for what is not well-formed, too deep, or has a document type: entities can
    expand to gigabytes, and no format that is read here has one.
    """
    closed: list[XmlElement] = []
    opened: list[_OpenElement] = []
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(closed) + len(opened) >= _MOST_ELEMENTS:
            raise XmlError(f"has more than {_MOST_ELEMENTS} elements")
        if len(opened) >= _DEPTH:
            raise XmlError(f"has more than {_DEPTH} elements in each other")
        parent = opened[-1].position if opened else -1
        position = len(closed) + len(opened)
        opened.append(_OpenElement(name, attributes, parser.CurrentLineNumber, position, parent))

    def text(data: str) -> None:
        opened[-1].text.append(data)

    def end(_: str) -> None:
        closed.append(opened.pop().close())

    def refuse(*_: object) -> None:
        raise XmlError("declares a document type, which files of its kind do not have")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)  # noqa: FBT003 - pyexpat takes it by position alone
    except XmlError:
        raise
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise XmlError(str(error)) from error
    return sorted(closed, key=attrgetter("position"))
