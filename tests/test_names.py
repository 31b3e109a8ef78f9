"""Names in the package: one public type or function for each."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import sbom

#: Every command has a function ``run``: they are its interface to ``sbom.cli``.
SHARED = {"run"}


def defined_names(tree: ast.Module) -> Iterator[str]:
    """Yield the public functions and types of a module; an alias of a type counts as one."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript | ast.BinOp):
            for target in node.targets:
                if isinstance(target, ast.Name) and not target.id.isupper():
                    yield target.id


def test_no_two_public_types_or_functions_have_one_name() -> None:
    places = defaultdict(list)
    package = Path(sbom.__path__[0])
    for path in package.rglob("*.py"):
        for name in defined_names(ast.parse(path.read_text(encoding="utf-8"))):
            if not name.startswith("_"):
                places[name].append(path.relative_to(package).as_posix())
    assert len(places) > 500
    assert {name: found for name, found in places.items() if found[1:]}.keys() == SHARED
