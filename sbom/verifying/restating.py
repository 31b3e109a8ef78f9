"""What a document says of components, put in place of what the manifest says of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sbom.examining.claims import Claim, Claims, identity_of
from sbom.identities import Identity
from sbom.schema import Manifest
from sbom.verifying.listed import Listed
from sbom.versions import version_in


def restated(claims: Claims, listed: Listed, manifest: Manifest) -> Claims:
    """Return claims with a document's versions; what it does not list is claimed no more.

    Documents call a component as the manifest does, or as its external; CPython itself is
    claimed whatever it is called.
    """
    by_path: dict[str, tuple[Claim, ...]] = {}
    for path, said in claims.by_path.items():
        found = []
        for claim in said:
            identity = identity_of(manifest, claim.component)
            names = set(_names(identity))
            here = [v for name, v in listed.parts.get(path, ()) if name in names]
            versions = here or [v for name in names for v in listed.components.get(name, ())]
            versions = [version_in(identity, one)[0] or one for one in versions]
            if claim.version in versions or claim.component == claims.root:
                found.append(claim)
            elif versions:
                found.append(replace(claim, version=versions[0], tag="", labelled=""))
        by_path[path] = tuple(found)
    return replace(claims, by_path=_without_empty(by_path), tags={})


def _names(identity: Identity) -> Iterator[str]:
    """Yield what a document may call a component."""
    yield from (identity.name, identity.key)
    yield from (one.source.partition(".")[2] for one in identity.built_from)
    yield from (row.external.partition(".")[2] for row in identity.ships if not row.version)


def _without_empty(claims: Mapping[str, tuple[Claim, ...]]) -> dict[str, tuple[Claim, ...]]:
    return {path: said for path, said in claims.items() if said}
