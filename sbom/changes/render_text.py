"""Changes as text for people, in 80 columns where addresses and digests allow it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

from sbom.changes.change import ChangeSet, ComponentChange, FactChange, FileChange, FileChangeKind
from sbom.changes.selection import (
    NAMED_FILES,
    count_files,
    describe_kinds,
    shown_facts,
    shown_settings,
    summarize_changes,
    title_of,
)
from sbom.diagnostics.render import printable

_WIDTH = 80
_UNSTATED = "not stated"
#: Longer than SHA-256.
_LONG_DIGEST = re.compile("[0-9a-f]{65,}")
_SIGNS = {FileChangeKind.ADDED: "+", FileChangeKind.REMOVED: "-", FileChangeKind.CHANGED: "~"}


def render_text(changes: ChangeSet) -> str:
    """Return the components that changed, the other changes, and a summary, as lines."""
    return "".join(f"{line}\n" for line in (*_lines(changes), summarize_changes(changes)))


def _lines(changes: ChangeSet) -> Iterator[str]:
    for change in changes.components:
        yield from _component_lines(change)
        yield ""
    settings = shown_settings(changes)
    if settings:
        yield "other changes"
        for fact in settings:
            yield from _fact_lines(fact, 4, _label(fact))
        yield ""


def _component_lines(change: ComponentChange) -> Iterator[str]:
    title = f"{change.name} {title_of(change, '->')}".rstrip()
    yield printable(f"{title}: {describe_kinds(change.kinds)}")
    subject = ""
    for fact in shown_facts(change):
        if fact.subject and fact.subject != subject:
            yield f"    {printable(fact.subject)}"
        subject = fact.subject
        yield from _fact_lines(fact, 8 if subject else 4, fact.fact)
    if not any(fact.fact == "ships" for fact in shown_facts(change)):
        label = "shipped" if change.new_version is None else "ships"
        for sentence in change.ships:
            yield from _wrap(f"{label}: {sentence}", 4)
    yield from _file_lines(change)
    for sentence in change.remaining:
        yield from _wrap(f"to do: {sentence}", 4)


def _label(fact: FactChange) -> str:
    return f"{fact.fact} {fact.subject}".rstrip()


def _fact_lines(fact: FactChange, indent: int, label: str) -> Iterator[str]:
    """Yield ``label: old -> new`` if that fits, or else a line for each value that differs."""
    old, new = ([_shorten(value) for value in side] for side in (fact.old, fact.new))
    if not old and len(new) == 1:
        line = f"{label}: {new[0]}"
    else:
        line = f"{label}: {', '.join(old) or _UNSTATED} -> {', '.join(new) or _UNSTATED}"
    if len(line) + indent <= _WIDTH and len(old) <= 1 and len(new) <= 1:
        yield " " * indent + line
        return
    yield f"{' ' * indent}{printable(label)}:"
    for sign, values, others in (("-", old, new), ("+", new, old)):
        for value in values:
            if value not in others:
                yield from _wrap(f"{sign} {value}", indent + 2)


def _file_lines(change: ComponentChange) -> Iterator[str]:
    if not change.files:
        return
    yield f"    files: {count_files(change)}"
    for file in change.files[:NAMED_FILES]:
        yield f"      {_SIGNS[file.kind]} {printable(file.path)}"
    yield from _more_files(change.files)


def _more_files(files: Sequence[FileChange]) -> Iterator[str]:
    if len(files) > NAMED_FILES:
        yield f"      and {len(files) - NAMED_FILES:,} more; --output-format json lists all"


def _shorten(value: str) -> str:
    """Return a value on one line, and of a digest longer than SHA-256 only the start."""
    text = printable(" ".join(value.split()))
    return f"{text[:16]}…" if _LONG_DIGEST.fullmatch(text) else text


def _wrap(text: str, indent: int) -> list[str]:
    line = printable(" ".join(text.split()))
    if line.count(" ") == 1:  # a sign and an address, which stays whole
        return [" " * indent + line]
    return textwrap.wrap(
        line,
        _WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )
