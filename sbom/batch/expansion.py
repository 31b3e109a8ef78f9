"""Expansion of percent signs, the first and the fourth of cmd's phases.

Knows how ``%1``, ``%~dp0``, ``%NAME%``, ``%NAME:~0,3%``, ``%%e`` and ``!NAME!`` become text.
The order of the rules is the one observed in Windows' cmd and written down at
https://stackoverflow.com/questions/4094699 ("How does the Windows Command Interpreter
parse scripts?", phases 1, 4 and 5).
"""

from __future__ import annotations

import ntpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

#: The longest command line cmd takes (https://learn.microsoft.com, "Command prompt line string
#: limitation").
LINE_LIMIT = 8191

_ARGUMENT = re.compile(r"%(?:~([a-z$:\w]*?))?([0-9])", re.IGNORECASE)
_SUBSTRING = re.compile(r"~\s*+(-?[0-9]+)?\s*+(?:,\s*+(-?[0-9]+)?\s*+)?")
_DELAYED = re.compile(r"!([^!\n]+)!")
_PATH_MODIFIERS = re.compile(r"[fdpnxs]*", re.IGNORECASE)
#: What cmd computes anew at each use and no fixed run of ours can tell.
UNKNOWABLE = frozenset({"DATE", "TIME", "RANDOM", "CMDCMDLINE", "HIGHESTNUMANODENUMBER"})


class ExpansionError(ValueError):
    """A percent expression that cmd refuses, or whose value cannot be known."""


class GrowthError(ValueError):
    """A text that grows beyond what cmd takes as one line."""


@dataclass(slots=True)
class Variables:
    """Environment variables: names in any case, values as text.

    ``inherited`` collects the upper-case names that were looked up before the script had
    set them itself: the variables it listens to. ``dynamic`` holds what cmd itself answers
    for a name that nobody set, such as CD.
    """

    values: dict[str, str] = field(default_factory=dict)
    inherited: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    dynamic: dict[str, str] = field(default_factory=lambda: {"ERRORLEVEL": "0"})

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Variables:
        """Return the variables of an environment."""
        return cls({name.upper(): value for name, value in environment.items()})

    def get(self, name: str) -> str | None:
        """Return the value of ``name``, or None where it is not defined."""
        key = name.upper()
        if key not in self.written:
            self.inherited.add(key)
        return self.values.get(key, self.dynamic.get(key))

    def set(self, name: str, value: str) -> None:
        """Set ``name``; an empty value removes it, as in cmd."""
        key = name.upper()
        self.written.add(key)
        if value:
            self.values[key] = value
        else:
            self.values.pop(key, None)


@dataclass(frozen=True, slots=True)
class Context:
    """What percent expressions are expanded from.

    ``spend`` is told how many characters each modifier had to look at.
    """

    arguments: Sequence[str]
    rest: str
    variables: Variables
    folder: str
    spend: Callable[[int], None]


def _joined(pieces: Iterable[str]) -> str:
    """Return the pieces as one text; raise GrowthError before it gets out of hand."""
    size = 0
    kept = []
    for piece in pieces:
        size += len(piece)
        if size > LINE_LIMIT:
            raise GrowthError(f"the line grows beyond the {LINE_LIMIT} characters that cmd takes")
        kept.append(piece)
    return "".join(kept)


def _replacing(
    pattern: re.Pattern[str], text: str, value: Callable[[re.Match[str]], str]
) -> Iterator[str]:
    """Yield ``text`` in pieces, each match of ``pattern`` replaced by its value."""
    position = 0
    for match in pattern.finditer(text):
        yield text[position : match.start()]
        yield value(match)
        position = match.end()
    yield text[position:]


def expand_line(line: str, context: Context) -> str:
    """Return ``line`` after phase one: arguments and environment variables in place.

    Raises ExpansionError for a path operator that cmd refuses or that asks the disk, and
    GrowthError for a line longer than cmd takes.
    """
    return _joined(_pieces(line, context))


def _pieces(line: str, context: Context) -> Iterator[str]:
    position = 0
    while (start := line.find("%", position)) >= 0:
        yield line[position:start]
        if line.startswith("%%", start):
            yield "%"
            position = start + 2
        elif line.startswith("%*", start):
            yield context.rest
            position = start + 2
        elif match := _ARGUMENT.match(line, start):
            yield _argument(match, context)
            position = match.end()
        elif line.startswith("%~", start):
            raise ExpansionError(f"the path operator in '{line[start : start + 12]}' is not valid")
        else:
            value, position = _variable(line, start, context)
            yield value
    yield line[position:]


