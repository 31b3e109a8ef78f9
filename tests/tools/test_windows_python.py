"""A Python for Windows under Wine: what it is made of, and what it never gets to see."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from windows_python import (
    forwarding_definition,
    main,
    redistributed_files,
    windows_path,
    wine_environment,
)

#: What GNU objdump 2.40 prints of the exports of a DLL.
EXPORTS = """
Export Address Table -- Ordinal Base 1

[Ordinal/Name Pointer] Table
\t[   0] PyAIter_Check
\t[   1] Py_Main
\t[1644] _Py_VaBuildValue_SizeT
\t[1645] initsomething
"""


def test_python3_dll_forwards_each_function_of_the_c_api() -> None:
    assert forwarding_definition(EXPORTS) == (
        "LIBRARY python3.dll\n"
        "EXPORTS\n"
        "PyAIter_Check = python313.PyAIter_Check\n"
        "Py_Main = python313.Py_Main\n"
        "_Py_VaBuildValue_SizeT = python313._Py_VaBuildValue_SizeT\n"
    )


def test_dlls_and_extension_modules_of_one_python_are_taken_from_the_wheel() -> None:
    paths = [
        "deploy_libs/python313.dll",
        "deploy_libs/VCRUNTIME140.dll",
        "deploy_libs/_ssl.pyd",
        "deploy_libs/libssl-3.dll",
        "deploy_libs/_ssl.cp313t-win_amd64.pyd",
        "deploy_libs/api-ms-win-crt-heap-l1-1-0.dll",
        "deploy_libs/_wmi.pyd",
        "deploy_libs/readme.txt",
        "panda3d/core.pyd",
    ]
    assert list(redistributed_files(paths)) == [
        ("deploy_libs/python313.dll", "python313.dll"),
        ("deploy_libs/VCRUNTIME140.dll", "VCRUNTIME140.dll"),
        ("deploy_libs/_ssl.pyd", "DLLs/_ssl.pyd"),
        ("deploy_libs/libssl-3.dll", "DLLs/libssl-3.dll"),
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="Wine runs elsewhere")
def test_a_program_under_wine_finds_files_on_drive_z(tmp_path: Path) -> None:
    assert windows_path(Path("/usr/bin")) == "Z:\\usr\\bin"
    environment = wine_environment(tmp_path, {"PYTHONPATH": "here", "DISPLAY": ":0", "A": "1"})
    assert environment["A"] == "1"
    assert environment["WINEPREFIX"] == str(tmp_path / "prefix")
    assert not {"PYTHONPATH", "DISPLAY"} & environment.keys()


@pytest.mark.skipif(sys.version_info[:2] == (3, 13), reason="this Python can make one")
def test_where_it_cannot_be_made_the_reason_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "windows")]) == 3
    assert capsys.readouterr().out.startswith(
        "no Windows Python can be made here: it takes a Python 3.13, and this is 3."
    )
    assert not (tmp_path / "windows").exists()
