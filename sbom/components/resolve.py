"""The components of a build, by the manifest: CPython itself, and everything that it contains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from msgspec import structs

from sbom.components.component import (
    Build,
    Component,
    Linkage,
    build_filename,
    build_title,
    externals_in_build,
)
from sbom.components.identifiers import make_cpes, make_purl
from sbom.components.provenance import Provenance, find_provenance, root_provenance
from sbom.components.versions import applies, files_on, resolve_version
from sbom.manifest.channels import expand_line, variant_filename
from sbom.manifest.component_spec import ComponentSpec, Inclusion
from sbom.manifest.external_key import EntryKind, ExternalKey
from sbom.manifest.model import Manifest
from sbom.manifest.pins import Pin, Vendored
from sbom.manifest.ranges import line_in_range, version_in_range


def resolve_components(
    manifest: Manifest, build: Build, *, include_optional: bool = False
) -> tuple[Component, ...]:
    """Return the components of one build, sorted by id; CPython itself is not among them.

    With ``include_optional``, libraries are among them that a build can have and need not have.
    """
    externals = externals_in_build(manifest, build)
    components = [
        _resolve_inclusion(manifest, build, spec, inclusion, external)
        for spec, inclusion, external in _inclusions(manifest, externals, build.platform)
        if is_in_build(inclusion, build)
        and (include_optional or not _is_optional(inclusion, build.platform))
    ]
    everywhere = {
        (spec.key, resolve_version(spec, inclusion, _revision(external)), inclusion.external)
        for platform in manifest.platforms
        for spec, inclusion, external in _inclusions(manifest, externals, platform.name)
    }
    return _assign_ids(_merge_components(components), everywhere)


def root_component(manifest: Manifest, build: Build | None = None) -> Component:
    """Return CPython itself as a component: of one build, or of all together."""
    spec = manifest.get_component(manifest.cpython.component)
    provenance = root_provenance(manifest, build_title(manifest, build) if build else "")
    return describe_component(manifest, spec, manifest.cpython.version.rstrip("+"), provenance)


def describe_component(
    manifest: Manifest, spec: ComponentSpec, version: str, provenance: Provenance
) -> Component:
    """Return a version of a component with its identifiers; how it is linked is not known yet."""
    location = provenance.download_location
    return Component(
        id=spec.key,
        key=spec.key,
        name=spec.name,
        version=version,
        originator=spec.originator,
        supplier=spec.supplier or manifest.document.supplier,
        homepage=spec.homepage,
        license_concluded=spec.license_concluded,
        license_declared=spec.license_declared or spec.license_concluded,
        copyright=spec.copyright,
        purl=make_purl(spec.purl, version, location, provenance.sha256),
        cpes=make_cpes(spec.cpe, version),
        download_location=location,
        file_name=provenance.file_name,
        checksums=provenance.checksums,
        source_info=provenance.source_info,
        comment=provenance.comment,
    )


def apply_overrides(spec: ComponentSpec, version: str) -> ComponentSpec:
    """Return a component's description with what differs for this version of it."""
    for override in spec.when:
        if version and version_in_range(version, override.versions):
            values = structs.asdict(override)
            del values["versions"]
            changes = {name: value for name, value in values.items() if value}
            spec = structs.replace(spec, **changes)
    return spec


def _inclusions(
    manifest: Manifest, externals: Mapping[ExternalKey, Pin | Vendored], platform: str
) -> Iterator[tuple[ComponentSpec, Inclusion, Pin | Vendored | None]]:
    """Yield how components get into the builds for a platform, each with what contains it."""
    revisions = {key: external.revision for key, external in externals.items()}
    for spec in manifest.components:
        for inclusion in spec.ships:
            if applies(inclusion, revisions, platform, manifest.cpython.line):
                key = inclusion.external
                yield spec, inclusion, externals[key] if key else None


def _is_optional(inclusion: Inclusion, platform: str) -> bool:
    return inclusion.link in ("static", "dynamic") and not files_on(inclusion, platform)


def is_in_build(inclusion: Inclusion, build: Build) -> bool:
    """Return whether a way of shipping is that of a build's variant and channel."""
    in_variant = not inclusion.variants or build.variant in inclusion.variants
    return in_variant and (not inclusion.channels or build.channel in inclusion.channels)


def _revision(external: Pin | Vendored | None) -> str | None:
    return external.revision if external else None


