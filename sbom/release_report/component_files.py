"""The files of each component of a release: how many, and the ones that say most."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sbom.bom.bom import Bom, BomFile, RelationshipKind
from sbom.release_report.rows import FileRow, FileTable

#: The largest number of files that are listed for one component, and for none.
FILES_LISTED = 100
#: The number of files that the components of a release share, so that a page stays quick.
_ALL_LISTED = 8_000
#: The number of files that each component may list all the same.
_LEAST_LISTED = 5
#: How a file relates to a component that it belongs to, or that is compiled into it.
_KINDS = (RelationshipKind.PART_OF, RelationshipKind.STATIC_LINK)


def table_files(
    bom: Bom, artifacts: Mapping[str, int]
) -> tuple[Mapping[str, FileTable], FileTable]:
    """Return the files of each component by its id, and those that belong to none.

    ``artifacts`` is how many artifacts contain each file. At most ``FILES_LISTED`` files of a
    component are in its table, and fewer where there are very many components.
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
    share = _ALL_LISTED // max(1, len(related))
    listed = min(FILES_LISTED, max(_LEAST_LISTED, share))
    tables = {id_: _table(rows, artifacts, listed) for id_, rows in related.items()}
    return tables, _table(others, artifacts, FILES_LISTED)


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
