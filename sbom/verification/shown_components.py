"""Components as binaries show them: other versions than declared, and undeclared ones."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Protocol

from msgspec import structs

from sbom.bom.ownership import FileOwnership
from sbom.components.component import Component, Linkage
from sbom.components.identifiers import make_cpes, make_purl
from sbom.components.provenance import Provenance
from sbom.components.resolve import apply_overrides, describe_component, merge_linkages
from sbom.manifest.component_spec import UNKNOWN_LOCATION
from sbom.manifest.model import Manifest
from sbom.patterns import PathPatterns
from sbom.verification.results import Result, ResultStatus

#: What ``_found_id`` returns.
_FOUND_ID = re.compile(r"(?P<key>.+?)-found(?:-.*)?")
#: Results of files that show a version.
SHOWING = (ResultStatus.CONFIRMED, ResultStatus.UNEXPECTED_BUILD, ResultStatus.VERSION_MISMATCH)


def add_shown_components(
    manifest: Manifest,
    components: Iterable[Component],
    ownership: Iterable[FileOwnership],
    results: Sequence[Result],
) -> tuple[tuple[Component, ...], tuple[FileOwnership, ...]]:
    """Return components sorted by id, and ownership, with what evidence adds to them.

    An undeclared component that is present at the same version gets another file; any other is
    added, with an annotation. A declared component gets the version that its files show.
    """
    components, ownership = _update_versions(manifest, components, ownership, results)
    known = {(component.key, component.version): component for component in components}
    undeclared: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        if result.status is ResultStatus.UNDECLARED:
            undeclared.setdefault((result.key, result.found_text), []).append(result)
    for (key, version), shown in sorted(undeclared.items()):
        files = tuple(dict.fromkeys(result.file for result in shown))
        component = known.get((key, version)) or _undeclared_component(manifest, key, version)
        links = (*component.linkages, Linkage("static", files))
        known[key, version] = replace(component, linkages=merge_linkages(links))
        ownership += [FileOwnership(file, component.id, "static") for file in files]
    return tuple(sorted(known.values(), key=lambda component: component.id)), tuple(ownership)


def _update_versions(
    manifest: Manifest,
    components: Iterable[Component],
    ownership: Iterable[FileOwnership],
    results: Iterable[Result],
) -> tuple[list[Component], list[FileOwnership]]:
    """Return components and ownership with the versions that files show.

    A component whose files all show one version has that one, also where another is declared. Of
    several versions, each has the files that show it; the declared one keeps the others.
    """
    known = {component.id: component for component in components}
    owners = list(ownership)
    shown = _shown_versions(known, owners, results)
    for id_, versions in shown.items():
        declared = known[id_]
        for version in sorted(versions.keys() - {declared.version}):
            paths = None if len(versions) == 1 else versions[version]
            existing = _find_component(known.values(), declared.key, version)
            updated = existing or _with_version(manifest, declared, version)
            links = tuple(_links_to(declared, paths))
            if existing:
                links = (*existing.linkages, *links)
            known[updated.id] = replace(updated, linkages=links)
            owners = [
                structs.replace(owner, component=updated.id)
                if owner.component == id_ and (paths is None or owner.path in paths)
                else owner
                for owner in owners
            ]
        remaining = [owner.path for owner in owners if owner.component == id_]
        if declared.version not in versions and not remaining:
            del known[id_]
        elif len(versions) > 1:
            moved = {path for shown in versions.values() for path in shown} - {*remaining}
            kept = tuple(_links_without(declared, moved, remaining))
            known[id_] = replace(declared, linkages=kept)
    return list(known.values()), list(dict.fromkeys(owners))


def _find_component(components: Iterable[Component], key: str, version: str) -> Component | None:
    matching = (
        component
        for component in components
        if (component.key, component.version) == (key, version)
    )
    return next(matching, None)


def _shown_versions(
    components: Mapping[str, Component],
    ownership: Iterable[FileOwnership],
    results: Iterable[Result],
) -> dict[str, dict[str, list[str]]]:
    """Return the files that show each version, by the ids of the components that own them."""
    owners: dict[tuple[str, str], list[str]] = {}
    for owner in ownership:
        if owner.component in components:
            key = components[owner.component].key
            owners.setdefault((owner.path, key), []).append(owner.component)
    shown: dict[str, dict[str, list[str]]] = {}
    for result in results:
        if result.status in SHOWING:
            for id_ in owners.get((result.file, result.key), ()):
                for version in result.found:
                    shown.setdefault(id_, {}).setdefault(version, []).append(result.file)
    return shown


def _links_to(component: Component, paths: Sequence[str] | None) -> Iterator[Linkage]:
    """Yield the linkages of a component, or the parts of them that name some paths."""
    for link in component.linkages:
        if paths is None:
            yield link
        elif files := tuple(path for path in paths if PathPatterns(link.files).matches(path)):
            yield replace(link, files=files, optional_files=())


def _links_without(
    component: Component, moved: Collection[str], remaining: Collection[str]
) -> Iterator[Linkage]:
    """Yield the linkages of a component without what names moved files only."""

    def is_kept(name: str) -> bool:
        pattern = PathPatterns((name,))
        return any(map(pattern.matches, remaining)) or not any(map(pattern.matches, moved))

    for link in component.linkages:
        files = tuple(filter(is_kept, link.files))
        optional_files = tuple(filter(is_kept, link.optional_files))
        if files or optional_files or not link.files:
            yield replace(link, files=files, optional_files=optional_files)


class ShownContents(Protocol):
    """What an opened artifact shows of its build."""

    @property
    def components(self) -> Sequence[Component]:
        """The components in it; those that only evidence shows have an annotation."""

    @property
    def shown_versions(self) -> Collection[tuple[str, str]]:
        """The versions that files show, each with the key of the component."""


def apply_shown_components(
    components: Iterable[Component], artifacts: Sequence[ShownContents]
) -> tuple[Component, ...]:
    """Return the components of a build with what opened artifacts of the same build show.

    A version replaces the declared one if all files that show one show this, and a component that
    no list declares is added if every artifact contains it.
    """
    shown: dict[str, set[str]] = {}
    for artifact in artifacts:
        for key, version in artifact.shown_versions:
            shown.setdefault(key, set()).add(version)
    by_artifact = [
        {
            component.id: component
            for component in artifact.components
            if key_found_by_evidence(component.id)
        }
        for artifact in artifacts
    ]
    updated = {
        component.key: component
        for component in chain.from_iterable(by_id.values() for by_id in by_artifact)
        if not component.annotation and shown.get(component.key) == {component.version}
    }
    result = [
        replace(updated[component.key], linkages=component.linkages)
        if component.key in updated
        else component
        for component in components
    ]
    undeclared = [
        {id_: component for id_, component in by_id.items() if component.annotation}
        for by_id in by_artifact
    ]
    everywhere = set[str]().union(*undeclared).intersection(*undeclared)
    result += [undeclared[0][id_] for id_ in everywhere]
    return tuple(sorted(result, key=lambda component: component.id))


def key_found_by_evidence(id_: str) -> str:
    """Return the key of a component that is undeclared, or whose files show another version.

    The id tells both; empty for every other component.
    """
    match = _FOUND_ID.fullmatch(id_)
    return match["key"] if match else ""


def _found_id(key: str, version: str) -> str:
    """Return the id of a component that files show; ``version`` is empty if they show none."""
    return f"{key}-found-{version}" if version else f"{key}-found"


def _with_version(manifest: Manifest, component: Component, version: str) -> Component:
    """Return a component at another version, without what belongs to the declared one."""
    spec = manifest.get_component(component.key)
    return replace(
        component,
        id=_found_id(component.key, version),
        version=version,
        download_location=UNKNOWN_LOCATION,
        file_name="",
        checksums=(),
        source_info=f"version as its files show it; {component.version} was expected",
        comment="",
        purl=make_purl(spec.purl, version, UNKNOWN_LOCATION, ""),
        cpes=make_cpes(spec.cpe, version),
    )


def _undeclared_component(manifest: Manifest, key: str, version: str) -> Component:
    """Return a component that only evidence shows; the same in every build that contains it."""
    spec = apply_overrides(manifest.get_component(key), version)
    provenance = Provenance(source_info="found in shipped binaries; its origin is unknown")
    return replace(
        describe_component(manifest, spec, version, provenance),
        id=_found_id(key, version),
        annotation="Undeclared; found by evidence in shipped binaries.",
    )
