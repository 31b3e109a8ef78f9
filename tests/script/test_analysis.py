"""Every command that could fetch is listed with its condition, or reported with its line."""

from __future__ import annotations

import pytest

from sbom.diagnostics import Code
from sbom.script.analysis import analyze_script

GET = "python get_external.py -e ext"
CLONE = "git clone https://github.com/a/b.git"


def reported(text: str) -> list[tuple[Code, int | None]]:
    return [(one.code, one.line) for one in analyze_script(text).diagnostics]


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
    assert (diagnostic.code, diagnostic.line) == (Code.UNLISTED_COMMAND, 2)
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
            f"call :get zlib-1.3\nwhere /q git && call :get xz-1\nexit /b\n:get\n{GET} %1\n",
            id="subroutine",
        ),
    ],
)
def test_what_is_listed_or_fetches_nothing_is_not_reported(lines: str) -> None:
    assert reported(f"{GET} bzip2-1.0.8\n{lines}\n") == []
