"""The SBOM of this project: each locked dependency, and what requires it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from locked import LockedDistribution
from self_sbom import compose_project

from sbom.formats import SPDX2

PROJECT = {
    "project": {"name": "example", "license": "Apache-2.0", "dependencies": ["Rich>=13"]},
    "dependency-groups": {"validation": ["jsonschema>=4"]},
}
CREATED = datetime(2026, 1, 2, tzinfo=UTC)


def distribution(name: str, *requires: str) -> LockedDistribution:
    return LockedDistribution(
        name=name,
        version="1.0",
        url=f"https://files.pythonhosted.org/packages/00/{name}-1.0-py3-none-any.whl",
        sha256="2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        license="MIT",
        homepage=f"https://example.com/{name}",
        requires=requires,
    )


LOCKED = [distribution("rich", "pygments"), distribution("pygments"), distribution("jsonschema")]


def document(created: datetime = CREATED) -> bytes:
    return SPDX2.write(compose_project(PROJECT, "0.2", LOCKED, created))


def test_each_distribution_has_its_purl_address_and_checksum() -> None:
    packages = {package["name"]: package for package in json.loads(document())["packages"]}
    assert set(packages) == {"example", "rich", "pygments", "jsonschema"}
    rich = packages["rich"]
    assert rich["externalRefs"][0]["referenceLocator"] == "pkg:pypi/rich@1.0"
    assert rich["downloadLocation"] == LOCKED[0].url
    assert rich["checksums"] == [{"algorithm": "SHA256", "checksumValue": LOCKED[0].sha256}]
    assert rich["licenseDeclared"] == "MIT"
    assert packages["example"]["versionInfo"] == "0.2"


def test_what_requires_what_is_stated() -> None:
    related = {
        (entry["spdxElementId"], entry["relationshipType"], entry["relatedSpdxElement"])
        for entry in json.loads(document())["relationships"]
    }
    assert related == {
        ("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Package-example"),
        ("SPDXRef-Package-example", "DEPENDS_ON", "SPDXRef-Package-rich"),
        ("SPDXRef-Package-example", "DEPENDS_ON", "SPDXRef-Package-jsonschema"),
        ("SPDXRef-Package-rich", "DEPENDS_ON", "SPDXRef-Package-pygments"),
    }


def test_the_namespace_does_not_depend_on_the_time() -> None:
    later = document(datetime(2026, 3, 4, tzinfo=UTC))
    assert json.loads(later)["documentNamespace"] == json.loads(document())["documentNamespace"]
    assert later != document()


def test_a_dependency_that_is_not_locked_is_an_error() -> None:
    with pytest.raises(ValueError, match="required, but not locked: pygments"):
        compose_project(PROJECT, "0.2", [LOCKED[0], LOCKED[2]], CREATED)


def test_a_locked_distribution_that_nothing_requires_is_an_error() -> None:
    with pytest.raises(ValueError, match="locked, but required by nothing: leftover"):
        compose_project(PROJECT, "0.2", [*LOCKED, distribution("leftover")], CREATED)
