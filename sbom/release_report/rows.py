"""What a report states of a release, as values that the templates only have to print."""

from __future__ import annotations

from dataclasses import dataclass

from sbom.bom.bom import Bom, RelationshipKind
from sbom.components.component import Component
from sbom.diagnostics import Diagnostic
from sbom.manifest.model import Exemption
from sbom.release.index import PublishedSbom
from sbom.release_report.graph_layout import Graph


@dataclass(frozen=True, kw_only=True, slots=True)
class ArtifactRow:
    """An artifact as the index states it, and how much its SBOM describes.

    ``components`` and ``files`` are how many its SBOM has.
    """

    file: str
    channel: str
    platform: str
    variant: str
    described_from: str
    location: str
    size: str
    checksums: tuple[tuple[str, str], ...]
    components: int
    files: int


@dataclass(frozen=True, slots=True)
class ChannelColumn:
    """A channel of the release, and the platforms that it publishes artifacts for."""

    name: str
    platforms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shipment:
    """One way in which a component ships, and the artifacts and builds that it ships so in."""

    kind: RelationshipKind
    comment: str
    containers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class FileRow:
    """A file that belongs to a component, or to none.

    ``kind`` is how it relates to the component, ``comment`` quotes the evidence in it and who
    signed it, ``artifacts`` is how many artifacts contain it.
    """

    path: str
    kind: RelationshipKind
    sha256: str
    comment: str
    artifacts: int


@dataclass(frozen=True, slots=True)
class FileTable:
    """The first files of a larger number, ``count``: those with evidence, then by path."""

    rows: tuple[FileRow, ...]
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ComponentReport:
    """A component, and everything that shows where it ships.

    ``anchor`` is its address in the page. ``platforms`` are, for each channel of the report, those
    on which an artifact contains it; ``artifacts`` is how many do.
    """

    anchor: str
    component: Component
    platforms: tuple[tuple[str, ...], ...]
    artifacts: int
    shipments: tuple[Shipment, ...]
    files: FileTable


@dataclass(frozen=True, kw_only=True, slots=True)
class RelationshipRow:
    """What one component has to do with another, by their names.

    Relationships of artifacts and builds are those of the release: ``containers`` is how many of
    them it is stated of.
    """

    source: str
    kind: RelationshipKind
    target: str
    comment: str
    containers: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ManifestNotes:
    """What a manifest says about the release: what is wrong with it, and what people accepted.

    ``file`` is its name, ``version`` the CPython version that it is of.
    """

    file: str
    version: str
    diagnostics: tuple[Diagnostic, ...] = ()
    exempted: tuple[tuple[Diagnostic, str], ...] = ()
    exemptions: tuple[Exemption, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeRow:
    """How a component differs from that of an earlier release.

    ``change`` is in words, ``fact`` names what was ``before`` and is ``after``.
    """

    component: str
    change: str
    fact: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ReleaseChanges:
    """What changed since an earlier release, whose BOM has the name ``since``."""

    since: str
    changes: tuple[ChangeRow, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseReport:
    """Everything that the page about a release shows.

    ``document`` is what it was read from. ``manifest`` and ``changes`` are None where no manifest
    of the release and no earlier release were named.
    """

    bom: Bom
    version: str
    document: PublishedSbom
    missing: tuple[str, ...]
    artifacts: tuple[ArtifactRow, ...]
    channels: tuple[ChannelColumn, ...]
    components: tuple[ComponentReport, ...]
    other_files: FileTable
    graph: Graph
    relationships: tuple[RelationshipRow, ...]
    manifest: ManifestNotes | None
    changes: ReleaseChanges | None

    @property
    def unpinned(self) -> tuple[str, ...]:
        """Return the components that are downloaded, and of whose download no checksum is known."""
        return tuple(
            row.component.title
            for row in self.components
            if row.component.download_location and not row.component.checksums
        )

    def places(self, row: ComponentReport) -> list[tuple[str, str]]:
        """Return every channel that ships a component, with each platform that it does so on."""
        return [
            (channel.name, platform)
            for channel, platforms in zip(self.channels, row.platforms, strict=True)
            for platform in platforms
        ]
