"""Two sets of components compared: which became which, and what is stated otherwise of each.

An identifier that only names another version, or another archive, is the one it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass

from packageurl import PackageURL

from sbom.bom.licenses import is_same_license
from sbom.changes.change import FactChange
from sbom.changes.pairing import Paired, pair_values
from sbom.components.component import Component
from sbom.components.identifiers import make_cpes

#: Qualifiers of a purl that repeat where a component is from.
_PROVENANCE = ("checksum", "download_url", "vcs_url")


@dataclass(frozen=True, kw_only=True, slots=True)
class DescribedComponent:
    """A component, and what else is known of it: the tag and commit it is from, how it ships.

    ``unversioned_ships`` are the sentences without the versions in names of what contains it.
    """

    component: Component
    tag: str = ""
    commit: str = ""
    ships: tuple[str, ...] = ()
    unversioned_ships: tuple[str, ...] = ()
    is_root: bool = False


Pair = Paired[DescribedComponent]
_Key = Callable[[DescribedComponent], Hashable | None]

#: What shows that a component is the one it was, the surest first.
_KEYS: tuple[_Key, ...] = (
    lambda described: (
        described.component.name.casefold(),
        described.component.id,
        described.component.external,
    ),
    lambda described: (described.component.name.casefold(), described.component.version),
    lambda described: described.component.name.casefold(),
    lambda described: unversioned_name(described.component).casefold(),
    lambda described: _purl_base(described.component, with_version=False) or None,
)


def unversioned_name(component: Component) -> str:
    """Return the name of a component without its version: an artifact has that in its name."""
    return _unversioned(component.name, component)


def _unversioned(text: str, component: Component | None) -> str:
    return text.replace(component.version, "*") if component and component.version else text


def latest(pair: Pair) -> DescribedComponent:
    """Return the new component of a pair, or the old one if it is gone."""
    return pair[0] if pair[1] is None else pair[1]


def pair_components(
    old: Iterable[DescribedComponent], new: Iterable[DescribedComponent]
) -> list[Pair]:
    """Return components beside what they have become; the root of one is the root of the other."""
    before, after = list(old), list(new)
    roots = [[described for described in side if described.is_root] for side in (before, after)]
    if len(roots[0]) != 1 or len(roots[1]) != 1:
        return pair_values(before, after, _KEYS)
    before.remove(roots[0][0])
    after.remove(roots[1][0])
    return [(roots[0][0], roots[1][0]), *pair_values(before, after, _KEYS)]


def compare_facts(
    old: DescribedComponent | None, new: DescribedComponent | None
) -> Iterator[FactChange]:
    """Yield each fact that is stated otherwise; of one side alone, everything that is stated."""
    before, after = _facts(old), _facts(new)
    for fact in dict.fromkeys((*before, *after)):
        values = before.get(fact, ()), after.get(fact, ())
        if not _is_same(fact, *values) and not (old and new and _is_renamed_only(fact, old, new)):
            yield FactChange(fact, *values)
    components = old.component if old else None, new.component if new else None
    yield from _checksum_changes(*components)
    yield from _identifier_changes(*components)


def _facts(described: DescribedComponent | None) -> dict[str, tuple[str, ...]]:
    """Return what is stated, but for checksums and identifiers."""
    if described is None:
        return {}
    component = described.component
    return {
        "name": (component.name,),
        "version": _texts(component.version),
        "license-concluded": _texts(component.license_concluded),
        "license-declared": _texts(component.license_declared),
        "ships": described.ships,
        "supplier": _texts(component.supplier),
        "originator": _texts(component.originator),
        "homepage": _texts(component.homepage),
        "copyright": _texts(component.copyright),
        "annotation": _texts(component.annotation),
        "tag": _texts(described.tag),
        "archive": _texts(component.known_location),
        "commit": _texts(described.commit),
    }


def _texts(text: str) -> tuple[str, ...]:
    return (text,) if text not in ("", "NOASSERTION") else ()


def _is_same(fact: str, old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    if fact in ("license-concluded", "license-declared") and old and new:
        return is_same_license(old[0], new[0])
    return old == new


def _is_renamed_only(fact: str, old: DescribedComponent, new: DescribedComponent) -> bool:
    """Return whether a fact differs by the version alone that is in the name of an artifact."""
    match fact:
        case "name":
            return unversioned_name(old.component) == unversioned_name(new.component)
        case "ships":
            return bool(old.unversioned_ships) and old.unversioned_ships == new.unversioned_ships
        case _:
            return False


def _checksum_changes(old: Component | None, new: Component | None) -> Iterator[FactChange]:
    """Yield checksums of another value, that came or that went.

    Those of one algorithm say nothing about those of another.
    """
    before, after = (dict(side.checksums if side else ()) for side in (old, new))
    common = before.keys() & after.keys()
    if (before and after) and all(before[name] == after[name] for name in common):
        return
    for name in sorted(before.keys() | after.keys()):
        fact = name.lower().replace("-", "")
        yield FactChange(fact, _texts(before.get(name, "")), _texts(after.get(name, "")))


def _identifier_changes(old: Component | None, new: Component | None) -> Iterator[FactChange]:
    """Yield a purl, and CPEs, that name another product or, of the same version, are others."""
    before, after = (_texts(side.purl) if side else () for side in (old, new))
    bases = _purl_base(old), _purl_base(new)
    is_other = bases[0] != bases[1] and _unversioned(bases[0], old) != _unversioned(bases[1], new)
    if is_other or (_is_same_archive(old, new) and before != after):
        yield FactChange("purl", before, after)
    if _cpe_products(old) != _cpe_products(new):
        yield FactChange("cpe", old.cpes if old else (), new.cpes if new else ())


def _is_same_archive(old: Component | None, new: Component | None) -> bool:
    of_both = [
        (side.version, side.download_location, side.checksums) for side in (old, new) if side
    ]
    return len(of_both) == len({*of_both}) + 1


def _purl_base(component: Component | None, *, with_version: bool = True) -> str:
    """Return a purl without the component's own version, and without where it is from.

    A version that is another one than the component's stays, and so does a text that is not a purl.
    """
    if component is None:
        return ""
    try:
        purl = PackageURL.from_string(component.purl)
    except ValueError:
        return component.purl
    version = purl.version if with_version and purl.version != component.version else None
    return _rewrite_purl(purl, version)


def without_provenance(purl: str) -> str:
    """Return a package URL, which may be empty, without the address and checksum of an archive."""
    if not purl:
        return ""
    parsed = PackageURL.from_string(purl)
    return _rewrite_purl(parsed, parsed.version)


def _rewrite_purl(purl: PackageURL, version: str | None) -> str:
    qualifiers = {
        key: value for key, value in dict(purl.qualifiers).items() if key not in _PROVENANCE
    }
    rewritten = PackageURL(purl.type, purl.namespace, purl.name, version, qualifiers, purl.subpath)
    return rewritten.to_string()


def _cpe_products(component: Component | None) -> set[tuple[str, ...]]:
    """Return CPEs in their parts, without the version and the update that are the component's.

    A colon after a backslash is part of a name: NISTIR 7695, clause 6.2.
    """
    found = set()
    for cpe in component.cpes if component else ():
        parts = re.split(r"(?<!\\):", cpe)
        for own in make_cpes(["vendor:product"], component.version if component else ""):
            if parts[5:7] == own.split(":")[5:7]:
                parts[5:7] = []
        found.add(tuple(parts))
    return found
