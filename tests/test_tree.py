"""A CPython tree held against itself: what drifts is told once, with file and line."""

from __future__ import annotations

import os
import re
from argparse import Namespace
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifests import COMMITTED
from trees import make_tree, wheel

from sbom.checks.checkout import check_source_tree
from sbom.cli import main
from sbom.diagnostics import Diagnostic
from sbom.inputs import read_inputs
from sbom.source_tree.msbuild import NotMSBuildError, Properties, elements_of
from sbom.source_tree.tree import SourceTree
from sbom.source_tree.vendored import find_vendored, requirements

TREES = os.environ.get("SBOM_TREES", "")


def problems(root: Path, manifest: Path | None = None) -> list[Diagnostic]:
    """Return what is wrong with a tree, by what regen wrote of it when it was made."""
    manifest = manifest or root.parent / "externals.toml"
    inputs = read_inputs(Namespace(manifest=manifest, script=None, cpython=root))
    return list(check_source_tree(inputs, root))


def told(root: Path) -> list[str]:
    found = problems(root)
    return [str(one).removeprefix(f"{root}/") for one in found if "vendored." not in one.subject]


def regen(root: Path, manifest: Path) -> Path:
    if not manifest.exists():
        manifest.write_bytes(COMMITTED.read_bytes())
    words = ["--cpython", str(root), "--offline", "--manifest", str(manifest)]
    assert main(["regen", *words]) == 0
    return manifest


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = make_tree(tmp_path / "cpython")
    regen(root, tmp_path / "externals.toml")
    return root


def edit(tree: Path, path: str, old: str, new: str) -> None:
    place = tree / path
    text = place.read_text()
    assert old in text
    place.write_text(text.replace(old, new, 1))


# What agrees and what does not.


def test_a_tree_that_agrees_with_itself_is_silent(tree: Path) -> None:
    assert problems(tree) == []


def test_a_binary_of_another_revision_than_its_source_is_told(tree: Path) -> None:
    edit(tree, "PCbuild/get_externals.bat", "openssl-bin-3.5.7", "openssl-bin-3.5.7.2")
    assert any(
        re.fullmatch(
            r"PCbuild/get_externals\.bat:\d+: names openssl-3\.5\.7 as the source of openssl, and "
            r"PCbuild/get_externals\.bat:\d+ fetches openssl-bin-3\.5\.7\.2",
            one,
        )
        for one in told(tree)
    )


@pytest.mark.parametrize(
    ("path", "old", "new", "line"),
    [
        ("PCbuild/python.props", "sqlite-3.50.4.0", "sqlite-3.50.3.0", 6),
        ("PCbuild/python.props", "openssl-bin-3.5.7", "openssl-bin-3.5.6", 9),
        ("PCbuild/python.props", "zlib-ng-2.2.4", "zlib-ng-2.2.5", 10),
        ("PCbuild/tcltk.props", "<TkVersion>9.0.4.1", "<TkVersion>$(TclVersion)", 8),
        ("PCbuild/tcltk.props", "''\">9.0.4.0", "''\">9.0.3.0", 7),
        ("PCbuild/readme.txt", "5.2.5", "5.2.2", 4),
        ("PCbuild/readme.txt", "version 3.5 of", "version 3.0 of", 6),
        ("PCbuild/readme.txt", "SQLite 3.50.4", "SQLite 3.49.1", 8),
        ("Modules/expat/refresh.sh", "2.8.2", "2.8.1", 1),
        ("Lib/ensurepip/__init__.py", "26.2.1", "26.2", 1),
        ("Include/patchlevel.h", "PY_MICRO_VERSION 7", "PY_MICRO_VERSION 6", 1),
    ],
)
def test_each_place_that_is_bumped_alone_is_told_with_its_line(
    tree: Path, path: str, old: str, new: str, line: int
) -> None:
    before = set(told(tree))
    edit(tree, path, old, new)
    [first, *_] = [one for one in told(tree) if one not in before and one.startswith(path)]
    assert first.startswith(f"{path}:{line}: ")


def test_a_bump_of_the_script_alone_names_every_place_that_it_left_behind(tree: Path) -> None:
    before = set(told(tree))
    edit(tree, "PCbuild/get_externals.bat", "xz-5.2.5", "xz-5.8.1")
    places = {one.partition(": ")[0] for one in told(tree)} - {o.partition(": ")[0] for o in before}
    assert places == {"PCbuild/python.props:8", "PCbuild/readme.txt:4"}


