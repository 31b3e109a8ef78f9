"""The schema that editors get says what the reader accepts, and describes every key."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from manifests import COMMITTED, RELEASED

from sbom.manifest.read import ManifestTables
from sbom.manifest.schema import describe_keys, find_tables, manifest_schema
from sbom.manifest.tables import Table, key_fields

jsonschema = pytest.importorskip("jsonschema", reason="is in the group 'validation'")


@pytest.fixture(scope="module")
def validator() -> Any:
    jsonschema.Draft202012Validator.check_schema(manifest_schema())
    return jsonschema.Draft202012Validator(manifest_schema())


@pytest.mark.parametrize("path", [COMMITTED, RELEASED], ids=["of the tests", "of the release"])
def test_a_manifest_fits_the_schema(validator: Any, path: Any) -> None:
    assert list(validator.iter_errors(tomllib.loads(path.read_text(encoding="utf-8")))) == []


def test_editors_find_the_schema_of_the_released_manifest() -> None:
    # https://taplo.tamasfe.dev/configuration/directives.html#the-schema-directive
    first = RELEASED.read_text(encoding="utf-8").partition("\n")[0]
    path = RELEASED.parent / first.removeprefix("#:schema ")
    assert json.loads(path.read_text(encoding="utf-8")) == json.loads(json.dumps(manifest_schema()))


def test_what_the_reader_refuses_does_not_fit_the_schema(validator: Any) -> None:
    data = tomllib.loads(COMMITTED.read_text(encoding="utf-8"))
    data["source"]["xz"]["tga"] = "xz-5.2.5"
    data["component"]["xz"]["ships"][0]["link"] = "statik"
    data["component"]["xz"]["ships"][0]["external"] = "xz"
    data["cpython"]["version"] = 3
    assert sorted(error.json_path for error in validator.iter_errors(data)) == [
        "$.component.xz.ships[0].external",
        "$.component.xz.ships[0].link",
        "$.cpython.version",
        "$.source.xz",
    ]


@pytest.mark.parametrize("table", [*find_tables(ManifestTables)], ids=lambda table: table.__name__)
def test_every_table_and_every_key_is_described(table: type[Table]) -> None:
    assert table.__doc__
    if table is not ManifestTables:
        assert describe_keys(table).keys() == key_fields(table).keys()
