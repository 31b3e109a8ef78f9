"""Ranges of versions and of CPython lines, as the manifest writes them.

A version range is comparisons joined by commas, all of which must be true: ``>=8.6.13,<9``. A
list of lines is joined by commas, one of which must match: ``2.7, 3.5-3.6, 3.14-``.
"""

from __future__ import annotations

import operator
import re
from functools import lru_cache
from typing import Annotated

from sbom.manifest.tables import checked

_COMPARE = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
#: The same few versions and ranges are compared for every component of every build.
_REMEMBERED = 4096
_TERM = re.compile(r"\s*(<=|>=|!=|==|<|>)\s*([0-9][\w.+-]*)\s*")
# What was matched is never given back: any text takes linear time.
_LINES = re.compile(r"(\d{1,9}\.\d{1,9})?+\s*+(-)?+\s*+(\d{1,9}\.\d{1,9})?+")


@lru_cache(maxsize=_REMEMBERED)
def version_key(version: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that sorts upstream versions: numbers as numbers, then letters.

    ``1.1.1 < 1.1.1k < 1.1.2`` and ``3.3-rc0 < 3.3 < 3.3.1``: what stands after ``-rc``,
    ``-alpha`` or ``-beta`` comes before the release.
    """
    key: list[tuple[int, int, str]] = []
    for number, word in re.findall(r"(\d+)|([A-Za-z]+)", version):
        if number:
            # Their digits, as int() reads 4,300 of them at most.
            digits = number.lstrip("0")
            key.append((2, len(digits), digits))
        else:
            early = word.lower() in ("rc", "alpha", "beta", "a", "b") and _digit_behind(
                version, word
            )
            key.append((0 if early else 2, 0, word.lower()))
    key.append((1, 0, ""))
    return tuple(key)


def _digit_behind(version: str, word: str) -> bool:
    return re.search(rf"{re.escape(word)}\d", version) is not None


@lru_cache(maxsize=_REMEMBERED)
def version_in_range(version: str, text: str) -> bool:
    """Return whether all comparisons of a version range are true; an empty range matches all."""
    return all(
        _COMPARE[sign](version_key(version), version_key(bound))
        for sign, bound in _TERM.findall(text)
    )


def _validate_version_range(text: str) -> str:
    """Return what is wrong with a version range, or an empty text."""
    if not text or all(_TERM.fullmatch(term) for term in text.split(",")):
        return ""
    return f"expected a version range such as '>=8.6.13,<9', found '{text}'"


def release_line(version: str) -> str:
    """Return the CPython line of a version: ``3.14`` of ``3.14.7``."""
    return ".".join(version.split(".")[:2])


@lru_cache(maxsize=_REMEMBERED)
def line_in_range(line: str, text: str) -> bool:
    """Return whether a CPython line is in a list of lines; an empty list matches all."""
    return not text or any(_in_span(line, span) for span in text.split(","))


def _in_span(line: str, span: str) -> bool:
    match = _LINES.fullmatch(span.strip())
    if match is None:
        return False
    first, dash, last = match.groups()
    at = version_key(line)
    low = first is None or version_key(first) <= at
    high = at <= version_key(last if dash and last else line)
    return low and high if dash else first == line


def _validate_line_range(text: str) -> str:
    """Return what is wrong with a list of lines, or an empty text."""
    spans = text.split(",") if text else []
    if all((match := _LINES.fullmatch(span.strip())) and (match[1] or match[3]) for span in spans):
        return ""
    return f"expected CPython lines such as '2.7, 3.5-3.6, 3.14-', found '{text}'"


VersionRange = Annotated[
    str, checked(_validate_version_range, "a version range such as '>=8.6.13,<9'")
]
LineRange = Annotated[
    str, checked(_validate_line_range, "CPython lines such as '2.7, 3.5-3.6, 3.14-'")
]


def final_version(version: str) -> str:
    """Return the release a version leads to, which python.org names directories by: 3.15.0."""
    match = re.match(r"[\d.]+", version)
    return match[0] if match else version
