"""A CPython tree as several verbs read it: what it vendors, and what it states."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sbom.checks.linkage import check_project_links, check_unowned_files
from sbom.checks.stated_versions import ScriptPin, check_archive_checksums, check_versions
from sbom.diagnostics import Code, Diagnostic, SbomError, sort_diagnostics
from sbom.inputs import Inputs
from sbom.manifest.component_spec import PLACEHOLDER
from sbom.manifest.diff import pin_of
from sbom.manifest.model import Manifest, Vendored
from sbom.manifest.version_source import VersionSource
from sbom.script.externals import ExternalKind, ScriptExternal
from sbom.source_tree.checksums import check_file_checksums, check_wheel_checksums
from sbom.source_tree.projects import installed_files, shipped_files
from sbom.source_tree.sbom_packages import read_sbom_packages
from sbom.source_tree.tree import WHEEL_LIMIT, SourceTree
from sbom.source_tree.vendored import find_vendored, is_wheel, sbom_of
from sbom.source_tree.version_statements import VersionStatement, read_version_statements

#: Where a tree keeps its script, the SBOM of what it vendors, and the wheels it bundles.
SCRIPT, SBOM = "PCbuild/get_externals.bat", "Misc/sbom.spdx.json"
WHEELS = "Lib/ensurepip/_bundled/*.whl"


def line_of(version: str) -> str:
    """Return the release line: ``3.14`` of ``3.14.7``."""
    return ".".join(version.split(".")[:2])


def read_vendored(inputs: Inputs, root: Path | None) -> tuple[Vendored, ...] | None:
    """Return the vendored code of a tree, or None where there is no tree.

    Raises SbomError for an SBOM or a wheel that cannot be read: that something is damaged is
    not that it was taken out.
    """
    if root is None:
        return None
    folder = SourceTree(root)
    if damaged := [_placed(one, root) for one in _damaged(folder)]:
        raise SbomError(damaged)
    return _copies(folder, inputs.manifest, inputs.version)


def _damaged(folder: SourceTree) -> Iterator[Diagnostic]:
    if folder.has(SBOM) and sbom_of(folder.read(SBOM)) is None:
        yield _unread(SBOM, "is no SPDX document in JSON", "mend it, or take it out")
    for path in folder.paths(WHEELS):
        data = folder.read(path, WHEEL_LIMIT)
        if data is None or not is_wheel(data):
            yield _unread(path, "is no whole wheel", "fetch it again, or take it out")


def _unread(file: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code=Code.CHECKSUM_MISMATCH, file=file, message=message, hint=hint)


def _copies(folder: SourceTree, manifest: Manifest, version: str) -> tuple[Vendored, ...]:
    places = [
        one
        for one in manifest.version_sources
        if one.external and not one.external.is_fetched and one.authoritative
    ]
    said, _ = read_version_statements(folder, places, line_of(version))
    packages = sbom_of(folder.read(SBOM))
    listed = (packages or {}).get("files")
    files = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    names = [str(one.get("fileName")) for one in files]
    wheels = {
        path.rpartition("/")[2]: data
        for path in folder.paths(WHEELS)
        if (data := folder.read(path, WHEEL_LIMIT)) is not None
    }
    return find_vendored(
        packages,
        {one.key.name: one.value for one in said if one.key},
        [name for name in names if folder.has(name)],
        wheels,
    )


def check_source_tree(inputs: Inputs, root: Path) -> tuple[Diagnostic, ...]:
    """Return where a tree disagrees with itself, with what its script fetches, with its digests."""
    folder, manifest = SourceTree(root), _filled(inputs.manifest)
    line = line_of(inputs.version)
    said, damaged = read_version_statements(folder, manifest.version_sources, line)
    copies = _copies(folder, manifest, inputs.version)
    wheels = [_of_wheel(one) for one in copies if one.wheel]
    externals = inputs.script.externals if inputs.script else ()
    script = folder.text(SCRIPT) or ""
    fetched = {one.pin.key: one for one in _fetched(externals, script)}
    here = [one for one in said if _is_there(one, copies)]
    problems = [
        *damaged,
        *check_versions(manifest, [*wheels, *here], fetched, line),
        *check_archive_checksums(
            manifest,
            read_sbom_packages(folder, manifest.version_sources),
            [*wheels, *here],
            fetched,
        ),
        *check_file_checksums(folder, SBOM),
        *check_wheel_checksums(
            folder, WHEELS, {one.wheel: one.sha256 for one in manifest.current_vendored}
        ),
    ]
    tags = {one.pin.tag for one in fetched.values()}
    linked = [
        *check_project_links(manifest, shipped_files(folder, tags, line), fetched, line),
        *check_unowned_files(manifest, installed_files(folder), fetched, inputs.version),
    ]
    return sort_diagnostics([*(_placed(one, root) for one in (*problems, *linked)),
                     *_outdated(inputs, copies)])  # fmt: skip


def _filled(manifest: Manifest) -> Manifest:
    """Return the manifest less components that nobody has filled in: those are told as such."""
    known = (
        one
        for one in manifest.components
        if PLACEHOLDER not in (one.purl, *(row.link for row in one.ships))
    )
    return replace(manifest, components=tuple(known))


def _placed(problem: Diagnostic, root: Path) -> Diagnostic:
    """Return a problem of a file of the tree with the path that leads to it."""
    in_tree = "component." not in problem.subject
    return replace(problem, file=str(root / problem.file)) if in_tree else problem


def _outdated(inputs: Inputs, copies: tuple[Vendored, ...]) -> Iterator[Diagnostic]:
    """Yield vendored code that the manifest knows another version of, for the same CPython."""
    manifest = inputs.manifest
    if manifest.cpython.vendored_from != inputs.version:
        return
    old = {one.key: one.version for one in manifest.vendored}
    new = {one.key: one.version for one in copies}
    for key in sorted(new):  # what a redistributor took out of the tree is no news
        if old.get(key) != new[key]:
            yield Diagnostic(
                code=Code.TAG_CHANGED,
                file=manifest.file,
                subject=str(key),
                message=f"the tree has {new[key]}, the manifest says {old.get(key, 'none')}",
                hint=f"run: {inputs.mend}",
            )


def _of_wheel(one: Vendored) -> VersionStatement:
    """Return what a bundled wheel itself states: it is what ships."""
    path = WHEELS.replace("*.whl", one.wheel)
    place = VersionSource(
        external=one.key, path=path, pattern=r"(?P<version>.+)", authoritative=True
    )
    return VersionStatement(place=place, key=one.key, value=one.version, file=path, line=1)


def _is_there(one: VersionStatement, copies: tuple[Vendored, ...]) -> bool:
    """Return whether a statement is of something the tree still has: parts are taken out."""
    if one.key is None or one.key.is_fetched:
        return True
    return one.place.authoritative or one.key in {copy.key for copy in copies}


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
