"""What changed between two releases, component by component."""

from __future__ import annotations

from collections.abc import Iterator

from sbom.components.component import Component
from sbom.release_report.rows import (
    ChangeRow,
    ComponentReport,
    ReleaseChanges,
    ReleaseReport,
)


def compare_releases(before: ReleaseReport, after: ReleaseReport) -> ReleaseChanges:
    """Return how the components of a release differ from those of an earlier one, by name.

    Identifiers are compared without the version in them. Where a release has several versions of
    one component, they are compared in their order.
    """
    old, new = _by_name(before), _by_name(after)
    changes = [
        change
        for name in sorted(old.keys() | new.keys(), key=str.lower)
        for change in _compare_versions(before, after, old.get(name, []), new.get(name, []))
    ]
    return ReleaseChanges(before.bom.name, tuple(changes))


def _by_name(report: ReleaseReport) -> dict[str, list[ComponentReport]]:
    by_name: dict[str, list[ComponentReport]] = {}
    for row in report.components:
        by_name.setdefault(row.component.name, []).append(row)
    return by_name


def _compare_versions(
    before: ReleaseReport,
    after: ReleaseReport,
    old: list[ComponentReport],
    new: list[ComponentReport],
) -> Iterator[ChangeRow]:
    """Yield the changes of the components of one name; versions that stayed are paired first."""
    stayed = {row.component.version for row in old} & {row.component.version for row in new}
    pairs = [
        *zip(
            [row for row in old if row.component.version in stayed],
            [row for row in new if row.component.version in stayed],
            strict=False,
        )
    ]
    old = [row for row in old if row.component.version not in stayed]
    new = [row for row in new if row.component.version not in stayed]
    for one, other in [*pairs, *zip(old, new, strict=False)]:
        yield from _compare(one.component, other.component)
        yield from _compare_places(before.places(one), after.places(other), other)
    for row in old[len(new) :]:
        yield _change(row.component, "removed", row.component.version, "")
    for row in new[len(old) :]:
        yield _change(row.component, "added", "", row.component.version)


def _compare(old: Component, new: Component) -> Iterator[ChangeRow]:
    facts = {
        "updated": (old.version, new.version),
        "relicensed": (old.license_concluded, new.license_concluded),
        "identifiers changed": (_identifiers(old), _identifiers(new)),
    }
    if old.version == new.version:
        facts["archive changed"] = _checksums(old), _checksums(new)
    for change, (was, is_now) in facts.items():
        if was != is_now:
            yield _change(new, change, was, is_now)


def _compare_places(
    old: list[tuple[str, str]], new: list[tuple[str, str]], row: ComponentReport
) -> Iterator[ChangeRow]:
    if old != new:
        was, is_now = (
            ", ".join(f"{channel} {platform}" for channel, platform in places)
            for places in (
                [place for place in old if place not in new],
                [place for place in new if place not in old],
            )
        )
        yield _change(row.component, "ships elsewhere", was, is_now)


def _identifiers(component: Component) -> str:
    """Return purl and CPEs without the version, and without the qualifiers of the purl."""
    texts = [component.purl.partition("?")[0], *component.cpes]
    return " ".join(text.replace(component.version or "@", "*") for text in texts if text)


def _checksums(component: Component) -> str:
    return " ".join(f"{algorithm} {digest}" for algorithm, digest in component.checksums)


def _change(component: Component, change: str, before: str, after: str) -> ChangeRow:
    return ChangeRow(component=component.name, change=change, before=before, after=after)
