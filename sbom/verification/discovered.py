"""Components that evidence shows in shipped binaries, beside those that the manifest declares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sbom.bom.ownership import FileOwnership
from sbom.components.identifiers import make_cpes, make_purl
from sbom.components.model import Component, Linkage
from sbom.components.provenance import UNKNOWN_LOCATION, Provenance
from sbom.components.resolve import apply_overrides, describe_component
from sbom.manifest.model import Manifest
from sbom.verification.results import Result, ResultStatus


def add_discovered_components(
    manifest: Manifest,
    components: Iterable[Component],
    ownership: Iterable[FileOwnership],
    results: Sequence[Result],
) -> tuple[tuple[Component, ...], tuple[FileOwnership, ...]]:
    """Return components sorted by id, and ownership, with what evidence adds to them.

    An undeclared component that is present at the same version gets another file; any other is
    added, with an annotation that quotes the evidence. A component that no pin fixes, such as the
    Visual C++ runtime, gets the version that its files show.
    """
    components, ownership = _update_versions(manifest, components, ownership, results)
    known = {(one.key, one.version): one for one in components}
    undeclared: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        if result.status is ResultStatus.UNDECLARED:
            undeclared.setdefault((result.key, result.found), []).append(result)
    for (key, version), shown in sorted(undeclared.items()):
        files = tuple(dict.fromkeys(result.file for result in shown))
        one = known.get((key, version)) or _discovered(manifest, key, version, shown)
        known[key, version] = replace(one, linkages=(*one.linkages, Linkage("static", files)))
        ownership += [FileOwnership(file, one.id, "static") for file in files]
    return tuple(sorted(known.values(), key=lambda one: one.id)), tuple(ownership)


def _update_versions(
    manifest: Manifest,
    components: Iterable[Component],
    ownership: Iterable[FileOwnership],
    results: Iterable[Result],
) -> tuple[list[Component], list[FileOwnership]]:
    """Return components and ownership with the versions that files show, where these may differ."""
    shown: dict[str, set[str]] = {}
    accepted = (ResultStatus.CONFIRMED, ResultStatus.UNEXPECTED_BUILD)
    for result in results:
        if result.status in accepted and result.expected != result.found:
            shown.setdefault(result.key, set()).add(result.found)
    components = list(components)
    updated = {
        one.id: _with_version(manifest, one, *shown[one.key])
        for one in components
        if len(shown.get(one.key, ())) == 1
    }
    return [updated.get(one.id, one) for one in components], [
        replace(owner, component=updated[owner.component].id)
        if owner.component in updated
        else owner
        for owner in ownership
    ]


def _with_version(manifest: Manifest, component: Component, version: str) -> Component:
    """Return a component at another version, without what belongs to the declared one."""
    spec = manifest.get_component(component.key)
    return replace(
        component,
        id=f"{component.key}-found-{version}",
        version=version,
        download_location=UNKNOWN_LOCATION,
        file_name="",
        checksums=(),
        source_info=f"version as its files show it; {component.version} was expected",
        comment="",
        purl=make_purl(spec.purl, version, UNKNOWN_LOCATION, ""),
        cpes=make_cpes(spec.cpe, version),
    )


def _discovered(manifest: Manifest, key: str, version: str, shown: Iterable[Result]) -> Component:
    """Return a component that only evidence shows."""
    spec = apply_overrides(manifest.get_component(key), version)
    evidence = "; ".join(f"{result.file} has {result.evidence}" for result in shown)
    provenance = Provenance(source_info="found in shipped binaries; its origin is unknown")
    return replace(
        describe_component(manifest, spec, version, provenance),
        id=f"{key}-found-{version}".rstrip("-"),
        annotation=f"Undeclared; found by evidence: {evidence}.",
    )
