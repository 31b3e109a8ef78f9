"""MSBuild files are understood as far as CPython's projects need it, and never trusted."""

from __future__ import annotations

import time
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbom.files.xml import XmlError
from sbom.source_tree.projects import (
    Properties,
    parse_elements,
    read_installed_files,
    read_shipped_files,
)
from sbom.source_tree.tree import SourceTree


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
        ("  '$(a)'\t!=\n'2'   AND\n$(a)==1 ", True),
        ("'a  b' == 'a b'", False),
        ("'and or' == 'and or'", True),
        ("Exists('$(a)')", True),
        ("!HasTrailingSlash($(a))", True),
    ],
)
def test_conditions_that_compare_are_evaluated(condition: str, expected: bool) -> None:  # noqa: FBT001
    assert Properties(values={"a": "1"}).is_true(condition) is expected


@pytest.mark.parametrize(
    "part", [" ", "\t \n", "a", "a ", " and", " or ", "'", "=", "==", "!", "$(", "$(a)", "1."]
)
def test_a_condition_of_any_length_is_evaluated_soon(part: str) -> None:
    properties = Properties(values={"a": "$(b)" * 1000, "b": "x"})
    start = time.process_time()
    properties.is_true(part * (100_000 // len(part)))
    properties.is_true("$(b) ==" + part * (100_000 // len(part)))
    assert time.process_time() - start < 2  # it takes 0.05 s; 20,000 blanks took 3 s


def test_an_installer_source_of_any_length_is_searched_soon(tmp_path: Path) -> None:
    source = tmp_path / "Tools/msi/lib/lib.wxs"
    source.parent.mkdir(parents=True)
    source.write_text("<File " * 50_000 + 'Id="a" Name="sqlite3.dll" />')
    start = time.process_time()
    assert [found.shipped for found in read_installed_files(SourceTree(tmp_path))] == [
        "sqlite3.dll"
    ]
    assert time.process_time() - start < 2  # it takes 0.02 s; it took 8 s


def test_a_value_that_is_far_too_long_is_cut_before_it_is_expanded() -> None:
    properties = Properties(values={"a": "x" * 4000})
    tracemalloc.start()
    try:
        assert len(properties.expand("$(a)" * 50_000)) == 4096
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_or_refused(data: bytes) -> None:
    with suppress(XmlError):
        assert isinstance(parse_elements(b"<a>" + data + b"</a>"), list)


def test_entities_are_refused() -> None:
    with pytest.raises(XmlError, match="declares a document type"):
        parse_elements(b'<!DOCTYPE a [<!ENTITY b "b">]><Project/>')


@pytest.mark.parametrize(
    ("properties", "shipped"),
    [
        ("<ConfigurationType>DynamicLibrary</ConfigurationType>", "made.dll"),
        ("<ConfigurationType>Application</ConfigurationType>", "made.exe"),
        (
            "<ConfigurationType>Application</ConfigurationType><TargetExt>.com</TargetExt>",
            "made.com",
        ),
        ("<ConfigurationType>StaticLibrary</ConfigurationType>", ""),
        ("<ConfigurationType>Utility</ConfigurationType>", ""),
        ("<ConfigurationType>Makefile</ConfigurationType>", ""),
        (
            "<ConfigurationType>Application</ConfigurationType>"
            """<ConfigurationType Condition="'$(Configuration)'=='Debug'">StaticLibrary"""
            "</ConfigurationType>",
            "made.exe",
        ),
        (
            "<ConfigurationType>Application</ConfigurationType></PropertyGroup>"
            """<PropertyGroup Condition="'$(Configuration)|$(Platform)'=='Debug|Win32'">"""
            "<ConfigurationType>StaticLibrary</ConfigurationType>",
            "made.exe",
        ),
        (
            "<ConfigurationType>StaticLibrary</ConfigurationType></PropertyGroup>"
            """<PropertyGroup Condition="'$(Configuration)|$(Platform)'=='Release|x64'">"""
            "<ConfigurationType>DynamicLibrary</ConfigurationType>",
            "made.dll",
        ),
    ],
)
def test_the_output_of_a_project_depends_on_its_configuration_type(
    tmp_path: Path, properties: str, shipped: str
) -> None:
    (tmp_path / "PCbuild").mkdir()
    (tmp_path / "PCbuild/made.vcxproj").write_text(
        f"<Project><PropertyGroup>{properties}</PropertyGroup>"
        '<ItemGroup><ClCompile Include="..\\bzip2-1.0.8\\compress.c" /></ItemGroup></Project>'
    )
    found = read_shipped_files(SourceTree(tmp_path), ["bzip2-1.0.8"], "3.14")
    assert [one.shipped for one in found] == ([shipped] if shipped else [])
