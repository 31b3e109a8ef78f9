"""License expressions of SPDX: their canonical form, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from license_expression import ExpressionError, ExpressionParseError, Licensing, get_spdx_licensing

from sbom.bom.bom import Bom
from sbom.diagnostics import Diagnostic
from sbom.diagnostics.release_messages import unknown_license

_UNSTATED = ("", "NONE", "NOASSERTION")
#: What license_expression 30.4 raises for what is not an expression: IndexError for ``()``.
_INVALID = (ExpressionError, ExpressionParseError, IndexError, RecursionError, TypeError)


@cache
def _licensing() -> Licensing:
    return get_spdx_licensing()


@cache
def normalize_license(expression: str) -> str:
    """Return an expression with the ids of the SPDX list: ``Zlib AND MIT`` for ``zlib and mit``.

    What is not an expression is returned as it is.
    """
    if expression in _UNSTATED:
        return expression
    try:
        return str(_licensing().parse(expression) or expression)
    except _INVALID:
        return expression


@cache
def unknown_licenses(expression: str) -> tuple[str, ...]:
    """Return what an expression has that is not on the SPDX list, ``LicenseRef-…`` included.

    What is not an expression, or has an exception in the place of a license, is unknown as a
    whole.
    """
    if expression in _UNSTATED:
        return ()
    licensing = _licensing()
    try:
        unknown = licensing.unknown_license_keys(expression)
        licensing.parse(expression, validate=not unknown, strict=True)
    except _INVALID:
        return (expression,)
    return tuple(unknown)


def check_licenses(bom: Bom) -> Iterator[Diagnostic]:
    """Yield licenses that are neither on the SPDX list nor in the BOM with their texts."""
    texts = {text.id for text in bom.license_texts}
    for component in bom.components:
        for expression in {component.license_concluded, component.license_declared}:
            for name in unknown_licenses(expression):
                if name not in texts:
                    yield unknown_license(bom.name, component.id, name)
