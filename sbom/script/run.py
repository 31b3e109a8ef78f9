"""What one run of a script fetches."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sbom.batch import Program, ProgramRun, run_program
from sbom.diagnostics import SbomError
from sbom.script.externals import Fetch
from sbom.script.fetch_commands import command_handler, list_fetches

SCRIPT_NAME = "get_externals.bat"


@dataclass(frozen=True, slots=True)
class ScriptRun:
    """What one run of a script fetched, in order, and the status it ended with."""

    status: int
    fetches: tuple[Fetch, ...]


def run_script(
    text: str,
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    file: str = SCRIPT_NAME,
) -> ScriptRun:
    """Return what one run fetches, and its exit status. Raises as ``sbom.fetches`` does."""
    result = run_strictly(Program(text, file), arguments, environment)
    return ScriptRun(result.status, list_fetches(result.commands))


def run_strictly(
    program: Program,
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> ProgramRun:
    """Return what one run of a script did.

    Raises SbomError where the script cannot be run to its end, or where the effect of a command
    cannot be determined: what it fetches is unknown then.
    """
    result = run_program(program, command_handler(creating=True), arguments, environment)
    if errors := [one for one in result.diagnostics if not one.is_warning]:
        raise SbomError(errors)
    return result


def decode_script(data: bytes) -> tuple[str, str]:
    """Return the text of a batch file, and the SHA-256 of it with LF endings.

    cmd reads bytes in any code page, so a file that is not UTF-8 is read as Latin-1.
    """
    digest = hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()
    try:
        return data.decode("utf-8"), digest
    except UnicodeDecodeError:
        return data.decode("latin-1"), digest
