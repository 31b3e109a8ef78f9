"""Texts and tests at the moment a command runs: what they expand to, whether they are true."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sbom.batch.expansion import ExpansionContext, expand_line, expand_loop_variables
from sbom.batch.state import State, parse_number, split_items
from sbom.batch.syntax import COMPARISONS, If

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


@dataclass(slots=True)
class Frame:
    """A running file or ``call :label``: the index of its next line, and its arguments."""

    arguments: list[str]
    all_arguments: str
    index: int = 0


class Evaluator:
    """Expands and tests for one run, whose last frame is the one that runs.

    ``comparisons`` are the pairs of texts that its ``if`` commands compared.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self.frames: list[Frame] = []
        self.comparisons: set[tuple[str, str]] = set()

    def expand_percent(self, text: str, line: int) -> str:
        """Expand arguments and variables, as cmd does before it parses."""
        cost = _PERCENT_COST * text.count("%")
        text = expand_line(text, self._context(line))
        self.state.charge(cost + len(text), line)
        return text

    def expand_loop(self, text: str, items: Mapping[str, str], line: int) -> str:
        """Expand the variables of the enclosing loops, as cmd does when a command runs."""
        if not items or "%" not in text:
            return text
        text = expand_loop_variables(text, items, self._context(line))
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
                return self.state.variables.get(left) is not None
            case "exist":
                self._charge_pattern(left, node.line)
                return self.state.disk.exists(left)
            case "errorlevel":
                return self.state.errorlevel >= parse_number(left)
            case "cmdextversion":
                return parse_number(left) <= _EXTENSIONS
        self.comparisons.add((left, right))
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
