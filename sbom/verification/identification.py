"""What binaries were built from, by evidence alone: a version of CPython, tags and components."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sbom.binaries.binary import Binary
from sbom.components.resolve import inclusions_by_filename
from sbom.components.versions import parse_revision
from sbom.files.shipped_file import ShippedFile
from sbom.manifest.channels import DEFAULT, expand_line, variant_filename
from sbom.manifest.component_spec import ComponentSpec, Inclusion
from sbom.manifest.external_key import EntryKind, ExternalKey, parse_external_key
from sbom.manifest.model import Manifest
from sbom.manifest.ranges import version_in_range, version_key
from sbom.patterns import PathPatterns
from sbom.script.externals import split_tag
from sbom.verification.expectations import KnownDlls


@dataclass(frozen=True, kw_only=True, slots=True)
class TagEvidence:
    """One piece of evidence of an external in a binary, described by ``file`` and ``statement``.

    ``tags`` are the known tags that agree with it: none if no known tag does. ``versions`` are
    those that it shows of the component that the external is named after. With
    ``identifies_tag``, the binary names the tag, or is a file of it.
    """

    external: ExternalKey
    file: str
    statement: str
    tags: frozenset[str]
    versions: frozenset[str] = frozenset()
    identifies_tag: bool = False

    def __str__(self) -> str:
        """Return it in words: ``tcl86t.dll shows tcl 8.6.12``."""
        return f"{self.file} {self.statement}"


@dataclass(frozen=True, kw_only=True, slots=True)
class TagCandidate:
    """An external that binaries were built from, and the tags that fit the evidence.

    With ``is_inferred``, no known tag contains ``version``; the one given is written as the newest
    known tag of the external is. With ``is_conflicting``, no tag agrees with all of the evidence,
    and these agree with some.
    """

    external: ExternalKey
    tags: tuple[str, ...]
    version: str
    is_inferred: bool
    is_conflicting: bool
    evidence: tuple[TagEvidence, ...]


@dataclass(frozen=True, order=True, slots=True)
class DetectedComponent:
    """A component that evidence shows in a file; ``version`` is empty if it does not show."""

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


def identify(files: Sequence[ShippedFile], manifest: Manifest, prefix: str = "") -> Identification:
    """Return what the binaries among files were built from.

    Python's own paths start after ``prefix``. What was installed later, such as an OpenSSL in
    ``Lib/site-packages``, shows components, and not what CPython was built from.
    """
    runtime_files = PathPatterns(manifest.layout.runtime_files)
    built = [file for file in files if not runtime_files.matches(file.path.removeprefix(prefix))]
    matches = [(file, match) for file in files if file.binary for match in file.binary.matches]
    cpython = [
        (file, match) for file, match in matches if match.component == manifest.cpython.component
    ]
    versions = Counter(match.version for _, match in cpython if match.version).most_common()
    if versions:
        manifest = manifest.for_version(versions[0][0])
    machines = {file.binary.headers.machine for file, _ in cpython if file.binary}
    names = {file.path.rpartition("/")[2] for file, _ in cpython}
    detected = {
        DetectedComponent(match.component, file.path, match.version)
        for file, match in matches
        if not match.tag and match.component != manifest.cpython.component
    }
    return Identification(
        cpython=tuple(version for version, _ in versions),
        platforms=tuple(p.name for p in manifest.platforms if machines & set(p.machines)),
        variants=tuple(_variants(names, manifest)),
        externals=_identify_tags(built, manifest),
        components=tuple(sorted(detected)),
    )


def _variants(names: Collection[str], manifest: Manifest) -> Iterator[str]:
    """Yield the variants whose DLL of CPython is among its binaries."""
    line = manifest.cpython.line
    library = expand_line("python{line}.dll", line)
    for variant in (None, *manifest.variants):
        if variant_filename(library, variant, line, "") in names:
            yield variant.name if variant else DEFAULT


def _identify_tags(files: Iterable[ShippedFile], manifest: Manifest) -> tuple[TagCandidate, ...]:
    """Return the externals that binaries were built from, sorted, with the tags that fit.

    ``manifest`` is for the binaries' line of CPython: it states what files of a name can contain.
    """
    collector = _EvidenceCollector(manifest)
    evidence: dict[ExternalKey, list[TagEvidence]] = {}
    for file in files:
        for item in collector.collect(file):
            evidence.setdefault(item.external, []).append(item)
    return tuple(
        candidate
        for external, found in sorted(evidence.items())
        if any(item.versions or item.identifies_tag for item in found)
        or not _is_from_elsewhere(manifest, external, collector.versioned)
        for candidate in _candidates(manifest, external, found)
    )


class _EvidenceCollector:
    """Collects evidence of externals; ``versioned`` are the components that showed a version."""

    def __init__(self, manifest: Manifest) -> None:
        self.versioned: set[str] = set()
        self._manifest = manifest
        self._known_dlls = KnownDlls(manifest)
        self._inclusions = inclusions_by_filename(manifest)

    def collect(self, file: ShippedFile) -> Iterator[TagEvidence]:
        """Yield the evidence in one file."""
        if file.binary is None:
            return
        name = file.path.rpartition("/")[2]
        tags = self._known_dlls.find_tags(file.binary.digests)
        inclusions = self._inclusions.get(name.lower(), [])
        for spec in {spec.key: spec for spec, _ in inclusions}.values():
            rows = [row for shipped_spec, row in inclusions if shipped_spec.key == spec.key]
            yield from self._collect_component(name, file.binary, spec, rows, tags)
        if not inclusions:  # a file of a platform that no row names, such as 32-bit ARM
            for external in sorted({split_tag(tag)[0] for tag in tags}):
                yield _membership(
                    name, ExternalKey(EntryKind.BINARY, external), _tags_of(external, tags)
                )
        for match in file.binary.matches:
            if match.tag and match.external:
                yield TagEvidence(
                    external=parse_external_key(match.external),
                    file=name,
                    statement=f"names {match.tag}",
                    tags=frozenset({match.tag}),
                    identifies_tag=True,
                )

    def _collect_component(
        self,
        name: str,
        binary: Binary,
        spec: ComponentSpec,
        rows: Sequence[Inclusion],
        tags: Iterable[str],
    ) -> Iterator[TagEvidence]:
        """Yield the evidence of one component in a file that is a DLL of ``tags``, if of any."""
        matches = [
            match for match in binary.matches if match.component == spec.key and not match.tag
        ]
        versions = frozenset(match.version for match in matches if match.version)
        if versions:
            self.versioned.add(spec.key)
        if not matches and not tags:
            return
        fitting = {
            row.external: frozenset(_tags_with(self._manifest, spec, rows, row.external, versions))
            for row in rows
            if row.external and row.external.is_fetched
        }
        for external in _likely_externals(rows, fitting):
            is_binary = external.kind is EntryKind.BINARY
            external_tags = _tags_of(external.name, tags) if is_binary else frozenset()
            if versions or not external_tags:
                yield TagEvidence(
                    external=external,
                    file=name,
                    statement=f"shows {spec.name} {', '.join(sorted(versions))}".rstrip(),
                    tags=fitting[external],
                    versions=versions if _is_named_after(external, spec) else frozenset(),
                )
            if external_tags:
                yield _membership(name, external, external_tags)


def _membership(name: str, external: ExternalKey, tags: frozenset[str]) -> TagEvidence:
    """Return the evidence that a file is a DLL of some tags, by its digest."""
    statement = f"is a file of {', '.join(sorted(tags))}"
    return TagEvidence(
        external=external, file=name, statement=statement, tags=tags, identifies_tag=True
    )


def _likely_externals(
    rows: Sequence[Inclusion], fitting: Mapping[ExternalKey, frozenset[str]]
) -> list[ExternalKey]:
    """Return the externals that a component of these rows came from.

    That is the binary that a release takes, even if no known tag of it fits; else whichever
    source has fitting tags.
    """
    usual = {
        row.external for row in rows if row.external and row.external in fitting and not row.without
    }
    binary = {external for external in usual if external.kind is EntryKind.BINARY}
    return sorted(binary or {external for external, tags in fitting.items() if tags} or usual)


def _tags_with(
    manifest: Manifest,
    spec: ComponentSpec,
    rows: Iterable[Inclusion],
    external: ExternalKey,
    versions: frozenset[str],
) -> Iterator[str]:
    """Yield the tags of an external that contain a component at one of the versions, or at any."""
    rows = [row for row in rows if row.external == external]
    for tag in manifest.known_tags(external):
        revision = split_tag(tag)[1]
        contained = {
            row.version or parse_revision(spec, revision).version
            for row in rows
            if version_in_range(revision, row.revisions)
        }
        if contained & versions or (contained and not versions):
            yield tag


def _tags_of(name: str, tags: Iterable[str]) -> frozenset[str]:
    return frozenset(tag for tag in tags if split_tag(tag)[0] == name)


def _is_named_after(external: ExternalKey, spec: ComponentSpec) -> bool:
    """Return whether a component takes its version from an external's tag."""
    return any(row.external == external and not row.version for row in spec.ships)


