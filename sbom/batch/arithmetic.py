"""The expressions of ``set /a``: 32-bit integers, as cmd computes them.

``help set`` has the operators. How numbers are read, and which ERRORLEVEL an error leaves, was
observed by the authors of https://www.dostips.com/forum/viewtopic.php?t=3758 ("Rules for how
CMD.EXE parses numbers") and https://ss64.com/nt/set.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum

from sbom.batch.state import Variables

_TOKEN = re.compile(
    r"[ \t]*(<<=|>>=|<<|>>|[-+*/%&^|]=|[-+*/%&^|()!~=,]|[^-+*/%&^|()!~=,<> \t]+|\S)"
)
#: The binary operators, by how loosely they bind.
_LEVELS = (("|",), ("^",), ("&",), ("<<", ">>"), ("+", "-"), ("*", "/", "%"))
_ASSIGNMENTS = frozenset({"=", "*=", "/=", "%=", "+=", "-=", "&=", "^=", "|=", "<<=", ">>="})
_NUMBER = re.compile(r"0x([0-9a-f]+)|0([0-7]*)|([1-9][0-9]*)", re.IGNORECASE)
_LARGEST = 2**31 - 1
_WORD_SIZE = 32
#: How deep parentheses and signs may be nested; real expressions need two.
_DEPTH = 50


class Fault(Enum):
    """What cmd finds wrong with an expression: the ERRORLEVEL that it leaves."""

    UNBALANCED = 1073750988
    MISSING_OPERAND = 1073750989
    SYNTAX = 1073750990
    INVALID_NUMBER = 1073750991
    TOO_LARGE = 1073750992
    DIVISION_BY_ZERO = 1073750993


class ExpressionError(Exception):
    """An expression that cmd rejects, and why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.name)
        self.fault = fault


class UndefinedResultError(Exception):
    """An expression whose value depends on the Windows that computes it, and which part of it."""


def evaluate(text: str, variables: Variables) -> int:
    """Return the value of an expression, and set the variables that it assigns.

    Variables that come before an error stay assigned, as in cmd. Raises ExpressionError for
    what cmd rejects, and UndefinedResultError for what is not the same everywhere.
    """
    parser = _Parser(_TOKEN.findall(text.replace('"', "").rstrip()), variables)
    value = parser.parse_list()
    if parser.peek() == ")":
        raise ExpressionError(Fault.UNBALANCED)
    if parser.peek():
        raise ExpressionError(Fault.SYNTAX)
    return value


def _wrap(value: int) -> int:
    """Return what 32 bits keep of a number, with their sign."""
    return (value + 2**31) % 2**32 - 2**31


def _divide(left: int, right: int) -> int:
    if right == 0:
        raise ExpressionError(Fault.DIVISION_BY_ZERO)
    quotient = abs(left) // abs(right)
    if quotient > _LARGEST:
        raise UndefinedResultError(f"{left} / {right}")
    return quotient if (left < 0) == (right < 0) else -quotient


def _remainder(left: int, right: int) -> int:
    return left - right * _divide(left, right)


def _shift_left(left: int, right: int) -> int:
    return left << _shift_count(right)


def _shift_right(left: int, right: int) -> int:
    return left >> _shift_count(right)


def _shift_count(count: int) -> int:
    if not 0 <= count < _WORD_SIZE:
        raise UndefinedResultError(f"a shift by {count}")
    return count


_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "|": int.__or__,
    "^": int.__xor__,
    "&": int.__and__,
    "<<": _shift_left,
    ">>": _shift_right,
    "+": int.__add__,
    "-": int.__sub__,
    "*": int.__mul__,
    "/": _divide,
    "%": _remainder,
}
_SIGNS: dict[str, Callable[[int], int]] = {
    "+": int.__pos__,
    "-": int.__neg__,
    "~": int.__invert__,
    "!": lambda value: int(value == 0),
}


class _Parser:
    """Computes an expression while it reads its tokens."""

    def __init__(self, tokens: list[str], variables: Variables) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0
        self.variables = variables

    def peek(self, ahead: int = 0) -> str:
        at = self.position + ahead
        return self.tokens[at] if at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.position += 1
        return token

    def parse_list(self) -> int:
        value = self.parse_assignment()
        while self.peek() == ",":
            self.take()
            value = self.parse_assignment()
        return value

    def parse_assignment(self) -> int:
        name, operator = self.peek(), self.peek(1)
        if operator not in _ASSIGNMENTS or not _is_name(name):
            return self.parse_binary(0)
        self.position += 2
        value = self.parse_assignment()
        if operator != "=":
            value = _wrap(_OPERATIONS[operator[:-1]](self.value_of(name), value))
        self.variables.set(name, str(value))
        return value

    def parse_binary(self, level: int) -> int:
        if level == len(_LEVELS):
            return self.parse_unary()
        value = self.parse_binary(level + 1)
        while (operator := self.peek()) in _LEVELS[level]:
            self.take()
            value = _wrap(_OPERATIONS[operator](value, self.parse_binary(level + 1)))
        return value

    def parse_unary(self) -> int:
        self.depth += 1
        if self.depth > _DEPTH:
            raise UndefinedResultError(f"more than {_DEPTH} parentheses and signs")
        try:
            if self.peek() in _SIGNS:
                return _wrap(_SIGNS[self.take()](self.parse_unary()))
            return self.parse_operand()
        finally:
            self.depth -= 1

    def parse_operand(self) -> int:
        operand = self.take()
        if operand == "(":
            value = self.parse_list()
            if self.take() != ")":
                raise ExpressionError(Fault.UNBALANCED)
            return value
        if operand[:1].isdigit():
            return _parse_literal(operand)
        if _is_name(operand):
            return self.value_of(operand)
        raise ExpressionError(Fault.MISSING_OPERAND)

    def value_of(self, name: str) -> int:
        """Return the number that a variable starts with; 0 where it starts with none."""
        text = (self.variables.get(name) or "").strip()
        sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
        match = _NUMBER.match(digits)
        number = sign * _read_number(match) if match else 0
        return max(-_LARGEST - 1, min(_LARGEST, number))


def _is_name(token: str) -> bool:
    return bool(re.match(r"[^-+*/%&^|()!~=,<>0-9\s]", token))


def _parse_literal(token: str) -> int:
    """Return the value of a decimal, 0octal or 0xhexadecimal number."""
    match = _NUMBER.fullmatch(token)
    if match is None:
        raise ExpressionError(Fault.INVALID_NUMBER)
    number = _read_number(match)
    if number > _LARGEST:
        raise ExpressionError(Fault.TOO_LARGE)
    return number


def _read_number(match: re.Match[str]) -> int:
    """Return a number; hexadecimal digits beyond 32 bits give all bits set, as in cmd."""
    hexadecimal, octal, decimal = match.groups()
    if hexadecimal:
        return _wrap(min(int(hexadecimal, 16), 2**32 - 1))
    return int(decimal) if decimal else int(octal or "0", 8)
