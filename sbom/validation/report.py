"""What the judges say, printed, and the exit status that it comes to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sbom.diagnostics import Code, Exit, sort_diagnostics
from sbom.diagnostics.render import render
from sbom.validation.results import ValidationReport
from sbom.validation.score import Score

#: Packages named for each loss; the others are counted.
_SHOWN = 8


def report(judgments: Sequence[ValidationReport], form: str) -> str:
    """Return what was found: problems as ``check`` prints them, then notes and scores.

    JSON is one object: ``problems`` as ``check`` prints them, and ``documents``.
    """
    problems = sort_diagnostics(problem for one in judgments for problem in one.problems)
    if form == "json":
        documents = [_as_json(one) for one in judgments]
        found = {"problems": json.loads(render(problems, "json")), "documents": documents}
        return json.dumps(found, indent=2) + "\n"
    lines = [line for one in judgments for line in _as_text(one)]
    return render(problems, form) + "".join(f"{line}\n" for line in lines)


def _as_text(judgment: ValidationReport) -> Iterator[str]:
    yield judgment.file
    for verdict in judgment.verdicts:
        found = len(verdict.problems)
        fine = "noted" if verdict.note else "fine"
        said = f"{found} problem{'' if found == 1 else 's'}" if found else fine
        yield f"  {verdict.judge}: {said}"
        yield from (f"    {line}" for line in verdict.note.splitlines())
    if judgment.score:
        yield from (f"  {line}" for line in as_table(judgment.score))


def _as_json(judgment: ValidationReport) -> dict[str, Any]:
    verdicts = [
        {"judge": one.judge, "problems": len(one.problems), "note": one.note}
        for one in judgment.verdicts
    ]
    scored = judgment.score
    return {
        "file": judgment.file,
        "verdicts": verdicts,
        "score": scored and round(float(scored.total), 4),
        "ceiling": scored and round(float(scored.ceiling), 4),
        "categories": {
            one.name: round(float(one.score), 4) for one in (scored.categories if scored else ())
        },
    }


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


def status(judgments: Sequence[ValidationReport]) -> Exit:
    """Return the exit status: unusable where a document could not be read."""
    codes = {problem.code for one in judgments for problem in one.problems}
    if Code.INPUT_ERROR in codes:
        return Exit.USAGE
    return Exit.ERRORS if codes else Exit.OK
