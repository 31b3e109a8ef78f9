"""Components that are one: told once, with every way they get into a build, under a fixed id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sbom.manifest.external_key import EntryKind, ExternalKey


@dataclass(frozen=True, slots=True)
class Linkage:
    """How a component gets into a build: ``static``, ``dynamic``, ``bundled`` or ``build-tool``.

    ``files`` hold it, ``extras`` may come along with them, ``used_by`` are linked to it.
    """

    kind: str
    files: tuple[str, ...] = ()
    used_by: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Component:
    """One thing an SBOM names. Texts are empty where nothing is known.

    ``id`` is unique among the components of a build; ``checksums`` are of the archive at
    ``location``, as pairs of algorithm and lower-case hexadecimal digits; ``purpose`` is SPDX's
    in lower case, where it does not follow from the links.

    ``key`` is that of its identity in the manifest, ``external`` the key path of the external
    that holds it, ``links`` are the ways it gets into a build. All three are empty in a BOM,
    where relationships say how a component ships.
    """

    id: str
    name: str
    version: str
    originator: str
    supplier: str
    homepage: str
    license: str
    declared: str
    copyright: str
    purl: str
    cpes: tuple[str, ...]
    location: str
    file_name: str
    checksums: tuple[tuple[str, str], ...]
    source_info: str
    comment: str
    annotation: str
    purpose: str = ""
    key: str = ""
    external: ExternalKey | None = None
    links: tuple[Linkage, ...] = ()


def merge_components(found: Iterable[Component]) -> list[Component]:
    """Return each component of a version once, with all the ways it gets into the build.

    CPython 3.13.5 has zlib 1.3.1 in python313.dll and again, as zlib1.dll, from the Tcl/Tk
    bundle. Scanners tell packages apart by name and version: syft drops the second.
    """
    groups: dict[tuple[str, str], list[Component]] = {}
    for one in sorted(found, key=_merge_order):
        groups.setdefault((one.key, one.version or str(one.external)), []).append(one)
    return [_one(group) if len(group) > 1 else group[0] for group in groups.values()]


def _merge_order(component: Component) -> tuple[bool, str]:
    """Return a key that sorts what is compiled from source first."""
    external = component.external
    is_source = external is not None and external.kind is EntryKind.SOURCE
    return not is_source, str(external or "")


def _one(group: Sequence[Component]) -> Component:
    return replace(
        group[0],
        source_info="; also from ".join(dict.fromkeys(one.source_info for one in group)),
        annotation=" ".join(one.annotation for one in group if one.annotation),
        links=_one_of_a_kind([link for one in group for link in one.links]),
    )


def _one_of_a_kind(links: Sequence[Linkage]) -> tuple[Linkage, ...]:
    """Return links of one kind as one, with the files of all: a relationship is said once."""
    kinds: dict[str, Linkage] = {}
    for link in links:
        known = kinds.get(link.kind, Linkage(link.kind))
        kinds[link.kind] = Linkage(
            link.kind,
            tuple(dict.fromkeys((*known.files, *link.files))),
            tuple(dict.fromkeys((*known.used_by, *link.used_by))),
            tuple(dict.fromkeys((*known.extras, *link.extras))),
        )
    return tuple(kinds.values())


def assign_ids(
    found: Sequence[Component], everywhere: Iterable[tuple[str, str]]
) -> tuple[Component, ...]:
    """Give each component its id and return them sorted by it.

    The id depends on all that is built ``everywhere``, on every platform, as pairs of key and
    version, so that one thing has one id in all documents; never on the order.
    """
    times = Counter(key for key, _ in set(everywhere))
    named = (
        replace(one, id=f"{one.key}-{one.external or 'runtime'}") if times[one.key] > 1 else one
        for one in found
    )
    return tuple(sorted(named, key=lambda component: component.id))
