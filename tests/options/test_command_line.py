"""The command line and the values that it becomes: help, defaults, examples, types."""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import types
import typing
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from sbom.cli import build_parser, main, parse_options
from sbom.options.arguments import option
from sbom.options.verbs import VERBS, BuildOptions, FetchesOptions

#: A complete command line of each verb, by the examples that its help shows.
EXAMPLES = [
    [verb.name, *shlex.split(words)] for verb in VERBS.values() for words, _ in verb.examples
]


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield a parser and all that are below it."""
    yield parser
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to ask
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for below in action.choices.values():
                yield from parsers(below)


@pytest.mark.parametrize("parser", [*parsers(build_parser())], ids=lambda parser: parser.prog)
def test_every_argument_says_what_it_is_and_what_holds_without_it(
    parser: argparse.ArgumentParser,
) -> None:
    unexplained = [
        action.dest
        for action in parser._actions  # noqa: SLF001
        if action.dest not in ("help", "version", "verb")
        and not (
            action.help
            and (
                "(default: " in action.help
                or "(required)" in action.help
                or not action.option_strings
            )
        )
    ]
    assert unexplained == []
    assert parser.description
    assert parser.epilog


def test_an_option_cannot_be_declared_without_saying_what_holds_without_it() -> None:
    with pytest.raises(ValueError, match="state in words"):
        option("a file", "FILE", Path, default=None)


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help_shows_examples_and_does_nothing(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit, match="0"):
        main([verb, "--help"] if verb else ["--help"])
    out, err = capsys.readouterr()
    assert [line for line in out.splitlines() if len(line) > 80] == []
    shown = [line for line in out.splitlines() if line.startswith("  python -m sbom ")]
    assert len(shown) >= 2
    assert "  130  interrupted" in out
    assert err == ""
    assert list(tmp_path.iterdir()) == []


def test_help_imports_no_verb() -> None:
    code = (
        "import contextlib, sys\nfrom sbom.cli import main\nfrom sbom.options.verbs import VERBS\n"
        "for words in ['--version'], ['--help'], *([verb, '--help'] for verb in VERBS):\n"
        "    with contextlib.suppress(SystemExit):\n"
        "        main(words)\n"
        "print([name for name in sys.modules if name.startswith('sbom.commands')])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("words", EXAMPLES, ids=" ".join)
def test_every_example_becomes_values_of_the_declared_types(words: list[str]) -> None:
    options = parse_options(words)
    hints = typing.get_type_hints(type(options))
    names = [field.name for field in fields(options)]
    wrong = [name for name in names if not fits(getattr(options, name), hints[name])]
    assert wrong == []
    with pytest.raises(FrozenInstanceError):
        setattr(options, names[0], None)


def fits(value: object, hint: Any) -> bool:
    """Return whether a value is of a type."""
    arguments = typing.get_args(hint)
    if isinstance(hint, types.UnionType):
        return any(fits(value, one) for one in arguments)
    if typing.get_origin(hint) is tuple:
        assert isinstance(value, tuple)
        is_pair = arguments[-1] is not Ellipsis
        return all(fits(item, arguments[n if is_pair else 0]) for n, item in enumerate(value))
    return isinstance(value, hint)


@pytest.mark.parametrize("verb", VERBS.values(), ids=lambda verb: verb.name)
def test_the_command_line_and_the_class_have_the_same_defaults(verb: Any) -> None:
    least = {
        "fetches": ["x"],
        "verify": ["x"],
        "validate": ["x"],
        "report": ["x"],
        "explain": ["y"],
    }
    least |= {"export": ["--cpython", "x"], "release": ["--artifacts", "x"]}
    words = least.get(verb.name, [])
    given = {"x": Path("x"), "files": (Path("x"),), "subject": "y"}
    options = parse_options([verb.name, *words])
    for field in fields(verb.options):
        value = getattr(options, field.name)
        assert value == field.default or value in given.values()


def test_what_follows_two_dashes_is_the_scripts() -> None:
    words = ["x.bat", "--env", "A=1=2", "--env", "B=", "--", "--no-ssl", "--", "--all"]
    assert parse_options(["fetches", *words]) == FetchesOptions(
        script=Path("x.bat"),
        script_args=("--no-ssl", "--", "--all"),
        env=(("A", "1=2"), ("B", "")),
        all=False,
        quiet=False,
        verbose=False,
    )


def test_an_option_that_may_be_repeated_becomes_a_tuple() -> None:
    options = parse_options(["build", "--platform", "win32", "--platform", "arm64"])
    assert isinstance(options, BuildOptions)
    assert options.platform == ("win32", "arm64")


def test_there_is_a_command_for_each_verb() -> None:
    modules = {path.stem for path in (ROOT / "sbom/commands").glob("*.py")}
    assert modules - {"__init__"} == set(VERBS)


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == "cpython-windows-sbom 0.1.0\n"
