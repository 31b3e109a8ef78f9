"""What ``regen`` writes into externals.toml, and the proof that nothing else has changed."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from sbom.diagnostics import Code, Diagnostic, SbomError
from sbom.manifest import toml_lines as tables
from sbom.manifest.component_spec import PLACEHOLDER
from sbom.manifest.diff import ChangeKind, ManifestChange
from sbom.manifest.external_key import EntryKind, ExternalKey
from sbom.manifest.model import Vendored
from sbom.manifest.read import BOM
from sbom.manifest.tables import key_fields
from sbom.manifest.toml_lines import Value
from sbom.script.externals import Condition

#: The key of the table of an external's DLLs.
_DIGESTS = "dll-digests"
#: What is no longer known once a tag has changed.
_OF_ARCHIVE: dict[str, Value] = {
    "commit": "",
    "sha256": "",
    "sha512": "",
    "size": 0,
    "file-count": 0,
    "verification-code": "",
}


def update_manifest(
    text: str,
    changes: Sequence[ManifestChange],
    facts: Mapping[str, Value],
    claimed: set[ExternalKey],
    pinned: Mapping[ExternalKey, Mapping[str, Value]] | None = None,
    *,
    vendored: Sequence[Vendored] | None = None,
    digests: Mapping[ExternalKey, Mapping[str, str]] | None = None,
) -> str:
    """Return externals.toml with the changes made.

    ``facts`` are the new values of ``[cpython]``; ``claimed`` the key paths of externals that
    a component already accounts for: any other new one gets a component to be filled in;
    ``pinned`` maps key paths of externals to what their archives were found to be;
    ``vendored`` is all the vendored code there is now, or None where nobody looked;
    ``digests`` map key paths of externals to those of the DLLs in their archives. Raises
    SbomError where the tables are written in a way that cannot be edited safely.
    """
    bom = BOM if text.startswith(BOM) else ""
    text = text.removeprefix(BOM)
    crlf = 0 < text.count("\n") == text.count("\r\n")
    if crlf:
        text = text.replace("\r\n", "\n")
    expected = copy.deepcopy(tomllib.loads(text))
    try:
        text = _removed(text, changes, expected)
        text = _added(text, changes, claimed, expected)
        for change in changes:
            if change.what is ChangeKind.RETAG:
                text = _with_digests(text, change.key, {}, expected)
        for path, values in _values(changes, facts, pinned or {}, expected).items():
            text = tables.set_values(text, path, values)
        if vendored is not None:
            text = _vendored(text, vendored, claimed, expected)
        for key, files in (digests or {}).items():
            text = _with_digests(text, key, files, expected)
        sound = tomllib.loads(text) == expected
    except (LookupError, tomllib.TOMLDecodeError, TOMLKitError) as error:
        raise _cannot_edit(str(error.args[0]) if isinstance(error, LookupError) else "") from error
    if not sound:
        raise _cannot_edit("")
    return bom + (text.replace("\n", "\r\n") if crlf else text)


def _removed(text: str, changes: Sequence[ManifestChange], expected: dict[str, Any]) -> str:
    for change in changes:
        if change.what is ChangeKind.REMOVE:
            text = tables.remove(text, (change.kind, change.name))
            del expected[change.kind][change.name]
            if not expected[change.kind]:
                del expected[change.kind]
    return text


def _added(
    text: str,
    changes: Sequence[ManifestChange],
    claimed: set[ExternalKey],
    expected: dict[str, Any],
) -> str:
    for change in changes:
        if change.what is not ChangeKind.ADD:
            continue
        new = [(change.kind, _new_external(change))]
        if change.key not in claimed and change.name not in expected.get("component", {}):
            new.append(("component", _skeleton(change.name, change.key)))
        for kind, table in new:
            text = tables.insert(text, kind, change.name, table)
            expected.setdefault(kind, {})[change.name] = tomllib.loads(table)[kind][change.name]
    return text


def _values(
    changes: Sequence[ManifestChange],
    facts: Mapping[str, Value],
    pinned: Mapping[ExternalKey, Mapping[str, Value]],
    expected: dict[str, Any],
) -> dict[tuple[str, ...], dict[str, Value]]:
    """Return the values that differ, by the path of their table; they are set in ``expected``."""
    wanted: dict[tuple[str, ...], dict[str, Value]] = {("cpython",): dict(facts)}
    path: tuple[str, ...]
    for change in changes:
        path = (change.kind, change.name)
        if change.what is ChangeKind.RETAG:
            known = expected[change.kind][change.name]
            gone = {key: value for key, value in _OF_ARCHIVE.items() if key in known}
            wanted.setdefault(path, {}).update({"tag": change.new, **gone})
        elif change.what is ChangeKind.REPOSITORY:
            wanted.setdefault(path, {})["repository"] = change.new
        elif change.what is ChangeKind.CONDITION:
            known = expected[change.kind][change.name]
            gone = {key: value for key, value in _UNCONDITIONAL.items() if key in known}
            wanted.setdefault(path, {}).update({**gone, **_condition(change.condition)})
    for key, archive in pinned.items():
        wanted.setdefault((key.kind, key.name), {}).update(archive)
    edits: dict[tuple[str, ...], dict[str, Value]] = {}
    for path, values in wanted.items():
        table = expected[path[0]][path[1]] if len(path) > 1 else expected[path[0]]
        new = {key: value for key, value in values.items() if table.get(key) != value}
        table.update(new)
        if new:
            edits[path] = new
    return edits


def _new_external(change: ManifestChange) -> str:
    table = tomlkit.table()
    table["tag"] = change.new
    for key, value in _condition(change.condition).items():
        table[key] = value
    if change.repository:
        table["repository"] = change.repository
    table["sha256"] = ""
    return _dumped(change.kind, change.name, table)


#: The condition of an external that is always fetched.
_UNCONDITIONAL: dict[str, Value] = {"default": True, "enabled-by": [], "disabled-by": []}


def _condition(condition: Condition) -> dict[str, Value]:
    """Return a condition as the keys of a table; none where it is always fetched."""
    values: dict[str, Value] = {
        "default": condition.default,
        "enabled-by": [list(settings) for settings in condition.enabled_by],
        "disabled-by": [list(settings) for settings in condition.disabled_by],
    }
    return {key: value for key, value in values.items() if value != _UNCONDITIONAL[key]}


def _vendored(
    text: str, vendored: Sequence[Vendored], claimed: set[ExternalKey], expected: dict[str, Any]
) -> str:
    """Return the text with exactly these tables of vendored code, each with what is known."""
    wanted = {one.name: _said(one) for one in vendored}
    known: dict[str, dict[str, Value]] = expected.setdefault("vendored", {})
    for name in sorted(known.keys() - wanted.keys()):
        text = tables.remove(text, ("vendored", name))
        del known[name]
    for name, values in wanted.items():
        if name in known:
            gone = {key: _BLANK[key] for key in known[name].keys() - values.keys()}
            values |= {key: value for key, value in gone.items() if known[name][key] != value}
            new = {key: value for key, value in values.items() if known[name].get(key) != value}
            if new:
                text = tables.set_values(text, ("vendored", name), new)
                known[name].update(new)
            continue
        new_tables = [("vendored", _dumped("vendored", name, _table(values)))]
        key = ExternalKey(EntryKind.VENDORED, name)
        if key not in claimed and name not in expected.get("component", {}):
            new_tables.append(("component", _skeleton(name, key)))
        for kind, table in new_tables:
            text = tables.insert(text, kind, name, table)
            expected.setdefault(kind, {})[name] = tomllib.loads(table)[kind][name]
    if not known:
        del expected["vendored"]
    return text


def _with_digests(
    text: str, key: ExternalKey, files: Mapping[str, str], expected: dict[str, Any]
) -> str:
    """Return the text with the digests of an external's DLLs; none removes their table."""
    known = expected[key.kind][key.name]
    if known.get(_DIGESTS, {}) == files:
        return text
    if _DIGESTS in known:
        text = tables.remove(text, (key.kind, key.name, _DIGESTS))
        del known[_DIGESTS]
    if not files:
        return text
    known[_DIGESTS] = dict(files)
    table = tomlkit.document()
    parents = tomlkit.table(is_super_table=True)
    parents[key.name] = tomlkit.table(is_super_table=True)
    parents[key.name][_DIGESTS] = _table(files)
    table[key.kind] = parents
    return tables.insert_below(text, (key.kind, key.name), tomlkit.dumps(table))


