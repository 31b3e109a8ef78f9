"""externals.toml itself, of whatever release: read without errors, and in its order."""

from __future__ import annotations

import re
import tomllib

from manifests import RELEASED

from sbom.checks.manifest_entries import check_manifest
from sbom.diagnostics import failing
from sbom.manifest.exemptions import triage_diagnostics
from sbom.manifest.read import ManifestTables, read_manifest
from sbom.manifest.tables import key_fields

TEXT = RELEASED.read_text(encoding="utf-8")


def test_it_is_read_and_nothing_in_it_is_an_error() -> None:
    manifest = read_manifest(TEXT)
    assert failing(triage_diagnostics(check_manifest(manifest), manifest, set()).active) == []


def test_its_tables_are_in_the_order_of_the_model() -> None:
    tables = [*dict.fromkeys(re.findall(r"^\[{1,2}([a-z-]+)", TEXT, re.MULTILINE))]
    assert tables == [key for key in key_fields(ManifestTables) if key in tables]


def test_its_tables_of_one_kind_are_in_the_order_of_their_names() -> None:
    for kind in ("source", "binary", "vendored", "component"):
        names = re.findall(rf"^\[{kind}\.([\w.-]+)\]", TEXT, re.MULTILINE)
        tables = [name for name in names if "." not in name]
        assert tables == sorted(tables)


def test_no_checksum_stands_in_it_twice() -> None:
    digests = re.findall(r"= \"([0-9a-f]{40,})\"", TEXT)
    assert len(digests) == len({*digests})
    assert tomllib.loads(TEXT)["cpython"]["sha256"] in digests
