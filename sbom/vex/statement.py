"""vex.toml as values: statements that people make about vulnerabilities of components.

The words of status and justification are OpenVEX's, which are those of CISA's VEX working group:
https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from sbom.manifest.model import Manifest
from sbom.manifest.ranges import VersionRange, version_in_range
from sbom.manifest.tables import Table, matching

_SENTENCE = matching(r"(?:\S(?:[\s\S]*\S)?)?", "a text without blanks around it")
_VULNERABILITY = matching(r"[A-Z][A-Za-z0-9]*-[A-Za-z0-9-]+", "an id such as CVE-2024-47611")

#: The years that a date may be of: the first CVEs are of 1999.
_YEARS = range(1999, 2100)


class Status(StrEnum):
    """What a vulnerability means for a product (OpenVEX, Status Labels)."""

    NOT_AFFECTED = "not_affected"
    AFFECTED = "affected"
    FIXED = "fixed"
    UNDER_INVESTIGATION = "under_investigation"


class Justification(StrEnum):
    """Why a product is not affected (OpenVEX, Status Justifications)."""

    COMPONENT_NOT_PRESENT = "component_not_present"
    CODE_NOT_PRESENT = "vulnerable_code_not_present"
    CODE_NOT_IN_EXECUTE_PATH = "vulnerable_code_not_in_execute_path"
    CODE_NOT_CONTROLLED_BY_ADVERSARY = "vulnerable_code_cannot_be_controlled_by_adversary"
    INLINE_MITIGATIONS = "inline_mitigations_already_exist"


#: The keys that belong to one status only.
_KEYS_OF_STATUS = {
    "justification": Status.NOT_AFFECTED,
    "impact_statement": Status.NOT_AFFECTED,
    "action_statement": Status.AFFECTED,
}


class Statement(Table, frozen=True, kw_only=True):
    """``[[statement]]``: what a vulnerability of a component means for CPython."""

    vulnerability: Annotated[str, _VULNERABILITY]
    """the id of the vulnerability, as scanners report it"""
    aliases: tuple[Annotated[str, _VULNERABILITY], ...] = ()
    """other ids of the same vulnerability"""
    component: str
    """the `<name>` of its `[component.<name>]` in `externals.toml`"""
    versions: VersionRange = ""
    """the versions of the component that this is true of, such as `>=2.7,<2.7.2`; all, if empty"""
    cpython_versions: VersionRange = ""
    """the CPython versions that this is true of; all, if empty"""
    status: Status
    """`not_affected`, `affected`, `fixed` or `under_investigation`"""
    justification: Justification | None = None
    """why CPython is not affected, as one of OpenVEX's words"""
    impact_statement: Annotated[str, _SENTENCE] = ""
    """why CPython is not affected, in sentences"""
    action_statement: Annotated[str, _SENTENCE] = ""
    """what users of an affected CPython should do"""
    author: Annotated[str, matching(r"\S(?:.*\S)?", "the name of a person or organization")]
    """who states this"""
    date: Annotated[dt.date, Meta(description="a date such as 2026-01-31, without quotes")]
    """the day on which it was found to be true"""
    evidence: tuple[Annotated[str, matching(r"https?://[!-~]+", "a web address")], ...]
    """where it can be verified: one or more web addresses"""

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield what the status requires and is missing, or excludes and is there."""
        if not self.evidence:
            yield "evidence", "expected at least one web address, found none"
        for name, values in (("aliases", self.aliases), ("evidence", self.evidence)):
            repeated = [value for value, times in Counter(values).items() if times > 1]
            yield from ((name, f"'{value}' is there twice") for value in repeated)
        if self.vulnerability in self.aliases:
            yield "aliases", f"'{self.vulnerability}' is the vulnerability itself"
        if self.date.year not in _YEARS:
            years = f"from {_YEARS[0]} to {_YEARS[-1]}"
            yield "date", f"expected a date {years}, found {self.date.isoformat()}"
        for name, status in _KEYS_OF_STATUS.items():
            if getattr(self, name) and self.status is not status:
                message = f"belongs to the status '{status}', found '{self.status}'"
                yield name.replace("_", "-"), message
        if self.status is Status.NOT_AFFECTED and not (self.justification or self.impact_statement):
            yield "", "a 'not_affected' needs a 'justification' or an 'impact-statement'"
        if self.status is Status.AFFECTED and not self.action_statement:
            yield "", "an 'affected' needs an 'action-statement'"

    @property
    def ids(self) -> frozenset[str]:
        """Return all ids of the vulnerability."""
        return frozenset((self.vulnerability, *self.aliases))

    @property
    def title(self) -> str:
        """Return what diagnostics call it: vulnerability and component."""
        return f"{self.vulnerability} {self.component}"


class StatementTables(Table, frozen=True, kw_only=True):
    """The tables of vex.toml."""

    statement: tuple[Statement, ...] = ()


def is_current(statement: Statement, manifest: Manifest) -> bool:
    """Return whether a statement is about the CPython version of a manifest."""
    return version_in_range(manifest.cpython.version, statement.cpython_versions)


def is_about(statement: Statement, version: str) -> bool:
    """Return whether a statement is about a version of its component.

    An unknown version, which is empty, is meant only by a statement about all versions.
    """
    return not statement.versions or (
        version != "" and version_in_range(version, statement.versions)
    )
