"""``echo text | findstr`` finds what Windows' findstr finds."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbom.batch import Program, run_program
from sbom.batch.text_search import UnsupportedSearchError, parse_search
from sbom.diagnostics import SbomError
from sbom.script.run import run_script

GIT = "git clone --branch xz-1 https://github.com/python/cpython-source-deps x"


def errorlevel(command: str, text: str) -> int:
    program, _, arguments = command.partition(" ")
    search = parse_search(program, f" {arguments}")
    assert search is not None
    return search.run(text)


@pytest.mark.parametrize(
    ("command", "text", "found"),
    [
        ("findstr llvm", "llvm-21", True),
        ("findstr LLVM", "llvm-21", False),
        ("findstr /i LLVM", "llvm-21", True),
        ('findstr "nasm llvm"', "llvm-21", True),  # either of them
        ('findstr /c:"nasm llvm"', "llvm-21", False),
        ("findstr /c:nasm /c:llvm", "llvm-21", True),
        ('findstr /b "llvm-"', "llvm-21", True),
        ('findstr /b "vm-"', "llvm-21", False),
        ("findstr /e 21", "llvm-21", True),
        ("findstr /e 21", "llvm-21 ", False),  # as echo with a blank before | prints it
        ("findstr /x llvm", "llvm-21", False),
        ("findstr /x llvm-21", "llvm-21", True),
        ("findstr /v llvm", "llvm-21", False),
        ("findstr /v nasm", "llvm-21", True),
        ("findstr /bi LLVM", "llvm-21", True),
        ("findstr -i -c:LLVM", "llvm-21", True),
        ("findstr /n /p llvm", "llvm-21", True),
        ('findstr "^llvm-[0-9]*$"', "llvm-21", True),
        ('findstr "^llvm-[0-9]*$"', "llvm-2x", False),
        ('findstr /l "^llvm"', "llvm-21", False),
        ('findstr /r /c:"l.*2"', "llvm-21", True),
        ('findstr /c:"l.*2"', "llvm-21", False),  # with /c, literal unless /r
        ("findstr l.vm", "llvm-21", True),  # an expression, as it has a dot
        ("findstr /r l\\.vm", "llvm-21", False),
        ('findstr /r "\\<vm"', "llvm vm", True),
        ('findstr /r "\\<vm"', "llvm", False),
        ('findstr /r "vm\\>"', "llvm-21", True),
        ('findstr "x*llvm"', "llvm", True),
        ('findstr "[^0-9]$"', "llvm-21", False),
        ('findstr "[a-c]lvm"', "Blvm", True),  # a A b B c C
        ('findstr "[a-c]lvm"', "Clvm", False),
        ('findstr "a.c*"', "abccc", True),
        ('find "llvm"', "llvm-21", True),
        ('find "LLVM"', "llvm-21", False),
        ('find /i "LLVM"', "llvm-21", True),
        ('find /v "llvm"', "llvm-21", False),
        ('find /c /i "LLVM"', "llvm-21", True),
        ('find "say ""x"""', 'say "x"', True),
        ('find ""', "llvm-21", False),
        ('find "l.vm"', "llvm-21", False),
    ],
)
def test_a_line_is_found_or_not(command: str, text: str, *, found: bool) -> None:
    assert errorlevel(command, text) == (0 if found else 1)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("findstr llvm file.txt", "the file file.txt"),
        ("findstr /c:llvm file.txt", "the file file.txt"),
        ("findstr /g:strings.txt", "the option /g:strings.txt"),
        ("findstr /q llvm", "the option /q"),
        ("findstr a\\b", "a backslash in a literal string"),
        ('findstr "[!-/]"', "the range !-/"),
        ('findstr "[\\d]"', "a backslash in a class"),
        ('find "x" file.txt', "the file file.txt"),
    ],
)
def test_what_is_not_modeled_is_refused_by_name(command: str, reason: str) -> None:
    with pytest.raises(
        UnsupportedSearchError, match=f"^{reason.replace('!', '.')}$".replace("\\", r"\\")
    ):
        errorlevel(command, "llvm")
    with pytest.raises(SbomError) as caught:
        run_script(f"echo llvm|{command}\n{GIT}\n", file="s.bat")
    program = command.split(maxsplit=1)[0]
    assert str(caught.value).startswith(f"s.bat:1: cannot determine what '{program} ")
    assert str(caught.value).endswith(f" finds: {reason}")


