"""MSBuild files are understood as far as CPython's projects need it, and never trusted."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbom.source_tree.projects import InvalidMSBuildError, Properties, parse_elements


def test_a_property_that_refers_to_itself_is_cut() -> None:
    doubled = "".join(f"<p{n}>$(p{n - 1})$(p{n - 1})</p{n}>" for n in range(1, 60))
    text = f"<Project><PropertyGroup><p0>xx</p0>{doubled}<a>$(a)$(a)</a></PropertyGroup></Project>"
    properties = Properties()
    properties.add("x", parse_elements(text.encode()))
    assert max(map(len, properties.values.values())) <= 4096


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("", True),
        ("$(a) == ''", False),
        ("'$(a)' == '1'", True),
        ("$(none) == ''", True),
        ("$(a) != '1'", False),
        ("$(a) == '1' and $(none) == ''", True),
        ("$(a) == '2' OR $(none) == ''", True),
        ("Exists('$(a)')", True),
        ("!HasTrailingSlash($(a))", True),
    ],
)
def test_conditions_that_compare_are_evaluated(condition: str, expected: bool) -> None:  # noqa: FBT001
    assert Properties(values={"a": "1"}).is_true(condition) is expected


@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_or_refused(data: bytes) -> None:
    with suppress(InvalidMSBuildError):
        assert isinstance(parse_elements(b"<a>" + data + b"</a>"), list)


def test_entities_are_refused() -> None:
    with pytest.raises(InvalidMSBuildError, match="declares a document type"):
        parse_elements(b'<!DOCTYPE a [<!ENTITY b "b">]><Project/>')
