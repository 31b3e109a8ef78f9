"""Everything a script can fetch, and the flag or variable that decides on each external.

Found by running the script under each flag and each variable it listens to, never by matching
its lines; only text that looks like a tag and is fetched by no run is looked for in the text.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sbom.batch import Program, Run, run
from sbom.diagnostics import Code, Diagnostic, SbomError, sort_diagnostics
from sbom.script.externals import ANY_VALUE, Condition, ExternalKind, Fetch, ScriptExternal
from sbom.script.fetches import (
    SCRIPT_NAME,
    command_handler,
    fetched_by,
    run_program,
)


@dataclass(frozen=True, slots=True)
class ScriptAnalysis:
    """Everything a script can fetch, in the order it would, and what is wrong with it."""

    externals: tuple[ScriptExternal, ...]
    problems: tuple[Diagnostic, ...]


_PROBE = "\x01probe\x01"
#: What all runs of one script may cost together; the costliest real one takes 4.4 million.
_BUDGET = 5_000_000


@dataclass(frozen=True, slots=True)
class _Toggle:
    """One thing a person can set: a flag, or a variable where ``value`` is given."""

    name: str
    value: str | None = None

    @property
    def setting(self) -> str:
        if self.value is None:
            return self.name
        return f"{self.name}={ANY_VALUE if self.value == _PROBE else self.value}"


class _Prober:
    """Runs one script under many settings, each external on its own."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.world = command_handler(creating=False)
        self.runs: dict[tuple[_Toggle, ...], Run | None] = {}

    def run(self, *toggles: _Toggle) -> Run | None:
        """Return what the script does under these settings; None where it cannot be run so."""
        if toggles not in self.runs:
            arguments = [toggle.name for toggle in toggles if toggle.value is None]
            environment = {t.name: t.value for t in toggles if t.value is not None}
            self.afford()
            try:
                self.runs[toggles] = run(self.program, self.world, arguments, environment)
            except SbomError:
                self.runs[toggles] = None
        return self.runs[toggles]

    def fetched(self, *toggles: _Toggle) -> tuple[Fetch, ...]:
        """Return what is fetched; nothing where the script cannot be run that way.

        A variable that ends up inside an address or a tag (SVNROOT) is no condition.
        """
        result = self.run(*toggles)
        if result is None:
            return ()
        found = tuple(dict.fromkeys(map(_anonymous, fetched_by(result))))
        return () if any(_PROBE in f.tag + f.repository for f in found) else found

    def afford(self) -> None:
        """Raise SbomError once trying this script out has cost more than any real one does."""
        if self.program.spent > _BUDGET:
            raise self.program.error(
                Code.BATCH_LIMIT,
                1,
                "the script compares more flags and variables than can be tried",
                "let it compare with fewer values, or do less in a run",
            )

    def flags(self) -> list[_Toggle]:
        """Return the flags that the script compares its first argument with."""
        compared = self.counterparts(_Toggle(_PROBE))
        return [_Toggle(flag) for flag in compared if flag[:1] in "-/"]

    def variables(self, names: Iterable[str]) -> list[_Toggle]:
        """Return each variable with each value that the script compares it with."""
        toggles = []
        for name in sorted(names):
            probe = _Toggle(name, _PROBE)
            toggles += [_Toggle(name, value) for value in self.counterparts(probe)]
            toggles.append(probe)
        return toggles

    def counterparts(self, probe: _Toggle) -> list[str]:
        """Return what the script compares a probe with, sorted."""
        result = self.run(probe)
        return sorted(_counterparts(result.comparisons)) if result else []


def _anonymous(fetch: Fetch) -> Fetch:
    return replace(fetch, organization="")


def _counterparts(comparisons: Iterable[tuple[str, str]]) -> set[str]:
    """Return what the probe was compared with, less the quotes or letters around both."""
    found = set()
    for pair in comparisons:
        for mine, other in (pair, pair[::-1]):
            before, probe, after = mine.partition(_PROBE)
            fits = other.startswith(before) and other.endswith(after)
            if probe and fits and len(other) > len(before) + len(after):
                found.add(other[len(before) : len(other) - len(after)])
    return found - {_PROBE}


