"""What changed between manifests: bumps of real externals, and every other key."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from manifests import COMMITTED, committed, entry_of, for_entry, regenerated, script_of

from sbom.changes.change import ChangeKind, ChangeSet, ComponentChange
from sbom.changes.manifests import compare_manifests
from sbom.checks.manifest_entries import check_manifest
from sbom.manifest.read import read_manifest

TEXT = COMMITTED.read_text(encoding="utf-8")


def compare(text: str) -> ChangeSet:
    """Return what changed from the manifest of the tests to another text."""
    new = read_manifest(text)
    return compare_manifests(committed(), new, "old", "new", check_manifest(new))


def bumped(*tags: tuple[str, str]) -> ChangeSet:
    script = script_of(entry_of("3.14.7"))
    for old, new in tags:
        assert old in script
        script = script.replace(old, new)
    return compare(regenerated(TEXT, script))


def edited(old: str, new: str) -> ChangeSet:
    assert TEXT.count(old) == 1
    return compare(TEXT.replace(old, new))


def facts(change: ComponentChange) -> Mapping[tuple[str, str], tuple[str, str]]:
    return {
        (one.subject, one.fact): (", ".join(one.old), ", ".join(one.new)) for one in change.facts
    }


def test_a_manifest_has_no_differences_from_itself() -> None:
    assert compare(TEXT).is_empty
    assert compare(TEXT.replace("\n[source.zstd]", "\n# A remark.\n[source.zstd]")).is_empty


def test_a_bump_of_openssl_shows_all_that_a_reviewer_decides_by() -> None:
    [openssl] = bumped(
        ("openssl-3.5.7", "openssl-3.5.8"), ("openssl-bin-3.5.7", "openssl-bin-3.5.8")
    ).components
    assert (openssl.name, openssl.old_version, openssl.new_version) == ("openssl", "3.5.7", "3.5.8")
    assert openssl.kinds == (ChangeKind.UPDATED,)
    found = facts(openssl)
    assert found["binary.openssl-bin", "tag"] == ("openssl-bin-3.5.7", "openssl-bin-3.5.8")
    assert found["source.openssl", "tag"] == ("openssl-3.5.7", "openssl-3.5.8")
    # The commit of openssl-bin-3.5.7 in cpython-bin-deps; that of the new tag is not known yet.
    assert found["binary.openssl-bin", "commit"] == ("3217be5a2a7e20dbc5f5b5160ef21a9c84de7138", "")
    assert openssl.archives == (
        "https://github.com/python/cpython-bin-deps/archive/refs/tags/openssl-bin-3.5.8.tar.gz",
        "https://github.com/python/cpython-source-deps/archive/refs/tags/openssl-3.5.8.tar.gz",
    )
    assert any("libssl-3.dll" in sentence for sentence in openssl.ships)
    assert [sentence.partition(";")[0] for sentence in openssl.remaining] == [
        "binary.openssl-bin: no checksum of openssl-bin-3.5.8 is recorded",
        "source.openssl: no checksum of openssl-3.5.8 is recorded",
    ]


def test_a_bump_that_changes_the_license_says_so() -> None:
    """XZ Utils are under 0BSD since 5.6.0: https://tukaani.org/xz/."""
    [xz] = bumped(("xz-5.2.5", "xz-5.8.1")).components
    assert ChangeKind.RELICENSED in xz.kinds
    assert facts(xz)["", "license-concluded"] == ("LicenseRef-scancode-public-domain", "0BSD")


def test_a_bump_of_a_bundle_concerns_all_that_is_in_it() -> None:
    changes = bumped(("tcltk-9.0.4.0", "tcltk-9.0.5.0"))
    assert {"tcl", "tk"} <= {change.name for change in changes.components}
    by_name = {change.name: change for change in changes.components}
    assert facts(by_name["tk"])["binary.tcltk", "tag"] == ("tcltk-9.0.4.0", "tcltk-9.0.5.0")


def test_another_archive_of_the_same_tag_is_a_re_pin() -> None:
    sha256 = "ab8d1b0cc087c20d4c32c0e4fcf7d0c733a95da12cedc6d63b3f0a9af07427e2"
    [bzip2] = edited(f'sha256 = "{sha256}"', f'sha256 = "{"0" * 64}"').components
    assert bzip2.kinds == (ChangeKind.REPINNED,)
    assert facts(bzip2)["source.bzip2", "sha256"] == (sha256, "0" * 64)


