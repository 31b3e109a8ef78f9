"""What is wrong with texts of the manifest that have a grammar: patterns, templates, file names.

Each function returns a sentence, or an empty text where nothing is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from sbom.manifest.tables import TextCheck

#: What each name in braces stands for in the file name of an artifact.
ARTIFACT_VERSIONS = {
    "version": r"(?P<version>\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?)",
    "nuget": r"(?P<version>\d+\.\d+\.\d+(?:-(?:a|b|rc)\d+)?)",
}


def check_revision_pattern(pattern: str) -> str:
    """Return why a regular expression does not read a version out of a revision."""
    try:
        groups = re.compile(pattern).groupindex
    except re.error as error:
        return f"expected a regular expression, found '{pattern}': {error}"
    return "" if "version" in groups or not pattern else "expected a group named 'version'"


def check_artifact_name(template: str) -> str:
    """Return why a text cannot be the file name of an artifact."""
    names = _names_in_braces(template)
    if len(names) != 1 or names[0] not in ARTIFACT_VERSIONS:
        return f"expected either {{version}} or {{nuget}} once, found '{template}'"
    return f"expected the name of a file, found the path '{template}'" if "/" in template else ""


def url_template(required: AbstractSet[str]) -> TextCheck:
    """Return the check of an address that has each of these names in braces, once."""
    wanted = " and ".join(f"{{{name}}}" for name in sorted(required))

    def check(template: str) -> str:
        names = _names_in_braces(template)
        if sorted(names) == sorted(required):
            return ""
        return f"expected an address with {wanted}, each once, found '{template}'"

    return check


def url_with_any(allowed: AbstractSet[str]) -> TextCheck:
    """Return the check of an address that has no other names in braces than these."""
    listed = ", ".join(f"{{{name}}}" for name in sorted(allowed))

    def check(template: str) -> str:
        if set(_names_in_braces(template)) <= allowed:
            return ""
        return f"expected no other braces than {listed}, found '{template}'"

    return check


def _names_in_braces(template: str) -> list[str]:
    """Return the names in braces; an empty one for braces that are not in pairs."""
    names = re.findall(r"\{([^{}]*)\}", template)
    balanced = template.count("{") == template.count("}") == len(names)
    return names if balanced else [*names, ""]
