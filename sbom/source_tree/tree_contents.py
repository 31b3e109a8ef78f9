"""What a CPython source tree states, vendors and compiles, as values with files and lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from sbom.diagnostics import Diagnostic, Location
from sbom.diagnostics.source_tree_messages import invalid_msbuild_file
from sbom.files.xml import XmlError
from sbom.formats.cpython_sbom import SbomPackage, read_sbom_packages
from sbom.manifest.external_key import ANY_NAME, ExternalKey
from sbom.manifest.pins import Pin, Vendored
from sbom.manifest.ranges import line_in_range, release_line
from sbom.manifest.reference import ReferenceData, VersionSource
from sbom.script.externals import ExternalKind
from sbom.source_tree.projects import (
    Properties,
    ShippedReference,
    parse_elements,
    read_installed_files,
    read_shipped_files,
)
from sbom.source_tree.tree import SCRIPT, VENDORED_SBOM, WHEELS, SourceTree
from sbom.source_tree.vendored import check_bundled_wheels, check_listed_files, read_vendored


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionStatement:
    """A version that a source states, as it is written, and where.

    ``key`` is what it is the version of, None for CPython itself.
    """

    source: VersionSource
    key: ExternalKey | None
    value: str
    location: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class StatedPackage:
    """A package of an SBOM of the tree: the key of what it is, and the SBOM's path."""

    key: ExternalKey | None
    file: str
    package: SbomPackage


def _read_version_statements(
    tree: SourceTree, sources: Iterable[VersionSource], line: str
) -> tuple[tuple[VersionStatement, ...], tuple[Diagnostic, ...]]:
    """Return what a tree of a CPython line states, and the files that cannot be read.

    Statements are in the order of the sources; a file that is not there states nothing.
    """
    applicable = [source for source in sources if line_in_range(line, source.lines)]
    properties, diagnostics = _read_properties(tree, applicable)
    statements = chain.from_iterable(
        _read_source(tree, source, properties) for source in applicable
    )
    return tuple(statements), tuple(diagnostics)


def _read_stated_packages(
    tree: SourceTree, sources: Iterable[VersionSource]
) -> Iterator[StatedPackage]:
    """Yield the packages of the SBOMs that are version sources; of other files there are none."""
    for source in sources:
        for path in tree.glob(source.path) if source.package else ():
            for package in read_sbom_packages(tree.read(path)) or ():
                if source.package in (ANY_NAME, package.name):
                    key = source.key_of(package.name)
                    yield StatedPackage(key=key, file=path, package=package)


def read_compiled_versions(
    tree: SourceTree, sources: Iterable[VersionSource], line: str
) -> dict[str, str]:
    """Return the versions that vendored code itself states, by name."""
    of_code = [
        source
        for source in sources
        if source.authoritative and source.external and not source.external.is_fetched
    ]
    statements, _ = _read_version_statements(tree, of_code, line)
    return {statement.key.name: statement.value for statement in statements if statement.key}


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
        except XmlError as error:
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
                location=Location(definition.file, definition.line),
            )


def _match_pattern(tree: SourceTree, source: VersionSource) -> Iterator[VersionStatement]:
    for path in tree.glob(source.path):
        text = tree.read_text(path) or ""
        for match in re.finditer(source.pattern, text, re.MULTILINE):
            groups = {key: value for key, value in match.groupdict().items() if value}
            first = next((part for part in ("version", "major") if part in groups), 0)
            parts = (groups[part] for part in ("major", "minor", "micro") if part in groups)
            yield VersionStatement(
                source=source,
                key=source.external,
                value=source.version or groups.get("version") or ".".join(parts),
                location=Location(path, text.count("\n", 0, match.start(first)) + 1),
            )


