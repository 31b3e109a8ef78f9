"""What this project knows of other releases and tags: ``sbom/data``, read when it is needed.

Where the manifest states something of a tag itself, the manifest takes precedence.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Literal

import msgspec

from sbom.data import read_data
from sbom.manifest.component_spec import ComponentSpec, Inclusion, Override, VendorProduct
from sbom.manifest.external_key import ANY_NAME, EntryKind, ExternalKey
from sbom.manifest.ranges import (
    LineRange,
    VersionRange,
    line_in_range,
    release_line,
    version_in_range,
)
from sbom.manifest.tables import DllDigest, Sha256, Table, convert_table


class VersionSource(Table, frozen=True, kw_only=True):
    """``[[version-source]]``: a place of CPython's tree that states a version of something."""

    external: ExternalKey | None = None
    """what the version is of; CPython itself, if nothing. ``*`` for a name is every package of
    the SPDX document, under its own name"""
    path: str
    """the files, as a pattern of paths in the tree"""
    pattern: str = ""
    """a regular expression with a group ``version``, or ``major``, ``minor`` and ``micro``"""
    version: str = ""
    """the version of code that states none, where ``pattern`` shows that it is there"""
    property: str = ""
    """an MSBuild property in whose value the tag stands"""
    package: str = ""
    """the name of a package of an SPDX document, or ``*`` for all"""
    precision: Literal["revision", "version", "prefix", "sha256"] = "version"
    """what is stated: a tag's revision, a version, the first numbers of one, or the SHA-256 of
    the archive"""
    authoritative: bool = False
    """whether this is what is compiled, so that other places are compared with it"""
    lines: LineRange = ""
    """the CPython lines that have the place; all, if empty"""
    note: str = ""
    """a remark for readers"""

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield a source that has no key to read it by, or two, or a pattern without a version."""
        if sum(map(bool, (self.pattern, self.property, self.package))) != 1:
            yield "", "expected one of 'pattern', 'property' and 'package'"
        try:
            groups = set(re.compile(self.pattern).groupindex)
        except re.error as error:
            yield "pattern", f"expected a regular expression, found '{self.pattern}': {error}"
            return
        if self.pattern and groups.isdisjoint({"version", "major"}) != bool(self.version):
            yield "pattern", "expected a group named 'version' or 'major', or else a 'version'"

    def key_of(self, package: str) -> ExternalKey | None:
        """Return what a package of the SPDX document is: itself, where all are read."""
        if self.external is not None and self.external.name == ANY_NAME:
            return ExternalKey(self.external.kind, package)
        return self.external


class UpstreamEntry(Table, frozen=True, kw_only=True):
    """``[[entry]]``: what CPython's own Misc/externals.spdx.json calls an external."""

    name: str
    """the name of the external"""
    cpe: tuple[VendorProduct, ...] = ()
    """the ``vendor:product`` of its CPE"""
    originator: str = ""
    """its originator, where the file states one"""
    cpython_versions: VersionRange = ""
    """the CPython versions that this is true of; all, if empty"""


class _VersionSourceFile(Table, frozen=True, kw_only=True):
    version_source: tuple[VersionSource, ...]


class _UpstreamFile(Table, frozen=True, kw_only=True):
    entry: tuple[UpstreamEntry, ...]


class _ComponentFile(Table, frozen=True, kw_only=True):
    component: Mapping[str, ComponentSpec]


class ReleasedVersion(Table, frozen=True, kw_only=True):
    """``[[component.<name>.released]]``: the version that CPython releases shipped."""

    cpython_versions: VersionRange
    """the CPython versions"""
    version: str
    """the version that ships with them"""


class ComponentRows(Table, frozen=True, kw_only=True):
    """The rows of a component whose other keys are in the manifest."""

    when: tuple[Override, ...] = ()
    """what differs for some upstream versions"""
    ships: tuple[Inclusion, ...] = ()
    """the ways it gets into a build"""
    released: tuple[ReleasedVersion, ...] = ()
    """the versions of releases, where ``ships`` only states the first numbers"""


class _ComponentRowsFile(Table, frozen=True, kw_only=True):
    component: Mapping[str, ComponentRows]


