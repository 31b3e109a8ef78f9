"""The benchmark: ratios are those of rounds, and what fails is said."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from bench import parse, without_peers
from process_run import Command, CommandError, Measurement, measure_peak, measure_time
from rounds import Run, as_json, as_table, cpu_ratio, ratio, run_scenario
from scenarios import Scenario

LINUX = sys.platform == "linux"


def python(code: str, *statuses: int) -> Command:
    return Command(argv=[sys.executable, "-S", "-c", code], statuses=statuses or (0,))


def run_of(*seconds: float) -> Run:
    return Run([Measurement(each, None) for each in seconds])


def test_a_ratio_is_the_median_of_the_ratios_of_the_rounds() -> None:
    # The machine was three times as slow in the second round; the medians would say 10.
    assert ratio(run_of(2, 60, 20), run_of(1, 30, 2)) == 2


def test_a_ratio_of_processor_time_is_that_of_the_medians() -> None:
    run = Run([Measurement(9, seconds) for seconds in (3.0, 8.0, 4.0)])
    assert cpu_ratio(run, Run([Measurement(1, 2.0)])) == 2
    assert cpu_ratio(run, Run([Measurement(1, None)])) is None


def test_nothing_is_compared_with_what_failed() -> None:
    failed = Run([], error="more than 300 s")
    assert ratio(run_of(1), failed) is None
    assert ratio(failed, run_of(1)) is None


def test_a_command_that_fails_is_an_error_with_its_last_words() -> None:
    with pytest.raises(CommandError, match="status 3: no luck"):
        measure_time(python("import sys; print('no luck', file=sys.stderr); sys.exit(3)"), 60)


def test_a_command_may_end_with_other_statuses() -> None:
    assert measure_time(python("raise SystemExit(1)", 0, 1), 60).seconds > 0


def test_a_command_that_takes_too_long_is_ended() -> None:
    with pytest.raises(CommandError, match=r"more than 0 s"):
        measure_time(python("import time; time.sleep(600)"), 0.2)


@pytest.mark.skipif(not LINUX, reason="memory is measured on Linux")
def test_memory_is_that_of_all_processes() -> None:
    """Two processes use 60 MB each, at the same time."""
    code = (
        "import os, time; child = os.fork(); data = b'x' * 60_000_000; time.sleep(0.3);"
        " child and os.wait()"
    )
    peak = measure_peak(python(code), 60)
    assert peak is not None
    assert 120_000_000 < peak < 200_000_000


def test_a_scenario_runs_everything_in_each_round_and_goes_on_after_a_failure() -> None:
    scenario = Scenario(
        {"verb": python("pass")},
        {"peer": python("pass"), "broken": python("raise SystemExit('no data')")},
        {"other": "not installed"},
    )
    runs = run_scenario(scenario, 2, 60, lambda _: None)
    assert [len(runs[name].rounds) for name in ("verb", "peer", "broken")] == [2, 2, 0]
    table = as_table("example", scenario, runs)
    assert "broken: status 1: no data" in table
    assert "other: not measured: not installed" in table
    data = json.loads(json.dumps(as_json(scenario, runs)))
    assert data["ratios"]["verb"]["peer"] == ratio(runs["verb"], runs["peer"])
    assert data["ratios"]["verb"]["broken"] is None
    assert data["runs"]["broken"]["error"] == "status 1: no data"
    assert without_peers(scenario, ["broken"]).peers.keys() == {"peer"}


def test_options_select_a_subset(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = str(tmp_path / "out.json")
    options = parse(["layout-5000", "--rounds", "3", "--without", "syft", "--json", path])
    assert (options.scenarios, options.rounds, options.without) == (["layout-5000"], 3, ["syft"])
    with pytest.raises(SystemExit):
        parse(["layout-7"])
    assert "no scenario: layout-7" in capsys.readouterr().err
