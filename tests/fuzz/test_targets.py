"""The fuzzing session: its targets take their seeds, and what exceeds the bounds is a crash."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from all_targets import main, replay
from conftest import ROOT
from targets import TARGETS

NEEDS_LIMITS = pytest.mark.skipif(
    sys.platform != "linux", reason="the bounds are those of Linux, where atheris has wheels"
)


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_takes_what_it_starts_from(name: str) -> None:
    seeds = list(TARGETS[name].seeds())
    assert seeds
    for seed in seeds:
        TARGETS[name].run(seed)


def tried(body: str, seconds: int = 1) -> subprocess.CompletedProcess[str]:
    """Give an input to a target with a body, which may take some seconds."""
    program = (
        "from one_target import try_input\n"
        "from target import Target\n"
        f"def run(data):\n    {body}\n"
        f"try_input(Target(name='made', run=run, seeds=list), b'x', {seconds})\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(ROOT / "fuzz"), "PATH": ""},
        capture_output=True,
        check=False,
        text=True,
    )


@NEEDS_LIMITS
def test_an_input_within_the_bounds_is_no_crash() -> None:
    result = tried("bytearray(1 << 29); assert data == b'x'", 10)
    assert (result.returncode, result.stderr) == (0, "")


@NEEDS_LIMITS
@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ("raise KeyError(1)", 1, "KeyError: 1"),
        ("bytearray(3 << 29)", 1, "MemoryError"),
        ("while True: pass", -14, ""),
    ],
)
def test_an_input_that_raises_or_exceeds_the_bounds_is_a_crash(
    body: str, status: int, error: str
) -> None:
    result = tried(body)
    assert result.returncode == status
    assert result.stderr.rstrip().endswith(error)


@NEEDS_LIMITS
def test_only_an_input_that_fails_again_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_bytes(b"echo")
    assert replay("condition", str(path)) is None
    crash = replay("condition", str(tmp_path / "other"))
    assert crash is not None
    assert "FileNotFoundError" in crash.output


def test_a_target_that_does_not_exist_is_refused_with_the_names_of_all(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["zip", "nothing"])
    assert ended.value.code == 2
    assert f"unknown target nothing; known are {', '.join(TARGETS)}" in capsys.readouterr().err
