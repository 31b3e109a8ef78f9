"""Every command that could fetch is listed with its condition, or reported with its line."""

from __future__ import annotations

import pytest

from sbom.diagnostics import Code
from sbom.script.analysis import analyze_script

GET = "python get_external.py -e ext"
CLONE = "git clone https://github.com/a/b.git"


def reported(text: str) -> list[tuple[Code, int | None]]:
    return [(one.code, one.location.line) for one in analyze_script(text).diagnostics]


@pytest.mark.parametrize(
    "lines",
    [
        f"where /q git || {CLONE}",
        f"where /q git\nif errorlevel 1 {CLONE}",
        f"where /q git || (\n  echo Fetching\n  {CLONE}\n)",
        f"if exist D:\\mirror {CLONE}",
        f"if exist D:\\mirror (echo there) && {CLONE}",
        f"for %%e in (*.zip) do {CLONE}",
        f"{GET} bzip2-1.0.8 || {CLONE}",
        f"goto end\n{CLONE}\n:end",
        f"exit /b\n{CLONE}",
        f"where /q git || call :get\ngoto end\n:get\n{CLONE}\n:end",
        f"if defined MIRROR (git clone %MIRROR%/xz.git) else {GET} xz-5.2.5",
        'if "%A%"=="1" curl -O https://example.org/a',
        "if defined A curl -O https://example.org/a",
        "where /q curl && set N=1\nif not defined N svn export https://example.org/e/a",
        "if exist D:\\m powershell -Command Invoke-WebRequest https://example.org/a",
        "if exist D:\\m py get_external.py xz-%V%",
        'if "%A%"=="1" for /f %%i in (list.txt) do git clone %%i',
        'if "%A%"=="1" for /f %%i in (list.txt) do set TAG=%%i',
        "where /q git || set LIB=a-%V%\nif defined LIB git clone https://u/%LIB%",
    ],
)
def test_a_command_that_no_tried_run_executes_is_reported(lines: str) -> None:
    text = f"{GET} bzip2-1.0.8\nset V=5.2.5\n{lines}\n"
    found = reported(text)
    assert found
    assert {code for code, _ in found} <= {Code.UNLISTED_COMMAND, Code.UNSUPPORTED_COMMAND}


def test_a_command_that_is_not_executed_is_reported_with_its_line_and_text() -> None:
    [diagnostic] = analyze_script(f"@echo off\nwhere /q git || {CLONE}\n").diagnostics
    assert (diagnostic.code, diagnostic.location.line) == (Code.UNLISTED_COMMAND, 2)
    assert CLONE in str(diagnostic)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(
            'call find_python.bat "%PYTHON%"\n'
            "if not defined PYTHON (where /q git || exit /b 1)\n"
            "if not defined PYTHON (\n  git clone -b xz-5.2.5 "
            "https://github.com/python/cpython-source-deps ext\\xz\n"
            ") else (\n  %PYTHON% get_external.py -e ext xz-5.2.5\n)",
            id="another_way_to_fetch_the_same",
        ),
        pytest.param(f"{GET} xz-5.2.5 || {GET} xz-5.2.5", id="second_try"),
        pytest.param(
            f"set binaries=\nfor %%b in (%binaries%) do {GET} -b %%b", id="list_without_items"
        ),
        pytest.param("where /q git || echo git clone is needed", id="only_printed"),
        pytest.param(f"exit /b\nrem {CLONE}\n:: {CLONE}\necho {CLONE}", id="comments"),
        pytest.param("if exist ext rmdir /s /q ext || rmdir /s /q ext", id="no_fetch"),
        pytest.param(
            f"call :get zlib-1.3\nif defined A call :get xz-1\nexit /b\n:get\n{GET} %1\n",
            id="subroutine",
        ),
    ],
)
def test_what_is_listed_or_fetches_nothing_is_not_reported(lines: str) -> None:
    assert reported(f"{GET} bzip2-1.0.8\n{lines}\n") == []


def conditions(text: str) -> dict[str, str]:
    return {one.tag: str(one.condition) for one in analyze_script(text).externals}


@pytest.mark.parametrize(
    ("lines", "condition"),
    [
        ('if "%V%"=="" set V=17\nif "%V%"=="17" {get}', "unless V set to another value than 17"),
        ('if not "%V%"=="" if not "%V%"=="17" {get}', "only with V set to another value than 17"),
        (
            "if not defined V goto end\n"
            'if "%V%"=="1" goto end\nif "%V%"=="2" goto end\n{get}\n:end',
            "only with V set to another value than 1 or 2",
        ),
        (
            'if "%V%"=="" set V=17\nif not "%V%"=="17" {get}',
            "only with V set to another value than 17",
        ),
        ('if "%V%"=="1" set N=1\nif defined V {get}', "only with V set"),
        ('if "%V%" NEQ "" {get}', "only with V set"),
        ('if "%V%" EQU "16" {get}', "only with V=16"),
        ('if defined V if "%V%" LSS "16" set N=1\nif defined V {get}', "only with V set"),
        ('if "%1"=="--v" set V=%2\nif not "%V%"=="15" {get}', "unless --v 15"),
    ],
)
def test_a_condition_holds_for_each_value_of_a_variable(lines: str, condition: str) -> None:
    text = f"{GET} bzip2-1.0.8\n{lines.format(get=f'{GET} xz-5.2.5')}\n"
    assert conditions(text) == {"bzip2-1.0.8": "always", "xz-5.2.5": condition}
    assert reported(text) == []


