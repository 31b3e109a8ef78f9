"""cmd's internal commands that change nothing but the state: ``set``, ``setlocal``, directories.

Each takes the state, the text after its name and its line, and returns its status.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from sbom.batch.arithmetic import ExpressionError, UndefinedResultError, evaluate
from sbom.batch.state import LocalScope, State, split_words

#: Commands that print or change nothing that a fetch could depend on.
NO_EFFECT = frozenset(
    [
        "break",
        "chcp",
        "cls",
        "color",
        "date",
        "dir",
        "echo",
        "pause",
        "prompt",
        "rem",
        "time",
        "title",
        "type",
        "ver",
        "verify",
        "vol",
    ]
)
#: How many ``setlocal`` may be open; cmd refuses the next one.
_SCOPE_LIMIT = 32


def _set(state: State, arguments: str, line: int) -> int:
    text = arguments.lstrip(" \t,;=")
    if re.match(r"/a", text, re.IGNORECASE):
        return _set_number(state, text[2:], line)
    if re.match(r"/p", text, re.IGNORECASE):
        return state.report_unsupported(line, f"'set {text[:2]}' is not supported")
    if text.startswith('"'):
        text = text[1:].rpartition('"')[0] or text[1:].rstrip('"')
    name, equals, value = text.partition("=")
    if equals and name:
        state.variables.set(name, value)
    return 0


def _set_number(state: State, expression: str, line: int) -> int:
    state.charge(len(expression), line)
    try:
        evaluate(expression, state.variables)
    except ExpressionError as error:
        return state.set_errorlevel(error.fault.value)
    except UndefinedResultError as error:
        message = f"cannot determine the value of '{expression.strip()[:60]}': {error}"
        return state.report_unsupported(line, message)
    return 0


def _setlocal(state: State, arguments: str, line: int) -> int:
    if len(state.scopes) >= _SCOPE_LIMIT:
        message = f"more than {_SCOPE_LIMIT} setlocal are open"
        return state.report_unsupported(line, message)
    state.scopes.append(LocalScope(dict(state.variables.values), state.disk.directory))
    if "enabledelayedexpansion" in arguments.lower():
        return state.report_unsupported(line, "delayed expansion is not supported")
    return 0


def endlocal(state: State, _arguments: str = "", _line: int = 0) -> int:
    """Restore what the last ``setlocal`` kept; cmd does this at the end of a file too."""
    if state.scopes:
        scope = state.scopes.pop()
        state.variables.values = scope.values
        state.change_directory(scope.directory)
    return 0


def _cd(state: State, arguments: str, _line: int) -> int:
    path = re.sub(r"^\s*/d\b", "", arguments, flags=re.IGNORECASE).strip()
    return 0 if not path or state.change_directory(path) else 1


def _pushd(state: State, arguments: str, line: int) -> int:
    state.directory_stack.append(state.disk.directory)
    return _cd(state, arguments, line)


def _popd(state: State, _arguments: str, _line: int) -> int:
    if state.directory_stack:
        state.change_directory(state.directory_stack.pop())
    return 0


def _mkdir(state: State, arguments: str, line: int) -> int:
    state.record(line, f"mkdir{arguments}")
    created = [state.disk.create(path) for path in _paths(state, arguments, line)]
    return 0 if all(created) else 1


def _rmdir(state: State, arguments: str, line: int) -> int:
    state.record(line, f"rmdir{arguments}")
    removed = [state.disk.remove(path) for path in _paths(state, arguments, line)]
    return 0 if all(removed) else 2


def _copy(state: State, arguments: str, line: int) -> int:
    state.record(line, arguments.strip())
    return state.report_unsupported(line, "cannot determine which files this line creates")


def _paths(state: State, arguments: str, line: int) -> Iterator[str]:
    """Yield the paths of a command line, switches left out."""
    for word in split_words(arguments):
        state.charge(len(word), line)
        if not word.startswith("/"):
            yield word


INTERNAL_COMMANDS: dict[str, Callable[[State, str, int], int]] = {
    "set": _set,
    "setlocal": _setlocal,
    "endlocal": endlocal,
    "pushd": _pushd,
    "popd": _popd,
    **dict.fromkeys(("cd", "chdir"), _cd),
    **dict.fromkeys(("md", "mkdir"), _mkdir),
    **dict.fromkeys(("rd", "rmdir", "del", "erase"), _rmdir),
    **dict.fromkeys(("copy", "move", "ren", "rename", "mklink"), _copy),
}
