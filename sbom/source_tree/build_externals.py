"""The externals that a build was made with: what is in its externals directory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from sbom.diagnostics import Code, Diagnostic, SbomError
from sbom.files.targz import ArchiveInfo
from sbom.manifest.external_key import ExternalKey
from sbom.manifest.model import Manifest
from sbom.manifest.pins import Pin
from sbom.source_tree.fetched_externals import (
    Integrity,
    check_externals_dir,
    read_externals_dir,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildExternals:
    """The externals of a build, notes on some of them, and the comment on its documents.

    ``pins`` and ``notes`` are None where a release build is meant: those that the manifest has.
    ``digest`` is that of what was found in an externals directory; empty without one.
    """

    comment: str
    pins: tuple[Pin, ...] | None = None
    notes: Mapping[ExternalKey, str] | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    digest: str = ""


def read_build_externals(
    path: Path, manifest: Manifest, read_cached: Callable[[str], ArchiveInfo | None]
) -> BuildExternals:
    """Return the externals in a directory, and what is wrong with them.

    ``read_cached`` returns the archive with a SHA-256, or None if it is not at hand.
    A modified one loses its checksums, which are not those of what is built. Raises SbomError
    where it cannot be told which external a directory is.
    """
    directory = read_externals_dir(path, manifest, read_cached)
    diagnostics = tuple(check_externals_dir(directory, manifest))
    if ambiguous := [one for one in diagnostics if one.code is Code.AMBIGUOUS_EXTERNAL]:
        raise SbomError(ambiguous)
    pins: list[Pin] = []
    notes = {}
    for external in directory.externals:
        pin = external.pin
        if external.integrity is Integrity.MODIFIED:
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
        diagnostics=diagnostics,
        digest=hashlib.sha256("".join(rows).encode()).hexdigest(),
    )
