"""Everything a script can fetch, and the flags or variables that decide on each external.

Determined by running the script under each flag and each variable it listens to, never by
matching its lines; only text that looks like a tag and is fetched by no run is searched for in the
text.
"""

from __future__ import annotations

import itertools
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sbom.batch import Program, ProgramRun, run_program
from sbom.diagnostics import SbomError, sort_diagnostics
from sbom.diagnostics.script_messages import batch_limit, unreachable_tag
from sbom.script.externals import (
    ANY_VALUE,
    Condition,
    ExternalKind,
    Fetch,
    ScriptAnalysis,
    ScriptExternal,
)
from sbom.script.run import SCRIPT_NAME, command_handler, list_fetches, run_strictly

#: A value that no script compares anything with.
_PROBE = "\x01probe\x01"
#: What all runs of one script may cost together; the costliest real one takes 4.4 million.
_BUDGET = 5_000_000
#: How many conditions in each other are tried; more are reported as not reached.
_MOST_NESTED = 3

_TAG = re.compile(r"(?<![\w.%~\\/+-])[A-Za-z][A-Za-z_+]*(?:-[A-Za-z][A-Za-z_+]*)*-\d[\w.+-]*\w")
_SILENT = re.compile(r"[\s@(]*(?:rem\b|::|echo\b|title\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Setting:
    """A flag, or a variable if ``value`` is given."""

    name: str
    value: str | None = None

    def __str__(self) -> str:
        if self.value is None:
            return self.name
        return f"{self.name}={ANY_VALUE if self.value == _PROBE else self.value}"


_Settings = tuple[_Setting, ...]
#: What the script fetches under some settings, where that is not what it fetches by default.
_Outcomes = dict[_Settings, frozenset[Fetch]]


def analyze_script(text: str, file: str = SCRIPT_NAME) -> ScriptAnalysis:
    """Return every external a script can fetch, each with its condition, and its diagnostics.

    Raises SbomError if the script cannot be run at all.
    """
    program = Program(text, file)
    result = run_strictly(program)
    prober = _Prober(program)
    default = prober.fetched()
    settings = [*prober.flags(), *prober.variables(_names_as_written(text, result.variables))]
    outcomes = prober.outcomes([(setting,) for setting in settings], default)
    nested = prober.nested([(setting,) for setting in settings], result.variables)
    outcomes |= prober.outcomes(nested, default)
    tags = _find_tags(program)
    unreachable = _without_fetched(tags, default, outcomes)
    if unreachable:
        outcomes |= prober.outcomes(_pairs(settings), default)
        unreachable = _without_fetched(tags, default, outcomes)
    diagnostics = [unreachable_tag(file, line, tag) for line, tag in unreachable]
    return ScriptAnalysis(
        _externals(prober, default, outcomes),
        sort_diagnostics([*result.diagnostics, *diagnostics]),
    )


# Runs.


class _Prober:
    """Runs one script under many settings, each external as if it were the first."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.handler = command_handler(creating=False)
        self.runs: dict[_Settings, ProgramRun | None] = {}
        self.organizations: dict[Fetch, str] = {}

    def run(self, *settings: _Setting) -> ProgramRun | None:
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

    def fetched(self, *settings: _Setting) -> tuple[Fetch, ...]:
        """Return what is fetched; nothing where the script cannot be run that way.

        A variable that becomes part of an address or a tag (SVNROOT) is not a condition.
        """
        result = self.run(*settings)
        if result is None:
            return ()
        fetched = dict.fromkeys(map(self.in_first_organization, list_fetches(result.commands)))
        parts = (fetch.tag + fetch.repository + fetch.organization for fetch in fetched)
        return () if any(_PROBE in part for part in parts) else tuple(fetched)

    def in_first_organization(self, fetch: Fetch) -> Fetch:
        """Return a fetch as from the organization that it was first fetched from: no condition."""
        if _PROBE in fetch.organization:
            return fetch
        same = replace(fetch, organization="")
        return replace(fetch, organization=self.organizations.setdefault(same, fetch.organization))

    def outcomes(self, candidates: Iterable[_Settings], default: Sequence[Fetch]) -> _Outcomes:
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

    def flags(self) -> list[_Setting]:
        """Return the flags that the script compares its first argument with."""
        compared = self.compared_with(_Setting(_PROBE))
        return [_Setting(flag) for flag in compared if flag[:1] in "-/"]

    def variables(self, names: Iterable[str]) -> list[_Setting]:
        """Return each variable with each value that the script compares it with."""
        settings = []
        for name in sorted(names):
            probe = _Setting(name, _PROBE)
            settings += [_Setting(name, value) for value in self.compared_with(probe)]
            settings.append(probe)
        return settings

    def nested(self, candidates: Iterable[_Settings], known: Iterable[str]) -> Iterator[_Settings]:
        """Yield settings together with variables that the script asks for only under them.

        As of ``if defined A if defined B``: B is asked for where A is set.
        """
        waiting = deque((settings, frozenset(known)) for settings in candidates)
        while waiting:
            settings, asked = waiting.popleft()
            result = self.run(*settings)
            new = result.variables - asked if result else frozenset()
            for name in sorted(new) if len(settings) < _MOST_NESTED else ():
                probe = self.run(*settings, _Setting(name, _PROBE))
                values = sorted(_counterparts(probe.comparisons)) if probe else []
                for value in (*values, _PROBE):
                    together = (*settings, _Setting(name, value))
                    waiting.append((together, asked | new))
                    yield together

    def compared_with(self, probe: _Setting) -> list[str]:
        """Return what the script compares a probe with, sorted."""
        result = self.run(probe)
        return sorted(_counterparts(result.comparisons)) if result else []


def _counterparts(comparisons: Iterable[tuple[str, str]]) -> set[str]:
    """Return what the probe was compared with, less the quotes or letters around both."""
    found = set()
    for pair in comparisons:
        for text, other in (pair, pair[::-1]):
            before, probe, after = text.partition(_PROBE)
            is_alike = other.startswith(before) and other.endswith(after)
            if probe and is_alike and len(other) > len(before) + len(after):
                found.add(other[len(before) : len(other) - len(after)])
    return found - {_PROBE}


def _names_as_written(text: str, upper: Iterable[str]) -> list[str]:
    """Return variable names in the case the script writes them, as a person would type them."""
    names = {word.upper(): word for word in reversed(re.findall(r"[A-Za-z_]\w*", text))}
    return [names.get(name, name) for name in upper]


def _pairs(settings: Sequence[_Setting]) -> Iterable[_Settings]:
    """Return two flags each; two variables each only where there is no flag to set them."""
    flags = [setting for setting in settings if setting.value is None]
    return itertools.combinations(flags or settings, 2)


# Externals.


def _externals(
    prober: _Prober, default: Sequence[Fetch], outcomes: _Outcomes
) -> tuple[ScriptExternal, ...]:
    """Return all that any run fetches, in script order."""
    ordered = _in_script_order(prober, default, outcomes)
    shadowed = _shadowed(ordered)
    usual = frozenset(default)
    return tuple(
        ScriptExternal(
            fetch.kind,
            fetch.tag,
            fetch.repository,
            _condition(fetch, outcomes, default=fetch in usual),
            shadowed=fetch in shadowed,
            organization=fetch.organization,
            method=fetch.method,
        )
        for fetch in ordered
    )


def _in_script_order(prober: _Prober, default: Sequence[Fetch], outcomes: _Outcomes) -> list[Fetch]:
    """Return everything that any run fetches, in the order of a run that fetches it all."""
    usual = frozenset(default)
    adding = dict.fromkeys(
        setting for settings, found in outcomes.items() if found - usual for setting in settings
    )
    others = sorted(_all_fetches(default, outcomes), key=_by_kind)
    return list(dict.fromkeys([*prober.fetched(*adding), *default, *others]))


def _all_fetches(default: Sequence[Fetch], outcomes: _Outcomes) -> set[Fetch]:
    return set(default).union(*outcomes.values())


def _by_kind(fetch: Fetch) -> tuple[bool, str]:
    return fetch.kind is ExternalKind.BINARY, fetch.tag


def _shadowed(ordered: Iterable[Fetch]) -> set[Fetch]:
    """Return what comes behind an external of the same tag and the other kind."""
    before: dict[str, set[ExternalKind]] = {}
    found = set()
    for fetch in ordered:
        kinds = before.setdefault(fetch.tag, set())
        if kinds - {fetch.kind}:
            found.add(fetch)
        kinds.add(fetch.kind)
    return found


def _condition(
    fetch: Fetch, outcomes: Mapping[_Settings, frozenset[Fetch]], *, default: bool
) -> Condition:
    """Return the condition of one external: flags where there are any, else variables."""
    changing = [settings for settings, found in outcomes.items() if (fetch in found) != default]
    flags = [
        settings for settings in changing if all(setting.value is None for setting in settings)
    ]
    candidates = flags or changing
    fewest = min(map(len, candidates), default=0)
    sets = tuple(tuple(map(str, candidate)) for candidate in candidates if len(candidate) == fewest)
    return Condition(disabled_by=sets) if default else Condition(default=False, enabled_by=sets)


# Text that looks like a tag.


def _find_tags(program: Program) -> list[tuple[int, str]]:
    """Return line and text of all that looks like a tag and is not printed or a comment."""
    return [
        (number, tag)
        for number, line in enumerate(program.lines, 1)
        if not _SILENT.match(line)
        for tag in _TAG.findall(line)
    ]


def _without_fetched(
    tags: Iterable[tuple[int, str]], default: Sequence[Fetch], outcomes: _Outcomes
) -> list[tuple[int, str]]:
    """Return the tags that no run fetches."""
    fetched = {fetch.tag for fetch in _all_fetches(default, outcomes)}
    return [(line, tag) for line, tag in tags if tag not in fetched]
