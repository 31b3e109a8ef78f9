"""The page: structure that assistive technology needs, nothing from elsewhere, hostile names."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from release_pages import HOSTILE, Page, full_report, hostile_page, release_index, report_of

from sbom.bom.bom import incomplete_sentence
from sbom.release_report.page import render_page, web_address
from sbom.release_report.rows import ManifestNotes


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(render_page(full_report()))


def test_equal_reports_have_the_same_bytes() -> None:
    assert render_page(full_report()) == render_page(full_report())


def test_every_element_ends_where_it_should(page: Page) -> None:
    assert page.open == []


def test_nothing_is_loaded_from_anywhere(page: Page) -> None:
    assert {tag for tag, _ in page.elements} & {"img", "link", "iframe", "object", "base"} == set()
    assert page.attributes("script") == [{}]
    for _, attributes in page.elements:
        assert not attributes.keys() & {"src", "srcset", "style", "action", "data"}
        assert not [name for name in attributes if name.startswith("on")]


def test_its_policy_allows_its_own_style_and_script_alone() -> None:
    text = render_page(report_of()).decode()
    [policy] = [
        one["content"]
        for one in Page(text.encode()).attributes("meta")
        if one.get("http-equiv") == "Content-Security-Policy"
    ]
    for tag in ("style", "script"):
        [content] = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_headings_and_landmarks_lead_through_the_page(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(len(page.attributes(tag)) == 1 for tag in ("main", "nav", "header", "footer"))
    assert page.attributes("html") == [{"lang": "en"}]
    assert page.attributes("a")[0] == {"class": "skip", "href": "#main"}


def test_every_reference_in_the_page_leads_somewhere(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = [one["href"][1:] for one in page.attributes("a") if one["href"].startswith("#")]
    named += [one["for"] for one in page.attributes("label")]
    named += [
        id_
        for _, attributes in page.elements
        for id_ in attributes.get("aria-labelledby", "").split()
    ]
    assert set(named) <= set(ids)


def test_every_table_has_a_caption_and_every_heading_cell_a_scope(page: Page) -> None:
    assert len(page.attributes("caption")) == len(page.attributes("table")) > 5
    assert {one.get("scope") for one in page.attributes("th")} == {"col", "row"}


def test_every_control_has_a_label(page: Page) -> None:
    controls = {one["id"] for tag in ("input", "select") for one in page.attributes(tag)}
    assert controls == {one["for"] for one in page.attributes("label")}


def test_everything_can_be_read_without_a_script(page: Page) -> None:
    hidden = [attributes for _, attributes in page.elements if "hidden" in attributes]
    assert [one["id"] for one in hidden] == ["filter"]


def test_the_drawing_has_a_text_and_a_table(page: Page) -> None:
    assert [one for one in page.attributes("svg") if one.get("role") == "img"]
    assert [one for one in page.attributes("svg") if "role" not in one] == [
        one for one in page.attributes("svg") if one.get("aria-hidden") == "true"
    ]
    words = page.text_in("table")
    assert "is dynamically linked with" in words
    assert "Linked into tcl90.dll." in words


def test_cells_say_in_words_where_a_component_ships(page: Page) -> None:
    cells = [one["class"] for one in page.attributes("td") if one.get("class") in ("yes", "no")]
    words = [text for text in page.text_in("td") if text in ("all", "no")]
    assert len(cells) == len(words)
    assert "win32" in page.text_in("td")  # xz


def test_versions_licenses_identifiers_origins_and_checksums_are_there(page: Page) -> None:
    texts = {text for _, text in page.texts}
    assert {
        "3.5.7",
        "Apache-2.0",
        "pkg:generic/openssl@3.5.7",
        "cpe:2.3:a:openssl:openssl:3.5.7:*:*:*:*:*:*:*",
        "https://openssl.test/openssl-3.5.7.tar.gz",
        "cd" * 32,
        "Evidence in the file: openssl 3.5.7 (text).",
        "2026-06-21 00:00:00 UTC",
        "tool-1.0",
        "The X license",
        "SBM305 stale-exemption",
        "because",
        "Changes since python-3.14.6-windows",
        "5.8.1",
    } <= texts


def test_a_partial_release_names_what_is_missing() -> None:
    index = release_index(missing=("python-3.14.7-arm64.exe",))
    texts = [text for _, text in Page(render_page(report_of(index=index))).texts]
    assert "Partial." in texts
    assert "python-3.14.7-arm64.exe" in texts


def test_a_manifest_of_another_release_is_not_taken_for_that_of_this_one() -> None:
    notes = ManifestNotes(file="externals.toml", version="3.13.1")
    texts = " ".join(
        text for _, text in Page(render_page(replace(report_of(), manifest=notes))).texts
    )
    assert "externals.toml is of CPython 3.13.1, not of this release" in texts


def shape(page: Page) -> Counter[tuple[str, ...]]:
    """Return how often a page has an element with these attributes: names sort differently."""
    return Counter((tag, *sorted(attributes)) for tag, attributes in page.elements)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_only_text(text: str) -> None:
    page, harmless = (Page(hostile_page(one)) for one in (text, "h" * len(text)))
    assert shape(page) == shape(harmless)
    assert all(re.match(r"#|https?://", one["href"]) for one in page.attributes("a"))


def test_what_cannot_be_seen_is_escaped() -> None:
    page = Page(hostile_page("\u202egnp.exe\x00\x1b[31m"))
    assert "\\u202egnp.exe\\x00\\x1b[31m" in {text for _, text in page.texts}


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "https:",
        "https:///path",
        "https://a b",
        "http://[::1",
        "data:text/html,<script>",
        "file:///etc/passwd",
        "git+https://github.com/a/b",
        "//example.org",
        "",
        "NOASSERTION",
    ],
)
def test_only_addresses_of_the_web_become_links(text: str) -> None:
    assert web_address(text) == ""


@pytest.mark.parametrize("text", ["https://www.python.org/", "HTTP://x.test:80/a?b=c#d"])
def test_addresses_of_the_web_become_links(text: str) -> None:
    assert web_address(text) == text


def test_the_summary_counts_what_a_reader_has_to_know_first() -> None:
    report = full_report()
    without = [
        row.component.title
        for row in report.components
        if row.component.download_location and not row.component.checksums
    ]
    with_evidence = sum(bool(file.comment) for file in report.bom.files)
    texts = " ".join(text for _, text in Page(render_page(report)).texts)
    assert f"; of {with_evidence}, evidence or a signature is stated" in texts
    assert ("Without checksum" in texts) == bool(without)
    assert " active, " in texts


def test_one_missing_artifact_is_one() -> None:
    index = release_index(missing=("python-3.14.7-arm64.exe",))
    texts = " ".join(text for _, text in Page(render_page(report_of(index=index))).texts)
    assert "1 artifact of the release is not described:" in texts


def test_an_incomplete_document_is_not_called_complete() -> None:
    report = report_of()
    creation = replace(report.bom.creation, comment=incomplete_sentence("1 error"))
    incomplete = replace(report, bom=replace(report.bom, creation=creation))
    texts = [text for _, text in Page(render_page(incomplete)).texts]
    assert ("Incomplete." in texts, "Complete." in texts) == (True, False)
