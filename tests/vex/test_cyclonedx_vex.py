"""The statements of a release as CycloneDX VEX: valid, linked to its SBOMs, the same each time."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from boms import committed_bom
from build_files import MADE
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from release_runs import PARTIAL, Run, read_json
from statements import VALID

from sbom.vex.cyclonedx_vex import write_cyclonedx_vex
from sbom.vex.products import Product, StatementProducts
from sbom.vex.read import read_statements

BOM = committed_bom()
XZ = next(component for component in BOM.components if component.name == "xz")
BASE = VALID.replace('status = "not_affected"\njustification = "vulnerable_code_not_present"\n', "")


def document(text: str) -> dict[str, Any]:
    """Return the document of one statement about xz in one artifact, which must be valid."""
    [statement] = read_statements(text)
    products = (Product(BOM.components[0], (XZ,)),)
    namespaces = {BOM.components[0].name: "https://example.org/sbom"}
    data = write_cyclonedx_vex([StatementProducts(statement, products)], BOM, namespaces)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(data.decode()) is None
    found: dict[str, Any] = json.loads(data)
    return found


def vulnerability(text: str) -> dict[str, Any]:
    [found] = document(text)["vulnerabilities"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('"not_affected"\nimpact-statement = "It is a tool."', ("not_affected", "unaffected")),
        ('"affected"\naction-statement = "Update."', ("exploitable", "affected")),
        ('"fixed"', ("resolved", "unaffected")),
        ('"under_investigation"', ("in_triage", "unknown")),
    ],
)
def test_each_status_is_one_of_cyclonedx(lines: str, expected: tuple[str, str]) -> None:
    found = vulnerability(BASE.replace("author", f"status = {lines}\nauthor"))
    assert found["analysis"]["state"] == expected[0]
    assert {one["versions"][0]["status"] for one in found["affects"]} == {expected[1]}
    assert found.get("recommendation") == ("Update." if "Update." in lines else None)


@pytest.mark.parametrize(
    ("openvex", "expected"),
    [
        ("component_not_present", "code_not_present"),
        ("vulnerable_code_not_present", "code_not_present"),
        ("vulnerable_code_not_in_execute_path", "code_not_reachable"),
        ("vulnerable_code_cannot_be_controlled_by_adversary", None),
        ("inline_mitigations_already_exist", "protected_by_mitigating_control"),
    ],
)
def test_each_justification_is_one_of_cyclonedx_if_it_has_it(
    openvex: str, expected: str | None
) -> None:
    found = vulnerability(VALID.replace("vulnerable_code_not_present", openvex))
    assert found["analysis"].get("justification") == expected


def test_a_statement_is_written_as_it_was_made() -> None:
    text = VALID.replace("component", 'aliases = ["GHSA-m538-c5qw-3cg4"]\ncomponent', 1)
    found = vulnerability(text.replace("author", 'impact-statement = "It is a tool."\nauthor'))
    del found["affects"]
    assert found == {
        "id": "CVE-2024-47611",
        "source": {"name": "NVD", "url": "https://nvd.nist.gov/vuln/detail/CVE-2024-47611"},
        "references": [
            {
                "id": "GHSA-m538-c5qw-3cg4",
                "source": {
                    "name": "GITHUB",
                    "url": "https://github.com/advisories/GHSA-m538-c5qw-3cg4",
                },
            }
        ],
        "analysis": {
            "state": "not_affected",
            "justification": "code_not_present",
            "detail": "It is a tool. Stated by A Person. Evidence: https://example.org/advisory",
            "firstIssued": "2026-01-31T00:00:00Z",
            "lastUpdated": "2026-01-31T00:00:00Z",
        },
    }


@pytest.fixture
def released(run: Run, few: Path, tmp_path: Path) -> Path:
    """A directory with the SBOMs of a release; beside it, ``x.openvex.json`` and ``x.cdx.json``."""
    manifest = tmp_path / "externals.toml"
    shutil.copy(MADE, manifest)
    manifest.with_name("vex.toml").write_text(VALID, encoding="utf-8")
    out = tmp_path / "out"
    words = ("--manifest", manifest, "--artifacts", few, "--output", out, *PARTIAL)
    names = ("x.openvex.json", "x.cdx.json")
    files = [word for name in names for word in ("--vex-file", tmp_path / name)]
    assert run("release", *words, *files, "--format", "cyclonedx-1.6")[0] == 0
    return out


def test_links_lead_to_the_component_in_every_sbom_that_lists_it(released: Path) -> None:
    """https://cyclonedx.org/capabilities/bomlink/: serial number and version of the SBOM."""
    expected = set()
    for path in released.glob("*.cdx.json"):
        data = read_json(path)
        serial = data["serialNumber"].removeprefix("urn:uuid:")
        for component in data["components"]:
            if component["name"] == "xz":
                link = f"urn:cdx:{serial}/{data['version']}#{component['bom-ref']}"
                expected.add((link, component["version"]))
    [found] = read_json(released.parent / "x.cdx.json")["vulnerabilities"]
    assert {(one["ref"], one["versions"][0]["version"]) for one in found["affects"]} == expected
    assert len(expected) == 6


def test_the_file_name_names_the_format(released: Path) -> None:
    cyclonedx = released.parent / "x.cdx.json"
    text = cyclonedx.read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    data = json.loads(text)
    assert (data["bomFormat"], data["metadata"]["timestamp"]) == (
        "CycloneDX",
        "2026-06-21T00:00:00Z",
    )
    assert data["metadata"]["manufacturer"] == {
        "name": "Python Software Foundation",
        "url": ["https://www.python.org/"],
    }
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", data["serialNumber"])
    assert (
        read_json(released.parent / "x.openvex.json")["@context"] == "https://openvex.dev/ns/v0.2.0"
    )


def test_a_release_is_complete_with_its_vex_beside_its_sboms(
    released: Path, run: Run, few: Path
) -> None:
    for name in ("x.openvex.json", "x.cdx.json"):
        shutil.copy(released.parent / name, released)
    manifest = ("--manifest", released.parent / "externals.toml")
    check = ("release", *manifest, "--artifacts", few, "--output", released, "--check")
    assert run(*check)[0] == 0
    shutil.copy(next(released.glob("*windows.cdx.json")), released / "other.cdx.json")
    status, out, _ = run(*check)
    assert status == 1
    assert "other.cdx.json: is not named by sbom-index.json" in out


def test_another_statement_makes_another_serial_number() -> None:
    first, same, other = (
        document(VALID.replace("A Person", author))["serialNumber"]
        for author in ("A Person", "A Person", "B Person")
    )
    assert first == same != other