def _resolve_inclusion(
    manifest: Manifest,
    build: Build,
    spec: ComponentSpec,
    inclusion: Inclusion,
    external: Pin | Vendored | None,
) -> Component:
    version = resolve_version(spec, inclusion, _revision(external))
    spec = apply_overrides(spec, version)
    provenance = find_provenance(manifest, spec, inclusion, external)
    note = (build.notes or {}).get(external.key, "") if external else ""
    if note:  # a modified external is not the archive that a comment could be about
        source_info = f"{provenance.source_info}; {note}"
        provenance = replace(provenance, source_info=source_info, comment="")
    return replace(
        describe_component(manifest, spec, version, provenance),
        external=inclusion.external,
        annotation=note,
        linkages=(_linkage(manifest, build, inclusion),),
    )


def _linkage(manifest: Manifest, build: Build, inclusion: Inclusion) -> Linkage:
    def named(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(build_filename(manifest, build, name) for name in names)

    files = files_on(inclusion, build.platform)
    return Linkage(
        inclusion.link, named(files), named(inclusion.used_by), named(inclusion.optional_files)
    )


def _merge_components(components: Iterable[Component]) -> list[Component]:
    """Return each version of a component once, with all the ways it gets into the build.

    CPython 3.13.5 has zlib 1.3.1 in python313.dll and again, as zlib1.dll, from the Tcl/Tk
    bundle. Scanners distinguish packages by name and version: syft drops the second.
    """
    groups: dict[tuple[str, str], list[Component]] = {}
    for component in sorted(components, key=_merge_order):
        groups.setdefault((component.key, component.version or str(component.external)), []).append(
            component
        )
    merged = [
        replace(
            group[0],
            source_info="; also from ".join(
                dict.fromkeys(component.source_info for component in group)
            ),
            annotation=" ".join(
                component.annotation for component in group if component.annotation
            ),
            linkages=merge_linkages([link for component in group for link in component.linkages]),
        )
        for group in groups.values()
    ]
    return [component if _ships(component) else replace(component, cpes=()) for component in merged]


def _ships(component: Component) -> bool:
    """Return whether a component ships: scanners would report a build tool by its CPE."""
    return any(link.kind != "build-tool" for link in component.linkages)


def _merge_order(component: Component) -> tuple[bool, str]:
    """Return a key that sorts what is compiled from source first."""
    external = component.external
    is_source = external is not None and external.kind is EntryKind.SOURCE
    return not is_source, str(external or "")


def merge_linkages(linkages: Iterable[Linkage]) -> tuple[Linkage, ...]:
    """Return one linkage of each kind, with the files of all: a relationship is stated once."""
    kinds: dict[str, Linkage] = {}
    for linkage in linkages:
        known = kinds.get(linkage.kind, Linkage(linkage.kind))
        kinds[linkage.kind] = Linkage(
            linkage.kind,
            tuple(dict.fromkeys((*known.files, *linkage.files))),
            tuple(dict.fromkeys((*known.used_by, *linkage.used_by))),
            tuple(dict.fromkeys((*known.optional_files, *linkage.optional_files))),
        )
    return tuple(kinds.values())


def _assign_ids(
    components: Iterable[Component], everywhere: Iterable[tuple[str, str, ExternalKey | None]]
) -> tuple[Component, ...]:
    """Return components sorted by id; one that has several versions is named by its external too.

    ``everywhere`` are their keys, versions and externals on all platforms, so that a component
    has one id in all documents. Of several versions without an external, each is named by itself.
    """
    versions = Counter(key for key, _ in {(key, ver or str(ext)) for key, ver, ext in everywhere})
    loose = Counter(key for key, _ in {(key, ver) for key, ver, ext in everywhere if ext is None})

    def make_id(component: Component) -> str:
        key = component.key
        if versions[key] <= 1:
            return component.id
        if component.external is None and loose[key] > 1:
            return f"{key}-{component.version}"
        return f"{key}-{component.external or 'runtime'}"

    named = (replace(component, id=make_id(component)) for component in components)
    return tuple(sorted(named, key=lambda component: component.id))


def inclusions_by_filename(
    manifest: Manifest,
) -> dict[str, list[tuple[ComponentSpec, Inclusion]]]:
    """Return what files can be or contain, by their names in lower case, in any build."""
    line = manifest.cpython.line
    variants = [None, *manifest.variants]
    tags = [platform.tag for platform in manifest.platforms]
    found: dict[str, list[tuple[ComponentSpec, Inclusion]]] = {}
    for spec in manifest.components:
        for row in spec.ships:
            if row.link not in ("static", "dynamic") or not line_in_range(line, row.lines):
                continue
            names = {*row.files, *row.optional_files, *chain(*row.files_on.values())}
            written = {
                variant_filename(expand_line(name, line), variant, line, tag).lower()
                for name in names
                for variant in variants
                for tag in tags
            }
            for name in written:
                found.setdefault(name, []).append((spec, row))
    return found
