"""Who may know whom: the direction of the data, as imports."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from conftest import ROOT

#: For each module, the parts of the package it may import.
MAY_IMPORT = {
    "problems": set(),
    "ranges": set(),
    "fields": set(),
    "batch": {"problems"},
    "externals": {"batch", "problems"},
    "guards": {"batch", "externals", "problems"},
    "schema": {"externals", "problems"},
    "manifest": {"externals", "fields", "problems", "ranges", "schema"},
    "versions": {"ranges", "schema"},
    "reconcile": {"externals", "guards", "problems", "schema"},
    "faults": {"problems", "ranges", "schema", "versions"},
    "acknowledged": {"problems", "schema"},
    "edit": {"problems", "reconcile", "schema", "tables"},
    "components": {"ranges", "schema", "versions"},
    "validation": set(),
    "document": {"components", "problems", "schema", "validation"},
    "files": {"problems"},
    "tree": {"files"},
    "tables": set(),
    "hashing": {"problems"},
    "pulled": {"externals", "hashing", "problems", "schema"},
    "invariants": {"problems"},
    "score": {"invariants"},
    "judge": {"invariants", "problems", "score", "validation"},
}
#: Libraries that one module alone may import.
OWNERS = {
    "spdx_tools": {"document", "validation"},
    "tomlkit": {"edit", "tables"},
    "packageurl": {"components", "invariants"},
}
#: What values may not ask: the clock, the environment, the network, the disk.
EDGES = {"os", "pathlib", "socket", "subprocess", "tempfile", "time", "urllib", "sys"}
PURE = set(MAY_IMPORT) - {"files", "tree", "problems", "hashing", "judge", "validation"}


def modules() -> list[tuple[str, Path]]:
    package = ROOT / "sbom"
    paths = [*package.glob("*.py"), *package.glob("batch/*.py")]
    return [(path.relative_to(package).with_suffix("").parts[0], path) for path in sorted(paths)]


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"sbom.{alias.name}" for alias in node.names}
            found |= names if node.module == "sbom" else {node.module}
    return found


@pytest.mark.parametrize(("name", "path"), modules(), ids=str)
def test_a_module_knows_only_what_it_may(name: str, path: Path) -> None:
    found = imports(path)
    ours = {word.split(".")[1] for word in found if word.startswith("sbom.")} - {name}
    if name in MAY_IMPORT:
        assert ours - {"__version__"} <= MAY_IMPORT[name]
    roots = {word.split(".")[0] for word in found}
    for library, owners in OWNERS.items():
        assert library not in roots or name in owners
    if name in PURE:
        assert not roots & EDGES
