"""What is known about a diagnostic: what it means, why it matters, how to fix it."""

from __future__ import annotations

from sbom.diagnostics.catalog import Entry
from sbom.explanation.explanation import Explanation, Fact, Section, SubjectKind
from sbom.explanation.origins import locate_in_data


def explain_diagnostic(entry: Entry) -> Explanation:
    """Return what the catalog has of a diagnostic."""
    origin = locate_in_data("diagnostics", (entry.name, "meaning"))
    facts = [
        Fact("meaning", (entry.meaning,), origin),
        Fact("why it matters", (entry.reason,)),
        Fact("how to fix it", (entry.fix,)),
        Fact("severity", (entry.severity.value,)),
        Fact("can be exempted", ("yes" if entry.exemptible else "no",)),
    ]
    if entry.example:
        facts.append(Fact("example", tuple(entry.example.splitlines())))
    return Explanation(
        kind=SubjectKind.DIAGNOSTIC,
        subject=entry.id,
        title=f"{entry.id} {entry.name}",
        sections=(Section("", tuple(facts)),),
    )
