"""The text of externals.toml to a manifest, or to everything that is wrong with it.

Writing it back is ``sbom.manifest.write``'s; tomlkit takes ten times as long as the standard
library to read the file.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from msgspec import field

from sbom.content_kind import EMPTY_FILE, TOML, describe_content
from sbom.diagnostics import Diagnostic, Location, SbomError
from sbom.diagnostics.io_messages import unexpected_kind
from sbom.diagnostics.manifest_messages import invalid_manifest, invalid_toml
from sbom.io import read_utf8
from sbom.manifest.channels import DEFAULT, Channel, Platform, ReleaseConfig, Variant
from sbom.manifest.component_spec import ComponentSpec
from sbom.manifest.key_locations import BYTE_ORDER_MARK, KeyLocations, locate_in_text
from sbom.manifest.model import (
    CPython,
    DocumentConfig,
    Exemption,
    ExternalsDirConfig,
    LayoutConfig,
    LicenseText,
    Manifest,
    UpstreamConfig,
)
from sbom.manifest.pins import Pin, Vendored
from sbom.manifest.reference import ReferenceData
from sbom.manifest.tables import (
    KeyPath,
    Table,
    TableError,
    check_values,
    convert_table,
    format_key_path,
    key_fields,
    table_form,
)

T = TypeVar("T")
#: Half as many as there are integers in TOML.
_INTEGERS = 1 << 63
_LONG_INTEGER = "it has an integer of more than 64 bits"
_MANY_DIGITS = re.compile(r"[0-9][0-9_]{4299,}")
#: What comes with this project.
_REFERENCE = ReferenceData()


class ManifestTables(Table, frozen=True, kw_only=True):
    """The tables of externals.toml, in the order they stand there."""

    cpython: CPython
    source: Mapping[str, Pin] = field(default_factory=dict)
    binary: Mapping[str, Pin] = field(default_factory=dict)
    vendored: Mapping[str, Vendored] = field(default_factory=dict)
    exemption: tuple[Exemption, ...] = ()
    platform: Mapping[str, Platform] = field(default_factory=dict)
    variant: Mapping[str, Variant] = field(default_factory=dict)
    channel: Mapping[str, Channel] = field(default_factory=dict)
    document: DocumentConfig
    externals_dir: ExternalsDirConfig
    release: ReleaseConfig = ReleaseConfig()
    layout: LayoutConfig = LayoutConfig()
    export: UpstreamConfig = UpstreamConfig()
    license_text: Mapping[str, LicenseText] = field(default_factory=dict)
    component: Mapping[str, ComponentSpec] = field(default_factory=dict)


def read_manifest_text(path: Path) -> str:
    """Return the text of the manifest at a path. Raises InputError."""
    hint = "run it in the directory of the manifest, or name that with --manifest FILE"
    return read_utf8(path, missing_hint=hint)


def read_manifest(
    text: str, file: str = "externals.toml", reference: ReferenceData = _REFERENCE
) -> Manifest:
    """Return the manifest in ``text``, completed by the components of the reference data.

    Raises SbomError with everything that is wrong with it, each at its key path, and InputError
    for a text that is no manifest at all.
    """
    text = text.removeprefix(BYTE_ORDER_MARK)
    data = parse_toml(text, file)
    if not data.keys() & key_fields(ManifestTables).keys():
        kind = f"{TOML} with none of its tables" if data else EMPTY_FILE
        raise unexpected_kind(file, "a manifest", kind, "name an externals.toml")
    locations = KeyLocations(text, file)
    try:
        tables = convert_table(data, ManifestTables)
    except ValueError as error:
        raise SbomError(_to_diagnostics(_find_errors(data), locations)) from error
    errors = [
        *check_values(tables, ManifestTables),
        *_check_channel_names(tables.channel, tables.variant, tables.platform),
        *_check_component_names(tables.component, tables.platform),
    ]
    if errors:
        raise SbomError(_to_diagnostics(errors, locations))
    return _to_manifest(tables, file, reference)


def parse_toml(text: str, file: str) -> dict[str, Any]:
    """Return the tables of a TOML text.

    Raises SbomError that names the file and line, and InputError for what looks like no TOML.
    """
    text = text.removeprefix(BYTE_ORDER_MARK)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        if kind := describe_content(text.encode(), file):
            raise unexpected_kind(file, TOML, kind, "check the path") from None
        raise SbomError([invalid_toml(_location_of(error, text, file), str(error))]) from error
    except RecursionError as error:
        raise SbomError([invalid_toml(Location(file), "it is nested too deeply")]) from error
    except ValueError as error:  # of int(), which reads 4,300 digits
        place = _MANY_DIGITS.search(text)
        start = place.start() if place else 0
        line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
        location = locate_in_text(file, text, line, column)
        raise SbomError([invalid_toml(location, _LONG_INTEGER)]) from error
    if path := _find_long_integer(data):
        raise SbomError([invalid_toml(KeyLocations(text, file).locate(path), _LONG_INTEGER)])
    return data


def _find_long_integer(data: Mapping[str, Any]) -> KeyPath:
    """Return the path of an integer that TOML does not have, empty if there is none.

    https://toml.io/en/v1.0.0#integer: 64 bits are handled, and what cannot be is an error.
    """
    if not _is_long(data):
        return ()
    path, value = tuple[str | int, ...](), data
    while isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        key, value = next((key, inside) for key, inside in pairs if _is_long(inside))
        path = (*path, key)
    return path


def _is_long(value: Any) -> bool:
    """Return whether a value is, or contains, an integer of more than 64 bits."""
    waiting = [value]
    while waiting:
        inside = waiting.pop()
        if isinstance(inside, dict):
            waiting += inside.values()
        elif isinstance(inside, list):
            waiting += inside
        elif isinstance(inside, int) and not -_INTEGERS <= inside < _INTEGERS:
            return True
    return False


def _location_of(error: tomllib.TOMLDecodeError, text: str, file: str) -> Location:
    """Return where a text stops to be TOML; before Python 3.14, only the message has it."""
    if place := re.search(r"\(at line (\d+), column (\d+)\)$", str(error)):
        return locate_in_text(file, text, int(place[1]), int(place[2]))
    return locate_in_text(file, text, text.rstrip().count("\n") + 1, 1)


def _find_errors(data: Mapping[str, Any]) -> Iterable[TableError]:
    from sbom.manifest.table_errors import ErrorFinder, renamed_keys  # noqa: PLC0415

    return ErrorFinder(renamed_keys()).find(data, ManifestTables)


def _to_diagnostics(errors: Iterable[TableError], locations: KeyLocations) -> list[Diagnostic]:
    return [
        invalid_manifest(
            locations.locate(error.path, key=error.is_key),
            format_key_path(error.path),
            error.message,
            error.hint or f"see [{_containing_table(error.path)}] in docs/manifest.md",
        )
        for error in errors
    ]


def _containing_table(path: KeyPath) -> str:
    keys = [*path]
    while len(keys) > 1 and isinstance(keys.pop(), int):
        pass
    return table_form(tuple(keys))


def _to_manifest(tables: ManifestTables, file: str, reference: ReferenceData) -> Manifest:
    components = reference.complete_components(tables.component.values(), tables.cpython.version)
    return Manifest(
        file=file,
        cpython=tables.cpython,
        document=tables.document,
        pins=(*_by_name(tables.source), *_by_name(tables.binary)),
        vendored=_by_name(tables.vendored),
        components=components,
        platforms=_by_name(tables.platform),
        variants=_by_name(tables.variant),
        channels=_by_name(tables.channel),
        release=tables.release,
        license_texts=_by_name(tables.license_text),
        externals_dir=tables.externals_dir,
        layout=tables.layout,
        upstream=tables.export,
        exemptions=tables.exemption,
        reference=reference,
        reference_components=frozenset(spec.key for spec in components) - tables.component.keys(),
    )


def _by_name(tables: Mapping[str, T]) -> tuple[T, ...]:
    return tuple(tables[name] for name in sorted(tables))


# Names of tables that are not there.


def _check_channel_names(
    channels: Mapping[str, Channel], variants: Mapping[str, Variant], platforms: Iterable[str]
) -> Iterator[TableError]:
    """Yield variants, channels and platforms that a channel names and that are not there."""
    for name, channel in channels.items():
        path = ("channel", name)
        if channel.variant not in {DEFAULT, *variants}:
            yield _missing_table((*path, "variant"), f"variant.{channel.variant}")
        if channel.embeds_channel and channel.embeds_channel not in channels:
            yield _missing_table((*path, "embeds-channel"), f"channel.{channel.embeds_channel}")
        by_platform = {
            "files": channel.files,
            "lines-on": channel.lines_on,
            "package-ids": channel.package_ids,
            "purls": channel.purls,
        }
        for key, values in by_platform.items():
            yield from _check_platforms(values, platforms, (*path, key))


def _check_component_names(
    components: Mapping[str, ComponentSpec], platforms: Iterable[str]
) -> Iterator[TableError]:
    """Yield platforms that a component names and that are not there, and names of two components.

    Scanners and syft tell components apart by their names.
    """
    first: dict[str, tuple[str, str]] = {}
    for name, spec in components.items():
        other, purl = first.setdefault(spec.name, (name, spec.purl))
        if purl != spec.purl:
            message = f"'{spec.name}' is the name of [component.{other}], which has another purl"
            yield TableError(("component", name, "name"), message, "give each its own name")
        for n, row in enumerate(spec.ships):
            path = ("component", name, "ships", n, "files-on")
            yield from _check_platforms(row.files_on, platforms, path)


def _check_platforms(
    names: Iterable[str], platforms: Iterable[str], path: KeyPath
) -> Iterator[TableError]:
    for unknown in sorted(set(names) - set(platforms)):
        yield _missing_table((*path, unknown), f"platform.{unknown}")


def _missing_table(path: KeyPath, table: str) -> TableError:
    return TableError(path, f"there is no [{table}]", f"add [{table}], or correct the name")
