"""``validate`` of CycloneDX: the strict schema of its version, references, our invariants."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from boms import committed_bom

from sbom.diagnostics import Exit
from sbom.formats.cyclonedx_write import write_cyclonedx
from sbom.validation.report import exit_status
from sbom.validation.runner import validate_document

Json = dict[str, Any]


def written(version: str = "1.6") -> Json:
    data: Json = json.loads(write_cyclonedx(committed_bom(), version))
    return data


def messages(directory: Path, data: Json) -> list[str]:
    path = directory / "x.cdx.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    report = validate_document(path)
    assert exit_status([report]) == (Exit.ERRORS if report.diagnostics else Exit.OK)
    return [f"{one.subject}: {one.message}" for one in report.diagnostics]


@pytest.mark.parametrize("version", ["1.6", "1.7"])
def test_our_documents_are_valid(version: str, tmp_path: Path) -> None:
    assert messages(tmp_path, written(version)) == []


def misname(data: Json) -> None:
    data["components"][0]["nmae"] = data["components"][0].pop("name")


def repeat(data: Json) -> None:
    data["components"].append(dict(data["components"][0]))


def lead_nowhere(data: Json) -> None:
    data["dependencies"][0]["dependsOn"] = ["absent"]


def contradict(data: Json) -> None:
    [zlib] = [one for one in data["components"] if one["bom-ref"] == "zlib"]
    zlib["version"] = "0.1"


def date_back(data: Json) -> None:
    data["specVersion"] = "9.9"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (misname, "/components/0: JSON schema 1.6: 'name' is a required property"),
        (repeat, "bzip2: references: 2 components have this bom-ref"),
        (lead_nowhere, "bzip2: references: dependencies: there is no component absent"),
        (date_back, "/specVersion: JSON schema 9.9: unknown version '9.9'"),
        (contradict, "SPDXRef-zlib: versionInfo is '0.1', but the purl has version "),
    ],
)
def test_each_fault_is_reported_at_its_place(
    change: Callable[[Json], None], expected: str, tmp_path: Path
) -> None:
    data = written()
    change(data)
    assert any(message.startswith(expected) for message in messages(tmp_path, data))
