"""What changed from one manifest to another: components, their pins, and everything else in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sbom.changes.change import ChangeSet, ComponentChange, FactChange, sort_changes
from sbom.changes.compared_pins import (
    archive_of,
    compare_entry,
    describe_stale_checksum,
    recorded_entries,
)
from sbom.changes.components import Pair, compare_facts, latest, pair_components
from sbom.changes.manifest_components import as_comparable, describe_components
from sbom.changes.settings import compare_settings, compare_specs
from sbom.diagnostics import Diagnostic
from sbom.manifest.external_key import ExternalKey
from sbom.manifest.model import Manifest
from sbom.manifest.pins import Pin, Vendored

#: Keys of a component by which it is decided which version of it ships, and where.
_CAUSES = {"ships", "when", "revision-pattern", "version-by-revision"}
#: Keys that the components of builds have. The CPE of a build tool is not among them.
_SHOWN_BY_BUILDS = {
    "name",
    "originator",
    "supplier",
    "homepage",
    "license-concluded",
    "license-declared",
    "copyright",
    "download-location",
    "sha256",
    "purl",
}


@dataclass(slots=True, eq=False)
class _Group:
    """What is collected of one component, or of an external that no component describes."""

    name: str
    old_version: str | None
    new_version: str | None
    is_root: bool = False
    facts: list[FactChange] = field(default_factory=list)
    ships: tuple[str, ...] = ()
    archives: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    #: The key paths of the manifest's tables that it is described by.
    tables: set[str] = field(default_factory=set)

    def change(self, diagnostics: Iterable[Diagnostic]) -> ComponentChange:
        """Return the change, with the diagnostics that are about one of the tables."""
        remaining = (
            f"{diagnostic.subject}: {diagnostic.message}"
            + (f"; {diagnostic.hint}" if diagnostic.hint else "")
            for diagnostic in diagnostics
            if ".".join(diagnostic.subject.split(".")[:2]).partition("[")[0] in self.tables
        )
        return ComponentChange(
            name=self.name,
            old_version=self.old_version,
            new_version=self.new_version,
            is_root=self.is_root,
            facts=tuple(self.facts),
            ships=self.ships,
            archives=tuple(dict.fromkeys(self.archives)),
            remaining=tuple(dict.fromkeys((*self.notes, *remaining))),
        )


def compare_manifests(
    old: Manifest,
    new: Manifest,
    old_name: str,
    new_name: str,
    diagnostics: Sequence[Diagnostic] = (),
) -> ChangeSet:
    """Return what changed from one manifest to another; the names are what each is called.

    ``diagnostics`` are of the new manifest: those of a component that changed are what remains to
    be done.
    """
    settings = tuple(compare_settings(old, new))
    old, new = as_comparable(old), as_comparable(new)
    pairs = pair_components(describe_components(old), describe_components(new))
    groups = [_group(pair) for pair in pairs]
    _add_entries(old, new, pairs, groups)
    by_table = {table: group for group in groups for table in sorted(group.tables)}
    for key, facts in compare_specs(old, new):
        group = by_table.get(f"component.{key}")
        if group is None:
            group = _Group(key, *_presence(old, new, key), tables={f"component.{key}"})
            groups.append(group)
        group.facts += _unexplained(facts, group.facts, is_built=group in groups[: len(pairs)])
    changes = (group.change(diagnostics) for group in groups)
    return ChangeSet(
        old=old_name,
        new=new_name,
        components=sort_changes(changes),
        settings=settings,
    )


def _group(pair: Pair) -> _Group:
    old, new = pair
    shown = latest(pair)
    component = shown.component
    is_located = bool(component.known_location)
    return _Group(
        name=component.name,
        old_version=old.component.version if old else None,
        new_version=new.component.version if new else None,
        is_root=shown.is_root,
        facts=list(compare_facts(old, new)),
        ships=shown.ships,
        archives=[component.download_location] if is_located else [],
        tables={f"component.{side.component.key}" for side in pair if side}
        | {str(side.component.external) for side in pair if side and side.component.external}
        | ({"cpython"} if shown.is_root else set()),
    )


def _add_entries(old: Manifest, new: Manifest, pairs: Sequence[Pair], groups: list[_Group]) -> None:
    """Add what changed of externals and vendored code to the groups of what they bring.

    Of an external that brings several components, the others have only its tag.
    """
    before, after = recorded_entries(old), recorded_entries(new)
    sources = _sources(old, new)
    for key in sorted(before.keys() | after.keys()):
        facts = list(compare_entry(old, new, key))
        if not facts:
            continue
        bringing = [
            group
            for pair, group in zip(pairs, groups, strict=False)
            if any(side and side.component.external == key for side in pair)
            or any(f"component.{name}" in group.tables for name in sources.get(key, ()))
        ]
        if not bringing:
            bringing = [_group_of_entry(new, old, key)]
            groups.extend(bringing)
        bringing.sort(key=lambda group: f"component.{key.name}" not in group.tables)
        if stale := describe_stale_checksum(old, new, key):
            bringing[0].notes.append(stale)
        entry = after.get(key)
        for n, group in enumerate(bringing):
            group.facts += facts if n == 0 else [fact for fact in facts if fact.fact == "tag"]
            group.tables.add(str(key))
            if entry is not None and n == 0:
                group.archives += archive_of(new, entry)


def _group_of_entry(new: Manifest, old: Manifest, key: ExternalKey) -> _Group:
    """Return a group for an external that no build contains: of what it would bring, if described.

    A component that several of its externals bring is named by the external.
    """
    versions = (_revision(recorded_entries(side).get(key)) for side in (old, new))
    specs = {
        spec.key: spec.name
        for manifest in (old, new)
        for spec in manifest.components
        if any(row.external == key for row in spec.ships)
    }
    name = next(iter(specs.values())) if len(specs) == 1 else str(key)
    old_version, new_version = versions
    tables = {f"component.{spec}" for spec in specs} if len(specs) == 1 else set()
    return _Group(name, old_version, new_version, tables=tables)


def _revision(entry: Pin | Vendored | None) -> str | None:
    return entry.revision if entry else None


def _sources(*manifests: Manifest) -> Mapping[ExternalKey, set[str]]:
    """Return the components whose prebuilt binaries are built from an external, by its key."""
    found: dict[ExternalKey, set[str]] = {}
    for manifest in manifests:
        for spec in manifest.components:
            for built in spec.built_from:
                found.setdefault(built.source, set()).add(spec.key)
    return found


def _presence(old: Manifest, new: Manifest, key: str) -> tuple[str | None, str | None]:
    """Return an empty version for each manifest that describes a component, as no build has it."""
    before, after = (
        "" if any(spec.key == key for spec in side.components) else None for side in (old, new)
    )
    return before, after


def _unexplained(
    keys: Iterable[FactChange], facts: Sequence[FactChange], *, is_built: bool
) -> list[FactChange]:
    """Return the keys of a description that say more than the facts that are reported already.

    The component of a build shows most of them, and why it does is no change by itself.
    """
    reported = {fact.fact for fact in facts if not fact.subject}
    hidden = reported | (_CAUSES if facts else set())
    if is_built:
        hidden |= _SHOWN_BY_BUILDS
    return [fact for fact in keys if fact.fact not in hidden]
