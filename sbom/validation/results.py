"""What validators report of a document, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sbom.diagnostics import Diagnostic, sort_diagnostics

#: Diagnostics of one validator for one document; those beyond are counted.
LIMIT = 50


class Violation(NamedTuple):
    """A violated rule; ``element`` is an SPDX id, or empty for the whole document."""

    element: str
    message: str
    hint: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidatorResult:
    """What one validator reports of one document.

    ``notes`` are sentences that fail nothing; ``omitted`` is how many diagnostics more there are.
    """

    validator: str
    diagnostics: tuple[Diagnostic, ...]
    notes: tuple[str, ...] = ()
    omitted: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidationReport:
    """What all validators report of one document."""

    file: str
    results: tuple[ValidatorResult, ...]

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The diagnostics of all validators, sorted."""
        return sort_diagnostics(
            diagnostic for result in self.results for diagnostic in result.diagnostics
        )
