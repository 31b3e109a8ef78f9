"""What a feature of sbomqs is: a question to a document that has a score of ten for an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sbom.validation.view import Document, Table, text

FULL = Fraction(10)
#: A feature that one package lacks is never shown as 10.0.
_ALMOST = Fraction(99, 10)


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


def unsayable(_: Subject) -> Judged:
    """Score what SPDX 2 cannot say and sbomqs counts all the same."""
    return Judged(Fraction(0))


def uncounted(_: Subject) -> Judged:
    """Score what sbomqs does not count for SPDX."""
    return Judged(None)


def of_document(holds: Callable[[Table], bool]) -> Feature:
    """Return a feature that the document has or lacks."""
    return lambda subject: Judged(FULL if holds(subject.read.data) else Fraction(0))


def share_of(all_: Sequence[Table], lacking: Sequence[Table]) -> Judged:
    """Score the share of packages that lack nothing; without packages, it does not count."""
    if not all_:
        return Judged(None)
    points = FULL * (len(all_) - len(lacking)) / len(all_)
    return Judged(
        min(points, _ALMOST) if lacking else points,
        tuple(text(package, "SPDXID") or text(package, "name") for package in lacking),
    )


def of_packages(holds: Callable[[Table], bool]) -> Feature:
    """Return a feature that each package has or lacks."""

    def feature(subject: Subject) -> Judged:
        packages = subject.read.packages
        return share_of(packages, [package for package in packages if not holds(package)])

    return feature


def says(key: str) -> Feature:
    """Return a feature that a package has by a text."""
    return of_packages(lambda package: bool(text(package, key)))
