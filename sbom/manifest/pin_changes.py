"""How the pins of the manifest differ from what a script fetches: on values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from sbom.manifest.external_key import ExternalKey, key_of_tag
from sbom.manifest.model import Manifest
from sbom.manifest.pins import Pin
from sbom.script.externals import FetchMethod, ScriptExternal


class PinChangeKind(StrEnum):
    """What differs between a pin and what the script fetches."""

    ADD = "add"
    REMOVE = "remove"
    TAG = "tag"
    CONDITION = "condition"
    REPOSITORY = "repository"


@dataclass(frozen=True, kw_only=True, slots=True)
class PinChange:
    """One difference: what the manifest records (``old``) and what the script has (``new``).

    ``pin`` is the external with all its changes, or None if the script does not fetch it.
    """

    kind: PinChangeKind
    key: ExternalKey
    pin: Pin | None
    old: str = ""
    new: str = ""


def find_pin_changes(
    externals: Sequence[ScriptExternal], manifest: Manifest
) -> tuple[PinChange, ...]:
    """Return what has to change for the manifest to agree with a script, sorted by key."""
    recorded = {pin.key: pin for pin in manifest.pins}
    wanted = {pin.key: pin for pin in (pin_external(external, manifest) for external in externals)}
    return tuple(
        change
        for key in sorted(recorded.keys() | wanted.keys())
        for change in _compare(key, recorded.get(key), wanted.get(key), manifest)
    )


def pin_external(external: ScriptExternal, manifest: Manifest) -> Pin:
    """Return the pin of an external.

    What is known of its archive stays while the tag does, and where it is fetched from.
    """
    key = key_of_tag(external.kind, external.tag)
    pin = manifest.get_pin(key)
    new = Pin(kind=external.kind, name=key.name, tag=external.tag, method=external.method)
    organization = external.organization
    is_usual = organization in ("", manifest.cpython.organization)
    repository = external.repository
    new = msgspec.structs.replace(
        new,
        organization="" if is_usual else organization,
        repository="" if repository == manifest.repository_of(new) else repository,
    )
    if pin is None or pin.tag != new.tag or _origin(manifest, pin) != _origin(manifest, new):
        pin = new
    return msgspec.structs.replace(
        pin,
        default=external.condition.default,
        enabled_by=external.condition.enabled_by,
        disabled_by=external.condition.disabled_by,
    )


def _origin(manifest: Manifest, pin: Pin) -> str:
    """Return where and how an external is fetched, in words."""
    repository = manifest.repository_of(pin)
    match pin.method:
        case FetchMethod.GIT | FetchMethod.SVN:
            return f"{pin.method} repository {repository}"
        case FetchMethod.RELEASE:
            return f"the releases of {manifest.organization_of(pin)}/{repository}"
        case FetchMethod.ARCHIVE:
            return f"{manifest.organization_of(pin)}/{repository}"


def _compare(
    key: ExternalKey, old: Pin | None, new: Pin | None, manifest: Manifest
) -> Iterator[PinChange]:
    if old is None and new is not None:
        yield PinChange(kind=PinChangeKind.ADD, key=key, pin=new, new=new.tag)
    elif old is not None and new is None:
        yield PinChange(kind=PinChangeKind.REMOVE, key=key, pin=None, old=old.tag)
    elif old is not None and new is not None:
        for kind, before, after in (
            (PinChangeKind.TAG, old.tag, new.tag),
            (PinChangeKind.CONDITION, str(old.condition), str(new.condition)),
            (PinChangeKind.REPOSITORY, _origin(manifest, old), _origin(manifest, new)),
        ):
            if before != after:
                yield PinChange(kind=kind, key=key, pin=new, old=before, new=after)
