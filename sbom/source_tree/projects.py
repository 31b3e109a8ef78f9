"""Which shipped file each external ends up in, as CPython's own projects say it.

A project that compiles files out of an external's folder holds it; a static library passes what
it holds on to the projects that refer to it; a DLL that is copied from an external ships as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sbom.source_tree.msbuild import Element, NotMSBuildError, Properties, elements_of
from sbom.source_tree.tree import SourceTree

_PROJECTS = "PCbuild/*.vcxproj"
_PROPS = ("PCbuild/python.props", "PCbuild/tcltk.props", "PCbuild/openssl.props",
          "PCbuild/libffi.props")  # fmt: skip
#: WiX sources: their names with a variable in them are other projects' business.
_INSTALLED = "Tools/msi/*/*.wxs"
_FILE = re.compile(r'<File [^>]*Name="([^"$]+\.(?:dll|pyd))"')
#: The project whose output has the version in its name.
_CORE = "pythoncore"


@dataclass(frozen=True, slots=True)
class ShippedReference:
    """A tag that ends up in a shipped file, and the project's line that says so."""

    tag: str
    shipped: str
    file: str
    line: int


@dataclass(slots=True)
class _Project:
    name: str
    path: str
    static: bool = False
    shipped: str = ""
    compiles: dict[str, int] = field(default_factory=dict)
    copies: dict[tuple[str, str], int] = field(default_factory=dict)
    refers: dict[str, int] = field(default_factory=dict)


def shipped_files(
    folder: SourceTree, tags: Iterable[str], line: str
) -> tuple[ShippedReference, ...]:
    """Return where each of the tags of a CPython line ends up on 64-bit x86, sorted.

    Projects that are no XML, or need what is not here, say nothing.
    """
    properties = Properties(values={"platform": "x64", "archname": "amd64"})
    known = sorted(tags, key=len, reverse=True)
    shared = [
        (path, elements) for path in _PROPS if (elements := _elements(folder, path)) is not None
    ]
    for path, elements in shared:
        properties.add(path, elements)
    projects = {}
    for path in folder.paths(_PROJECTS):
        found = _elements(folder, path)
        if found is not None:
            project = _read(path, found, properties, known, line)
            projects[project.name.lower()] = project
    for path, elements in shared:
        project = _read(path, elements, properties, known, line)
        projects[path] = project
    return tuple(sorted(_followed(projects), key=lambda one: (one.tag, one.shipped, one.file)))


def installed_files(folder: SourceTree) -> tuple[ShippedReference, ...]:
    """Return the libraries that the installer's sources name in full, sorted."""
    found = [
        ShippedReference("", match[1], path, text.count("\n", 0, match.start(1)) + 1)
        for path in folder.paths(_INSTALLED)
        if (text := folder.text(path)) is not None
        for match in _FILE.finditer(text)
    ]
    return tuple(sorted(found, key=lambda one: (one.file, one.line)))


def _elements(folder: SourceTree, path: str) -> list[Element] | None:
    data = folder.read(path)
    if data is None:
        return None
    try:
        return elements_of(data)
    except NotMSBuildError:
        return None


def _read(
    path: str, elements: Iterable[Element], shared: Properties, tags: list[str], line: str
) -> _Project:
    name = path.rpartition("/")[2].removesuffix(".vcxproj")
    project = _Project(name, path)
    properties = Properties(values=dict(shared.values))
    extension = ""
    for one in elements:
        if one.name == "ConfigurationType":
            # An extension that stands before it is overridden, as in sqlite3.vcxproj.
            project.static = one.text == "StaticLibrary"
            extension = ".dll" if one.text == "DynamicLibrary" else ""
        if one.name == "TargetExt" and one.text:
            # From 3.12 on it is a property, which tells free-threaded builds apart.
            extension = one.text if one.text.startswith(".") else ".pyd"
        if one.name == "ProjectReference":
            project.refers.setdefault(one.include.removesuffix(".vcxproj").lower(), one.line)
        include = re.sub(r"\$\(\w+\)", "", properties.expanded(one.include)).replace("\\", "/")
        tag = next((tag for tag in tags if f"/{tag}/" in f"/{include}"), "")
        if tag and one.name == "ClCompile":
            project.compiles.setdefault(tag, one.line)
        elif tag and include.lower().endswith(".dll") and "*" not in include:
            project.copies.setdefault((tag, include.rpartition("/")[2]), one.line)
    plain = (
        f"python{line.replace('.', '')}.dll" if name == _CORE else f"{name}{extension or '.dll'}"
    )
    project.shipped = plain
    return project


def _followed(projects: Mapping[str, _Project]) -> set[ShippedReference]:
    found: set[ShippedReference] = set()
    for project in projects.values():
        for (tag, shipped), line in project.copies.items():
            found.add(ShippedReference(tag, shipped, project.path, line))
        if project.static:
            continue
        for tag, line in project.compiles.items():
            found.add(ShippedReference(tag, project.shipped, project.path, line))
        for name, line in project.refers.items():
            other = projects.get(name)
            if other is not None and other.static:
                found |= {
                    ShippedReference(tag, project.shipped, project.path, line)
                    for tag in other.compiles
                }
    return found
