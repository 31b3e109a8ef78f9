"""Runs of one script under many settings, each of which shows what the script fetches then."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from sbom.batch import Program, ProgramRun, run_program
from sbom.diagnostics import SbomError
from sbom.diagnostics.script_messages import batch_limit
from sbom.script.externals import ANY_VALUE, Fetch
from sbom.script.run import Role, command_handler, list_fetches

#: A value that no script compares anything with.
PROBE = "\x01probe\x01"
#: What all runs of one script may cost together; the costliest real one takes 4.4 million.
_BUDGET = 5_000_000
#: How many conditions in each other are tried; more are reported as not reached.
_MOST_NESTED = 3


@dataclass(frozen=True, slots=True)
class Setting:
    """A flag, or a variable if ``value`` is given."""

    name: str
    value: str | None = None

    def __str__(self) -> str:
        """Return it as in a condition."""
        if self.value is None:
            return self.name
        return f"{self.name}={ANY_VALUE if self.value == PROBE else self.value}"


Settings = tuple[Setting, ...]
#: What the script fetches under some settings, where that is not what it fetches by default.
Outcomes = dict[Settings, frozenset[Fetch]]


class Prober:
    """Runs one script under many settings, each external as if it were the first."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.handler = command_handler(creating=False)
        self.runs: dict[Settings, ProgramRun | None] = {}
        self.organizations: dict[Fetch, str] = {}

    def completed(self) -> Iterator[ProgramRun]:
        """Yield what the script does, for all settings that were tried and under which it runs."""
        yield from filter(None, self.runs.values())

    def run_failing(self, failing: Collection[Role]) -> ProgramRun | None:
        """Return what the script does where programs of some roles fail."""
        handler = command_handler(creating=False, failing=failing)
        with suppress(SbomError):
            return run_program(self.program, handler)
        return None

    def run(self, *settings: Setting) -> ProgramRun | None:
        """Return what the script does under these settings; None if it cannot be run so."""
        if settings not in self.runs:
            arguments = [setting.name for setting in settings if setting.value is None]
            environment = {
                setting.name: setting.value for setting in settings if setting.value is not None
            }
            self.check_budget()
            try:
                self.runs[settings] = run_program(
                    self.program, self.handler, arguments, environment
                )
            except SbomError:
                self.runs[settings] = None
        return self.runs[settings]

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
        fetched = dict.fromkeys(map(self.in_first_organization, list_fetches(result.commands)))
        parts = (fetch.tag + fetch.repository + fetch.organization for fetch in fetched)
        return () if any(PROBE in part for part in parts) else tuple(fetched)

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
        return [Setting(flag) for flag in compared if flag[:1] in "-/"]

    def variables(self, names: Iterable[str]) -> list[Setting]:
        """Return each variable with each value that the script compares it with."""
        settings = []
        for name in sorted(names):
            probe = Setting(name, PROBE)
            settings += [Setting(name, value) for value in self.compared_with(probe)]
            settings.append(probe)
        return settings

    def nested(self, candidates: Iterable[Settings], known: Iterable[str]) -> Iterator[Settings]:
        """Yield settings together with variables that the script asks for only under them.

        As of ``if defined A if defined B``: B is asked for where A is set.
        """
        waiting = deque((settings, frozenset(known)) for settings in candidates)
        while waiting:
            settings, asked = waiting.popleft()
            result = self.run(*settings)
            new = result.variables - asked if result else frozenset()
            for name in sorted(new) if len(settings) < _MOST_NESTED else ():
                probe = self.run(*settings, Setting(name, PROBE))
                values = sorted(_counterparts(probe.comparisons)) if probe else []
                for value in (*values, PROBE):
                    together = (*settings, Setting(name, value))
                    waiting.append((together, asked | new))
                    yield together

    def compared_with(self, probe: Setting) -> list[str]:
        """Return what the script compares a probe with, sorted."""
        result = self.run(probe)
        return sorted(_counterparts(result.comparisons)) if result else []


def _counterparts(comparisons: Iterable[tuple[str, str]]) -> set[str]:
    """Return what the probe was compared with, less the quotes or letters around both."""
    found = set()
    for pair in comparisons:
        for text, other in (pair, pair[::-1]):
            before, probe, after = text.partition(PROBE)
            is_alike = other.startswith(before) and other.endswith(after)
            if probe and is_alike and len(other) > len(before) + len(after):
                found.add(other[len(before) : len(other) - len(after)])
    return found - {PROBE}
