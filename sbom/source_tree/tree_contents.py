"""What a CPython source tree states, vendors and compiles, as values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sbom.diagnostics import Diagnostic
from sbom.manifest.external_key import ExternalKey
from sbom.manifest.model import Pin, Vendored
from sbom.manifest.ranges import release_line
from sbom.manifest.reference import VersionSource
from sbom.script.externals import ExternalKind
from sbom.source_tree.projects import ShippedReference, read_installed_files, read_shipped_files
from sbom.source_tree.tree import SCRIPT, VENDORED_SBOM, WHEELS, SourceTree
from sbom.source_tree.vendored import check_bundled_wheels, check_listed_files, read_vendored
from sbom.source_tree.version_statements import (
    StatedPackage,
    VersionStatement,
    read_stated_packages,
    read_version_statements,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ScriptPin:
    """An external that the tree's own script can fetch, and the line that names it."""

    pin: Pin
    file: str
    line: int

    @property
    def location(self) -> str:
        """Return ``FILE:LINE``."""
        return f"{self.file}:{self.line}"


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
        return {key: one.pin.revision for key, one in self.pins.items() if one.pin.default}

    def locate(self, diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
        """Yield diagnostics of files of the tree with paths that lead there."""
        return (replace(one, file=str(self.root / one.file)) for one in diagnostics)


def read_tree_contents(
    root: Path,
    version: str,
    pins: Sequence[Pin],
    sources: Sequence[VersionSource],
    wheel_checksums: Mapping[str, str],
) -> TreeContents:
    """Return the contents of the tree of a CPython version.

    ``pins`` are the externals of its script, ``sources`` the places that state versions, and
    ``wheel_checksums`` the SHA-256 of bundled wheels by file name, as far as they are recorded.
    """
    tree, line = SourceTree(root), release_line(version)
    stated, unreadable = read_version_statements(tree, sources, line)
    vendored = read_vendored(tree, sources, line)
    script = tree.read_text(SCRIPT) or ""
    return TreeContents(
        root=root,
        version=version,
        pins={
            pin.key: ScriptPin(pin=pin, file=SCRIPT, line=_find_line(pin, script)) for pin in pins
        },
        statements=(*_wheel_statements(vendored), *_of_present(stated, vendored)),
        packages=tuple(read_stated_packages(tree, sources)),
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
    for one in vendored:
        if one.wheel:
            path = WHEELS.replace("*.whl", one.wheel)
            source = VersionSource(
                external=one.key, path=path, pattern=r"(?P<version>.+)", authoritative=True
            )
            yield VersionStatement(source=source, key=one.key, value=one.version, file=path, line=1)


def _of_present(
    statements: Sequence[VersionStatement], vendored: Sequence[Vendored]
) -> Iterator[VersionStatement]:
    """Yield the statements except those about vendored code that was removed from the tree."""
    present = {one.key for one in vendored}
    for one in statements:
        removable = one.key is not None and not one.key.is_fetched
        if not removable or one.source.authoritative or one.key in present:
            yield one


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