def _read_packages(tree: SourceTree, source: VersionSource) -> Iterator[VersionStatement]:
    """Yield the versions of the packages of an SBOM, and those in their CPEs."""
    for stated in _read_stated_packages(tree, [source]):
        for version in (stated.package.version, *stated.package.cpe_versions):
            yield VersionStatement(
                source=source,
                key=stated.key,
                value=version.value,
                location=Location(stated.file, version.line),
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class ScriptPin:
    """An external that the tree's own script can fetch, and where it names it."""

    pin: Pin
    location: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class TreeContents:
    """What the tree at ``root`` contains; files are paths in it.

    ``pins`` are the externals of its script, ``statements`` what its files and wheels state,
    ``packages`` what its SBOMs list, ``shipped`` the files that its projects make of the
    externals, and ``installed`` those that its installer names. ``damaged`` are the diagnostics of
    files that cannot be read, or that differ from the checksums beside them.
    """

    root: Path
    version: str
    pins: Mapping[ExternalKey, ScriptPin]
    statements: tuple[VersionStatement, ...]
    packages: tuple[StatedPackage, ...]
    vendored: tuple[Vendored, ...]
    shipped: tuple[ShippedReference, ...]
    installed: tuple[ShippedReference, ...]
    damaged: tuple[Diagnostic, ...]

    @property
    def line(self) -> str:
        """Return the release line of CPython."""
        return release_line(self.version)

    @property
    def default_revisions(self) -> dict[ExternalKey, str]:
        """Return the revisions of the externals that the script fetches without flags."""
        return {
            key: fetched.pin.revision for key, fetched in self.pins.items() if fetched.pin.default
        }

    def locate(self, diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
        """Yield diagnostics of files of the tree with paths that lead there."""
        return (
            replace(diagnostic, location=diagnostic.location.below(self.root))
            for diagnostic in diagnostics
        )


def read_tree_contents(
    root: Path,
    version: str,
    pins: Sequence[Pin],
    reference: ReferenceData,
    wheel_checksums: Mapping[str, str],
) -> TreeContents:
    """Return the contents of the tree of a CPython version.

    ``pins`` are the externals of its script, ``reference`` has the places that state versions, and
    ``wheel_checksums`` are the SHA-256 of bundled wheels by file name, as far as they are recorded.
    """
    tree, line = SourceTree(root), release_line(version)
    sources, known = reference.version_sources, reference.wheel_contents
    stated, unreadable = _read_version_statements(tree, sources, line)
    vendored = read_vendored(tree, read_compiled_versions(tree, sources, line), known)
    script = tree.read_text(SCRIPT) or ""
    return TreeContents(
        root=root,
        version=version,
        pins={
            pin.key: ScriptPin(pin=pin, location=Location(SCRIPT, _find_line(pin, script)))
            for pin in pins
        },
        statements=(*_wheel_statements(vendored), *_of_present(stated, vendored)),
        packages=tuple(_read_stated_packages(tree, sources)),
        vendored=vendored,
        shipped=read_shipped_files(tree, {pin.tag for pin in pins}, line),
        installed=read_installed_files(tree),
        damaged=(
            *unreadable,
            *check_listed_files(tree, VENDORED_SBOM),
            *check_bundled_wheels(tree, wheel_checksums),
        ),
    )


def _wheel_statements(vendored: Sequence[Vendored]) -> Iterator[VersionStatement]:
    """Yield what each bundled wheel states itself: it is what ships."""
    for code in vendored:
        if code.wheel:
            path = WHEELS.replace("*.whl", code.wheel)
            source = VersionSource(
                external=code.key, path=path, pattern=r"(?P<version>.+)", authoritative=True
            )
            yield VersionStatement(
                source=source, key=code.key, value=code.version, location=Location(path, 1)
            )


def _of_present(
    statements: Sequence[VersionStatement], vendored: Sequence[Vendored]
) -> Iterator[VersionStatement]:
    """Yield the statements except those about vendored code that was removed from the tree."""
    present = {code.key for code in vendored}
    for statement in statements:
        removable = statement.key is not None and not statement.key.is_fetched
        if not removable or statement.source.authoritative or statement.key in present:
            yield statement


def _find_line(pin: Pin, script: str) -> int:
    """Return the line that names a tag; one that is of both kinds is named as a source first."""
    pattern = rf"(?<![\w.-]){re.escape(pin.tag)}(?![\w.-])"
    lines = [
        number
        for number, text in enumerate(script.splitlines(), start=1)
        if re.search(pattern, text) and not re.match(r"\s*@?(rem\b|::)", text, re.IGNORECASE)
    ]
    if not lines:
        return 1
    return lines[0] if pin.kind is ExternalKind.SOURCE else lines[-1]
