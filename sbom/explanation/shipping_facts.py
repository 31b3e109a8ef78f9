"""How a component gets into the builds of a release, by the manifest, and what publishes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from sbom.components.component import Build, Component, build_filename
from sbom.components.provenance import find_provenance
from sbom.components.resolve import apply_overrides, describe_component, is_in_build
from sbom.components.versions import applies, files_on, resolve_version
from sbom.diagnostics import Code, Location
from sbom.explanation.explanation import Fact, Section, format_value, table_facts
from sbom.explanation.origins import Origins, locate_in_data
from sbom.manifest.channels import DEFAULT, Artifact, expand_line, expected_artifacts
from sbom.manifest.component_spec import ComponentSpec, Inclusion
from sbom.manifest.model import Manifest
from sbom.manifest.pins import Pin, Vendored
from sbom.manifest.ranges import line_in_range, version_in_range
from sbom.manifest.tables import KeyPath
from sbom.patterns import PathPatterns

#: The keys of a row that limit it to some releases.
_CONDITIONS = ("external", "revisions", "lines", "variants", "channels", "without", "version")


@dataclass(frozen=True, kw_only=True, slots=True)
class ShippedRow:
    """A ``ships`` row that applies to the release of the manifest.

    ``number`` counts the rows of the component from 0; ``component`` is what ships because of it,
    out of ``external``, on ``platforms``.
    """

    number: int
    row: Inclusion
    external: Pin | Vendored | None
    platforms: tuple[str, ...]
    component: Component

    @property
    def path(self) -> KeyPath:
        """Return the key path of the row."""
        return ("component", self.component.key, "ships", self.number)


def find_shipped_rows(manifest: Manifest, spec: ComponentSpec) -> tuple[ShippedRow, ...]:
    """Return the rows of a component that apply to the release, in their order."""
    externals = manifest.default_externals
    revisions = {key: external.revision for key, external in externals.items()}
    found = []
    for number, row in enumerate(spec.ships):
        platforms = tuple(
            platform
            for platform in manifest.platform_names()
            if applies(row, revisions, platform, manifest.cpython.line)
        )
        if not platforms:
            continue
        external = externals[row.external] if row.external else None
        version = resolve_version(spec, row, external.revision if external else None)
        described = apply_overrides(spec, version)
        provenance = find_provenance(manifest, described, row, external)
        component = describe_component(manifest, described, version, provenance)
        if row.link == "build-tool":  # it does not ship, and no document has its CPE
            component = replace(component, cpes=())
        found.append(
            ShippedRow(
                number=number,
                row=row,
                external=external,
                platforms=platforms,
                component=component,
            )
        )
    return tuple(found)


def shipped_section(
    manifest: Manifest, spec: ComponentSpec, shipped: ShippedRow, origins: Origins
) -> Section:
    """Return what a row means for the release: version, identifiers, files, artifacts."""
    component, row = shipped.component, shipped.row
    external = shipped.external
    source = _table_path(external) if external else ("component", spec.key)
    location_key = "tag" if isinstance(external, Pin) else "download-location"
    facts = [
        Fact(
            "version",
            (component.version or "not known",),
            _locate_version(manifest, spec, shipped, origins),
        ),
        *_override_facts(spec, component.version, origins),
        *identifier_facts(component, source, location_key, origins),
        Fact("link", (row.link,), origins.locate((*shipped.path, "link"))),
        *_file_facts(manifest, shipped, origins),
        *_artifact_facts(manifest, shipped, origins),
    ]
    if row.note:
        facts.append(Fact("note", (row.note,), origins.locate((*shipped.path, "note"))))
    named = f"{component.name} {component.version}".rstrip()
    container = f", from {row.external}" if row.external else ""
    return Section(f"in CPython {manifest.cpython.version}: {named}{container}", tuple(facts))


def _locate_version(
    manifest: Manifest, spec: ComponentSpec, shipped: ShippedRow, origins: Origins
) -> Location:
    """Return where the version of what ships is stated: the row, or what contains it."""
    path, external = shipped.path, shipped.external
    if not shipped.row.version and isinstance(external, Pin):
        return origins.locate((*_table_path(external), "tag"))
    if not shipped.row.version and external is not None:
        return origins.locate((*_table_path(external), "version"))
    file, rows = manifest.reference.component_rows(spec.key) or ("", None)
    for number, released in enumerate(rows.released if rows else ()):
        is_of_release = version_in_range(manifest.cpython.version, released.cpython_versions)
        if is_of_release and released.version == shipped.row.version:
            in_data = ("component", spec.key, "released", number, "version")
            return locate_in_data(file, in_data)
    return origins.locate((*path, "version"))


def _override_facts(spec: ComponentSpec, version: str, origins: Origins) -> Iterator[Fact]:
    """Yield the keys that have another value for a version of the component."""
    for number, override in enumerate(spec.when):
        if version and version_in_range(version, override.versions):
            path = ("component", spec.key, "when", number)
            yield from table_facts(override, path, origins.locate, frozenset({"versions"}))


def identifier_facts(
    component: Component, source: KeyPath, location_key: str, origins: Origins
) -> Iterator[Fact]:
    """Yield what documents state of a version, each with the place that it is made from.

    ``source`` is the table that has the checksums, and under ``location_key`` what the download
    location is made from.
    """
    path = ("component", component.key)
    if component.purl:
        yield Fact("purl", (component.purl,), origins.locate((*path, "purl")))
    if component.cpes:
        yield Fact("cpe", component.cpes, origins.locate((*path, "cpe")))
    location = origins.locate((*source, location_key))
    yield Fact("download-location", (component.download_location,), location)
    for algorithm, value in component.checksums:
        yield Fact(algorithm.lower(), (value,), origins.locate((*source, algorithm.lower())))
    for name, text in (("source-info", component.source_info), ("comment", component.comment)):
        if text:
            yield Fact(name, (text,))


def _table_path(external: Pin | Vendored) -> KeyPath:
    return (external.key.kind.value, external.key.name)


def _file_facts(manifest: Manifest, shipped: ShippedRow, origins: Origins) -> Iterator[Fact]:
    """Yield the files of a row by the names that the default variant has on each platform."""
    row = shipped.row
    for name, is_everywhere in (("files", False), ("optional-files", True), ("used-by", True)):
        by_files: dict[tuple[str, ...], list[str]] = {}
        for platform in shipped.platforms:
            patterns = getattr(row, name.replace("-", "_"))
            patterns = patterns if is_everywhere else files_on(row, platform)
            build = Build(platform=platform)
            files = tuple(build_filename(manifest, build, pattern) for pattern in patterns)
            by_files.setdefault(files, []).append(platform)
        is_same = len(by_files) == 1 and len(shipped.platforms) == len(manifest.platform_names())
        values = tuple(
            ", ".join(files) if is_same else f"{', '.join(platforms)}: {', '.join(files)}"
            for files, platforms in by_files.items()
            if files
        )
        key = "files-on" if not is_everywhere and not row.files and row.files_on else name
        if values:
            yield Fact(name, values, origins.locate((*shipped.path, key)))
    if row.variants:
        path = (*shipped.path, "variants")
        yield Fact("variants", row.variants, origins.locate(path))


def _artifact_facts(manifest: Manifest, shipped: ShippedRow, origins: Origins) -> Iterator[Fact]:
    """Yield the channels that publish what ships, with the platforms, and those that exclude it."""
    if shipped.row.link == "build-tool":
        yield Fact("published in", ("nothing: a build tool does not ship",))
        return
    cpython = manifest.cpython
    published: dict[str, list[str]] = {}
    excluded: dict[str, None] = {}
    exempted: dict[int, None] = {}
    for artifact in expected_artifacts(manifest.channels, cpython.version, cpython.line):
        if artifact.channel.packages or not _can_contain(manifest, artifact, shipped):
            continue
        if _is_excluded(manifest, artifact, shipped.row):
            exemption = _find_exemption(manifest, artifact, shipped.row)
            if exemption is None:
                excluded[artifact.channel.name] = None
                continue
            exempted[exemption] = None
        published.setdefault(artifact.channel.name, []).append(artifact.platform)
    values = tuple(f"{name} ({', '.join(sorted(on))})" for name, on in sorted(published.items()))
    yield Fact("published in", values or ("nothing",))
    for name in sorted(excluded):
        yield Fact("excluded from", (name,), origins.locate(("channel", name, "exclude")))
    for number in exempted:
        artifacts = ", ".join(manifest.exemptions[number].artifacts) or "every artifact"
        text = f"excluded from its channel, and accepted in {artifacts}"
        yield Fact("exempted", (text,), origins.locate(("exemption", number)))


def _can_contain(manifest: Manifest, artifact: Artifact, shipped: ShippedRow) -> bool:
    """Return whether an artifact is made from a build that a row applies to."""
    channel = artifact.channel
    variants = {channel.variant, *channel.other_variants} & {DEFAULT, *manifest.variant_names()}
    return artifact.platform in shipped.platforms and any(
        is_in_build(
            shipped.row,
            Build(platform=artifact.platform, variant=variant, channel=channel.name),
        )
        for variant in variants
    )


def _is_excluded(manifest: Manifest, artifact: Artifact, row: Inclusion) -> bool:
    """Return whether a channel leaves out every file of a row."""
    line = manifest.cpython.line
    patterns = PathPatterns(expand_line(pattern, line) for pattern in artifact.channel.exclude)
    names = (*files_on(row, artifact.platform), *row.optional_files)
    return bool(names) and all(patterns.matches(expand_line(name, line)) for name in names)


def _find_exemption(manifest: Manifest, artifact: Artifact, row: Inclusion) -> int | None:
    """Return the number of the exemption that accepts an excluded file in an artifact, or None."""
    cpython = manifest.cpython
    names = {
        expand_line(name, cpython.line).casefold()
        for name in (*files_on(row, artifact.platform), *row.optional_files)
    }
    return next(
        (
            number
            for number, exemption in enumerate(manifest.exemptions)
            if exemption.diagnostic is Code.EXCLUDED_COMPONENT
            and exemption.key.rpartition("/")[2].casefold() in names
            and (
                not exemption.artifacts or PathPatterns(exemption.artifacts).matches(artifact.file)
            )
            and line_in_range(cpython.line, exemption.lines)
            and version_in_range(cpython.version, exemption.versions)
        ),
        None,
    )


def other_releases_section(
    spec: ComponentSpec, shipped: Iterable[ShippedRow], origins: Origins
) -> Section | None:
    """Return what is known of a component in other releases; None if that is nothing."""
    numbers = {shipped_row.number for shipped_row in shipped}
    versions = {shipped_row.component.version for shipped_row in shipped}
    facts = []
    for number, row in enumerate(spec.ships):
        if number not in numbers:
            conditions = [
                f"{name} {' '.join(format_value(value))}"
                for name in _CONDITIONS
                if (value := getattr(row, name))
            ]
            on_platforms = dict.fromkeys(chain(*row.files_on.values()))
            files = ", ".join(row.files or on_platforms or row.optional_files)
            text = ", ".join([*conditions, f"link {row.link}"])
            path = ("component", spec.key, "ships", number)
            values = (text, *([files] if files else []))
            facts.append(Fact("ships", values, origins.locate(path)))
    for number, override in enumerate(spec.when):
        if not any(ver and version_in_range(ver, override.versions) for ver in versions):
            path = ("component", spec.key, "when", number)
            known = table_facts(override, path, origins.locate, frozenset({"versions"}))
            texts = tuple(f"{fact.name} {' '.join(fact.values)}" for fact in known)
            values = (f"versions {override.versions}", *texts)
            facts.append(Fact("when", values, origins.locate(path)))
    return Section("in other releases", tuple(facts)) if facts else None
