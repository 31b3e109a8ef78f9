"""The command line as argparse knows it, made from verbs and their options classes."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sbom.options.arguments import Argument, Form, Verb, declared_arguments
from sbom.options.completion import SHELLS, PrintCompletion

T = TypeVar("T")

#: The name of the console script, which a shell can complete.
CONSOLE_SCRIPT = "cpython-sbom"
#: How the program is started where that is not installed.
MODULE = "python -m sbom"
_DESCRIPTION = "SBOMs of what ships inside CPython for Windows."
_EXAMPLES = (
    ("check", "report what is wrong with externals.toml"),
    ("build --platform amd64", "write the SBOM of one platform"),
    ("verify python-3.14.7-embed-amd64.zip", "compare a download with its SBOM"),
    ("VERB --help", "list the options of a verb, with examples"),
)
_EXIT_STATUS = (
    "exit status:\n"
    "  0    success\n"
    "  1    errors were found; diff: differences\n"
    "  2    wrong usage, or an input that cannot be read\n"
    "  3    the network or the disk failed\n"
    "  130  interrupted\n"
)


class _Parser(argparse.ArgumentParser):
    """A parser that accepts no abbreviated flags: they break when a flag is added."""

    def __init__(self, *, unknown_hint: str = "", **keywords: Any) -> None:
        super().__init__(
            **{
                "formatter_class": argparse.RawDescriptionHelpFormatter,
                **keywords,
                "allow_abbrev": False,
            }
        )
        self._unknown_hint = unknown_hint

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Refuse unknown arguments with the usage of the verb, not of the whole command line."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            hint = f"; {self._unknown_hint}" if self._unknown_hint else ""
            options = [each for each in self._option_string_actions if each.startswith("--")]
            flags = [word.partition("=")[0] for word in unknown if word.startswith("--")]
            hint = _did_you_mean(flags, options) or hint
            self.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
        return known, unknown

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a value that is none of the choices, and suggest the one that looks like it."""
        choices = [str(each) for each in action.choices or ()]
        if choices and value not in choices:
            hint = _did_you_mean([value], choices)
            message = f"invalid choice: {value!r} (choose from {', '.join(choices)}){hint}"
            raise argparse.ArgumentError(action, message)


def _did_you_mean(words: Iterable[str], known: Sequence[str]) -> str:
    """Return a question that names what words look like; empty if they look like nothing."""
    import difflib  # noqa: PLC0415 - only for those who mistyped something

    similar = [match for word in words for match in difflib.get_close_matches(word, known, n=1)]
    return f"; did you mean {' '.join(similar)}?" if similar else ""


def make_parser(
    verbs: Iterable[Verb[object]], version: str, program: str = MODULE
) -> argparse.ArgumentParser:
    """Return the parser of the command line; what it returns has the verb's name as ``verb``.

    ``program`` is what the user typed before the verb.
    """
    parser = _Parser(
        prog=program,
        description=_DESCRIPTION,
        epilog=f"{_format_examples(program, _EXAMPLES)}\n{_EXIT_STATUS}",
    )
    parser.add_argument(
        "--version", action="version", version=version, help="print the version and exit"
    )
    parser.add_argument(
        "--print-completion",
        action=PrintCompletion,
        choices=SHELLS,
        help=f"print the script that completes {CONSOLE_SCRIPT} in a shell (default: none)",
    )
    subparsers = parser.add_subparsers(
        dest="verb", metavar="VERB", required=True, parser_class=_Parser
    )
    for verb in verbs:
        examples = ((f"{verb.name} {words}".rstrip(), text) for words, text in verb.examples)
        subparser = subparsers.add_parser(
            verb.name,
            help=verb.summary,
            description=f"{verb.summary}.",
            epilog=f"{_format_examples(program, examples)}\n{_EXIT_STATUS}",
            unknown_hint=verb.unknown_hint,
        )
        _add_arguments(subparser, declared_arguments(verb.options))
    return parser


def _format_examples(program: str, examples: Iterable[tuple[str, str]]) -> str:
    lines = (f"  # {text}\n  {program} {words}\n" for words, text in examples)
    return "examples:\n" + "".join(lines)


def _add_arguments(parser: argparse.ArgumentParser, arguments: Mapping[str, Argument]) -> None:
    groups: dict[str, argparse._MutuallyExclusiveGroup] = {}
    for name, argument in arguments.items():
        if argument.form is Form.REST:
            parser.add_argument_group("after --", _help_text(argument))
        elif argument.group:
            group = groups.get(argument.group) or parser.add_mutually_exclusive_group()
            groups[argument.group] = group
            _add_argument(group, name, argument)
        else:
            _add_argument(parser, name, argument)


def _add_argument(
    target: argparse._ActionsContainer, name: str, argument: Argument
) -> argparse.Action:
    text = _help_text(argument)
    if argument.form in (Form.POSITIONAL, Form.POSITIONALS):
        several = "*" if argument.default else "+"
        nargs = several if argument.form is Form.POSITIONALS else None
        return target.add_argument(
            name, metavar=argument.metavar, type=argument.read, nargs=nargs, help=text
        )
    # A field that has the name of a Python keyword ends in an underscore.
    option = f"--{name.removesuffix('_').replace('_', '-')}"
    if argument.form is Form.FLAG:
        return target.add_argument(option, dest=name, action="store_true", default=None, help=text)
    if argument.form is Form.CHOICE:
        return target.add_argument(option, dest=name, choices=argument.choices, help=text)
    if argument.choices:
        # The choices themselves would make a usage line that no terminal of 80 columns has.
        return target.add_argument(
            option,
            dest=name,
            metavar=name.upper(),
            choices=argument.choices,
            action="append",
            help=f"{text}; one of {', '.join(argument.choices)}",
        )
    return target.add_argument(
        option,
        dest=name,
        metavar=argument.metavar,
        type=argument.read,
        action="append" if argument.form is Form.REPEATED else "store",
        required=not argument.default,
        help=text,
    )


def _help_text(argument: Argument) -> str:
    default = f" (default: {argument.default})" if argument.default else ""
    required = " (required)" if argument.form is Form.OPTION and not default else ""
    return (argument.help + default + required).replace("%", "%%")


def read_options(verb: Verb[T], parsed: argparse.Namespace, script_args: tuple[str, ...] = ()) -> T:
    """Return the options of a verb from what its parser has parsed.

    What was not given has the default of the options class; ``script_args`` followed ``--``.
    """
    values: dict[str, object] = {}
    for name, argument in declared_arguments(verb.options).items():
        if argument.form is Form.REST:
            values[name] = script_args
        elif (value := getattr(parsed, name)) is not None:
            # argparse reads choices as text, so that it can compare them.
            read = argument.read if argument.choices else _as_it_is
            values[name] = tuple(map(read, value)) if isinstance(value, list) else read(value)
    return verb.options(**values)


def _as_it_is(value: object) -> object:
    return value


def takes_rest(verb: Verb[object]) -> bool:
    """Return whether a verb takes what follows ``--``."""
    return any(argument.form is Form.REST for argument in declared_arguments(verb.options).values())
