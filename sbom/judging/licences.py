"""The licences of the SPDX list, and those that an expression names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from license_expression import ExpressionError, Licensing, get_license_index


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence that license_expression's index names."""

    id: str
    listed: bool
    deprecated: bool
    restrictive: bool


@cache
def licence_list() -> Mapping[str, Licence]:
    """Return the licences of license_expression's index by their lower-case ids.

    What is deprecated on SPDX's list, the index has as another id of its successor or marks.
    """
    found: dict[str, Licence] = {}
    for row in get_license_index():
        category = row["category"].lower()
        restrictive = any(word in category for word in ("copyleft", "restricted", "non-commercial"))
        current = row.get("spdx_license_key") or ""
        for id_ in (current, *row["other_spdx_license_keys"]):
            listed = not id_.startswith("LicenseRef-")
            deprecated = listed and (id_ != current or row["is_deprecated"])
            found[id_.lower()] = Licence(id_, listed, deprecated, restrictive)
    return found


def licence_of(id_: str) -> Licence | None:
    """Return a licence by its id, in whatever case; ``Apache-2.0+`` is Apache-2.0."""
    listed, name = licence_list(), id_.lower()
    return listed.get(name) or listed.get(name.removesuffix("+"))


@cache
def licence_ids(expression: str) -> tuple[str, ...] | None:
    """Return the licences of an expression, ``A WITH B`` as one; None if it is no expression."""
    licensing = Licensing()
    try:
        parsed = licensing.parse(expression)
        symbols = licensing.license_symbols(parsed, decompose=False)
        return tuple(symbol.render("{symbol.key}") for symbol in symbols)
    except (ExpressionError, TypeError, ValueError, RecursionError):
        return None
