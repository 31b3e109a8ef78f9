"""What a running script has changed: variables, directory, status, and the commands it ran."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sbom.batch.disk import PATH_LIMIT, Disk
from sbom.batch.expansion import Variables
from sbom.batch.program import Program
from sbom.diagnostics import Diagnostic, SbomError
from sbom.diagnostics.script_messages import batch_limit, unsupported_command

#: The path the script has; ``%~dp0`` shows it and nothing else depends on it.
SCRIPT = "C:\\cpython\\PCbuild\\get_externals.bat"
_START = "C:\\cpython"

#: What one run may cost, in characters read and commands run; real runs cost a tenth.
_BUDGET = 300_000
_COMMAND_COST = 20

_ITEM = re.compile(r'(?:"[^"\n]*"?|[^\s,;="])+')
_WORD = re.compile(r'(?:"[^"]*"?|[^\s"])+')


@dataclass(frozen=True, slots=True)
class Command:
    """A command with an effect outside the interpreter, as cmd would start it."""

    line: int
    text: str
    directory: str

    @property
    def words(self) -> tuple[str, ...]:
        """Return program and arguments without quotes."""
        return tuple(word.replace('"', "") for word in split_words(self.text))


def split_items(text: str) -> list[str]:
    """Return the items of a list, as ``for`` and ``call`` split it; quotes kept."""
    return _ITEM.findall(text)


def split_words(text: str) -> list[str]:
    """Return the words of a command line, quotes kept."""
    return _WORD.findall(text)


def parse_number(text: str) -> int:
    """Return the whole number a text starts with, or 0; quotes do not count."""
    match = re.match(r"\s*([+-]?\d{1,10})", text.replace('"', ""))
    return int(match[1]) if match else 0


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command does: its status, the paths it creates.

    ``defines`` are variables it sets where they have no value yet.
    """

    errorlevel: int = 0
    creates: tuple[str, ...] = ()
    defines: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LocalScope:
    """What ``setlocal`` keeps and ``endlocal`` restores."""

    values: dict[str, str]
    directory: str


class State:
    """The state of one run."""

    def __init__(self, program: Program, environment: Mapping[str, str]) -> None:
        """Start with nothing but the environment."""
        self.program = program
        self.variables = Variables.from_environment(environment)
        self.disk = Disk(_START)
        self.variables.dynamic["CD"] = _START
        self.commands: list[Command] = []
        self.diagnostics: list[Diagnostic] = []
        self.scopes: list[LocalScope] = []
        self.directory_stack: list[str] = []
        self.errorlevel = 0
        self.cost = 0

    def charge(self, cost: int, line: int) -> None:
        """Count a step and its cost; raise SbomError once it is more than any script needs."""
        self.cost += cost + _COMMAND_COST
        self.program.cost += cost + _COMMAND_COST
        if self.cost > _BUDGET:
            message = "the script takes more steps than any real one"
            hint = "fix the goto, call or for that repeats without end"
            raise SbomError([batch_limit(self.program.file, line, message, hint)])

    def set_errorlevel(self, status: int) -> int:
        """Set ERRORLEVEL and return it."""
        self.errorlevel = status
        self.variables.dynamic["ERRORLEVEL"] = str(status)
        return status

    def change_directory(self, path: str) -> bool:
        """Enter another directory; return whether there can be one of that name."""
        directory = self.disk.resolve(path)
        if len(directory) > PATH_LIMIT:
            return False
        self.disk.directory = directory
        self.variables.dynamic["CD"] = directory
        return True

    def record(self, line: int, text: str) -> Command:
        """Record a command with an effect, which is not carried out."""
        command = Command(line, text, self.disk.directory)
        self.commands.append(command)
        return command

    def report_unsupported(self, line: int, message: str) -> int:
        """Report what cannot be simulated; return the status of a command that did nothing."""
        self.diagnostics.append(unsupported_command(self.program.file, line, message))
        return 0
