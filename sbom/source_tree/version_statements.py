"""The versions that files of a source tree state, each with its file and line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sbom.diagnostics import Diagnostic
from sbom.diagnostics.source_tree_messages import invalid_msbuild_file
from sbom.formats.cpython_sbom import SbomPackage, read_sbom_packages
from sbom.manifest.external_key import ANY_NAME, ExternalKey
from sbom.manifest.ranges import line_in_range
from sbom.manifest.reference import VersionSource
from sbom.source_tree.msbuild import InvalidMSBuildError, Properties, parse_elements
from sbom.source_tree.tree import SourceTree


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionStatement:
    """A version that a source states, as it is written, with file and line.

    ``key`` is what it is the version of, None for CPython itself.
    """

    source: VersionSource
    key: ExternalKey | None
    value: str
    file: str
    line: int

    @property
    def location(self) -> str:
        """Return ``FILE:LINE``."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, kw_only=True, slots=True)
class StatedPackage:
    """A package of an SBOM of the tree: the key of what it is, and the SBOM's path."""

    key: ExternalKey | None
    file: str
    package: SbomPackage


def read_version_statements(
    tree: SourceTree, sources: Iterable[VersionSource], line: str
) -> tuple[tuple[VersionStatement, ...], tuple[Diagnostic, ...]]:
    """Return what a tree of a CPython line states, and the files that cannot be read.

    Statements are in the order of the sources; a file that is not there states nothing.
    """
    applicable = [source for source in sources if line_in_range(line, source.lines)]
    properties, diagnostics = _read_properties(tree, applicable)
    statements = (one for source in applicable for one in _read_source(tree, source, properties))
    return tuple(statements), tuple(diagnostics)


def read_stated_packages(
    tree: SourceTree, sources: Iterable[VersionSource]
) -> Iterator[StatedPackage]:
    """Yield the packages of the SBOMs that are version sources; of other files there are none."""
    for source in sources:
        for path in tree.glob(source.path) if source.package else ():
            for package in read_sbom_packages(tree.read(path)) or ():
                if source.package in (ANY_NAME, package.name):
                    key = source.key_of(package.name)
                    yield StatedPackage(key=key, file=path, package=package)


def _read_properties(
    tree: SourceTree, sources: Iterable[VersionSource]
) -> tuple[Properties, list[Diagnostic]]:
    properties = Properties()
    diagnostics = []
    for path in dict.fromkeys(source.path for source in sources if source.property):
        data = tree.read(path)
        if data is None:
            continue
        try:
            properties.add(path, parse_elements(data))
        except InvalidMSBuildError as error:
            diagnostics.append(invalid_msbuild_file(path, str(error)))
    return properties, diagnostics


def _read_source(
    tree: SourceTree, source: VersionSource, properties: Properties
) -> Iterator[VersionStatement]:
    if source.package:
        yield from _read_packages(tree, source)
    elif source.property:
        yield from _read_property(source, properties)
    else:
        yield from _match_pattern(tree, source)


def _read_property(source: VersionSource, properties: Properties) -> Iterator[VersionStatement]:
    """Yield the revision in the directory that a property leads to: ``sqlite-3.50.4.0``."""
    name = source.external.name if source.external else ""
    for definition in properties.definitions_of(source.property):
        match = re.search(rf"(?<![\w-]){re.escape(name)}-(\d[\w.+-]*)", definition.value)
        if definition.file == source.path and match:
            yield VersionStatement(
                source=source,
                key=source.external,
                value=match[1],
                file=definition.file,
                line=definition.line,
            )


def _match_pattern(tree: SourceTree, source: VersionSource) -> Iterator[VersionStatement]:
    for path in tree.glob(source.path):
        text = tree.read_text(path) or ""
        for match in re.finditer(source.pattern, text, re.MULTILINE):
            groups = {key: value for key, value in match.groupdict().items() if value}
            first = "version" if "version" in groups else "major"
            parts = (groups[part] for part in ("major", "minor", "micro") if part in groups)
            yield VersionStatement(
                source=source,
                key=source.external,
                value=groups.get("version") or ".".join(parts),
                file=path,
                line=text.count("\n", 0, match.start(first)) + 1,
            )


def _read_packages(tree: SourceTree, source: VersionSource) -> Iterator[VersionStatement]:
    """Yield the versions of the packages of an SBOM, and those in their CPEs."""
    for stated in read_stated_packages(tree, [source]):
        for version in (stated.package.version, *stated.package.cpe_versions):
            yield VersionStatement(
                source=source,
                key=stated.key,
                value=version.value,
                file=stated.file,
                line=version.line,
            )
