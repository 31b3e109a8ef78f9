"""What is fuzzed of texts: scripts, manifests, statements, MSBuild files and headers."""

from __future__ import annotations

import atexit
import random
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from conftest import FACTS, ROOT
from manifests import committed, entry_of, script_of
from mutators import change_toml_line, lines_mutator
from target import Target
from trees import PROPS, TCLTK, compressed_wheel, make_tree, sbom, wheel

from sbom.batch import Program, run_program
from sbom.bom.compose import compose_build
from sbom.checks.manifest_entries import check_manifest
from sbom.components.component import Build
from sbom.diagnostics import SbomError
from sbom.files.xml import XmlError
from sbom.formats.cpython_sbom import read_sbom_packages
from sbom.manifest.read import read_manifest
from sbom.manifest.write import write_manifest
from sbom.script.analysis import analyze_script
from sbom.script.run import decode_script, run_script
from sbom.source_tree.projects import Properties, parse_elements
from sbom.source_tree.tree import parse_python_version
from sbom.source_tree.tree_contents import read_tree_contents
from sbom.source_tree.wheels import check_wheel, parse_pins, read_wheel
from sbom.vex.statement_checks import check_vex_file

_NOW = datetime(2026, 11, 23, tzinfo=UTC)

_SCRIPT_WORDS = (
    *("%%", "%~dp0", "%1", "%*", "%X:~1,2%", "%X:a=b%", "!X!", "if not ", "if defined X ", "^"),
    *("if exist ", "if errorlevel 1 ", ") else (", "for %%e in (", ") do ", 'for /F "delims=" '),
    *("for /L %%i in (1,1,3) do ", "%%~fe", "call :a", "goto a", ":a", "goto :eof", "exit /b "),
    *("set /a X=", "set X=", "setlocal EnableDelayedExpansion", "endlocal", "shift ", "pushd "),
    *("git clone --depth 1 --branch ", "https://github.com/python/cpython-source-deps"),
    *("svn export ", "get_external.py ", "findstr /r ", "echo ", " | ", " && ", " || ", " >NUL "),
)  # fmt: skip


def _run_batch(data: bytes) -> None:
    text, _ = decode_script(data)
    with suppress(SbomError):
        run_script(text, ["--flag", "a b"], {"VALUE": "x"})
    with suppress(SbomError):
        analyze_script(text)
    with suppress(SbomError):
        run_program(Program(text, "s.bat"), lambda _command: None)


def _batch_seeds() -> Iterator[bytes]:
    for version in ("2.7.13", "3.11.5", "3.14.7"):
        yield script_of(entry_of(version)).encode()
    for path in sorted((ROOT / "tests/script/cases").glob("*.bat")):
        yield path.read_bytes()


def _change_script_line(line: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(line) + 1)
    return line[:at] + chance.choice(_SCRIPT_WORDS).encode() + line[at:]


#: The tables of the manifest that inputs are made of: one of each kind.
_TABLES = (
    *("cpython", "source.bzip2", "source.openssl", "binary.libffi", "vendored.pip", "exemption"),
    *("platform.amd64", "variant.free-threaded", "channel.embed", "document", "externals-dir"),
    *("release", "layout", "export", "component.bzip2", "component.libffi", "component.pip"),
)


def _small_manifest() -> str:
    """Return a manifest of a few tables of the one that the tests use."""
    text = (ROOT / "tests/data/externals.toml").read_text(encoding="utf-8")
    kept = [
        f"[{table}"
        for table in text.split("\n[")[1:]
        if table.lstrip("[").partition("]")[0].startswith(_TABLES)
    ]
    return "\n".join(kept) + "\n"


def _manifest_seeds() -> Iterator[bytes]:
    yield _small_manifest().encode()
    yield (ROOT / "tests/data/externals.toml").read_bytes()


def _run_manifest(data: bytes) -> None:
    with suppress(SbomError, UnicodeDecodeError):
        text = data.decode("utf-8")
        manifest = read_manifest(text)
        with suppress(SbomError):
            assert write_manifest(text, manifest) == text, "what did not change was rewritten"
        if not any(not diagnostic.is_warning for diagnostic in check_manifest(manifest)):
            for platform in manifest.platform_names():
                compose_build(manifest, Build(platform=platform), _NOW)


def _vex_seeds() -> Iterator[bytes]:
    text = (ROOT / "vex.toml").read_bytes()
    first, second, *_ = text.split(b"\n[[statement]]")
    yield first + b"\n[[statement]]" + second
    yield text


def _run_vex(data: bytes) -> None:
    with suppress(SbomError, UnicodeDecodeError):
        check_vex_file(data.decode("utf-8"), "vex.toml", committed())


