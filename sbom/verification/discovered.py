"""Components as binaries show them: those that no list names, and those nothing pins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sbom.bom.ownership import FileOwnership
from sbom.components.identifiers import make_cpes, make_purl
from sbom.components.model import Component, Linkage
from sbom.components.provenance import Provenance
from sbom.components.resolve import apply_overrides, describe_component
from sbom.manifest.model import Manifest
from sbom.verification.expectations import spec_of
from sbom.verification.results import Result, ResultStatus


@dataclass(frozen=True, slots=True)
class DiscoveredComponents:
    """All components of a place, those among them that nobody knew of, and whose files are."""

    components: tuple[Component, ...]
    ties: tuple[FileOwnership, ...]


def add_discovered(
    manifest: Manifest,
    components: Sequence[Component],
    ties: Sequence[FileOwnership],
    rows: Iterable[Result],
) -> DiscoveredComponents:
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
    found: dict[tuple[str, str], list[Result]] = {}
    for row in rows:
        if row.verdict is ResultStatus.FOUND:
            found.setdefault((row.key, row.found), []).append(row)
    added = list(ties)
    for (key, version), shown in sorted(found.items()):
        files = tuple(dict.fromkeys(row.file for row in shown))
        one = known.get((key, version)) or _guest(manifest, key, version, shown)
        known[key, version] = replace(one, links=(*one.links, Linkage("static", files)))
        added += [FileOwnership(file, one.id, "static") for file in files]
    everything = sorted(known.values(), key=lambda one: one.id)
    return DiscoveredComponents(tuple(everything), tuple(added))


def _shown_as(
    manifest: Manifest, components: Iterable[Component], rows: Iterable[Result]
) -> dict[str, Component]:
    """Return components whose files show another version than is stated, and may, by id."""
    versions: dict[str, set[str]] = {}
    for row in rows:
        if (
            row.verdict in (ResultStatus.CONFIRMED, ResultStatus.OTHER_BUILD)
            and row.expected != row.found
        ):
            versions.setdefault(row.key, set()).add(row.found)
    return {
        one.id: _renewed(manifest, one, *versions[one.key])
        for one in components
        if len(versions.get(one.key, ())) == 1
    }


def _renewed(manifest: Manifest, component: Component, version: str) -> Component:
    """Return a component at another version, without what was known of the stated one."""
    identity = spec_of(manifest, component.key)
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
        purl=make_purl(identity.purl, version, "NOASSERTION", ""),
        cpes=make_cpes(identity.cpe, version),
    )


def _guest(manifest: Manifest, key: str, version: str, shown: Sequence[Result]) -> Component:
    identity = apply_overrides(spec_of(manifest, key), version)
    where = "; ".join(f"{row.file} has {row.evidence}" for row in shown)
    provenance = Provenance(
        source_info="found in shipped binaries; nothing tells where it came from"
    )
    return replace(
        describe_component(manifest, identity, version, provenance),
        id=f"{key}-found-{version}".rstrip("-"),
        annotation=f"No list names it; evidence does: {where}.",
    )
