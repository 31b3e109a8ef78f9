"""SPDX 3.0.1 compared with the SHACL shapes of the standard: ``nox -s shacl``.

pySHACL takes seconds for each document.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from boms import PLATFORMS, committed_bom
from conftest import ROOT

from sbom.bom.bom import Bom
from sbom.formats import read_document
from sbom.formats.spdx3_write import write_spdx3

if not os.environ.get("SBOM_SHACL"):
    pytest.skip("run 'nox -s shacl'", allow_module_level=True)

#: rdflib 7 warns of what it uses itself when it parses JSON-LD.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")
MODEL = ROOT / "tests/data/spdx-3.0.1"


@cache
def shapes() -> Any:
    from rdflib import Graph  # noqa: PLC0415 - only in the session that has pySHACL

    return Graph().parse(MODEL / "spdx-model.ttl")


def report_on(data: dict[str, Any]) -> tuple[bool, str]:
    """Return whether a document conforms, and what pySHACL says of it."""
    from pyshacl import validate  # noqa: PLC0415 - only in the session that has it
    from rdflib import Graph  # noqa: PLC0415

    context = json.loads((MODEL / "spdx-context.jsonld").read_text())
    local = json.dumps(data | context)  # nothing is fetched
    graph = Graph().parse(data=local, format="json-ld")
    conforms, _, text = validate(graph, shacl_graph=shapes(), ont_graph=shapes())
    return conforms, text


def written(bom: Bom) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(write_spdx3(bom))
    return data


@pytest.mark.parametrize("platform", PLATFORMS)
def test_documents_of_builds_have_the_shapes(platform: str) -> None:
    assert report_on(written(committed_bom(platform)))[0]


@pytest.mark.parametrize("name", ["python-3.14.7-embed-amd64.zip", "python-3.14.7-amd64.exe"])
def test_so_do_those_of_artifacts(name: str, released: Path) -> None:
    content = (released / f"{name}.spdx.json").read_bytes()
    assert report_on(written(read_document(content, name)))[0]


def test_a_value_of_another_class_has_not() -> None:
    data = written(committed_bom())
    [document] = [one for one in data["@graph"] if one["type"] == "SpdxDocument"]
    document["dataLicense"] = document["rootElement"][0]
    conforms, text = report_on(data)
    assert not conforms
    assert "SimpleLicensing/AnyLicenseInfo" in text
