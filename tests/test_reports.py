"""What verbs print as text: how much, in which colors, and nothing that a terminal acts on."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from manifests import COMMITTED

from sbom.cli import main
from sbom.reports import text_width

CHECK = ["check", "--manifest", str(COMMITTED)]


@pytest.fixture
def invalid(tmp_path: Path) -> list[str]:
    path = tmp_path / "m.toml"
    path.write_text("x = \n", encoding="utf-8")
    return ["check", "--manifest", str(path)]


@pytest.mark.parametrize(
    ("words", "variables", "expected"),
    [
        ([], {}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colors_are_on_where_they_are_asked_for(
    words: list[str],
    variables: dict[str, str],
    expected: object,
    *,
    invalid: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    main([*CHECK, *words])
    main([*invalid, *words])
    out, err = capsys.readouterr()
    assert ("\x1b[" in out, "\x1b[" in err) == (expected, expected)


def test_quiet_prints_nothing_where_nothing_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*CHECK, "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_quiet_prints_errors_in_one_line_each(
    invalid: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*invalid, "--quiet"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    [line] = err.splitlines()
    assert line.endswith("[error: SBM301 invalid-toml]")


def test_quiet_build_writes_without_a_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["build", "--manifest", str(COMMITTED), "--platform", "win32", "--quiet"]
    assert main([*words, "--output", str(tmp_path / "out")]) == 0
    assert capsys.readouterr() == ("", "")
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_the_lines_that_accept_a_diagnostic_are_printed_unless_quiet(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(CHECK)
    assert 'key = "binary.llvm"' in capsys.readouterr().out
    main([*CHECK, "--quiet"])
    assert "[[exemption]]" not in capsys.readouterr().out


def test_quiet_and_verbose_exclude_each_other() -> None:
    with pytest.raises(SystemExit, match="2"):
        main([*CHECK, "--quiet", "--verbose"])


@pytest.mark.parametrize("name", ["a\x1b[2Jb", "a\nb", "\u202ea"], ids=ascii)
@pytest.mark.parametrize(
    "words",
    [
        ["check", "--manifest", "NAME"],
        ["fetches", "NAME"],
        ["validate", "NAME"],
        ["verify", "NAME", *CHECK[1:]],
        ["verify", "NAME", "--identify", *CHECK[1:]],
        ["release", "--artifacts", "NAME", *CHECK[1:]],
        ["release", "--artifacts", "NAME", "--check", *CHECK[1:]],
        ["build", "--platform", "win32", "--output", "NAME", *CHECK[1:]],
        ["export", "--cpython", "NAME", *CHECK[1:]],
    ],
    ids=lambda words: " ".join(words[:3]),
)
def test_nothing_that_an_input_is_named_reaches_the_terminal_unescaped(
    words: list[str],
    name: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    main([name if word == "NAME" else word for word in words])
    out, err = capsys.readouterr()
    assert name not in out + err
    assert all(line.isprintable() for line in (out + err).splitlines())
    assert ascii(name)[1:-1].replace("\\n", "\\n") in out + err


@pytest.mark.skipif(sys.platform == "win32", reason="no shell of Windows closes a stream")
def test_what_goes_to_a_closed_stream_goes_nowhere_else(tmp_path: Path) -> None:
    script = tmp_path / "get_externals.bat"
    script.write_text("set a=1\n", encoding="utf-8")
    command = f"{sys.executable} -m sbom fetches {script} --output-format sarif 2>&-"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=ROOT, capture_output=True, check=False)
    assert json.loads(done.stdout)["version"] == "2.1.0"


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_text_has_the_columns_of_the_terminal_and_80_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert text_width(Terminal()) == 120
    assert text_width(io.StringIO()) == 80
    assert text_width(None) == 80
    monkeypatch.setenv("COLUMNS", "3")
    assert text_width(Terminal()) == 40


def test_a_long_check_starts_and_ends_with_what_it_found(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(CHECK)
    first, second, *_, last = capsys.readouterr().out.splitlines()
    assert (first, second) == (last, "")
    assert first.endswith("no errors, 3 warnings")


@pytest.mark.skipif(sys.platform == "win32", reason="it has no pseudoterminals of this kind")
@pytest.mark.parametrize(
    ("term", "text", "status"),
    [
        ("xterm-256color", "[cpython]\n[tool.ruff]\n", 1),
        ("dumb", "[cpython]\n[tool.ruff]\n", 1),
        ("dumb", COMMITTED.read_text(encoding="utf-8"), 0),
    ],
)
def test_diagnostics_fit_a_terminal_and_are_one_line_each_for_a_program(
    tmp_path: Path, term: str, text: str, status: int
) -> None:
    import fcntl  # noqa: PLC0415 - only POSIX has them
    import pty  # noqa: PLC0415
    import termios  # noqa: PLC0415

    (tmp_path / "m.toml").write_text(text, encoding="utf-8")
    words = [sys.executable, "-m", "sbom", "check", "--manifest", str(tmp_path / "m.toml")]
    environment = {**os.environ, "TERM": term, "PYTHONPATH": str(ROOT)}
    environment.pop("COLUMNS", None)
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    done = subprocess.run(words, stderr=there, stdout=there, env=environment, check=False)
    os.close(there)
    shown = b""
    with contextlib.suppress(OSError):  # Linux ends with EIO where no one writes any more
        while data := os.read(here, 4096):
            shown += data
    os.close(here)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown.decode()).splitlines()
    assert ("\x1b[" in shown.decode(), done.returncode) == (term != "dumb", status)
    assert [line for line in lines if len(line) > 80 and str(tmp_path) not in line] == []
    piped = subprocess.run(words, capture_output=True, env=environment, check=False, text=True)
    of_program = f"{piped.stdout}{piped.stderr}".splitlines()
    assert any(len(line) > 80 for line in of_program)
    assert len(of_program) < len(lines)
