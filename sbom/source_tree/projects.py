"""Which shipped file each external ends up in, according to CPython's own projects.

A project that compiles files of an external's directory contains the external; a static library
passes what it contains on to the projects that refer to it; a DLL that is copied out of an
external ships as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sbom.source_tree.msbuild import Element, InvalidMSBuildError, Properties, parse_elements
from sbom.source_tree.tree import SourceTree

_PROJECTS = "PCbuild/*.vcxproj"
_PROPS = ("PCbuild/python.props", "PCbuild/tcltk.props", "PCbuild/openssl.props",
          "PCbuild/libffi.props")  # fmt: skip
_INSTALLER_SOURCES = "Tools/msi/*/*.wxs"
#: A library that a WiX source names in full; names with a variable are those of other projects.
_INSTALLED_LIBRARY = re.compile(r'<File [^>]*Name="([^"$]+\.(?:dll|pyd))"')
#: The project whose output has the CPython line in its name.
_CORE_PROJECT = "pythoncore"


@dataclass(frozen=True, slots=True)
class ShippedReference:
    """A shipped file that a project makes of a tag, empty where it names none, and its line."""

    tag: str
    shipped: str
    file: str
    line: int


@dataclass(slots=True)
class _Project:
    """A project: its output, and the lines where it compiles, copies and refers to others."""

    path: str
    output: str
    is_static: bool = False
    compiles: dict[str, int] = field(default_factory=dict)
    copies: dict[tuple[str, str], int] = field(default_factory=dict)
    references: dict[str, int] = field(default_factory=dict)


def read_shipped_files(
    tree: SourceTree, tags: Iterable[str], line: str
) -> tuple[ShippedReference, ...]:
    """Return where each of the tags of a CPython line ends up on 64-bit x86, sorted.

    Projects that are not XML count as absent.
    """
    properties = Properties(values={"platform": "x64", "archname": "amd64"})
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
    return tuple(sorted(references, key=lambda one: (one.tag, one.shipped, one.file, one.line)))


def read_installed_files(tree: SourceTree) -> tuple[ShippedReference, ...]:
    """Return the libraries that the installer's sources name in full, sorted by file and line."""
    return tuple(
        ShippedReference("", match[1], path, text.count("\n", 0, match.start(1)) + 1)
        for path in tree.glob(_INSTALLER_SOURCES)
        for text in [tree.read_text(path) or ""]
        for match in _INSTALLED_LIBRARY.finditer(text)
    )


def _read_elements(tree: SourceTree, path: str) -> list[Element] | None:
    data = tree.read(path)
    if data is None:
        return None
    try:
        return parse_elements(data)
    except InvalidMSBuildError:
        return None


def _project_name(path: str) -> str:
    """Return the name that references use, without regard to case; other files have their path."""
    name = path.rpartition("/")[2]
    return name.removesuffix(".vcxproj").lower() if name.endswith(".vcxproj") else path


def _read_project(
    path: str, elements: Iterable[Element], shared: Properties, tags: Sequence[str], line: str
) -> _Project:
    """Return a project; of several tags that a path could contain, the longest one counts."""
    properties = Properties(values=dict(shared.values))
    project = _Project(path, "")
    extension = ".dll"
    for element in elements:
        if element.name == "ConfigurationType":
            # An extension that is set before it is overridden, as in sqlite3.vcxproj.
            project.is_static = element.text == "StaticLibrary"
            extension = ".dll"
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
    project.output = _output(path, extension, line)
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
        if project.is_static:
            continue
        for tag, line in project.compiles.items():
            yield ShippedReference(tag, project.output, project.path, line)
        for name, line in project.references.items():
            other = projects.get(name)
            if other is not None and other.is_static:
                for tag in other.compiles:
                    yield ShippedReference(tag, project.output, project.path, line)
