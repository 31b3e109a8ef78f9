"""Locked distributions: their licenses, and what they require."""

from __future__ import annotations

from pathlib import Path

import pytest
from distributions import SHA256, finder, install, lock_of
from locked import LICENSES, LicenseRules, is_allowed, is_expression, read_locked, read_rules
from packaging.requirements import Requirement

RULES = LicenseRules(
    frozenset({"MIT", "Apache-2.0", "BSD-3-Clause"}),
    {"License :: OSI Approved :: MIT License": "MIT"},
    {"unstated": "BSD-3-Clause"},
)
MIT = "Classifier: License :: OSI Approved :: MIT License"
BSD = "Classifier: License :: OSI Approved :: BSD License"


def license_in(directory: Path, *fields: str, name: str = "example") -> str:
    install(directory, name, "1.0", *fields)
    [found] = read_locked(lock_of(**{name: "1.0"}), RULES, find=finder(directory))
    return found.license


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (["License-Expression: MIT OR Apache-2.0", "License: other"], "MIT OR Apache-2.0"),
        (["License: BSD-3-Clause", BSD], "BSD-3-Clause"),
        (["License: MIT License", MIT], "MIT"),
        (["License: BSD", BSD], ""),
        ([MIT, BSD], ""),  # one of them means several licenses
        ([], ""),
    ],
)
def test_a_license_is_what_the_metadata_state(
    tmp_path: Path, fields: list[str], expected: str
) -> None:
    assert license_in(tmp_path, *fields) == expected


def test_a_license_that_no_metadata_state_is_in_the_rules(tmp_path: Path) -> None:
    assert license_in(tmp_path, "License: BSD", name="unstated") == "BSD-3-Clause"


@pytest.mark.parametrize(
    "expression",
    ["MIT", "GPL-3.0-only OR MIT", "MIT AND (GPL-3.0-only OR Apache-2.0)"],
)
def test_a_license_that_allowed_ones_fulfill_is_allowed(expression: str) -> None:
    assert is_allowed(expression, RULES)


@pytest.mark.parametrize(
    "expression",
    [
        "GPL-3.0-only",
        "GPL-3.0-only AND MIT",
        "GPL-2.0-only WITH Classpath-exception-2.0",
        "",
        "no license",
    ],
)
def test_any_other_license_is_not_allowed(expression: str) -> None:
    assert not is_allowed(expression, RULES)


def test_requirements_under_other_conditions_do_not_count(tmp_path: Path) -> None:
    install(
        tmp_path,
        "Example.Name",
        "1.0",
        "Requires-Dist: Needed_One>=2",
        "Requires-Dist: old; python_version < '3'",
        "Requires-Dist: extra; extra == 'more'",
        "Project-URL: Homepage, https://example.com/",
    )
    [found] = read_locked(lock_of(example_name="1.0"), RULES, find=finder(tmp_path))
    assert found.name == "example-name"
    assert found.requires == ("needed-one",)
    assert found.homepage == "https://example.com/"
    assert found.sha256 == SHA256


def test_what_an_extra_requires_counts_where_the_extra_is_asked_for(tmp_path: Path) -> None:
    install(
        tmp_path,
        "a",
        "1.0",
        "Requires-Dist: b[fast]",
        "Requires-Dist: c; extra == 'other'",
        "Requires-Dist: d; extra == 'json'",
    )
    install(tmp_path, "b", "1.0", "Requires-Dist: c; extra == 'fast'", "Requires-Dist: d")
    install(tmp_path, "c", "1.0")
    install(tmp_path, "d", "1.0")
    lock = lock_of(a="1.0", b="1.0", c="1.0", d="1.0")
    direct = [Requirement("A[json]>=1")]
    found = read_locked(lock, RULES, direct, finder(tmp_path))
    required = {each.name: each.requires for each in found}
    assert required == {"a": ("b", "d"), "b": ("c", "d"), "c": (), "d": ()}


def test_another_version_than_the_locked_one_is_an_error(tmp_path: Path) -> None:
    install(tmp_path, "example", "1.1")
    with pytest.raises(ValueError, match=r"example: expected 1\.0, found 1\.1"):
        read_locked(lock_of(example="1.0"), RULES, find=finder(tmp_path))


def test_the_rules_consist_of_licenses_that_spdx_lists() -> None:
    rules = read_rules(LICENSES.read_text(encoding="utf-8"))
    for expression in rules.allowed | {*rules.classifiers.values(), *rules.distributions.values()}:
        assert is_expression(expression), expression
