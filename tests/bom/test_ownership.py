"""Which component a shipped file belongs to, and what is missing, unowned or excluded."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from manifests import committed

from sbom.bom.expected_contents import ExpectedContents, OwnedPaths, expected_contents
from sbom.bom.ownership import FileOwnership, Inventory, assign_owners, present_components
from sbom.components.component import Build

WHEEL = "Lib/ensurepip/_bundled/pip-26.2-py3-none-any.whl"


def layout(*variants: str) -> ExpectedContents:
    builds = [Build(platform="amd64", variant=variant) for variant in variants or ("default",)]
    return expected_contents(committed(), builds)


def artifact(channel: str) -> ExpectedContents:
    manifest = committed()
    [found] = [one for one in manifest.channels if one.name == channel]
    return expected_contents(manifest, [Build(platform="amd64", channel=channel)], found)


def missing_names(inventory: Inventory) -> set[str]:
    return {name for _, name in inventory.missing}


def owners_of(paths: Iterable[str]) -> set[tuple[str, str, str]]:
    ownership = assign_owners(paths, layout()).ownership
    return {(one.path, one.component, one.kind) for one in ownership}


def test_a_dll_belongs_to_its_component_and_an_extension_contains_it() -> None:
    assert owners_of(["DLLs/sqlite3.dll", "DLLs/_bz2.pyd"]) == {
        ("DLLs/sqlite3.dll", "sqlite", "dynamic"),
        ("DLLs/_bz2.pyd", "bzip2", "static"),
    }


def test_the_case_and_the_directory_of_a_dll_do_not_matter() -> None:
    assert owners_of(["SQLITE3.DLL"]) == {("SQLITE3.DLL", "sqlite", "dynamic")}


def test_a_wheel_belongs_to_its_own_package_and_shows_what_is_in_it() -> None:
    inventory = assign_owners([WHEEL], layout())
    assert inventory.ownership == (FileOwnership(WHEEL, "pip", "bundled"),)
    assert {"pip", "certifi", "urllib3"} <= inventory.present.keys()


@pytest.mark.parametrize("path", ["evil.dll", "Lib/evil.exe", "Lib/site-packages/x.py"])
def test_a_file_of_no_component_is_unowned(path: str) -> None:
    inventory = assign_owners([path, "Lib/os.py"], layout())
    assert inventory.unowned == (path,)
    assert inventory.owned == {"Lib/os.py": "cpython"}


def test_each_variant_has_its_own_file_names() -> None:
    name = "DLLs/_bz2.cp314t-win_amd64.pyd"
    assert assign_owners([name], layout()).unowned == (name,)
    both = assign_owners([name, "DLLs/_bz2.pyd"], layout("default", "free-threaded"))
    assert both.unowned == ()
    assert {one.component for one in both.ownership} == {"bzip2"}


def test_a_file_of_both_variants_has_an_owner_once() -> None:
    inventory = assign_owners(["DLLs/sqlite3.dll"], layout("default", "free-threaded"))
    assert [one.component for one in inventory.ownership] == ["sqlite"]


def test_every_file_of_a_library_must_be_there_and_one_of_a_bundle() -> None:
    inventory = assign_owners(["DLLs/libcrypto-3.dll", WHEEL], layout())
    assert "libssl-3.dll" in missing_names(inventory)
    assert "libcrypto-3.dll" not in missing_names(inventory)
    assert "pip" not in {component for component, _ in inventory.missing}


def test_present_components_name_only_the_files_that_are_there() -> None:
    expected = layout()
    inventory = assign_owners(["DLLs/libcrypto-3.dll"], expected)
    present = {one.id: one for one in present_components(expected, inventory)}
    assert [link.files for link in present["openssl"].linkages] == [("libcrypto-3.dll",)]
    assert "sqlite" not in present
    assert "llvm" in present  # a build tool


def test_paths_in_an_artifact_start_behind_its_prefix() -> None:
    paths = ["tools/DLLs/sqlite3.dll", "DLLs/sqlite3.dll", "python.nuspec"]
    inventory = assign_owners(paths, artifact("nuget"))
    assert [one.path for one in inventory.ownership] == ["tools/DLLs/sqlite3.dll"]
    assert inventory.unowned == ("DLLs/sqlite3.dll",)  # and the .nuspec belongs to the package


def test_what_a_channel_excludes_is_reported_if_present_and_not_missing() -> None:
    inventory = assign_owners(["tcl90.dll", "Lib/tkinter/__init__.py"], artifact("embed"))
    assert inventory.excluded_present == ("Lib/tkinter/__init__.py", "tcl90.dll")
    assert missing_names(inventory).isdisjoint({"tcl90.dll", "tcl9tk90.dll", "zlib1.dll"})


def test_files_in_a_nested_archive_show_a_component_and_own_nothing() -> None:
    nested = ["Lib/ctypes/macholib/dyld.pyc"]
    inventory = assign_owners(["python314.zip"], artifact("embed"), nested)
    assert "macholib" in inventory.present
    assert inventory.ownership == ()


@pytest.mark.parametrize(
    ("path", "owned"),
    [
        ("Lib/os.py", True),
        ("Lib/site-packages/README.txt", True),
        ("Lib/site-packages/evil/x.py", False),
        ("Lib/evil.dll", False),
        ("DLLs/_ssl.pyd", True),
        ("DLLs/_evil.pyd", False),
        ("python.exe", True),
        ("Lib/python.exe", False),
        ("DLLs/python.cat", True),
        ("evil.txt", False),
    ],
)
def test_cpython_owns_what_it_builds_and_nothing_else(path: str, owned: bool) -> None:  # noqa: FBT001
    assert (path in OwnedPaths(committed().get_component("cpython").owns)) is owned
