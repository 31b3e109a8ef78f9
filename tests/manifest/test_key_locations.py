"""Where keys stand: the text at each location, read by the standard library, is the value."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import tomlkit
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from manifests import COMMITTED

from sbom.cli import main
from sbom.diagnostics import SbomError
from sbom.manifest.key_locations import KeyLocations, locate_keys
from sbom.manifest.read import read_manifest
from sbom.manifest.tables import KeyPath, format_key_path, parse_key_path

HARD = '''\
# a comment with [brackets] and = signs
top = 1
"quoted key" = 'a # b'
a.b.c = """
] } = [
\\""" "two quotes end it"""""
dates = [1979-05-27 07:32:00Z, 07:32:00, 1979-05-27]

[ table . "with.dot" ] # after
x = [
    { y = "]", z = [1, 2] }, # one
    { y = '}', z = [] },
]
empty = {}
text = \'\'\'it's
a = "b"\'\'\'

[[array]]
n = -1.5e3
[array.below]
m = inf
[[array.rows]]
k = true
[[array.rows]]
k = false
[[array]]
n = 0x_ff
[[array.rows]]
k = "\\u00e9"
'''.replace("0x_ff", "0xff")


def leaves(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Yield every value below a table that is no table, with its path."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from leaves(below, (*path, key))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for number, item in enumerate(value):
            yield from leaves(item, (*path, number))
    else:
        yield path, value


def value_at(text: str, path: KeyPath) -> Any:
    """Return what a parser reads where the value of a path starts, in the rest of the text."""
    location = KeyLocations(text, "m.toml").locate(path)
    lines = text.split("\n")
    rest = "\n".join([lines[location.line - 1][location.column - 1 :], *lines[location.line :]])
    for end in range(1, len(rest) + 1):
        try:
            value = tomllib.loads(f"value = {rest[:end]}")["value"]
        except tomllib.TOMLDecodeError:
            continue
        # A number may go on, and so may the quotes that end a text.
        if rest[end : end + 1] in (*"\n\r ,]}#", "") and not rest[end:].startswith((" 07", '"')):
            return value
    return None


@pytest.mark.parametrize("text", [HARD, HARD.replace("\n", "\r\n")], ids=["LF", "CRLF"])
def test_every_value_of_a_hard_file_is_found(text: str) -> None:
    expected = dict(leaves(tomllib.loads(text)))
    assert {path: value_at(text, path) for path in expected} == expected


def test_every_key_of_the_real_manifest_is_found() -> None:
    text = COMMITTED.read_text(encoding="utf-8")
    locations = KeyLocations(text, "externals.toml")
    for path, value in leaves(tomllib.loads(text)):
        key, location = locations.locate(path, key=True), locations.locate(path)
        assert str(path[-1]) in key.excerpt[key.column - 1 :][: key.width]
        shown = location.excerpt[location.column - 1 :][: location.width]
        if isinstance(value, str) and "\n" not in value:
            assert shown[0] in "\"'"
        elif isinstance(value, bool):
            assert shown == str(value).lower()


scalars = st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8)
keys = st.text("ab.\"' -é", min_size=1, max_size=4)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(keys, values, max_size=4))
def test_every_value_that_a_writer_writes_is_found(data: dict[str, Any]) -> None:
    text = tomlkit.dumps(data)
    expected = dict(leaves(tomllib.loads(text)))
    assert {path: value_at(text, path) for path in expected} == expected


@given(
    st.lists(
        st.text(st.characters(exclude_characters='"'), min_size=1) | st.integers(0, 10**8),
        min_size=1,
    ).map(lambda parts: ("top", *parts))
)
def test_a_key_path_that_is_written_is_read_again(path: KeyPath) -> None:
    assert parse_key_path(format_key_path(path)) == path


@pytest.mark.parametrize(
    "text", ["", "²", "9" * 4500, "a b.c", "x[" + "9" * 4500 + "]", "a..", "]"]
)
def test_a_subject_that_is_no_key_path_has_no_location(text: str) -> None:
    assert parse_key_path(text) in ((), (text,), ("a",))  # a key may well be a number


def test_what_is_missing_is_located_at_its_table() -> None:
    locations = KeyLocations("[a]\n[a.b]\nx = 1\n", "m")
    assert str(locations.locate(("a", "b", "c", "d"))) == "m:2:1"
    assert str(locations.locate(("a", "c"))) == "m:1:1"
    assert str(locations.locate(("z",))) == "m"


def test_an_error_shows_the_line_with_a_caret(
    capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    path = tmp_path / "m.toml"
    text = COMMITTED.read_text(encoding="utf-8")
    assert text.count("\nhomepage = ") > 1
    number = text[: text.index("\nhomepage = ")].count("\n") + 2
    path.write_text(text.replace("\nhomepage = ", "\nhompage = ", 1), encoding="utf-8")
    assert main(["check", "--manifest", str(path)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith(f"{path}:{number}:1: component.bzip2.hompage: unknown key [error: ")
    margin = " " * len(str(number))
    assert lines[1] == f"{margin} |"
    assert lines[2].startswith(f"{number} | hompage = ")
    assert lines[3] == f"{margin} | ^^^^^^^"
    assert lines[4] == "    did you mean 'homepage'?"


def test_a_wrong_value_is_located_at_the_value() -> None:
    with pytest.raises(SbomError) as caught:
        read_manifest("\ufeffcpython = 3\n")
    first = caught.value.diagnostics[-1]
    assert "expected a table, found 3" in first.message
    assert (first.location.line, first.location.column, first.location.width) == (1, 11, 1)


@pytest.mark.parametrize(
    ("text", "place"),
    [("a = 1\nb = \n", (2, 5)), ("a = 1\nb = [1,\n", (2, 1)), ("x = 1\nx = 2\n", (2, 6))],
)
def test_invalid_toml_is_located(text: str, place: tuple[int, int]) -> None:
    with pytest.raises(SbomError) as caught:
        read_manifest(text)
    [found] = caught.value.diagnostics
    assert (found.location.line, found.location.column) == place
    assert found.location.excerpt == text.splitlines()[place[0] - 1]


def test_thousands_of_keys_are_located_in_linear_time() -> None:
    text = "".join(f"[c{n}]\nx = {n}\n" for n in range(20_000))
    locations = KeyLocations(text, "m")
    found = [locations.locate((f"c{n}", "x")) for n in range(20_000)]
    assert [one.line for one in found] == list(range(2, 40_001, 2))


def test_locations_of_other_files_stay() -> None:
    assert locate_keys([], str(ROOT), "") == ()


def test_only_keys_and_tables_that_are_there_are_had() -> None:
    locations = KeyLocations(HARD, "m")
    paths = [("top",), ("array", 1, "rows", 0), ("array", 2), ("array", 0, "below", "m"), ("k",)]
    assert [locations.has(path) for path in paths] == [True, True, False, True, False]
