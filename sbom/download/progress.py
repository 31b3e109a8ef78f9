"""How far a number of downloads is: one bar on a terminal, else a line for each that is done.

One bar for all of them, because GitHub does not say how long an archive will be.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Mapping
from typing import TextIO

_WIDTH = 20
_OFTEN = 0.1


class Progress:
    """Lines: what is done, when it is done. Safe to tell from many threads."""

    def __init__(self, stream: TextIO, total: int) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._total = total
        self._finished = 0
        self._bytes = 0
        self._running: list[str] = []

    def begin(self, name: str) -> None:
        """Say that ``name`` is being worked on."""
        with self._lock:
            self._running.append(name)
            self._changed()

    def more(self, size: int) -> None:
        """Say that ``size`` bytes more have come."""
        with self._lock:
            self._bytes += size
            self._changed()

    def done(self, name: str, outcome: str) -> None:
        """Say how ``name`` ended."""
        with self._lock:
            self._running.remove(name)
            self._finished += 1
            self._line(f"[{self._finished}/{self._total}] {name}: {outcome}")
            self._changed()

    def note(self, text: str) -> None:
        """Print a line of its own."""
        with self._lock:
            self._line(text)

    def close(self) -> None:
        """Leave the stream as it should be for what comes next."""

    def _line(self, text: str) -> None:
        print(text, file=self._stream, flush=True)

    def _changed(self) -> None:
        """Show what has changed; lines do not."""


class Bar(Progress):
    """The same lines, and below them one that says how far it all is."""

    def __init__(
        self, stream: TextIO, total: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(stream, total)
        self._clock = clock
        self._shown_at = float("-inf")

    def close(self) -> None:
        """Remove the bar."""
        with self._lock:
            self._write("")

    def _line(self, text: str) -> None:
        self._write("")
        super()._line(text)
        self._shown_at = float("-inf")

    def _changed(self) -> None:
        if self._clock() - self._shown_at >= _OFTEN:
            self._shown_at = self._clock()
            filled = _WIDTH * self._finished // max(self._total, 1)
            bar = "#" * filled + "." * (_WIDTH - filled)
            megabytes = f"{self._bytes / 1e6:.1f} MB"
            names = ", ".join(self._running)
            self._write(f"[{bar}] {self._finished}/{self._total}  {megabytes}  {names}")

    def _write(self, text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        self._stream.write(f"\r\x1b[K{text[:width]}")
        self._stream.flush()


def progress_on(stream: TextIO, total: int, environment: Mapping[str, str]) -> Progress:
    """Return a bar where ``stream`` is a terminal a person looks at, else lines."""
    dumb = environment.get("TERM") == "dumb" or environment.get("CI", "") not in ("", "false")
    return Progress(stream, total) if dumb or not stream.isatty() else Bar(stream, total)
