"""Problems that somebody has accepted, told apart from those nobody has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sbom.diagnostics import Code, Diagnostic, sort_diagnostics
from sbom.manifest.model import Manifest
from sbom.manifest.ranges import line_in_range

#: What no document can be built with, whoever accepts it.
_NEVER = frozenset({Code.MANIFEST, Code.UNFILLED, Code.TWICE, Code.NOTHING})


@dataclass(frozen=True, kw_only=True, slots=True)
class Triage:
    """Problems sorted by whether somebody has accepted them."""

    open: tuple[Diagnostic, ...]
    accepted: tuple[tuple[Diagnostic, str], ...]


def triage_diagnostics(
    problems: Sequence[Diagnostic], manifest: Manifest, ran: set[Code]
) -> Triage:
    """Split problems into open ones and those ``[[acknowledged]]`` with their reasons.

    An acknowledgement that matches nothing is a problem itself, where the checks that could
    have found its code ``ran``.
    """
    line = manifest.cpython.line
    here = [
        (n, one) for n, one in enumerate(manifest.acknowledged) if line_in_range(line, one.lines)
    ]
    reasons = {(one.code, one.place): one.reason for _, one in here}
    accepted = [
        (problem, reasons[problem.code, problem.place])
        for problem in problems
        if (problem.code, problem.place) in reasons and problem.code not in _NEVER
    ]
    matched = {(problem.code, problem.place) for problem, _ in accepted}
    stale = [
        Diagnostic(
            code=Code.STALE_ACKNOWLEDGEMENT,
            file=manifest.file,
            where=f"acknowledged[{n}]",
            message=f"there is no problem '{one.code}' at '{one.place}' any more",
            hint="remove the acknowledgement",
        )
        for n, one in here
        if (one.code, one.place) not in matched and one.code in ran
    ]
    rest = [p for p in problems if (p.code, p.place) not in matched]
    return Triage(open=sort_diagnostics([*rest, *stale]), accepted=tuple(accepted))
