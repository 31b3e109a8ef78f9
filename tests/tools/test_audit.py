"""The audit of dependencies: nothing that was not looked up counts as free of vulnerabilities."""

from __future__ import annotations

import json

from audit import describe_audit, license_errors
from locked import LicenseRules, LockedDistribution

RULES = LicenseRules(frozenset({"MIT"}), {}, {"gone": "MIT"})


def distribution(name: str, license_: str) -> LockedDistribution:
    return LockedDistribution(
        name=name,
        version="1.0",
        url="",
        sha256="",
        license=license_,
        homepage="",
        requires=(),
    )


def report(*dependencies: object) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


# What pip-audit 2.10 writes.
FINE = {"name": "rich", "version": "15.0.0", "vulns": []}
VULNERABLE = {
    "name": "urllib3",
    "version": "1.24.1",
    "vulns": [
        {"id": "PYSEC-2019-133", "fix_versions": ["1.24.3"], "aliases": [], "description": ""},
        {"id": "PYSEC-2023-192", "fix_versions": [], "aliases": [], "description": ""},
    ],
}
SKIPPED = {"name": "ply", "skip_reason": "Dependency not found on PyPI: ply (3.11)"}


def test_a_license_that_is_not_allowed_and_an_unused_rule_are_errors() -> None:
    known = [distribution("a", "MIT"), distribution("b", "GPL-3.0-only"), distribution("c", "")]
    assert license_errors(known, RULES) == [
        "b: expected an allowed license, found GPL-3.0-only",
        "c: expected an allowed license, found none",
        "gone: in licenses.toml, but not in pylock.toml",
    ]


def test_no_vulnerability_is_success() -> None:
    assert describe_audit(report(FINE, FINE), "") == (0, "no known vulnerability in 2 packages")


def test_each_vulnerability_is_named_with_the_version_that_fixes_it() -> None:
    status, text = describe_audit(report(FINE, VULNERABLE), "")
    assert status == 1
    assert text.splitlines() == [
        "error: urllib3 1.24.1: PYSEC-2019-133, fixed in 1.24.3",
        "error: urllib3 1.24.1: PYSEC-2023-192, fixed in no version",
    ]


def test_a_package_that_was_not_looked_up_is_an_error() -> None:
    assert describe_audit(report(FINE, SKIPPED), "") == (
        1,
        "error: Dependency not found on PyPI: ply (3.11)",
    )


def test_an_index_without_data_is_not_success() -> None:
    status, text = describe_audit(report(SKIPPED, SKIPPED), "")
    assert status == 3
    assert text.startswith("vulnerabilities cannot be looked up: the index has no data")


def test_a_connection_that_fails_is_told_from_a_crash() -> None:
    traceback = "Traceback (most recent call last):\n"
    failed = "requests.exceptions.ConnectionError: Max retries exceeded"
    assert describe_audit("", traceback + failed) == (
        3,
        f"vulnerabilities cannot be looked up: {failed}",
    )
    assert describe_audit("", traceback + "KeyError: 'x'") == (
        1,
        "error: pip-audit failed: KeyError: 'x'",
    )
    assert describe_audit("", "")[0] == 1
