"""Everything a script can fetch, and the flags or variables that decide on each external.

Determined by running the script under each flag and each variable it listens to, never by
matching its lines; only text that looks like a tag and is fetched by no run is searched for in the
text.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from sbom.batch import Program
from sbom.diagnostics import sort_diagnostics
from sbom.diagnostics.script_messages import undecided_condition, unreachable_tag
from sbom.script.coverage import find_unlisted, find_unsupported
from sbom.script.externals import (
    Condition,
    ExternalKind,
    Fetch,
    ScriptAnalysis,
    ScriptExternal,
)
from sbom.script.probing import PROBE, Outcomes, Prober, Setting, Settings
from sbom.script.run import SCRIPT_NAME, run_strictly

_TAG = re.compile(r"(?<![\w.%~\\/+-])[A-Za-z][A-Za-z_+]*(?:-[A-Za-z][A-Za-z_+]*)*-\d[\w.+-]*\w")
_SILENT = re.compile(r"[\s@(]*(?:rem\b|::|echo\b|title\b)", re.IGNORECASE)


def analyze_script(text: str, file: str = SCRIPT_NAME) -> ScriptAnalysis:
    """Return every external a script can fetch, each with its condition, and its diagnostics.

    Raises SbomError if the script cannot be run at all.
    """
    program = Program(text, file)
    result = run_strictly(program)
    prober = Prober(program)
    default = prober.fetched()
    settings = [*prober.flags(), *prober.variables(result.variables)]
    outcomes = prober.outcomes([(setting,) for setting in settings], default)
    nested = [*prober.nested([(setting,) for setting in settings], result)]
    outcomes |= prober.outcomes(nested, default)
    exceptions = _exceptions(prober)
    outcomes |= prober.outcomes(exceptions, default)
    undecided = set().union(*exceptions.values()) | _tool_dependent(prober, default)
    undecided |= _taken_back(prober, nested, outcomes, default)
    tags = _find_tags(program)
    unreachable = _without_fetched(tags, default, outcomes)
    if unreachable or any(_is_mixed(settings) for settings in outcomes):
        outcomes |= prober.outcomes(_pairs(settings), default)
        unreachable = _without_fetched(tags, default, outcomes)
    externals = _externals(prober, default, outcomes, undecided)
    diagnostics = [
        *result.diagnostics,
        *(unreachable_tag(file, line, tag) for line, tag in unreachable),
        *find_unsupported(prober),
        *(
            undecided_condition(file, external.tag)
            for external in externals
            if not external.is_decided
        ),
    ]
    lines = {diagnostic.location.line for diagnostic in diagnostics if diagnostic.location.line}
    diagnostics += find_unlisted(prober, _all_fetches(default, outcomes), lines)
    return ScriptAnalysis(
        externals,
        sort_diagnostics(list(dict.fromkeys(diagnostics))),
    )


def _is_mixed(settings: Settings) -> bool:
    """Return whether these are flags and variables, some of which other flags may set."""
    return len({setting.is_flag for setting in settings}) > 1


def _pairs(settings: Sequence[Setting]) -> Iterable[Settings]:
    """Return two flags each; two variables each only where there is no flag to set them."""
    flags = [setting for setting in settings if setting.value is None]
    return itertools.combinations(flags or settings, 2)


# Externals.


def _externals(
    prober: Prober, default: Sequence[Fetch], outcomes: Outcomes, undecided: Collection[Fetch]
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
            _condition(fetch, prober, outcomes, default=fetch in usual),
            shadowed=fetch in shadowed,
            is_decided=fetch not in undecided,
            organization=fetch.organization,
            method=fetch.method,
        )
        for fetch in ordered
    )


def _in_script_order(prober: Prober, default: Sequence[Fetch], outcomes: Outcomes) -> list[Fetch]:
    """Return everything that any run fetches, in the order of a run that fetches it all."""
    usual = frozenset(default)
    adding = dict.fromkeys(
        setting for settings, found in outcomes.items() if found - usual for setting in settings
    )
    others = sorted(_all_fetches(default, outcomes), key=_by_kind)
    return list(dict.fromkeys([*prober.fetched(*adding), *default, *others]))


def _all_fetches(default: Sequence[Fetch], outcomes: Outcomes) -> set[Fetch]:
    return set(default).union(*outcomes.values())


def _by_kind(fetch: Fetch) -> tuple[bool, str]:
    return fetch.kind is ExternalKind.BINARY, fetch.tag


def _shadowed(ordered: Iterable[Fetch]) -> set[Fetch]:
    """Return what comes after an external of the same tag and the other kind."""
    before: dict[str, set[ExternalKind]] = {}
    found = set()
    for fetch in ordered:
        kinds = before.setdefault(fetch.tag, set())
        if kinds - {fetch.kind}:
            found.add(fetch)
        kinds.add(fetch.kind)
    return found


def _condition(
    fetch: Fetch, prober: Prober, outcomes: Mapping[Settings, frozenset[Fetch]], *, default: bool
) -> Condition:
    """Return the condition of one external: flags where there are any, else variables."""
    changing = [settings for settings, found in outcomes.items() if (fetch in found) != default]
    changing = [settings for settings in changing if not _is_included(settings, changing)]
    flags = [settings for settings in changing if all(setting.is_flag for setting in settings)]
    with_flags = [settings for settings in changing if any(setting.is_flag for setting in settings)]
    candidates = flags or with_flags or changing
    sets = tuple(
        tuple(_setting_texts(candidate, fetch, prober, default=default))
        for candidate in candidates
        if not any({*other} < {*candidate} for other in candidates)
    )
    return Condition(disabled_by=sets) if default else Condition(default=False, enabled_by=sets)


def _is_included(settings: Settings, others: Iterable[Settings]) -> bool:
    """Return whether others have any value where these have one."""
    general = (
        tuple(
            replace(setting, value=PROBE) if n == index else setting
            for n, setting in enumerate(settings)
        )
        for index, setting in enumerate(settings)
        if setting.value not in (None, PROBE)
    )
    return any(setting in others for setting in general)


def _setting_texts(
    settings: Settings, fetch: Fetch, prober: Prober, *, default: bool
) -> Iterator[str]:
    """Yield settings as texts; any value less those with which the external is as by default."""
    for index, setting in enumerate(settings):
        excluded = [
            other[index].value
            for other in prober.same_with_other_values(settings, index)
            if setting.value == PROBE and (fetch in prober.fetched(*other)) == default
        ]
        if excluded:
            yield from (f"{setting.name}!={value}" for value in excluded)
        else:
            yield str(setting)


def _exceptions(prober: Prober) -> dict[Settings, frozenset[Fetch]]:
    """Return the values with which a script does not do what it does with any other value.

    Each has what is fetched with one of both only.
    """
    found = {}
    for settings, sample in prober.samples():
        usual, fetched = prober.fetched(*settings), prober.fetched(*sample)
        if usual and fetched and {*usual} != {*fetched}:
            found[sample] = frozenset(usual) ^ frozenset(fetched)
    return found


def _taken_back(
    prober: Prober, nested: Iterable[Settings], outcomes: Outcomes, default: Sequence[Fetch]
) -> set[Fetch]:
    """Return what some settings change and the same settings with one more do not.

    No condition can express that. Where the additional setting is any value of a variable that
    the script itself sets, such as a list of tags, users do not set it.
    """
    found: set[Fetch] = set()
    own = {name.upper() for name in prober.set_names()}
    for settings in nested:
        fetched = prober.fetched(*settings)
        for index, setting in enumerate(settings):
            fewer = settings[:index] + settings[index + 1 :]
            is_own = setting.value == PROBE and setting.name.upper() in own
            if fetched and fewer in outcomes and not is_own:
                found |= (outcomes[fewer] ^ frozenset(default)) - ({*fetched} ^ {*default})
    return found


def _tool_dependent(prober: Prober, default: Iterable[Fetch]) -> set[Fetch]:
    """Return what is not fetched where a program that the script looks for is not installed.

    Nothing where the script fetches nothing then.
    """
    fetched = prober.fetched_without_tools()
    return {*default} - {*fetched} if fetched else set()


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
    tags: Iterable[tuple[int, str]], default: Sequence[Fetch], outcomes: Outcomes
) -> list[tuple[int, str]]:
    """Return the tags that no run fetches."""
    fetched = {fetch.tag for fetch in _all_fetches(default, outcomes)}
    return [(line, tag) for line, tag in tags if tag not in fetched]
