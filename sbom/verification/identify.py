"""A folder of binaries to what it was built from, by evidence alone: CPython and tags.

A tag is told where all that the evidence shows of an external agrees with it: versions, the
tag that a binary was told to take, and digests. Where several tags do, all are told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sbom.files.shipped_file import ShippedFile
from sbom.manifest.channels import DEFAULT, expand_line, variant_filename
from sbom.manifest.model import Manifest
from sbom.verification.tags import TagCandidate, TagIdentifier


@dataclass(frozen=True, slots=True)
class DetectedComponent:
    """A component that was seen in a file, with its version where that shows."""

    component: str
    version: str
    file: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Identification:
    """What binaries were built from. ``cpython`` has all versions seen, the commonest first."""

    cpython: tuple[str, ...]
    platforms: tuple[str, ...]
    variants: tuple[str, ...]
    externals: tuple[TagCandidate, ...]
    components: tuple[DetectedComponent, ...]


def identify(files: Sequence[ShippedFile], manifest: Manifest) -> Identification:
    """Return what the binaries among some files were built from."""
    root = manifest.cpython.component
    versions = _cpython(files, root)
    if versions:
        manifest = replace(manifest, cpython=replace(manifest.cpython, version=versions[0]))
    tracer = TagIdentifier(manifest)
    for file in files:
        tracer.add(file)
    seen = {
        DetectedComponent(one.component, one.version, file.path)
        for file in files
        for one in (file.binary.findings if file.binary else ())
        if not one.tag and one.component != root
    }
    machines = Counter(
        file.binary.image.machine for file in files if file.binary and _own(file, root)
    )
    return Identification(
        cpython=versions,
        platforms=tuple(p.name for p in manifest.platforms if machines.keys() & set(p.machines)),
        variants=tuple(_variants(files, manifest)),
        externals=tuple(tracer.traced()),
        components=tuple(sorted(seen, key=lambda o: (o.component, o.file, o.version))),
    )


def _own(file: ShippedFile, root: str) -> bool:
    return file.binary is not None and any(o.component == root for o in file.binary.findings)


def _cpython(files: Iterable[ShippedFile], root: str) -> tuple[str, ...]:
    """Return the versions of CPython that files say they are of, the commonest first."""
    found = Counter(
        one.version
        for file in files
        for one in (file.binary.findings if file.binary else ())
        if one.component == root and one.version
    )
    return tuple(version for version, _ in found.most_common())


def _variants(files: Sequence[ShippedFile], manifest: Manifest) -> Iterator[str]:
    """Yield the variants whose DLL of CPython is there."""
    line, root = manifest.cpython.line, manifest.cpython.component
    own = {file.path.rpartition("/")[2] for file in files if _own(file, root)}
    library = expand_line("python{line}.dll", line)
    for variant in (None, *manifest.variants):
        if variant_filename(library, variant, line, "") in own:
            yield variant.name if variant else DEFAULT
