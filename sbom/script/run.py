"""What one run of a script fetches: which of its commands fetch an external, and which one."""

from __future__ import annotations

import hashlib
import ntpath
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sbom.batch import (
    NOT_RECOGNIZED,
    Command,
    CommandHandler,
    CommandResult,
    Program,
    ProgramRun,
    run_program,
)
from sbom.content_kind import BATCH_SCRIPT, EMPTY_FILE, describe_content
from sbom.diagnostics import SbomError
from sbom.diagnostics.io_messages import unexpected_kind
from sbom.script.commands import parse_fetch
from sbom.script.externals import Fetch

SCRIPT_NAME = "get_externals.bat"
#: Programs that only look for others.
_TOOLS = frozenset({"where"})
_LINE_END = re.compile(rb"(?<!\r)\r++\n")


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

    Raises SbomError if the script cannot be run to its end, or where the effect of a command
    cannot be determined: what it fetches is unknown then.
    """
    result = run_program(program, command_handler(creating=True), arguments, environment)
    if errors := [diagnostic for diagnostic in result.diagnostics if not diagnostic.is_warning]:
        raise SbomError(errors)
    return result


def decode_script(data: bytes, file: str = SCRIPT_NAME) -> tuple[str, str]:
    """Return the text of a batch file, and the SHA-256 of it with LF endings.

    cmd reads bytes in any code page, so a file that is not UTF-8 is read as Latin-1. A CRLF that
    was converted to CRLF again is one line end. Raises InputError for what can be no batch file,
    such as a zip archive or Markdown.
    """
    kind = describe_content(data, file)
    if kind not in ("", EMPTY_FILE, BATCH_SCRIPT):
        hint = f"name PCbuild/{SCRIPT_NAME} of a CPython source tree"
        raise unexpected_kind(file, "a batch script", kind, hint)
    digest = hashlib.sha256(_LINE_END.sub(b"\n", data)).hexdigest()
    try:
        return data.decode("utf-8"), digest
    except UnicodeDecodeError:
        return data.decode("latin-1"), digest


# What commands do.


def list_fetches(commands: Iterable[Command]) -> tuple[Fetch, ...]:
    """Return what commands fetch, in order."""
    parsed = (parse_fetch_command(command) for command in commands)
    return tuple(found[0] for found in parsed if found)


class Role(StrEnum):
    """What a program is run for."""

    FETCH = "fetch"
    FIND_PYTHON = "find-python"
    TOOL = "tool"
    """to see whether a program is there"""


def command_handler(*, creating: bool, failing: Collection[Role] = ()) -> CommandHandler:
    """Return what answers the interpreter's questions about programs.

    Unless ``creating``, the directories of what is fetched are hidden, so that each external
    shows whether the script would fetch it, regardless of what was fetched before. Programs of a
    ``failing`` role fail as those do that are not installed.
    """

    def handle(command: Command) -> CommandResult | None:
        role = find_role(command)
        if role in failing:
            return CommandResult(errorlevel=NOT_RECOGNIZED)
        if found := parse_fetch_command(command):
            return CommandResult(creates=(found[1],), is_hidden=not creating)
        if role is Role.FIND_PYTHON:
            # PCbuild/find_python.bat leaves the interpreter it found in PYTHON.
            return CommandResult(defines={"PYTHON": "python"})
        return None if role is None else CommandResult()

    return handle


def find_role(command: Command) -> Role | None:
    """Return what a program is run for, or None if what it does cannot be determined."""
    if parse_fetch_command(command):
        return Role.FETCH
    name = _program(command)
    if re.fullmatch(r"find_\w+\.bat", name):
        return Role.FIND_PYTHON
    if name in _TOOLS or {"-V", "--version"} & set(command.words):
        return Role.TOOL
    is_bare = name in ("git", "svn") and len(command.words) == 1
    return Role.TOOL if is_bare else None


def _program(command: Command) -> str:
    words = command.words
    name = ntpath.basename(words[0]).lower() if words else ""
    return re.sub(r"\.(exe|com)$", "", name)


def parse_fetch_command(command: Command) -> tuple[Fetch, str] | None:
    """Return what a command fetches and the directory it fills, or None for any other command."""
    found = parse_fetch(_program(command), command.words)
    return (found[0], ntpath.join(command.directory, found[1])) if found else None
