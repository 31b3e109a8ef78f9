"""cmd's own commands that change nothing but the state: ``set``, ``setlocal``, folders, files.

Each takes the state, the text behind its name and its line, and returns its status.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from sbom.batch.state import LocalScope, State, quoted_words

#: Commands that print, or look good; nothing that is fetched can depend on them.
HARMLESS = frozenset(
    "break chcp cls color date dir echo pause prompt rem time title type ver verify vol".split()
)
#: How many ``setlocal`` may be open; cmd refuses the next one.
_SETLOCALS = 32


def _set(state: State, rest: str, line: int) -> int:
    text = rest.lstrip(" \t,;=")
    if re.match(r"/[ap]", text, re.IGNORECASE):
        return state.unknown(line, f"cannot run 'set {text[:2]}'")
    if text.startswith('"'):
        text = text[1:].rpartition('"')[0] or text[1:].rstrip('"')
    name, equals, value = text.partition("=")
    if equals and name:
        state.variables.set(name, value)
    return 0


def _setlocal(state: State, rest: str, line: int) -> int:
    if len(state.saved) >= _SETLOCALS:
        return state.unknown(line, f"more than {_SETLOCALS} setlocal are open")
    state.saved.append(LocalScope(dict(state.variables.values), state.disk.folder, state.delayed))
    if "enabledelayedexpansion" in rest.lower():
        state.delayed = True
    elif "disabledelayedexpansion" in rest.lower():
        state.delayed = False
    return 0


def endlocal(state: State, _rest: str = "", _line: int = 0) -> int:
    """Bring back what the last ``setlocal`` kept; cmd does this at the end of a file too."""
    if state.saved:
        saved = state.saved.pop()
        state.variables.values = saved.values
        state.delayed = saved.delayed
        state.enter(saved.folder)
    return 0


def _change_folder(state: State, rest: str, _line: int) -> int:
    path = re.sub(r"^\s*/d\b", "", rest, flags=re.IGNORECASE).strip()
    return 0 if not path or state.enter(path) else 1


def _pushd(state: State, rest: str, line: int) -> int:
    state.folders.append(state.disk.folder)
    return _change_folder(state, rest, line)


def _popd(state: State, _rest: str, _line: int) -> int:
    if state.folders:
        state.enter(state.folders.pop())
    return 0


def _make_folder(state: State, rest: str, line: int) -> int:
    state.record(line, f"mkdir{rest}")
    made = [state.disk.make(path) for path in _paths(state, rest, line)]
    return 0 if all(made) else 1


def _remove(state: State, rest: str, line: int) -> int:
    state.record(line, f"rmdir{rest}")
    removed = [state.disk.remove(path) for path in _paths(state, rest, line)]
    return 0 if all(removed) else 2


def _move(state: State, rest: str, line: int) -> int:
    state.record(line, rest.strip())
    return state.unknown(line, "cannot tell which files this line leaves behind")


def _paths(state: State, rest: str, line: int) -> Iterator[str]:
    for word in quoted_words(rest):
        state.spend(len(word), line)
        if not word.startswith("/"):
            yield word


OWN: dict[str, Callable[[State, str, int], int]] = {
    "set": _set,
    "setlocal": _setlocal,
    "endlocal": endlocal,
    "cd": _change_folder,
    "chdir": _change_folder,
    "pushd": _pushd,
    "popd": _popd,
    "md": _make_folder,
    "mkdir": _make_folder,
    "rd": _remove,
    "rmdir": _remove,
    "del": _remove,
    "erase": _remove,
    **dict.fromkeys(("copy", "move", "ren", "rename", "mklink"), _move),
}
