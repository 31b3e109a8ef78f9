"""Components as binaries show them: those that no list names, and those nothing pins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sbom.components import identified, overridden
from sbom.examining.claims import identity_of
from sbom.examining.verdicts import Row, Verdict
from sbom.holdings import Tie
from sbom.identifiers import cpes, purl_of
from sbom.joining import Component, Link
from sbom.schema import Manifest


@dataclass(frozen=True, slots=True)
class Guests:
    """All components of a place, those among them that nobody knew of, and whose files are."""

    components: tuple[Component, ...]
    ties: tuple[Tie, ...]


def with_guests(
    manifest: Manifest, components: Sequence[Component], ties: Sequence[Tie], rows: Iterable[Row]
) -> Guests:
    """Return components and ties, with those that evidence adds; sorted by id.

    What is there at the same version already gets another file; anything else is a component
    of its own, whose annotation says what shows it. One that nothing pins, such as the Visual
    C++ runtime, is of the version that its files show, where they show one.
    """
    rows = list(rows)
    shown_as = _shown_as(manifest, components, rows)
    components = [shown_as.get(one.id, one) for one in components]
    ties = [replace(t, component=shown_as[t.component].id) if t.component in shown_as else t
            for t in ties]  # fmt: skip
    known = {(one.key, one.version): one for one in components}
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.verdict is Verdict.FOUND:
            found.setdefault((row.key, row.found), []).append(row)
    added = list(ties)
    for (key, version), shown in sorted(found.items()):
        files = tuple(dict.fromkeys(row.file for row in shown))
        one = known.get((key, version)) or _guest(manifest, key, version, shown)
        known[key, version] = replace(one, links=(*one.links, Link("static", files)))
        added += [Tie(file, one.id, "static") for file in files]
    everything = sorted(known.values(), key=lambda one: one.id)
    return Guests(tuple(everything), tuple(added))


def _shown_as(
    manifest: Manifest, components: Iterable[Component], rows: Iterable[Row]
) -> dict[str, Component]:
    """Return components whose files show another version than is stated, and may, by id."""
    versions: dict[str, set[str]] = {}
    for row in rows:
        if row.verdict in (Verdict.CONFIRMED, Verdict.OTHER_BUILD) and row.expected != row.found:
            versions.setdefault(row.key, set()).add(row.found)
    return {
        one.id: _renewed(manifest, one, *versions[one.key])
        for one in components
        if len(versions.get(one.key, ())) == 1
    }


def _renewed(manifest: Manifest, component: Component, version: str) -> Component:
    """Return a component at another version, without what was known of the stated one."""
    identity = identity_of(manifest, component.key)
    told = f"version as its files show it; {manifest.file} knows {component.version}"
    return replace(
        component,
        id=f"{component.key}-found-{version}",
        version=version,
        location="NOASSERTION",
        file_name="",
        checksums=(),
        source_info=told,
        comment="",
        purl=purl_of(identity.purl, version, "NOASSERTION", ""),
        cpes=cpes(identity.cpe, version),
    )


def _guest(manifest: Manifest, key: str, version: str, shown: Sequence[Row]) -> Component:
    identity = overridden(identity_of(manifest, key), version)
    where = "; ".join(f"{row.file} has {row.evidence}" for row in shown)
    return Component(
        id=f"{key}-found-{version}".rstrip("-"),
        key=key,
        external="",
        version=version,
        **identified(manifest, identity),
        location="NOASSERTION",
        file_name="",
        checksums=(),
        source_info="found in shipped binaries; nothing tells where it came from",
        comment="",
        annotation=f"No list names it; evidence does: {where}.",
        purl=purl_of(identity.purl, version, "NOASSERTION", ""),
        cpes=cpes(identity.cpe, version),
        links=(),
    )
