"""A CPython source tree compared with itself: each difference once, with file and line."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from manifests import COMMITTED
from trees import make_tree, wheel

from sbom.cli import main
from sbom.commands.check import check_tree
from sbom.diagnostics import Diagnostic
from sbom.inputs import read_inputs
from sbom.manifest.read import read_manifest
from sbom.options.shared import InputOptions

PIP = "Lib/ensurepip/_bundled/pip-26.2.1-py3-none-any.whl"


def check(root: Path, manifest: Path | None = None) -> list[Diagnostic]:
    """Return what is wrong with a tree, by the manifest that regen wrote when it was made."""
    manifest = manifest or root.parent / "externals.toml"
    options = InputOptions(manifest=manifest, script=None, cpython=root, quiet=False, verbose=False)
    inputs = read_inputs(options)
    return list(check_tree(inputs, root))


def lines(root: Path) -> list[str]:
    """Return the diagnostics of a tree's files as text, with paths in the tree."""
    found = [one for one in check(root) if one.code != "vendored-changed"]
    return [_in_tree(str(one), root) for one in found]


def _in_tree(text: str, root: Path) -> str:
    """Return a diagnostic with the path of its file in the tree, with slashes on every platform."""
    prefix = f"{root}{os.sep}"
    path, colon, rest = text.removeprefix(prefix).partition(":")
    return path.replace(os.sep, "/") + colon + rest if text.startswith(prefix) else text


def regen(root: Path, manifest: Path) -> Path:
    if not manifest.exists():
        manifest.write_bytes(COMMITTED.read_bytes())
    argv = ["--cpython", str(root), "--offline", "--manifest", str(manifest)]
    assert main(["regen", *argv]) == 0
    return manifest


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = make_tree(tmp_path / "cpython")
    regen(root, tmp_path / "externals.toml")
    return root


def edit(tree: Path, path: str, old: str, new: str) -> None:
    file = tree / path
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


# Versions.


def test_a_tree_that_agrees_with_itself_has_no_diagnostics(tree: Path) -> None:
    assert check(tree) == []


def test_a_binary_of_another_revision_than_its_source_is_reported(tree: Path) -> None:
    edit(tree, "PCbuild/get_externals.bat", "openssl-bin-3.5.7", "openssl-bin-3.5.8")
    assert any(
        re.fullmatch(
            r"PCbuild/get_externals\.bat:\d+: openssl: names "
            r"openssl-3\.5\.7 as the source of openssl, but "
            r"PCbuild/get_externals\.bat:\d+ fetches the binary openssl-bin-3\.5\.8",
            one,
        )
        for one in lines(tree)
    )


def test_a_binary_that_was_built_again_from_its_source_is_no_difference(tree: Path) -> None:
    """CPython 3.13.5 fetches openssl-bin-3.0.16.2, the second build of openssl-3.0.16."""
    edit(tree, "PCbuild/get_externals.bat", "openssl-bin-3.5.7", "openssl-bin-3.5.7.2")
    assert not any("as the source of" in line for line in lines(tree))


def test_a_readme_can_name_a_version_by_its_revision(tree: Path) -> None:
    """CPython 3.8.2's names SQLite 3.28.0.0."""
    edit(tree, "PCbuild/readme.txt", "SQLite 3.50.4", "SQLite 3.50.4.0")
    assert lines(tree) == []


