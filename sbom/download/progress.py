"""What is printed while archives are downloaded: a line for each, and a bar on a terminal."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TextIO


class Progress:
    """Prints lines, from any thread; is entered while downloads are running.

    One bar for all downloads, because GitHub does not say how large an archive will be.
    """

    def __init__(self, stream: TextIO, total: int, *, with_bar: bool = False) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._total, self._finished, self._bytes = total, 0, 0
        self._bar = None
        if with_bar:
            from rich import progress  # noqa: PLC0415 - only for people, and it takes 0.3 s
            from rich.console import Console  # noqa: PLC0415

            size = progress.TextColumn("{task.fields[megabytes]:.1f} MB")
            columns = (progress.BarColumn(), progress.MofNCompleteColumn(), size)
            self._bar = progress.Progress(*columns, console=Console(file=stream), transient=True)
            self._bar.add_task("", total=total, megabytes=0)

    def __enter__(self) -> None:
        """Show the bar."""
        if self._bar is not None:
            self._bar.start()

    def __exit__(self, *_: object) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.stop()

    def advance(self, size: int) -> None:
        """Count ``size`` more bytes."""
        with self._lock:
            self._bytes += size
            self._update()

    def finish(self, name: str, outcome: str) -> None:
        """Print the outcome of one download."""
        with self._lock:
            self._finished += 1
            self.note(f"[{self._finished}/{self._total}] {name}: {outcome}")
            self._update()

    def note(self, text: str) -> None:
        """Print a line."""
        if self._bar is None:
            print(text, file=self._stream, flush=True)
        else:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _update(self) -> None:
        if self._bar is not None:
            task = self._bar.task_ids[0]
            self._bar.update(task, completed=self._finished, megabytes=self._bytes / 1e6)


def open_progress(stream: TextIO, total: int, environment: Mapping[str, str]) -> Progress:
    """Return progress with a bar where ``stream`` is a terminal."""
    is_dumb = environment.get("TERM") == "dumb"
    is_automatic = environment.get("CI", "") not in ("", "false")
    return Progress(stream, total, with_bar=stream.isatty() and not is_dumb and not is_automatic)