def test_an_sbom_that_lags_behind_the_code_is_told_and_the_code_is_right(tree: Path) -> None:
    edit(tree, "Misc/sbom.spdx.json", '"versionInfo": "2.8.2"', '"versionInfo": "2.6.3"')
    [one] = [t for t in told(tree) if "states expat" in t]
    assert "states expat 2.6.3, and Modules/expat/expat.h:1, what is compiled, 2.8.2" in one


def test_a_property_of_nothing_that_is_fetched_is_dead(tree: Path) -> None:
    edit(tree, "PCbuild/python.props", "<lzmaDir>", "<zlibDir>$(X)zlib-1.3.1</zlibDir><lzmaDir>")
    assert any("states zlib 1.3.1, which the script does not fetch" in one for one in told(tree))


def test_a_copy_that_windows_does_not_compile_is_told(tree: Path) -> None:
    text = (tree / "Misc/sbom.spdx.json").read_text()
    (tree / "Misc/sbom.spdx.json").write_text(
        text.replace('"name": "macholib"', '"name": "mpdecimal"')
    )
    assert any("lists mpdecimal 1.0, and Windows compiles mpdecimal-4.0.0" in t for t in told(tree))


@pytest.mark.parametrize(
    ("path", "old", "new", "sentence"),
    [
        (
            "PCbuild/_bz2.vcxproj",
            "$(bz2Dir)",
            "$(sqlite3Dir)",
            "puts sqlite-3.50.4.0 into _bz2.pyd",
        ),
        ("PCbuild/_lzma.vcxproj", "liblzma.vcxproj", "other.vcxproj", ""),
        ("PCbuild/_lzma.vcxproj", ".pyd", ".dll", "puts xz-5.2.5 into _lzma.dll"),
    ],
)
def test_where_an_external_ends_up_is_held_against_the_manifest(
    tree: Path, path: str, old: str, new: str, sentence: str
) -> None:
    edit(tree, path, old, new)
    found = [one for one in problems(tree) if one.code == "link"]
    assert bool(found) is bool(sentence)
    assert not found or sentence in " ".join(one.message for one in found)


def test_a_library_that_the_installer_has_and_nobody_knows_is_told(tree: Path) -> None:
    place = tree / "Tools/msi/tcltk/tcltk_files.wxs"
    place.parent.mkdir(parents=True)
    place.write_text('<File Name="tcl90.dll" />\n<File Id="x" Name="tcl91.dll" />\n')
    assert {one for one in told(tree) if "installs" in one} == {
        "Tools/msi/tcltk/tcltk_files.wxs:2: installs tcl91.dll, and no component of externals.toml "
        "ships as it"
    }


def test_a_digest_in_an_sbom_of_the_tree_is_held_against_what_is_known(tree: Path) -> None:
    edit(tree, "Misc/sbom.spdx.json", "ab" * 32, "cd" * 32)
    [one] = told(tree)
    assert "says SHA-256 cdcdcdcdcdcd… of expat 2.8.2, and externals.toml knows abababab" in one


# Digests.


def test_a_changed_file_is_found_by_name_and_line_ends_do_not_count(tree: Path) -> None:
    before = told(tree)
    source = tree / "Modules/expat/x.c"
    source.write_bytes(b"int x;\r\n")
    assert told(tree) == before
    source.write_bytes(b"int y;\n")
    [one] = [line for line in told(tree) if line not in before]
    assert "of Modules/expat/x.c, which is another" in one


def test_what_a_redistributor_took_out_is_no_problem(tree: Path, tmp_path: Path) -> None:
    before = told(tree)
    for path in ("Modules/expat/expat.h", "Modules/expat/x.c", "Modules/expat/refresh.sh"):
        (tree / path).unlink()
    (tree / "Lib/ensurepip/_bundled/pip-26.2.1-py3-none-any.whl").unlink()
    assert told(tree) == before
    manifest = regen(tree, tmp_path / "other.toml")
    text = manifest.read_text(encoding="utf-8")
    assert "[vendored.macholib]" in text
    assert "[vendored.expat]" not in text
    assert "[vendored.pip" not in text
    assert main(["build", "--manifest", str(manifest), "--output", str(tmp_path / "out")]) == 0


