"""``set /a`` computes what cmd computes, and leaves the ERRORLEVEL that cmd leaves."""

from __future__ import annotations

import ctypes
import operator
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from math import trunc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbom.batch.arithmetic import ExpressionError, Fault, UndefinedResultError, evaluate
from sbom.batch.state import Variables
from sbom.script.run import run_script


def value(text: str, **variables: str) -> int:
    return evaluate(text, Variables.from_environment(variables))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1+2*3", 7),
        ("(1+2)*3", 9),
        ("7/2", 3),
        ("-7/2", -3),
        ("-7%3", -1),
        ("7%-3", 1),
        ("1<<4|1", 17),
        ("-16>>2", -4),
        ("6&3^1|8", 11),
        ("10-4-3", 3),
        ("!0+!5", 1),
        ("~5", -6),
        ("- - 5", 5),
        ("2147483647+1", -2147483648),
        ("65536*65536", 0),
        ("0x1F", 31),
        ("0xFFFFFFFF", -1),
        ("0xFFFFFFFFFF", -1),
        ("-0xFFFFFFFF", 1),
        ("017", 15),
        ("0", 0),
        ("1,2,3", 3),
        (' "4 * 5" ', 20),
    ],
)
def test_an_expression_has_cmds_value(expression: str, expected: int) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", 12), ("-12", -12), ("+3", 3), ("0x10", 16), ("010", 8), ("08", 0), ("12abc", 12),
        ("abc", 0), ("", 0), ("2147483648", 2147483647), ("-9999999999", -2147483648),
    ],
)  # fmt: skip
def test_a_variable_counts_as_the_number_that_it_starts_with(text: str, expected: int) -> None:
    assert value("N", N=text) == expected
    assert value("undefined+1") == 1


def test_assignments_set_variables_from_right_to_left() -> None:
    variables = Variables.from_environment({"C": "5"})
    assert evaluate("a=b=2, c+=a*b, c<<=1, d=c%=7, e^=3, f|=4, g&=1, h-=1", variables) == -1
    found = {name: variables.get(name) for name in "abcdefgh"}
    assert found == {
        "a": "2", "b": "2", "c": "4", "d": "4", "e": "3", "f": "4", "g": "0", "h": "-1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("1/0", Fault.DIVISION_BY_ZERO),
        ("1%0", Fault.DIVISION_BY_ZERO),
        ("08", Fault.INVALID_NUMBER),
        ("0xG", Fault.INVALID_NUMBER),
        ("12abc", Fault.INVALID_NUMBER),
        ("2147483648", Fault.TOO_LARGE),
        ("020000000000", Fault.TOO_LARGE),
        ("1+", Fault.MISSING_OPERAND),
        ("", Fault.MISSING_OPERAND),
        ("*2", Fault.MISSING_OPERAND),
        ("(1+2", Fault.UNBALANCED),
        ("1+2)", Fault.UNBALANCED),
        ("1 2", Fault.SYNTAX),
        ("1=2", Fault.SYNTAX),
    ],
)
def test_an_invalid_expression_has_cmds_errorlevel(expression: str, fault: Fault) -> None:
    with pytest.raises(ExpressionError) as caught:
        value(expression)
    assert caught.value.fault is fault
    git = "git clone --branch xz-1 https://github.com/python/cpython-source-deps x"
    script = f"set /a n={expression.replace('%', '%%')}\nif %errorlevel%=={fault.value} {git}\n"
    assert [one.tag for one in run_script(script).fetches] == ["xz-1"]


@pytest.mark.parametrize("expression", ["1<<32", "1>>-1", "(-2147483647-1)/-1", "(" * 60 + "1"])
def test_what_windows_itself_does_not_define_is_refused(expression: str) -> None:
    with pytest.raises(UndefinedResultError):
        value(expression)


_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "&": operator.and_,
    "|": operator.or_, "^": operator.xor, "/": lambda a, b: trunc(Fraction(a, b)),
    "%": lambda a, b: a - b * trunc(Fraction(a, b)),
}  # fmt: skip
_Known = tuple[str, int]


def _combined(parts: tuple[_Known, str, _Known]) -> _Known:
    (left, a), sign, (right, b) = parts
    if sign in "/%" and (b == 0 or (a, b) == (-(2**31), -1)):
        sign = "+"
    return f"({left} {sign} {right})", ctypes.c_int32(_OPERATIONS[sign](a, b)).value


_NUMBERS = st.integers(0, 2**31 - 1).map(lambda number: (str(number), number))
_EXPRESSIONS = st.recursive(
    _NUMBERS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(sorted(_OPERATIONS)), inner).map(_combined),
        inner.map(lambda known: (f"-{known[0]}", ctypes.c_int32(-known[1]).value)),
        inner.map(lambda known: (f"~{known[0]}", ~known[1])),
    ),
    max_leaves=12,
)


@given(_EXPRESSIONS)
def test_integers_of_c_agree(known: _Known) -> None:
    assert value(known[0]) == known[1]


@given(st.text('0123456789xabc+-*/%&|^~!()<>=, "', max_size=40))
def test_any_expression_has_a_value_or_a_fault(text: str) -> None:
    with suppress(ExpressionError, UndefinedResultError):
        assert -(2**31) <= value(text) < 2**31