def _is_from_elsewhere(manifest: Manifest, external: ExternalKey, versioned: set[str]) -> bool:
    """Return whether the component in an external is known to come from another one."""
    return any(
        spec.key in versioned for spec in manifest.components if _is_named_after(external, spec)
    )


def _candidates(
    manifest: Manifest, external: ExternalKey, evidence: Sequence[TagEvidence]
) -> Iterator[TagCandidate]:
    """Yield what fits the evidence of one external: nothing, if neither tag nor version does."""
    tags, is_conflicting = _common_tags(evidence)
    version = ", ".join(sorted({version for item in evidence for version in item.versions}))
    inferred = "" if tags else _infer_tag(manifest, external, version)
    if tags or inferred:
        yield TagCandidate(
            external=external,
            tags=tuple(sorted(tags, key=_revision_order)) or (inferred,),
            version=version,
            is_inferred=not tags,
            is_conflicting=is_conflicting,
            evidence=tuple(dict.fromkeys(evidence)),
        )


def _common_tags(evidence: Iterable[TagEvidence]) -> tuple[frozenset[str], bool]:
    """Return the tags that agree with all evidence, or else with some; and whether with some."""
    common: frozenset[str] = frozenset()
    conflicting = False
    for tags in (item.tags for item in evidence):
        if common and tags and not common & tags:
            conflicting = True
            common |= tags
        elif tags:
            common = common & tags or tags
    conflicting |= bool(common) and not all(item.tags for item in evidence)
    return common, conflicting


def _infer_tag(manifest: Manifest, external: ExternalKey, version: str) -> str:
    """Return a tag for a version, written as the newest known tag; empty where none is known."""
    known = sorted(manifest.known_tags(external), key=_revision_order)
    if not known or not version:
        return ""
    revision = split_tag(known[-1])[1]
    for spec in manifest.components:
        if _is_named_after(external, spec):
            parsed, rebuild = parse_revision(spec, revision)
            if parsed:
                return f"{external.name}-{version}{'.0' if rebuild and '.' in revision else ''}"
    return ""


def _revision_order(tag: str) -> tuple[tuple[tuple[int, int, str], ...], str]:
    return version_key(split_tag(tag)[1]), tag
