"""Shell completion: the scripts are for the console script, and complete in a real shell."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT

from sbom.cli import main
from sbom.options.completion import SHELLS
from sbom.options.verbs import VERBS


def script_for(
    shell: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> str:
    monkeypatch.setattr(sys, "argv", ["/usr/lib/sbom/__main__.py"])
    with pytest.raises(SystemExit, match="0"):
        main(["--print-completion", shell])
    out, err = capsys.readouterr()
    assert err == ""
    return out


@pytest.mark.parametrize("shell", SHELLS)
def test_each_script_knows_every_verb(
    shell: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    script = script_for(shell, capsys, monkeypatch)
    assert "cpython-sbom" in script
    assert all(verb in script for verb in VERBS)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["ver"], {"verify"}),
        (["build", "--pla"], {"--platform"}),
        (["check", "--output-format", "s"], {"sarif"}),
        (["check", "--manifest", "ext"], {"externals.toml"}),
        (["build", "--layout", "doc"], {"docs"}),
    ],
)
def test_bash_completes_verbs_options_values_and_files(
    words: list[str],
    expected: set[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    completion = tmp_path / "completion.bash"
    completion.write_text(script_for("bash", capsys, monkeypatch), encoding="utf-8")
    command = (
        f"source {completion}\n"
        f"COMP_WORDS=(cpython-sbom {' '.join(words)})\nCOMP_CWORD={len(words)}\n"
        "$(complete -p cpython-sbom | sed 's/.*-F \\([^ ]*\\).*/\\1/')\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", command],  # noqa: S607 - the bash of the path is the one meant
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(done.stdout.split()) == expected


def test_the_console_script_starts_what_the_module_starts() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"cpython-sbom": "sbom.__main__:start"}


def test_help_names_the_program_as_it_was_started(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["C:/Scripts/cpython-sbom.exe"])
    with pytest.raises(SystemExit, match="0"):
        main(["check", "--help"])
    out = capsys.readouterr().out
    assert out.startswith("usage: cpython-sbom check ")
    assert "  cpython-sbom check --cpython ../cpython\n" in out
