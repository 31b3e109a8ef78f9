"""Options of ``fetches``."""

from __future__ import annotations

import argparse
from pathlib import Path

from sbom.options.arguments import flag, options_class, positional, repeated, rest
from sbom.options.shared import ReportOptions
from sbom.options.verb import Verb


def _split_variable(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not name or not separator:
        message = f"expected NAME=VALUE, such as IncludeSSL=false, found {text!r}"
        raise argparse.ArgumentTypeError(message)
    return name, value


@options_class
class FetchesOptions(ReportOptions):
    """Options of ``fetches``; ``script_args`` and ``env`` are what the script is run with."""

    script: Path = positional("a get_externals.bat", "SCRIPT", Path)
    env: tuple[tuple[str, str], ...] = repeated(
        "set an environment variable of the script", "NAME=VALUE", _split_variable, unset="none"
    )
    all: bool = flag("list everything it can fetch with any flags, and the conditions")
    script_args: tuple[str, ...] = rest("What follows -- is passed to the script.")


VERB = Verb(
    name="fetches",
    summary="List what a get_externals.bat fetches",
    options=FetchesOptions,
    examples=(
        ("PCbuild/get_externals.bat", "what a release build fetches"),
        ("PCbuild/get_externals.bat --all", "everything, and when each external is fetched"),
        ("PCbuild/get_externals.bat -- --no-tkinter", "what it fetches with an argument"),
        ("PCbuild/get_externals.bat --env IncludeSSL=false", "what it fetches with a variable"),
    ),
    unknown_hint="arguments of the script go after --",
)
