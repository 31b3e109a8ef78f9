"""``release --vex-file``: what vex.toml states of a release, by the identifiers of its SBOMs."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from boms import committed_bom
from build_files import MADE
from conftest import ROOT
from release_runs import PARTIAL, UNPINNED, Run, read_json
from statements import VALID

from sbom.cli import main
from sbom.vex.openvex import write_openvex
from sbom.vex.products import Product, StatementProducts
from sbom.vex.read import read_statements

jsonschema = pytest.importorskip("jsonschema", reason="is in the group 'validation'")
#: Not that of IRIs, which takes a minute.
FORMATS = jsonschema.FormatChecker(("date-time", "uri"))

WIX = (
    VALID.replace('"xz"', '"wix"')
    .replace("2024-47611", "2024-29187")
    .replace('versions = "<5.6.3"\n', "")
)
UNMATCHED = VALID.replace("<5.6.3", ">5.2.5")


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A manifest in a directory of its own, where a test writes its statements."""
    directory = tmp_path / "manifest"
    directory.mkdir()
    return Path(shutil.copy(MADE, directory))


def release(run: Run, manifest: Path, text: str, *words: object) -> tuple[int, str, str]:
    if text:
        manifest.with_name("vex.toml").write_text(text, encoding="utf-8")
    return run("release", "--manifest", manifest, *words)


def schema_errors(document: dict[str, Any]) -> list[str]:
    path = ROOT / "sbom/validation/schemas/openvex-0.2.0.schema.json"
    validator = jsonschema.Draft202012Validator(read_json(path), format_checker=FORMATS)
    return [error.message for error in validator.iter_errors(document)]


def purls(document: dict[str, Any], name: str) -> set[str]:
    """Return the purls of an SPDX document's packages of a name."""
    return {
        reference["referenceLocator"]
        for package in document["packages"]
        if package["name"] == name
        for reference in package.get("externalRefs", ())
        if reference["referenceType"] == "purl"
    }


