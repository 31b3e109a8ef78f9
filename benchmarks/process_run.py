"""A command as a whole process: how long it takes, and how much memory it and its children use.

Memory is sampled, and sampling takes time of its own on a small machine: it is measured in a run
of its own. It needs Linux, whose kernel divides shared pages among the processes that share them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

if sys.platform != "win32":
    import resource

_PROC = Path("/proc")
_INTERVAL = 0.02


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command, the exit statuses that it may end with, and variables to add for it."""

    argv: Sequence[str]
    statuses: Collection[int] = (0,)
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """Seconds on the clock and of all processors; None for processors that cannot be asked."""

    seconds: float
    cpu_seconds: float | None


class CommandError(Exception):
    """A command that cannot be measured: it fails, or takes longer than it may."""


def measure_time(command: Command, timeout: float) -> Measurement:
    """Run a command to its end. Raises CommandError."""
    before = _children_cpu()
    start = time.perf_counter()
    process = _start(command)
    _finish(process, command, timeout)
    seconds = time.perf_counter() - start
    after = _children_cpu()
    return Measurement(seconds, None if before is None or after is None else after - before)


def measure_peak(command: Command, timeout: float) -> int | None:
    """Return the largest sum of the memory of all processes of a command, in bytes, or None.

    Shared pages count once (PSS). Raises CommandError.
    """
    if not (_PROC / "self/smaps_rollup").exists():
        return None
    process = _start(command)
    peak = 0
    ended = threading.Event()

    def sample() -> None:
        nonlocal peak
        while not ended.wait(_INTERVAL):
            peak = max(peak, sum(_memory_of(pid) for pid in _tree(process.pid)))

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    try:
        _finish(process, command, timeout)
    finally:
        ended.set()
        sampler.join()
    return peak


def _start(command: Command) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        list(command.argv),
        cwd=command.directory,
        env={**os.environ, **command.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def _finish(process: subprocess.Popen[bytes], command: Command, timeout: float) -> None:
    try:
        _, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.communicate()
        raise CommandError(f"more than {timeout:.0f} s") from error
    if process.returncode not in command.statuses:
        last = errors.decode(errors="replace").strip().splitlines()[-1:]
        raise CommandError(f"status {process.returncode}: {' '.join(last)}")


def _children_cpu() -> float | None:
    """Return the seconds of processor that ended children have used, or None on Windows."""
    if sys.platform == "win32":
        return None
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _tree(pid: int) -> Iterator[int]:
    """Yield a process and its descendants."""
    yield pid
    for path in (_PROC / str(pid) / "task").glob("*/children"):
        try:
            children = path.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from _tree(int(child))


def _memory_of(pid: int) -> int:
    """Return the proportional set size of a process in bytes; 0 once it has ended."""
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