def test_the_defects_of_the_real_3_14_7_are_exempted(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(tree, "PCbuild/readme.txt", "5.2.5", "5.2.2")
    edit(tree, "PCbuild/tcltk.props", "9.0.4.1", "9.0.4.0")
    line = "    <zlibDir>$(ExternalsDir)zlib-1.3.1\\</zlibDir>\n"
    edit(tree, "PCbuild/python.props", "    <zlibNgDir>", f"{line}    <zlibNgDir>")
    real = Path(__file__).parents[1] / "facts/cpython/3.14.7/externals.spdx.json"
    (tree / "Misc/externals.spdx.json").write_bytes(real.read_bytes())
    manifest = tree.parent / "externals.toml"
    assert main(["check", "--cpython", str(tree), "--manifest", str(manifest)]) == 0
    printed = capsys.readouterr().out
    exempted = [row for row in printed.splitlines() if "[exempted" in row]
    for part in ("states xz 5.2.2", "states tk 9.0.4.0", "states zlib 1.3.1", "zlib1.dll"):
        assert any(part in row for row in exempted), (part, exempted)


@pytest.mark.parametrize(
    ("path", "change", "line", "name"),
    [
        ("PCbuild/python.props", ("sqlite-3.50.4.0", "sqlite-3.50.3.0"), 6, "sqlite"),
        ("PCbuild/python.props", ("openssl-bin-3.5.7", "openssl-bin-3.5.6"), 9, "openssl-bin"),
        ("PCbuild/python.props", ("zlib-ng-2.2.4", "zlib-ng-2.2.5"), 10, "zlib-ng"),
        ("PCbuild/tcltk.props", ("<TkVersion>9.0.4.1", "<TkVersion>$(TclVersion)"), 8, "tk"),
        ("PCbuild/tcltk.props", ("''\">9.0.4.0", "''\">9.0.3.0"), 7, "tcl"),
        ("PCbuild/readme.txt", ("5.2.5", "5.2.2"), 4, "xz"),
        ("PCbuild/readme.txt", ("version 3.5 of", "version 3.0 of"), 6, "openssl"),
        ("PCbuild/readme.txt", ("SQLite 3.50.4", "SQLite 3.49.1"), 8, "sqlite"),
        ("Modules/expat/refresh.sh", ("2.8.2", "2.8.1"), 1, "expat"),
        ("Lib/ensurepip/__init__.py", ("26.2.1", "26.2"), 1, "pip"),
        ("Include/patchlevel.h", ("PY_MICRO_VERSION 7", "PY_MICRO_VERSION 6"), 1, "cpython"),
    ],
)
def test_each_file_that_is_bumped_alone_is_reported_with_its_line(
    tree: Path, path: str, change: tuple[str, str], line: int, name: str
) -> None:
    before = set(lines(tree))
    edit(tree, path, *change)
    [first, *_] = [one for one in lines(tree) if one not in before and one.startswith(path)]
    assert first.startswith(f"{path}:{line}: {name}: states {name} ")


def test_a_bump_of_the_script_alone_names_every_file_that_it_left_behind(tree: Path) -> None:
    before = set(lines(tree))
    edit(tree, "PCbuild/get_externals.bat", "xz-5.2.5", "xz-5.8.1")
    found = {one.partition(": ")[0] for one in lines(tree)}
    assert found - {one.partition(": ")[0] for one in before} == {
        "PCbuild/python.props:8",
        "PCbuild/readme.txt:4",
    }


def test_an_sbom_that_lags_behind_the_code_is_reported_and_the_code_is_right(tree: Path) -> None:
    edit(tree, "Misc/sbom.spdx.json", '"versionInfo": "2.8.2"', '"versionInfo": "2.6.3"')
    [one] = [one for one in lines(tree) if "states expat" in one and "compiled" in one]
    assert one.endswith("states expat 2.6.3, but 2.8.2 is compiled (Modules/expat/expat.h:1)")


def test_a_property_of_something_that_is_not_fetched_is_reported(tree: Path) -> None:
    edit(tree, "PCbuild/python.props", "<lzmaDir>", "<zlibDir>$(X)zlib-1.3.1</zlibDir><lzmaDir>")
    assert any("states zlib 1.3.1, but the script does not fetch it" in o for o in lines(tree))


def test_vendored_code_that_windows_does_not_compile_is_reported(tree: Path) -> None:
    text = (tree / "Misc/sbom.spdx.json").read_text()
    (tree / "Misc/sbom.spdx.json").write_text(
        text.replace('"name": "macholib"', '"name": "mpdecimal"')
    )
    expected = "lists mpdecimal 1.0, but Windows builds compile mpdecimal-4.0.0"
    assert any(expected in one for one in lines(tree))


# Shipped files.


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
def test_the_file_that_an_external_ends_up_in_is_compared_with_the_manifest(
    tree: Path, path: str, old: str, new: str, sentence: str
) -> None:
    edit(tree, path, old, new)
    found = [one for one in check(tree) if one.code == "link-mismatch"]
    assert bool(found) is bool(sentence)
    assert not found or sentence in " ".join(one.message for one in found)


def test_a_file_that_the_manifest_states_and_no_project_makes_is_reported(tree: Path) -> None:
    edit(tree, "PCbuild/_lzma.vcxproj", ".pyd", ".dll")
    [found] = [one for one in check(tree) if one.subject == "component.xz _lzma.pyd"]
    assert Path(found.location.path) == tree.parent / "externals.toml"
    assert found.message == (
        "expected source.xz in _lzma.pyd, but the projects of the tree put it into _lzma.dll"
    )


def test_a_library_that_the_installer_has_and_no_component_owns_is_reported(tree: Path) -> None:
    source = tree / "Tools/msi/tcltk/tcltk_files.wxs"
    source.parent.mkdir(parents=True)
    source.write_text('<File Name="tcl90.dll" />\n<File Id="x" Name="tcl91.dll" />\n')
    assert {one for one in lines(tree) if "installs" in one} == {
        "Tools/msi/tcltk/tcltk_files.wxs:2: tcl91.dll: "
        "installs tcl91.dll, which belongs to no component of externals.toml"
    }


def without_sqlite(tree: Path) -> None:
    script = tree / "PCbuild/get_externals.bat"
    kept = [line for line in script.read_text().splitlines(keepends=True) if "sqlite" not in line]
    script.write_text("".join(kept))
    source = tree / "Tools/msi/lib/lib_files.wxs"
    source.parent.mkdir(parents=True)
    source.write_text('<Wix>\n<File Name="sqlite3.dll"/>\n<File Name="sqlite3_d.dll"/>\n</Wix>\n')


def test_all_that_names_a_removed_external_is_one_diagnostic(tree: Path, tmp_path: Path) -> None:
    without_sqlite(tree)
    manifest = regen(tree, tmp_path / "other.toml")
    [one] = check(tree, manifest)
    assert (one.code, one.subject) == ("stale-version", "PCbuild/python.props sqlite")
    assert re.fullmatch(
        r"states sqlite 3\.50\.4\.0, but the script does not fetch it; so do "
        r"PCbuild/readme\.txt:\d+, Tools/msi/lib/lib_files\.wxs:2, Tools/msi/lib/lib_files\.wxs:3",
        one.message,
    )


def test_a_removed_external_that_the_manifest_pins_is_reported_once(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    without_sqlite(tree)
    words = ["check", "--cpython", str(tree), "--manifest", str(tmp_path / "externals.toml")]
    lines = (tmp_path / "externals.toml").read_text("utf-8").splitlines()
    number = lines.index("[source.sqlite]") + 1
    assert main(words) == 1
    output = capsys.readouterr().out
    assert [line for line in output.splitlines() if "[error" in line] == [
        f"{tmp_path / 'externals.toml'}:{number}:1: source.sqlite: the script no longer fetches "
        "sqlite-3.50.4.0 [error: SBM402 not-in-script]"
    ]
    assert "stale-exemption" not in output


def test_what_is_fetched_as_a_source_is_compared_with_the_source(
    tree: Path, tmp_path: Path
) -> None:
    """The scripts of 3.5 and before fetch nasm, Tcl and Tk as sources only."""
    (tree / "PCbuild/get_externals.bat").write_text(
        "@echo off\nset S=http://svn.example.org/external/\n"
        "for %%e in (nasm-2.11.06 sqlite-3.8.11.0 tcl-core-8.6.4.2 tk-8.6.4.2) do "
        "svn export %S%%%e\n"
    )
    (tree / "PCbuild/readme.txt").write_text(
        "_sqlite3\n    Wraps SQLite 3.8.11.0, as an example\n"
        "_tkinter\n    Wraps version 8.6.4 of the Tk windowing system.\n"
    )
    for path in tree.glob("PCbuild/*.*proj*"):
        path.unlink()
    (tree / "PCbuild/tcltk.props").unlink()
    props = "<Project><PropertyGroup>\n<nasmDir>$(X)\\nasm-2.11.06\\</nasmDir>\n"
    (tree / "PCbuild/python.props").write_text(f"{props}</PropertyGroup></Project>\n")
    other = make_tree(tmp_path / "3.5", "3.5.10") / "Include/patchlevel.h"
    (tree / "Include/patchlevel.h").write_text(other.read_text())
    manifest = regen(tree, tmp_path / "other.toml")
    assert [one for one in check(tree, manifest) if one.code == "stale-version"] == []
    edit(tree, "PCbuild/readme.txt", "version 8.6.4 ", "version 8.6.6 ")
    edit(tree, "PCbuild/python.props", "nasm-2.11.06", "nasm-2.11.07")
    found = [one.message for one in check(tree, manifest) if one.code == "stale-version"]
    assert [message.partition(", but")[0] for message in found] == [
        "states nasm 2.11.07",
        "states tcltk 8.6.6",
    ]


# Checksums.


def test_a_checksum_in_an_sbom_of_the_tree_is_compared_with_the_recorded_one(tree: Path) -> None:
    edit(tree, "Misc/sbom.spdx.json", "ab" * 32, "cd" * 32)
    [one] = lines(tree)
    assert one.endswith(
        "expat: expected SHA-256 abababababab… of expat as in externals.toml, found cdcdcdcdcdcd…"
    )


def test_a_changed_file_is_found_by_name_and_line_ends_do_not_count(tree: Path) -> None:
    before = lines(tree)
    source = tree / "Modules/expat/x.c"
    source.write_bytes(b"int x;\r\n")
    assert lines(tree) == before
    source.write_bytes(b"int y;\n")
    [one] = [line for line in lines(tree) if line not in before]
    assert re.match(r"Misc/sbom\.spdx\.json:\d+: Modules/expat/x\.c: expected SHA1 ", one)
    assert " of Modules/expat/x.c, found " in one


def test_a_listed_file_that_is_missing_beside_others_is_reported(tree: Path) -> None:
    (tree / "Modules/expat/x.c").unlink()
    [one] = lines(tree)
    assert one.endswith("expat: expected 2 files of expat, found 1: Modules/expat/x.c is missing")


def test_what_a_redistributor_removed_is_one_warning_each(tree: Path, tmp_path: Path) -> None:
    assert lines(tree) == []
    for path in ("Modules/expat/expat.h", "Modules/expat/x.c", "Modules/expat/refresh.sh", PIP):
        (tree / path).unlink()
    assert [line.partition("externals.toml: ")[2] for line in lines(tree)] == [
        "vendored.expat: the source tree lacks expat 2.8.2",
        "vendored.pip: the source tree lacks pip 26.2.1 and the 1 package in it",
    ]
    assert {one.entry.severity for one in check(tree)} == {"warning"}
    manifest = tmp_path / "other.toml"
    manifest.write_bytes(COMMITTED.read_bytes())
    with manifest.open("a", encoding="utf-8") as file:
        for name in ("expat", "pip"):
            file.write('\n[[exemption]]\ndiagnostic = "unrecorded-code"\n')
            file.write(f'key = "vendored.{name}"\nreason = "Removed by a redistributor."\n')
    regen(tree, manifest)
    assert [line for line in lines(tree) if "lacks" in line] == lines(tree)
    assert check(tree, manifest) == []
    text = manifest.read_text(encoding="utf-8")
    assert "[vendored.macholib]" in text
    assert "[vendored.expat]" not in text
    assert "[vendored.pip" not in text
    assert main(["build", "--manifest", str(manifest), "--output", str(tmp_path / "out")]) == 0


def test_a_tree_without_an_sbom_vendors_what_its_headers_state(tmp_path: Path) -> None:
    """Trees of 3.12 and before: not every release of them has the SBOM."""
    tree = make_tree(tmp_path / "cpython", "3.12.10")
    (tree / "Misc/sbom.spdx.json").unlink()
    manifest = regen(tree, tmp_path / "other.toml")
    text = manifest.read_text(encoding="utf-8")
    assert '[vendored.expat]\nversion = "2.8.2"\n' in text
    [idna] = [one for one in read_manifest(text).vendored if one.name == "pip-idna"]
    assert (idna.version, idna.vendored_by) == ("3.18", "pip")
    regen(tree, manifest)
    assert manifest.read_text(encoding="utf-8") == text


def test_regen_prints_which_vendored_code_changed(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = regen(tree, tmp_path / "other.toml")
    edit(tree, "Modules/expat/expat.h", "MICRO_VERSION 2", "MICRO_VERSION 3")
    capsys.readouterr()
    [found] = [one for one in check(tree, manifest) if one.subject == "vendored.expat"]
    assert found.code == "vendored-changed"
    assert found.message == "expected 2.8.2 as recorded, found 2.8.3 in the source tree"
    regen(tree, manifest)
    assert "libexpat 2.8.2 -> 2.8.3: updated\n    vendored.expat\n" in capsys.readouterr().out
    assert "location" not in manifest.read_text().split("[vendored.expat]")[1].split("[")[
        0
    ].replace('download-location = "NOASSERTION"', "")


@pytest.mark.parametrize(
    ("data", "code", "sentence"),
    [
        (wheel("pip", "26.2.0"), "invalid-wheel", "contains pip 26.2.0, not what it is named"),
        (
            wheel("pip", "26.2.1").replace(b"Metadata-Version: 2.1", b"Metadata-Version: 2.2"),
            "invalid-wheel",
            "is damaged, or not a wheel",
        ),
        (wheel("pip", "26.2.1", "idna==3.19"), "checksum-mismatch", "as in externals.toml"),
        (b"not a wheel", "invalid-wheel", "is damaged, or not a wheel"),
    ],
)
def test_a_swapped_wheel_is_found(tree: Path, data: bytes, code: str, sentence: str) -> None:
    (tree / PIP).write_bytes(data)
    found = [one.message for one in check(tree) if one.code == code]
    assert any(sentence in message for message in found)


# Damaged and hostile trees.


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
        ("PCbuild/_bz2.vcxproj", b"not XML"),
        ("Modules/expat/expat.h", b"\0" * 100),
        (PIP, b"PK\x03\x04" + b"\0" * 80),
    ],
)
def test_a_damaged_file_never_breaks_the_check(tree: Path, path: str, data: bytes) -> None:
    (tree / path).write_bytes(data)
    assert isinstance(check(tree), list)


def test_an_sbom_that_is_not_json_is_an_invalid_document(tree: Path) -> None:
    (tree / "Misc/sbom.spdx.json").write_text("<<<<<<< HEAD\n{}")
    [found] = [one for one in check(tree) if one.code == "invalid-document"]
    assert found.exemption_key == "Misc/sbom.spdx.json"


def test_a_file_that_msbuild_cannot_read_is_an_input_error(tree: Path) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "b">]><Project/>'
    (tree / "PCbuild/python.props").write_text(bomb)
    [found] = [one for one in check(tree) if one.code == "input-error"]
    assert "declares a document type" in found.message
