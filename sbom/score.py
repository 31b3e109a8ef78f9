"""sbomqs's score of an SPDX 2.x document: seven categories, the total, and what is lost where.

An implementation of its own from the published formula and weights of sbomqs v2 (commit
e9deb52: registry, extractors, formulae, pkg/sbom/spdx.go), with exact fractions. Only packages
are components; what SPDX 2 cannot say scores nothing there and lowers the ceiling.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from sbom.invariants import (
    CPE,
    Document,
    Licence,
    Table,
    licence_ids,
    licence_of,
    parsed_purl,
    references,
    rows,
    table,
    text,
    texts,
)

FULL = Fraction(10)
#: A feature that one package lacks is never shown as 10.0.
_ALMOST = Fraction(99, 10)
#: Packages named for each loss; the others are counted.
_SHOWN = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Loss:
    """What a feature costs a category, in points of ten; the ids of the packages that lack it.

    What is not ``sayable`` SPDX 2 has no field for.
    """

    feature: str
    points: Fraction
    packages: tuple[str, ...]
    sayable: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Category:
    """One of the seven: its weight in the total, its score of ten, and what is lost."""

    name: str
    weight: int
    score: Fraction
    ceiling: Fraction
    losses: tuple[Loss, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """A document's score."""

    categories: tuple[Category, ...]

    @property
    def total(self) -> Fraction:
        """The weighted mean of the categories."""
        return _mean((category.weight, category.score) for category in self.categories)

    @property
    def ceiling(self) -> Fraction:
        """The total that no document of this standard can surpass."""
        return _mean((category.weight, category.ceiling) for category in self.categories)

    @property
    def grade(self) -> str:
        """The letter that stands for the total."""
        bars = {"A": 9, "B": 8, "C": 7, "D": 5}
        return next((grade for grade, bar in bars.items() if self.total >= bar), "F")


def _mean(pairs: Iterable[tuple[int, Fraction]]) -> Fraction:
    listed = list(pairs)
    weights = sum(weight for weight, _ in listed)
    return sum((weight * score for weight, score in listed), Fraction(0)) / (weights or 1)


@dataclass(frozen=True, slots=True)
class Judged:
    """How a document does in a feature; a score of None means that it does not count."""

    score: Fraction | None
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """What is scored: the document, and whether JSON schema 2.3.0 has nothing against it."""

    read: Document
    schema_valid: bool


Feature = Callable[[Subject], Judged]


def score(data: Table, *, schema_valid: bool) -> Score:
    """Return the score of a document; ``schema_valid`` is what JSON schema 2.3.0 said of it."""
    subject = Subject(Document(data), schema_valid)
    return Score(tuple(_category(name, weight, subject) for name, weight in WEIGHTS.items()))


def _category(name: str, weight: int, subject: Subject) -> Category:
    features = [row[1:] for row in FEATURES if row[0] == name]
    judged = [(feature, share, judge(subject), judge) for feature, share, judge in features]
    counted = [
        (feature, share, one.score, one.packages, judge is not _unsayable)
        for feature, share, one, judge in judged
        if one.score is not None
    ]
    shares = sum(share for _, share, *_ in counted)
    return Category(
        name=name,
        weight=weight,
        score=_mean((share, points) for _, share, points, *_ in counted),
        ceiling=_mean(
            (share, Fraction(0) if judge is _unsayable else FULL)
            for _, share, judge in features
            if judge is not _uncounted
        ),
        losses=tuple(
            Loss(
                feature=feature,
                points=(FULL - points) * share / shares,
                packages=packages,
                sayable=sayable,
            )
            for feature, share, points, packages, sayable in counted
            if points < FULL
        ),
    )


def as_table(scored: Score) -> list[str]:
    """Return the score as lines: each category, and below it what is lost, where."""
    total, ceiling = float(scored.total), float(scored.ceiling)
    lines = [f"score {total:.2f} ({scored.grade}); no SPDX 2 document can surpass {ceiling:.2f}"]
    for category in scored.categories:
        lines.append(f"  {category.name:<14} {float(category.score):5.2f}  x {category.weight}")
        for loss in category.losses:
            if loss.sayable:
                where = f": {_some(loss.packages)}" if loss.packages else ""
                lines.append(f"  {'':<14} {-float(loss.points):5.2f}  {loss.feature}{where}")
    beyond = [loss.feature for one in scored.categories for loss in one.losses if not loss.sayable]
    return [*lines, f"  SPDX 2 cannot say: {', '.join(beyond)}"]


