"""Expansion of percent signs, the first and the fourth of cmd's phases.

Knows how ``%1``, ``%~dp0``, ``%NAME%`` and ``%%e`` become text. The order of the rules is the
one observed in Windows' cmd and written down at https://stackoverflow.com/questions/4094699
("How does the Windows Command Interpreter parse scripts?", phases 1 and 4).
"""

from __future__ import annotations

import ntpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sbom.diagnostics import SbomError
from sbom.diagnostics.script_messages import batch_limit, batch_syntax, unsupported_command

#: The longest command line cmd takes (https://learn.microsoft.com, "Command prompt line string
#: limitation").
LINE_LIMIT = 8191

_ARGUMENT = re.compile(r"%(?:~([a-z$:\w]*?))?([0-9])", re.IGNORECASE)
_PATH_MODIFIERS = re.compile(r"[fdpnxs]*", re.IGNORECASE)


@dataclass(slots=True)
class Variables:
    """Environment variables: names in any case, values as text.

    ``inherited`` collects the upper-case names that were looked up before the script had
    set them itself: the variables it listens to. ``dynamic`` holds what cmd itself answers
    for a name that nobody set, such as CD.
    """

    values: dict[str, str] = field(default_factory=dict)
    inherited: set[str] = field(default_factory=set)
    assigned: set[str] = field(default_factory=set)
    dynamic: dict[str, str] = field(default_factory=lambda: {"ERRORLEVEL": "0"})

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Variables:
        """Return the variables of an environment."""
        return cls({name.upper(): value for name, value in environment.items()})

    def get(self, name: str) -> str | None:
        """Return the value of ``name``, or None where it is not defined."""
        key = name.upper()
        if key not in self.assigned:
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


@dataclass(frozen=True, slots=True)
class ExpansionContext:
    """What the percent expressions of one line are expanded from.

    ``charge`` counts how many characters each path modifier had to look at.
    """

    file: str
    line: int
    arguments: Sequence[str]
    all_arguments: str
    variables: Variables
    directory: str
    charge: Callable[[int], None]

    def syntax_error(self, message: str) -> SbomError:
        """Return the error of an expression that cmd rejects as well."""
        return SbomError([batch_syntax(self.file, self.line, message)])

    def unsupported(self, message: str) -> SbomError:
        """Return the error of an expression whose value cannot be determined."""
        return SbomError([unsupported_command(self.file, self.line, message)])

    def join(self, pieces: Iterable[str]) -> str:
        """Return the pieces as one text; raise SbomError before it outgrows a line."""
        size = 0
        kept = []
        for piece in pieces:
            size += len(piece)
            if size > LINE_LIMIT:
                message = f"the line grows beyond the {LINE_LIMIT} characters that cmd takes"
                hint = "fix the variable that grows without end"
                raise SbomError([batch_limit(self.file, self.line, message, hint)])
            kept.append(piece)
        return "".join(kept)


def expand_line(line: str, context: ExpansionContext) -> str:
    """Return ``line`` after phase one: arguments and environment variables in place.

    Raises SbomError for an expression that cmd rejects or that is not supported, and for a
    line longer than cmd takes.
    """
    return context.join(_expand_pieces(line, context))


def _expand_pieces(line: str, context: ExpansionContext) -> Iterator[str]:
    position = 0
    while (start := line.find("%", position)) >= 0:
        yield line[position:start]
        if line.startswith("%%", start):
            yield "%"
            position = start + 2
        elif line.startswith("%*", start):
            yield context.all_arguments
            position = start + 2
        elif match := _ARGUMENT.match(line, start):
            yield _expand_argument(match, context)
            position = match.end()
        elif line.startswith("%~", start):
            expression = line[start : start + 12]
            raise context.syntax_error(f"the path operator in '{expression}' is not valid")
        else:
            value, position = _expand_variable(line, start, context)
            yield value
    yield line[position:]


def _expand_argument(match: re.Match[str], context: ExpansionContext) -> str:
    number = int(match[2])
    value = context.arguments[number] if number < len(context.arguments) else ""
    return value if match[1] is None else _path_parts(value, match[1], match[0], context)


def _expand_variable(line: str, start: int, context: ExpansionContext) -> tuple[str, int]:
    """Return the value at ``%NAME%`` and the position behind it.

    A percent sign that opens no name is dropped; of an undefined ``%NAME:modifier%`` only the
    part before the colon goes, as in cmd.
    """
    end = line.find("%", start + 1)
    if end < 0:
        return "", start + 1
    name, colon, _ = line[start + 1 : end].partition(":")
    value = context.variables.get(name)
    if not colon or not name:
        return value or "", end + 1
    if value is None:
        return "", start + len(name) + 2
    raise context.unsupported(f"'{line[start : end + 1]}' is not supported")


def _path_parts(value: str, modifiers: str, expression: str, context: ExpansionContext) -> str:
    """Return the parts of a path that ``%~dpnx`` modifiers ask for; always without quotes.

    Raises SbomError for modifiers that need the disk (``a``, ``t``, ``z``, ``$PATH:``).
    """
    context.charge(len(value))
    path = value.replace('"', "")
    wanted = modifiers.lower()
    if not wanted:
        return path
    if not _PATH_MODIFIERS.fullmatch(wanted):
        raise context.unsupported(f"'{expression}' depends on files that are not available")
    full = ntpath.normpath(ntpath.join(context.directory, path))
    if not path or path.endswith(("\\", "/")):
        full = full.rstrip("\\") + "\\"
    if "f" in wanted or wanted == "s":
        return full
    drive, tail = ntpath.splitdrive(full)
    head, base = ntpath.split(tail)
    stem, extension = ntpath.splitext(base)
    parts = {"d": drive, "p": head.rstrip("\\") + "\\", "n": stem, "x": extension}
    return "".join(part for letter, part in parts.items() if letter in wanted)


def expand_loop_variables(text: str, items: Mapping[str, str], context: ExpansionContext) -> str:
    """Return ``text`` after phase four: ``%e`` and ``%~ne`` of the enclosing loops in place."""
    names = "".join(re.escape(name) for name in items)
    pattern = re.compile(rf"%(?:~([a-zA-Z]*))?([{names}])")

    def pieces() -> Iterator[str]:
        position = 0
        for match in pattern.finditer(text):
            yield text[position : match.start()]
            item = items[match[2]]
            yield item if match[1] is None else _path_parts(item, match[1], match[0], context)
            position = match.end()
        yield text[position:]

    return context.join(pieces())
