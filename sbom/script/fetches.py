"""What a script's commands mean: which externals a run fetches.

Knows ``git clone``, ``svn export`` and ``get_external.py``; nothing of TOML, SPDX or files.
"""

from __future__ import annotations

import ntpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sbom.batch import Command, CommandResult, Program, Run, run
from sbom.diagnostics import SbomError
from sbom.script.externals import ExternalKind, Fetch

SCRIPT_NAME = "get_externals.bat"


@dataclass(frozen=True, slots=True)
class ScriptRun:
    """What one run of a script fetched, in order, and the status it ended with."""

    status: int
    fetched: tuple[Fetch, ...]


def fetches(
    text: str, arguments: Sequence[str] = (), environment: Mapping[str, str] | None = None
) -> tuple[Fetch, ...]:
    """Return what ``cmd`` would fetch, in order, running ``text`` with these arguments.

    Nothing is inherited from the environment of this process. A script that refuses its
    arguments fetches nothing. Raises SbomError, with the lines, for a script that cmd could
    not run to its end, or that holds a command whose effect cannot be told.
    """
    return run_script(text, arguments, environment).fetched


def run_script(
    text: str,
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    file: str = SCRIPT_NAME,
) -> ScriptRun:
    """Return what one run fetches, and its exit status; as ``fetches``, and raises as it does."""
    result, fetched = run_program(Program(text, file), arguments, environment)
    return ScriptRun(result.status, fetched)


def run_program(
    program: Program, arguments: Sequence[str], environment: Mapping[str, str] | None
) -> tuple[Run, tuple[Fetch, ...]]:
    """Return what one run of a program did and fetched. Raises SbomError as ``fetches`` does."""
    result = run(program, command_handler(creating=True), arguments, environment)
    if serious := [problem for problem in result.problems if not problem.is_warning]:
        raise SbomError(serious)
    return result, fetched_by(result)


def fetched_by(result: Run) -> tuple[Fetch, ...]:
    """Return what the commands of a run fetch, in order."""
    fetched = (parse_fetch_command(command) for command in result.commands)
    return tuple(found[0] for found in fetched if found)


# What programs do.


def command_handler(*, creating: bool) -> Callable[[Command], CommandResult | None]:
    """Return what the interpreter asks about programs.

    Unless ``creating``, what is fetched leaves no folder behind, so that each external
    shows whether the script reaches for it, whatever was fetched before.
    """

    def world(command: Command) -> CommandResult | None:
        if found := parse_fetch_command(command):
            return CommandResult(creates=(found[1],) if creating else ())
        name = _program(command)
        if re.fullmatch(r"find_\w+\.bat", name):
            # PCbuild/find_python.bat leaves the interpreter it found in PYTHON.
            return CommandResult(defines={"PYTHON": "python"})
        if name in _TOOLS or {"-V", "--version"} & set(command.words):
            return CommandResult()
        if name in ("git", "svn") and len(command.words) == 1:
            return CommandResult()
        return None

    return world


#: Programs that look for an interpreter or bring one, and fetch no external.
_TOOLS = frozenset({"where", "powershell", "nuget"})


def _program(command: Command) -> str:
    words = command.words
    name = ntpath.basename(words[0]).lower() if words else ""
    return re.sub(r"\.(exe|com)$", "", name)


def parse_fetch_command(command: Command) -> tuple[Fetch, str] | None:
    """Return what a command fetches and the folder it fills, or None for any other command."""
    words = command.words
    name = _program(command)
    found = None
    if name == "git" and "clone" in words[:3]:
        found = _git_clone(words[words.index("clone") + 1 :])
    elif name == "svn" and words[1:2] in (("export",), ("checkout",), ("co",)):
        found = _svn_export(words[2:])
    else:
        script = [n for n, word in enumerate(words) if word.lower().endswith("get_external.py")]
        if script:
            found = _get_external(words[script[0] + 1 :])
    if found is None:
        return None
    return found[0], ntpath.join(command.folder, found[1])


def _git_clone(words: Sequence[str]) -> tuple[Fetch, str] | None:
    options, rest = _options(words, {"--depth", "--branch", "-b", "--origin", "-o", "-c"})
    if not rest:
        return None
    organization, repository = _address(rest[0])
    tag = options.get("--branch") or options.get("-b") or ""
    if not tag:
        # A repository of its own for each external: its name is the tag.
        organization, tag = "", repository
        repository = rest[0].rstrip("/").rpartition("/")[0]
    kind = ExternalKind.BINARY if repository.endswith("-bin-deps") else ExternalKind.SOURCE
    folder = rest[1] if len(rest) > 1 else repository
    return Fetch(kind, tag, repository, organization), folder


def _address(url: str) -> tuple[str, str]:
    """Return organization and repository of a git address."""
    parts = re.split(r"[/:]", url.rstrip("/").removesuffix(".git"))
    return (parts[-2] if len(parts) > 1 else "", parts[-1])


def _svn_export(words: Sequence[str]) -> tuple[Fetch, str] | None:
    rest = _options(words, {"-r", "--revision"})[1]
    if not rest:
        return None
    repository, _, tag = rest[0].rstrip("/").rpartition("/")
    return Fetch(ExternalKind.SOURCE, tag, repository), rest[1] if len(rest) > 1 else tag


def _get_external(words: Sequence[str]) -> tuple[Fetch, str] | None:
    valued = {"-O", "--organization", "-e", "--externals-dir", "-z", "--zip-dir"}
    options, rest = _options(words, valued)
    if not rest:
        return None
    tag = rest[-1]
    # --release, from 3.15 on, takes a prebuilt archive from the same repository's releases.
    binary = not options.keys().isdisjoint({"-b", "--binary", "-r", "--release"})
    organization = options.get("-O") or options.get("--organization") or "python"
    # Without -e, get_external.py fills the folder "externals" beside PCbuild.
    folder = options.get("-e") or options.get("--externals-dir") or "C:\\cpython\\externals"
    repository = "cpython-bin-deps" if binary else "cpython-source-deps"
    kind = ExternalKind.BINARY if binary else ExternalKind.SOURCE
    return Fetch(kind, tag, repository, organization), ntpath.join(folder, tag)


def _options(words: Sequence[str], valued: set[str]) -> tuple[dict[str, str], list[str]]:
    """Split an argument vector into options (those ``valued`` take a word) and the rest."""
    options: dict[str, str] = {}
    rest: list[str] = []
    waiting = iter(words)
    for word in waiting:
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            rest.append(word)
        elif equals:
            options[name] = value
        else:
            options[word] = next(waiting, "") if word in valued else ""
    return options, rest
