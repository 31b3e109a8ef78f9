"""How long one input may take, and how much memory: what needs more is a crash."""

from __future__ import annotations

import signal
from pathlib import Path

#: Seconds for one input.
SECONDS = 10
#: Bytes that one input may take.
MEMORY = 1 << 30


def limit_memory() -> None:
    """Let this process allocate ``MEMORY`` bytes more than now; then MemoryError is raised."""
    import resource  # noqa: PLC0415 - Windows has none, and the targets are imported there too

    limit = _allocated() + MEMORY
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def limit_time(seconds: int = SECONDS) -> None:
    """End this process by a signal after some seconds."""
    signal.alarm(seconds)


def _allocated() -> int:
    """Return how many bytes this process has allocated, as proc(5) states it."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name == "VmData":
            return int(value.split()[0]) << 10
    return 0
