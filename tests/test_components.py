"""Every component is named so that scanners, license tools and auditors find it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from manifests import committed, entries, entry_of, for_entry
from packageurl import PackageURL

from sbom.components.identifiers import cpes
from sbom.components.resolve import Build, Component, resolve_components, root_component
from sbom.manifest.external_key import EntryKind, parse_external_key
from sbom.manifest.model import Manifest

#: NVD vendor:product, license and upstream version of what release builds of a line hold.
EXPECTED = {
    "3.14.7": {
        "bzip2": ("1.0.8", "bzip2-1.0.6", "bzip:bzip2:1.0.8:*"),
        "libffi": ("3.4.4", "MIT", "libffi_project:libffi:3.4.4:*"),
        "libtommath": ("1.3.0", "Unlicense", "libtom:libtommath:1.3.0:*"),
        "llvm": ("19.1.7", "Apache-2.0 WITH LLVM-exception", "llvm:llvm:19.1.7:*"),
        "mpdecimal": ("4.0.0", "BSD-2-Clause", "bytereef:mpdecimal:4.0.0:*"),
        "openssl": ("3.5.7", "Apache-2.0", "openssl:openssl:3.5.7:*"),
        "sqlite": ("3.50.4", "blessing", "sqlite:sqlite:3.50.4:*"),
        "tcl": ("9.0.4", "TCL", "tcl:tcl:9.0.4:*"),
        "tk": ("9.0.4", "TCL", "tcl_tk:tcl_tk:9.0.4:*"),
        "vcruntime": ("14.42.34226.3", "LicenseRef-Microsoft-Visual-Cpp-Runtime", ""),
        "xz": ("5.2.5", "LicenseRef-scancode-public-domain", "tukaani:xz:5.2.5:*"),
        "zlib": ("1.3.2", "Zlib", "zlib:zlib:1.3.2:*"),
        "zlib-ng": ("2.2.4", "Zlib", ""),
        "zstandard": ("1.5.7", "BSD-3-Clause", "facebook:zstandard:1.5.7:*"),
    },
    "3.11.5": {
        "bzip2": ("1.0.8", "bzip2-1.0.6", "bzip:bzip2:1.0.8:*"),
        "libffi": ("3.4.4", "MIT", "libffi_project:libffi:3.4.4:*"),
        "libtommath": ("1.2.0", "Unlicense", "libtom:libtommath:1.2.0:*"),
        "openssl": ("3.0.9", "Apache-2.0", "openssl:openssl:3.0.9:*"),
        "sqlite": ("3.42.0", "blessing", "sqlite:sqlite:3.42.0:*"),
        "tcl": ("8.6.12", "TCL", "tcl:tcl:8.6.12:*"),
        "tix": ("8.4.3", "TCL", ""),
        "tk": ("8.6.12", "TCL", "tcl_tk:tcl_tk:8.6.12:*"),
        "vcruntime": ("14", "LicenseRef-Microsoft-Visual-Cpp-Runtime", ""),
        "xz": ("5.2.5", "LicenseRef-scancode-public-domain", "tukaani:xz:5.2.5:*"),
        "zlib": ("1.2.13", "Zlib", "zlib:zlib:1.2.13:*"),
        "zlib (tcltk)": ("1.2.11", "Zlib", "zlib:zlib:1.2.11:*"),
    },
    "2.7.13": {
        "berkeley_db": ("4.7.25", "Sleepycat AND BSD-3-Clause", "oracle:berkeley_db:4.7.25:*"),
        "bzip2": ("1.0.6", "bzip2-1.0.6", "bzip:bzip2:1.0.6:*"),
        "netwide_assembler": ("2.11.06", "BSD-2-Clause", "nasm:netwide_assembler:2.11.06:*"),
        "openssl": ("1.0.2j", "OpenSSL", "openssl:openssl:1.0.2j:*"),
        "sqlite": ("3.8.11", "blessing", "sqlite:sqlite:3.8.11:*"),
        "vcruntime": ("9.0", "LicenseRef-Microsoft-Visual-Cpp-Runtime", ""),
    },
}


def named(component: Component) -> str:
    bundled = component.name == "zlib" and str(component.external) == "binary.tcltk"
    return "zlib (tcltk)" if bundled and "-binary" in component.id else component.name


@pytest.mark.parametrize("version", EXPECTED)
def test_names_versions_licenses_and_cpes_are_those_that_are_known_elsewhere(version: str) -> None:
    manifest = for_entry(entry_of(version))
    found = {
        named(c): (
            c.version,
            c.license,
            c.cpes[0].removeprefix("cpe:2.3:a:")[:-12] if c.cpes else "",
        )
        for c in resolve_components(manifest, Build(platform="amd64"))
        if not (c.external and c.external.kind is EntryKind.VENDORED)
    }
    assert found == EXPECTED[version]


def all_components() -> list[tuple[Manifest, Component]]:
    return [
        (manifest, component)
        for manifest in (for_entry(entry) for entry in entries()[::9])
        for platform in ("win32", "amd64", "arm64")
        for component in resolve_components(manifest, Build(platform=platform))
    ]


def test_each_component_of_each_release_has_one_purl_and_agreeing_versions() -> None:
    for _, component in all_components():
        purl = PackageURL.from_string(component.purl)
        assert purl.name == component.name
        assert (purl.version or "") == component.version
        for cpe in component.cpes:
            assert cpe.split(":")[5] == component.version.replace("-rc0", "")


def test_each_external_of_the_release_build_becomes_a_component() -> None:
    for entry in entries()[::9]:
        manifest = for_entry(entry)
        named_externals = {
            c.external for c in resolve_components(manifest, Build(platform="amd64"))
        }
        default = {pin.key for pin in manifest.pins if pin.default}
        assert default <= named_externals


def files(component: Component) -> tuple[str, ...]:
    return tuple(name for link in component.links for name in link.files)


def by_name(version: str, platform: str = "amd64") -> dict[str, Component]:
    return {
        named(c): c
        for c in resolve_components(for_entry(entry_of(version)), Build(platform=platform))
    }


def test_a_bundle_is_described_as_what_it_holds() -> None:
    bundle = [
        c
        for c in resolve_components(committed(), Build(platform="amd64"))
        if str(c.external) == "binary.tcltk"
    ]
    assert [(c.name, files(c)) for c in bundle] == [
        ("libtommath", ("libtommath.dll",)),
        ("tcl", ("tcl90.dll",)),
        ("tk", ("tcl9tk90.dll",)),
        ("zlib", ("zlib1.dll",)),
    ]
    assert {c.file_name for c in bundle} == {"tcltk-9.0.4.0.tar.gz"}


def test_files_have_the_names_of_their_platform() -> None:
    found = {p: files(by_name("3.14.7", p)["openssl"]) for p in ("win32", "amd64", "arm64")}
    assert found == {
        "win32": ("libcrypto-3.dll", "libssl-3.dll"),
        "amd64": ("libcrypto-3.dll", "libssl-3.dll"),
        "arm64": ("libcrypto-3-arm64.dll", "libssl-3-arm64.dll"),
    }
    assert files(by_name("3.14.7")["zlib-ng"]) == ("python314.dll",)
    assert files(by_name("3.14.7", "win32")["vcruntime"]) == ("vcruntime140.dll",)


def test_the_tag_is_told_apart_from_the_version() -> None:
    openssl = by_name("3.14.7")["openssl"]
    assert openssl.version == "3.5.7"
    assert openssl.source_info == (
        "cpython-bin-deps tag openssl-bin-3.5.7; prebuilt from source tag openssl-3.5.7 "
        "(https://github.com/python/cpython-source-deps/archive/refs/tags/openssl-3.5.7.tar.gz, "
        "SHA-256 a97fc8f59aed65a9f1d1fd68a4b9d9b4a8eb1c09b5b7a8b0b6e4e5f8a7e1d3c2)"
    ).replace(
        "a97fc8f59aed65a9f1d1fd68a4b9d9b4a8eb1c09b5b7a8b0b6e4e5f8a7e1d3c2",
        pinned("source.openssl"),
    )
    sqlite = by_name("3.14.7")["sqlite"]
    assert sqlite.source_info == (
        "cpython-source-deps tag sqlite-3.50.4.0; packaging revision 3.50.4.0 (rebuild 0)"
    )


def pinned(key: str) -> str:
    pin = committed().get_pin(parse_external_key(key))
    assert pin is not None
    return pin.sha256


def test_an_unversioned_external_has_no_version_and_no_cpe() -> None:
    entry = next(e for e in entries() if any(p["tag"] == "python.pgd" for p in e["pins"]))
    [profile] = [
        c
        for c in resolve_components(for_entry(entry), Build(platform="amd64"))
        if c.name == "python.pgd"
    ]
    assert (profile.version, profile.cpes) == ("", ())
    assert PackageURL.from_string(profile.purl).version is None


def test_the_floating_branch_of_libffi_is_called_one() -> None:
    libffi = by_name("3.10.0a7")["libffi"]
    assert libffi.version == "3.3-rc0"
    assert libffi.location.endswith("/cpython-bin-deps/archive/refs/heads/libffi.tar.gz")
    assert libffi.source_info.startswith("cpython-bin-deps branch libffi")


def test_a_folder_of_subversion_is_no_archive() -> None:
    bzip2 = by_name("3.5.3+")["bzip2"]
    assert bzip2.location == "svn+http://svn.example.org/external/bzip2-1.0.6"
    assert (bzip2.file_name, bzip2.comment) == ("", "")
    assert "vcs_url=svn%2Bhttp" in bzip2.purl


def test_one_version_of_a_component_is_named_once_with_all_its_links() -> None:
    """syft drops the second of two packages that share name and version."""
    entry = entry_of("3.13.0a4")
    pins = [
        {**pin, "tag": {"zlib-1.2.13": "zlib-1.3.1"}.get(pin["tag"], pin["tag"])}
        for pin in entry["pins"]
    ]
    pins = [
        {**pin, "tag": "tcltk-8.6.14.0" if pin["tag"].startswith("tcltk") else pin["tag"]}
        for pin in pins
    ]
    found = resolve_components(for_entry({**entry, "pins": pins}), Build(platform="amd64"))
    [zlib] = [c for c in found if c.name == "zlib"]
    assert [(link.kind, link.files) for link in zlib.links] == [
        ("static", ("python313.dll",)),
        ("dynamic", ("zlib1.dll",)),
    ]
    assert zlib.file_name == "zlib-1.3.1.tar.gz"
    assert "; also from cpython-bin-deps tag tcltk-8.6.14.0" in zlib.source_info


def test_one_version_linked_twice_the_same_way_is_one_link_into_both() -> None:
    """Zlib 1.2.11 was in python39.dll and, by itself, in tcl86t.dll."""
    [zlib] = [c for c in by_name("3.9.1").values() if c.name == "zlib"]
    assert [(link.kind, link.files) for link in zlib.links] == [
        ("static", ("python39.dll", "tcl86t.dll")),
    ]


def test_a_source_of_another_revision_is_not_called_provenance() -> None:
    tk = by_name("3.14.7")["tk"]
    assert "the script names source tag tk-9.0.4.1" in tk.source_info
    assert tk.source_info.count("prebuilt from") == 0


def test_a_tree_after_a_release_is_not_its_archive() -> None:
    manifest = committed()
    later = replace(manifest, cpython=replace(manifest.cpython, version="3.14.7+"))
    python = root_component(later, Build(platform="amd64"))
    assert (python.location, python.checksums) == ("NOASSERTION", ())
    assert python.source_info.endswith("built from a tree after tag v3.14.7")


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("3.15.0rc1", "cpe:2.3:a:python:python:3.15.0:rc1:*:*:*:*:*:*"),
        ("3.15.0a7", "cpe:2.3:a:python:python:3.15.0:alpha7:*:*:*:*:*:*"),
        ("3.15.0b2", "cpe:2.3:a:python:python:3.15.0:beta2:*:*:*:*:*:*"),
        ("3.3-rc0", "cpe:2.3:a:python:python:3.3:rc0:*:*:*:*:*:*"),
        ("1.1.1k", "cpe:2.3:a:python:python:1.1.1k:*:*:*:*:*:*:*"),
        ("1.0+2", "cpe:2.3:a:python:python:1.0\\+2:*:*:*:*:*:*:*"),
    ],
)
def test_a_cpe_has_pre_releases_in_its_update_field(version: str, expected: str) -> None:
    assert cpes(["python:python"], version) == (expected,)


def test_the_root_is_python_at_the_tag_it_is_built_from() -> None:
    python = root_component(committed(), Build(platform="amd64"))
    assert (python.name, python.version) == ("python", "3.14.7")
    assert python.location == "https://www.python.org/ftp/python/3.14.7/Python-3.14.7.tgz"


def test_a_pre_release_is_in_the_folder_of_its_release() -> None:
    cpython = replace(committed().cpython, version="3.15.0rc1")
    assert (
        cpython.source_location == "https://www.python.org/ftp/python/3.15.0/Python-3.15.0rc1.tgz"
    )


def test_components_do_not_depend_on_the_order_of_tables() -> None:
    manifest = committed()
    turned: Any = replace(manifest, pins=manifest.pins[::-1], components=manifest.components[::-1])
    assert resolve_components(turned, Build(platform="arm64")) == resolve_components(
        manifest, Build(platform="arm64")
    )
