"""Verdicts as problems, and as the table and the JSON that people and programs read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

from sbom.binaries.binary import printable
from sbom.diagnostics import Code, Diagnostic
from sbom.verification.identify import Identification
from sbom.verification.results import Result, ResultStatus

_CODES = {
    ResultStatus.CONTRADICTED: Code.VERSION_MISMATCH,
    ResultStatus.MISLABELED: Code.VERSION_MISMATCH,
    ResultStatus.OTHER_BUILD: Code.UNEXPECTED_BUILD,
    ResultStatus.NOT_SHOWN: Code.NO_EVIDENCE,
    ResultStatus.FOUND: Code.UNDECLARED_COMPONENT,
    ResultStatus.UNKNOWN: Code.UNOWNED_FILE,
    ResultStatus.NO_PE: Code.UNREADABLE_FILE,
    ResultStatus.DAMAGED: Code.UNREADABLE_FILE,
}
_HINTS = {
    ResultStatus.CONTRADICTED: "find out what was built; then mend the manifest, or build it again",
    ResultStatus.MISLABELED: "have the tag mended; until then, acknowledge it",
    ResultStatus.OTHER_BUILD: "find out who built it, and from what",
    ResultStatus.NOT_SHOWN: "find out whether it is there; then mend the component's 'evidence'",
    ResultStatus.FOUND: "add a [[component.*.ships]] row that says so, or have it taken out",
    ResultStatus.UNKNOWN: "find out where it comes from; add it to a component's files or 'owns'",
    ResultStatus.NO_PE: "fetch it again, or build it again",
    ResultStatus.DAMAGED: "fetch it again, or build it again",
}


def result_diagnostics(rows: Iterable[Result], place: str) -> Iterator[Diagnostic]:
    """Yield a problem for each verdict that is one, with the file's path as where it is."""
    for row in rows:
        if row.verdict in _CODES:
            yield Diagnostic(
                code=_CODES[row.verdict],
                file=place,
                subject=row.file,
                message=_message(row),
                hint=_HINTS[row.verdict],
            )


#: What a layout or an artifact is told of by other means, or once for all its files.
_ASIDE = (ResultStatus.UNKNOWN, ResultStatus.NO_PE, ResultStatus.DAMAGED)


def inspection_diagnostics(rows: Sequence[Result], place: str) -> Iterator[Diagnostic]:
    """Yield the problems of what ships: one more for all files that evidence is silent on."""
    yield from result_diagnostics((row for row in rows if row.verdict not in _ASIDE), place)
    unread = [row for row in rows if row.verdict in (ResultStatus.NO_PE, ResultStatus.DAMAGED)]
    if unread:
        rest = f", and {len(unread) - 1} more cannot be read" if len(unread) > 1 else ""
        first = unread[0].evidence or "is no PE file"
        yield Diagnostic(
            code=Code.NOT_INSPECTED,
            file=place,
            subject=unread[0].file,
            message=f"{first}{rest}: nothing in them shows what they are",
            hint="ask verify about each; build it again, or fetch it again",
        )


def _message(row: Result) -> str:
    expected = f"{row.component} {row.expected}".rstrip()
    evidence = f" ({row.evidence})" if row.evidence else ""
    match row.verdict:
        case ResultStatus.CONTRADICTED:
            found = f"shows {row.found}" if row.found else "is another file"
            return f"is said to hold {expected}, and {found}{evidence}"
        case ResultStatus.MISLABELED:
            return f"holds {row.component} {row.found}{evidence}"
        case ResultStatus.OTHER_BUILD:
            if row.found != row.expected:
                return f"is said to be {expected}, and is {row.found}{evidence}"
            return f"shows {expected}, and is not the file that its tag holds{evidence}"
        case ResultStatus.NOT_SHOWN:
            return f"is said to hold {expected}, and nothing in it shows that"
        case ResultStatus.FOUND:
            found = f"{row.component} {row.found}".rstrip()
            return f"holds {found}, which no list names{evidence}"
        case ResultStatus.UNKNOWN:
            told = f"; it says to be {row.found}" if row.found else ""
            return f"is a binary that nobody knows{told}"
        case ResultStatus.NO_PE:
            return "is named like a PE file, and is none"
        case _:
            return f"is a damaged PE file: it {row.evidence}"


def results_table(rows: Sequence[Result]) -> str:
    """Return verdicts as lines in columns."""
    lines = [["file", "component", "expected", "found", "verdict"]]
    for row in rows:
        cells = (row.file, row.component, row.expected, row.found, row.verdict)
        lines.append([printable(cell) or "-" for cell in cells])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        + "\n"
        for line in lines
    )


def results_summary(rows: Sequence[Result]) -> str:
    """Return in words how many verdicts there are of each kind: ``41 confirmed, 2 no rule``."""
    counts = Counter(row.verdict for row in rows)
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in ResultStatus if counts[verdict])
    return told or "no binaries"


def as_json(rows: Iterable[Result]) -> list[dict[str, str]]:
    """Return verdicts as JSON has them."""
    return [asdict(row) for row in rows]


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def identification_text(found: Identification) -> str:
    """Return in lines what binaries were built from, each with the evidence for it."""
    lines = [
        f"CPython {' or '.join(found.cpython) or 'of no known version'}"
        + "".join(f", {one}" for one in (*found.platforms, *found.variants))
    ]
    for one in found.externals:
        how = ", inferred: no known tag has this version" if one.inferred else ""
        how = ", and no tag agrees with all of this" if one.disagrees else how
        lines.append(f"{one.external}: {' or '.join(one.tags)}{how}")
        lines += [f"    {evidence}" for evidence in one.evidence]
    if not found.externals:
        lines.append("no external was found in it")
    traced = {evidence for one in found.externals for evidence in one.evidence}
    others = [
        f"    {f'{one.component} {one.version}'.rstrip()} in {printable(one.file)}"
        for one in found.components
        if not any(told.startswith(f"{_base(one.file)} shows ") for told in traced)
    ]
    lines += ["and, of no external:", *others] if others else []
    return "\n".join(lines)
