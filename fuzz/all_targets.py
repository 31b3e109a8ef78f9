"""Fuzz targets one after the other: python fuzz/all_targets.py [TARGET ...] [--seconds N].

Each runs in a process of its own, from the inputs that earlier runs have kept. An input that
crashes is tried again without instrumentation, which slows a parser down: only what fails there
too is a crash. The exit status is 1 if there is one.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SCRIPT = Path(__file__).with_name("one_target.py")
_EXECUTED = re.compile(r"stat::number_of_executed_units:\s+(\d+)")
_SAVED = re.compile(r"Test unit written to (\S+)")
#: Lines of output that are shown of a crash.
_SHOWN_LINES = 25


@dataclass(frozen=True, slots=True)
class Crash:
    """An input that crashed a target, where it is, and what was printed."""

    target: str
    path: str
    output: str


def replay(target: str, path: str) -> Crash | None:
    """Give an input to a target; return the crash, None if it is none."""
    command = [sys.executable, str(_SCRIPT), target, "--input", path]
    result = subprocess.run(command, capture_output=True, check=False)
    if result.returncode == 0:
        return None
    output = (result.stdout + result.stderr).decode("utf-8", "replace")
    return Crash(target, path, output.strip() or f"ended by signal {-result.returncode}")


def fuzz(target: str, seconds: int, directory: Path, seed: int) -> Crash | None:
    """Fuzz a target, print what was done, and return the first crash."""
    corpus, crashes = directory / "corpus" / target, directory / "crashes" / target
    directories = ["--corpus", str(corpus), "--crashes", str(crashes)]
    options = ["--seconds", str(seconds), "--seed", str(seed), *directories]
    command = [sys.executable, str(_SCRIPT), target, *options]
    result = subprocess.run(command, capture_output=True, check=False)
    output = (result.stdout + result.stderr).decode("utf-8", "replace")
    executed = _EXECUTED.search(output)
    count = f"{int(executed[1]):,}" if executed else "some"
    if result.returncode == 0:
        print(f"{target}: {count} inputs in {seconds} s, no crash", flush=True)
        return None
    saved = _SAVED.search(output)
    path = saved[1] if saved else ""
    crash = replay(target, path) if path else Crash(target, path, output)
    if crash is None:
        print(f"{target}: {path} fails with instrumentation only", flush=True)
    else:
        print(f"{target}: crash after {count} inputs", flush=True)
    return crash


def main(arguments: Sequence[str]) -> int:
    """Fuzz the targets that are named, or all."""
    root = Path(__file__).resolve().parent.parent
    sys.path[:0] = [str(root), str(root / "tests")]
    from targets import TARGETS  # noqa: PLC0415 - after sys.path was extended

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("target", nargs="*", help=f"one of {', '.join(TARGETS)}; default: all")
    parser.add_argument("--seconds", type=int, default=10, help="for each target (10)")
    parser.add_argument("--directory", type=Path, default=Path("dist/fuzz"), help="for inputs")
    parser.add_argument("--seed", type=int, default=0, help="of the random changes (0: any)")
    options = parser.parse_args(arguments)
    if unknown := set(options.target) - TARGETS.keys():
        parser.error(f"unknown target {', '.join(sorted(unknown))}; known are {', '.join(TARGETS)}")
    names = options.target or list(TARGETS)
    crashes = [
        crash
        for name in names
        if (crash := fuzz(name, options.seconds, options.directory, options.seed))
    ]
    for crash in crashes:
        print(f"\n{crash.target}: crash", *crash.output.splitlines()[-_SHOWN_LINES:], sep="\n  ")
        if crash.path:
            print(f"  to repeat it: python {_SCRIPT} {crash.target} --input {crash.path}")
    return 1 if crashes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
