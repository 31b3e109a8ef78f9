"""Files to the tags they were made from: what evidence shows of each external, and what agrees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from sbom.components.versions import parse_revision, resolve_version
from sbom.files.shipped_file import ShippedFile
from sbom.manifest.component_spec import ComponentSpec, Inclusion
from sbom.manifest.external_key import EntryKind, ExternalKey
from sbom.manifest.model import Manifest
from sbom.manifest.ranges import version_in_range, version_key
from sbom.script.externals import split_tag
from sbom.verification.expectations import KnownFiles, inclusions_by_name


@dataclass(frozen=True, kw_only=True, slots=True)
class TagCandidate:
    """One external that went into the binaries, and the tags it can have been.

    With ``inferred``, no tag is known that holds ``version``, and the one here is written as
    the newest known one of the external is. Where evidence ``disagrees``, no tag agrees with
    all of it, and these agree with some: ``evidence`` tells each piece.
    """

    external: ExternalKey
    tags: tuple[str, ...]
    version: str
    inferred: bool
    disagrees: bool
    evidence: tuple[str, ...]


@dataclass(slots=True)
class _Trace:
    """What is known so far of one external; ``exact`` where a tag itself was named or held."""

    tags: set[str] = field(default_factory=set)
    versions: set[str] = field(default_factory=set)
    evidence: list[str] = field(default_factory=list)
    exact: bool = False
    disagrees: bool = False
    unknown: bool = False


class TagIdentifier:
    """Takes files one by one, and tells which externals, of which tags, they came from."""

    def __init__(self, manifest: Manifest) -> None:
        """Take what the manifest of a line of CPython knows of tags, files and versions."""
        self._manifest = manifest
        self._known = KnownFiles(manifest)
        self._traces: dict[ExternalKey, _Trace] = {}
        self._seen: set[str] = set()
        self._rows = inclusions_by_name(manifest)

    def add(self, file: ShippedFile) -> None:
        """Take what one file shows."""
        if file.binary is None:
            return
        name = file.path.rpartition("/")[2]
        rows = self._rows.get(name.lower(), [])
        tags = self._known.tags((file.binary.image.authenticode, file.binary.blob))
        for identity in {identity.key: identity for identity, _ in rows}.values():
            mine = [row for one, row in rows if one.key == identity.key]
            found = [o for o in file.binary.findings if o.component == identity.key and not o.tag]
            versions = {one.version for one in found if one.version}
            self._seen |= {identity.key} if versions else set()
            if found or tags:
                self._shown(identity, mine, versions, name, tags)
        for external in sorted({split_tag(tag)[0] for tag in tags}) if not rows else ():
            # A file that no row names, as those of 32-bit ARM.
            own = {tag for tag in tags if split_tag(tag)[0] == external}
            held_by = f"{name} is a file of {', '.join(sorted(own))}"
            self._narrow(ExternalKey(EntryKind.BINARY, external), own, held_by, exact=True)
        for one in file.binary.findings:
            if one.tag and one.external:
                self._narrow(one.external, {one.tag}, f"{name} names {one.tag}", exact=True)

    def _shown(
        self,
        identity: ComponentSpec,
        rows: Sequence[Inclusion],
        versions: set[str],
        name: str,
        held: Sequence[str],
    ) -> None:
        """Take what one file shows of one component: which versions, and which tags have it."""
        fitting = {
            row.external: self._fitting(identity, rows, row.external, versions)
            for row in rows
            if row.external and row.external.is_fetched
        }
        for key in _chosen(rows, fitting):
            binary = key.kind is EntryKind.BINARY
            own = {tag for tag in held if binary and split_tag(tag)[0] == key.name}
            shown = f"{name} shows {identity.name} {', '.join(sorted(versions))}".rstrip()
            if versions or not own:
                self._narrow(
                    key, fitting[key], shown, versions if _tagged(identity, key) else set()
                )
            if own:
                held_by = f"{name} is a file of {', '.join(sorted(own))}"
                self._narrow(key, own, held_by, exact=True)

    def _tags(self, key: ExternalKey) -> set[str]:
        """Return the tags of an external that the manifest knows."""
        archives = getattr(self._manifest.known_archives, key.kind)
        digests = self._manifest.dll_digests if key.kind is EntryKind.BINARY else {}
        pins = (pin.tag for pin in self._manifest.pins if pin.key.kind is key.kind)
        return {tag for tag in (*archives, *digests, *pins) if split_tag(tag)[0] == key.name}

    def _fitting(
        self,
        identity: ComponentSpec,
        rows: Sequence[Inclusion],
        key: ExternalKey,
        versions: set[str],
    ) -> set[str]:
        """Return the tags of an external that hold a component at one of these versions."""
        fitting = set()
        for tag in self._tags(key):
            revision = split_tag(tag)[1]
            expected = {
                resolve_version(identity, row, revision)
                for row in rows
                if row.external == key and version_in_range(revision, row.revisions)
            }
            if expected & versions or (expected and not versions):
                fitting.add(tag)
        return fitting

    def _narrow(
        self,
        key: ExternalKey,
        tags: set[str],
        evidence: str,
        versions: AbstractSet[str] = frozenset(),
        *,
        exact: bool = False,
    ) -> None:
        trace = self._traces.setdefault(key, _Trace())
        if not tags:
            trace.unknown = True
        elif trace.tags and not trace.tags & tags:
            trace.disagrees = True
            trace.tags |= tags
        else:
            trace.tags = trace.tags & tags or set(tags)
        trace.versions |= versions
        trace.exact |= exact
        trace.evidence.append(evidence)

    def traced(self) -> Iterator[TagCandidate]:
        """Yield the externals, with the tags that agree with all that was shown of them."""
        for key, trace in sorted(self._traces.items()):
            if not (trace.versions or trace.exact) and self._elsewhere(key):
                continue
            version = ", ".join(sorted(trace.versions))
            tags = sorted(trace.tags, key=lambda tag: version_key(split_tag(tag)[1]))
            inferred = "" if tags else self._inferred(key, version)
            if tags or inferred:
                yield TagCandidate(
                    external=key,
                    tags=tuple(tags) or (inferred,),
                    version=version,
                    inferred=not tags,
                    disagrees=trace.disagrees or (trace.unknown and bool(tags)),
                    evidence=tuple(dict.fromkeys(trace.evidence)),
                )

    def _elsewhere(self, key: ExternalKey) -> bool:
        """Return whether the component that an external is named after came from another one."""
        named = {one.key for one in self._manifest.components if _tagged(one, key)}
        return bool(named & self._seen)

    def _inferred(self, key: ExternalKey, version: str) -> str:
        """Return a version written as the newest known tag of an external writes its own."""
        known = sorted(self._tags(key), key=lambda t: version_key(split_tag(t)[1]))
        for identity in self._manifest.components:
            if known and version and _tagged(identity, key):
                revision = split_tag(known[-1])[1]
                said, rebuild = parse_revision(identity, revision)
                if said:
                    return f"{key.name}-{version}{'.0' if rebuild and '.' in revision else ''}"
        return ""


def _tagged(identity: ComponentSpec, key: ExternalKey) -> bool:
    """Return whether a component takes its version from an external's tag."""
    return any(row.external == key and not row.version for row in identity.ships)


def _chosen(
    rows: Sequence[Inclusion], fitting: Mapping[ExternalKey, set[str]]
) -> list[ExternalKey]:
    """Return the externals that a component of these rows came from.

    That is the binary that a release takes, even if no known tag of it fits; else whichever
    source there are fitting tags of.
    """
    usual = {
        row.external for row in rows if row.external and row.external in fitting and not row.without
    }
    binary = {key for key in usual if key.kind is EntryKind.BINARY}
    return sorted(binary or {key for key, tags in fitting.items() if tags} or usual)
