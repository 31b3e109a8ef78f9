"""How ``if`` compares: texts, or whole numbers where both sides are."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

_LITERAL = re.compile(r"([+-]?)(0x[0-9a-f]+|0[0-7]*|[1-9]\d{0,9})", re.IGNORECASE)
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "EQU": operator.eq,
    "NEQ": operator.ne,
    "LSS": operator.lt,
    "LEQ": operator.le,
    "GTR": operator.gt,
    "GEQ": operator.ge,
}
COMPARISONS = frozenset(_ORDER)


def compare(test: str, left: str, right: str, *, ignore_case: bool) -> bool:
    """Return whether ``left test right``; ``==`` compares texts, words such as NEQ numbers too."""
    if ignore_case:
        left, right = left.lower(), right.lower()
    if test == "==":
        return left == right
    numbers = _number(left), _number(right)
    if None in numbers:
        return _ORDER[test](left, right)
    return _ORDER[test](*numbers)


def _number(text: str) -> int | None:
    """Return a decimal, 0octal or 0xhex literal, or None for any other text."""
    match = _LITERAL.fullmatch(text)
    if match is None:
        return None
    digits = match[2].lower()
    base = 16 if digits.startswith("0x") else 8 if digits.startswith("0") else 10
    return int(match[1] + digits, base)


def leading_number(text: str) -> int:
    """Return the whole number a text starts with, or 0; quotes do not count."""
    match = re.match(r"\s*([+-]?\d{1,10})", text.replace('"', ""))
    return int(match[1]) if match else 0
