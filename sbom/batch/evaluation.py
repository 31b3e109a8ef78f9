"""Percent expressions and tests: what texts expand to as a command runs, whether ``if`` is true.

Knows how ``%1``, ``%~dp0``, ``%NAME%`` and ``%%e`` become text. The order of the rules is the
one observed in Windows' cmd and written down at https://stackoverflow.com/questions/4094699
("How does the Windows Command Interpreter parse scripts?", phases 1 and 4).
"""

from __future__ import annotations

import ntpath
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sbom.batch.nodes import COMPARISONS, If, TestKey
from sbom.batch.state import State, Variables, parse_number, split_items
from sbom.diagnostics import SbomError
from sbom.diagnostics.script_messages import batch_limit, batch_syntax, unsupported_command

#: The longest command line cmd takes (https://learn.microsoft.com, "Command prompt line string
#: limitation").
_LINE_LIMIT = 8191

_ARGUMENT = re.compile(r"%(?:~([a-z$:\w]*?))?([0-9])", re.IGNORECASE)
_PATH_MODIFIERS = re.compile(r"[fdpnxs]*", re.IGNORECASE)
#: What expanding costs, for each percent sign.
_PERCENT_COST = 6
#: The version that every cmd since Windows 2000 reports of its command extensions.
_EXTENSIONS = 2

_LITERAL = re.compile(r"([+-]?)(0x[0-9a-f]+|0[0-7]*|[1-9]\d{0,9})", re.IGNORECASE)
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = dict(
    zip(
        COMPARISONS,
        (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge),
        strict=True,
    )
)


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
            if size > _LINE_LIMIT:
                message = f"the line grows beyond the {_LINE_LIMIT} characters that cmd takes"
                hint = "fix the variable that grows without end"
                raise SbomError([batch_limit(self.file, self.line, message, hint)])
            kept.append(piece)
        return "".join(kept)


def _expand_text(line: str, context: ExpansionContext) -> str:
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
    """Return the value at ``%NAME%`` and the position after it.

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


def _expand_loop_variables(text: str, items: Mapping[str, str], context: ExpansionContext) -> str:
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


# At the moment a command runs.


@dataclass(slots=True)
class Frame:
    """A running file or ``call :label``: the index of its next line, and its arguments."""

    arguments: list[str]
    all_arguments: str
    index: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two texts that an ``if`` or a search compared, or the name that ``if defined`` asked for."""

    key: TestKey
    left: str
    right: str = ""
    is_name: bool = False


class Evaluator:
    """Expands and tests for one run, whose last frame is the one that runs.

    ``comparisons`` are what its ``if`` commands compared.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self.frames: list[Frame] = []
        self.comparisons: set[Comparison] = set()

    def expand_percent(self, text: str, line: int) -> str:
        """Expand arguments and variables, as cmd does before it parses."""
        cost = _PERCENT_COST * text.count("%")
        text = _expand_text(text, self._context(line))
        self.state.charge(cost + len(text), line)
        return text

    def expand_loop(self, text: str, items: Mapping[str, str], line: int) -> str:
        """Expand the variables of the enclosing loops, as cmd does when a command runs."""
        if not items or "%" not in text:
            return text
        text = _expand_loop_variables(text, items, self._context(line))
        self.state.charge(len(text), line)
        return text

    def _context(self, line: int) -> ExpansionContext:
        frame = self.frames[-1]
        return ExpansionContext(
            self.state.program.file,
            line,
            frame.arguments,
            frame.all_arguments,
            self.state.variables,
            self.state.disk.directory,
            lambda cost: self.state.charge(cost, line),
        )

    def is_true(self, node: If, left: str, right: str) -> bool:
        """Return whether the test of an ``if`` is true, its ``not`` aside."""
        match node.test:
            case "defined":
                self.comparisons.add(Comparison(node.key, left, is_name=True))
                return self.state.variables.get(left) is not None
            case "exist":
                self._charge_pattern(left, node.line)
                return self.state.disk.exists(left)
            case "errorlevel":
                return self.state.errorlevel >= parse_number(left)
            case "cmdextversion":
                return parse_number(left) <= _EXTENSIONS
        self.comparisons.add(Comparison(node.key, left, right))
        return compare(node.test, left, right, ignore_case=node.ignore_case)

    def loop_values(self, text: str, line: int) -> Iterator[str]:
        """Yield what a loop variable is in turn: the items of a list, the paths of patterns."""
        for item in split_items(text):
            if _is_pattern(item):
                self._charge_pattern(item, line)
                yield from self.state.disk.matching(item)
            else:
                yield item

    def _charge_pattern(self, path: str, line: int) -> None:
        """Charge for looking at every path there is, where ``path`` is a pattern."""
        if _is_pattern(path):
            self.state.charge(self.state.disk.count + len(path), line)


def _is_pattern(path: str) -> bool:
    return "*" in path or "?" in path


def compare(test: str, left: str, right: str, *, ignore_case: bool) -> bool:
    """Return whether ``left test right``; ``==`` compares texts, words such as NEQ numbers too."""
    if ignore_case:
        left, right = left.lower(), right.lower()
    if test == "==":
        return left == right
    numbers = _parse_literal(left), _parse_literal(right)
    if None in numbers:
        return _OPERATORS[test](left, right)
    return _OPERATORS[test](*numbers)


def _parse_literal(text: str) -> int | None:
    """Return a decimal, 0octal or 0xhex literal, or None for any other text."""
    match = _LITERAL.fullmatch(text)
    if match is None:
        return None
    digits = match[2].lower()
    base = 16 if digits.startswith("0x") else 8 if digits.startswith("0") else 10
    return int(match[1] + digits, base)
