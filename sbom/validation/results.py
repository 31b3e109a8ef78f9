"""What judges say of a document, as values."""

from __future__ import annotations

from dataclasses import dataclass

from sbom.diagnostics import Diagnostic, sort_diagnostics
from sbom.validation.score import Score


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidatorResult:
    """What one judge says of one document; ``note`` is what it says besides problems."""

    judge: str
    file: str
    problems: tuple[Diagnostic, ...]
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidationReport:
    """What all judges say of one document; without a score where it could not be read."""

    file: str
    verdicts: tuple[ValidatorResult, ...]
    score: Score | None = None

    @property
    def problems(self) -> tuple[Diagnostic, ...]:
        """The problems of all verdicts, in order of place."""
        return sort_diagnostics(
            problem for verdict in self.verdicts for problem in verdict.problems
        )
