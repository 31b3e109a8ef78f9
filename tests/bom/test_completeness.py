"""What a BOM may claim of the contents of its components."""

from __future__ import annotations

from dataclasses import replace

import pytest
from boms import committed_bom

from sbom.bom.bom import Bom, BomFile, Relationship, RelationshipKind, incomplete_sentence
from sbom.bom.completeness import component_completeness

FILE = BomFile(id="File-1", path="python.exe", sha1="", sha256="", sha512="")


def inspected(*, comment: str = "", purpose: str = "", file_name: str = "") -> Bom:
    """Return the BOM of a build with one file, and with a changed root."""
    bom = committed_bom()
    components = [
        replace(one, comment=comment, purpose=purpose, file_name=file_name)
        if one.id == bom.root
        else one
        for one in bom.components
    ]
    contained = Relationship(bom.root, RelationshipKind.CONTAINS, FILE.id)
    return replace(
        bom,
        components=tuple(components),
        files=(FILE,),
        relationships=(*bom.relationships, contained),
    )


def test_what_is_taken_apart_is_complete_and_all_else_unknown() -> None:
    bom = inspected()
    found = component_completeness(bom)
    assert (found[bom.root], found["pip"]) == ("complete", "complete")
    assert (found["openssl"], found["zlib"]) == ("unknown", "unknown")


def test_without_a_file_everything_is_unknown() -> None:
    assert set(component_completeness(committed_bom()).values()) == {"unknown"}


@pytest.mark.parametrize(
    "comment",
    [
        "It downloads these packages when needed; they were not available: amd64/dev.msi.",
        "It can also install these builds, whose files are not listed: free-threaded.",
    ],
)
def test_an_installer_of_which_not_all_was_seen_is_incomplete(comment: str) -> None:
    bom = inspected(comment=comment, purpose="install", file_name="python-3.14.7.exe")
    assert component_completeness(bom)[bom.root] == "incomplete"


def test_an_archive_of_which_no_file_is_listed_is_unknown() -> None:
    bom = inspected(purpose="archive", file_name="python-3.14.7.zip")
    unopened = replace(bom, relationships=committed_bom().relationships)
    assert component_completeness(bom)[bom.root] == "complete"
    assert component_completeness(unopened)[bom.root] == "unknown"


@pytest.mark.parametrize(
    "comment",
    [incomplete_sentence("1 error"), "This release is partial: 1 of its 2 artifacts is not …"],
)
def test_a_document_that_states_to_be_incomplete_is(comment: str) -> None:
    bom = inspected(file_name="")
    bom = replace(bom, creation=replace(bom.creation, comment=comment))
    assert component_completeness(bom)[bom.root] == "incomplete"
