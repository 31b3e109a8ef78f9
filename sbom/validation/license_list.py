"""The licenses of the SPDX list, and those that an expression names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from license_expression import ExpressionError, Licensing, get_license_index


@dataclass(frozen=True, slots=True)
class License:
    """A license that license_expression's index names."""

    id: str
    listed: bool
    deprecated: bool
    restrictive: bool


@cache
def license_list() -> Mapping[str, License]:
    """Return the licenses of license_expression's index by their lower-case ids.

    What is deprecated on SPDX's list, the index has as another id of its successor or marks.
    """
    found: dict[str, License] = {}
    for row in get_license_index():
        category = row["category"].lower()
        restrictive = any(word in category for word in ("copyleft", "restricted", "non-commercial"))
        current = row.get("spdx_license_key") or ""
        for id_ in (current, *row["other_spdx_license_keys"]):
            listed = not id_.startswith("LicenseRef-")
            deprecated = listed and (id_ != current or row["is_deprecated"])
            found[id_.lower()] = License(id_, listed, deprecated, restrictive)
    return found


def license_of(id_: str) -> License | None:
    """Return a license by its id, in whatever case; ``Apache-2.0+`` is Apache-2.0."""
    listed, name = license_list(), id_.lower()
    return listed.get(name) or listed.get(name.removesuffix("+"))


@cache
def license_ids(expression: str) -> tuple[str, ...] | None:
    """Return the licenses of an expression, ``A WITH B`` as one; None if it is no expression."""
    licensing = Licensing()
    try:
        parsed = licensing.parse(expression)
        symbols = licensing.license_symbols(parsed, decompose=False)
        return tuple(symbol.render("{symbol.key}") for symbol in symbols)
    except (ExpressionError, TypeError, ValueError, RecursionError):
        return None
