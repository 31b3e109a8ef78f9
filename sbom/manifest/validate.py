"""Names in the manifest that refer to tables that are not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sbom.manifest.channels import DEFAULT, Channel, Variant
from sbom.manifest.component_spec import ComponentSpec
from sbom.manifest.tables import KeyPath, TableError


def check_channel_names(
    channels: Mapping[str, Channel], variants: Mapping[str, Variant], platforms: Iterable[str]
) -> Iterator[TableError]:
    """Yield variants, channels and platforms that a channel names and that are not there."""
    for name, channel in channels.items():
        path = ("channel", name)
        if channel.variant not in {DEFAULT, *variants}:
            yield _missing((*path, "variant"), f"variant.{channel.variant}")
        if channel.embeds_channel and channel.embeds_channel not in channels:
            yield _missing((*path, "embeds-channel"), f"channel.{channel.embeds_channel}")
        by_platform = {
            "files": channel.files,
            "lines-on": channel.lines_on,
            "package-ids": channel.package_ids,
            "purls": channel.purls,
        }
        for key, values in by_platform.items():
            yield from _check_platforms(values, platforms, (*path, key))


def check_component_names(
    components: Mapping[str, ComponentSpec], platforms: Iterable[str]
) -> Iterator[TableError]:
    """Yield platforms that a component names and that are not there."""
    for name, spec in components.items():
        for n, row in enumerate(spec.ships):
            path = ("component", name, "ships", n, "files-on")
            yield from _check_platforms(row.files_on, platforms, path)


def _check_platforms(
    names: Iterable[str], platforms: Iterable[str], path: KeyPath
) -> Iterator[TableError]:
    for unknown in sorted(set(names) - set(platforms)):
        yield _missing((*path, unknown), f"platform.{unknown}")


def _missing(path: KeyPath, table: str) -> TableError:
    return TableError(path, f"there is no [{table}]", f"add [{table}], or correct the name")
