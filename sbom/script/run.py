"""What one run of a script fetches: which of its commands fetch an external, and which one.

Knows ``git clone``, ``svn export`` and ``get_external.py``.
"""

from __future__ import annotations

import hashlib
import ntpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sbom.batch import Command, CommandHandler, CommandResult, Program, ProgramRun, run_program
from sbom.diagnostics import SbomError
from sbom.script.externals import ExternalKind, Fetch, FetchMethod

SCRIPT_NAME = "get_externals.bat"
#: Programs that look for an interpreter or install one, and fetch no external.
_TOOLS = frozenset({"where", "powershell", "nuget"})
_GITHUB = re.compile(r"https://github\.com/([^/@]+)/[^/@]+")


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


def decode_script(data: bytes) -> tuple[str, str]:
    """Return the text of a batch file, and the SHA-256 of it with LF endings.

    cmd reads bytes in any code page, so a file that is not UTF-8 is read as Latin-1.
    """
    digest = hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()
    try:
        return data.decode("utf-8"), digest
    except UnicodeDecodeError:
        return data.decode("latin-1"), digest


# What commands do.


def list_fetches(commands: Iterable[Command]) -> tuple[Fetch, ...]:
    """Return what commands fetch, in order."""
    parsed = (parse_fetch_command(command) for command in commands)
    return tuple(found[0] for found in parsed if found)


def command_handler(*, creating: bool) -> CommandHandler:
    """Return what answers the interpreter's questions about programs.

    Unless ``creating``, what is fetched leaves no directory behind, so that each external
    shows whether the script would fetch it, regardless of what was fetched before.
    """

    def handle(command: Command) -> CommandResult | None:
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

    return handle


def _program(command: Command) -> str:
    words = command.words
    name = ntpath.basename(words[0]).lower() if words else ""
    return re.sub(r"\.(exe|com)$", "", name)


def parse_fetch_command(command: Command) -> tuple[Fetch, str] | None:
    """Return what a command fetches and the directory it fills, or None for any other command."""
    words = command.words
    name = _program(command)
    found = None
    if name == "git" and "clone" in words[:3]:
        found = _parse_git_clone(words[words.index("clone") + 1 :])
    elif name == "svn" and words[1:2] in (("export",), ("checkout",), ("co",)):
        found = _parse_svn_export(words[2:])
    else:
        script = [n for n, word in enumerate(words) if word.lower().endswith("get_external.py")]
        if script:
            found = _parse_get_external(words[script[0] + 1 :])
    if found is None:
        return None
    return found[0], ntpath.join(command.directory, found[1])


def _parse_git_clone(words: Sequence[str]) -> tuple[Fetch, str] | None:
    options, operands = _split_options(words, {"--depth", "--branch", "-b", "--origin", "-o", "-c"})
    if not operands:
        return None
    url = _git_url(operands[0])
    name = url.rpartition("/")[2].removesuffix(".git")
    directory = operands[1] if len(operands) > 1 else name
    kind = ExternalKind.BINARY if name.endswith("-bin-deps") else ExternalKind.SOURCE
    tag = options.get("--branch") or options.get("-b") or ""
    if tag and (match := _GITHUB.fullmatch(url)):
        # The archive of the tag has the files of a clone of it.
        return Fetch(kind, tag, name, match[1]), directory
    # Without a branch, each external has a repository, whose name is the tag.
    return Fetch(kind, tag or name, url, method=FetchMethod.GIT), directory


def _git_url(url: str) -> str:
    """Return a git address as a URL; one that has none of its forms is left as it is.

    https://git-scm.com/docs/git-clone: ``git@host:path`` is ssh. What is before the ``@`` of
    another protocol may be a password.
    """
    url = url.rstrip("/")
    if "://" not in url:
        match = re.fullmatch(r"((?:[^/@:]+@)?[^/:]{2,}):/*(.+)", url)
        return f"ssh://{match[1]}/{match[2]}" if match else url
    protocol, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    if protocol.lower() != "ssh":
        host = host.rpartition("@")[2]
    return f"{protocol.lower()}://{host}{slash}{path}"


def _parse_svn_export(words: Sequence[str]) -> tuple[Fetch, str] | None:
    _, operands = _split_options(words, {"-r", "--revision"})
    if not operands:
        return None
    repository, _, tag = operands[0].rstrip("/").rpartition("/")
    directory = operands[1] if len(operands) > 1 else tag
    return Fetch(ExternalKind.SOURCE, tag, repository, method=FetchMethod.SVN), directory


def _parse_get_external(words: Sequence[str]) -> tuple[Fetch, str] | None:
    valued = {"-O", "--organization", "-e", "--externals-dir", "-z", "--zip-dir"}
    options, operands = _split_options(words, valued)
    # argparse rejects an option that has no value, as where %ORG% is not defined.
    lacks_value = any(
        not options[name] or options[name][0] == "-" for name in options if name in valued
    )
    if not operands or lacks_value:
        return None
    tag = operands[-1]
    # --release, from 3.15 on, takes a prebuilt archive from the same repository's releases.
    is_release = not options.keys().isdisjoint({"-r", "--release"})
    is_binary = is_release or not options.keys().isdisjoint({"-b", "--binary"})
    organization = options.get("-O") or options.get("--organization") or "python"
    # Without -e, get_external.py fills the directory "externals" beside PCbuild.
    parent = options.get("-e") or options.get("--externals-dir") or "C:\\cpython\\externals"
    repository = "cpython-bin-deps" if is_binary else "cpython-source-deps"
    kind = ExternalKind.BINARY if is_binary else ExternalKind.SOURCE
    method = FetchMethod.RELEASE if is_release else FetchMethod.ARCHIVE
    return Fetch(kind, tag, repository, organization, method), ntpath.join(parent, tag)


def _split_options(words: Sequence[str], valued: set[str]) -> tuple[dict[str, str], list[str]]:
    """Split an argument vector into options (those ``valued`` take a word) and operands."""
    options: dict[str, str] = {}
    operands: list[str] = []
    waiting = iter(words)
    for word in waiting:
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            operands.append(word)
        elif equals:
            options[name] = value
        else:
            options[word] = next(waiting, "") if word in valued else ""
    return options, operands
