"""A Python for Windows under Wine: ``nox -s windows`` makes one, and runs the tests with it.

``windows_python.py DIRECTORY`` makes DIRECTORY/python/python.exe unless it is there, and installs
what this project and its tests need; the exit status is 3 where that cannot be done here.
``windows_python.py DIRECTORY ARGUMENT…`` then runs it with these arguments.

The DLL and the extension modules are python.org's own, which a wheel of panda3d redistributes; the
standard library is that of the Python 3.13 that runs this script. Nothing else comes from anywhere
but PyPI and Debian.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from shutil import which
from typing import IO

ROOT = Path(__file__).parent.parent
#: How the output starts if no such Python can be made here.
IMPOSSIBLE = "no Windows Python can be made here"
#: Its DLL is that of CPython 3.13.0.
_REDISTRIBUTED = (
    "panda3d==1.10.15 "
    "--hash=sha256:81da0be19890802980828dde4c59f920f7e49bb9e6ec02375c899cace8074baf"
)
_COMPILER = "x86_64-w64-mingw32-gcc"
_DEBIAN_PACKAGES = ("wine", "wine64", "gcc-mingw-w64-x86-64")
#: Wine has the C runtime itself; the WMI of Wine 8 aborts the process, and platform works without.
_LEFT_OUT = re.compile(r".*\.cp313t-.*|api-ms-.*|_wmi\.pyd")
_BESIDE_PROGRAM = ("python3", "vcruntime")
_STANDARD_LIBRARY = shutil.ignore_patterns(
    "lib-dynload", "site-packages", "test", "idlelib", "config-3*", "_sysconfigdata*", "__pycache__"
)
_PYTHON = r"""
#include <windows.h>
int _dowildcard = 0;  /* python.exe expands no asterisks */
int wmain(int argc, wchar_t **argv) {
    HMODULE dll = LoadLibraryW(L"python313.dll");
    int (*run)(int, wchar_t **) = dll ? (void *)GetProcAddress(dll, "Py_Main") : NULL;
    return run ? run(argc, argv) : 120;
}
"""
#: A function of bcryptprimitives.dll that programs in Rust call, and Wine 8 does not have.
_RANDOM = r"""
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE to, SIZE_T size) {
    return SystemFunction036(to, size);
}
"""
_EXPORTED = re.compile(r"^\t\[ *\d+\] (_?Py\w*)$", re.MULTILINE)


class _ImpossibleError(Exception):
    """No Windows Python can be made here; the text is the reason."""


def forwarding_definition(listing: str) -> str:
    """Return the definition of python3.dll, which does nothing but forward to python313.dll.

    ``listing`` is what ``objdump -p`` prints of the latter.
    """
    names = (f"{name} = python313.{name}\n" for name in _EXPORTED.findall(listing))
    return f"LIBRARY python3.dll\nEXPORTS\n{''.join(names)}"


def redistributed_files(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the path of each DLL and extension module that is needed, and where it belongs.

    ``paths`` are those of an unpacked wheel of panda3d.
    """
    for path in paths:
        name = PurePosixPath(path).name
        if not path.startswith("deploy_libs/") or not name.endswith((".dll", ".pyd")):
            continue
        if not _LEFT_OUT.fullmatch(name):
            beside = name.lower().startswith(_BESIDE_PROGRAM)
            yield path, name if beside else f"DLLs/{name}"


def windows_path(path: Path) -> str:
    """Return the path by which programs under Wine find a file of this machine."""
    return "Z:" + str(path.resolve()).replace("/", "\\")


