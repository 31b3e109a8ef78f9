"""What ``verify`` found, for people and for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from sbom.diagnostics import failing
from sbom.diagnostics.render import (
    OutputFormat,
    add_summary,
    align_columns,
    count,
    printable,
    render,
)
from sbom.diagnostics.style import PLAIN, TextStyle
from sbom.manifest.channels import DEFAULT
from sbom.verification.comparison import Verification
from sbom.verification.identification import Identification
from sbom.verification.results import Result, ResultStatus
from sbom.verification.signer_table import (
    render_signers,
    signature_objects,
    unsigned_objects,
)


def render_verification(
    verification: Verification,
    output_format: OutputFormat,
    *,
    strict: bool,
    style: TextStyle = PLAIN,
) -> str:
    """Return results and diagnostics as text, JSON, workflow commands of GitHub or SARIF."""
    diagnostics = render(verification.diagnostics, output_format, strict=strict, style=style)
    if output_format is OutputFormat.JSON:
        return (
            json.dumps(_verification_object(verification, json.loads(diagnostics)), indent=2) + "\n"
        )
    if output_format is not OutputFormat.TEXT:
        return diagnostics
    if style.quiet:
        return diagnostics
    results = verification.inspection.results
    table = _table(results) if results else ""
    table += render_signers(verification.signatures, verification.target.files)
    summary = style.wrap(printable(_summary(verification, strict=strict)))
    heading = style.wrap(printable(_heading(verification)))
    body = f"{table}\n{diagnostics}" if table else diagnostics
    return f"{heading}\n\n{add_summary(body, summary)}"


def _verification_object(
    verification: Verification, diagnostics: list[dict[str, object]]
) -> dict[str, object]:
    return {
        "target": verification.target.name,
        "compared_with": verification.compared_with,
        "cpython": list(verification.identification.cpython),
        "platform": verification.platform,
        "variants": list(verification.identification.variants),
        "files": len(verification.target.files),
        "matching_files": verification.matching_files,
        "runtime_files": len(verification.inspection.runtime_files),
        "results": [
            asdict(result) | {"found": result.found_text}
            for result in verification.inspection.results
        ],
        "listed_versions": [
            {"file": file.path, "version": file.listed_version}
            for file in verification.target.files
            if file.listed_version
        ],
        "signatures": signature_objects(verification.signatures),
        "unsigned": unsigned_objects(verification.target.files),
        "diagnostics": diagnostics,
    }


def _table(results: Sequence[Result]) -> str:
    """Return results as lines in columns."""
    rows = [["file", "component", "expected", "found", "status"]]
    for result in results:
        cells = (result.file, result.component, result.expected, result.found_text, result.status)
        rows.append([printable(cell) or "-" for cell in cells])
    return align_columns(rows)


def _heading(verification: Verification) -> str:
    """Return one line: what the target is, by its binaries."""
    found = verification.identification
    version = " or ".join(found.cpython) or "of unknown version"
    variants = [name for name in found.variants if name != DEFAULT]
    parts = [f"CPython {version}", *([verification.platform] if found.platforms else [])]
    files = count(len(verification.target.files), "file")
    return f"{verification.target.name}: {', '.join([*parts, *variants, files])}"


def _summary(verification: Verification, *, strict: bool) -> str:
    """Return one line: what was compared with what, and how often each status came out."""
    inspection = verification.inspection
    parts = [
        f"{count(verification.matching_files, 'file')} as listed"
        if verification.matching_files
        else "",
        f"{len(inspection.runtime_files)} added later" if inspection.runtime_files else "",
        *_counts(inspection.results),
    ]
    errors = len(failing(verification.diagnostics, strict=strict))
    warnings = len(verification.diagnostics) - errors
    return (
        f"{verification.target.name}: {count(len(verification.target.files), 'file')}, "
        f"{verification.platform}, compared with {verification.compared_with}: "
        f"{'; '.join(filter(None, parts))}; {count(errors, 'error')}, {count(warnings, 'warning')}"
    )


def _counts(results: Sequence[Result]) -> list[str]:
    """Return how many results there are of each status: ``41 confirmed``."""
    counts = Counter(result.status for result in results)
    return [f"{counts[status]} {status}" for status in ResultStatus if counts[status]] or [
        "no binaries"
    ]


def render_identification(identification: Identification, output_format: OutputFormat) -> str:
    """Return what binaries were built from, with the evidence; SARIF has no place for it."""
    if output_format is OutputFormat.JSON:
        return json.dumps(_identification_object(identification), indent=2) + "\n"
    if output_format is OutputFormat.SARIF:
        return render((), output_format)
    return "".join(f"{line}\n" for line in _identification_lines(identification))


def _identification_object(identification: Identification) -> dict[str, object]:
    return {
        "cpython": list(identification.cpython),
        "platforms": list(identification.platforms),
        "variants": list(identification.variants),
        "externals": [
            {
                "external": str(external.external),
                "tags": list(external.tags),
                "version": external.version,
                "inferred": external.is_inferred,
                "conflicting": external.is_conflicting,
                "evidence": [str(each) for each in external.evidence],
            }
            for external in identification.externals
        ],
        "components": [asdict(component) for component in identification.components],
    }


def _identification_lines(identification: Identification) -> Iterator[str]:
    version = " or ".join(identification.cpython) or "of unknown version"
    yield ", ".join([f"CPython {version}", *identification.platforms, *identification.variants])
    for external in identification.externals:
        note = ", inferred: no known tag has this version" if external.is_inferred else ""
        note = ", but no tag fits all of the evidence" if external.is_conflicting else note
        yield f"{external.external}: {' or '.join(external.tags)}{note}"
        yield from (f"    {evidence}" for evidence in external.evidence)
    if not identification.externals:
        yield "no externals found"
    shown = {
        evidence.file
        for external in identification.externals
        for evidence in external.evidence
        if not evidence.identifies_tag
    }
    others = [
        component
        for component in identification.components
        if _filename(component.file) not in shown
    ]
    if others:
        yield "components of no external:"
    for other in others:
        yield f"    {f'{other.component} {other.version}'.rstrip()} in {printable(other.file)}"


def _filename(path: str) -> str:
    return path.rpartition("/")[2]
