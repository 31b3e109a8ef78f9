"""The features of licenses, as sbomqs looks them up."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from sbom.validation.features import Feature, Judged, Subject, share_of
from sbom.validation.license_list import License, license_ids, license_of
from sbom.validation.view import Table, text

_REF = re.compile(r"(DocumentRef-[^:]+:)?LicenseRef-")


def _found(expression: str) -> list[License] | None:
    """Return the licenses of an expression as sbomqs looks them up; None if it is none.

    A license with an exception is one that no list has, and so is a LicenseRef.
    """
    found = []
    for id_ in license_ids(expression) or ():
        parts = [part for part in id_.split(" WITH ") if not re.match(_REF, part)]
        if not all(map(license_of, parts)):
            return None
        found.append(_looked_up(id_))
    return found or None


def _looked_up(id_: str) -> License:
    known = license_of(id_)
    if known is None:
        return License(id_, listed=False, deprecated=False, restrictive=False)
    if known.id.lower() != id_.lower():
        return replace(known, listed=False, deprecated=False)
    return known


def all_listed(found: list[License]) -> bool:
    """Return whether all licenses are on the SPDX list."""
    return all(one.listed for one in found)


def data_license(data: Table) -> bool:
    """Return whether the document itself has a license."""
    return _found(text(data, "dataLicense")) is not None


def licensed(key: str) -> Callable[[Table], bool]:
    """Return whether a package says anything about a license."""
    return lambda package: text(package, key).upper() not in ("", "NONE", "NOASSERTION")


is_concluded = licensed("licenseConcluded")


def concluded(holds: Callable[[list[License]], bool]) -> Callable[[Table], bool]:
    """Return whether something holds of the concluded licenses, which an expression names."""

    def check(package: Table) -> bool:
        found = _found(text(package, "licenseConcluded")) if is_concluded(package) else None
        return found is not None and holds(found)

    return check


def free_of(fault: Callable[[License], bool]) -> Feature:
    """Return a feature that a package lacks by its license; without any licenses, all lack it."""
    faulty = concluded(lambda found: any(map(fault, found)))

    def feature(subject: Subject) -> Judged:
        packages = subject.read.packages
        if packages and not any(map(is_concluded, packages)):
            return Judged(Fraction(0))
        return share_of(packages, [package for package in packages if faulty(package)])

    return feature
