"""What is wrong with statements, given the components that a release contains."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sbom.components.versions import applies, resolve_version
from sbom.diagnostics import Diagnostic, SbomError
from sbom.diagnostics.vex_messages import (
    conflicting_statements,
    unknown_component,
    unmatched_statement,
)
from sbom.manifest.key_locations import locate_keys
from sbom.manifest.model import Manifest
from sbom.vex.read import read_statements
from sbom.vex.statement import Statement, is_about, is_current

#: The versions of each component, by its name in documents.
Versions = Mapping[str, Collection[str]]


def check_vex_file(text: str, file: str, manifest: Manifest) -> list[Diagnostic]:
    """Return everything that is wrong with a text of statements, given a manifest alone."""
    try:
        statements = read_statements(text, file)
    except SbomError as error:
        return [*error.diagnostics]
    versions = versions_in_manifest(manifest)
    found = [
        *check_statements(statements, file, manifest, versions),
        *check_unmatched(statements, file, manifest, versions),
    ]
    return [*locate_keys(found, file, text)]


def check_statements(
    statements: Sequence[Statement], file: str, manifest: Manifest, versions: Versions
) -> list[Diagnostic]:
    """Return statements about unknown components, and those that another one contradicts.

    ``file`` is the name of the file they are in, ``versions`` are those of a release.
    """
    keys = {spec.key for spec in manifest.components}
    unknown = [
        unknown_component(file, f"statement[{number}].component", statement.component)
        for number, statement in enumerate(statements)
        if statement.component not in keys
    ]
    matched = _match(statements, manifest, versions)
    return [*unknown, *_conflicts(file, matched)]


def check_unmatched(
    statements: Sequence[Statement], file: str, manifest: Manifest, versions: Versions
) -> list[Diagnostic]:
    """Return statements about this CPython version that are about no component of a release."""
    names = {spec.key: spec.name for spec in manifest.components}
    return [
        unmatched_statement(file, statement.title, names[statement.component], statement.versions)
        for statement, found in _match(statements, manifest, versions)
        if not found
    ]


def versions_in_manifest(manifest: Manifest) -> dict[str, set[str]]:
    """Return the versions of CPython and of every component that an artifact can contain."""
    cpython = manifest.cpython
    root = manifest.get_component(cpython.component)
    versions = {root.name: {cpython.version.rstrip("+")}}
    externals = manifest.default_externals
    revisions = {key: external.revision for key, external in externals.items()}
    for spec in manifest.components:
        for row in spec.ships:
            is_shipped = row.link != "build-tool" and any(
                applies(row, revisions, platform, cpython.line)
                for platform in manifest.platform_names()
            )
            if is_shipped:
                revision = revisions[row.external] if row.external else None
                version = resolve_version(spec, row, revision)
                versions.setdefault(spec.name, set()).add(version)
    return versions


def _match(
    statements: Iterable[Statement], manifest: Manifest, versions: Versions
) -> list[tuple[Statement, list[str]]]:
    """Return the versions that each statement about this CPython version is about, sorted."""
    names = {spec.key: spec.name for spec in manifest.components}
    return [
        (
            statement,
            sorted(
                version
                for version in versions.get(names[statement.component], ())
                if is_about(statement, version)
            ),
        )
        for statement in statements
        if statement.component in names and is_current(statement, manifest)
    ]


def _conflicts(
    file: str, matched: Iterable[tuple[Statement, Sequence[str]]]
) -> Iterator[Diagnostic]:
    """Yield statements about a vulnerability of a version that another one is about already."""
    first: dict[tuple[str, str, str], Statement] = {}
    for statement, versions in matched:
        for version in versions:
            keys = [(id_, statement.component, version) for id_ in sorted(statement.ids)]
            other = next((first[key] for key in keys if key in first), None)
            if other is not None:
                yield conflicting_statements(file, statement.title, other.title, version)
            first |= {key: statement for key in keys if key not in first}
