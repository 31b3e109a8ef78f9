"""Changes as values: of components, what is stated of them, and their files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class ChangeKind(StrEnum):
    """What happened to a component, in the order of importance.

    A component that is ``re-pinned`` has the version it had, from another archive, tag or commit.
    """

    ADDED = "added"
    REMOVED = "removed"
    UPDATED = "updated"
    REPINNED = "re-pinned"
    RELICENSED = "relicensed"
    IDENTIFIERS = "identifiers-changed"
    SUPPLIER = "supplier-changed"
    SHIPPING = "shipping-changed"
    DESCRIPTION = "description-changed"
    FILES = "files-changed"


#: What a change of a fact means; any other fact is part of the description.
_KINDS: Mapping[str, ChangeKind] = {
    "version": ChangeKind.UPDATED,
    "tag": ChangeKind.REPINNED,
    "archive": ChangeKind.REPINNED,
    "commit": ChangeKind.REPINNED,
    "md5": ChangeKind.REPINNED,
    "sha1": ChangeKind.REPINNED,
    "sha256": ChangeKind.REPINNED,
    "sha384": ChangeKind.REPINNED,
    "sha512": ChangeKind.REPINNED,
    "mirror": ChangeKind.REPINNED,
    "size": ChangeKind.REPINNED,
    "file-count": ChangeKind.REPINNED,
    "verification-code": ChangeKind.REPINNED,
    "verification-code-with-links": ChangeKind.REPINNED,
    "dll-digests": ChangeKind.REPINNED,
    "wheel": ChangeKind.REPINNED,
    "license-concluded": ChangeKind.RELICENSED,
    "license-declared": ChangeKind.RELICENSED,
    "license-text": ChangeKind.RELICENSED,
    "purl": ChangeKind.IDENTIFIERS,
    "cpe": ChangeKind.IDENTIFIERS,
    "supplier": ChangeKind.SUPPLIER,
    "originator": ChangeKind.SUPPLIER,
    "ships": ChangeKind.SHIPPING,
    "fetched": ChangeKind.SHIPPING,
    "vendored-by": ChangeKind.SHIPPING,
}


@dataclass(frozen=True, slots=True)
class FactChange:
    """A fact with other values than before; empty where nothing was, or is, stated.

    ``fact`` is named as in the manifest; ``subject`` is what it is stated of, if that is an
    external of a component (``binary.openssl-bin``) and not the component itself.
    """

    fact: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    subject: str = ""

    @property
    def kind(self) -> ChangeKind:
        """Return what the change means for a component."""
        return _KINDS.get(self.fact, ChangeKind.DESCRIPTION)


class FileChangeKind(StrEnum):
    """What happened to a file."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that came, went or has another digest than before.

    Digests have their algorithm: ``sha256:…``; empty where there is no file, or none is stated.
    """

    path: str
    kind: FileChangeKind
    old: str = ""
    new: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ComponentChange:
    """What changed of one component: a version is None where the component is not there.

    ``is_root`` is set of what the documents are about, which is CPython. ``ships`` are sentences on
    how it ships now or, of one that was removed, how it did; ``archives`` the addresses it is
    obtained from; ``remaining`` sentences on what is to be done.
    """

    name: str
    old_version: str | None
    new_version: str | None
    is_root: bool = False
    facts: tuple[FactChange, ...] = ()
    files: tuple[FileChange, ...] = ()
    ships: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    remaining: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[ChangeKind, ...]:
        """Return what happened, the most important first: an update implies other archives."""
        if self.old_version is None:
            return (ChangeKind.ADDED,)
        if self.new_version is None:
            return (ChangeKind.REMOVED,)
        found = {change.kind for change in self.facts}
        if self.files:
            found.add(ChangeKind.FILES)
        if ChangeKind.UPDATED in found:
            found.discard(ChangeKind.REPINNED)
        return tuple(kind for kind in ChangeKind if kind in found)


def sort_changes(changes: Iterable[ComponentChange]) -> tuple[ComponentChange, ...]:
    """Return the components that changed: what the documents are about, and the others by name."""
    return tuple(
        sorted(
            (change for change in changes if change.kinds),
            key=lambda change: (
                not change.is_root,
                change.name.casefold(),
                change.old_version or "",
                change.new_version or "",
            ),
        )
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeSet:
    """Everything that changed from ``old`` to ``new``, which are names of documents or manifests.

    ``components`` are in the order of ``sort_changes``; ``settings`` are facts that no component
    has.
    """

    old: str
    new: str
    components: tuple[ComponentChange, ...] = ()
    settings: tuple[FactChange, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Return whether nothing changed."""
        return not self.components and not self.settings

    def count_kinds(self) -> Mapping[ChangeKind, int]:
        """Return how many components each kind of change happened to, in the order of kinds."""
        found = Counter(kind for change in self.components for kind in change.kinds)
        return {kind: found[kind] for kind in ChangeKind if found[kind]}
