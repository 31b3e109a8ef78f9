"""The diagnostics of vex.toml."""

from __future__ import annotations

from sbom.diagnostics.diagnostic import Code, Diagnostic, Location


def invalid_statement(file: str, key_path: str, message: str, hint: str = "") -> Diagnostic:
    """Report a key that is unknown, missing, or has a wrong value."""
    return Diagnostic(
        code=Code.INVALID_STATEMENT,
        location=Location(file),
        subject=key_path,
        message=message,
        hint=hint or "docs/vex.md explains every key",
    )


def unknown_component(file: str, key_path: str, component: str) -> Diagnostic:
    """Report a statement about a component that the manifest does not have."""
    hint = "use the <name> of a [component.<name>] of the manifest"
    return invalid_statement(file, key_path, f"there is no [component.{component}]", hint)


def conflicting_statements(file: str, title: str, other: str, version: str) -> Diagnostic:
    """Report two statements about one version of a component.

    ``title`` and ``other`` are the titles of the two.
    """
    message = f"a second statement about version {version}: the first is '{other}'"
    hint = "keep one of them, or limit their 'versions' or 'cpython-versions'"
    return invalid_statement(file, title, message, hint)


def unmatched_statement(file: str, title: str, component: str, versions: str) -> Diagnostic:
    """Report a statement that is about nothing in a release.

    ``component`` is the component's name in documents, ``versions`` a range, or empty for all.
    """
    named = f"{component} {versions}".strip()
    return Diagnostic(
        code=Code.UNMATCHED_STATEMENT,
        location=Location(file),
        subject=title,
        message=f"matches nothing in this release: no artifact contains {named}",
        hint="remove it, correct its 'versions', or limit its 'cpython-versions'",
    )
