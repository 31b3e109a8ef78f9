"""What a running script has changed: variables, paths, status, and the commands it ran.

The disk starts empty, and knows Windows paths: one case, both slashes, wildcards.
"""

from __future__ import annotations

import fnmatch
import ntpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sbom.batch.nodes import CommandKey
from sbom.batch.program import Program
from sbom.diagnostics import Diagnostic, SbomError
from sbom.diagnostics.script_messages import batch_limit, unsupported_command

#: The path the script has; ``%~dp0`` shows it and nothing else depends on it.
SCRIPT = "C:\\cpython\\PCbuild\\get_externals.bat"
_START = "C:\\cpython"
#: The longest path Windows takes, unless it is set up otherwise (MAX_PATH).
_PATH_LIMIT = 260

#: What one run may cost, in characters read and commands run; real runs cost a tenth.
_BUDGET = 300_000
_COMMAND_COST = 20

_ITEM = re.compile(r'(?:"[^"\n]*"?|[^\s,;="])+')
_WORD = re.compile(r'(?:"[^"]*"?|[^\s"])+')


@dataclass(frozen=True, slots=True)
class Command:
    """A command with an effect outside the interpreter, as cmd would start it.

    ``number`` tells it from others that start at the same line.
    """

    line: int
    text: str
    directory: str
    number: int = 0

    @property
    def key(self) -> CommandKey:
        """Return what tells it from the other commands of its file, whatever it expands to."""
        return self.line, self.number

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

    With ``is_hidden``, tests treat the paths as absent. ``defines`` are variables it sets where
    they have no value yet.
    """

    errorlevel: int = 0
    creates: tuple[str, ...] = ()
    is_hidden: bool = False
    defines: Mapping[str, str] = field(default_factory=dict)


#: What is set on every Windows, so that a script does not depend on it.
_EVERYWHERE = {"OS": "Windows_NT"}


@dataclass(slots=True)
class Variables:
    """Environment variables: names in any case, values as text.

    ``inherited`` collects the upper-case names that were read before the script had set them
    itself: the variables it depends on. ``dynamic`` has what cmd itself answers for a name that is
    not set, such as CD.
    """

    values: dict[str, str] = field(default_factory=dict)
    inherited: set[str] = field(default_factory=set)
    assigned: set[str] = field(default_factory=set)
    dynamic: dict[str, str] = field(default_factory=lambda: {"ERRORLEVEL": "0"})

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Variables:
        """Return the variables of an environment, with those that every Windows has."""
        return cls(_EVERYWHERE | {name.upper(): value for name, value in environment.items()})

    def get(self, name: str) -> str | None:
        """Return the value of ``name``, or None if it is not defined."""
        key = name.upper()
        if key not in self.assigned and key not in _EVERYWHERE:
            self.inherited.add(key)
        return self.values.get(key, self.dynamic.get(key))

    def set(self, name: str, value: str) -> None:
        """Set ``name``; an empty value removes it, as in cmd."""
        key = name.upper()
        self.assigned.add(key)
        if value:
            self.values[key] = value
        else:
            self.values.pop(key, None)


@dataclass(slots=True)
class _Directory:
    """The entries of a directory, by name; a file is a directory without any."""

    entries: dict[str, _Directory] = field(default_factory=dict)


class Disk:
    """Paths that exist, and the current directory.

    Nothing exists at the start; the script's own commands and what they fetch add to it.
    ``count`` is how many paths were created: what looking through all of them costs. Paths can be
    hidden: they are absent, but ``is_hidden_asked_for`` says whether a test asked for one.
    """

    def __init__(self, directory: str) -> None:
        """Start in ``directory``, an absolute path."""
        self.directory = directory
        self.count = 0
        self.is_hidden_asked_for = False
        self._root = _Directory()
        self._hidden = _Directory()

    def resolve(self, path: str) -> str:
        """Return the absolute form of a path, quotes and trailing separators gone."""
        bare = path.replace('"', "").replace("\x00", "")
        return ntpath.normpath(ntpath.join(self.directory, bare))

    def create(self, path: str, *, is_hidden: bool = False) -> bool:
        """Create ``path`` and the directories above it; return whether Windows takes the name."""
        names = self._names(path)
        if len(names) + sum(map(len, names)) > _PATH_LIMIT:
            return False
        self.count += 1
        directory = self._hidden if is_hidden else self._root
        for name in names:
            directory = directory.entries.setdefault(name, _Directory())
        return True

    def remove(self, path: str) -> bool:
        """Remove ``path`` and all below it; return whether there was anything."""
        *parents, name = self._names(path)
        directory = self._find(self._root, parents)
        return directory is not None and directory.entries.pop(name, None) is not None

    def exists(self, path: str) -> bool:
        """Return whether ``path`` exists; its last part may have ``*`` and ``?``."""
        if "*" in path or "?" in path:
            return bool(self.matching(path))
        names = self._names(path)
        self.is_hidden_asked_for |= self._find(self._hidden, names) is not None
        return self._find(self._root, names) is not None

    def matching(self, pattern: str) -> list[str]:
        """Return the names in the pattern's directory that match it, sorted."""
        *parents, name = self._names(pattern)
        # Windows has no [...] in a pattern.
        literal = name.replace("[", "[[]")
        self.is_hidden_asked_for |= any(self._entries(self._hidden, parents, literal))
        return sorted(self._entries(self._root, parents, literal))

    def _entries(self, root: _Directory, parents: list[str], pattern: str) -> Iterator[str]:
        directory = self._find(root, parents)
        names = directory.entries if directory else ()
        return (name for name in names if fnmatch.fnmatchcase(name, pattern))

    def _names(self, path: str) -> list[str]:
        return self.resolve(path).lower().rstrip("\\").split("\\")

    def _find(self, root: _Directory, names: list[str]) -> _Directory | None:
        directory: _Directory | None = root
        for name in names:
            directory = directory.entries.get(name) if directory else None
        return directory


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
        self.number = 0  # of the command that runs, at its line
        self.executed: set[CommandKey] = set()

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
        if len(directory) > _PATH_LIMIT:
            return False
        self.disk.directory = directory
        self.variables.dynamic["CD"] = directory
        return True

    def record(self, line: int, text: str) -> Command:
        """Record a command with an effect, which is not carried out."""
        command = Command(line, text, self.disk.directory, self.number)
        self.commands.append(command)
        return command

    def report_unsupported(self, line: int, message: str, hint: str = "") -> int:
        """Report what cannot be simulated; return the status of a command that did nothing.

        ``hint`` says what is possible instead.
        """
        self.diagnostics.append(unsupported_command(self.program.file, line, message, hint))
        return 0
