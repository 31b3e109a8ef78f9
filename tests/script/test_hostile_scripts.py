"""Whatever the text, a script is read or refused with an SbomError, and soon."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbom import fetches
from sbom.batch import Program, run_program
from sbom.diagnostics import SbomError
from sbom.script.analysis import analyze_script

#: Processor seconds on an idle machine, where a second is promised and the slowest takes 0.4.
SECONDS = 2.0
#: Processor seconds that counting takes on the machine where SECONDS was chosen.
COUNTING = 0.05

FRAGMENTS = (
    *'%^&|"()<>!@:=;, \t\r\n\0\x1a\xa0é\ud800²',
    *("%%", "%~", "%~dp0", "%~$PATH:1", "%~z1", "%1", "%*", "%X%", "%X:~", "%X:a=b%", "!X!"),
    *("if a==a ", "if not ", "if defined X ", "if exist * ", "if 08 EQU ² ", "if errorlevel ²"),
    *("else ", ") else (", "for %%e in (", ") do ", "for /L %%i in (1,0,1) do ", "%%e", "%%~fe"),
    *("call ", "call :a\n", "goto a\n", ":a\n", "goto :eof\n", "exit /b ", "shift /-1\n"),
    *("set X=%X%%X%ab\n", "setlocal EnableDelayedExpansion\n", "set X=!X!!X!\n", "endlocal\n"),
    *("cd x\n", "pushd ..\n", "popd\n", "mkdir a b\n", "rmdir a\n", "del *\n", "copy a b\n"),
    *("git clone ", "--branch ", "https://example.org/a/b ", "svn export ", "get_external.py -b "),
    *("rem ", "::", "echo ", "a-1.2 ", "<<<<<<< a\n", "%TIME%", "\n)\n", "^\n", "(\n"),
    *('if "%1"=="--flag" ', 'if "%VALUE%"=="x" ', "set X=" + "9" * 60 + "\n", "%X:~-99999999999%"),
)
SCRIPTS = st.lists(st.sampled_from(FRAGMENTS), max_size=60).map("".join)
WORDS = st.lists(st.sampled_from(["--flag", "", '"', "a b", "%X%", "^", "&", "-c"]), max_size=3)

READERS: dict[str, Callable[[str], object]] = {
    "fetches": lambda text: fetches(text, ["--flag", "a b"], {"VALUE": "x"}),
    "analyze_script": analyze_script,
    "run_program": lambda text: run_program(Program(text, "s.bat"), lambda _command: None),
}


def seconds(read: Callable[[str], object], text: str) -> float:
    start = time.process_time()
    with suppress(SbomError):
        read(text)
    return time.process_time() - start


def slowness() -> float:
    """Return how many times as long as on an idle machine things take now, at least 1."""
    start = time.process_time()
    for _ in range(5_000_000):
        pass
    return max(1.0, (time.process_time() - start) / COUNTING)


def is_soon(read: Callable[[str], object], text: str) -> bool:
    """Measure up to three times: a busy machine in CI took 2.1 s for what takes 0.4 s."""
    return any(
        spent < SECONDS or spent < SECONDS * slowness()
        for spent in (seconds(read, text) for _ in range(3))
    )


@given(SCRIPTS, WORDS)
def test_any_script_answers_or_is_refused(script: str, arguments: list[str]) -> None:
    assert is_soon(lambda text: fetches(text, arguments, {"X": "a"}), script)


@given(SCRIPTS)
def test_any_script_can_be_probed_or_is_refused(script: str) -> None:
    assert is_soon(analyze_script, script)


@given(st.text(max_size=200))
def test_any_text_answers_or_is_refused(text: str) -> None:
    assert is_soon(fetches, text)


@given(SCRIPTS)
def test_the_same_script_answers_the_same(script: str) -> None:
    def answer() -> object:
        try:
            return fetches(script)
        except SbomError as error:
            return error.diagnostics

    assert answer() == answer()


LONG = "set X=" + "a" * 8000 + "\n"
NAMES = " ".join(f"n{number}" for number in range(1300))
DIRECTORIES = f"mkdir {NAMES}\n"
#: A list of 20,000 items, in lines that cmd takes.
MANY = "(\n" + ("1 " * 1000 + "\n") * 20 + ")"

#: Each of these once raised something else, ran for seconds or took hundreds of megabytes.
HOSTILE = {
    # int() refuses more than 4300 digits with a ValueError.
    "digits": "set X=a\necho %X:~" + "9" * 4400 + "%",
    "digits_delayed": "setlocal EnableDelayedExpansion\nset X=a\nfoo !X:~" + "9" * 4400 + "!",
    # A block was expanded to its end before its length counted: 300 MB.
    "block_of_long_lines": LONG + "(\n" + "%X%\n" * 20_000 + ")",
    # A line was expanded whole before its length was looked at: 450 MB.
    "long_line_of_long_values": LONG + "echo " + "%X%" * 29_000,
    # What call, for and delayed expansion expand was not limited at all.
    "call_doubles": "set X=aaaaaaaa\n:a\ncall set X=%%X%%%%X%%\ngoto a",
    "delayed_in_if": "setlocal EnableDelayedExpansion\n"
    + LONG
    + ':a\nif "'
    + "!X!" * 2600
    + '"=="a" echo\ngoto a',
    "loop_variable_in_if": f"for %%e in ({'a' * 4000}) do for %%i in {MANY} do "
    'if "' + "%%e" * 1300 + '"=="a" echo',
    # Each of many substitutions walked a long value, free of charge.
    "substitutions": LONG + ("rem " + "%X:a=%" * 1300 + "\n") * 11,
    # Blanks in a substring backtracked in quadratic time.
    "blanks_in_a_substring": "set X=a\necho %X:~" + " " * 8000 + "x%",
    # goto searched every label, each time.
    "labels": ":b\ngoto c\n" + ":a\n" * 30_000 + ":c\ngoto b",
    # Each path was compared with every path there was.
    "paths_looked_for": DIRECTORIES * 5 + ":a\nif exist nope\\x echo\ngoto a",
    "paths_removed": DIRECTORIES * 3 + f"rmdir {NAMES.replace('n', 'm')}\n" * 5,
    "patterns": DIRECTORIES + f"for %%e in ({'*zz ' * 1500}) do echo\n" * 5,
    # Directories grew with every cd; each path below them was as long.
    "directories_grow": ("cd " + "a" * 4000 + "\n") * 9 + "mkdir " + "a " * 3000,
    # Each setlocal keeps all variables.
    "setlocal_without_end": "".join(f"set a{n}=1\n" for n in range(1500))
    + ":a\nsetlocal&setlocal&setlocal\ngoto a",
    # A negative number doubled the arguments.
    "shift_back": ":a\nshift /-1\ngoto a",
    # Nothing limited how many runs probing took.
    "probes_of_names": "echo " + " ".join(f"%a{n}%" for n in range(1000)),
    "probes_of_flags": "\n".join(f'if "%1"=="-{n}" echo' for n in range(2000)),
    "probes_of_values": "\n".join(f'if "%A%"=="v{n}" echo' for n in range(2000)),
    "probes_of_pairs": "\n".join(f'if "%1"=="-{n}" echo' for n in range(300))
    + "\ngoto :eof\nfoo a-1.2",
    "probes_of_long_runs": "\n".join(f'if "%1"=="-{n}" echo' for n in range(100))
    + f"\nfor %%i in {MANY} do echo",
    # Each external was compared with all before it.
    "many_externals": "for %%e in (1 2 3) do for %%f in ("
    + " ".join(f"a-{n}" for n in range(500))
    + ") do git clone -b %%f-%%e https://example.org/p/q %%e%%f",
    # A line that looks like one long tag was searched from each of its characters.
    "tag_of_pluses": "goto :eof\nx " + "+a" * 45_000,
    # A line that no run reads was searched from each program that it names.
    "programs_that_are_not_run": "goto :eof\n" + "git svn " * 12_000,
    # A text far too long was split into lines first.
    "huge": "\n" * 5_000_000,
    # These never failed; they stand for what is easily broken.
    "nested_ifs": "if a==a " * 3000 + "echo",
    "nested_else_ifs": "if a==b (echo) " + "else if a==b (echo) " * 300,
    "nested_blocks": "(" * 5000,
    "nested_calls": "call " * 1500 + "echo",
    "nested_calls_of_nested_ifs": ":a\n" + "if a==a " * 35 + "call :a",
    "call_of_itself": ":a\ncall :a %* %*",
    "joined_lines": "^\n" * 45_000,
    "commands_in_one_line": "(" + "a&" * 45_000 + ")",
    "open_list": "for %%e in (\n" + "a\n" * 45_000,
    "loops": f"for %%i in {MANY} do for %%j in {MANY} do for %%k in () do echo",
    "count_of_step_zero": "for /L %%i in (1,0,1) do echo",
    "nuls": "\0" * 1000 + "\n\0set X=\0\nmkdir \0\ncd \0\n",
    "surrogates": "set \ud800=1\necho %\ud800%\nmkdir \ud800\ngit clone \ud800",
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_script_answers_or_is_refused(name: str, reader: str) -> None:
    assert is_soon(READERS[reader], HOSTILE[name])


def test_probing_too_many_flags_says_so() -> None:
    with pytest.raises(SbomError) as caught:
        analyze_script(HOSTILE["probes_of_flags"], "s.bat")
    assert (
        str(caught.value)
        == "s.bat:1: the script compares more flags and variables than can be tried"
    )