def test_a_tree_without_any_sbom_has_what_its_headers_say(tree: Path, tmp_path: Path) -> None:
    (tree / "Misc/sbom.spdx.json").unlink()
    manifest = regen(tree, tmp_path / "other.toml")
    text = manifest.read_text(encoding="utf-8")
    assert '[vendored.expat]\nversion = "2.8.2"\n' in text
    assert '[vendored.pip-idna]\nversion = "3.18"\nvendored-by = "pip"\n' in text
    regen(tree, manifest)
    assert manifest.read_text(encoding="utf-8") == text


def test_regen_prints_which_copies_changed(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = regen(tree, tmp_path / "other.toml")
    edit(tree, "Modules/expat/expat.h", "MICRO_VERSION 2", "MICRO_VERSION 3")
    capsys.readouterr()
    assert any(one.subject == "vendored.expat" for one in problems(tree, manifest))
    regen(tree, manifest)
    assert "vendored.expat: 2.8.2 -> 2.8.3" in capsys.readouterr().out
    assert "location" not in manifest.read_text().split("[vendored.expat]")[1].split("[")[
        0
    ].replace('download-location = "NOASSERTION"', "")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (wheel("pip", "26.2.0"), "holds pip-26.2.0, and is called pip-26.2.1-py3-none-any.whl"),
        (wheel("pip", "26.2.1").replace(b"Metadata-Version: 2.1", b"Metadata-Version: 2.2"), ""),
        (b"no wheel", "is no whole wheel"),
    ],
)
def test_a_swapped_wheel_is_found(tree: Path, data: bytes, sentence: str) -> None:
    (tree / "Lib/ensurepip/_bundled/pip-26.2.1-py3-none-any.whl").write_bytes(data)
    found = [one.message for one in problems(tree) if one.code == "checksum"]
    assert any(sentence in message for message in found)


# What is read out of a wheel.


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("requests==2.34.2", [("requests", "2.34.2")]),
        ("    certifi==2026.6.17", [("certifi", "2026.6.17")]),
        ("CacheControl==0.12.11  # Make sure to update the license", [("cachecontrol", "0.12.11")]),
        ("typing_extensions==4.4.0", [("typing-extensions", "4.4.0")]),
        ("tomli==2.0.0rc1 ; python_version < '3.11'", [("tomli", "2.0.0rc1")]),
        ("urllib3[secure]==1.26.20 \\", [("urllib3", "1.26.20")]),
        ("setuptools == 44.0.0", [("setuptools", "44.0.0")]),
        ("pkg===1.0+local", [("pkg", "1.0+local")]),
        ("# via requests", []),
        ("#six==1.0", []),
        ("-r other.txt", []),
        ("--hash=sha256:00", []),
        ("requests>=2", []),
        ("", []),
    ],
)
def test_a_vendored_package_is_what_is_pinned(line: str, expected: list[tuple[str, str]]) -> None:
    assert list(requirements(line)) == expected


@given(st.dictionaries(st.text(max_size=5), st.binary(max_size=60), max_size=2), st.text())
def test_any_wheels_and_texts_are_read_or_passed(wheels: dict[str, bytes], text: str) -> None:
    assert find_vendored(None, {}, [], wheels) == ()
    assert isinstance(list(requirements(text)), list)


# Odd and hostile trees.


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("PCbuild/python.props", b"<Project>"),
        ("PCbuild/python.props", b"\xff\xfe\x00"),
        (
            "PCbuild/python.props",
            b'<!DOCTYPE a [<!ENTITY b "bb">]><Project><PropertyGroup><c>&b;</c></PropertyGroup>'
            b"</Project>",
        ),
        ("PCbuild/readme.txt", b"version \xff5.2.5 of the liblzma"),
        ("Misc/sbom.spdx.json", b"[" * 100_000),
        ("Misc/sbom.spdx.json", b'{"packages": 3, "files": {"a": 1}, "relationships": [null]}'),
        ("Misc/externals.spdx.json", b'{"packages": [{"name": 3}, {"name": "xz"}]}'),
        ("PCbuild/_bz2.vcxproj", b"no xml"),
        ("Modules/expat/expat.h", b"\0" * 100),
        ("Lib/ensurepip/_bundled/pip-26.2.1-py3-none-any.whl", b"PK\x03\x04" + b"\0" * 80),
    ],
)
def test_a_damaged_file_never_breaks_the_check(tree: Path, path: str, data: bytes) -> None:
    (tree / path).write_bytes(data)
    assert isinstance(problems(tree), list)


