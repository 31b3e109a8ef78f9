"""Manifest entries to components: version, purl, CPE, license and where each one ships.

Knows identifiers; nothing of SPDX documents, TOML or batch files. A component's version is
upstream's; the tag, the commit and the rebuild number are told in its source information.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from sbom.components.identifiers import cpes, purl_of
from sbom.components.model import Component, Linkage, assign_ids, merge_components
from sbom.components.provenance import last_part, provenance_of, sha256_checksum
from sbom.components.versions import applies, files_on, version_of
from sbom.manifest.channels import DEFAULT, Variant, variant_filename
from sbom.manifest.component_spec import ComponentSpec, Inclusion, Override
from sbom.manifest.external_key import ExternalKey
from sbom.manifest.model import Manifest, Pin, Vendored
from sbom.manifest.ranges import version_in_range

__all__ = ["Build", "Component", "Linkage", "resolve_components", "root_component"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Build:
    """One way CPython is built: for a platform, as a variant, out of these externals.

    ``pins`` are None for those that the script fetches when it is given no flags; ``notes``
    map key paths of externals to what is to be annotated. With a ``channel``, what comes with
    that channel alone is part of it too.
    """

    platform: str
    variant: str = DEFAULT
    pins: tuple[Pin, ...] | None = None
    notes: Mapping[ExternalKey, str] | None = None
    channel: str = ""

    @property
    def name(self) -> str:
        """Return ``amd64``, or ``amd64-free-threaded`` for a variant."""
        return self.platform if self.variant == DEFAULT else f"{self.platform}-{self.variant}"


def resolve_components(manifest: Manifest, build: Build) -> tuple[Component, ...]:
    """Return the components of one build, sorted by id."""
    held = externals_in_build(manifest, build)
    revisions = {key: one.revision for key, one in held.items()}
    found = (
        _annotated(
            _component(manifest, identity, row, _external(row, held), build),
            (build.notes or {}).get(row.external, "") if row.external else "",
        )
        for identity, row in _rows(manifest, revisions, build.platform)
        if _in_build(row, build)
    )
    everywhere = (
        (identity.key, version_of(identity, row, _revision(row, held)) or str(row.external))
        for platform in manifest.platforms
        for identity, row in _rows(manifest, revisions, platform.name)
    )
    return assign_ids(merge_components(found), everywhere)


def externals_in_build(manifest: Manifest, build: Build) -> dict[ExternalKey, Pin | Vendored]:
    """Return the externals of a build, and the vendored code, by key path."""
    pins = build.pins
    if pins is None:
        pins = tuple(pin for pin in manifest.pins if pin.default)
    held: dict[ExternalKey, Pin | Vendored] = {pin.key: pin for pin in pins}
    return held | {vendored.key: vendored for vendored in manifest.current_vendored}


def _external(row: Inclusion, held: Mapping[ExternalKey, Pin | Vendored]) -> Pin | Vendored | None:
    return held.get(row.external) if row.external else None


def _revision(row: Inclusion, held: Mapping[ExternalKey, Pin | Vendored]) -> str | None:
    external = _external(row, held)
    return external.revision if external else None


def _rows(
    manifest: Manifest, revisions: Mapping[ExternalKey, str], platform: str
) -> Iterator[tuple[ComponentSpec, Inclusion]]:
    for identity in manifest.components:
        for row in identity.ships:
            if applies(row, revisions, platform, manifest.cpython.line):
                yield identity, row


def _in_build(row: Inclusion, build: Build) -> bool:
    variant = not row.variants or build.variant in row.variants
    return variant and (not row.channels or build.channel in row.channels)


def _annotated(component: Component, note: str) -> Component:
    """Return a component that says of its external what somebody has to know."""
    if not note:
        return component
    source = f"{component.source_info}; {note}"
    return replace(component, source_info=source, comment="", annotation=note)


def root_component(manifest: Manifest, build: Build | None = None) -> Component:
    """Return CPython itself as a component: of one build, or of none where that does not matter."""
    cpython = manifest.cpython
    identity = next(one for one in manifest.components if one.key == cpython.component)
    version = cpython.version.rstrip("+")
    commit = f", commit {cpython.commit}" if cpython.commit else ""
    location = cpython.source_location
    built = f"built from tag v{version}{commit}"
    if cpython.version.endswith("+"):
        # Between two releases: no archive holds this tree.
        location = "NOASSERTION"
        built = f"built from a tree after tag v{version}"
    title = f" for {build_title(manifest, build)}" if build else ""
    return Component(
        id=identity.key,
        key=identity.key,
        external=None,
        version=version,
        **component_identifiers(manifest, identity),
        location=location,
        file_name=last_part(location),
        checksums=sha256_checksum("" if location == "NOASSERTION" else cpython.sha256),
        source_info=f"CPython {cpython.version}{title}, {built}",
        comment="",
        annotation="",
        purl=purl_of(identity.purl, version, location, cpython.sha256),
        cpes=cpes(identity.cpe, version),
        links=(),
    )


def build_title(manifest: Manifest, build: Build) -> str:
    """Return what a build is for: ``Windows on 64-bit x86, free-threaded``."""
    title = next(one.title for one in manifest.platforms if one.name == build.platform)
    variant = variant_of(manifest, build.variant)
    return f"{title}, {variant.title}" if variant else title


def variant_of(manifest: Manifest, name: str) -> Variant | None:
    """Return a variant by its name, or None for the default one."""
    return next((variant for variant in manifest.variants if variant.name == name), None)


def _component(
    manifest: Manifest,
    identity: ComponentSpec,
    row: Inclusion,
    held: Pin | Vendored | None,
    build: Build,
) -> Component:
    version = version_of(identity, row, held.revision if held else None)
    identity = apply_overrides(identity, version)
    origin = provenance_of(manifest, identity, row, held)
    return Component(
        id=identity.key,
        key=identity.key,
        external=row.external,
        version=version,
        **component_identifiers(manifest, identity),
        location=origin.location,
        file_name=origin.file_name,
        checksums=origin.checksums,
        source_info=origin.source_info,
        comment=origin.comment,
        annotation="",
        purl=purl_of(
            identity.purl, version, origin.location, dict(origin.checksums).get("SHA256", "")
        ),
        cpes=cpes(identity.cpe, version),
        links=(_link(manifest, row, build),),
    )


def component_identifiers(manifest: Manifest, identity: ComponentSpec) -> dict[str, str]:
    """Return what a component takes from its identity as it is."""
    return {
        "name": identity.name,
        "originator": identity.originator,
        "supplier": identity.supplier or manifest.document.supplier,
        "homepage": identity.homepage,
        "license": identity.license_concluded,
        "declared": identity.license_declared or identity.license_concluded,
        "copyright": identity.copyright,
    }


def apply_overrides(identity: ComponentSpec, version: str) -> ComponentSpec:
    """Return the identity with what its ``when`` tables say of this version."""
    for override in identity.when:
        if version and version_in_range(version, override.versions):
            said = {
                field.name: getattr(override, field.name)
                for field in fields(Override)
                if field.name != "versions" and getattr(override, field.name)
            }
            identity = replace(identity, **said)
    return identity


def _link(manifest: Manifest, row: Inclusion, build: Build) -> Linkage:
    """Return how a row's component gets into a build, names written as that build has them."""
    variant = variant_of(manifest, build.variant)
    tag = next(one.tag for one in manifest.platforms if one.name == build.platform)
    line = manifest.cpython.line

    def named(names: Sequence[str]) -> tuple[str, ...]:
        written = (name.replace("{line}", line.replace(".", "")) for name in names)
        return tuple(variant_filename(name, variant, line, tag) for name in written)

    files = files_on(row, build.platform)
    return Linkage(row.link, named(files), named(row.used_by), named(row.optional_files))