#: What each key of vendored code has where nothing is known.
_BLANK: dict[str, Value] = {
    key: field.default
    for key, field in key_fields(Vendored).items()
    if isinstance(field.default, (str, int))
}


def _said(one: Vendored) -> dict[str, Value]:
    values = {key: getattr(one, key.replace("-", "_")) for key in ("version", *_BLANK)}
    return {key: value for key, value in values.items() if value != _BLANK.get(key)}


def _table(values: Mapping[str, Value]) -> Any:
    table = tomlkit.table()
    for key, value in values.items():
        table[key] = value
    return table


def _skeleton(name: str, external: ExternalKey) -> str:
    table = tomlkit.table()
    table["name"] = name
    for key in ("originator", "homepage", "license-concluded", "copyright", "purl"):
        table[key] = PLACEHOLDER
        table[key].comment("unknown: a person fills this in")
    if external.is_fetched:
        table["revision-pattern"] = tomlkit.string(
            r"(?P<version>\d+(?:\.\d+)*[a-z]?)", literal=True
        )
    row = tomlkit.table()
    row["external"] = str(external)
    row["link"] = PLACEHOLDER
    row["link"].comment("unknown: static, dynamic, bundled or build-tool")
    row["files"] = [PLACEHOLDER]
    ships = tomlkit.aot()
    ships.append(row)
    table["ships"] = ships
    return _dumped("component", name, table)


def _dumped(kind: str, name: str, table: Any) -> str:
    document = tomlkit.document()
    parent = tomlkit.table(is_super_table=True)
    parent[name] = table
    document[kind] = parent
    return tomlkit.dumps(document)


def _cannot_edit(where: str) -> SbomError:
    return SbomError(
        [
            Diagnostic(
                code=Code.INVALID_MANIFEST,
                file="externals.toml",
                subject=where,
                message="the tables are written in a way that cannot be edited safely",
                hint="write each external as a table of its own: [source.<name>]",
            )
        ]
    )