@pytest.fixture(scope="session")
def stated(artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the SBOMs of a whole release, ``vex.json``, and what was printed."""
    out = tmp_path_factory.mktemp("stated")
    manifest = Path(shutil.copy(MADE, tmp_path_factory.mktemp("manifest")))
    manifest.with_name("vex.toml").write_text(WIX + VALID + UNMATCHED, encoding="utf-8")
    err = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stderr(err):
        patch.setenv("SOURCE_DATE_EPOCH", "1782000000")
        words = ["--artifacts", str(artifacts), "--output", str(out), UNPINNED]
        vex = ["--vex-file", str(out / "vex.json")]
        assert main(["release", "--manifest", str(manifest), *words, *vex]) == 0
    (out / "stderr").write_text(err.getvalue(), encoding="utf-8")
    return out


def test_the_document_fits_the_schema_of_openvex(stated: Path) -> None:
    document = read_json(stated / "vex.json")
    assert schema_errors(document) == []
    del document["author"]
    assert schema_errors(document) == ["'author' is a required property"]


def test_products_and_subcomponents_have_the_purls_of_the_sboms(stated: Path) -> None:
    statements = read_json(stated / "vex.json")["statements"]
    assert [one["vulnerability"]["name"] for one in statements] == [
        "CVE-2024-29187",
        "CVE-2024-47611",
    ]
    for statement, name in zip(statements, ("wix", "xz"), strict=True):
        listed = {
            product["@id"]: {one["@id"] for one in product["subcomponents"]}
            for product in statement["products"]
        }
        expected = {}
        for path in stated.glob("*.spdx.json"):
            data = read_json(path)
            [artifact] = purls(data, path.name.removesuffix(".spdx.json")) or {""}
            if found := purls(data, name):
                expected[artifact] = found
        expected.pop("", None)  # the SBOM of the whole release is of no artifact
        assert listed == expected
        assert listed


def test_a_product_has_the_digests_of_its_artifact(stated: Path) -> None:
    index = read_json(stated / "sbom-index.json")
    known = {(one["sha256"], one["sha512"]) for one in index["artifacts"]}
    for statement in read_json(stated / "vex.json")["statements"]:
        hashes = {
            (product["hashes"]["sha-256"], product["hashes"]["sha-512"])
            for product in statement["products"]
        }
        assert hashes <= known
        assert len(hashes) == len(statement["products"])


def test_a_statement_is_written_as_it_was_made(stated: Path) -> None:
    document = read_json(stated / "vex.json")
    statement = document["statements"][1]
    del statement["products"]
    assert statement == {
        "vulnerability": {"name": "CVE-2024-47611"},
        "timestamp": "2026-01-31T00:00:00Z",
        "status": "not_affected",
        "justification": "vulnerable_code_not_present",
        "status_notes": "Stated by A Person. Evidence: https://example.org/advisory",
    }
    assert document["author"] == "Python Software Foundation"
    assert document["role"] == "Document Creator"
    assert (document["@context"], document["version"]) == ("https://openvex.dev/ns/v0.2.0", 1)


def test_a_component_without_a_purl_is_the_element_of_the_sbom() -> None:
    bom = committed_bom()
    xz = next(component for component in bom.components if component.name == "xz")
    products = (Product(bom.components[0], (replace(xz, purl="", cpes=()),)),)
    [statement] = read_statements(VALID)
    document = json.loads(write_openvex([StatementProducts(statement, products)], bom))
    assert schema_errors(document) == []
    [product] = document["statements"][0]["products"]
    assert product["subcomponents"] == [{"@id": f"{bom.namespace}#SPDXRef-xz"}]


def test_the_time_is_that_of_source_date_epoch_and_not_part_of_the_id(
    run: Run, few: Path, tmp_path: Path, manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = []
    for n, epoch in enumerate(("1782000000", "1782000000", "1783000000")):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
        words = ("--artifacts", few, "--output", tmp_path / f"{n}", *PARTIAL)
        vex = tmp_path / f"{n}.json"
        assert release(run, manifest, VALID, *words, "--vex-file", vex)[0] == 0
        documents.append(vex.read_bytes())
    first, _, later = (json.loads(data) for data in documents)
    assert documents[0] == documents[1]
    assert first["timestamp"] == "2026-06-21T00:00:00Z"
    assert later["timestamp"] == "2026-07-02T13:46:40Z"
    assert first == {**later, "timestamp": first["timestamp"]}


def test_another_statement_makes_another_id(
    run: Run, few: Path, tmp_path: Path, manifest: Path
) -> None:
    ids = set()
    for date in ("2026-01-31", "2026-02-01"):
        vex = tmp_path / f"{date}.json"
        text = VALID.replace("2026-01-31", date)
        words = ("--artifacts", few, "--output", tmp_path / date, *PARTIAL)
        assert release(run, manifest, text, *words, "--vex-file", vex)[0] == 0
        ids.add(read_json(vex)["@id"])
    assert len(ids) == 2
    assert all(id_.startswith("https://www.python.org/ftp/python/3.14.7/") for id_ in ids)


def test_a_file_of_another_run_is_not_overwritten_unasked(
    run: Run, few: Path, tmp_path: Path, manifest: Path
) -> None:
    vex = tmp_path / "vex.json"
    words = ("--artifacts", few, "--output", tmp_path / "out", *PARTIAL, "--vex-file", vex)
    assert release(run, manifest, VALID, *words)[0] == 0
    first = vex.read_bytes()
    assert "up to date" in release(run, manifest, VALID, *words)[1]
    status, _, err = release(run, manifest, VALID.replace("A Person", "B Person"), *words)
    assert (status, "output-exists" in err, vex.read_bytes()) == (1, True, first)
    other = VALID.replace("A Person", "B Person")
    assert release(run, manifest, other, *words, "--replace")[0] == 0
    assert vex.read_bytes() != first


def test_a_path_is_printed_as_it_was_written(
    run: Run, few: Path, manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(manifest.parent)
    words = ("--artifacts", few, "--output", "out", *PARTIAL, "--vex-file", Path("vex.json"))
    status, out, _ = release(run, manifest, VALID, *words)
    assert (status, "vex.json" in out.splitlines()) == (0, True)
    other = VALID.replace("A Person", "B Person")
    err = release(run, manifest, other, *words)[2]
    assert any(line.startswith("vex.json: ") for line in err.splitlines())
    assert str(manifest.parent / "vex.json") not in err


def test_a_statement_that_matches_no_artifact_is_a_warning(stated: Path) -> None:
    err = (stated / "stderr").read_text(encoding="utf-8")
    assert "CVE-2024-47611 xz: matches nothing in this release" in err
    assert "[warning: SBM803 unmatched-statement]" in err


def test_what_a_partial_release_lacks_is_not_reported(
    run: Run, few: Path, tmp_path: Path, manifest: Path
) -> None:
    vex = tmp_path / "vex.json"
    words = ("--artifacts", few, "--output", tmp_path / "out", *PARTIAL, "--vex-file", vex)
    status, _, err = release(run, manifest, UNMATCHED, *words)
    assert (status, "SBM803" in err) == (0, False)
    assert f"{vex}: not written: no statement is true of this release" in err
    assert not vex.exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (2, "vex.toml is missing")),
        (VALID.replace("not_affected", "unaffected"), (1, "statement[0].status: expected one of")),
        (VALID + VALID, (1, "a second statement about version 5.2.5")),
    ],
)
def test_nothing_is_written_of_statements_that_are_wrong(
    run: Run, few: Path, manifest: Path, text: str, expected: tuple[int, str]
) -> None:
    out = manifest.parent / "out"
    words = ("--artifacts", few, "--output", out, *PARTIAL, "--vex-file", out / "vex.json")
    status, _, err = release(run, manifest, text, *words)
    assert (status, expected[1] in err) == (expected[0], True)
    assert not out.exists()


def test_without_the_option_statements_are_not_read(
    run: Run, few: Path, tmp_path: Path, manifest: Path
) -> None:
    words = ("--artifacts", few, "--output", tmp_path / "out", *PARTIAL)
    assert release(run, manifest, "no TOML", *words)[0] == 0


def test_check_reports_what_is_wrong_with_the_statements_too(run: Run, manifest: Path) -> None:
    manifest.with_name("vex.toml").write_text(VALID + WIX.replace('"wix"', '"x"'), "utf-8")
    status, out, _ = run("check", "--manifest", manifest)
    assert status == 1
    assert "statement[1].component: there is no [component.x] [error: SBM802" in out
    manifest.with_name("vex.toml").write_text(VALID.replace("<", ">"), encoding="utf-8")
    status, out, _ = run("check", "--manifest", manifest)
    assert (status, "[warning: SBM803 unmatched-statement]" in out) == (0, True)


def test_an_unmatched_statement_can_be_exempted(run: Run, manifest: Path) -> None:
    manifest.with_name("vex.toml").write_text(VALID.replace("<", ">"), encoding="utf-8")
    with manifest.open("a", encoding="utf-8") as file:
        file.write(
            '[[exemption]]\ndiagnostic = "unmatched-statement"\nkey = "CVE-2024-47611 xz"\n'
            'reason = "for the next release"\n'
        )
    status, out, _ = run("check", "--manifest", manifest)
    assert status == 0
    assert "[exempted: SBM803 unmatched-statement]\n    for the next release" in out
    manifest.with_name("vex.toml").write_text(VALID, encoding="utf-8")
    assert "stale-exemption" in run("check", "--manifest", manifest)[1]


def test_what_the_documentation_shows_works(run: Run, few: Path, manifest: Path) -> None:
    page = (ROOT / "docs/vex.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    [command] = re.findall(r"^\$ nox -s release-sbom -- (.*)$", page, re.MULTILINE)
    out = manifest.parent / "out"
    words = [str(few) if word == "DIR" else word for word in command.split()]
    words[-1] = str(out / words[-1])
    assert release(run, manifest, example, *words, "--output", out, *PARTIAL)[0] == 0
    [statement] = read_json(out / "python-3.14.7.openvex.json")["statements"]
    assert statement["vulnerability"]["aliases"] == ["GHSA-m538-c5qw-3cg4"]
    assert run("check", "--manifest", manifest)[0] == 0
