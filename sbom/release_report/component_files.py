"""The files of each component of a release: how many, and the ones that say most."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sbom.bom.bom import Bom, BomFile, RelationshipKind
from sbom.release_report.rows import FileRow, FileTable

#: The largest number of files that are listed for one component, and for none.
FILES_LISTED = 100
#: How a file relates to a component that it belongs to, or that is compiled into it.
_KINDS = (RelationshipKind.PART_OF, RelationshipKind.STATIC_LINK)


def table_files(
    bom: Bom, artifacts: Mapping[str, int], listed: int = FILES_LISTED
) -> tuple[Mapping[str, FileTable], FileTable]:
    """Return the files of each component by its id, and those that belong to none.

    ``artifacts`` is how many artifacts contain each file. At most ``listed`` files of a component
    are in its table.
    """
    files = {file.id: file for file in bom.files}
    related: dict[str, list[tuple[BomFile, RelationshipKind]]] = {}
    owned: set[str] = set()
    for relationship in bom.relationships:
        file = files.get(relationship.source)
        if file is not None and relationship.kind in _KINDS:
            related.setdefault(relationship.target, []).append((file, relationship.kind))
            if relationship.kind is RelationshipKind.PART_OF:
                owned.add(file.id)
    others = [(file, RelationshipKind.CONTAINS) for file in bom.files if file.id not in owned]
    tables = {id_: _table(rows, artifacts, listed) for id_, rows in related.items()}
    return tables, _table(others, artifacts, listed)


def _table(
    related: Iterable[tuple[BomFile, RelationshipKind]], artifacts: Mapping[str, int], listed: int
) -> FileTable:
    ordered = sorted(related, key=lambda row: (not row[0].comment, row[0].path, row[0].id, row[1]))
    rows = tuple(
        FileRow(
            path=file.path,
            kind=kind,
            sha256=file.sha256,
            comment=file.comment,
            artifacts=artifacts.get(file.id, 0),
        )
        for file, kind in ordered[:listed]
    )
    return FileTable(rows, len(ordered))
