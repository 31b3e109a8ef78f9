"""What an SBOM says of a component, and how the component gets into a build."""

from __future__ import annotations

from dataclasses import dataclass

from sbom.manifest.external_key import ExternalKey


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
    """One thing an SBOM names. Texts are empty where nothing is known.

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
