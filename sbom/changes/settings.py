"""What changed in a manifest that is no component and no pin: every other key, by its key path."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from sbom.changes.change import FactChange
from sbom.manifest.component_spec import ComponentSpec
from sbom.manifest.model import Exemption, Manifest

#: Keys of [cpython] that the component CPython shows.
_OF_ROOT = ("version", "commit", "sha256")


def compare_specs(old: Manifest, new: Manifest) -> Iterator[tuple[str, list[FactChange]]]:
    """Yield components whose description changed, by key, with the keys of it that did."""
    before, after = ({spec.key: spec for spec in side.components} for side in (old, new))
    for key in sorted(before.keys() | after.keys()):
        rows = [_spec_facts(side.get(key)) for side in (before, after)]
        facts = list(_compare(*rows))
        if facts:
            yield key, facts


def _spec_facts(spec: ComponentSpec | None) -> dict[str, tuple[str, ...]]:
    if spec is None:
        return {}
    values = _keys(spec)
    return {key: _texts(value) for key, value in values.items() if key != "key" and value}


def compare_settings(old: Manifest, new: Manifest) -> Iterator[FactChange]:
    """Yield every other key that changed, and exemptions that came and went, by key path."""
    yield from _compare(*(dict(_settings(side)) for side in (old, new)))


def _settings(manifest: Manifest) -> Iterator[tuple[str, tuple[str, ...]]]:
    for key, value in _keys(msgspec.to_builtins(manifest.cpython)).items():
        if key not in _OF_ROOT:
            yield f"cpython.{key}", _texts(value)
    for name, table in (
        ("document", manifest.document),
        ("release", manifest.release),
        ("externals-dir", manifest.externals_dir),
        ("layout", manifest.layout),
        ("export", manifest.upstream),
    ):
        for key, value in _keys(table).items():
            yield f"{name}.{key}", _texts(value)
    for name, tables in (
        ("platform", manifest.platforms),
        ("variant", manifest.variants),
        ("channel", manifest.channels),
        ("license-text", manifest.license_texts),
    ):
        for named in tables:
            values = _keys(named)
            header = values.pop("id", "") if name == "license-text" else values.pop("name")
            for key, value in values.items():
                yield f"{name}.{header}.{key}", _texts(value)
    yield "exemption", tuple(map(_exemption, manifest.exemptions))


def _exemption(exemption: Exemption) -> str:
    limits = (*exemption.artifacts, exemption.lines, exemption.versions)
    scope = f" ({', '.join(filter(None, limits))})" if any(limits) else ""
    return f"{exemption.diagnostic} of {exemption.key}{scope}: {exemption.reason}"


def _keys(table: Any) -> dict[str, Any]:
    """Return a table with its keys as they are written in the manifest."""
    values = msgspec.to_builtins(table, enc_hook=str)
    return {key.replace("_", "-"): value for key, value in values.items()}


def _texts(value: Any) -> tuple[str, ...]:
    """Return a value as texts: each element of a list, each entry of a table, or the value."""
    if value in ("", None):
        return ()
    if isinstance(value, list | tuple):
        return tuple(_text(each) for each in value)
    if isinstance(value, dict):
        return tuple(f"{key} = {_text(each)}" for key, each in value.items())
    return (_text(value),)


def _text(value: Any) -> str:
    """Return one value; of a table, only the keys that are set."""
    if isinstance(value, dict):
        stated = {key: each for key, each in _keys(value).items() if each not in ("", None, [], {})}
        return json.dumps(stated, ensure_ascii=False)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _compare(
    old: Mapping[str, tuple[str, ...]], new: Mapping[str, tuple[str, ...]]
) -> Iterator[FactChange]:
    """Yield what differs; of a list, only the elements that came and that went."""
    for key in dict.fromkeys((*old, *new)):
        before, after = old.get(key, ()), new.get(key, ())
        if before != after:
            gone = tuple(each for each in before if each not in after)
            come = tuple(each for each in after if each not in before)
            # Only the order is another one.
            yield FactChange(key, *((gone, come) if gone or come else (before, after)))
