"""Components that only files show are recognized in documents and artifacts."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from manifests import committed

from sbom.components.component import Component
from sbom.verification.results import Result, ResultStatus
from sbom.verification.shown_components import (
    add_shown_components,
    apply_shown_components,
    key_found_by_evidence,
)


@dataclass(frozen=True)
class Opened:
    """An opened artifact that contains components."""

    components: tuple[Component, ...]
    shown_versions: tuple[tuple[str, str], ...] = ()


def found_in(version: str) -> Component:
    """Return the component of an undeclared zlib of a version in a DLL."""
    result = Result(
        file="a.dll",
        key="zlib",
        found=(version,) if version else (),
        status=ResultStatus.UNDECLARED,
    )
    [component], _ = add_shown_components(committed(), [], [], [result])
    return component


@pytest.mark.parametrize("version", ["1.3.1", ""])
def test_an_undeclared_component_is_recognized_by_its_id(version: str) -> None:
    assert key_found_by_evidence(found_in(version).id) == "zlib"


@pytest.mark.parametrize("version", ["1.3.1", ""])
def test_what_every_opened_artifact_contains_is_in_the_build(version: str) -> None:
    component = found_in(version)
    artifacts = [Opened((component,)), Opened((component,))]
    assert [one.id for one in apply_shown_components([], artifacts)] == [component.id]


@pytest.mark.parametrize("id_", ["zlib", "pip-requests", "found-zlib", "zlib-foundation-1.0"])
def test_a_declared_component_is_not_taken_for_an_undeclared_one(id_: str) -> None:
    assert key_found_by_evidence(id_) == ""
