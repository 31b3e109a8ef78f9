"""License expressions of SPDX: their canonical form, and what is wrong with them."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from sbom.data import read_data

if TYPE_CHECKING:
    from license_expression import Licensing

_UNSTATED = ("", "NONE", "NOASSERTION")
_REFERENCE = re.compile(r"LicenseRef-[A-Za-z0-9.-]+")


@cache
def _licensing() -> Licensing:
    from license_expression import get_spdx_licensing  # noqa: PLC0415 - loads the list, 0.1 s

    return get_spdx_licensing()


def _errors() -> tuple[type[Exception], ...]:
    """Return what license_expression 30.4 raises: IndexError, for instance, for ``()``."""
    from license_expression import ExpressionError, ExpressionParseError  # noqa: PLC0415 - the same

    return ExpressionError, ExpressionParseError, IndexError, RecursionError, TypeError


def _listed_ids(expression: str) -> list[str] | None:
    """Return the ids of an expression of ids in ``data/licenses.toml`` and references, or None."""
    listed = read_data("licenses")["ids"]
    ids = re.split(" (?:AND|OR) ", expression)
    return ids if all(id_ in listed or _REFERENCE.fullmatch(id_) for id_ in ids) else None


@cache
def normalize_license(expression: str) -> str:
    """Return an expression with the ids of the SPDX list: ``Zlib AND MIT`` for ``zlib and mit``.

    What is not an expression is returned as it is.
    """
    if expression in _UNSTATED or _listed_ids(expression):
        return expression
    try:
        parsed = _licensing().parse(expression)
    except _errors():
        return expression
    return expression if parsed is None else str(parsed)


@cache
def is_same_license(one: str, other: str) -> bool:
    """Return whether two expressions grant the same: ``MIT AND Zlib`` is ``zlib and mit``."""
    one, other = normalize_license(one), normalize_license(other)
    if one == other or one in _UNSTATED or other in _UNSTATED:
        return one == other
    try:
        parsed = [_licensing().parse(text, simple=True) for text in (one, other)]
    except _errors():
        return False
    return bool(parsed[0].simplify() == parsed[1].simplify())


@cache
def unknown_licenses(expression: str) -> tuple[str, ...]:
    """Return what an expression has that is not on the SPDX list, ``LicenseRef-…`` included.

    What is not an expression, or has an exception in the place of a license, is unknown as a
    whole.
    """
    if expression in _UNSTATED:
        return ()
    if (ids := _listed_ids(expression)) is not None:
        return tuple(id_ for id_ in ids if _REFERENCE.fullmatch(id_))
    licensing = _licensing()
    try:
        unknown = licensing.unknown_license_keys(expression)
        licensing.parse(expression, validate=not unknown, strict=True)
    except _errors():
        return (expression,)
    return tuple(unknown)
