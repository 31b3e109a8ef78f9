"""The drawing: every component once, no two in one place, the same for one graph."""

from __future__ import annotations

import random

from sbom.bom.bom import RelationshipKind
from sbom.release_report.graph_layout import Graph, lay_out_graph

CONTAINS, STATIC = RelationshipKind.CONTAINS, RelationshipKind.STATIC_LINK
RELATED = [
    ("", STATIC, "xz"),
    ("", CONTAINS, "pip"),
    ("", CONTAINS, "idna"),
    ("pip", CONTAINS, "idna"),
    ("pip", CONTAINS, "rich"),
]


def draw(related: list[tuple[str, RelationshipKind, str]]) -> Graph:
    ids = {id_ for source, _, target in related for id_ in (source, target)} | {""}
    return lay_out_graph("", {id_: id_ or "release" for id_ in ids}, related)


def columns(graph: Graph) -> dict[str, int]:
    places = sorted({node.x for node in graph.nodes})
    return {node.title: places.index(node.x) for node in graph.nodes}


def test_each_component_is_right_of_what_brings_it() -> None:
    graph = draw(RELATED)
    assert columns(graph) == {"release": 0, "xz": 1, "pip": 1, "idna": 2, "rich": 2}


def test_what_another_component_brings_has_no_line_from_the_release() -> None:
    assert len(draw(RELATED).edges) == 4


def test_a_pair_has_one_line_of_the_kind_that_says_most() -> None:
    graph = draw([("", CONTAINS, "xz"), ("", STATIC, "xz")])
    assert [edge.kind for edge in graph.edges] == [STATIC]


def test_no_two_boxes_overlap_and_all_are_inside() -> None:
    pairs = random.Random(3)
    names = [f"c{number}" for number in range(60)]
    related = [("", CONTAINS, name) for name in names]
    related += [(pairs.choice(names), STATIC, pairs.choice(names)) for _ in range(80)]
    graph = draw(related)
    assert len(graph.nodes) == 61
    boxes = [node for node in graph.nodes if node.title != "release"]
    assert len({(node.x, node.y) for node in graph.nodes}) == len(graph.nodes)
    for one in boxes:
        assert 0 < one.x <= graph.width - graph.node_width
        assert 0 < one.y <= graph.height - graph.node_height
        close = [two for two in boxes if two.x == one.x and abs(two.y - one.y) < graph.node_height]
        assert close == [one]


def test_components_that_contain_each_other_are_drawn() -> None:
    graph = draw([("a", CONTAINS, "b"), ("b", CONTAINS, "a"), ("b", CONTAINS, "b")])
    assert len(graph.nodes) == 3
    assert len(graph.edges) == 2


def test_orders_do_not_matter() -> None:
    shuffled = RELATED[:]
    random.Random(2).shuffle(shuffled)
    assert draw(shuffled) == draw(RELATED)


def test_of_very_many_components_some_are_left_out_and_counted() -> None:
    chain = [(f"c{number:04}", CONTAINS, f"c{number + 1:04}") for number in range(5000)]
    graph = draw([("", CONTAINS, "c0000"), *chain])
    assert graph.left_out == 5002 - len(graph.nodes)
    assert 100 < len(graph.nodes) < 500


def test_long_names_are_shortened_to_their_box() -> None:
    [node] = [node for node in draw([("", CONTAINS, "x" * 99)]).nodes if node.title != "release"]
    assert len(node.label) < 40
    assert node.title == "x" * 99
