"""What ``verify`` came to, and how people and programs are told."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sbom.components.build import Build
from sbom.diagnostics import Diagnostic
from sbom.diagnostics.render import render
from sbom.verification.compare import FileComparison
from sbom.verification.report import as_json, results_summary, results_table
from sbom.verification.results import Result
from sbom.verification.target import VerifyTarget


@dataclass(frozen=True, kw_only=True, slots=True)
class Verified:
    """What came out: verdicts, files held against a document, and all that is wrong.

    ``cpython`` and ``variants`` are what the binaries say they are of, ``build`` the first that
    they were held against; ``later`` counts the binaries that somebody added to what ships,
    which are nobody's here.
    """

    place: VerifyTarget
    cpython: tuple[str, ...]
    variants: tuple[str, ...]
    against: str
    build: Build
    rows: tuple[Result, ...]
    compared: FileComparison
    later: int
    problems: tuple[Diagnostic, ...]


def shown(verified: Verified, form: str, *, strict: bool) -> str:
    """Return what came out as ``text``, ``json`` or ``github`` workflow commands."""
    problems = render(verified.problems, form, strict=strict)
    if form == "json":
        return json.dumps(_as_json(verified, json.loads(problems)), indent=2) + "\n"
    if form == "github":
        return problems
    return f"{results_table(verified.rows)}\n{problems}{_summary(verified)}\n"


def _as_json(verified: Verified, problems: list[dict[str, str]]) -> dict[str, object]:
    return {
        "place": verified.place.name,
        "against": verified.against,
        "cpython": list(verified.cpython),
        "platform": verified.build.platform,
        "variants": list(verified.variants),
        "files": len(verified.place.files),
        "same": verified.compared.same,
        "added-later": verified.later,
        "verdicts": as_json(verified.rows),
        "problems": problems,
    }


def _summary(verified: Verified) -> str:
    parts = [
        f"{verified.compared.same} as listed" if verified.compared.same else "",
        f"{verified.later} binaries added later" if verified.later else "",
        results_summary(verified.rows),
    ]
    number = len(verified.problems)
    return (
        f"{verified.place.name}: {len(verified.place.files)} files, {verified.build.platform}, "
        f"held against {verified.against}: {', '.join(part for part in parts if part)}; "
        f"{number or 'no'} problem{'' if number == 1 else 's'}"
    )