def _some(packages: Sequence[str]) -> str:
    shown = ", ".join(name.removeprefix("SPDXRef-") for name in packages[:_SHOWN])
    return shown + (f" and {len(packages) - _SHOWN} more" if len(packages) > _SHOWN else "")


# Features.


def _unsayable(_: Subject) -> Judged:
    """Score what SPDX 2 cannot say and sbomqs counts all the same."""
    return Judged(Fraction(0))


def _uncounted(_: Subject) -> Judged:
    """Score what sbomqs does not count for SPDX."""
    return Judged(None)


def _document(holds: Callable[[Table], bool]) -> Feature:
    """Return a feature that the document has or lacks."""
    return lambda subject: Judged(FULL if holds(subject.read.data) else Fraction(0))


def _share(all_: Sequence[Table], lacking: Sequence[Table]) -> Judged:
    if not all_:
        return Judged(None)
    points = FULL * (len(all_) - len(lacking)) / len(all_)
    return Judged(
        min(points, _ALMOST) if lacking else points,
        tuple(text(package, "SPDXID") or text(package, "name") for package in lacking),
    )


def _packages(holds: Callable[[Table], bool]) -> Feature:
    """Return a feature that each package has or lacks."""

    def feature(subject: Subject) -> Judged:
        packages = subject.read.packages
        return _share(packages, [package for package in packages if not holds(package)])

    return feature


def _says(key: str) -> Feature:
    return _packages(lambda package: bool(text(package, key)))


# Provenance.

_ENTITY = re.compile(r"(Organization|Person)\s*:\s*([^(]+)\s*(?:\(\s*([^)]+)\s*\))?")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def _created(data: Table) -> bool:
    created = text(table(data, "creationInfo"), "created")
    try:
        return bool(_RFC3339.fullmatch(created) and datetime.fromisoformat(created))
    except ValueError:
        return False


def _names_somebody(actor: str) -> bool:
    match = _ENTITY.search(actor)
    return bool(match and (match[2].strip() or (match[3] or "").strip()))


def _author(data: Table) -> bool:
    return any(_names_somebody(one) for one in texts(table(data, "creationInfo"), "creators"))


def _namespace(data: Table) -> bool:
    return bool(text(data, "documentNamespace"))


def _tool(subject: Subject) -> Judged:
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


def _strong(package: Table) -> bool:
    return _hashed(package, _STRONG)


def _not_only_weak(subject: Subject) -> Judged:
    """Score the packages with checksums; none at all is as bad as weak ones alone."""
    packages = subject.read.packages
    hashed = [one for one in packages if _strong(one) or _hashed(one, _WEAK)]
    if packages and not hashed:
        return Judged(Fraction(0))
    return _share(hashed, [package for package in hashed if not _strong(package)])


def _supplied(package: Table) -> bool:
    """Return whether a supplier is named; NOASSERTION is a name to sbomqs, but no originator."""
    supplier, originator = text(package, "supplier"), text(package, "originator")
    return supplier in ("NOASSERTION", "NONE") or any(map(_names_somebody, (supplier, originator)))


def _purposeful(package: Table) -> bool:
    return text(package, "primaryPackagePurpose").lower() in _PURPOSES


def _describes(subject: Subject) -> Judged:
    described = any(kind == "DESCRIBES" for _, kind, _ in subject.read.forward)
    return Judged(FULL if described else Fraction(0))


# Licences.

_REF = re.compile(r"(DocumentRef-[^:]+:)?LicenseRef-")


def _found(expression: str) -> list[Licence] | None:
    """Return the licences of an expression as sbomqs looks them up; None if it is none.

    A licence with an exception is one that no list has, and so is a LicenseRef.
    """
    found = []
    for id_ in licence_ids(expression) or ():
        parts = [part for part in id_.split(" WITH ") if not re.match(_REF, part)]
        if not all(map(licence_of, parts)):
            return None
        found.append(_looked_up(id_))
    return found or None


def _looked_up(id_: str) -> Licence:
    known = licence_of(id_)
    if known is None:
        return Licence(id_, listed=False, deprecated=False, restrictive=False)
    if known.id.lower() != id_.lower():
        return replace(known, listed=False, deprecated=False)
    return known