def test_entities_are_refused_by_name(tree: Path) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "b">]><Project/>'
    (tree / "PCbuild/python.props").write_text(bomb)
    assert any("it declares a document type" in one for one in told(tree))


def test_a_property_that_grows_without_end_is_cut() -> None:
    doubled = "".join(f"<p{n}>$(p{n - 1})$(p{n - 1})</p{n}>" for n in range(1, 60))
    text = f"<Project><PropertyGroup><p0>xx</p0>{doubled}<a>$(a)$(a)</a></PropertyGroup></Project>"
    properties = Properties()
    properties.add("x", elements_of(text.encode()))
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
def test_conditions_that_compare_are_understood(condition: str, expected: bool) -> None:  # noqa: FBT001
    assert Properties(values={"a": "1"}).holds(condition) is expected


@given(st.binary(max_size=200))
def test_any_bytes_are_msbuild_or_refused(data: bytes) -> None:
    with suppress(NotMSBuildError):
        assert isinstance(elements_of(b"<a>" + data + b"</a>"), list)


@pytest.mark.skipif(os.name == "nt", reason="makes links")
def test_nothing_outside_of_the_tree_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    root = tmp_path / "tree"
    root.mkdir()
    (root / "out").symlink_to(tmp_path / "secret")
    (root / "loop").symlink_to(root)
    (root / "self").symlink_to(root / "self")
    folder = SourceTree(root)
    assert folder.read("../secret") is None
    assert folder.read("out") is None
    assert folder.read("self") is None
    assert folder.read("a\0b") is None
    assert folder.paths("*") == []
    (root / "big").write_bytes(b"x" * 100)
    assert folder.read("big", 99) is None


# Real trees.

#: What is known to disagree in each real tree, as file, line and what is stated there.
EXPECTED = {
    "3.11.2": {
        ("PCbuild/readme.txt", "167", "xz 5.2.2"),
        ("PCbuild/readme.txt", "171", "openssl 1.1.1q"),
        ("PCbuild/readme.txt", "194", "tcltk 8.6.6"),
    },
    "3.13.5": {
        ("Misc/externals.spdx.json", "", "zlib1.dll"),
        ("Misc/sbom.spdx.json", "1580", "expat 2.6.3"),
        ("Misc/sbom.spdx.json", "1668", "mpdecimal 2.5.1"),
        ("PCbuild/get_externals.bat", "56", "openssl-3.0.16"),
        ("PCbuild/readme.txt", "171", "xz 5.2.2"),
    },
    "3.13.15": {
        ("Misc/externals.spdx.json", "", "zlib1.dll"),
        ("Misc/sbom.spdx.json", "1696", "mpdecimal 2.5.1"),
        ("PCbuild/readme.txt", "171", "xz 5.2.2"),
    },
    "3.14.7": {
        ("Misc/externals.spdx.json", "", "libtommath.dll"),
        ("Misc/externals.spdx.json", "", "zlib1.dll"),
        ("Misc/sbom.spdx.json", "1856", "mpdecimal 2.5.1"),
        ("PCbuild/python.props", "89", "zlib 1.3.1"),
        ("PCbuild/readme.txt", "210", "xz 5.2.2"),
        ("PCbuild/tcltk.props", "18", "tk 9.0.4.0"),
    },
}


@pytest.mark.skipif(not TREES, reason="SBOM_TREES names no folder of CPython source releases")
@pytest.mark.parametrize("version", EXPECTED)
def test_every_known_drift_of_a_real_tree_is_told_and_nothing_else(version: str) -> None:
    root = Path(TREES) / version
    if not root.is_dir():
        pytest.skip(f"SBOM_TREES has no {version}")
    found = [one for one in problems(root, COMMITTED) if "vendored." not in one.subject]
    places = {(str(Path(one.file).relative_to(root)), one.subject): one.message for one in found}
    assert len(found) == len(EXPECTED[version])
    for file, line, words in EXPECTED[version]:
        matching = [
            one for one in found
            if (str(Path(one.file).relative_to(root)), one.subject) == (file, line)
            and words in one.message
        ]  # fmt: skip
        assert matching, (file, line, words, places)
