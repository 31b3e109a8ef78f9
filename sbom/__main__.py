"""``python -m sbom``: starts the command line with the streams that it expects."""

from __future__ import annotations

import errno
import gc
import io
import os
import sys
from contextlib import suppress

from sbom.diagnostics import Exit

#: What writing ends with if the reader went away; on Windows it can be EINVAL.
_NO_READER = (errno.EPIPE, errno.EINVAL)


def _report(error: OSError) -> None:
    """Print why output could not be written, unless its reader went away."""
    if error.errno not in _NO_READER and sys.stderr is not None:
        with suppress(OSError):
            sys.stderr.write(f"standard output cannot be written: {error.strerror}\n")
            sys.stderr.flush()


def _run() -> int:
    """Run one verb and return its exit status; that of wrong usage if a dependency is missing."""
    try:
        # Not before: an interrupt during these imports ends the run as any other does.
        from sbom.cli import main  # noqa: PLC0415

        return main()
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name in ("", "sbom"):
            raise
        hint = "python -m pip install -e ., or nox -s with the name of the verb"
        print(f"{name} is not installed\n    run: {hint}", file=sys.stderr)
        return Exit.USAGE


def start() -> None:
    """Run as a program: UTF-8 and LF on every platform, quiet when a reader goes away."""
    # Values contain no cycles, so looking for them frees nothing: a release of thirty artifacts
    # takes a tenth less time without, and no more memory.
    gc.disable()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    try:
        status = _run()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except OSError as error:
        _report(error)
        null = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                os.dup2(null, stream.fileno())
        status = Exit.IO
    except KeyboardInterrupt:
        status = Exit.INTERRUPTED
    sys.exit(status)


if __name__ == "__main__":
    start()
