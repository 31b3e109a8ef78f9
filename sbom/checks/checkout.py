"""A CPython source tree compared with itself, with its script, and with the manifest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from sbom.checks.linkage import (
    check_component_files,
    check_installed_files,
    check_project_links,
)
from sbom.checks.stated_versions import ScriptPin, check_archives, check_versions
from sbom.diagnostics import Diagnostic, sort_diagnostics
from sbom.diagnostics.source_tree_messages import vendored_changed
from sbom.inputs import Inputs
from sbom.manifest.component_spec import PLACEHOLDER
from sbom.manifest.diff import pin_of
from sbom.manifest.model import Manifest, Vendored
from sbom.manifest.ranges import release_line
from sbom.manifest.reference import VersionSource
from sbom.script.externals import ExternalKind, ScriptExternal
from sbom.source_tree.projects import read_installed_files, read_shipped_files
from sbom.source_tree.tree import SCRIPT, VENDORED_SBOM, WHEELS, SourceTree
from sbom.source_tree.vendored import check_bundled_wheels, check_listed_files, read_vendored
from sbom.source_tree.version_statements import (
    VersionStatement,
    read_stated_packages,
    read_version_statements,
)


def check_source_tree(inputs: Inputs, root: Path) -> tuple[Diagnostic, ...]:
    """Return where a tree disagrees with itself, its script, its checksums and the manifest."""
    tree, manifest = SourceTree(root), _without_placeholders(inputs.manifest)
    line = release_line(inputs.version)
    stated, unreadable = read_version_statements(tree, manifest.version_sources, line)
    vendored = read_vendored(tree, manifest.version_sources, line)
    statements = [*_wheel_statements(vendored), *_of_present(stated, vendored)]
    externals = inputs.script.externals if inputs.script else ()
    fetched = {one.pin.key: one for one in _fetched(externals, tree.read_text(SCRIPT) or "")}
    packages = read_stated_packages(tree, manifest.version_sources)
    recorded_wheels = {one.wheel: one.sha256 for one in manifest.current_vendored}
    shipped = read_shipped_files(tree, {one.pin.tag for one in fetched.values()}, line)
    in_tree = [
        *unreadable,
        *check_versions(manifest, statements, fetched, line),
        *check_archives(manifest, packages, statements, fetched),
        *check_listed_files(tree, VENDORED_SBOM),
        *check_bundled_wheels(tree, recorded_wheels),
        *check_project_links(manifest, shipped, fetched, line),
        *check_installed_files(manifest, read_installed_files(tree), fetched, inputs.version),
    ]
    return sort_diagnostics(
        [
            *(replace(one, file=str(root / one.file)) for one in in_tree),
            *check_component_files(manifest, shipped, fetched, line),
            *_check_vendored(inputs, vendored),
        ]
    )


def _without_placeholders(manifest: Manifest) -> Manifest:
    """Return the manifest without components to be filled in, which have their own diagnostic."""
    complete = (
        one
        for one in manifest.components
        if PLACEHOLDER not in (one.purl, *(row.link for row in one.ships))
    )
    return replace(manifest, components=tuple(complete))


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


def _check_vendored(inputs: Inputs, vendored: Sequence[Vendored]) -> Iterator[Diagnostic]:
    """Yield vendored code that the manifest records another version of, for the same CPython."""
    manifest = inputs.manifest
    if manifest.cpython.vendored_from != inputs.version:
        return
    recorded = {one.key: one.version for one in manifest.vendored}
    for one in vendored:  # what a redistributor removed from the tree is not there
        if recorded.get(one.key) != one.version:
            yield vendored_changed(
                manifest.file,
                str(one.key),
                found=one.version,
                recorded=recorded.get(one.key, ""),
                command=inputs.regen_command,
            )


def _fetched(externals: tuple[ScriptExternal, ...], script: str) -> Iterator[ScriptPin]:
    """Yield the externals of a script as if they were pinned, each with its line."""
    for one in externals:
        yield ScriptPin(pin=pin_of(one), file=SCRIPT, line=_line(one, script))


def _line(external: ScriptExternal, script: str) -> int:
    """Return the line that names a tag; one that is of both kinds is named as a source first."""
    pattern = rf"(?<![\w.-]){re.escape(external.tag)}(?![\w.-])"
    lines = [
        n
        for n, text in enumerate(script.splitlines(), start=1)
        if re.search(pattern, text) and not re.match(r"\s*@?(rem\b|::)", text, re.IGNORECASE)
    ]
    if not lines:
        return 1
    return lines[0] if external.kind is ExternalKind.SOURCE else lines[-1]