def _all_listed(found: list[Licence]) -> bool:
    return all(one.listed for one in found)


def _data_licence(data: Table) -> bool:
    return _found(text(data, "dataLicense")) is not None


def _licensed(key: str) -> Callable[[Table], bool]:
    return lambda package: text(package, key).upper() not in ("", "NONE", "NOASSERTION")


_is_concluded = _licensed("licenseConcluded")


def _concluded(holds: Callable[[list[Licence]], bool]) -> Callable[[Table], bool]:
    """Return whether something holds of the concluded licences, which an expression names."""

    def check(package: Table) -> bool:
        found = _found(text(package, "licenseConcluded")) if _is_concluded(package) else None
        return found is not None and holds(found)

    return check


def _free_of(fault: Callable[[Licence], bool]) -> Feature:
    """Return a feature that a package lacks by its licence; without any licences, all lack it."""
    faulty = _concluded(lambda found: any(map(fault, found)))

    def feature(subject: Subject) -> Judged:
        packages = subject.read.packages
        if packages and not any(map(_is_concluded, packages)):
            return Judged(Fraction(0))
        return _share(packages, [package for package in packages if faulty(package)])

    return feature


# Vulnerabilities.


def _matched(package: Table) -> bool:
    """Return whether scanners have a purl or a CPE to go by; sbomqs takes the better of both."""
    return (
        any(map(parsed_purl, references(package, "purl")))
        or any(map(CPE.fullmatch, references(package, "cpe23Type")))
        or any(re.match(r"cpe:/[aho]:.", cpe) for cpe in references(package, "cpe22Type"))
    )


# Structure.


def _version(data: Table) -> bool:
    return text(data, "spdxVersion") in ("SPDX-2.1", "SPDX-2.2", "SPDX-2.3")


def _schema(subject: Subject) -> Judged:
    return Judged(FULL if subject.schema_valid else Fraction(0))


# The formula: category, feature, its share of the category in percent.

WEIGHTS = {
    "identification": 10,
    "provenance": 12,
    "integrity": 15,
    "completeness": 12,
    "licensing": 15,
    "vulnerability": 10,
    "structural": 8,
}

FEATURES: tuple[tuple[str, str, int, Feature], ...] = (
    ("identification", "name", 40, _says("name")),
    ("identification", "versionInfo", 35, _says("versionInfo")),
    ("identification", "SPDXID", 25, _says("SPDXID")),
    ("provenance", "created", 20, _document(_created)),
    ("provenance", "creator: who", 20, _document(_author)),
    ("provenance", "creator: tool and version", 20, _tool),
    ("provenance", "supplier of the document", 15, _unsayable),
    ("provenance", "documentNamespace", 15, _document(_namespace)),
    ("provenance", "lifecycle", 10, _unsayable),
    ("integrity", "strong checksum", 50, _packages(_strong)),
    ("integrity", "no weak checksum alone", 40, _not_only_weak),
    ("integrity", "signature", 10, _uncounted),
    ("completeness", "dependencies", 25, _uncounted),
    ("completeness", "declared completeness", 15, _unsayable),
    ("completeness", "DESCRIBES", 20, _describes),
    ("completeness", "sourceInfo", 15, _says("sourceInfo")),
    ("completeness", "supplier", 15, _packages(_supplied)),
    ("completeness", "primaryPackagePurpose", 10, _packages(_purposeful)),
    ("licensing", "licenseConcluded", 20, _packages(_is_concluded)),
    ("licensing", "valid licence", 20, _packages(_concluded(bool))),
    ("licensing", "licence on the SPDX list", 20, _packages(_concluded(_all_listed))),
    ("licensing", "no deprecated licence", 15, _free_of(lambda one: one.deprecated)),
    ("licensing", "no restrictive licence", 20, _free_of(lambda one: one.restrictive)),
    ("licensing", "licenseDeclared", 15, _packages(_licensed("licenseDeclared"))),
    ("licensing", "dataLicense", 10, _document(_data_licence)),
    ("vulnerability", "purl or CPE", 100, _packages(_matched)),
    ("structural", "SPDX", 30, _document(lambda _: True)),
    ("structural", "spdxVersion", 30, _document(_version)),
    ("structural", "JSON", 20, _document(lambda _: True)),
    ("structural", "schema 2.3.0", 20, _schema),
)