@pytest.mark.parametrize(
    "lines",
    [
        'if "%VS%"=="" set VS=17\nif %VS% LSS 16 {get}',
        'if "%VS%"=="" set VS=17\nif %VS% GEQ 16 {get}',
        'if defined VS if "%VS%" GTR "16" {get}',
        'if defined VS if "%VS%" LEQ "b" {get}',
        "set N=17\nif defined VS set /a N=VS\nif %N% LSS 16 {get}",
        'if not "%VS%"=="" for %%v in (14 15) do if %%v LSS %VS% set N=%%v\nif defined N {get}',
        "where /q git && {get}",
        "where /q git\nif not errorlevel 1 {get}",
        'if "%1"=="--vs" set VS=%2\nif "%VS%" GTR "15" {get}',
    ],
)
def test_a_condition_that_no_values_express_is_reported(lines: str) -> None:
    text = f"{GET} bzip2-1.0.8\n{lines.format(get=f'{GET} xz-5.2.5')}\n"
    [diagnostic] = analyze_script(text).diagnostics
    assert (diagnostic.code, diagnostic.subject) == (Code.UNDECIDED_CONDITION, "xz-5.2.5")
    [xz] = [one for one in analyze_script(text).externals if one.tag == "xz-5.2.5"]
    assert not xz.is_decided


@pytest.mark.parametrize(
    ("lines", "condition"),
    [
        ("if not exist ext\\bzip2-1.0.8 {get}", "only with NO_BZIP2=1"),
        ("if exist ext\\bzip2-1.0.8 {get}", "unless NO_BZIP2=1"),
        ("for /D %%d in (ext\\bzip2-*) do {get}", "unless NO_BZIP2=1"),
        ("if not exist ext\\xz-5.2.5 {get}", "always"),
        ("if not exist ext\\zlib-1.3.1 {get}", "always"),
        ("if exist ext (rem) else {get}", "only with NO_BZIP2=1"),
        ("if exist ext\\bzip2-1.0.8 (set N=1)\nif not defined N {get}", "only with NO_BZIP2=1"),
    ],
)
def test_a_directory_of_another_external_is_a_condition_of_that_external(
    lines: str, condition: str
) -> None:
    text = (
        f'if not "%NO_BZIP2%"=="1" {GET} bzip2-1.0.8\n'
        f"{lines.format(get=f'{GET} xz-5.2.5')}\n{GET} zlib-1.3.1\n"
    )
    expected = {"bzip2-1.0.8": "unless NO_BZIP2=1", "xz-5.2.5": condition, "zlib-1.3.1": "always"}
    assert conditions(text) == expected
    assert reported(text) == []


@pytest.mark.parametrize(
    ("lines", "condition"),
    [
        ('if "%D%"=="1" if "%E%"=="x" {get}', "only with D=1 and E=x"),
        ('if "%E%"=="x" if "%D%"=="1" {get}', "only with E=x and D=1"),
        ('if defined D if "%E%"=="x" {get}', "only with D set and E=x"),
        ('if "%D%"=="1" if defined E {get}', "only with D=1 and E set"),
        ('if "%D%"=="1" if "%E%"=="x" if "%F%"=="y" {get}', "only with D=1 and E=x and F=y"),
        ('if "%D%"=="1" (\n  if /i "%E%" EQU "x" (\n    {get}\n  )\n)', "only with D=1 and E=x"),
        ('if "%D%"=="1" goto more\ngoto end\n:more\nif "%E%"=="x" {get}\n:end',
         "only with D=1 and E=x"),
        ('if "%1"=="--d" if "%E%"=="x" {get}', "only with --d and E=x"),
        ('if "%D%"=="1" if "%1"=="--e" {get}', "only with D=1 and --e"),
        ('if not "%D%"=="" if not "%E%"=="" {get}', "only with D set and E set"),
        ('if "%D%"=="1" (if "%E%"=="x" set N=1)\nif not "%N%"=="1" {get}',
         "unless N=1 or D=1 and E=x"),
        ('if "%E%"=="z" echo\nif defined E echo\nif "%D%"=="1" if "%E%"=="x" {get}',
         "only with D=1 and E=x"),
    ],
)  # fmt: skip
def test_values_of_several_variables_decide_together(lines: str, condition: str) -> None:
    text = f"{GET} bzip2-1.0.8\n{lines.format(get=f'{GET} xz-5.2.5')}\n"
    assert conditions(text) == {"bzip2-1.0.8": "always", "xz-5.2.5": condition}
    assert reported(text) == []


@pytest.mark.parametrize(
    "lines",
    [
        'if "%D%"=="1" if not "%E%"=="x" {get}',
        'if "%D%"=="1" if not defined E {get}',
        'if "%D%"=="1" (set N=1\nif "%E%"=="x" set N=)\nif defined N {get}',
    ],
)
def test_what_another_value_takes_back_is_reported(lines: str) -> None:
    text = f"{GET} bzip2-1.0.8\n{lines.format(get=f'{GET} xz-5.2.5')}\n"
    [diagnostic] = analyze_script(text).diagnostics
    assert (diagnostic.code, diagnostic.subject) == (Code.UNDECIDED_CONDITION, "xz-5.2.5")
