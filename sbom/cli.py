"""The command line: argv to typed options, the verb that takes them, and its exit status.

The one place that catches errors. Every verb is a module of ``sbom.commands``, imported when it is
run, so that ``--help`` and a quick verb do not wait for the others' libraries.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, assert_never

from sbom import __version__
from sbom.diagnostics import Exit, SbomError
from sbom.options.arguments import Verb
from sbom.options.parser import CONSOLE_SCRIPT, MODULE, make_parser, read_options, takes_rest
from sbom.options.verbs import (
    VERBS,
    BuildOptions,
    CheckOptions,
    DiffOptions,
    ExplainOptions,
    ExportOptions,
    FetchesOptions,
    RegenOptions,
    ReleaseOptions,
    ReleaseReportOptions,
    ValidateOptions,
    VerbOptions,
    VerifyOptions,
)
from sbom.reports import print_error, print_note

if TYPE_CHECKING:
    from sbom.files.hash_ahead import HashAhead

# Verbs import what they need when they are run.
# ruff: noqa: PLC0415


def build_parser(
    program: str = MODULE, verbs: Iterable[Verb[VerbOptions]] = tuple(VERBS.values())
) -> argparse.ArgumentParser:
    """Return the parser of a command line with some verbs, as ``program`` was typed."""
    return make_parser(verbs, f"cpython-windows-sbom {__version__}", program)


def parse_options(argv: Sequence[str], program: str = MODULE) -> VerbOptions:
    """Return the options of the verb that a command line names. Exits with 2 on wrong usage."""
    words, script_args = list(argv), tuple[str, ...]()
    verb = VERBS.get(words[0]) if words else None
    if verb and takes_rest(verb) and "--" in words:
        separator = words.index("--")
        words, script_args = words[:separator], tuple(words[separator + 1 :])
    parsed = build_parser(program, [verb] if verb else VERBS.values()).parse_args(words)
    return read_options(VERBS[parsed.verb], parsed, script_args)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit status."""
    words = sys.argv[1:] if argv is None else argv
    # Shells complete commands, not `python -m sbom`.
    is_script = PurePath(sys.argv[0]).stem == CONSOLE_SCRIPT or "--print-completion" in words[:1]
    options = parse_options(words, CONSOLE_SCRIPT if is_script else MODULE)
    try:
        return _run_verb(options, os.environ)
    except SbomError as error:
        print_error(options, error)
        unwritten = next(verb.unwritten for verb in VERBS.values() if type(options) is verb.options)
        if unwritten and error.status is Exit.ERRORS:
            print_note(options, unwritten)
        return error.status


def _run_verb(  # noqa: C901 - one case for each verb, and nothing else
    options: VerbOptions, environment: Mapping[str, str]
) -> int:
    """Run the verb that options are of, and return its exit status. Raises SbomError."""
    match options:
        case BuildOptions():
            with _hash_ahead(options, options.layout) as ahead:
                from sbom.commands.build import run as run_build

                status = run_build(options, environment, ahead)
        case CheckOptions():
            from sbom.commands.check import run as run_check

            status = run_check(options)
        case DiffOptions():
            from sbom.commands.diff import run as run_diff

            status = run_diff(options)
        case ExplainOptions():
            from sbom.commands.explain import run as run_explain

            status = run_explain(options)
        case ExportOptions():
            from sbom.commands.export import run as run_export

            status = run_export(options)
        case FetchesOptions():
            from sbom.commands.fetches import run as run_fetches

            status = run_fetches(options)
        case RegenOptions():
            from sbom.commands.regen import run as run_regen

            status = run_regen(options, environment)
        case ReleaseOptions():
            from sbom.commands.release import run as run_release

            status = run_release(options, environment)
        case ReleaseReportOptions():
            from sbom.commands.report import run as run_report

            status = run_report(options)
        case ValidateOptions():
            from sbom.commands.validate import run as run_validate

            status = run_validate(options)
        case VerifyOptions():
            with _hash_ahead(options, options.path) as ahead:
                from sbom.commands.verify import run as run_verify

                status = run_verify(options, environment, ahead)
        case _:
            assert_never(options)
    return status


def _hash_ahead(
    options: BuildOptions | VerifyOptions, path: Path | None
) -> AbstractContextManager[HashAhead | None]:
    """Start to hash a directory, before the verb is imported and reads its inputs."""
    from sbom.files.hash_ahead import hash_ahead

    if not options.digest_cache:
        return hash_ahead(path)
    from sbom.files.digest_cache import DigestCache
    from sbom.io import default_cache_dir

    root = default_cache_dir() / "digests"
    return hash_ahead(path, DigestCache(root, partial(print_note, options)))
