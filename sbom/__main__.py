"""``python -m sbom VERB …``: the command line, its streams and its exit status.

The one place that catches errors; every verb is a module of ``sbom.commands``, imported when it is
asked for.
"""

from __future__ import annotations

import argparse
import gc
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from sbom.diagnostics import Exit, SbomError
from sbom.diagnostics.render import render

_FORMATS = ("text", "json", "github")


class _Whole(argparse.ArgumentParser):
    """A parser that wants flags written out: an abbreviation breaks when a flag is added."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**{**named, "allow_abbrev": False})


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = _Whole(
        prog="python -m sbom",
        description="SBOMs of what ships inside CPython for Windows.",
    )
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=_Whole)

    fetches = verbs.add_parser(
        "fetches",
        help="what a get_externals.bat would fetch",
        epilog="What follows -- is given to the script as its arguments.",
    )
    fetches.add_argument("script", metavar="SCRIPT", type=Path)
    fetches.add_argument("--env", metavar="NAME=VALUE", action="append", default=[])
    fetches.add_argument("--json", action="store_true", help="print JSON")
    fetches.add_argument(
        "--all", action="store_true", help="everything it can fetch, whatever its flags"
    )

    regen = verbs.add_parser("regen", help="bring externals.toml up to date with a script")
    _inputs(regen).add_argument("--ref", metavar="REF", help="a branch or tag of CPython")
    regen.add_argument("--python-version", metavar="VERSION", help="the release, with --script")
    regen.add_argument("--offline", action="store_true", help="open no connection")
    regen.add_argument("--verify", action="store_true", help="fetch every archive again")
    regen.add_argument("--base-url", metavar="URL", help="a mirror of github.com")
    regen.add_argument("--no-cache", action="store_true", help="neither use nor fill the cache")
    regen.add_argument("--dry-run", action="store_true", help="print changes, write nothing")

    check = verbs.add_parser("check", help="find everything that is wrong; write nothing")
    _inputs(check)
    _externals(check)
    _report(check)

    build = verbs.add_parser("build", help="write one SBOM per platform")
    _inputs(build)
    _externals(build)
    build.add_argument("--platform", action="append", metavar="NAME", help="only this one")
    build.add_argument("--variant", metavar="NAME", default="default", help="free-threaded, …")
    build.add_argument("--layout", metavar="DIR", type=Path, help="a build as it ships")
    build.add_argument("--output", metavar="DIR", type=Path, default=Path("dist/sbom"))

    export = verbs.add_parser("export", help="write Misc/externals.spdx.json as CPython keeps it")
    export.add_argument("--manifest", metavar="FILE", type=Path, default=Path("externals.toml"))
    export.add_argument("--cpython", metavar="DIR", type=Path, required=True)
    export.add_argument("--output", metavar="FILE", type=Path, help="- prints it")
    export.add_argument("--fixed", action="store_true", help="with upstream's identifiers")
    export.set_defaults(script=None)

    release = verbs.add_parser("release", help="write one SBOM for all channels, and its slices")
    _inputs(release)
    release.add_argument("--artifacts", metavar="DIR", type=Path, required=True)
    release.add_argument("--layout", metavar="PLATFORM=DIR", action="append", default=[])
    release.add_argument(
        "--platform-sbom", metavar="FILE", action="append", type=Path, default=[],
        help="what build wrote elsewhere",
    )  # fmt: skip
    release.add_argument("--output", metavar="DIR", type=Path, default=Path("dist/release"))
    release.add_argument("--in-place", action="store_true", help="write beside the artifacts")
    release.add_argument("--partial", action="store_true", help="these are not all artifacts")
    release.add_argument("--allow-unpinned", action="store_true", help="and say so everywhere")
    release.add_argument("--replace", action="store_true", help="overwrite another run's documents")
    release.add_argument("--check", action="store_true", help="hold what is published together")

    _verify(verbs.add_parser("verify", help="hold shipped files against what is said of them"))

    judge = verbs.add_parser("validate", help="hold documents against outside validators")
    judge.add_argument("files", metavar="FILE", nargs="+", type=Path)
    _report(judge)
    return top


def _verify(verify: argparse.ArgumentParser) -> None:
    verify.add_argument("path", metavar="PATH", type=Path, help="a folder, a package or a DLL")
    _inputs(verify)
    verify.add_argument("--sbom", metavar="FILE", type=Path, help="not the one beside PATH")
    verify.add_argument("--platform", metavar="NAME", help="not the one that binaries are of")
    verify.add_argument("--variant", metavar="NAME", help="not the one that binaries are of")
    verify.add_argument("--identify", action="store_true", help="tell what it was built from")
    _report(verify)


def _inputs(verb: argparse.ArgumentParser) -> argparse._MutuallyExclusiveGroup:
    verb.add_argument("--manifest", metavar="FILE", type=Path, default=Path("externals.toml"))
    script = verb.add_mutually_exclusive_group()
    script.add_argument("--script", metavar="FILE", type=Path, help="a get_externals.bat")
    script.add_argument("--cpython", metavar="DIR", type=Path, help="a CPython source tree")
    return script


def _externals(verb: argparse.ArgumentParser) -> None:
    text = "a folder that get_externals.bat has filled"
    verb.add_argument("--externals", metavar="DIR", type=Path, help=text)


def _report(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--strict", action="store_true", help="let warnings fail as well")
    verb.add_argument("--format", choices=_FORMATS, default="text")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    rest: list[str] = []
    if words[:1] == ["fetches"] and "--" in words:
        at = words.index("--")
        words, rest = words[:at], words[at + 1 :]
    arguments = parser().parse_args(words)
    arguments.rest = rest
    verb = import_module(f"sbom.commands.{arguments.verb}")
    try:
        return int(verb.run(arguments, os.environ))
    except SbomError as error:
        form = getattr(arguments, "format", "text")
        stream = sys.stderr if form == "text" else sys.stdout
        print(render(error.diagnostics, form, strict=error.strict), end="", file=stream)
        return error.status


def run() -> None:
    """Run as a program: UTF-8 and LF on every platform, quiet when a reader goes away."""
    # Values hold no cycles, so looking for them frees nothing: a release of thirty artifacts
    # takes a tenth less without, and no more memory.
    gc.disable()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    try:
        status = main()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except OSError:
        # The reader went away, or the disk that the output goes to is full.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                os.dup2(nowhere, stream.fileno())
        status = Exit.IO
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)


if __name__ == "__main__":
    run()
