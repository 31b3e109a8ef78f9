"""The catalog of diagnostics: id, severity and explanation of each, from sbom/data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from sbom.data import read_data


class Severity(StrEnum):
    """Whether a diagnostic fails a run by itself, or only under ``--strict``."""

    ERROR = "error"
    WARNING = "warning"


class Area(StrEnum):
    """What has to be read before a diagnostic can be found; the first digit of its id."""

    SCRIPT = "1"
    SHIPPED_FILES = "2"
    MANIFEST = "3"
    AGREEMENT = "4"
    EXTERNALS_DIRECTORY = "5"
    SOURCE_TREE = "6"
    RELEASE = "7"
    DOCUMENT = "8"
    RUN = "9"


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What is fixed about a diagnostic.

    ``meaning`` is what was found, ``reason`` why it matters, ``fix`` what to do about it; each is
    one or more plain sentences. ``example`` is what a run printed. Without the input of a
    diagnostic that is not ``exemptible``, the run cannot continue.
    """

    id: str
    name: str
    severity: Severity
    meaning: str
    reason: str
    fix: str
    exemptible: bool = True
    example: str = ""

    @property
    def area(self) -> Area:
        """Return the area that the id names."""
        return Area(self.id.removeprefix("SBM")[0])


@cache
def catalog() -> Mapping[str, Entry]:
    """Return every diagnostic by its name, in the order of the ids."""
    return {
        name: Entry(name=name, **{**table, "severity": Severity(table["severity"])})
        for name, table in read_data("diagnostics").items()
    }


def names_in(*areas: Area) -> frozenset[str]:
    """Return the names of all diagnostics of some areas."""
    return frozenset(name for name, entry in catalog().items() if entry.area in areas)
