"""What a source tree states or installs of externals that its script does not fetch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sbom.components.resolve import inclusions_by_filename
from sbom.diagnostics import Diagnostic, Location
from sbom.diagnostics.source_tree_messages import Staleness, also_in, stale_version
from sbom.manifest.component_spec import Inclusion
from sbom.manifest.external_key import ExternalKey
from sbom.manifest.model import Manifest
from sbom.source_tree.tree_contents import ScriptPin, TreeContents


def fetched_as(
    manifest: Manifest, key: ExternalKey, pins: Mapping[ExternalKey, ScriptPin]
) -> list[ScriptPin]:
    """Return what a script fetches of what a key is the external of.

    A script can fetch the source instead of the binary, under the same name, as nasm, or as
    others: of tcltk, tcl-core and tk.
    """
    if key in pins:
        return [pins[key]]
    if same_name := [pin for other, pin in pins.items() if other.name == key.name]:
        return same_name
    pairs = [
        {pair.binary, pair.source}
        for component in manifest.components
        for pair in component.built_from
        if key in (pair.binary, pair.source)
    ]
    return [pin for other, pin in pins.items() if any(other in pair for pair in pairs)]


@dataclass(frozen=True, slots=True)
class _Mention:
    """Where a tree names an external, and what it says of it."""

    location: Location
    stated: str


def check_unfetched(manifest: Manifest, contents: TreeContents) -> Iterator[Diagnostic]:
    """Yield one diagnostic for each external that a tree names and its script does not fetch.

    One that the manifest still pins is reported where the manifest is compared with the script.
    """
    mentions: dict[ExternalKey, dict[Location, _Mention]] = {}
    for key, mention in (*_stated(contents), *_installed(manifest, contents)):
        if manifest.get_pin(key) is None and not fetched_as(manifest, key, contents.pins):
            mentions.setdefault(key, {}).setdefault(mention.location, mention)
    for key, found in mentions.items():
        first, *others = found.values()
        yield stale_version(
            first.location,
            key.name,
            Staleness.NOT_FETCHED,
            stated=first.stated,
            where=also_in([str(place.location) for place in others]),
        )


def _stated(contents: TreeContents) -> Iterator[tuple[ExternalKey, _Mention]]:
    for statement in contents.statements:
        if statement.key is not None and statement.key.is_fetched:
            stated = f"states {statement.key.name} {statement.value}"
            yield statement.key, _Mention(statement.location, stated)


def _installed(
    manifest: Manifest, contents: TreeContents
) -> Iterator[tuple[ExternalKey, _Mention]]:
    """Yield the files in the installer that only come with externals."""
    known = inclusions_by_filename(manifest)
    for file in contents.installed:
        rows = [row for _, row in known.get(file.shipped.lower(), ())]
        externals = [key for row in rows if (key := _fetched_key(row)) is not None]
        comes_otherwise = len(externals) < len(rows) or any(
            fetched_as(manifest, key, contents.pins) for key in externals
        )
        if externals and not comes_otherwise:
            yield externals[0], _Mention(Location(file.file, file.line), f"installs {file.shipped}")


def _fetched_key(row: Inclusion) -> ExternalKey | None:
    return row.external if row.external and row.external.is_fetched else None
