"""sbomqs's score of an SPDX 2.x document: seven categories, the total, and what is lost where.

An implementation of its own from the published formula and weights of sbomqs v2 (commit
e9deb52: registry, extractors, formulae, pkg/sbom/spdx.go), with exact fractions. Only packages
are components; what SPDX 2 cannot say scores nothing there and lowers the ceiling.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from sbom.validation.features import FULL, Subject, uncounted, unsayable
from sbom.validation.formula import FEATURES, WEIGHTS
from sbom.validation.view import Document, Table


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


def score(data: Table, *, schema_valid: bool) -> Score:
    """Return the score of a document; ``schema_valid`` is what JSON schema 2.3.0 said of it."""
    subject = Subject(Document(data), schema_valid)
    return Score(tuple(_category(name, weight, subject) for name, weight in WEIGHTS.items()))


def _category(name: str, weight: int, subject: Subject) -> Category:
    features = [row[1:] for row in FEATURES if row[0] == name]
    judged = [(feature, share, judge(subject), judge) for feature, share, judge in features]
    counted = [
        (feature, share, one.score, one.packages, judge is not unsayable)
        for feature, share, one, judge in judged
        if one.score is not None
    ]
    shares = sum(share for _, share, *_ in counted)
    return Category(
        name=name,
        weight=weight,
        score=_mean((share, points) for _, share, points, *_ in counted),
        ceiling=_mean(
            (share, Fraction(0) if judge is unsayable else FULL)
            for _, share, judge in features
            if judge is not uncounted
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
