"""A component as an SBOM describes it, and the build of CPython that it is part of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sbom.manifest.channels import DEFAULT, expand_line, variant_filename
from sbom.manifest.external_key import ExternalKey
from sbom.manifest.model import Manifest
from sbom.manifest.pins import Pin, Vendored


@dataclass(frozen=True, slots=True)
class Linkage:
    """How a component gets into a build: ``static``, ``dynamic``, ``bundled`` or ``build-tool``.

    ``files`` contain it, ``optional_files`` may ship with them, ``used_by`` are linked with it.
    All are names of files as the build has them.
    """

    kind: str
    files: tuple[str, ...] = ()
    used_by: tuple[str, ...] = ()
    optional_files: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Component:
    """A component of an SBOM. Texts are empty if nothing is known.

    ``id`` is unique among the components of a build; ``checksums`` are of the archive at
    ``download_location``, as pairs of algorithm and lower-case hexadecimal digits; ``purpose`` is
    SPDX's in lower case, where it does not follow from the linkages.

    ``key`` names its ``[component]`` table in the manifest, ``external`` the external or the
    vendored code that contains it, ``linkages`` are the ways it gets into a build. All three are
    empty in a BOM, where relationships say how a component ships.
    """

    id: str
    name: str
    version: str
    originator: str
    supplier: str
    homepage: str
    license_concluded: str
    license_declared: str
    copyright: str
    purl: str
    cpes: tuple[str, ...]
    download_location: str
    file_name: str
    checksums: tuple[tuple[str, str], ...]
    source_info: str = ""
    comment: str = ""
    annotation: str = ""
    purpose: str = ""
    key: str = ""
    external: ExternalKey | None = None
    linkages: tuple[Linkage, ...] = ()

    @property
    def title(self) -> str:
        """Return name and version, as messages have them: ``openssl 3.5.7``."""
        return f"{self.name} {self.version}".rstrip()

    @property
    def known_location(self) -> str:
        """Return ``download_location``; empty if that states that there is none, or none known."""
        return "" if self.download_location in ("NONE", "NOASSERTION") else self.download_location


@dataclass(frozen=True, kw_only=True, slots=True)
class Build:
    """One platform as one variant: what a layout contains, and what one SBOM describes.

    ``channel`` is set where the components count that only this channel ships, such as the
    bundled files of an installer. ``pins`` are the externals that were really fetched, with
    ``notes`` on some for the SBOM; None means those that the script fetches without flags.
    """

    platform: str
    variant: str = DEFAULT
    channel: str = ""
    pins: tuple[Pin, ...] | None = None
    notes: Mapping[ExternalKey, str] | None = None

    @property
    def name(self) -> str:
        """Return ``amd64``, or ``amd64-free-threaded`` for a variant."""
        return self.platform if self.variant == DEFAULT else f"{self.platform}-{self.variant}"


def externals_in_build(manifest: Manifest, build: Build) -> dict[ExternalKey, Pin | Vendored]:
    """Return the externals of a build and the vendored code of CPython, by key."""
    if build.pins is None:
        return manifest.default_externals
    entries: tuple[Pin | Vendored, ...] = (*build.pins, *manifest.current_vendored)
    return {entry.key: entry for entry in entries}


def build_title(manifest: Manifest, build: Build) -> str:
    """Return what a build is for: ``Windows on 64-bit x86, free-threaded``."""
    title = manifest.get_platform(build.platform).title
    variant = manifest.get_variant(build.variant)
    return f"{title}, {variant.title}" if variant else title


def build_filename(manifest: Manifest, build: Build, name: str) -> str:
    """Return the name that a build gives a file, which the manifest names as the default one does.

    ``{line}`` in it stands for CPython's line: ``python{line}.dll`` is ``python314.dll``.
    """
    line = manifest.cpython.line
    variant = manifest.get_variant(build.variant)
    tag = manifest.get_platform(build.platform).tag
    return variant_filename(expand_line(name, line), variant, line, tag)
