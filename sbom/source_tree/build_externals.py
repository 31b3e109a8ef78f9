"""The externals that a build was made with: what is in its externals directory."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import structs

from sbom.manifest.external_key import ExternalKey
from sbom.manifest.model import Manifest
from sbom.manifest.pins import Pin

if TYPE_CHECKING:
    from sbom.source_tree.fetched_externals import ExternalsDir


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildExternals:
    """The externals of a build, notes on some of them, and the comment on its documents.

    ``pins`` and ``notes`` are None where a release build is meant: those that the manifest has.
    ``digest`` is that of what was found in an externals directory; empty without one.
    """

    comment: str
    pins: tuple[Pin, ...] | None = None
    notes: Mapping[ExternalKey, str] | None = None
    digest: str = ""


def list_build_externals(directory: ExternalsDir, manifest: Manifest) -> BuildExternals:
    """Return the externals that are in a directory.

    A modified one loses its checksums, which are not those of what is built.
    """
    pins: list[Pin] = []
    notes = {}
    for external in directory.externals:
        pin = external.pin
        if external.is_modified:
            pin = structs.replace(pin, sha256="", sha512="")
            notes[pin.key] = f"Modified after it was fetched: {external.difference}."
        pins.append(pin)
    rows = sorted(
        f"{external.pin.key} {external.pin.tag} {external.integrity} {external.difference}\n"
        for external in directory.externals
    )
    return BuildExternals(
        comment=manifest.externals_dir.comment.format(settings=directory.settings_text),
        pins=tuple(pins),
        notes=notes,
        digest=hashlib.sha256("".join(rows).encode()).hexdigest(),
    )
