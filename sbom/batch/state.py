"""What a running script has changed: variables, folder, status, and what it asked the world."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sbom.batch.disk import PATH_LIMIT, Disk
from sbom.batch.expansion import Variables
from sbom.batch.program import Program
from sbom.diagnostics import Code, Diagnostic

#: Where the script is taken to lie; ``%~dp0`` shows it and nothing else depends on it.
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
    folder: str

    @property
    def words(self) -> tuple[str, ...]:
        """Return program and arguments without quotes."""
        return tuple(word.replace('"', "") for word in quoted_words(self.text))


def listed(text: str) -> list[str]:
    """Return the items of a list, as ``for`` and ``call`` split it; quotes kept."""
    return _ITEM.findall(text)


def quoted_words(text: str) -> list[str]:
    """Return the words of a command line, quotes kept."""
    return _WORD.findall(text)


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command leaves behind.

    ``defines`` are variables it sets where they have no value yet.
    """

    errorlevel: int = 0
    creates: tuple[str, ...] = ()
    defines: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LocalScope:
    """What ``setlocal`` keeps and ``endlocal`` brings back."""

    values: dict[str, str]
    folder: str
    delayed: bool


class State:
    """The state of one run."""

    def __init__(self, program: Program, environment: Mapping[str, str]) -> None:
        """Start with nothing but the environment."""
        self.program = program
        self.variables = Variables.of(environment)
        self.disk = Disk(_START)
        self.variables.dynamic["CD"] = _START
        self.commands: list[Command] = []
        self.problems: list[Diagnostic] = []
        self.saved: list[LocalScope] = []
        self.folders: list[str] = []
        self.delayed = False
        self.errorlevel = 0
        self.spent = 0

    def spend(self, cost: int, line: int) -> None:
        """Count what has been done; raise SbomError once it is more than any script needs."""
        self.spent += cost + _COMMAND_COST
        self.program.spent += cost + _COMMAND_COST
        if self.spent > _BUDGET:
            raise self.program.error(
                Code.BATCH_LIMIT,
                line,
                "the script does not come to an end",
                "a goto, call or for runs without end; mend the script",
            )

    def leave_status(self, status: int) -> int:
        """Set ERRORLEVEL and return it."""
        self.errorlevel = status
        self.variables.dynamic["ERRORLEVEL"] = str(status)
        return status

    def enter(self, path: str) -> bool:
        """Stand in another folder; return whether there can be one of that name."""
        folder = self.disk.resolve(path)
        if len(folder) > PATH_LIMIT:
            return False
        self.disk.folder = folder
        self.variables.dynamic["CD"] = folder
        return True

    def record(self, line: int, text: str) -> Command:
        """Record a command with an effect, which is not carried out."""
        command = Command(line, text, self.disk.folder)
        self.commands.append(command)
        return command

    def unknown(self, line: int, message: str) -> int:
        """Report what cannot be run faithfully; return the status of a command that did nothing."""
        hint = "the list of externals cannot be trusted until the script does without it"
        self.problems.append(self.program.problem(Code.UNSUPPORTED_COMMAND, line, message, hint))
        return 0
