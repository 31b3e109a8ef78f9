"""Changes as Markdown for a pull request, in GitHub's flavor.

Values are in code spans and sentences are escaped, so that nothing in a manifest or a document
becomes markup, a mention or a hidden link.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sbom.changes.change import ChangeSet, ComponentChange, FactChange, FileChangeKind
from sbom.changes.selection import (
    NAMED_FILES,
    count_files,
    describe_kinds,
    shown_facts,
    shown_settings,
    striking_facts,
    summarize_changes,
    title_of,
)
from sbom.diagnostics.render import printable

#: From this number of components on, a table of them stands before the details.
_OVERVIEW = 4
_UNSTATED = "not stated"
_LINKED = re.compile(r"https?://[^\s<>()|`\\\"]+")


def render_markdown(changes: ChangeSet) -> str:
    """Return a section: what stands out, then a table for each component."""
    return "".join(f"{line}\n" for line in _lines(changes))


def _lines(changes: ChangeSet) -> Iterator[str]:
    yield "## Changes of the SBOM"
    yield ""
    yield f"From {_code(changes.old)} to {_code(changes.new)}: {summarize_changes(changes)}."
    yield from _warning(changes)
    if len(changes.components) >= _OVERVIEW:
        yield from _overview(changes.components)
    for change in changes.components:
        yield from _component(change)
    settings = shown_settings(changes)
    if settings:
        yield from ("", "### Other changes", "")
        yield from _table(settings, {})


def _warning(changes: ChangeSet) -> Iterator[str]:
    """Yield other licenses, other identifiers and new exemptions in a box of their own."""
    rows = [
        f"{_name(change.name)}: {fact.fact} {_values(fact.old)} → {_values(fact.new)}"
        for change in changes.components
        for fact in striking_facts(change)
    ]
    rows += [
        f"exemption: {_values((value,))}"
        for fact in changes.settings
        if fact.fact == "exemption"
        for value in fact.new
    ]
    if rows:
        yield from (
            "",
            "> [!WARNING]",
            "> Review these licenses, identifiers, origins and exemptions:",
        )
        yield from (f"> - {row}" for row in rows)


def _overview(components: Sequence[ComponentChange]) -> Iterator[str]:
    yield from ("", "| component | version | change | to do |", "| --- | --- | --- | --- |")
    for change in components:
        remaining = str(len(change.remaining)) if change.remaining else ""
        version = _code(title_of(change, "→"))
        yield f"| {_name(change.name)} | {version} | {describe_kinds(change.kinds)} | {remaining} |"


def _component(change: ComponentChange) -> Iterator[str]:
    title = f"{_code(title_of(change, '→'))}: {describe_kinds(change.kinds)}"
    yield from ("", f"### {_code(change.name)} {title}", "")
    facts = shown_facts(change)
    archives = {fact.subject: fact for fact in change.facts if fact.fact == "archive"}
    is_linked = {fact.subject for fact in facts if fact.fact == "tag"} & archives.keys()
    if facts:
        yield from (*_table(facts, archives), "")
    if change.ships and not any(fact.fact == "ships" for fact in facts):
        yield "<br>".join(map(_escape, change.ships))
    if change.archives and not is_linked and not any(fact.fact == "archive" for fact in facts):
        yield f"Archive: {', '.join(map(_link, change.archives))}"
    yield from _files(change)
    if change.remaining:
        yield from ("", "To do:")
        yield from (f"- [ ] {_escape(sentence)}" for sentence in change.remaining)


def _table(facts: Sequence[FactChange], archives: dict[str, FactChange]) -> Iterator[str]:
    """Yield a row for each fact; a tag leads to its archive."""
    yield from ("| | old | new |", "| --- | --- | --- |")
    for fact in facts:
        label = fact.fact + (f" of {_code(fact.subject)}" if fact.subject else "")
        old, new = _values(fact.old), _values(fact.new)
        archive = archives.get(fact.subject)
        if fact.fact == "tag" and archive:
            old, new = _linked(fact.old, archive.old), _linked(fact.new, archive.new)
        yield f"| {label} | {old} | {new} |"


def _linked(tags: Sequence[str], urls: Sequence[str]) -> str:
    if tags and urls and _LINKED.fullmatch(urls[0]):
        return f"[{_code(tags[0])}](<{urls[0]}>)"
    return _values(tags)


def _files(change: ComponentChange) -> Iterator[str]:
    if not change.files:
        return
    yield from ("", f"<details><summary>Files: {count_files(change)}</summary>", "")
    yield from ("| file | | digest |", "| --- | --- | --- |")
    for file in change.files[:NAMED_FILES]:
        digests = [side.partition(":")[2] for side in (file.old, file.new) if side]
        shown = digests if file.kind is FileChangeKind.CHANGED else digests[-1:]
        yield f"| {_code(file.path)} | {file.kind} | {' → '.join(map(_code, shown))} |"
    if len(change.files) > NAMED_FILES:
        yield f"| and {len(change.files) - NAMED_FILES:,} more | | |"
    yield from ("", "</details>")


def _values(values: Sequence[str]) -> str:
    return "<br>".join(_link(value) for value in values) or _UNSTATED


def _link(value: str) -> str:
    return f"<{value}>" if _LINKED.fullmatch(value) else _code(value)


def _name(text: str) -> str:
    return f"**{_code(text)}**"


def _escape(text: str) -> str:
    """Return a sentence without markup and without @mentions."""
    line = re.sub(r"[\\`*_{}\[\]<>#|~!]", r"\\\g<0>", printable(" ".join(text.split())))
    return line.replace("@", "&#64;")


def _code(text: str) -> str:
    """Return a text in a code span, fit for a table too: CommonMark 6.1, GFM 4.10."""
    line = printable(" ".join(text.split())).replace("|", r"\|")
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    blank = " " if longest else ""
    return f"{fence}{blank}{line}{blank}{fence}" if line else ""