def analyze_script(text: str, file: str = SCRIPT_NAME) -> ScriptAnalysis:
    """Return every external a script can fetch, each with its condition, and its problems.

    Raises SbomError where the script cannot be run at all.
    """
    program = Program(text, file)
    result, _ = run_program(program, (), None)
    prober = _Prober(program)
    default = prober.fetched()
    toggles = [*prober.flags(), *prober.variables(_names_as_written(text, result.variables))]
    outcomes = _outcomes(prober, toggles, default)
    known = set(default).union(*outcomes.values())
    strays = _tags_in(program, {fetch.tag for fetch in known})
    if strays:
        # Two flags together; two variables only where there is no flag to set them.
        flags = [toggle for toggle in toggles if toggle.value is None]
        pairs = itertools.combinations(flags or toggles, 2)
        outcomes |= _outcomes(prober, pairs, default)
        known = known.union(*outcomes.values())
        tags = {fetch.tag for fetch in known}
        strays = [stray for stray in strays if stray[1] not in tags]
    ordered = _in_script_order(prober, default, outcomes)
    shadowed = _shadowed(ordered)
    usual = frozenset(default)
    externals = tuple(
        ScriptExternal(
            fetch.kind,
            fetch.tag,
            fetch.repository,
            _condition(fetch, default=fetch in usual, outcomes=outcomes),
            fetch in shadowed,
        )
        for fetch in ordered
    )
    return ScriptAnalysis(
        externals, sort_diagnostics([*result.problems, *_never_fetched(program, strays)])
    )


def _in_script_order(
    prober: _Prober,
    default: Sequence[Fetch],
    outcomes: Mapping[tuple[_Toggle, ...], frozenset[Fetch]],
) -> list[Fetch]:
    """Return everything that any run fetched, in the order of a run that fetches it all."""
    usual = frozenset(default)
    adding = dict.fromkeys(
        toggle for setting, found in outcomes.items() if not found <= usual for toggle in setting
    )
    known = set(default).union(*outcomes.values())
    return list(dict.fromkeys([*prober.fetched(*adding), *default, *sorted(known, key=_order)]))


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


def _order(fetch: Fetch) -> tuple[bool, str]:
    return fetch.kind is ExternalKind.BINARY, fetch.tag


def _outcomes(
    prober: _Prober, settings: Iterable[_Toggle | tuple[_Toggle, ...]], default: Sequence[Fetch]
) -> dict[tuple[_Toggle, ...], frozenset[Fetch]]:
    """Return what each setting makes the script fetch, where that differs from the default.

    A setting that leaves nothing at all (``--clean-only``, a flag the script refuses) is no
    condition of anything in particular and is left out.
    """
    outcomes = {}
    usual = frozenset(default)
    for setting in settings:
        toggles = setting if isinstance(setting, tuple) else (setting,)
        found = frozenset(prober.fetched(*toggles))
        if found and found != usual:
            outcomes[toggles] = found
    return outcomes


def _condition(
    fetch: Fetch, *, default: bool, outcomes: Mapping[tuple[_Toggle, ...], frozenset[Fetch]]
) -> Condition:
    """Return the condition of one external: flags where there are any, else variables."""
    deciding = [toggles for toggles, found in outcomes.items() if (fetch in found) != default]
    for group in (
        [toggles for toggles in deciding if all(t.value is None for t in toggles)],
        deciding,
    ):
        if group:
            fewest = min(map(len, group))
            sets = tuple(tuple(t.setting for t in ts) for ts in group if len(ts) == fewest)
            return (
                Condition(disabled_by=sets)
                if default
                else Condition(default=False, enabled_by=sets)
            )
    return Condition(default=default)


def _names_as_written(text: str, upper: Iterable[str]) -> list[str]:
    """Return variable names in the case the script writes them, as a person would type them."""
    names = {word.upper(): word for word in reversed(re.findall(r"[A-Za-z_]\w*", text))}
    return [names.get(name, name) for name in upper]


_TAG = re.compile(r"(?<![\w.%~\\/+-])[A-Za-z][A-Za-z_+]*(?:-[A-Za-z][A-Za-z_+]*)*-\d[\w.+-]*\w")
_SILENT = re.compile(r"[\s@(]*(?:rem\b|::|echo\b|title\b)", re.IGNORECASE)


def _tags_in(program: Program, fetched: set[str]) -> list[tuple[int, str]]:
    """Return text that looks like a tag, is not printed or a comment, and is not fetched."""
    return [
        (number, found)
        for number, line in enumerate(program.lines, 1)
        if not _SILENT.match(line)
        for found in _TAG.findall(line)
        if found not in fetched
    ]


def _never_fetched(program: Program, strays: Iterable[tuple[int, str]]) -> list[Diagnostic]:
    return [
        program.problem(
            Code.UNREACHABLE_TAG,
            line,
            f"'{tag}' looks like a tag, but nothing the script accepts fetches it",
            "remove it, or turn it into a comment with rem",
        )
        for line, tag in strays
    ]