def _argument(match: re.Match[str], context: Context) -> str:
    number = int(match[2])
    value = context.arguments[number] if number < len(context.arguments) else ""
    if match[1] is None:
        return value
    context.spend(len(value))
    return path_parts(value, match[1], context.folder, match[0])


def _variable(line: str, start: int, context: Context) -> tuple[str, int]:
    """Return the value at ``%NAME%`` or ``%NAME:modifier%`` and the position behind it.

    A percent sign that opens no name is dropped; of an undefined ``%NAME:modifier%``
    only the part before the colon goes, as in cmd.
    """
    end = line.find("%", start + 1)
    if end < 0:
        return "", start + 1
    name, colon, modifier = line[start + 1 : end].partition(":")
    value = context.variables.get(name)
    if not colon or not name:
        return value or "", end + 1
    if value is None:
        return "", start + len(name) + 2
    context.spend(len(value))
    return _modified(value, modifier, line[start : end + 1]), end + 1


def _modified(value: str, modifier: str, text: str) -> str:
    """Apply ``~start,length`` or ``old=new`` to a variable's value."""
    if modifier.startswith("~"):
        match = _SUBSTRING.fullmatch(modifier)
        if match is None:
            raise ExpansionError(f"the substring in '{text}' is not two whole numbers")
        start = _whole(match[1] or "0")
        begin = max(0, len(value) + start) if start < 0 else start
        if match[2] is None:
            return value[begin:]
        length = _whole(match[2])
        return value[begin : begin + length] if length >= 0 else value[begin:length]
    old, equals, new = modifier.partition("=")
    if not equals or not old:
        return value
    if old.startswith("*"):
        found = _folded(value).find(_folded(old[1:]))
        return value if found < 0 or not old[1:] else new + value[found + len(old) - 1 :]
    return _joined(_replaced(value, old, new))


def _whole(digits: str) -> int:
    """Return a whole number; more than ten digits are more than any text has characters."""
    return int(digits[:11])


def _folded(text: str) -> str:
    """Return ``text`` in one case, every character where it was."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)


def _replaced(value: str, old: str, new: str) -> Iterator[str]:
    text, wanted = _folded(value), _folded(old)
    position = 0
    while (found := text.find(wanted, position)) >= 0:
        yield value[position:found]
        yield new
        position = found + len(old)
    yield value[position:]


def path_parts(value: str, modifiers: str, folder: str, text: str) -> str:
    """Return the parts of a path that ``%~dpnx`` modifiers ask for; always without quotes.

    Raises ExpansionError for modifiers that need the disk (``a``, ``t``, ``z``, ``$PATH:``).
    """
    bare = value.replace('"', "")
    wanted = modifiers.lower()
    if not wanted:
        return bare
    if not _PATH_MODIFIERS.fullmatch(wanted):
        raise ExpansionError(f"'{text}' asks the disk, which is not at hand")
    full = ntpath.normpath(ntpath.join(folder, bare))
    if not bare or bare.endswith(("\\", "/")):
        full = full.rstrip("\\") + "\\"
    if "f" in wanted or wanted == "s":
        return full
    drive, tail = ntpath.splitdrive(full)
    head, base = ntpath.split(tail)
    stem, extension = ntpath.splitext(base)
    parts = {"d": drive, "p": head.rstrip("\\") + "\\", "n": stem, "x": extension}
    return "".join(part for letter, part in parts.items() if letter in wanted)


def expand_for(text: str, items: Mapping[str, str], context: Context) -> str:
    """Return ``text`` after phase four: ``%e`` and ``%~ne`` of the enclosing loops in place."""
    if not items or "%" not in text:
        return text
    names = "".join(re.escape(name) for name in items)
    pattern = re.compile(rf"%(?:~([a-zA-Z]*))?([{names}])")

    def value(match: re.Match[str]) -> str:
        item = items[match[2]]
        if match[1] is None:
            return item
        context.spend(len(item))
        return path_parts(item, match[1], context.folder, match[0])

    return _joined(_replacing(pattern, text, value))


def expand_delayed(text: str, context: Context) -> str:
    """Return ``text`` after phase five: ``!NAME!`` in place, for enabled delayed expansion."""

    def value(match: re.Match[str]) -> str:
        name, colon, modifier = match[1].partition(":")
        found = context.variables.get(name)
        if not found or not colon:
            return found or ""
        context.spend(len(found))
        return _modified(found, modifier, match[0])

    return _joined(_replacing(_DELAYED, text, value))
