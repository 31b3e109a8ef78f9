"""get_externals.bat as it was written in three eras, from facts: our own text, none of upstream's.

Each function renders what a real script pins, presets, guards and accepts into a script that
has the constructs of its era: line-wise accumulation, blocks, shift and goto, for over a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Facts = Mapping[str, Any]
Pin = Mapping[str, Any]


def _listing(variable: str, pins: Iterable[Pin], width: int = 44) -> list[str]:
    """Return lines that collect tags in a variable, guarded ones after an ``if``."""
    lines = [f"set {variable}="]
    for pin in pins:
        guard = f'if NOT "%{pin["guard"]}%"=="false" ' if pin["guard"] else ""
        lines.append(f"{guard}set {variable}=%{variable}%".ljust(width) + f" {pin['tag']}")
    return lines


def _of(facts: Facts, *variables: str) -> list[Pin]:
    return [pin for pin in facts["pins"] if pin["variable"] in variables]


def svn_script(facts: Facts) -> str:
    """Render the era of Subversion: one argument at most, everything a source."""
    listed = _of(facts, "for")
    collected = _of(facts, "libraries")
    lines = [
        "@echo off",
        "setlocal",
        'if not exist "%~dp0..\\externals" mkdir "%~dp0..\\externals"',
        'pushd "%~dp0..\\externals"',
        'if "%SVNROOT%"=="" set SVNROOT=http://svn.example.org/external/',
        'if not "%1"=="" (',
        "    for %%c in (-c --clean --clean-only) do (",
        '        if "%1"=="%%c" goto wipe',
        "    )",
        "    goto help",
        ")",
        "goto fetch",
        ":wipe",
        "for /D %%d in (",
        "    bzip2-*",
        "    tcl-*",
        "    ) do (",
        "    rmdir /s /q %%d",
        ")",
        'if "%1"=="--clean-only" (',
        "    goto done",
        ")",
        ":fetch",
        "svn --version > nul 2>&1",
        "if ERRORLEVEL 9009 (",
        "    echo.svn is needed ^(see the guide^)",
        "    exit /b 1",
        ")",
    ]
    if collected:
        lines += [*_listing("libraries", collected), "for %%e in (%libraries%) do ("]
    else:
        lines += ["for %%e in (", *(f"    {pin['tag']}" for pin in listed), "    ) do ("]
    return _finished(
        [
            *lines,
            "    if exist %%e (",
            "        echo.%%e is there",
            "    ) else (",
            "        svn export %SVNROOT%%%e",
            "    )",
            ")",
            "goto done",
        ],
        usage="help",
    )


def git_script(facts: Facts) -> str:
    """Render the era of ``git clone``."""
    fetch = (
        "git clone --depth 1 https://github.com/%ORG%/cpython-{0}-deps --branch %%{1} "
        '"%EXTERNALS_DIR%\\%%{1}"'
    )
    return _flagged(facts, fetch.format("source", "e"), fetch.format("bin", "b"))


def get_external_script(facts: Facts) -> str:
    """Render the era of PCbuild/get_external.py."""
    source = '%PYTHON% -E "%PCBUILD%\\get_external.py" -O %ORG% -e "%EXTERNALS_DIR%" %%e'
    binary = '%PYTHON% -E "%PCBUILD%\\get_external.py" -b -O %ORG% -e "%EXTERNALS_DIR%" %%b'
    return _flagged(facts, source, binary, prepare=['call "%PCBUILD%\\find_python.bat" "%PYTHON%"'])


def _flagged(facts: Facts, source: str, binary: str, prepare: Sequence[str] = ()) -> str:
    presets = [f"set {name}={value}" for name, value in facts["defaults"].items()]
    flags = [
        f'if "%~1"=="{flag}" (set {name}={value}) & shift & goto Options'
        for flag, (name, value) in facts["flags"].items()
    ]
    return _finished(
        [
            "@echo off",
            "setlocal",
            "if NOT DEFINED PCBUILD (set PCBUILD=%~dp0)",
            "if NOT DEFINED EXTERNALS_DIR (set EXTERNALS_DIR=%PCBUILD%\\..\\externals)",
            "set CLEAN=false",
            *presets,
            ":Options",
            *flags,
            'if "%~1"=="--organization" (set ORG=%2) & shift & shift & goto Options',
            'if "%~1"=="--clean" (set CLEAN=true) & shift & goto Options',
            'if "x%~1" NEQ "x" goto usage',
            'if "%CLEAN%"=="false" goto fetch',
            'if exist "%EXTERNALS_DIR%" (',
            "    rem the second try is for a virus scanner",
            '    rmdir /s /q "%EXTERNALS_DIR%" || rmdir /s /q "%EXTERNALS_DIR%"',
            ")",
            ":fetch",
            'if "%ORG%"=="" (set ORG=python)',
            *prepare,
            *_listing("libraries", _of(facts, "libraries", "for")),
            *_loop("e", "libraries", source),
            *_listing("binaries", _of(facts, "binaries")),
            *_loop("b", "binaries", binary),
            "goto done",
        ],
        usage="usage",
    )


def _loop(letter: str, variable: str, fetch: str) -> list[str]:
    return [
        f"for %%{letter} in (%{variable}%) do (",
        f'    if exist "%EXTERNALS_DIR%\\%%{letter}" (',
        f"        echo.%%{letter} is there",
        "    ) else (",
        f"        echo.Now %%{letter}...",
        f"        {fetch}",
        "    )",
        ")",
    ]


def _finished(lines: Sequence[str], usage: str) -> str:
    """Return the text with its last two labels; CRLF, as Windows writes it."""
    return "\r\n".join([*lines, f":{usage}", "echo.No such option", "exit /b -1", "", ":done", ""])
