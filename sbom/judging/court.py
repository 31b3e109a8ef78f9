"""One document held against every judge: the outside ones, our own invariants, sbomqs's score."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from sbom.judging.invariants import broken
from sbom.judging.judges import SCHEMAS, by_fsct, by_ntia, by_schema, by_spdx_tools, installed
from sbom.judging.loading import read
from sbom.judging.score import score
from sbom.judging.verdict import Judgement, Verdict
from sbom.judging.wording import LIMIT, more
from sbom.problems import Problem, UnusableError


def judge(path: Path, *, strict: bool = False) -> Judgement:
    """Hold one document against every judge.

    With ``strict``, what fsct3-min misses is a problem, but for what SPDX 2 cannot say.
    Raises UnusableError where a judge is not installed.
    """
    outside = (installed("jsonschema"), installed("ntia_conformance_checker"))
    file = str(path)
    try:
        data = read(path)
    except UnusableError as error:
        return Judgement(
            file=file, verdicts=(Verdict(judge="file", file=file, problems=error.problems),)
        )
    schemas = tuple(by_schema(outside[0], data, file, version) for version in SCHEMAS)
    ours = Verdict(judge="invariants", file=file, problems=_by_invariants(data, file))
    return Judgement(
        file=file,
        verdicts=(
            by_spdx_tools(path),
            *schemas,
            by_ntia(outside[1], path),
            by_fsct(outside[1], path, strict=strict),
            ours,
        ),
        score=score(data, schema_valid=not schemas[0].problems),
    )


def _by_invariants(data: dict[str, Any], file: str) -> tuple[Problem, ...]:
    found = broken(data, file)
    if len(found) <= LIMIT:
        return found
    return (*found[:LIMIT], replace(found[0], where="", message=more(len(found) - LIMIT)))
