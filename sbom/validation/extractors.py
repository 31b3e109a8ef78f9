"""The features of sbomqs, but for those of licenses, as it extracts them from an SPDX document."""

from __future__ import annotations

import re
from datetime import datetime
from fractions import Fraction

from sbom.validation.features import FULL, Judged, Subject, share_of
from sbom.validation.identifier_invariants import CPE, parsed_purl
from sbom.validation.view import Table, references, rows, table, text, texts

# Provenance.

_ENTITY = re.compile(r"(Organization|Person)\s*:\s*([^(]+)\s*(?:\(\s*([^)]+)\s*\))?")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def created(data: Table) -> bool:
    """Return whether the time of creation is one."""
    said = text(table(data, "creationInfo"), "created")
    try:
        return bool(_RFC3339.fullmatch(said) and datetime.fromisoformat(said))
    except ValueError:
        return False


def _names_somebody(actor: str) -> bool:
    match = _ENTITY.search(actor)
    return bool(match and (match[2].strip() or (match[3] or "").strip()))


def author(data: Table) -> bool:
    """Return whether a creator is somebody."""
    return any(_names_somebody(one) for one in texts(table(data, "creationInfo"), "creators"))


def namespace(data: Table) -> bool:
    """Return whether the document has a namespace."""
    return bool(text(data, "documentNamespace"))


def tool(subject: Subject) -> Judged:
    """Score full where a tool has a version, which is a digit behind the last hyphen."""
    creators = texts(table(subject.read.data, "creationInfo"), "creators")
    tools = [one[5:].strip() for one in creators if one.lower().startswith("tool:")]
    if any(re.search(r".-[^-]*\d[^-]*$", tool) for tool in tools):
        return Judged(FULL)
    return Judged(FULL / 2 if any(tools) else Fraction(0))


# Integrity and completeness.

_STRONG = re.compile(r"SHA(224|256|384|512|3224|3256|3384|3512)|BLAKE2B(256|384|512)|BLAKE3")
_WEAK = re.compile(r"MD[2456]|SHA1|ADLER32")
_PURPOSES = frozenset(
    "application framework library container operating-system device firmware source archive "
    "file install other".split()
)


def _hashed(package: Table, kind: re.Pattern[str]) -> bool:
    return any(
        kind.fullmatch(re.sub(r"[-_]", "", text(row, "algorithm")).upper())
        for row in rows(package, "checksums")
        if text(row, "checksumValue")
    )


def strong(package: Table) -> bool:
    """Return whether a package has a strong checksum."""
    return _hashed(package, _STRONG)


def not_only_weak(subject: Subject) -> Judged:
    """Score the packages with checksums; none at all is as bad as weak ones alone."""
    packages = subject.read.packages
    hashed = [one for one in packages if strong(one) or _hashed(one, _WEAK)]
    if packages and not hashed:
        return Judged(Fraction(0))
    return share_of(hashed, [package for package in hashed if not strong(package)])


def supplied(package: Table) -> bool:
    """Return whether a supplier is named; NOASSERTION is a name to sbomqs, but no originator."""
    supplier, originator = text(package, "supplier"), text(package, "originator")
    return supplier in ("NOASSERTION", "NONE") or any(map(_names_somebody, (supplier, originator)))


def purposeful(package: Table) -> bool:
    """Return whether a package has a purpose that sbomqs knows."""
    return text(package, "primaryPackagePurpose").lower() in _PURPOSES


def describes(subject: Subject) -> Judged:
    """Score full where anything is described."""
    described = any(kind == "DESCRIBES" for _, kind, _ in subject.read.forward)
    return Judged(FULL if described else Fraction(0))


# Vulnerabilities.


def matched(package: Table) -> bool:
    """Return whether scanners have a purl or a CPE to go by; sbomqs takes the better of both."""
    return (
        any(map(parsed_purl, references(package, "purl")))
        or any(map(CPE.fullmatch, references(package, "cpe23Type")))
        or any(re.match(r"cpe:/[aho]:.", cpe) for cpe in references(package, "cpe22Type"))
    )


# Structure.


def known_version(data: Table) -> bool:
    """Return whether the document is of a version of SPDX that sbomqs knows."""
    return text(data, "spdxVersion") in ("SPDX-2.1", "SPDX-2.2", "SPDX-2.3")


def schema(subject: Subject) -> Judged:
    """Score full where JSON schema 2.3.0 has nothing against the document."""
    return Judged(FULL if subject.schema_valid else Fraction(0))