#: The file with the components that a manifest can lack.
COMPONENTS = "components"
#: The type of each file in ``sbom/data``.
FILES: Mapping[str, Any] = {
    "archives": Mapping[EntryKind, Mapping[str, Sha256]],
    COMPONENTS: _ComponentFile,
    "dll_digests": Mapping[str, Mapping[str, DllDigest]],
    "upstream_entries": _UpstreamFile,
    "vcruntime": _ComponentRowsFile,
    "version_sources": _VersionSourceFile,
    "wheel_contents": Mapping[str, Mapping[str, Mapping[str, str]]],
    "wix": _ComponentRowsFile,
}


#: The files with rows of components that the manifest has.
_ROW_FILES = ("vcruntime", "wix")


class ReferenceData:
    """The files of ``sbom/data``, each read when it is first needed."""

    def __init__(self, read: Callable[[str], Mapping[str, Any]] = read_data) -> None:
        """Take what returns the tables of a file by its name, without ``.toml``."""
        self._read = read

    def _file(self, name: str) -> Any:
        return convert_table(self._read(name), FILES[name])

    @cached_property
    def archives(self) -> Mapping[EntryKind, Mapping[str, str]]:
        """Return the SHA-256 of archives by kind and tag; empty while unknown."""
        empty: Mapping[EntryKind, Mapping[str, str]] = {kind: {} for kind in EntryKind}
        return {**empty, **self._file("archives")}

    @cached_property
    def dll_digests(self) -> Mapping[str, Mapping[str, str]]:
        """Return the digests of the DLLs in binary externals, by tag and path."""
        digests: Mapping[str, Mapping[str, str]] = self._file("dll_digests")
        return digests

    @cached_property
    def version_sources(self) -> tuple[VersionSource, ...]:
        """Return the places of a CPython tree that state versions, in the order of the file."""
        sources: tuple[VersionSource, ...] = self._file("version_sources").version_source
        return sources

    @cached_property
    def wheel_contents(self) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
        """Return what wheels vendor and do not state: versions by name, of a wheel's version."""
        contents: Mapping[str, Mapping[str, Mapping[str, str]]] = self._file("wheel_contents")
        return contents

    @cached_property
    def upstream_entries(self) -> tuple[UpstreamEntry, ...]:
        """Return what CPython's own Misc/externals.spdx.json calls the externals."""
        entries: tuple[UpstreamEntry, ...] = self._file("upstream_entries").entry
        return entries

    def component_rows(self, key: str) -> tuple[str, ComponentRows] | None:
        """Return the rows of a component that the manifest has, after the name of their file."""
        return self._component_rows.get(key)

    @cached_property
    def _component_rows(self) -> Mapping[str, tuple[str, ComponentRows]]:
        return {
            key: (name, rows)
            for name in _ROW_FILES
            for key, rows in self._file(name).component.items()
        }

    def complete_components(
        self, specs: Iterable[ComponentSpec], cpython_version: str
    ) -> tuple[ComponentSpec, ...]:
        """Return the components of a manifest and those that only other releases have, by key.

        A component that the manifest has is taken from there alone; one without ``ships`` of
        its own ships as the reference data say, in the version of that CPython release.
        """
        others: Mapping[str, ComponentSpec] = self._file(COMPONENTS).component
        known = {}
        for spec in specs:
            _, rows = self.component_rows(spec.key) or ("", None)
            known[spec.key] = _with_rows(spec, rows, cpython_version)
        return tuple(sorted({**others, **known}.values(), key=lambda spec: spec.key))


def _with_rows(
    spec: ComponentSpec, rows: ComponentRows | None, cpython_version: str
) -> ComponentSpec:
    if rows is None or spec.ships:
        return spec
    ships = tuple(_with_released_version(row, rows.released, cpython_version) for row in rows.ships)
    return msgspec.structs.replace(spec, when=(*spec.when, *rows.when), ships=ships)


def _with_released_version(
    row: Inclusion, released: Iterable[ReleasedVersion], cpython_version: str
) -> Inclusion:
    """Return a row with the version that the CPython release shipped, where it is known."""
    if not line_in_range(release_line(cpython_version), row.lines):
        return row
    for entry in released:
        is_known = version_in_range(cpython_version, entry.cpython_versions)
        if is_known and entry.version.startswith(f"{row.version}."):
            return msgspec.structs.replace(row, version=entry.version)
    return row
