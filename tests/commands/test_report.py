"""``report``: a page about what ``release`` wrote, consistent with its documents."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from build_files import MADE
from release_pages import Page
from release_runs import EPOCH, PARTIAL, Run, read_json

from sbom.cli import main
from sbom.diagnostics import Exit
from sbom.formats import read_document
from sbom.release.index import INDEX, read_index
from sbom.release_report.composition import compose_report

PURPOSES_OF_PACKAGING = {"INSTALL", "ARCHIVE"}


@pytest.fixture(scope="module")
def published(few: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of five artifacts, in two formats; it takes a second to make."""
    out = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", EPOCH)
        words = ["--artifacts", str(few), "--output", str(out), "--format", "all", *PARTIAL]
        assert main(["release", "--manifest", str(MADE), *words]) == Exit.OK
    return out


def write_page(run: Run, directory: Path, page: Path, *words: object) -> bytes:
    status, _, err = run("report", directory, "--output", page, *words)
    assert (status, err) == (Exit.OK, "")
    return page.read_bytes()


def shipped(document: dict[str, Any]) -> set[tuple[str, str]]:
    """Return the components that an SPDX document of an artifact has, without its packaging."""
    return {
        (package["name"], package.get("versionInfo", ""))
        for package in document["packages"]
        if package["primaryPackagePurpose"] not in PURPOSES_OF_PACKAGING
        and package.get("externalRefs")
    }


def test_the_matrix_agrees_with_the_sbom_of_every_artifact(published: Path) -> None:
    index = read_index((published / INDEX).read_bytes())
    assert index is not None
    path = index.documents[0].path
    bom = read_document((published / path).read_bytes(), path)
    report = compose_report(bom, index, index.documents[0])
    assert len(index.artifacts) == 5
    for artifact in index.artifacts:
        place = str(artifact.properties["channel"]), str(artifact.properties["platform"])
        in_matrix = {
            (row.component.name, row.component.version)
            for row in report.components
            if place in report.places(row)
        }
        assert in_matrix == shipped(read_json(published / artifact.sboms[0].path)), artifact.path


def test_the_report_is_the_same_from_each_format(published: Path) -> None:
    index = read_index((published / INDEX).read_bytes())
    assert index is not None
    reports = [
        compose_report(
            read_document((published / one.path).read_bytes(), one.path), index, index.documents[0]
        )
        for one in index.documents
    ]
    assert len(reports) > 1
    for other in reports[1:]:
        assert other.components == reports[0].components
        assert other.artifacts == reports[0].artifacts
        assert other.graph == reports[0].graph


def test_the_page_has_the_same_bytes_each_time(run: Run, published: Path, tmp_path: Path) -> None:
    first = write_page(run, published, tmp_path / "a.html")
    moved = tmp_path / "moved"
    shutil.copytree(published, moved)
    assert write_page(run, moved, tmp_path / "b.html") == first
    assert str(tmp_path).encode() not in first
    assert str(MADE.parent).encode() not in first


def test_the_page_names_what_is_missing_and_what_people_accepted(
    run: Run, published: Path, tmp_path: Path
) -> None:
    texts = {text for _, text in Page(write_page(run, published, tmp_path / "a.html")).texts}
    assert "Partial." in texts
    assert set(read_json(published / INDEX)["missing"]) <= texts
    assert "SBM308 missing-checksum" in texts
    assert "source-binary-mismatch" in texts


def test_it_prints_what_it_wrote(run: Run, published: Path, tmp_path: Path) -> None:
    status, out, _ = run("report", published, "--output", tmp_path / "a.html")
    assert status == Exit.OK
    assert out.startswith(f"{tmp_path / 'a.html'}: 5 artifacts, ")


def test_changes_since_an_earlier_release_are_listed(
    run: Run, published: Path, tmp_path: Path
) -> None:
    before = tmp_path / "before"
    shutil.copytree(published, before)
    index = read_json(before / INDEX)
    path = before / index["documents"][0]["file"]
    data = read_json(path)
    [openssl] = [one for one in data["packages"] if one["name"] == "openssl"]
    openssl["versionInfo"] = "3.5.6"
    path.write_text(json.dumps(data), encoding="utf-8")
    index["documents"][0]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (before / INDEX).write_text(json.dumps(index), encoding="utf-8")
    page = Page(write_page(run, published, tmp_path / "a.html", "--since", before))
    assert f"Changes since {data['name']}" in {text for _, text in page.texts}
    assert {"updated", "3.5.6"} <= set(page.text_in("td"))


def test_a_document_that_is_not_the_one_of_the_index_is_refused(
    run: Run, published: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(published, other)
    path = other / read_json(other / INDEX)["documents"][0]["file"]
    path.write_bytes(path.read_bytes() + b"\n")
    status, _, err = run("report", other, "--output", tmp_path / "a.html")
    assert status == Exit.ERRORS
    assert "SBM706 inconsistent-release" in err
    assert not (tmp_path / "a.html").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "has no sbom-index.json"), ("{}", "is not the index of a release")],
)
def test_a_directory_without_an_index_is_an_input_error(
    run: Run, tmp_path: Path, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / INDEX).write_text(content, encoding="utf-8")
    status, _, err = run("report", tmp_path, "--output", tmp_path / "a.html")
    assert status == Exit.USAGE
    assert message in err


@pytest.mark.parametrize(
    "path", ["../secret.spdx.json", "..\\secret.spdx.json", "C:secret.spdx.json", "/a.spdx.json"]
)
def test_an_index_that_leads_out_of_its_directory_is_refused_on_every_platform(
    run: Run, published: Path, tmp_path: Path, path: str
) -> None:
    index = read_json(published / INDEX)
    index["documents"][0]["file"] = path
    (tmp_path / INDEX).write_text(json.dumps(index), encoding="utf-8")
    status, _, err = run("report", tmp_path, "--output", tmp_path / "a.html")
    assert status == Exit.ERRORS
    assert f"names {path}, which is not in its directory" in err
