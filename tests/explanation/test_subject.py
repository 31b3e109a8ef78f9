"""What a word names, and what is suggested for one that names nothing."""

from __future__ import annotations

import pytest
from conftest import ROOT
from manifests import committed

from sbom.explanation.subject import (
    find_components,
    find_diagnostic,
    known_subjects,
    similar_names,
)
from sbom.vex.read import read_statements


@pytest.mark.parametrize(
    ("word", "keys"),
    [
        ("openssl", ["openssl"]),
        ("OpenSSL", ["openssl"]),
        ("component.openssl", ["openssl"]),
        ("python", ["cpython"]),
        ("pkg:generic/openssl", ["openssl"]),
        ("pkg:generic/openssl@3.5.7?download_url=https://example.org", ["openssl"]),
        ("binary.openssl-bin", ["openssl"]),
        ("openssl-bin-3.5.7", ["openssl"]),
        ("binary.tcltk", ["libtommath", "tcl", "tk", "zlib"]),
        ("vendored.pip-certifi", ["certifi"]),
        ("pip-certifi", ["certifi"]),
        ("log4j", []),
        ("", []),
    ],
)
def test_a_word_names_components(word: str, keys: list[str]) -> None:
    assert [spec.key for spec in find_components(word, committed())] == keys


@pytest.mark.parametrize("word", ["SBM204", "sbm204", "undeclared-component"])
def test_a_diagnostic_has_an_id_and_a_name(word: str) -> None:
    entry = find_diagnostic(word)
    assert entry is not None
    assert (entry.id, entry.name) == ("SBM204", "undeclared-component")
    assert find_diagnostic("SBM999") is None


@pytest.mark.parametrize(
    ("word", "first"),
    [
        ("opensll", "openssl"),
        ("ZLIP", "zlib"),
        ("undeclared-componet", "undeclared-component"),
        ("CVE-2023-45835", "CVE-2023-45853"),
        ("qqqqqq", None),
    ],
)
def test_a_similar_name_is_suggested_first(word: str, first: str | None) -> None:
    statements = read_statements((ROOT / "vex.toml").read_text("utf-8"))
    assert next(iter(similar_names(word, known_subjects(committed(), statements))), None) == first
