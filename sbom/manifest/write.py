"""What ``regen`` writes into externals.toml: the tables whose values programs determine."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import tomlkit

from sbom.diagnostics import Location, SbomError
from sbom.diagnostics.manifest_messages import invalid_manifest
from sbom.manifest.component_spec import PLACEHOLDER
from sbom.manifest.external_key import EntryKind, ExternalKey
from sbom.manifest.model import Manifest
from sbom.manifest.pins import Pin, Vendored
from sbom.manifest.tables import Table, key_fields
from sbom.manifest.toml_editor import TablePath, TomlEditError, TomlEditor, Value

#: The key of a pin's sub-table.
_DLL_DIGESTS = "dll-digests"
#: The key that a pin has even while its value is unknown.
_SHA256 = "sha256"

_SKELETON = """
[component.{header}]
name = {name}
originator = "{placeholder}" # unknown: a person fills this in
homepage = "{placeholder}" # unknown: a person fills this in
license-concluded = "{placeholder}" # unknown: a person fills this in
copyright = "{placeholder}" # unknown: a person fills this in
purl = "{placeholder}" # unknown: a person fills this in
{revision_pattern}
[[component.{header}.ships]]
external = {external}
link = "{placeholder}" # unknown: static, dynamic, bundled or build-tool
files = ["{placeholder}"]
"""
#: Reads the version out of most tags; vendored code has none.
_REVISION_PATTERN = r"revision-pattern = '(?P<version>\d+(?:\.\d+)*[a-z]?)'" + "\n"


def write_manifest(text: str, manifest: Manifest) -> str:
    """Return externals.toml with the pins, vendored code and ``[cpython]`` of a manifest.

    ``text`` is what the manifest was read from, before its values changed. An external, or
    vendored code, that is new and that no component describes gets a component to be filled in.
    Nothing else in the text changes. Raises SbomError if the tables are written in a way that
    cannot be edited safely.
    """
    editor = TomlEditor(text)
    entries: dict[ExternalKey, Pin | Vendored] = {pin.key: pin for pin in manifest.pins}
    entries |= {code.key: code for code in manifest.vendored}
    recorded = _recorded_keys(editor)
    try:
        for key in sorted(recorded - entries.keys()):
            editor.remove(_path(key))
        _set_values(editor, ("cpython",), manifest.cpython)
        for key in sorted(entries):
            if key in recorded:
                _set_values(editor, _path(key), entries[key])
            else:
                _insert_entry(editor, entries[key])
        for pin in manifest.pins:
            _set_digests(editor, pin)
        for key in sorted(entries.keys() - recorded - _described_externals(manifest)):
            _insert_component(editor, key)
        return editor.finish()
    except TomlEditError as error:
        message = "the tables are written in a way that cannot be edited safely"
        hint = "write each external as a table of its own: [source.<name>]"
        location = Location(manifest.file)
        raise SbomError([invalid_manifest(location, str(error), message, hint)]) from error


def _described_externals(manifest: Manifest) -> set[ExternalKey]:
    """Return the key paths of externals, and of vendored code, that some component describes."""
    rows = {
        row.external for component in manifest.components for row in component.ships if row.external
    }
    return rows | {
        built.source for component in manifest.components for built in component.built_from
    }


def _recorded_keys(editor: TomlEditor) -> set[ExternalKey]:
    return {ExternalKey(kind, name) for kind in EntryKind for name in editor.data.get(kind, {})}


def _path(key: ExternalKey) -> TablePath:
    return (key.kind.value, key.name)


def _set_values(editor: TomlEditor, path: TablePath, value: Table) -> None:
    """Set the keys of a table that have another value; sub-tables are left alone.

    A key whose value is not known any more is removed unless a comment stands after it.
    """
    table = editor.get(path)
    changes: dict[str, Value | None] = {}
    for key, (new, default) in _values(value).items():
        if table.get(key, default) == new:
            continue
        is_unknown = new == default and key != _SHA256
        is_removed = is_unknown and not editor.has_comment(path, key)
        changes[key] = None if is_removed else new
    if changes:
        editor.set_values(path, changes, [*_values(value)])


def _values(value: Table) -> dict[str, tuple[Any, Any]]:
    """Return each value of a table, and its default, by key; sub-tables are left out."""
    values = {
        key: (_plain(getattr(value, field.name)), _plain(field.default))
        for key, field in key_fields(type(value)).items()
    }
    return {key: pair for key, pair in values.items() if not isinstance(pair[0], Mapping)}


def _plain(value: Any) -> Any:
    """Return a value as TOML has it: tuples are lists."""
    if isinstance(value, StrEnum):
        return value.value
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _insert_entry(editor: TomlEditor, entry: Pin | Vendored) -> None:
    table = {
        key: new
        for key, (new, default) in _values(entry).items()
        if new != default or (key == _SHA256 and isinstance(entry, Pin))
    }
    kinds = ["cpython", *EntryKind]
    editor.insert(_path(entry.key), table, after=kinds[: kinds.index(entry.key.kind)])


def _set_digests(editor: TomlEditor, pin: Pin) -> None:
    """Set the sub-table of a pin that has the digests of its DLLs; it has none without them."""
    path = (*_path(pin.key), _DLL_DIGESTS)
    recorded = editor.get(_path(pin.key)).get(_DLL_DIGESTS, {})
    if recorded == pin.dll_digests:
        return
    if recorded:
        editor.remove(path)
    if pin.dll_digests:
        editor.insert(path, pin.dll_digests, after=())


def _insert_component(editor: TomlEditor, key: ExternalKey) -> None:
    """Insert a component of an external, with placeholders, unless there is one of its name."""
    if key.name in editor.data.get("component", {}):
        return
    text = _SKELETON.format(
        header=tomlkit.key(key.name).as_string(),
        name=tomlkit.string(key.name).as_string(),
        placeholder=PLACEHOLDER,
        external=tomlkit.string(str(key)).as_string(),
        revision_pattern=_REVISION_PATTERN if key.is_fetched else "",
    )
    table = tomllib.loads(text)["component"][key.name]
    editor.insert(("component", key.name), table, text=text, after=())
