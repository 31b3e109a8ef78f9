"""What no listed external is of: commands that could fetch, under conditions no flag decides on.

A script may run a command only where a program fails (``where git || git clone …``), where a file
exists, or never. Such a command is never left out silently: what it fetches is listed already, or
it is reported.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from sbom.batch import Command, CommandKey, ProgramRun, starts_program
from sbom.diagnostics import Code, Diagnostic
from sbom.diagnostics.script_messages import unlisted_command
from sbom.script.externals import Fetch
from sbom.script.probing import PROBE, Prober
from sbom.script.run import Role, find_role, parse_fetch_command

#: Programs that may fail: an interpreter that is not found, tools that are not installed.
_ABSENT = ((Role.FIND_PYTHON,), (Role.TOOL,), (Role.FIND_PYTHON, Role.TOOL))
#: Fetches that fail: tried only for commands that nothing else runs.
_BROKEN = ((Role.FETCH,), (Role.FIND_PYTHON, Role.FETCH), tuple(Role))

#: A line that no run has read is not parsed: what could fetch is recognized by its name.
_FETCHING = re.compile(
    r"\b(?:get_external\.py|curl|wget|powershell|pwsh|nuget|bitsadmin|certutil|ftp|hg|aria2c)\b",
    re.IGNORECASE,
)
#: Programs, and which of their commands fetch.
_VERSION_CONTROL = tuple(
    (re.compile(rf"\b{program}\b", re.IGNORECASE), re.compile(commands, re.IGNORECASE))
    for program, commands in (("git", r"\bclone\b"), ("svn", r"\b(?:export|checkout|co)\b"))
)
_SILENT = re.compile(r"[\s@(]*(?:rem\b|:|echo\b|title\b)", re.IGNORECASE)
_LABEL = re.compile(r"\s*call[\s,;=]+:?([^\s,;=+:&|<>]+)", re.IGNORECASE)
_LONGEST_TEXT = 60


def _could_fetch(line: str) -> bool:
    """Return whether a line names a program that could fetch."""
    return bool(_FETCHING.search(line)) or any(
        # The first one has all that is after any other: no line is searched again from each.
        (found := program.search(line)) and commands.search(line, found.end())
        for program, commands in _VERSION_CONTROL
    )


def find_unlisted(
    prober: Prober, listed: Collection[Fetch], known: Collection[int]
) -> list[Diagnostic]:
    """Return a diagnostic of each line with a command that could fetch what is not listed.

    ``known`` are lines with a diagnostic already, which are left out.
    """
    lines = _Coverage(prober, listed).unlisted_lines()
    program = prober.program
    texts = {line: program.lines[line - 1].strip()[:_LONGEST_TEXT] for line in lines - {*known}}
    return [unlisted_command(program.file, line, text) for line, text in texts.items()]


def find_unsupported(prober: Prober) -> list[Diagnostic]:
    """Return what could not be simulated in any run, apart from placeholder values."""
    refused = (refusal for refusal in prober.refused if refusal.code is Code.UNSUPPORTED_COMMAND)
    found = {
        diagnostic.location.line: diagnostic
        for diagnostic in (
            *refused,
            *(diagnostic for run in prober.completed() for diagnostic in run.diagnostics),
        )
        if PROBE[0] not in diagnostic.message  # which may have the start of it only
    }
    return list(found.values())


class _Coverage:
    """Which commands of a script are of listed externals, as far as its runs show."""

    def __init__(self, prober: Prober, listed: Collection[Fetch]) -> None:
        self.prober = prober
        self.program = prober.program
        self.listed = listed
        self.covered: set[CommandKey] = set()
        self.uncovered: set[CommandKey] = set()
        self.unexpected: set[CommandKey] = set()
        for run in prober.completed():
            self.add(run)

    def add(self, run: ProgramRun, *, is_complete: bool = False) -> None:
        """Add the commands of a run; ``is_complete`` where all that it fetches must be listed."""
        # A call of a label does what the commands after the label do.
        self.covered |= run.executed - {command.key for command in run.commands}
        for command in run.commands:
            if found := parse_fetch_command(command):
                is_listed = self.prober.in_first_organization(found[0]) in self.listed
            else:
                is_listed = not starts_program(command.text) or find_role(command) is not None
            (self.covered if is_listed else self.uncovered).add(command.key)
            if is_complete and not is_listed:
                self.unexpected.add(command.key)

    def unlisted_lines(self) -> set[int]:
        """Return the numbers of the lines with a command that could fetch what is not listed."""
        self.try_without(_ABSENT)
        if self.remaining():
            self.try_without(_BROKEN)
        found = self.remaining() | self.unexpected
        lines = {line for line, _ in found}
        lines.update(
            number
            for number, line in self.program.unread_lines()
            if _could_fetch(line) and not _SILENT.match(line)
        )
        return lines

    def try_without(self, failures: Iterable[tuple[Role, ...]]) -> None:
        """Run the script where programs fail, by default and under each setting it has."""
        for failing in failures:
            if run := self.prober.run_failing(failing):
                self.add(run, is_complete=True)

    def remaining(self) -> set[CommandKey]:
        """Return the commands that could fetch, less those that fetch what is listed in a run."""
        parsed = {
            simple.key for simple in self.program.read_commands() if self.could_fetch(simple.text)
        }
        return (parsed - self.program.without_items | self.uncovered) - self.covered

    def could_fetch(self, text: str) -> bool:
        """Return whether a command that was not run could fetch, or call a label that does."""
        command = Command(0, text, "")
        if starts_program(text):
            return find_role(command) in (None, Role.FETCH)
        match = _LABEL.match(text)
        start = self.program.find_label(match[1], 0) if match else None
        if start is None:
            return False
        return any(_could_fetch(line) for line in self.program.lines[start:])
