"""How long each verb takes, compared with others: ``nox -s bench``.

Peers: a bare interpreter; the floor, which is the same digests on all cores, and writing; a plain
script in one thread; syft; spdx-tools.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rounds import as_json, as_table, run_scenario
from scenarios import SCENARIOS, Scenario


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(prog="nox -s bench --", description=__doc__)
    parser.add_argument(
        "scenarios", nargs="*", metavar="SCENARIO", help=f"one of {', '.join(SCENARIOS)}; all"
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often each command runs")
    parser.add_argument("--timeout", type=float, default=300, help="seconds a command may take")
    parser.add_argument(
        "--without", action="append", default=[], metavar="PEER", help="leave out a peer"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results as JSON, too")
    options = parser.parse_args(argv)
    if unknown := set(options.scenarios) - set(SCENARIOS):
        parser.error(f"no scenario: {', '.join(sorted(unknown))}")
    return options


def without_peers(scenario: Scenario, names: Sequence[str]) -> Scenario:
    """Return a scenario without some of its peers."""
    return replace(
        scenario, peers={name: peer for name, peer in scenario.peers.items() if name not in names}
    )


def main(argv: Sequence[str]) -> None:
    """Print a table for each scenario."""
    options = parse(argv)
    results: dict[str, object] = {}
    for name in options.scenarios or SCENARIOS:
        with tempfile.TemporaryDirectory(prefix="bench-") as made:
            scenario = without_peers(SCENARIOS[name](Path(made)), options.without)
            runs = run_scenario(scenario, options.rounds, options.timeout, _progress)
        _progress("")
        print(as_table(name, scenario, runs), end="\n\n", flush=True)
        results[name] = as_json(scenario, runs)
    if options.json:
        machine = {"python": platform.python_version(), "cores": os.cpu_count()}
        document = {"machine": machine, "scenarios": results}
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
