"""Runs of one script under many settings, each of which shows what the script fetches then."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from sbom.batch import (
    Command,
    CommandHandler,
    Comparison,
    Program,
    ProgramRun,
    TestKey,
    run_program,
)
from sbom.diagnostics import Diagnostic, SbomError
from sbom.diagnostics.script_messages import batch_limit
from sbom.script.externals import ANY_VALUE, Fetch
from sbom.script.run import Role, command_handler, list_fetches, parse_fetch_command

#: A value that no script compares anything with.
PROBE = "\x01probe\x01"
#: What all runs of one script may cost together; those of real ones cost up to 1.5 million.
_BUDGET = 5_000_000
#: What a script does with values that it does not compare for equality.
_ORDER = re.compile(r"\b(?:LSS|LEQ|GTR|GEQ|findstr|find)\b|\bset\s*/a", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.+-])\d{1,9}(?![\w.])")
_SAMPLES = ("0", "1000000", "zzz")
_SECOND_ARGUMENT = re.compile("%~?2")
_VARIABLE = re.compile(r"(?:%|\bdefined\s+|\bset\s+\"?)([A-Za-z_]\w*)", re.IGNORECASE)
_SET = re.compile(r"\bset\s+\"?([A-Za-z_]\w*)=", re.IGNORECASE)
#: How many conditions in each other are tried; more are reported as not reached.
_MOST_NESTED = 3


@dataclass(frozen=True, slots=True)
class Setting:
    """A flag, with a value where it takes one, or a variable and its value."""

    name: str
    value: str | None = None

    @property
    def is_flag(self) -> bool:
        """Return whether it is a flag of the script."""
        return self.name[:1] in ("-", "/", PROBE[0])

    @property
    def words(self) -> tuple[str, ...]:
        """Return the arguments of a flag."""
        return (self.name,) if self.value is None else (self.name, self.value)

    def __str__(self) -> str:
        """Return it as in a condition."""
        if self.value is None:
            return self.name
        value = ANY_VALUE if self.value == PROBE else self.value
        return f"{self.name} {value}" if self.is_flag else f"{self.name}={value}"


Settings = tuple[Setting, ...]
#: What the script fetches under some settings, where that is not what it fetches by default.
Outcomes = dict[Settings, frozenset[Fetch]]


class Prober:
    """Runs one script under many settings, each external as if it were the first."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.runs: dict[Settings, ProgramRun | None] = {}
        self.creating: dict[Settings, ProgramRun | None] = {}
        self.organizations: dict[Fetch, str] = {}
        self.refused: list[Diagnostic] = []

    def completed(self) -> Iterator[ProgramRun]:
        """Yield what the script does, for all settings that were tried and under which it runs."""
        yield from filter(None, [*self.runs.values(), *self.creating.values()])

    def run_failing(
        self, failing: Collection[Role], *, creating: bool = False
    ) -> ProgramRun | None:
        """Return what the script does where programs of some roles fail."""
        handler = command_handler(creating=creating, failing=failing)
        with suppress(SbomError):
            return run_program(self.program, handler)
        return None

    def run(self, *settings: Setting) -> ProgramRun | None:
        """Return what the script does under these settings; None if it cannot be run so."""
        if settings not in self.runs:
            self.runs[settings] = self._run(settings, command_handler(creating=False))
        return self.runs[settings]

    def _run(self, settings: Settings, handler: CommandHandler) -> ProgramRun | None:
        arguments = [word for setting in settings if setting.is_flag for word in setting.words]
        environment = {
            setting.name: setting.value or "" for setting in settings if not setting.is_flag
        }
        self.check_budget()
        try:
            return run_program(self.program, handler, arguments, environment)
        except SbomError as error:
            self.refused += error.diagnostics
        return None

    def run_creating(self, *settings: Setting) -> ProgramRun | None:
        """Return what the script does where each directory is there once it is filled."""
        if settings not in self.creating:
            self.creating[settings] = self._run(settings, command_handler(creating=True))
        return self.creating[settings]

    def check_budget(self) -> None:
        """Raise SbomError once trying this script out has cost more than any real one does."""
        if self.program.cost > _BUDGET:
            message = "the script compares more flags and variables than can be tried"
            hint = "remove comparisons, or let the script do less"
            raise SbomError([batch_limit(self.program.file, 1, message, hint)])

    def fetched(self, *settings: Setting) -> tuple[Fetch, ...]:
        """Return what is fetched; nothing where the script cannot be run that way.

        A variable that becomes part of an address or a tag (SVNROOT) is not a condition.
        """
        result = self.run(*settings)
        if result is None:
            return ()
        created = self.run_creating(*settings) if result.is_hidden_asked_for else None
        fetched = self.listed(result, created)
        parts = (fetch.tag + fetch.repository + fetch.organization for fetch in fetched)
        return () if any(PROBE in part for part in parts) else tuple(fetched)

    def fetched_without_tools(self) -> tuple[Fetch, ...]:
        """Return what is fetched where the programs that the script looks for are not installed."""
        result = self.run_failing((Role.TOOL,))
        if result is None:
            return ()
        is_asked = result.is_hidden_asked_for
        created = self.run_failing((Role.TOOL,), creating=True) if is_asked else None
        return tuple(self.listed(result, created))

    def listed(self, hidden: ProgramRun, created: ProgramRun | None) -> dict[Fetch, None]:
        """Return what a run fetches, and with which directories there it was run once more."""
        commands: Iterable[Command] = hidden.commands
        if created is not None:
            commands = _as_in_one_run(commands, created.commands)
        return dict.fromkeys(map(self.in_first_organization, list_fetches(commands)))

    def in_first_organization(self, fetch: Fetch) -> Fetch:
        """Return a fetch as from the organization that it was first fetched from: no condition."""
        if PROBE in fetch.organization:
            return fetch
        same = replace(fetch, organization="")
        return replace(fetch, organization=self.organizations.setdefault(same, fetch.organization))

    def outcomes(self, candidates: Iterable[Settings], default: Sequence[Fetch]) -> Outcomes:
        """Return what settings make the script fetch, where that differs from the default.

        Settings under which it fetches nothing at all (``--clean-only``, a flag the script
        rejects) are not a condition of anything in particular and are left out.
        """
        fetched = {settings: frozenset(self.fetched(*settings)) for settings in candidates}
        return {
            settings: found
            for settings, found in fetched.items()
            if found and found != frozenset(default)
        }

    def flags(self) -> list[Setting]:
        """Return the flags that the script compares its first argument with."""
        compared = self.compared_with(Setting(PROBE))
        flags = [Setting(flag) for flag in compared if flag[:1] in "-/"]
        if any(_SECOND_ARGUMENT.search(line) for line in self.program.lines):
            flags += [valued for flag in flags for valued in self.valued(flag.name)]
        return flags

    def valued(self, flag: str) -> list[Setting]:
        """Return a flag with each value that the script compares its value with."""
        probe = Setting(flag, PROBE)
        values = [value for value in self.compared_with(probe) if value[:1] not in "-/"]
        return [*(Setting(flag, value) for value in values), probe] if values else []

    def variables(self, names: Iterable[str]) -> list[Setting]:
        """Return each variable with each value that the script compares it with."""
        settings = []
        for name in self.as_written(names):
            probe = Setting(name, PROBE)
            settings += [Setting(name, value) for value in self.compared_with(probe)]
            settings.append(probe)
        return settings

    def nested(self, candidates: Iterable[Settings], default: ProgramRun) -> Iterator[Settings]:
        """Yield settings together with others that the script compares only under them.

        As of ``if "%A%"=="1" if "%B%"=="2"``: B is compared where A is 1.
        """
        found: set[frozenset[Setting]] = set()
        waiting = deque((settings, default) for settings in candidates)
        while waiting:
            settings, before = waiting.popleft()
            result = self.run(*settings)
            if result is None or len(settings) >= _MOST_NESTED:
                continue
            for setting in self.compared_below(settings, before, result):
                together = (*settings, setting)
                if frozenset(together) not in found:
                    found.add(frozenset(together))
                    waiting.append((together, result))
                    yield together

    def compared_below(
        self, settings: Settings, before: ProgramRun, result: ProgramRun
    ) -> Iterator[Setting]:
        """Yield the settings that ``result`` compares in an ``if`` that ``before`` does not reach.

        Each variable or flag with the values that it is compared with, a variable with any too.
        """
        reached = {comparison.key for comparison in before.comparisons}
        new = [comparison for comparison in result.comparisons if comparison.key not in reached]
        asked = {comparison.left.upper() for comparison in new if comparison.is_name}
        asked |= result.variables - before.variables
        is_text_compared = any(not comparison.is_name for comparison in new)
        names = asked | result.variables if is_text_compared else asked
        for name in self.as_written(names - {setting.name.upper() for setting in settings}):
            probe = Setting(name, PROBE)
            is_asked = name.upper() in asked
            values = self.compared_with(probe, *settings, except_in=() if is_asked else reached)
            yield from (Setting(name, value) for value in values)
            if values or is_asked:
                yield probe
        if is_text_compared:
            values = self.compared_with(Setting(PROBE), *settings, except_in=reached)
            yield from (Setting(flag) for flag in values if flag[:1] in "-/")

    def set_names(self) -> list[str]:
        """Return the names of variables that the script sets, as far as its text shows."""
        return [name for line in self.program.lines for name in _SET.findall(line)]

    def as_written(self, names: Iterable[str]) -> list[str]:
        """Return upper-case names of variables, sorted, as the script first writes them."""
        found = [name for line in self.program.lines for name in _VARIABLE.findall(line)]
        written = {name.upper(): name for name in reversed(found)}
        return [written.get(name, name) for name in sorted(names)]

    def samples(self) -> Iterator[tuple[Settings, Settings]]:
        """Yield settings with any value of a variable or flag, and the same with one value.

        Only where the script calculates, compares by order or searches: where each value that it
        does not compare with another for equality need not do the same.
        """
        numbers = {
            int(number) + step
            for line in self.program.lines
            if _ORDER.search(line)
            for number in _NUMBER.findall(line)
            for step in (-1, 0, 1)
        }
        if not numbers and not any(map(_ORDER.search, self.program.lines)):
            return
        values = [*_SAMPLES, *map(str, sorted(numbers))]
        for settings in [*self.runs]:
            for index, setting in enumerate(settings):
                for value in values if setting.value == PROBE else ():
                    sample = replace(setting, value=value)
                    yield settings, (*settings[:index], sample, *settings[index + 1 :])

    def same_with_other_values(self, settings: Settings, index: int) -> Iterator[Settings]:
        """Yield the settings that were tried and differ only in the value of one of these."""
        name = settings[index].name
        for other in self.runs:
            if len(other) == len(settings) and other[index].value not in (None, PROBE):
                is_same = all(
                    setting.name == name if n == index else setting == settings[n]
                    for n, setting in enumerate(other)
                )
                if is_same:
                    yield other

    def compared_with(
        self, probe: Setting, *settings: Setting, except_in: Collection[TestKey] = ()
    ) -> list[str]:
        """Return what the script compares a probe with under some settings, sorted.

        Except in some of its tests.
        """
        result = self.run(*settings, probe)
        comparisons = result.comparisons if result else ()
        return sorted(
            _counterparts(
                comparison for comparison in comparisons if comparison.key not in except_in
            )
        )


def _as_in_one_run(hidden: Iterable[Command], created: Iterable[Command]) -> list[Command]:
    """Return what a script runs where the directories of other externals are there.

    ``hidden`` are its commands where no directory is, ``created`` where each is. A command that is
    of the first only, because its own directory is there, fetches an external of the same tag.
    """
    made = {found[1].lower() for command in created if (found := parse_fetch_command(command))}
    texts = {command.text for command in created}
    kept = [
        command
        for command in hidden
        if command.text in texts
        or ((found := parse_fetch_command(command)) and found[1].lower() in made)
    ]
    kept_texts = {command.text for command in kept}
    return [
        *kept,
        *(command for command in created if command.text not in kept_texts),
    ]


def _counterparts(comparisons: Iterable[Comparison]) -> set[str]:
    """Return what the probe was compared with, less the quotes or letters around both."""
    found = set()
    for comparison in comparisons:
        for text, other in (
            (comparison.left, comparison.right),
            (comparison.right, comparison.left),
        ):
            before, probe, after = text.partition(PROBE)
            is_alike = other.startswith(before) and other.endswith(after)
            if probe and is_alike and len(other) > len(before) + len(after):
                found.add(other[len(before) : len(other) - len(after)])
    return found - {PROBE}
