"""What a document says of components, as claims about the files that can be or hold them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sbom.components.versions import parse_revision
from sbom.manifest.component_spec import ComponentSpec
from sbom.manifest.model import Manifest
from sbom.verification.document_index import DocumentIndex
from sbom.verification.expectations import Expectation, Expectations, spec_of


def expectations_from_document(
    claims: Expectations, listed: DocumentIndex, manifest: Manifest
) -> Expectations:
    """Return claims with a document's versions; what it does not list is not claimed.

    Documents call a component as the manifest does, or as its external; CPython's own files
    are claimed whatever it is called. Where several versions are listed, each will do.
    """
    by_path: dict[str, tuple[Expectation, ...]] = {}
    for path, said in claims.by_path.items():
        found = []
        for claim in said:
            identity = spec_of(manifest, claim.component)
            names = tuple(dict.fromkeys(_names(identity)))  # in order, whatever the hash seed
            here = [v for name, v in listed.parts.get(path, ()) if name in names]
            versions = here or [v for name in names for v in listed.components.get(name, ())]
            versions = [
                (parse_revision(identity, one)[0] if one else "") or one for one in versions
            ]
            if versions:
                found.append(replace(claim, version=versions[0], also=tuple(versions[1:])))
            elif claim.component == claims.root:
                found.append(claim)
        by_path[path] = tuple(found)
    return replace(claims, by_path={path: found for path, found in by_path.items() if found})


def _names(identity: ComponentSpec) -> Iterator[str]:
    """Yield what a document may call a component."""
    yield from (identity.name, identity.key)
    yield from (one.source.name for one in identity.built_from)
    yield from (row.external.name for row in identity.ships if row.external and not row.version)