@pytest.mark.parametrize("command", ["findstr", "findstr /i", "find llvm", "find"])
def test_wrong_usage_is_errorlevel_2(command: str) -> None:
    script = f"echo llvm|{command}\nif errorlevel 2 {GIT}\n"
    assert [one.tag for one in run_script(script).fetches] == ["xz-1"]


def fetched(script: str, *arguments: str) -> list[str]:
    return [one.tag for one in run_script(f"@echo off\n{script}", arguments).fetches]


@pytest.mark.parametrize(
    "script",
    [
        f'echo llvm | findstr /b "llvm" >nul && {GIT}',
        f'echo llvm|find "llvm" >nul 2>&1 && {GIT}',
        f'echo.llvm| findstr /x "llvm" && {GIT}',
        f'echo(llvm| %SystemRoot%findstr /x "llvm" && {GIT}',
        f"echo llvm^|nasm| findstr nasm && {GIT}",
        f"echo llvm | findstr nasm || {GIT}",
        f"for %%e in (llvm) do (\necho %%e | findstr /b llvm >nul\nif not errorlevel 1 {GIT}\n)",
        f"echo %1 | findstr nothing || {GIT}",
    ],
)
def test_a_pipe_from_echo_is_followed(script: str) -> None:
    assert fetched(script) == ["xz-1"]


def test_an_argument_that_is_searched_for_is_found() -> None:
    script = f'echo %* | findstr /i /c:"--no-xz" >nul && exit /b 0\n{GIT}\n'
    assert fetched(script) == ["xz-1"]
    assert fetched(script, "--NO-XZ") == []


@pytest.mark.parametrize(
    "script",
    [
        "type list.txt | findstr xz",
        'git tag | find "xz"',
        "(echo xz) | findstr xz",
        "dir | findstr xz",
    ],
)
def test_what_another_command_prints_is_not_guessed(script: str) -> None:
    with pytest.raises(SbomError) as caught:
        fetched(f"{script} && {GIT}")
    message = str(caught.value)
    assert message.startswith("get_externals.bat:2: cannot determine what '")
    first, _, second = script.partition(" | ")
    if not first.startswith("("):
        assert message.endswith(f"'{first}' prints, in which '{second}' searches")


@given(st.text('.*^$[]\\<>-ab019/"', max_size=30), st.text("ab01 ", max_size=20))
def test_any_search_has_a_result(wanted: str, text: str) -> None:
    with suppress(UnsupportedSearchError):
        search = parse_search("findstr", f' /r "{wanted}"')
        assert search is None or search.run(text) in (0, 1)


def test_an_expression_that_repeats_much_ends_soon() -> None:
    start = time.perf_counter()
    assert errorlevel(f'findstr "{".*" * 100}x"', "a" * 2000) == 1
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    "line",
    [
        "findstr /b llvm- tags.txt",
        "findstr.exe llvm- < tags.txt",
        'find "llvm-" tags.txt',
        "echo x | findstr llvm- tags.txt",
        "echo x | findstr /g:tags.txt",
        "type tags.txt | findstr llvm-",
    ],
)
def test_the_hint_of_a_search_in_files_says_what_is_possible(line: str) -> None:
    [diagnostic] = run_program(Program(line, "s.bat"), lambda _command: None).diagnostics[-1:]
    assert "search what echo prints" in diagnostic.hint
