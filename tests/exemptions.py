"""Whether what a run prints to accept diagnostics accepts them."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from sbom.cli import main

#: The lines of one exemption, as a run prints them.
_LINES = re.compile(r'^ +\[\[exemption\]\]\n(?: +\w+ = ".*"\n)+', re.MULTILINE)


def assert_exemptions_hold(
    name: str, command: list[str], printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Check that a diagnostic that a run printed is accepted with the lines that it printed.

    They are added to externals.toml in the current directory, and the command is run again. A
    diagnostic for which no lines were printed has to be printed without a key, too.
    """
    blocks = [textwrap.dedent(lines) for lines in _LINES.findall(printed)]
    wanted = [block for block in blocks if f'diagnostic = "{name}"' in block]
    if not wanted:
        assert f"{name}]" in printed
        assert "exemption key: " not in _block_of(name, printed)
        return
    manifest = Path("externals.toml")
    text = manifest.read_text(encoding="utf-8")
    given = "".join(wanted).replace('reason = ""', 'reason = "For a test."')
    manifest.write_text(f"{text}\n{given}", encoding="utf-8")
    main(command)
    again = "".join(capsys.readouterr())
    assert not re.search(rf"(error|warning): SBM\d+ {name}\]", again), again


def _block_of(name: str, printed: str) -> str:
    """Return what is printed of the first diagnostic of a name."""
    lines = iter(printed[printed.index(f"{name}]") :].splitlines())
    next(lines)
    indented = []
    for line in lines:
        if not line.startswith(" "):
            break
        indented.append(line)
    return "\n".join(indented)
