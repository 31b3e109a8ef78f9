"""What people are shown of a change; programs get all of it.

Left out is what follows from something that is shown, and repeats it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from sbom.changes.change import ChangeKind, ChangeSet, ComponentChange, FactChange

#: Of one external: what another tag, or another SHA-256, implies.
_CONTENTS = frozenset(
    (
        "sha512",
        "size",
        "file-count",
        "verification-code",
        "verification-code-with-links",
        "dll-digests",
        "wheel",
    )
)
_IMPLYING = ("tag", "sha256", "version")
#: Shown of a component that is new, and of one that is gone.
_OF_NEW = frozenset(
    [
        "license-concluded",
        "license-declared",
        "purl",
        "cpe",
        "supplier",
        "originator",
        "ships",
        "tag",
        "archive",
        "fetched",
        "commit",
        "sha256",
        "mirror",
        "annotation",
    ]
)
_OF_GONE = frozenset(("tag",))
#: What the title of a component shows.
_IN_TITLE = frozenset(("name", "version"))
#: What only records that regen ran.
_RECORDS = frozenset(("cpython.script-sha256", "cpython.vendored-from"))
#: Changes that a reviewer must not overlook.
_STRIKING = (ChangeKind.RELICENSED, ChangeKind.IDENTIFIERS)

#: How many files of a component are named.
NAMED_FILES = 10


def shown_facts(change: ComponentChange) -> tuple[FactChange, ...]:
    """Return the facts of a component that people are shown, what matters most first."""
    order = list(ChangeKind)
    facts = [fact for fact in change.facts if fact.fact not in _IN_TITLE or _is_renamed(fact)]
    if change.old_version is None:
        facts = [fact for fact in facts if fact.fact in _OF_NEW]
    elif change.new_version is None:
        facts = [fact for fact in facts if fact.fact in _OF_GONE]
    stated = {(fact.subject, fact.fact): fact for fact in change.facts}
    facts = [fact for fact in facts if not _is_implied(fact, stated)]
    return tuple(sorted(facts, key=lambda fact: (fact.subject, order.index(fact.kind))))


def _is_renamed(fact: FactChange) -> bool:
    return fact.fact == "name" and bool(fact.old and fact.new)


def _is_implied(fact: FactChange, stated: Mapping[tuple[str, str], FactChange]) -> bool:
    """Return whether a fact follows from another one of the same subject."""
    if fact.fact == "archive":
        return _is_archive_of_tag(fact, stated.get((fact.subject, "tag")))
    return fact.fact in _CONTENTS and any((fact.subject, by) in stated for by in _IMPLYING)


def _is_archive_of_tag(archive: FactChange, tag: FactChange | None) -> bool:
    """Return whether an address differs from the old one by its tag alone: it is not elsewhere."""
    if tag is None or not (tag.old and tag.new and archive.old and archive.new):
        return False
    return archive.old[0].replace(tag.old[0], tag.new[0]) == archive.new[0]


def shown_settings(changes: ChangeSet) -> tuple[FactChange, ...]:
    """Return the other keys that people are shown: a mere record only if there is nothing else."""
    facts = tuple(fact for fact in changes.settings if fact.fact not in _RECORDS)
    return facts if facts or changes.components else changes.settings


def striking_facts(change: ComponentChange) -> tuple[FactChange, ...]:
    """Return what must not be overlooked of a component that was there before, and still is.

    That is another license, another identifier, or an archive from somewhere else.
    """
    if change.old_version is None or change.new_version is None:
        return ()
    tags = {fact.subject for fact in change.facts if fact.fact == "tag"}
    return tuple(
        fact
        for fact in shown_facts(change)
        if fact.kind in _STRIKING
        or (fact.fact == "archive" and fact.old and fact.new and fact.subject in tags)
    )


def title_of(change: ComponentChange, arrow: str) -> str:
    """Return the version of a component: the old and the new one, if these differ."""
    if change.old_version is None or change.new_version is None:
        return change.new_version or change.old_version or ""
    if change.old_version == change.new_version:
        return change.new_version
    return f"{change.old_version or 'unknown'} {arrow} {change.new_version or 'unknown'}"


def count_files(change: ComponentChange) -> str:
    """Return how many files came, went and changed, in words."""
    found = Counter(file.kind for file in change.files)
    return ", ".join(f"{number:,} {kind}" for kind, number in sorted(found.items()))


def describe_kinds(kinds: Sequence[ChangeKind]) -> str:
    """Return kinds of changes in words."""
    return ", ".join(kind.replace("-changed", " changed") for kind in kinds)


def summarize_changes(changes: ChangeSet) -> str:
    """Return in one line what happened to how many components, and to what else."""
    number = len(changes.components)
    counts = ", ".join(
        f"{kind.removesuffix('-changed')} of {number:,}"
        if kind.endswith("-changed")
        else f"{number:,} {kind}"
        for kind, number in changes.count_kinds().items()
    )
    components = f"{number:,} component{'' if number == 1 else 's'} changed"
    others = len(shown_settings(changes))
    parts = [f"{components}: {counts}"] if number else []
    parts += [f"{others:,} other change{'' if others == 1 else 's'}"] if others else []
    return "; ".join(parts) or "no differences"
