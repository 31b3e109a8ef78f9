"""What changed between documents: of two real releases, and nothing between two formats of one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from boms import bom_of, committed_bom, document
from conftest import FACTS
from hypothesis import given
from manifests import committed, entry_of, for_entry
from random_boms import boms

from sbom.bom.bom import (
    Bom,
    BomFile,
    Relationship,
    RelationshipKind,
    file_id,
    incomplete_sentence,
)
from sbom.changes.boms import compare_boms
from sbom.changes.change import ChangeKind, ChangeSet, ComponentChange, FactChange
from sbom.formats import FORMATS, read_document


def compare(old: Bom, new: Bom) -> ChangeSet:
    return compare_boms(old, new, "old", "new")


def by_name(changes: ChangeSet) -> Mapping[str, ComponentChange]:
    return {change.name: change for change in changes.components}


def fact(change: ComponentChange, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    [found] = [one for one in change.facts if one.fact == name]
    return found.old, found.new


def embeddable(version: str) -> Bom:
    """Return a BOM with the files that python.org published, the DLLs of OpenSSL as its own."""
    text = (FACTS / f"releases/python-{version}-embed-amd64.zip.json").read_text("utf-8")
    files = [
        BomFile(
            id=file_id(member["name"], member["sha256"]),
            path=member["name"],
            sha1="",
            sha256=member["sha256"],
            sha512="",
        )
        for member in json.loads(text)["members"]
    ]
    bom = committed_bom()
    related = [Relationship(bom.root, RelationshipKind.CONTAINS, file.id) for file in files]
    related += [
        Relationship(file.id, RelationshipKind.PART_OF, "openssl")
        for file in files
        if file.path.startswith(("libcrypto", "libssl"))
    ]
    return replace(bom, files=tuple(files), relationships=(*bom.relationships, *related))


# Formats do not matter.


@pytest.mark.parametrize(
    ("old", "new"), list(permutations(FORMATS, 2)), ids=lambda one: getattr(one, "name", "")
)
def test_one_bom_in_two_formats_has_no_differences(old: Any, new: Any) -> None:
    bom = embeddable("3.14.7")
    documents = (read_document(one.write(bom), one.name) for one in (old, new))
    assert compare(*documents).is_empty


@given(boms())
def test_any_bom_in_two_formats_has_no_differences(bom: Bom) -> None:
    spdx, cyclonedx = (read_document(one.write(bom), one.name) for one in FORMATS[:2])
    assert compare(bom, bom).is_empty
    assert compare(spdx, cyclonedx).is_empty


def test_a_bump_is_the_same_in_every_mixture_of_formats() -> None:
    old, new = bom_of(for_entry(entry_of("3.13.0rc2"))), committed_bom()
    expected = compare(old, new)
    spdx, cyclonedx = FORMATS[:2]
    mixed = compare(
        read_document(spdx.write(old), "old"), read_document(cyclonedx.write(new), "new")
    )
    assert mixed == expected


# Two real releases.


def test_two_releases_differ_in_the_tags_of_their_scripts() -> None:
    """Expected are the tags of the two get_externals.bat."""
    old = entry_of("3.13.0rc2")
    changes = by_name(compare(bom_of(for_entry(old)), committed_bom()))
    openssl = changes["openssl"]
    assert (openssl.old_version, openssl.new_version) == ("3.0.15", "3.5.7")
    assert openssl.kinds == (ChangeKind.UPDATED,)
    assert fact(openssl, "tag") == (("openssl-bin-3.0.15",), ("openssl-bin-3.5.7",))
    assert changes["sqlite"].new_version == "3.50.4"
    # 3.14 has zlib-ng in the place of zlib, and Zstandard: PEP 784.
    assert changes["zlib-ng"].kinds == (ChangeKind.ADDED,)
    assert changes["zstandard"].kinds == (ChangeKind.ADDED,)
    assert "bzip2" not in changes


def test_the_files_of_two_real_releases_are_grouped_by_component() -> None:
    """3.14.8 ships another OpenSSL than 3.14.7; its LICENSE.txt is the same."""
    changes = by_name(compare(embeddable("3.14.7"), embeddable("3.14.8")))
    assert [file.path for file in changes["openssl"].files] == ["libcrypto-3.dll", "libssl-3.dll"]
    assert changes["openssl"].kinds == (ChangeKind.FILES,)
    paths = {file.path for file in changes["python"].files}
    assert "python314.dll" in paths
    assert "LICENSE.txt" not in paths
    assert "libssl-3.dll" not in paths


@pytest.mark.parametrize(
    ("id_", "name"), [("", "(file without a name)"), ("a", "(file without a name) a")]
)
def test_a_file_without_an_id_or_name_comes_and_goes(id_: str, name: str) -> None:
    """Documents of other tools may have such files."""
    file = BomFile(id=id_, path=" ", sha1="", sha256="1" * 64, sha512="")
    old, new = committed_bom(), replace(committed_bom(), files=(file,))
    assert compare(old, old).components == ()
    [added] = compare(old, new).components
    assert [(one.path, one.kind.name) for one in added.files] == [(name, "ADDED")]
    [removed] = compare(new, old).components
    assert [(one.path, one.kind.name) for one in removed.files] == [(name, "REMOVED")]


def test_files_come_and_go() -> None:
    """vcruntime140_threads.dll is in 3.14.7, and not in 3.13.15."""
    changes = by_name(compare(embeddable("3.13.15"), embeddable("3.14.7")))
    kinds = {file.path: str(file.kind) for file in changes["python"].files}
    assert kinds["python313.dll"] == "removed"
    assert kinds["python314.dll"] == "added"


# One fact at a time, in a document as somebody could write it.


def edited(change: Callable[[dict[str, Any]], None], name: str = "openssl") -> ChangeSet:
    data = document()
    before = read_document(json.dumps(data).encode(), "old")
    [package] = [one for one in data["packages"] if one["name"] == name]
    change(package)
    return compare(before, read_document(json.dumps(data).encode(), "new"))


def cpe(package: dict[str, Any]) -> dict[str, Any]:
    refs: list[dict[str, Any]] = package["externalRefs"]
    return next(ref for ref in refs if ref["referenceType"] == "cpe23Type")


def purl(package: dict[str, Any]) -> dict[str, Any]:
    refs: list[dict[str, Any]] = package["externalRefs"]
    return next(ref for ref in refs if ref["referenceType"] == "purl")


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        (lambda one: one.update(licenseConcluded="MIT"), [ChangeKind.RELICENSED]),
        (lambda one: one.update(licenseDeclared="MIT"), [ChangeKind.RELICENSED]),
        (lambda one: one.update(supplier="Organization: Me"), [ChangeKind.SUPPLIER]),
        (lambda one: one.update(originator="Person: Me"), [ChangeKind.SUPPLIER]),
        (
            lambda one: cpe(one).update(
                referenceLocator="cpe:2.3:a:openssl_project:openssl:3.5.7:*:*:*:*:*:*:*"
            ),
            [ChangeKind.IDENTIFIERS],
        ),
        (
            lambda one: cpe(one).update(
                referenceLocator="cpe:2.3:a:openssl:openssl:3.5.6:*:*:*:*:*:*:*"
            ),
            [ChangeKind.IDENTIFIERS],
        ),
        (
            lambda one: purl(one).update(referenceLocator="pkg:github/openssl/openssl@3.5.7"),
            [ChangeKind.IDENTIFIERS],
        ),
        (lambda one: one.update(downloadLocation="https://example.org/"), [ChangeKind.REPINNED]),
        (
            lambda one: one.update(checksums=[{"algorithm": "SHA256", "checksumValue": "ab" * 32}]),
            [ChangeKind.REPINNED],
        ),
        (
            lambda one: one.update(
                sourceInfo="tag openssl-bin-3.5.7 of python/cpython-bin-deps; commit " + "0" * 40
            ),
            [ChangeKind.REPINNED],
        ),
        (lambda one: one.update(copyrightText="Copyright (c) Me"), [ChangeKind.DESCRIPTION]),
        (lambda one: one.update(comment="Another sentence."), []),
    ],
)
def test_each_fact_has_its_kind_of_change(
    change: Callable[[dict[str, Any]], None], kinds: list[ChangeKind]
) -> None:
    changes = edited(change)
    assert [kind for one in changes.components for kind in one.kinds] == kinds


def test_the_version_in_identifiers_is_no_other_identifier() -> None:
    """A bump changes CPE and purl; only what they name beside the version counts."""

    def bump(package: dict[str, Any]) -> None:
        for ref in package["externalRefs"]:
            ref["referenceLocator"] = ref["referenceLocator"].replace("3.5.7", "3.5.8")
        package["downloadLocation"] = package["downloadLocation"].replace("3.5.7", "3.5.8")
        package["versionInfo"] = "3.5.8"

    [openssl] = edited(bump).components
    assert openssl.kinds == (ChangeKind.UPDATED,)


@pytest.mark.parametrize("license_", ["MIT and Apache-2.0", "Apache-2.0 AND MIT"])
def test_a_license_expression_in_another_form_is_the_same_license(license_: str) -> None:
    data = document()
    [package] = [one for one in data["packages"] if one["name"] == "hacl-star"]
    assert package["licenseConcluded"] == "MIT AND Apache-2.0"
    assert edited(lambda one: one.update(licenseConcluded=license_), "hacl-star").is_empty


def test_a_license_text_that_changed_is_reported() -> None:
    data = document()
    before = read_document(json.dumps(data).encode(), "old")
    data["hasExtractedLicensingInfos"][0]["extractedText"] = "All rights reserved."
    after = read_document(json.dumps(data).encode(), "new")
    [changed] = compare(before, after).settings
    assert (changed.fact, changed.kind) == ("license-text", ChangeKind.RELICENSED)
    assert changed.new == ("All rights reserved.",)


def test_names_times_and_comments_of_documents_are_not_compared() -> None:
    bom = committed_bom()
    creation = replace(bom.creation, created=None, creators=("Person: Me",), comment="Mine.")
    other = replace(bom, name="other", namespace="https://example.org/", creation=creation)
    assert compare(bom, other).is_empty


def test_an_incomplete_document_is_another_one() -> None:
    bom = committed_bom()
    creation = replace(bom.creation, comment=incomplete_sentence("1 error"))
    [changed] = compare(bom, replace(bom, creation=creation)).settings
    assert changed == FactChange("completeness", ("complete",), ("incomplete",))


def test_two_versions_of_one_component_are_told_apart() -> None:
    """CPython 3.13 has zlib in python313.dll and, from the Tcl/Tk bundle, in zlib1.dll."""
    bom = committed_bom()
    [zlib] = [one for one in bom.components if one.name == "zlib"]
    second = replace(zlib, id="zlib-source.zlib", version="1.3.1")
    old = replace(bom, components=(*bom.components, second))
    new = replace(bom, components=(*bom.components, replace(second, version="1.3.2.1")))
    [changed] = compare(old, new).components
    assert (changed.old_version, changed.new_version) == ("1.3.1", "1.3.2.1")


def test_an_artifact_has_its_version_in_its_name_and_is_no_other_one() -> None:
    """As the documents of releases have it: the root contains an artifact, and that a build."""

    def release(version: str) -> Bom:
        bom = committed_bom()
        [python] = [one for one in bom.components if one.id == bom.root]
        artifact = replace(
            python,
            id="artifact",
            name=f"python-{version}-embed-amd64.zip",
            version=version,
            purl=f"pkg:generic/python-{version}-embed-amd64.zip@{version}",
            cpes=(),
        )
        contained = Relationship("artifact", RelationshipKind.CONTAINS, "openssl")
        return replace(
            bom,
            components=(*bom.components, artifact),
            relationships=(*bom.relationships, contained),
        )

    [artifact] = compare(release("3.14.7"), release("3.14.8")).components
    assert artifact.name == "python-3.14.8-embed-amd64.zip"
    assert artifact.kinds == (ChangeKind.UPDATED,)


def test_a_component_of_another_tool_is_known_by_its_name() -> None:
    """Ids are a document's own: syft's are digests."""
    bom = committed_bom()
    renamed = tuple(
        replace(one, id=f"Package-{number}", name=one.name.upper())
        if one.id not in bom.roots
        else one
        for number, one in enumerate(bom.components)
    )
    changes = compare(replace(bom, relationships=()), replace(bom, components=renamed))
    assert {change.kinds for change in changes.components} <= {(ChangeKind.DESCRIPTION,)}


def test_checksums_of_other_algorithms_say_nothing() -> None:
    bom = committed_bom()
    md5 = tuple(
        replace(one, checksums=(("MD5", "0" * 32),) if one.checksums else ())
        for one in bom.components
    )
    assert compare(bom, replace(bom, components=md5)).is_empty


def test_the_committed_bom_is_compared_with_no_file_of_its_manifest() -> None:
    assert compare(bom_of(committed()), committed_bom()).is_empty
