"""What judges say of a document, as values."""

from __future__ import annotations

from dataclasses import dataclass

from sbom.judging.score import Score
from sbom.problems import Problem, in_order


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What one judge says of one document; ``note`` is what it says besides problems."""

    judge: str
    file: str
    problems: tuple[Problem, ...]
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What all judges say of one document; without a score where it could not be read."""

    file: str
    verdicts: tuple[Verdict, ...]
    score: Score | None = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems of all verdicts, in order of place."""
        return in_order(problem for verdict in self.verdicts for problem in verdict.problems)
