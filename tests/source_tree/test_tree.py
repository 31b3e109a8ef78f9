"""Only regular files inside a source tree are read, and none that is enormous."""

from __future__ import annotations

from pathlib import Path

from conftest import make_link

from sbom.source_tree.tree import SourceTree


def test_nothing_outside_of_the_tree_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    root = tmp_path / "tree"
    root.mkdir()
    make_link(root / "out", tmp_path / "secret")
    make_link(root / "loop", root)
    make_link(root / "self", root / "self")
    tree = SourceTree(root)
    assert tree.read("../secret") is None
    assert tree.read("out") is None
    assert tree.read("self") is None
    assert tree.read("a\0b") is None
    assert tree.glob("*") == []
    (root / "big").write_bytes(b"x" * 100)
    assert tree.read("big", 99) is None
