"""Components that binaries turned out to hold and no list names: told with what shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sbom.components import identified, overridden
from sbom.examining.claims import identity_of
from sbom.examining.verdicts import Row, Verdict
from sbom.holdings import Tie
from sbom.identifiers import cpes, purl_of
from sbom.joining import Component, Link
from sbom.schema import Manifest


@dataclass(frozen=True, slots=True)
class Guests:
    """All components of a place, those among them that nobody knew of, and whose files are."""

    components: tuple[Component, ...]
    ties: tuple[Tie, ...]


def with_guests(
    manifest: Manifest, components: Sequence[Component], ties: Sequence[Tie], rows: Iterable[Row]
) -> Guests:
    """Return components and ties, with those that evidence adds; sorted by id.

    What is there at the same version already gets another file; anything else is a component
    of its own, whose annotation says what shows it.
    """
    known = {(one.key, one.version): one for one in components}
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.verdict is Verdict.FOUND:
            found.setdefault((row.key, row.found), []).append(row)
    added = list(ties)
    for (key, version), shown in sorted(found.items()):
        files = tuple(dict.fromkeys(row.file for row in shown))
        one = known.get((key, version)) or _guest(manifest, key, version, shown)
        known[key, version] = replace(one, links=(*one.links, Link("static", files)))
        added += [Tie(file, one.id, "static") for file in files]
    everything = sorted(known.values(), key=lambda one: one.id)
    return Guests(tuple(everything), tuple(added))


def _guest(manifest: Manifest, key: str, version: str, shown: Sequence[Row]) -> Component:
    identity = overridden(identity_of(manifest, key), version)
    where = "; ".join(f"{row.file} has {row.evidence}" for row in shown)
    return Component(
        id=f"{key}-found-{version}".rstrip("-"),
        key=key,
        external="",
        version=version,
        **identified(manifest, identity),
        location="NOASSERTION",
        file_name="",
        checksums=(),
        source_info="found in shipped binaries; nothing tells where it came from",
        comment="",
        annotation=f"No list names it; evidence does: {where}.",
        purl=purl_of(identity.purl, version, "NOASSERTION", ""),
        cpes=cpes(identity.cpe, version),
        links=(),
    )
