"""How the manifest has to change to agree with a script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sbom.manifest.external_key import EntryKind, ExternalKey, key_of_tag
from sbom.manifest.model import Manifest, Pin
from sbom.script.externals import ALWAYS, Condition, ScriptExternal


class ChangeKind(StrEnum):
    """How the manifest has to change to agree with a script."""

    ADD = "add"
    REMOVE = "remove"
    RETAG = "retag"
    CONDITION = "condition"
    REPOSITORY = "repository"


@dataclass(frozen=True, kw_only=True, slots=True)
class ManifestChange:
    """One difference: what the manifest says (``old``) and what the script says (``new``).

    ``condition`` is the script's; ``repository`` comes with a new external.
    """

    what: ChangeKind
    kind: str
    name: str
    old: str = ""
    new: str = ""
    condition: Condition = ALWAYS
    repository: str = ""

    @property
    def key(self) -> ExternalKey:
        """Return the key path of the table concerned."""
        return ExternalKey(EntryKind(self.kind), self.name)


def diff_manifest(
    externals: Sequence[ScriptExternal], manifest: Manifest
) -> tuple[ManifestChange, ...]:
    """Return what has to change for the manifest to say what the script says, sorted by key."""
    said = {key_of_tag(external.kind, external.tag): external for external in externals}
    known = {pin.key: pin for pin in manifest.pins}
    found: list[ManifestChange] = []
    for key in sorted(said.keys() | known.keys()):
        kind, name = key.kind, key.name
        external, pin = said.get(key), known.get(key)
        if external is not None and pin is not None:
            found += _differences(external, pin, _repository(external, manifest))
        elif external is not None:
            change = ManifestChange(what=ChangeKind.ADD, kind=kind, name=name, new=external.tag)
            repository = _repository(external, manifest)
            found.append(replace(change, condition=external.condition, repository=repository))
        elif pin is not None:
            found.append(ManifestChange(what=ChangeKind.REMOVE, kind=kind, name=name, old=pin.tag))
    return tuple(found)


def _repository(external: ScriptExternal, manifest: Manifest) -> str:
    """Return the repository of an external, or an empty text where it is the usual one."""
    usual = getattr(manifest.cpython, f"{external.kind}_repository")
    return "" if external.repository == usual else external.repository


def _differences(external: ScriptExternal, pin: Pin, repository: str) -> Iterator[ManifestChange]:
    for what, old, new in (
        (ChangeKind.RETAG, pin.tag, external.tag),
        (ChangeKind.CONDITION, str(pin.condition), str(external.condition)),
        (ChangeKind.REPOSITORY, pin.repository, repository),
    ):
        if old != new:
            change = ManifestChange(what=what, kind=pin.kind, name=pin.name, old=old, new=new)
            yield replace(change, condition=external.condition)


def pin_of(external: ScriptExternal) -> Pin:
    """Return an external of a script as the manifest would have it before anything is fetched."""
    name, condition = external.name, external.condition
    return Pin(
        kind=external.kind,
        name=name,
        tag=external.tag,
        default=condition.default,
        enabled_by=condition.enabled_by,
        disabled_by=condition.disabled_by,
    )


def described_externals(manifest: Manifest) -> set[ExternalKey]:
    """Return the key paths of externals that some component accounts for."""
    rows = {row.external for one in manifest.components for row in one.ships if row.external}
    return rows | {built.source for one in manifest.components for built in one.built_from}
