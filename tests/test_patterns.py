"""Path patterns match as .gitignore's do, whatever the case, and name all that match."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifests import committed
from releases import members

from sbom.patterns import PathPatterns


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        # The file's name, in any directory.
        ("zlib1.dll", "DLLs/zlib1.dll", True),
        ("zlib1.dll", "ZLIB1.DLL", True),
        ("Zlib1.dll", "zlib1.dll", True),
        ("zlib1.dll", "zlib1.dll/readme", False),
        ("zlib1.dll", "xzlib1.dll", False),
        ("_bz2*.pyd", "DLLs/_bz2_d.pyd", True),
        ("_bz2*.pyd", "_bz2/x.pyd", False),
        ("python3?.dll", "python39.dll", True),
        ("python3?.dll", "python313.dll", False),
        ("python3[0-9]*.dll", "python313.dll", True),
        ("python3[0-9]*.dll", "python3.dll", False),
        ("python3[!0-9]*", "python3.dll", True),
        # The whole path.
        ("/python.exe", "python.exe", True),
        ("/python.exe", "Lib/python.exe", False),
        ("/DLLs/*.ico", "DLLs/py.ico", True),
        ("/DLLs/*.ico", "DLLs/more/py.ico", False),
        ("DLLs/*.ico", "dlls/PY.ico", True),
        ("DLLs/*.ico", "tools/DLLs/py.ico", False),
        ("/DLLs/?.ico", "DLLs//.ico", False),
        ("/Lib[!x]os.py", "Lib/os.py", False),
        ("/[[]Content_Types].xml", "[Content_Types].xml", True),
        ("/[[]Content_Types].xml", "C.xml", False),
        # A directory, with all that is in it.
        ("/Lib/*", "Lib/os.py", True),
        ("/Lib/*", "Lib/test/data/x.txt", True),
        ("/Lib/*", "Lib", False),
        ("/Lib/*", "Library/os.py", False),
        ("/Lib/test", "Lib/test/support/__init__.py", True),
        ("/Lib/test", "Lib/tests.py", False),
        ("/Lib/site-packages/pip-*", "Lib/site-packages/pip-26.0.dist-info/RECORD", True),
        ("/Lib/**", "Lib/test/data/x.txt", True),
        ("/Lib/**", "Library/os.py", False),
        ("/Lib/**", "Lib", False),
        ("/Lib/test*/data", "Lib/test_a/data/x.txt", True),
        ("/Lib/test*/data", "Lib/test_a/more/data", False),
        ("/Lib/test*/data", "x/Lib/test_a/data", False),
        # Directories at any depth.
        ("**/__pycache__/*", "__pycache__/x.pyc", True),
        ("**/__pycache__/*", "a/b/__pycache__/x.pyc", True),
        ("**/__pycache__/*", "a/b__pycache__/x.pyc", False),
        ("/a/**/b", "a/b", True),
        ("/a/**/b", "a/x/y/b", True),
        ("/a/**", "a/x/y", True),
        # What no wildcard means.
        ("a.b", "axb", False),
        ("a[b", "a[b", True),
        ("[z-a]", "m", False),
        ("a[]]b", "a]b", True),
        ("a[\\]b", "a\\b", True),
        ("a[&&|]b", "a&b", True),
        ("", "a", False),
    ],
)
def test_a_pattern_matches_as_in_gitignore_whatever_the_case(
    pattern: str,
    path: str,
    expected: bool,  # noqa: FBT001
) -> None:
    assert PathPatterns([pattern]).matches(path) is expected
    assert PathPatterns(["nothing", pattern]).find(path) == ((pattern,) if expected else ())


def test_an_exclusion_gives_way_to_a_path_in_full_only() -> None:
    patterns = PathPatterns(
        ["/Lib/*", "*.pdb", "!/Lib/site-packages/*", "/Lib/site-packages/README.txt"]
    )
    assert patterns.find("Lib/os.py") == ("/Lib/*",)
    assert patterns.matches("Lib/site-packages/README.txt")
    assert not patterns.matches("Lib/site-packages/x.py")
    assert not patterns.matches("Lib/site-packages/x.pdb")
    assert patterns.matches("DLLs/x.pdb")


def test_every_pattern_that_matches_is_found_in_the_order_given() -> None:
    given = ["*.exe", "/Scripts/*", "pip.exe", "/Scripts/pip*.exe", "*.dll", "pip.exe"]
    found = PathPatterns(given).find("Scripts/pip.exe")
    assert found == ("*.exe", "/Scripts/*", "pip.exe", "/Scripts/pip*.exe")


def test_patterns_match_together_what_they_match_alone_in_a_real_release() -> None:
    manifest = committed()
    patterns = [
        pattern
        for spec in manifest.components
        for pattern in (*spec.owns, *(name for row in spec.ships for name in row.optional_files))
        if not pattern.startswith("!")
    ]
    patterns = sorted(set(patterns))
    alone = {pattern: PathPatterns([pattern]) for pattern in patterns}
    together = PathPatterns(patterns)
    paths = {path for names in members("3.14.7").values() for path in names}
    assert len(paths) > 1000
    for path in paths:
        assert together.find(path) == tuple(one for one in patterns if alone[one].matches(path))


@given(st.text(), st.text())
def test_no_text_breaks_a_pattern(pattern: str, path: str) -> None:
    assert PathPatterns([pattern]).matches(path) in (True, False)


@given(st.from_regex(r"[ab.][ab./]*", fullmatch=True))
def test_a_path_without_wildcards_is_matched_by_itself(path: str) -> None:
    assert PathPatterns([f"/{path}"]).matches(path)


@pytest.mark.parametrize(
    "patterns",
    [
        ("_ssl.pyd", "PYTHON3.dll", "missing.dll"),
        ("*.pyd", "_ssl.pyd"),
        ("/DLLs", "/Lib/x.py"),
        ("_ssl.pyd", "!/DLLs"),
    ],
)
def test_patterns_of_several_paths_are_those_of_each(patterns: tuple[str, ...]) -> None:
    paths = ("DLLs/_SSL.pyd", "Lib/_ssl.pyd", "python3.dll", "Lib/a.py")
    expected = {name for path in paths for name in PathPatterns(patterns).find(path)}
    assert expected
    assert PathPatterns(patterns).find_any(paths) == expected


def test_a_pattern_of_any_length_is_read_soon() -> None:
    start = time.process_time()
    assert PathPatterns(["[" * 40_000]).matches("[" * 40_000)
    assert time.process_time() - start < 2  # it takes 0.2 s; it took 10 s
