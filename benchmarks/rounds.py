"""Runs in turn, and what follows from them: medians, and ratios round by round.

All commands of a scenario run once in each round, so that a machine that drifts drifts for all of
them. A ratio is the median of the ratios of the rounds: only ratios travel to another machine.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from process_run import Command, CommandError, Measurement, measure_peak, measure_time
from scenarios import Scenario


@dataclass(slots=True)
class Run:
    """What a command took in each round, or why it was not measured to the end."""

    rounds: list[Measurement]
    peak: int | None = None
    error: str = ""

    @property
    def seconds(self) -> float | None:
        """Return the median of the seconds on the clock, or None."""
        return statistics.median(each.seconds for each in self.rounds) if self.rounds else None

    @property
    def cpu_seconds(self) -> float | None:
        """Return the median of the seconds of all processors, or None."""
        known = [each.cpu_seconds for each in self.rounds if each.cpu_seconds is not None]
        return statistics.median(known) if known else None


def run_scenario(
    scenario: Scenario, rounds: int, timeout: float, report: Callable[[str], None]
) -> dict[str, Run]:
    """Return the runs of all verbs and peers by name. What fails is not run again.

    A first run of each, which is not counted, warms the caches and measures memory.
    """
    commands = {**scenario.peers, **scenario.verbs}
    runs = {name: Run([]) for name in commands}
    for name, command in commands.items():
        report(f"warming up: {name}")
        runs[name] = _warm_up(command, timeout)
    for number in range(rounds):
        for name, command in commands.items():
            if runs[name].error:
                continue
            report(f"round {number + 1} of {rounds}: {name}")
            try:
                runs[name].rounds.append(measure_time(command, timeout))
            except CommandError as error:
                runs[name].error = str(error)
    return runs


def _warm_up(command: Command, timeout: float) -> Run:
    try:
        return Run([], measure_peak(command, timeout))
    except CommandError as error:
        return Run([], error=str(error))


def ratio(run: Run, peer: Run) -> float | None:
    """Return how many times as long a run took as a peer, or None if one was not measured."""
    if run.error or peer.error:
        return None
    pairs = zip(run.rounds, peer.rounds, strict=True)
    ratios = [one.seconds / other.seconds for one, other in pairs]
    return statistics.median(ratios) if ratios else None


def cpu_ratio(run: Run, peer: Run) -> float | None:
    """Return how many times as much processor time a run took: steadier on a busy machine."""
    if run.error or peer.error or run.cpu_seconds is None or not peer.cpu_seconds:
        return None
    return run.cpu_seconds / peer.cpu_seconds


def as_json(scenario: Scenario, runs: Mapping[str, Run]) -> dict[str, object]:
    """Return the results of a scenario as JSON values."""
    return {
        "runs": {
            name: {
                "seconds": run.seconds,
                "cpu_seconds": run.cpu_seconds,
                "rounds": [each.seconds for each in run.rounds],
                "peak_bytes": run.peak,
                "error": run.error or None,
            }
            for name, run in runs.items()
        },
        "ratios": {
            verb: {peer: ratio(runs[verb], runs[peer]) for peer in scenario.peers}
            for verb in scenario.verbs
        },
        "cpu_ratios": {
            verb: {peer: cpu_ratio(runs[verb], runs[peer]) for peer in scenario.peers}
            for verb in scenario.verbs
        },
        "missing": dict(scenario.missing),
    }


def as_table(name: str, scenario: Scenario, runs: Mapping[str, Run]) -> str:
    """Return the results of a scenario as lines of text."""
    peers = list(scenario.peers)
    header = [name, "seconds", "CPU", "peak MB", *(f"x {peer}" for peer in peers)]
    rows = [header]
    for command, run in runs.items():
        ratios = [ratio(run, runs[peer]) for peer in peers] if command in scenario.verbs else []
        shown = [_number(run.seconds, 2), _number(run.cpu_seconds, 2)]
        peak = _number(None if run.peak is None else run.peak / 1e6, 0)
        rows.append([command, *shown, peak, *(_number(value, 2) for value in ratios)])
    lines = _aligned(rows)
    lines += [f"  {command}: {run.error}" for command, run in runs.items() if run.error]
    lines += [f"  {peer}: not measured: {why}" for peer, why in scenario.missing.items()]
    return "\n".join(lines)


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[n]) for row in rows if n < len(row)) for n in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(widths[n]) if n == 0 else cell.rjust(widths[n]) for n, cell in enumerate(row)
        )
        for row in rows
    ]
