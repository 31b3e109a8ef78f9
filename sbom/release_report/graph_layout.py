"""A drawing of what depends on what: boxes and lines at whole numbers, the same for one graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sbom.bom.bom import RelationshipKind

#: The largest number of components that are drawn; a table has all of them.
_DRAWN = 200
#: The longest name in a box, in characters.
_LABEL = 30
_WIDTH, _HEIGHT = 220, 24
_COLUMN, _ROW, _MARGIN = 320, 28, 12
#: The kinds of relationships, those first that say most about what ships.
_KINDS = (
    RelationshipKind.STATIC_LINK,
    RelationshipKind.DYNAMIC_LINK,
    RelationshipKind.CONTAINS,
    RelationshipKind.PART_OF,
    RelationshipKind.DEPENDS_ON,
    RelationshipKind.OTHER,
    RelationshipKind.BUILD_TOOL,
)


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A box with a text, at its upper left corner; ``title`` is the text in full."""

    label: str
    title: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class DrawnEdge:
    """A line: ``path`` is the ``d`` of an SVG path, from the source to the target."""

    kind: RelationshipKind
    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Graph:
    """A drawing in the units of SVG; ``left_out`` is how many components are not in it."""

    width: int
    height: int
    node_width: int
    node_height: int
    nodes: tuple[GraphNode, ...]
    edges: tuple[DrawnEdge, ...]
    left_out: int


def lay_out_graph(
    root: str,
    labels: Mapping[str, str],
    related: Iterable[tuple[str, RelationshipKind, str]],
) -> Graph:
    """Return a drawing of a graph: the root at the left, what depends on what from left to right.

    ``labels`` are the texts by the ids of ``related``, ``root`` is one of them. What another
    component has is drawn beside that component and not a second time at the root. Neither the
    order of the labels nor that of the edges matters.
    """
    kinds = _first_kinds(related, labels)
    children = _children(kinds, labels)
    inner = {target for source, target in kinds if source != root}
    tops = [target for target in children.get(root, ()) if target not in inner]
    forest = _Forest(children)
    for top in [*tops, *children.get(root, ()), *sorted(labels, key=lambda id_: labels[id_])]:
        if top != root:
            forest.add_tree(top)
    rows, columns = forest.rows, forest.columns
    middle = (max(rows.values(), default=0) + min(rows.values(), default=0)) // 2
    rows[root], columns[root] = middle, 0
    edges = [
        DrawnEdge(kind, _curve(rows, columns, source, target))
        for (source, target), kind in sorted(kinds.items())
        if source in rows and target in rows and (source != root or target not in inner)
    ]
    return Graph(
        width=max(columns.values()) * _COLUMN + _WIDTH + 2 * _MARGIN,
        height=max(rows.values()) + _HEIGHT + 2 * _MARGIN,
        node_width=_WIDTH,
        node_height=_HEIGHT,
        nodes=tuple(
            GraphNode(
                _shorten(labels[id_]), labels[id_], columns[id_] * _COLUMN + _MARGIN, y + _MARGIN
            )
            for id_, y in sorted(rows.items())
        ),
        edges=tuple(edges),
        left_out=len(labels) - len(rows),
    )


def _first_kinds(
    related: Iterable[tuple[str, RelationshipKind, str]], labels: Mapping[str, str]
) -> dict[tuple[str, str], RelationshipKind]:
    """Return one kind for each pair of different ids: the first one of all kinds."""
    kinds: dict[tuple[str, str], RelationshipKind] = {}
    for source, kind, target in related:
        if source != target and source in labels and target in labels:
            known = kinds.setdefault((source, target), kind)
            kinds[source, target] = min(known, kind, key=_KINDS.index)
    return kinds


def _children(
    kinds: Mapping[tuple[str, str], RelationshipKind], labels: Mapping[str, str]
) -> dict[str, list[str]]:
    """Return the targets of each source, those of one kind together, by their labels."""
    children: dict[str, list[str]] = {}
    for source, target in kinds:
        children.setdefault(source, []).append(target)
    return {
        source: sorted(
            targets, key=lambda id_: (_KINDS.index(kinds[source, id_]), labels[id_], id_)
        )
        for source, targets in children.items()
    }


class _Forest:
    """Trees below each other: each leaf has a row of its own, a parent is beside its children."""

    def __init__(self, children: Mapping[str, list[str]]) -> None:
        self._children = children
        self._next_row = 0
        self.rows: dict[str, int] = {}
        self.columns: dict[str, int] = {}

    def add_tree(self, id_: str, column: int = 1) -> None:
        """Add what is reached from an id and is not there yet, as long as there is space."""
        if id_ in self.columns or len(self.columns) >= _DRAWN:
            return
        self.columns[id_] = column
        start = self._next_row
        for child in self._children.get(id_, ()):
            self.add_tree(child, column + 1)
        if self._next_row == start:
            self._next_row += _ROW
        self.rows[id_] = (start + self._next_row - _ROW) // 2


def _curve(rows: Mapping[str, int], columns: Mapping[str, int], source: str, target: str) -> str:
    x = columns[source] * _COLUMN + _MARGIN + _WIDTH
    end = columns[target] * _COLUMN + _MARGIN
    y, end_y = (rows[id_] + _MARGIN + _HEIGHT // 2 for id_ in (source, target))
    bend = (_COLUMN - _WIDTH) // 2
    return f"M{x} {y}C{x + bend} {y} {end - bend} {end_y} {end} {end_y}"


def _shorten(text: str) -> str:
    return text if len(text) <= _LABEL else f"{text[: _LABEL - 1]}…"