def wine_environment(directory: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for a program under Wine: no display, Mono, Gecko or debugger."""
    own = {
        "WINEPREFIX": str(directory / "prefix"),
        "WINEARCH": "win64",
        "WINEDEBUG": "-all",
        "WINEPATH": windows_path(directory / "python"),
        "WINEDLLOVERRIDES": "mscoree=;mshtml=;winemenubuilder.exe=;winedbg.exe=",
    }
    # What belongs to the Python that runs this is not for the other one.
    dropped = ("DISPLAY", "VIRTUAL_ENV", "PYENV_VERSION", "PYTHONHOME", "PYTHONPATH")
    return {name: value for name, value in environment.items() if name not in dropped} | own


def make(directory: Path) -> None:
    """Make a Windows Python, unless this script has made it already, and install packages."""
    recipe = hashlib.sha256(Path(__file__).read_bytes() + sys.version.encode()).hexdigest()
    stamp = directory / "recipe.txt"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != recipe:
        if sysconfig.get_python_version() != "3.13":
            raise _ImpossibleError(f"it takes a Python 3.13, and this is {sys.version}")
        _require_programs()
        if not stamp.is_file() and directory.is_dir() and any(directory.iterdir()):
            raise _ImpossibleError(f"{directory} has other files; name a new or empty directory")
        shutil.rmtree(directory, ignore_errors=True)
        (directory / "python/Lib/site-packages").mkdir(parents=True)
        _copy_python(directory)
        _build_missing(directory / "python")
        _make_prefix(directory)
        stamp.write_text(recipe, encoding="utf-8")
    packages = directory / "python/Lib/site-packages"
    _install("--target", str(packages), "-r", "pyproject.toml", "--group", "tests")
    (packages / "project.pth").write_text(f"{windows_path(ROOT)}\n", encoding="utf-8")


def _require_programs() -> None:
    """Install Wine and a compiler where that is possible: as root, on Debian."""
    programs = ("wine", "wineboot", _COMPILER)
    if all(map(which, programs)):
        return
    install = f"apt-get install --no-install-recommends {' '.join(_DEBIAN_PACKAGES)}"
    if sys.platform == "win32" or which("apt-get") is None or os.geteuid() != 0:
        raise _ImpossibleError(f"{' and '.join(programs)} are needed; on Debian: {install}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in ("apt-get -q update", f"{install} -q -y"):
        done = subprocess.run(command.split(), env=environment, capture_output=True, check=False)
        if done.returncode:
            reason = done.stderr.decode(errors="replace").strip()
            raise _ImpossibleError(f"{command} failed: {reason}")


def _install(*options: str) -> None:
    """Install packages as Windows does, from wheels only."""
    platform = ["--python-platform", "x86_64-pc-windows-msvc", "--python-version", "3.13"]
    wheels = ["--only-binary", ":all:", *options]
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", *platform, *wheels]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip()
        raise _ImpossibleError(f"packages cannot be installed: {reason}")


def _copy_python(directory: Path) -> None:
    unpacked, home = directory / "panda3d", directory / "python"
    requirement = directory / "panda3d.txt"
    requirement.write_text(_REDISTRIBUTED, encoding="utf-8")
    _install("--target", str(unpacked), "--no-deps", "--require-hashes", "-r", str(requirement))
    (home / "DLLs").mkdir()
    paths = (path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*"))
    for path, target in redistributed_files(paths):
        shutil.copyfile(unpacked / path, home / target)
    shutil.rmtree(unpacked)
    library = home / "Lib"
    shutil.copytree(
        sysconfig.get_path("stdlib"), library, ignore=_STANDARD_LIBRARY, dirs_exist_ok=True
    )
    # Wine 8 has no CopyFile2, with which Python copies files since 3.13.
    module = library / "shutil.py"
    text = module.read_text(encoding="utf-8")
    text = text.replace('hasattr(_winapi, "CopyFile2")', "False")
    module.write_text(text, encoding="utf-8")


def _build_missing(home: Path) -> None:
    """Build python.exe, and what wheels need that is neither in panda3d's nor in Wine 8."""
    objdump = _COMPILER.replace("gcc", "objdump")
    exported = subprocess.run(
        [objdump, "-p", str(home / "python313.dll")], capture_output=True, check=True
    )
    definition = home / "python3.def"
    definition.write_text(forwarding_definition(exported.stdout.decode()), encoding="utf-8")
    _compile(home / "python.exe", _PYTHON)
    _compile(home / "python3.dll", "", "-shared", "-nostartfiles", str(definition), "-Wl,-e,0")
    _compile(home / "bcryptprimitives.dll", _RANDOM, "-shared", "-ladvapi32")


def _compile(target: Path, source: str, *options: str) -> None:
    command = [_COMPILER, "-municode", "-O1", "-s", "-o", str(target), "-x", "c", "-", "-x", "none"]
    subprocess.run([*command, *options], input=source.encode(), check=True)


def _make_prefix(directory: Path) -> None:
    """Make the directories of a Windows 10, which Python 3.13 asks for."""
    version = ("reg", "add", r"HKCU\Software\Wine", "/v", "Version", "/d", "win10", "/f")
    environment = wine_environment(directory, os.environ)
    for command in (["wineboot", "--init"], ["wine", *version]):
        subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True
        )


def run(
    directory: Path,
    arguments: Sequence[str],
    output: IO[bytes],
    errors: IO[bytes],
    *,
    cwd: Path | None = None,
    variables: Mapping[str, str] | None = None,
) -> int:
    """Run the Windows Python with arguments, and return its exit status.

    Its output goes through pipes: Python does not start where Wine 8 passes a file of Linux on.
    """
    command = ["wine", str(directory / "python/python.exe"), *arguments]
    environment = wine_environment(directory, os.environ) | dict(variables or {})
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None  # noqa: S101 - for mypy
        assert process.stderr is not None  # noqa: S101 - for mypy
        copying = threading.Thread(target=_copy, args=(process.stderr, errors))
        copying.start()
        _copy(process.stdout, output)
        copying.join()
    return process.returncode


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    while piece := os.read(source.fileno(), 1 << 16):
        target.write(piece)
        target.flush()


def main(argv: Sequence[str]) -> int:
    """Make a Windows Python in a directory, or run it. Return an exit status."""
    directory = Path(argv[0]).resolve()
    if argv[1:]:
        return run(directory, argv[1:], sys.stdout.buffer, sys.stderr.buffer)
    try:
        make(directory)
    except _ImpossibleError as reason:
        print(f"{IMPOSSIBLE}: {reason}")
        return 3
    return run(directory, ["--version", "--version"], sys.stdout.buffer, sys.stderr.buffer)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
