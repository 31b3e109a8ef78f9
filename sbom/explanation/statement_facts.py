"""What is known about a vulnerability: the statements of vex.toml, and what each is true of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from sbom.explanation.explanation import (
    Explanation,
    Fact,
    Locate,
    Section,
    SubjectKind,
    table_facts,
)
from sbom.manifest.model import Manifest
from sbom.vex.statement import Statement, is_about, is_current
from sbom.vex.statement_checks import versions_in_manifest


def find_statements(word: str, statements: Iterable[Statement]) -> tuple[int, ...]:
    """Return the numbers of the statements about a vulnerability, by any of its ids."""
    wanted = word.casefold()
    return tuple(
        number
        for number, statement in enumerate(statements)
        if wanted in {id_.casefold() for id_ in statement.ids}
    )


def explain_vulnerability(
    numbers: Sequence[int], statements: Sequence[Statement], manifest: Manifest, locate: Locate
) -> Explanation:
    """Return statements about one vulnerability, by their numbers, at least one."""
    names = {spec.key: spec.name for spec in manifest.components}
    versions = versions_in_manifest(manifest)
    first = statements[numbers[0]]
    sections = []
    for number in numbers:
        statement = statements[number]
        contained = versions.get(names.get(statement.component, ""), ())
        facts = (
            *table_facts(statement, ("statement", number), locate),
            Fact(
                f"in CPython {manifest.cpython.version}", (_sum_up(statement, manifest, contained),)
            ),
        )
        sections.append(Section(f"{statement.component}: {statement.status.value}", facts))
    return Explanation(
        kind=SubjectKind.VULNERABILITY,
        subject=first.vulnerability,
        title=first.vulnerability,
        sections=tuple(sections),
    )


def _sum_up(statement: Statement, manifest: Manifest, versions: Collection[str]) -> str:
    """Return what a statement means for the release of the manifest, in a sentence."""
    if not is_current(statement, manifest):
        return "does not apply: the statement is about other versions of CPython"
    about = sorted(version for version in versions if is_about(statement, version))
    if not about:
        return "does not apply: the release contains no such version of the component"
    named = " and ".join(version or "of an unknown version" for version in about)
    return f"applies to {statement.component} {named}"


def statement_facts(
    component: str, statements: Sequence[Statement], locate: Locate
) -> Iterator[Fact]:
    """Yield one fact for each statement about a component: its vulnerability and status."""
    for number, statement in enumerate(statements):
        if statement.component == component:
            limits = [statement.versions and f"versions {statement.versions}"]
            limits += [statement.cpython_versions and f"CPython {statement.cpython_versions}"]
            after = f" ({', '.join(filter(None, limits))})" if any(limits) else ""
            text = f"{statement.status.value}{after}"
            yield Fact(statement.vulnerability, (text,), locate(("statement", number)))
