"""Files that came, went or changed from one BOM to another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sbom.bom.bom import Bom, BomFile, RelationshipKind
from sbom.changes.change import FileChange, FileChangeKind
from sbom.changes.pairing import pair_values

#: The strongest first.
_ALGORITHMS = ("sha512", "sha256", "sha1")
#: What a digest is shown by: SHA-256, where it is stated, as everybody publishes it.
_SHOWN = ("sha256", "sha512", "sha1")


def compare_files(
    old: Iterable[BomFile], new: Iterable[BomFile]
) -> Iterator[tuple[str | None, str | None, FileChange]]:
    """Yield what changed, each with the id that the file has in the old BOM and in the new one.

    None where it has no such file; files of foreign documents may have an empty id. Files are known
    by their paths. Two that have no algorithm in common are not called changed.
    """
    keys = (lambda file: (file.path, file.sha256, file.sha1), lambda file: file.path)
    for before, after in pair_values(old, new, keys):
        if before is None and after is not None:
            change = FileChange(_name(after), FileChangeKind.ADDED, "", _shown(after))
            yield None, after.id, change
        elif before is not None and after is None:
            change = FileChange(_name(before), FileChangeKind.REMOVED, _shown(before), "")
            yield before.id, None, change
        elif before is not None and after is not None and _is_other(before, after):
            digests = (_shown(before), _shown(after))
            yield before.id, after.id, FileChange(_name(after), FileChangeKind.CHANGED, *digests)


def _name(file: BomFile) -> str:
    """Return the path of a file, or that it has none, with its id."""
    return file.path if file.path.strip() else f"(file without a name) {file.id}".rstrip()


def _is_other(before: BomFile, after: BomFile) -> bool:
    for name in _ALGORITHMS:
        old, new = getattr(before, name), getattr(after, name)
        if old and new:
            return bool(old != new)
    return False


def _shown(file: BomFile) -> str:
    stated = (f"{name}:{value}" for name in _SHOWN if (value := getattr(file, name)))
    return next(stated, "")


def file_owners(bom: Bom) -> dict[str, str]:
    """Return the id of the component that each file belongs to, by the id of the file.

    A file that is part of no component belongs to what contains it, and in the last place to the
    first root.
    """
    components = {component.id for component in bom.components}
    files = {file.id for file in bom.files}
    owners: dict[str, str] = {}
    for relationship in bom.relationships:
        source, kind, target = relationship.key
        if kind is RelationshipKind.PART_OF and source in files and target in components:
            owners[source] = target
    for relationship in bom.relationships:
        source, kind, target = relationship.key
        is_inner = source in components and source not in bom.roots
        if kind is RelationshipKind.CONTAINS and target in files and is_inner:
            owners.setdefault(target, source)
    root = next(iter(bom.roots), "")
    return {file: owners.get(file, root) for file in files}
