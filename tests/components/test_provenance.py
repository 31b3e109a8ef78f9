"""What an SBOM says of where a component comes from, in words for everybody."""

from __future__ import annotations

import re

import msgspec
from manifests import committed, entries, entry_of, for_entry

from sbom.components.component import Build, Component
from sbom.components.resolve import resolve_components, root_component
from sbom.manifest.external_key import parse_external_key
from sbom.manifest.updates import replace_pins


def component(version: str, name: str) -> Component:
    """Return the component of a name in the release build of a CPython version."""
    manifest = for_entry(entry_of(version))
    found = resolve_components(manifest, Build(platform="amd64"))
    return next(one for one in found if one.name == name)


def test_a_prebuilt_binary_names_the_source_it_was_built_from() -> None:
    source = for_entry(entry_of("3.14.7")).get_pin(parse_external_key("source.openssl"))
    assert source is not None
    sha256 = f", SHA-256 {source.sha256}" if source.sha256 else ""
    openssl = component("3.14.7", "openssl")
    assert openssl.version == "3.5.7"
    assert openssl.source_info == (
        "tag openssl-bin-3.5.7 of python/cpython-bin-deps; "
        "commit 3217be5a2a7e20dbc5f5b5160ef21a9c84de7138; prebuilt from source tag openssl-3.5.7 "
        f"(https://github.com/python/cpython-source-deps/archive/refs/tags/openssl-3.5.7.tar.gz{sha256})"
    )


def test_a_packaging_revision_is_stated_beside_the_version() -> None:
    sqlite = component("3.14.7", "sqlite")
    assert sqlite.version == "3.50.4"
    assert sqlite.source_info == (
        "tag sqlite-3.50.4.0 of python/cpython-source-deps; packaged as revision 3.50.4.0"
    )


def test_an_external_without_a_revision_is_a_branch() -> None:
    libffi = component("3.10.0a7", "libffi")
    assert libffi.version == "3.3-rc0"
    assert libffi.download_location.endswith("/cpython-bin-deps/archive/refs/heads/libffi.tar.gz")
    assert libffi.source_info.startswith("branch libffi of python/cpython-bin-deps")


def test_a_directory_of_subversion_is_not_an_archive() -> None:
    bzip2 = component("3.5.3+", "bzip2")
    assert bzip2.download_location == "svn+http://svn.example.org/external/bzip2-1.0.6"
    assert bzip2.source_info == "directory bzip2-1.0.6 of http://svn.example.org/external"
    assert (bzip2.file_name, bzip2.comment) == ("", "")
    assert "vcs_url=svn%2Bhttp" in bzip2.purl


def test_a_source_of_another_revision_is_not_the_one_a_binary_was_built_from() -> None:
    tk = component("3.14.7", "tk")
    other = "the source that PCbuild/get_externals.bat fetches is another: tag tk-9.0.4.1 ("
    assert other in tk.source_info
    assert "prebuilt from source" not in tk.source_info


def test_a_tree_after_a_release_is_not_its_archive() -> None:
    manifest = for_entry(entry_of("3.14.7"))
    later = manifest.for_version("3.14.7+")
    python = root_component(later, Build(platform="amd64"))
    assert (python.download_location, python.checksums) == ("NOASSERTION", ())
    assert python.source_info.endswith("built from a tree after tag v3.14.7")


def test_the_root_is_the_source_release_of_python() -> None:
    python = root_component(for_entry(entry_of("3.14.7")), Build(platform="amd64"))
    assert (python.name, python.version) == ("python", "3.14.7")
    assert python.download_location == "https://www.python.org/ftp/python/3.14.7/Python-3.14.7.tgz"


def test_a_pre_release_is_in_the_directory_of_its_release() -> None:
    cpython = committed().for_version("3.15.0rc1").cpython
    assert (
        cpython.source_location == "https://www.python.org/ftp/python/3.15.0/Python-3.15.0rc1.tgz"
    )


def test_no_text_names_a_key_of_the_manifest_or_a_file_on_this_machine() -> None:
    for entry in entries()[::25]:
        manifest = for_entry(entry)
        keys = {str(pin.key) for pin in manifest.pins}
        for one in resolve_components(manifest, Build(platform="amd64")):
            text = f"{one.source_info} {one.comment} {one.annotation}"
            assert not any(key in text.split() for key in keys)
            assert not re.search(r"\.toml|(^|[ (])/", text)


def test_no_component_states_the_checksum_or_address_of_what_contains_it() -> None:
    manifest = committed()
    found = resolve_components(manifest, Build(platform="amd64"))
    inside = [one for one in found if one.source_info.startswith("vendored in pip")]
    assert len(inside) == 18
    for one in inside:  # as the package index has them
        file = one.download_location.rpartition("/")[2]
        assert file.lower().startswith(f"{one.name.replace('-', '_')}-{one.version}"), file
        assert (one.file_name, len(one.checksums)) == (file, 1)
    assert len({one.checksums for one in found if one.checksums}) == sum(
        bool(one.checksums) for one in found
    )
    python = root_component(manifest)
    [mimalloc] = [one for one in found if one.name == "mimalloc"]
    assert (mimalloc.checksums, mimalloc.download_location) == ((), "NOASSERTION")
    assert mimalloc.purl == f"pkg:generic/mimalloc@{mimalloc.version}"
    assert not any(one.checksums == python.checksums for one in found)


def test_a_checksum_is_stated_by_one_version_of_an_upstream_package_alone() -> None:
    for entry in entries()[::20]:
        seen: dict[str, str] = {}
        for one in resolve_components(for_entry(entry), Build(platform="amd64")):
            sha256 = dict(one.checksums).get("SHA256", one.name)
            assert seen.setdefault(sha256, one.name) == one.name


def test_vendored_code_states_its_own_distribution() -> None:
    manifest = committed()
    vendored = {one.name: one for one in manifest.current_vendored}
    found = {one.name: one for one in resolve_components(manifest, Build(platform="amd64"))}
    for name, key in (("pip", "pip"), ("libexpat", "expat"), ("hacl-star", "hacl-star")):
        assert found[name].checksums == (("SHA256", vendored[key].sha256),)
    assert found["pip"].file_name == vendored["pip"].wheel
    assert found["libexpat"].download_location == vendored["expat"].download_location


def test_what_is_prebuilt_together_states_no_checksum_but_names_its_archive() -> None:
    manifest = for_entry(entry_of("3.13.0rc2"))
    pins = {pin.tag: pin for pin in manifest.pins}
    bundle = next(pin for tag, pin in pins.items() if tag.startswith("tcltk-"))
    known = msgspec.structs.replace(bundle, sha256="ab" * 32)
    manifest = replace_pins(manifest, {bundle.key: known})
    found = {one.name: one for one in resolve_components(manifest, Build(platform="amd64"))}
    for name in ("tcl", "tk", "libtommath"):
        one = found[name]
        assert (one.checksums, one.file_name) == ((), "")
        assert one.download_location.endswith(f"/{bundle.tag}.tar.gz")
        assert "checksum" not in one.purl
        assert f"contains other components too; its SHA-256 is {'ab' * 32}." in one.comment
    assert found["openssl"].file_name.startswith("openssl-bin-")
