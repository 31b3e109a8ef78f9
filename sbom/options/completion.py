"""Scripts that complete the command line in a shell, made by shtab from the parser."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

#: The shells that are offered, of those that shtab knows.
SHELLS = ("bash", "zsh", "tcsh")
#: What values are completed with, by the name that the help shows for them.
_DIRECTORIES = {"DIR"}
_FILES = {"FILE", "PATH", "SCRIPT"}


class PrintCompletion(argparse.Action):
    """``--print-completion SHELL``: print the script for a shell, and exit."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,  # noqa: ARG002 - argparse passes it
        values: str | Sequence[Any] | None,
        option_string: str | None = None,  # noqa: ARG002 - the same
    ) -> None:
        """Print the script, and nothing else."""
        # Only this needs it.
        import shtab  # noqa: PLC0415

        for action in _actions(parser):
            if action.metavar in _DIRECTORIES:
                action.complete = shtab.DIR  # type: ignore[attr-defined]
            elif action.metavar in _FILES:
                action.complete = shtab.FILE  # type: ignore[attr-defined]
        print(shtab.complete(parser, str(values)))
        parser.exit()


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield the arguments of a parser and of all below it."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to ask
        yield action
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for below in action.choices.values():
                yield from _actions(below)
