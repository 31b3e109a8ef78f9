"""Diagnostics: what is wrong with an input, and how it is printed for people and programs.

``diagnostic`` has the values, ``catalog`` reads ``sbom/data/diagnostics.toml``, where each
diagnostic has its id, severity and explanation; the ``*_messages`` modules construct them, one
function for each; ``render`` prints them.
"""

from sbom.diagnostics.diagnostic import (
    Code,
    Diagnostic,
    Exit,
    InputError,
    Location,
    OperationalError,
    SbomError,
    failing,
    only_read,
    sort_diagnostics,
)

__all__ = [
    "Code",
    "Diagnostic",
    "Exit",
    "InputError",
    "Location",
    "OperationalError",
    "SbomError",
    "failing",
    "only_read",
    "sort_diagnostics",
]