def _run_msbuild(data: bytes) -> None:
    properties = Properties(values={"platform": "x64"})
    with suppress(XmlError):
        properties.add("a.props", parse_elements(data))
        for name in properties.values:
            properties.expand(f"$({name})")


def _run_condition(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    properties = Properties(values={"platform": "x64", "x": "$(y)$(y)", "y": "$(x)"})
    properties.is_true(text)
    properties.expand(text)


_TREE_FILES = (
    *("PCbuild/python.props", "PCbuild/tcltk.props", "PCbuild/_bz2.vcxproj", "PCbuild/readme.txt"),
    *("Misc/sbom.spdx.json", "Modules/expat/expat.h", "Modules/expat/refresh.sh"),
    *("Lib/ensurepip/__init__.py", "Include/patchlevel.h", "PCbuild/get_externals.bat"),
    *("Tools/msi/lib/lib.wxs", "Lib/ctypes/macholib/__init__.py", "PCbuild/get_external.py"),
)


def _tree_seeds() -> Iterator[bytes]:
    with tempfile.TemporaryDirectory() as directory:
        tree = make_tree(Path(directory))
        for number, name in enumerate(_TREE_FILES):
            if (tree / name).exists():
                yield bytes([number]) + (tree / name).read_bytes()


class _Tree:
    """A source tree in which one file after the other is replaced."""

    def __init__(self) -> None:
        directory = tempfile.TemporaryDirectory(prefix="fuzz-tree-")
        atexit.register(directory.cleanup)
        self._root = make_tree(Path(directory.name))

    def run(self, data: bytes) -> None:
        """Read a tree of which one file, by the first byte, has the other bytes."""
        if not data:
            return
        parse_python_version(data[1:])
        manifest = committed()
        path = self._root / _TREE_FILES[data[0] % len(_TREE_FILES)]
        before = path.read_bytes() if path.exists() else None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data[1:])
        try:
            with suppress(SbomError):
                read_tree_contents(self._root, "3.14.7", manifest.pins, manifest.reference, {})
        finally:
            if before is None:
                path.unlink()
            else:
                path.write_bytes(before)


@cache
def _tree() -> _Tree:
    return _Tree()


def _run_tree(data: bytes) -> None:
    _tree().run(data)


def _run_wheel(data: bytes) -> None:
    name = "pip-26.2.1-py3-none-any.whl"
    read_wheel(name, data)
    list(check_wheel(f"Lib/ensurepip/_bundled/{name}", data, ""))


def _run_listed_sbom(data: bytes) -> None:
    read_sbom_packages(data)
    list(parse_pins(data.decode("utf-8", "replace")))


TARGETS = (
    Target(
        name="batch",
        run=_run_batch,
        seeds=_batch_seeds,
        words=tuple(word.encode() for word in _SCRIPT_WORDS),
        mutator=lines_mutator(_change_script_line),
    ),
    Target(
        name="manifest",
        run=_run_manifest,
        seeds=_manifest_seeds,
        mutator=lines_mutator(change_toml_line),
    ),
    Target(
        name="vex",
        run=_run_vex,
        seeds=_vex_seeds,
        mutator=lines_mutator(change_toml_line),
    ),
    Target(
        name="msbuild",
        run=_run_msbuild,
        seeds=lambda: [PROPS.encode(), TCLTK.encode()],
        words=(b"<PropertyGroup Condition=\"$(X) == ''\">", b"</PropertyGroup>", b"<!DOCTYPE a>",
               b"$([System.Version]::Parse($(X)).Major)", b"$(X)", b"&amp;", b"<![CDATA["),
    ),
    Target(
        name="condition",
        run=_run_condition,
        seeds=lambda: [b"$(tclDir) == '' and $(Major) == '8'", b"'$(x)|$(y)'!='a' Or exists('b')"],
        words=(b" and ", b" or ", b"==", b"!=", b"$(x)", b"$(y)", b"'", b" " * 64,
               b"$([System.Version]::Parse(1.2).Major)"),
    ),
    Target(name="source-tree", run=_run_tree, seeds=_tree_seeds),
    Target(
        name="wheel",
        run=_run_wheel,
        seeds=lambda: [wheel("pip", "26.2.1", "idna==3.18"), compressed_wheel(8, b"Name: pip\n")],
    ),
    Target(
        name="listed-sbom",
        run=_run_listed_sbom,
        seeds=lambda: [
            sbom({"expat": {"Modules/expat/a.c": b""}}, {"expat": "2.8.2"}).encode(),
            (FACTS / "cpython/3.14.7/externals.spdx.json").read_bytes()[:4000],
            b"idna==3.18\nurllib3>=1\nmsgpack ; python_version < '4'\n",
        ],
    ),
)  # fmt: skip
