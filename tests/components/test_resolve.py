"""Every component is named so that scanners, license tools and auditors find it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from manifests import committed, entries, entry_of, for_entry
from packageurl import PackageURL

from sbom.components.component import Build, Component
from sbom.components.resolve import resolve_components
from sbom.manifest.external_key import EntryKind
from sbom.manifest.model import Manifest

#: NVD vendor:product, license and upstream version of what release builds of a line hold.
EXPECTED = {
    "3.14.7": {
        "bzip2": ("1.0.8", "bzip2-1.0.6", "bzip:bzip2:1.0.8:*"),
        "libffi": ("3.4.4", "MIT", "libffi_project:libffi:3.4.4:*"),
        "libtommath": ("1.3.0", "Unlicense", "libtom:libtommath:1.3.0:*"),
        "llvm": ("19.1.7", "Apache-2.0 WITH LLVM-exception", ""),
        "mpdecimal": ("4.0.0", "BSD-2-Clause", "bytereef:mpdecimal:4.0.0:*"),
        "openssl": ("3.5.7", "Apache-2.0", "openssl:openssl:3.5.7:*"),
        "sqlite": ("3.50.4", "blessing", "sqlite:sqlite:3.50.4:*"),
        "tcl": ("9.0.4", "TCL", "tcl:tcl:9.0.4:*"),
        "tk": ("9.0.4", "TCL", "tcl_tk:tcl_tk:9.0.4:*"),
        "vcruntime": ("14.51.36247.0", "LicenseRef-Microsoft-Visual-Cpp-Runtime", ""),
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
        "netwide_assembler": ("2.11.06", "BSD-2-Clause", ""),
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
            c.license_concluded,
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
    return tuple(name for link in component.linkages for name in link.files)


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
    assert {c.download_location.rpartition("/")[2] for c in bundle} == {"tcltk-9.0.4.0.tar.gz"}
    assert {(c.file_name, c.checksums) for c in bundle} == {("", ())}


def test_files_have_the_names_of_their_platform() -> None:
    found = {p: files(by_name("3.14.7", p)["openssl"]) for p in ("win32", "amd64", "arm64")}
    assert found == {
        "win32": ("libcrypto-3.dll", "libssl-3.dll"),
        "amd64": ("libcrypto-3.dll", "libssl-3.dll"),
        "arm64": ("libcrypto-3-arm64.dll", "libssl-3-arm64.dll"),
    }
    assert files(by_name("3.14.7")["zlib-ng"]) == ("python314.dll",)
    assert files(by_name("3.14.7", "win32")["vcruntime"]) == ("vcruntime140.dll",)


def test_an_unversioned_external_has_no_version_and_no_cpe() -> None:
    entry = next(e for e in entries() if any(p["tag"] == "python.pgd" for p in e["pins"]))
    [profile] = [
        c
        for c in resolve_components(for_entry(entry), Build(platform="amd64"))
        if c.name == "python.pgd"
    ]
    assert (profile.version, profile.cpes) == ("", ())
    assert PackageURL.from_string(profile.purl).version is None


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
    assert [(link.kind, link.files) for link in zlib.linkages] == [
        ("static", ("python313.dll",)),
        ("dynamic", ("zlib1.dll",)),
    ]
    assert zlib.file_name == "zlib-1.3.1.tar.gz"
    assert "; also from tag tcltk-8.6.14.0 of python/cpython-bin-deps" in zlib.source_info


def test_one_version_linked_twice_the_same_way_is_one_link_into_both() -> None:
    """Zlib 1.2.11 was in python39.dll and, by itself, in tcl86t.dll."""
    [zlib] = [c for c in by_name("3.9.1").values() if c.name == "zlib"]
    assert [(link.kind, link.files) for link in zlib.linkages] == [
        ("static", ("python39.dll", "tcl86t.dll")),
    ]


def test_components_do_not_depend_on_the_order_of_tables() -> None:
    manifest = committed()
    turned: Any = replace(manifest, pins=manifest.pins[::-1], components=manifest.components[::-1])
    assert resolve_components(turned, Build(platform="arm64")) == resolve_components(
        manifest, Build(platform="arm64")
    )


def test_a_build_tool_has_no_cpe() -> None:
    found = {one.name: one for one in resolve_components(committed(), Build(platform="amd64"))}
    assert (found["llvm"].version, found["llvm"].cpes) == ("19.1.7", ())
    assert found["zstandard"].cpes


def test_setuptools_in_pip_is_only_its_pkg_resources() -> None:
    found = {one.name: one for one in resolve_components(committed(), Build(platform="amd64"))}
    setuptools = found["setuptools"]
    assert setuptools.purl == "pkg:pypi/setuptools@70.3.0#pkg_resources"
    assert setuptools.cpes == ()


def test_the_identifiers_of_idna_are_those_of_the_dictionary() -> None:
    found = {one.name: one for one in resolve_components(committed(), Build(platform="amd64"))}
    product = "kjd:internationalized_domain_names_in_applications"
    assert found["idna"].cpes == (f"cpe:2.3:a:{product}:3.18:*:*:*:*:*:*:*",)
    installer = Build(platform="amd64", channel="installer")
    [wix] = [one for one in resolve_components(committed(), installer) if one.name == "wix"]
    assert wix.version == "3.14.1"
    assert wix.cpes == ("cpe:2.3:a:firegiant:wix_toolset:3.14.1:*:*:*:*:*:*:*",)


@pytest.mark.parametrize("version", ["3.8.4", "3.9.19"])
def test_several_versions_in_stubs_of_distutils_are_components_of_their_own(version: str) -> None:
    """Read in 3.8.4 and 3.9.2: each stub of bdist_wininst has the zlib of its compiler's time."""
    manifest = for_entry(entry_of(version))
    components = resolve_components(manifest, Build(platform="amd64"), include_optional=True)
    assert len({component.id for component in components}) == len(components)
    stubs = {
        (component.version, name.rpartition("/")[2])
        for component in components
        for link in component.linkages
        for name in link.optional_files
        if "wininst" in name and component.key == "zlib"
    }
    assert stubs == {
        ("1.2.3", "wininst-6.0.exe"),
        ("1.2.3", "wininst-7.1.exe"),
        ("1.2.3", "wininst-8.0.exe"),
        ("1.2.3", "wininst-9.0*.exe"),
        ("1.2.5", "wininst-10.0*.exe"),
        ("1.2.8", "wininst-14.0*.exe"),
    }
