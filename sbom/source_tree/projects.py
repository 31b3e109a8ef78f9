"""CPython's MSBuild files: properties, and which shipped file each external ends up in.

Only what CPython's own projects use is understood: properties that refer to others, comparisons
in conditions, and the parts of a version. A value that needs more stays as it is, and a condition
that needs more counts as true.

A project that compiles files of an external's directory contains the external; a static library
passes what it contains on to the projects that refer to it; a DLL that is copied out of an
external ships as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from sbom.files.xml import XmlElement, XmlError, parse_xml
from sbom.source_tree.tree import SourceTree

#: No name or path is longer; a value that refers to itself would grow without end.
_MAX_VALUE_LENGTH = 4096
_MAX_EXPANSIONS = 20
_REFERENCE = re.compile(r"\$\((\w+)\)")
_VERSION_PART = re.compile(
    r"\$\(\[System\.Version\]::Parse\(([\d.]+)\)\.(Major|Minor|Build|Revision)\)"
)
_PARTS = ("Major", "Minor", "Build", "Revision")
# Possessive quantifiers, and no two that can share blanks: any text takes linear time.
_COMPARISON = re.compile(r"('[^']*+'|[^\s'=!]*+)\s*+(==|!=)\s*+('[^']*+'|\S*+)")
_AND, _OR = (re.compile(rf"(?i)(?<=\s){word}(?=\s)") for word in ("and", "or"))


@dataclass(frozen=True, slots=True)
class Definition:
    """A property as one element defines it: the value it expands to there, file and line."""

    name: str
    value: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class MSBuildElement:
    """An element of a project: name, text, the attributes in use, line, and parent's name.

    ``conditions`` are its own and its parent's, each of which must be true.
    """

    name: str
    text: str
    conditions: tuple[str, ...]
    include: str
    line: int
    parent: str


@dataclass(slots=True)
class Properties:
    """The properties of some files, read one after the other; a later definition wins."""

    definitions: list[Definition] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)

    def definitions_of(self, name: str) -> Iterator[Definition]:
        """Yield the definitions of a property, in order."""
        return (known for known in self.definitions if known.name.lower() == name.lower())

    def expand(self, text: str) -> str:
        """Return a text with the properties it refers to replaced; unknown ones stay."""
        text = text[:_MAX_VALUE_LENGTH]
        for _ in range(_MAX_EXPANSIONS):
            expanded = _REFERENCE.sub(lambda use: self.values.get(use[1].lower(), use[0]), text)
            expanded = _VERSION_PART.sub(_version_part, expanded)
            if expanded == text or len(expanded) > _MAX_VALUE_LENGTH:
                break
            text = expanded
        return text[:_MAX_VALUE_LENGTH]

    def add(self, file: str, elements: Iterable[MSBuildElement]) -> None:
        """Add the properties of one more file."""
        for element in elements:
            if element.parent == "PropertyGroup" and self.applies(element):
                value = self.expand(element.text)
                self.values[element.name.lower()] = value
                self.definitions.append(Definition(element.name, value, file, element.line))

    def applies(self, element: MSBuildElement) -> bool:
        """Return whether an element's conditions are true, or do more than comparing values."""
        return all(map(self.is_true, element.conditions))

    def is_true(self, condition: str) -> bool:
        """Return whether a condition is true, or does more than comparing values."""
        return any(
            all(self._compare(term.strip()) for term in _AND.split(terms))
            for terms in _OR.split(condition)
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


def parse_elements(data: bytes) -> list[MSBuildElement]:
    """Return the elements of an MSBuild file in the order in which they start.

    Raises XmlError for what MSBuild would not read, and for a document type.
    """
    elements = parse_xml(data)
    return [_read_element(element, elements) for element in elements]


def _read_element(element: XmlElement, elements: Sequence[XmlElement]) -> MSBuildElement:
    parent = elements[element.parent] if element.parent >= 0 else None
    attributes = element.attributes
    around = parent.attributes if parent else {}
    return MSBuildElement(
        name=element.name,
        text=element.text,
        conditions=tuple(
            table["Condition"] for table in (around, attributes) if "Condition" in table
        ),
        include=attributes.get("Include", attributes.get("Project", "")),
        line=element.line,
        parent=parent.name if parent else "",
    )


_PROJECTS = "PCbuild/*.vcxproj"
_PROPS = ("PCbuild/python.props", "PCbuild/tcltk.props", "PCbuild/openssl.props",
          "PCbuild/libffi.props")  # fmt: skip
_INSTALLER_SOURCES = "Tools/msi/*/*.wxs"
#: A library that a WiX source names in full; names with a variable are those of other projects.
_INSTALLED_LIBRARY = re.compile(r'<File [^<>]*Name="([^"$]+\.(?:dll|pyd))"')
#: What is built: what ships on 64-bit x86.
_BUILT = {"configuration": "Release", "platform": "x64", "archname": "amd64"}
#: The extension of what a project makes and ships, by its configuration type.
_EXTENSIONS = {"Application": ".exe", "DynamicLibrary": ".dll"}
_STATIC = "StaticLibrary"
#: The project whose output has the CPython line in its name.
_CORE_PROJECT = "pythoncore"


@dataclass(frozen=True, slots=True)
class ShippedReference:
    """A shipped file that a project makes of a tag, empty if it names none, and its line."""

    tag: str
    shipped: str
    file: str
    line: int


@dataclass(slots=True)
class _Project:
    """A project: its output, and the lines where it compiles, copies and refers to others.

    ``configuration_type`` is MSBuild's; only a program or a dynamic library ships as its output.
    """

    path: str
    output: str = ""
    configuration_type: str = "DynamicLibrary"
    compiles: dict[str, int] = field(default_factory=dict)
    copies: dict[tuple[str, str], int] = field(default_factory=dict)
    references: dict[str, int] = field(default_factory=dict)


def read_shipped_files(
    tree: SourceTree, tags: Iterable[str], line: str
) -> tuple[ShippedReference, ...]:
    """Return where each of the tags of a CPython line ends up on 64-bit x86, sorted.

    Projects that are not XML count as absent.
    """
    properties = Properties(values=dict(_BUILT))
    longest_first = sorted(tags, key=len, reverse=True)
    shared = [
        (path, elements) for path in _PROPS if (elements := _read_elements(tree, path)) is not None
    ]
    for path, elements in shared:
        properties.add(path, elements)
    files = [*((path, _read_elements(tree, path)) for path in tree.glob(_PROJECTS)), *shared]
    projects = {
        _project_name(path): _read_project(path, elements, properties, longest_first, line)
        for path, elements in files
        if elements is not None
    }
    references = set(_follow_references(projects))
    return tuple(sorted(references, key=attrgetter("tag", "shipped", "file", "line")))


def read_installed_files(tree: SourceTree) -> tuple[ShippedReference, ...]:
    """Return the libraries that the installer's sources name in full, sorted by file and line."""
    return tuple(
        ShippedReference("", match[1], path, text.count("\n", 0, match.start(1)) + 1)
        for path in tree.glob(_INSTALLER_SOURCES)
        for text in [tree.read_text(path) or ""]
        for match in _INSTALLED_LIBRARY.finditer(text)
    )


def _read_elements(tree: SourceTree, path: str) -> list[MSBuildElement] | None:
    data = tree.read(path)
    if data is None:
        return None
    try:
        return parse_elements(data)
    except XmlError:
        return None


def _project_name(path: str) -> str:
    """Return the name that references use, without regard to case; other files have their path."""
    name = path.rpartition("/")[2]
    return name.removesuffix(".vcxproj").lower() if name.endswith(".vcxproj") else path


def _read_project(
    path: str,
    elements: Iterable[MSBuildElement],
    shared: Properties,
    tags: Sequence[str],
    line: str,
) -> _Project:
    """Return a project; of several tags that a path could contain, the longest one counts."""
    properties = Properties(values=dict(shared.values))
    project = _Project(path)
    extension = ""
    for element in elements:
        if not properties.applies(element):
            continue
        if element.name == "ConfigurationType":
            # An extension that is set before it is overridden, as in sqlite3.vcxproj.
            project.configuration_type, extension = element.text, ""
        elif element.name == "TargetExt" and element.text:
            # From 3.12 on it is a property, which differs in free-threaded builds.
            extension = element.text if element.text.startswith(".") else ".pyd"
        elif element.name == "ProjectReference":
            name = element.include.removesuffix(".vcxproj").lower()
            project.references.setdefault(name, element.line)
        include = re.sub(r"\$\(\w+\)", "", properties.expand(element.include)).replace("\\", "/")
        tag = next((tag for tag in tags if f"/{tag}/" in f"/{include}"), "")
        if tag and element.name == "ClCompile":
            project.compiles.setdefault(tag, element.line)
        elif tag and include.lower().endswith(".dll") and "*" not in include:
            project.copies.setdefault((tag, include.rpartition("/")[2]), element.line)
    default = _EXTENSIONS.get(project.configuration_type, "")
    project.output = _output(path, extension or default, line) if default else ""
    return project


def _output(path: str, extension: str, line: str) -> str:
    name = path.rpartition("/")[2].removesuffix(".vcxproj")
    if name == _CORE_PROJECT:
        return f"python{line.replace('.', '')}.dll"
    return f"{name}{extension}"


def _follow_references(projects: Mapping[str, _Project]) -> Iterator[ShippedReference]:
    for project in projects.values():
        for (tag, library), line in project.copies.items():
            yield ShippedReference(tag, library, project.path, line)
        if not project.output:
            continue
        for tag, line in project.compiles.items():
            yield ShippedReference(tag, project.output, project.path, line)
        for name, line in project.references.items():
            other = projects.get(name)
            if other is not None and other.configuration_type == _STATIC:
                for tag in other.compiles:
                    yield ShippedReference(tag, project.output, project.path, line)
