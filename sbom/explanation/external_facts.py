"""What is known of an external, or of vendored code: its pins, and what states its version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sbom.components.provenance import download_location
from sbom.explanation.explanation import Fact, Section, table_facts
from sbom.explanation.origins import Origins, locate_in_data
from sbom.explanation.shipping_facts import ShippedRow
from sbom.manifest.component_spec import ComponentSpec
from sbom.manifest.external_key import ANY_NAME, EntryKind, ExternalKey
from sbom.manifest.model import Manifest
from sbom.manifest.pins import Pin, Vendored
from sbom.manifest.ranges import line_in_range, version_in_range
from sbom.manifest.tables import KeyPath


def related_externals(spec: ComponentSpec) -> tuple[ExternalKey, ...]:
    """Return the externals and the vendored code that a component names, in their order."""
    keys: dict[ExternalKey, None] = {}
    for row in spec.ships:
        keys |= {key: None for key in (row.external, row.without) if key is not None}
    for built in spec.built_from:
        keys |= {built.binary: None, built.source: None}
    return tuple(keys)


def current_externals(
    spec: ComponentSpec, shipped: Iterable[ShippedRow]
) -> tuple[ExternalKey, ...]:
    """Return what a component comes from in the release, and the sources that was built from."""
    keys = {row.row.external: None for row in shipped if row.row.external is not None}
    keys |= {built.source: None for built in spec.built_from if built.binary in keys}
    return tuple(keys)


def external_sections(
    manifest: Manifest, spec: ComponentSpec, origins: Origins
) -> Iterator[Section]:
    """Yield what the manifest has of each external, and of vendored code, of a component."""
    for key in related_externals(spec):
        pin = manifest.get_pin(key) if key.is_fetched else None
        code = None if key.is_fetched else manifest.get_vendored(key.name)
        if pin is not None:
            yield Section(str(key), tuple(_pin_facts(manifest, spec, pin, origins)))
        elif code is not None:
            yield Section(str(key), tuple(_vendored_facts(manifest, code, origins)))


def _pin_facts(
    manifest: Manifest, spec: ComponentSpec, pin: Pin, origins: Origins
) -> Iterator[Fact]:
    path: KeyPath = (pin.key.kind.value, pin.name)
    yield from table_facts(pin, path, origins.locate)
    repository = manifest.repository_of(pin)
    if pin.is_archive:
        repository = f"{manifest.organization_of(pin)}/{repository}"
    yield Fact("fetched from", (repository, download_location(manifest, pin)))
    yield Fact("fetched", (str(pin.condition),))
    if pin.is_archive and not pin.sha256:
        known = manifest.get_archive_sha256(pin.key, pin.tag)
        origin = locate_in_data("archives", (pin.kind.value, pin.tag)) if known else None
        yield Fact("sha256", (known or "not recorded",), origin)
    digests = manifest.reference.dll_digests.get(pin.tag)
    if digests and pin.key.kind is EntryKind.BINARY and not pin.dll_digests:
        values = tuple(f"{file}: {digest}" for file, digest in digests.items())
        yield Fact("dll-digests", values, locate_in_data("dll_digests", (pin.tag,)))
    for number, built in enumerate(spec.built_from):
        if built.binary == pin.key:
            built_path = ("component", spec.key, "built-from", number)
            yield Fact("built from", (str(built.source),), origins.locate(built_path))


def _vendored_facts(manifest: Manifest, code: Vendored, origins: Origins) -> Iterator[Fact]:
    path: KeyPath = (EntryKind.VENDORED.value, code.name)
    yield from table_facts(code, path, origins.locate)
    vendoring_package = manifest.get_vendored(code.vendored_by) if code.vendored_by else None
    if vendoring_package is not None:
        vendoring_path: KeyPath = (EntryKind.VENDORED.value, vendoring_package.name)
        yield Fact(
            "vendored in",
            (f"{vendoring_package.name} {vendoring_package.version}",),
            origins.locate(vendoring_path),
        )
        if vendoring_package.wheel:
            yield Fact(
                "wheel", (vendoring_package.wheel,), origins.locate((*vendoring_path, "wheel"))
            )
    contained = tuple(
        f"{each.name.removeprefix(f'{code.name}-')} {each.version}"
        for each in manifest.current_vendored
        if each.vendored_by == code.name
    )
    if contained:
        yield Fact("vendors", contained)


def stated_version_section(manifest: Manifest, keys: Iterable[ExternalKey]) -> Section | None:
    """Return where a CPython tree states versions of externals; None if that is nowhere."""
    wanted = set(keys)
    facts = []
    for number, source in enumerate(manifest.reference.version_sources):
        external = source.external
        is_any = external is not None and external.name == ANY_NAME
        kinds = {key.kind for key in wanted}
        if not line_in_range(manifest.cpython.line, source.lines) or external is None:
            continue
        if external in wanted or (is_any and external.kind in kinds):
            texts = (str(external), f"states {source.precision}")
            details = [*texts, "is what is compiled"] if source.authoritative else [*texts]
            location = locate_in_data("version_sources", ("version-source", number, "path"))
            facts.append(Fact(source.path, (", ".join(details),), location))
    return Section("stated in a CPython tree by", tuple(facts)) if facts else None


def upstream_section(manifest: Manifest, keys: Iterable[ExternalKey]) -> Section | None:
    """Return what CPython's own Misc/externals.spdx.json calls externals; None if it has none."""
    names = {key.name for key in keys if key.is_fetched}
    facts: list[Fact] = []
    for number, entry in enumerate(manifest.reference.upstream_entries):
        is_current = version_in_range(manifest.cpython.version, entry.cpython_versions)
        if entry.name in names and is_current:
            facts += table_facts(
                entry,
                ("entry", number),
                lambda path: locate_in_data("upstream_entries", path),
            )
    return Section("in CPython's Misc/externals.spdx.json", tuple(facts)) if facts else None