def test_a_checksum_that_stayed_although_the_archive_changed_is_to_be_replaced() -> None:
    """regen clears it; who edits the file by hand forgets it."""
    [bzip2] = edited('tag = "bzip2-1.0.8"', 'tag = "bzip2-1.0.9"').components
    assert bzip2.kinds == (ChangeKind.UPDATED,)
    assert bzip2.remaining[0] == (
        "source.bzip2: the archive is another one, and its SHA-256 is still that of bzip2-1.0.8; "
        "empty sha256, and run: nox -s regen"
    )


def test_two_real_releases_differ_in_what_their_scripts_fetch() -> None:
    changes = compare_manifests(for_entry(entry_of("3.13.0rc2")), committed(), "old", "new")
    by_name = {change.name: change for change in changes.components}
    assert by_name["python"].new_version == "3.14.7"
    assert by_name["openssl"].old_version == "3.0.15"
    assert by_name["zlib-ng"].kinds == by_name["zstandard"].kinds == (ChangeKind.ADDED,)
    assert facts(by_name["zlib"])["source.zlib", "tag"] == ("zlib-1.3.1", "")


def test_code_of_a_tree_that_was_not_read_yet_is_not_removed() -> None:
    """A script of a new version shows nothing of what is in the source tree."""
    changes = compare(regenerated(TEXT, script_of(entry_of("3.14.7")), "3.14.8"))
    assert [change.name for change in changes.components] == ["python"]


def test_a_new_external_is_compared_before_its_placeholders_are_filled_in() -> None:
    """What regen writes for one that is not described yet."""
    script = script_of(entry_of("3.14.7"))
    assert script.count(" xz-5.2.5") == 1
    new = regenerated(TEXT, script.replace(" xz-5.2.5", " xz-5.2.5 lz4-1.10.0"))
    [lz4] = compare(new).components
    assert (lz4.name, lz4.kinds) == ("lz4", (ChangeKind.ADDED,))
    assert any(sentence.startswith("component.lz4.purl: placeholder") for sentence in lz4.remaining)


def test_an_external_without_a_component_stands_by_itself() -> None:
    pin = '[source.lz4]\ntag = "lz4-1.10.0"\nsha256 = ""\n\n[source.mpdecimal]'
    [lz4] = edited("[source.mpdecimal]", pin).components
    assert (lz4.name, lz4.kinds, lz4.new_version) == ("source.lz4", (ChangeKind.ADDED,), "1.10.0")


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ('cpe = ["openssl:openssl"]', 'cpe = ["openssl:ssl"]', ChangeKind.IDENTIFIERS),
        ('purl = "pkg:generic/openssl"', 'purl = "pkg:generic/ssl"', ChangeKind.IDENTIFIERS),
        ('originator = "Organization: OpenSSL"', 'originator = "Person: X"', ChangeKind.SUPPLIER),
        ('disabled-by = [["--no-openssl"]]', "default = false", ChangeKind.REMOVED),
        (
            'homepage = "https://www.openssl.org/"',
            'homepage = "https://openssl.org/"',
            ChangeKind.DESCRIPTION,
        ),
    ],
)
def test_each_key_of_a_component_has_its_kind_of_change(
    old: str, new: str, kind: ChangeKind
) -> None:
    [openssl] = edited(old, new).components
    assert openssl.name == "openssl"
    assert openssl.kinds == (kind,)


def test_a_new_exemption_is_a_change() -> None:
    reason = "It is a test."
    exemption = f'[[exemption]]\ndiagnostic = "placeholder"\nkey = "x"\nreason = "{reason}"\n\n'
    start = TEXT.index("[[exemption]]")
    [changed] = compare(TEXT[:start] + exemption + TEXT[start:]).settings
    assert (changed.fact, changed.old) == ("exemption", ())
    assert changed.new == ("placeholder of x: It is a test.",)


@pytest.mark.parametrize(
    "line",
    [
        # Of [cpython], of a build tool, of what no external brings, of documents.
        'commit = "823f0323ee6ec1402088b73bce1a38473cac36dc"',
        'vendored-from = "3.14.7"',
        'cpe = ["llvm:llvm"]',
        'source-info = "branch wix-314',
        'license-list-version = "',
    ],
)
def test_no_key_is_too_remote_to_count(line: str) -> None:
    start = TEXT.index(line)
    value = TEXT.index('"', TEXT.index('"', start) + 1) - 1
    new = TEXT[:value] + ("0" if TEXT[value].isdigit() else "a") + TEXT[value + 1 :]
    assert not compare(new).is_empty
