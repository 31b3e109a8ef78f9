"""What changed between two releases, component by component, with the channels that ship each."""

from __future__ import annotations

from collections.abc import Iterator

from sbom.changes.boms import compare_boms
from sbom.changes.change import ChangeKind, ComponentChange
from sbom.changes.selection import count_files, describe_kinds, shown_facts
from sbom.release_report.rows import ChangeRow, ReleaseChanges, ReleaseReport

#: How a component ships, which the matrices of the two reports say in fewer words.
_SHIPS = "ships"


def compare_releases(before: ReleaseReport, after: ReleaseReport) -> ReleaseChanges:
    """Return how the components of a release differ from those of an earlier one.

    Artifacts and builds are left out: those of two releases always differ.
    """
    old, new = _places(before), _places(after)
    changes: dict[str, list[ComponentChange]] = {}
    for change in compare_boms(before.bom, after.bom, before.bom.name, after.bom.name).components:
        changes.setdefault(change.name, []).append(change)
    rows: list[ChangeRow] = []
    for name in sorted(old.keys() | new.keys(), key=lambda name: (name.casefold(), name)):
        for change in changes.get(name, ()):
            rows += _rows(change)
        if name in old and name in new:
            rows += _moves(name, old[name], new[name])
    return ReleaseChanges(before.bom.name, tuple(rows))


def _places(report: ReleaseReport) -> dict[str, set[tuple[str, str]]]:
    """Return the channels that ship a component, with platforms, by its name."""
    places: dict[str, set[tuple[str, str]]] = {}
    for row in report.components:
        places.setdefault(row.component.name, set()).update(report.places(row))
    return places


def _rows(change: ComponentChange) -> Iterator[ChangeRow]:
    """Yield what happened to a component; another archive goes without saying of a new version."""
    versions = change.old_version or "", change.new_version or ""
    for kind in change.kinds:
        if kind in (ChangeKind.ADDED, ChangeKind.REMOVED, ChangeKind.UPDATED):
            yield _row(change.name, kind, "version", *versions)
    if change.old_version is None or change.new_version is None:
        return
    for fact in shown_facts(change):
        if fact.kind in change.kinds and fact.fact != _SHIPS:
            yield _row(change.name, fact.kind, fact.fact, ", ".join(fact.old), ", ".join(fact.new))
    if change.files:
        yield _row(change.name, ChangeKind.FILES, "files", "", count_files(change))


def _moves(name: str, old: set[tuple[str, str]], new: set[tuple[str, str]]) -> Iterator[ChangeRow]:
    if old != new:
        before, after = (
            ", ".join(f"{channel} {platform}" for channel, platform in sorted(places))
            for places in (old - new, new - old)
        )
        yield _row(name, ChangeKind.SHIPPING, "channels", before, after)


def _row(name: str, kind: ChangeKind, fact: str, before: str, after: str) -> ChangeRow:
    words = describe_kinds([kind])
    return ChangeRow(component=name, change=words, fact=fact, before=before, after=after)
