"""What binaries were built from, by evidence alone: a version of CPython, tags and components."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sbom.files.shipped_file import ShippedFile
from sbom.manifest.channels import DEFAULT, expand_line, variant_filename
from sbom.manifest.model import Manifest
from sbom.verification.tag_evidence import TagCandidate, identify_tags


@dataclass(frozen=True, order=True, slots=True)
class DetectedComponent:
    """A component that evidence shows in a file; ``version`` is empty where it does not show."""

    component: str
    file: str
    version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Identification:
    """What binaries were built from. ``cpython`` has all versions found, the commonest first."""

    cpython: tuple[str, ...]
    platforms: tuple[str, ...]
    variants: tuple[str, ...]
    externals: tuple[TagCandidate, ...]
    components: tuple[DetectedComponent, ...]


def identify(files: Sequence[ShippedFile], manifest: Manifest) -> Identification:
    """Return what the binaries among files were built from."""
    cpython = manifest.cpython.component
    own = [file for file in files if _shows(file, cpython)]
    versions = _cpython_versions(own, cpython)
    if versions:
        manifest = manifest.for_version(versions[0])
    machines = {file.binary.headers.machine for file in own if file.binary}
    return Identification(
        cpython=versions,
        platforms=tuple(p.name for p in manifest.platforms if machines & set(p.machines)),
        variants=tuple(_variants(own, manifest)),
        externals=identify_tags(files, manifest),
        components=tuple(sorted(set(_detected_components(files, cpython)))),
    )


def _shows(file: ShippedFile, component: str) -> bool:
    matches = file.binary.matches if file.binary else ()
    return any(match.component == component for match in matches)


def _cpython_versions(files: Iterable[ShippedFile], cpython: str) -> tuple[str, ...]:
    """Return the versions that CPython's own binaries show, the commonest first."""
    found = Counter(
        match.version
        for file in files
        for match in (file.binary.matches if file.binary else ())
        if match.component == cpython and match.version
    )
    return tuple(version for version, _ in found.most_common())


def _variants(files: Iterable[ShippedFile], manifest: Manifest) -> Iterator[str]:
    """Yield the variants whose DLL of CPython is among its binaries."""
    line = manifest.cpython.line
    names = {file.path.rpartition("/")[2] for file in files}
    library = expand_line("python{line}.dll", line)
    for variant in (None, *manifest.variants):
        if variant_filename(library, variant, line, "") in names:
            yield variant.name if variant else DEFAULT


def _detected_components(files: Iterable[ShippedFile], cpython: str) -> Iterator[DetectedComponent]:
    for file in files:
        for match in file.binary.matches if file.binary else ():
            if not match.tag and match.component != cpython:
                yield DetectedComponent(match.component, file.path, match.version)
