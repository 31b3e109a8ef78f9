"""What documents are made of: a build's components, and the files of its layout."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sbom.components import Build, components, root
from sbom.contents.folder import read_folder
from sbom.contents.shipped import ShippedFile
from sbom.document.builds import Subject
from sbom.examining.examiner import Examiner, Said, claimed
from sbom.examining.guests import with_guests
from sbom.examining.told import shipped_problems
from sbom.files import is_folder, unusable
from sbom.holdings import Tie, expected, held
from sbom.joining import Component
from sbom.problems import Problem, in_order
from sbom.release.described import holding_problems, present_in
from sbom.schema import Manifest


@dataclass(frozen=True, slots=True)
class Looked:
    """A layout that was looked into: its files, its components, and what is wrong with it."""

    files: tuple[ShippedFile, ...]
    ties: tuple[Tie, ...]
    components: tuple[Component, ...]
    problems: tuple[Problem, ...]


def look_at(folder: Path, manifest: Manifest, build: Build) -> Looked:
    """Return what a layout holds, every file hashed and every binary looked into.

    Raises SbomError where it cannot be read.
    """
    if not is_folder(folder):
        raise unusable(folder, "is no folder", "name the folder of a Windows build as it ships")
    examiner = Examiner(manifest)
    files = read_folder(folder, examiner.inspect)
    found = components(manifest, build)
    expectation = expected(manifest, build, found)
    holdings = held([file.path for file in files], (), expectation)
    said = Said(manifest=manifest, builds=(build,), components=found, ties=holdings.ties)
    rows = examiner.verdicts(files, claimed(said, files))
    there = with_guests(manifest, present_in(holdings, expectation), holdings.ties, rows)
    problems = [
        *holding_problems(holdings, expectation, str(folder)),
        *shipped_problems(rows, str(folder)),
    ]
    return Looked(files, there.ties, there.components, in_order(problems))


def subject_of(manifest: Manifest, build: Build, looked: Looked | None = None) -> Subject:
    """Return what the document of a build is made of."""
    return Subject(
        name=f"python-{manifest.cpython.version}-{build.name}",
        root=root(manifest, build),
        components=looked.components if looked else components(manifest, build),
        facts=manifest.document,
        licence_texts=manifest.licence_texts,
        files=looked.files if looked else (),
        ties=looked.ties if looked else (),
    )
