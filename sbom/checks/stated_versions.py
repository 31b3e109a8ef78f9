"""The versions that a source tree states, compared with what ships: each difference once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sbom.checks.unfetched import fetched_as
from sbom.components.versions import (
    applies,
    is_source_mismatch,
    parse_revision,
    resolve_version,
)
from sbom.diagnostics import Diagnostic, Location
from sbom.diagnostics.source_tree_messages import (
    ChecksumRecord,
    Staleness,
    checksum_mismatch,
    stale_version,
    unlisted_component,
)
from sbom.manifest.component_spec import ComponentSpec
from sbom.manifest.external_key import EntryKind, ExternalKey
from sbom.manifest.model import Manifest
from sbom.manifest.pins import Pin
from sbom.source_tree.tree_contents import ScriptPin, StatedPackage, TreeContents, VersionStatement


def check_versions(manifest: Manifest, contents: TreeContents) -> Iterator[Diagnostic]:
    """Yield what a tree states that is not what ships."""
    distinct = _distinct(contents.statements)
    yield from _check_externals(manifest, distinct, contents.pins)
    yield from _check_vendored(distinct)
    yield from _check_sources_of_binaries(manifest, contents)
    yield from _check_replaced(manifest, contents)
    yield from _check_unlisted(manifest, contents)


def _distinct(statements: Iterable[VersionStatement]) -> list[VersionStatement]:
    """Return statements without those that a file repeats: a CPE has its package's version."""
    first: dict[tuple[object, ...], VersionStatement] = {}
    for statement in statements:
        first.setdefault(
            (statement.key, statement.location.path, statement.value, statement.source.precision),
            statement,
        )
    return list(first.values())


def _check_externals(
    manifest: Manifest,
    statements: Iterable[VersionStatement],
    pins: Mapping[ExternalKey, ScriptPin],
) -> Iterator[Diagnostic]:
    for statement in statements:
        if statement.key is None or not statement.key.is_fetched:
            continue
        fetched = fetched_as(manifest, statement.key, pins)
        if fetched and not any(_agrees(manifest, statement, fetch.pin) for fetch in fetched):
            yield _stale(statement, Staleness.FETCHED, fetched[0].pin.tag, str(fetched[0].location))


def _agrees(manifest: Manifest, statement: VersionStatement, pin: Pin) -> bool:
    if statement.source.precision == "revision":
        return statement.value == pin.revision
    versions = _upstream_versions(manifest, pin) or {pin.revision}
    if statement.source.precision == "version":
        # CPython 3.8.2's readme names SQLite by its tag's revision, 3.28.0.0.
        return statement.value in {*versions, pin.revision}
    return any(_is_prefix(statement.value, version) for version in versions)


def _upstream_versions(manifest: Manifest, pin: Pin) -> set[str]:
    revisions = [parse_revision(spec, pin.revision) for spec in _described_by(manifest, pin.key)]
    return {revision.version for revision in revisions if revision.version}


def _is_prefix(part: str, whole: str) -> bool:
    parts = part.split(".")
    return whole.split(".")[: len(parts)] == parts


def _described_by(manifest: Manifest, key: ExternalKey) -> Iterator[ComponentSpec]:
    """Yield the components whose version an external states, as a binary or as its source."""
    for component in manifest.components:
        sources = {built.source for built in component.built_from}
        externals = {row.external for row in component.ships if not row.version}
        if component.revision_pattern and key in sources | externals:
            yield component


def _check_vendored(statements: Iterable[VersionStatement]) -> Iterator[Diagnostic]:
    """Yield statements about vendored code, or CPython, that differ from the authoritative one.

    Where none is authoritative, the first one stands for the others.
    """
    expected: dict[ExternalKey | None, VersionStatement] = {}
    others: list[VersionStatement] = []
    for statement in statements:
        if statement.source.precision != "sha256" and not (
            statement.key and statement.key.is_fetched
        ):
            if statement.source.authoritative:
                expected.setdefault(statement.key, statement)
            else:
                others.append(statement)
    for other in others:
        base = expected.setdefault(other.key, other)
        is_prefix = other.source.precision == "prefix" and _is_prefix(other.value, base.value)
        if other.value != base.value and not is_prefix:
            kind = Staleness.COMPILED if base.source.authoritative else Staleness.CONTRADICTED
            yield _stale(other, kind, base.value, str(base.location))


def _check_sources_of_binaries(manifest: Manifest, contents: TreeContents) -> Iterator[Diagnostic]:
    """Yield binaries that the script fetches in another revision than their sources."""
    pins, line = contents.pins, contents.line
    for component in manifest.components:
        for built in component.built_from:
            binary, source = pins.get(built.binary), pins.get(built.source)
            if binary is None or source is None:
                continue
            is_mismatch = is_source_mismatch(component, binary.pin, source.pin, line)
            if is_mismatch and not _is_known_mismatch(manifest, binary.pin, source.pin, line):
                yield stale_version(
                    source.location,
                    component.name,
                    Staleness.OTHER_BINARY,
                    stated=f"{source.pin.tag} as the source of {component.name}",
                    actual=binary.pin.tag,
                    where=str(binary.location),
                )


