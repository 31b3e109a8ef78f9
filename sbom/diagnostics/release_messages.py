"""The diagnostics of a release: its artifacts, its documents and what they are made from."""

from __future__ import annotations

from sbom.diagnostics.model import Code, Diagnostic


def unknown_license(document: str, component: str, name: str) -> Diagnostic:
    """Return the diagnostic of a license that nobody could look up."""
    return Diagnostic(
        code=Code.INVALID_DOCUMENT,
        file=document,
        subject=component,
        message=f"unknown license '{name}'",
        hint="use ids of the SPDX license list, or add the text as [license-text.LicenseRef-…]",
    )