def _is_known_mismatch(manifest: Manifest, binary: Pin, source: Pin, line: str) -> bool:
    """Return whether the manifest has both tags, so that checking it reports their mismatch."""
    recorded = [manifest.get_pin(pin.key) for pin in (binary, source)]
    if [pin.tag if pin else "" for pin in recorded] != [binary.tag, source.tag]:
        return False
    return any(
        is_source_mismatch(component, binary, source, line)
        for component in manifest.components
        for built in component.built_from
        if (built.binary, built.source) == (binary.key, source.key)
    )


def _check_replaced(manifest: Manifest, contents: TreeContents) -> Iterator[Diagnostic]:
    """Yield vendored code that an SBOM lists and Windows replaces by an external."""
    replacements = {
        row.external: row.without
        for component in manifest.components
        for row in component.ships
        if row.external and not row.external.is_fetched and row.without
    }
    reported = set()
    for statement in contents.statements:
        external = (
            contents.pins.get(replacements[statement.key])
            if statement.key in replacements
            else None
        )
        if external is not None and statement.source.package and statement.key not in reported:
            reported.add(statement.key)
            yield _stale(statement, Staleness.REPLACED, external.pin.tag, str(external.location))


def _check_unlisted(manifest: Manifest, contents: TreeContents) -> Iterator[Diagnostic]:
    """Yield what ships as a file of its own, out of a bundle, and is in no SBOM of the tree."""
    sboms = [
        statement.location.path
        for statement in contents.statements
        if statement.source.package and _has_kind(statement.key, EntryKind.SOURCE)
    ]
    if not sboms:
        return
    revisions, line = contents.default_revisions, contents.line
    for component in manifest.components:
        built = {pair.binary for pair in component.built_from}
        for row in component.ships:
            if row.external is None or row.external in built or row.link != "dynamic":
                continue
            ships = any(
                applies(row, revisions, platform.name, line) for platform in manifest.platforms
            )
            if ships and _has_kind(row.external, EntryKind.BINARY):
                yield unlisted_component(
                    sboms[0],
                    component.name,
                    resolve_version(component, row, revisions[row.external]),
                    ", ".join(row.files),
                    contents.pins[row.external].pin.tag,
                )


def _has_kind(key: ExternalKey | None, kind: EntryKind) -> bool:
    return key is not None and key.kind is kind


def check_archives(manifest: Manifest, contents: TreeContents) -> Iterator[Diagnostic]:
    """Yield packages of the tree's SBOMs whose archive is not at their location, or differs."""
    for package in contents.packages:
        external = contents.pins.get(package.key) if package.key else None
        version, location = package.package.version.value, package.package.download_location
        name = external.pin.tag if external else version
        if not _is_location_of(name, location.value):
            yield stale_version(
                Location(package.file, location.line),
                f"{_name(package.key)} location",
                Staleness.LOCATION,
                stated=f"{_name(package.key)} {version}",
                actual=location.value,
            )
        sha256, where = _recorded_sha256(package, manifest, contents.statements, external)
        stated = package.package.sha256
        if sha256 and stated.value.lower() not in ("", sha256.lower()):
            yield checksum_mismatch(
                Location(package.file, stated.line),
                _name(package.key),
                ChecksumRecord.ARCHIVE,
                algorithm="SHA-256",
                expected=sha256,
                found=stated.value,
                where=where,
            )


def _is_location_of(name: str, location: str) -> bool:
    """Return whether a location names a tag or version; expat's are ``R_2_7_1`` there."""
    return name in location or name.replace(".", "_") in location


def _recorded_sha256(
    stated: StatedPackage,
    manifest: Manifest,
    statements: Iterable[VersionStatement],
    external: ScriptPin | None,
) -> tuple[str, str]:
    """Return the SHA-256 that a package's archive must have, if it is known, and from where.

    What the tree itself states of the compiled version goes before the manifest.
    """
    version = stated.package.version.value
    here = [statement for statement in statements if statement.key == stated.key]
    if any(statement.source.authoritative and statement.value == version for statement in here):
        for statement in here:
            if statement.source.precision == "sha256":
                return statement.value, str(statement.location)
    for vendored in manifest.vendored:
        if (vendored.key, vendored.version) == (stated.key, version):
            return vendored.sha256, "externals.toml"
    if external is None or not _is_version_of(manifest, version, external.pin):
        return "", ""
    return manifest.get_archive_sha256(external.pin.key, external.pin.tag), "externals.toml"


def _is_version_of(manifest: Manifest, version: str, pin: Pin) -> bool:
    """Return whether an SBOM means a pin by a version: as upstream has it, or as its tag has."""
    return version in {pin.revision, *_upstream_versions(manifest, pin)}


def _name(key: ExternalKey | None) -> str:
    return key.name if key else "cpython"


def _stale(
    statement: VersionStatement, kind: Staleness, actual: str = "", where: str = ""
) -> Diagnostic:
    name = _name(statement.key)
    return stale_version(
        statement.location,
        name,
        kind,
        stated=f"{name} {statement.value}",
        actual=actual,
        where=where,
    )
