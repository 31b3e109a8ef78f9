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
    "channels": {"fields", "ranges"},
    "evidence": {"fields"},
    "identities": {"evidence", "fields"},
    "schema": {"channels", "cpython", "externals", "fields", "identities", "problems"},
    "grammar": {
        "channels",
        "cpython",
        "evidence",
        "externals",
        "fields",
        "identities",
        "ranges",
        "schema",
    },
    "manifest": {
        "channels",
        "cpython",
        "externals",
        "fields",
        "grammar",
        "identities",
        "problems",
        "schema",
    },
    "versions": {"identities", "ranges", "schema"},
    "reconcile": {"externals", "guards", "problems", "schema"},
    "faults": {"identities", "problems", "ranges", "schema", "versions"},
    "acknowledged": {"problems", "ranges", "schema"},
    "edit": {"identities", "manifest", "problems", "reconcile", "schema", "tables"},
    "identifiers": set(),
    "locations": {"schema"},
    "origins": {"identities", "locations", "schema", "versions"},
    "joining": set(),
    "components": {
        "identities",
        "channels",
        "identifiers",
        "joining",
        "origins",
        "ranges",
        "schema",
        "versions",
    },
    "holdings": {"channels", "components", "joining", "schema"},
    "document": {
        "contents",
        "evidence",
        "hashing",
        "holdings",
        "joining",
        "judging",
        "problems",
        "schema",
    },
    "release": {
        "channels",
        "components",
        "contents",
        "document",
        "holdings",
        "identifiers",
        "joining",
        "problems",
        "ranges",
        "schema",
    },
    "examining": {
        "channels",
        "components",
        "contents",
        "evidence",
        "externals",
        "holdings",
        "identifiers",
        "identities",
        "joining",
        "problems",
        "ranges",
        "schema",
        "versions",
    },
    "verifying": {
        "channels",
        "contents",
        "examining",
        "identities",
        "judging",
        "problems",
        "schema",
        "versions",
    },
    "vendored": {"hashing", "ranges", "schema"},
    "export": {
        "identities",
        "components",
        "externals",
        "guards",
        "identifiers",
        "problems",
        "ranges",
        "reconcile",
        "schema",
        "versions",
    },
    "drift": {"identities", "cpython", "problems", "schema", "versions"},
    "links": {
        "identities",
        "channels",
        "components",
        "cpython",
        "drift",
        "holdings",
        "problems",
        "schema",
        "versions",
    },
    "cpython": {"fields", "files", "problems", "ranges"},
    "contents": {"evidence", "hashing", "problems"},
    "files": {"problems"},
    "tables": set(),
    "hashing": {"evidence", "problems"},
    "pulled": {"externals", "hashing", "problems", "schema"},
    "judging": {"problems"},
    "archives": {"evidence", "hashing", "problems"},
    "network": {"archives", "problems"},
}
#: Libraries that one module alone may import.
OWNERS = {
    "spdx_tools": {"document", "judging"},
    "tomlkit": {"edit", "tables"},
    "urllib3": {"network"},
    "packageurl": {"identifiers", "judging"},
    "lief": {"evidence"},
}
#: What values may not ask: the clock, the environment, the network, the disk.
EDGES = {"os", "pathlib", "socket", "subprocess", "tempfile", "time", "urllib.request", "sys"}
PURE = set(MAY_IMPORT) - {
    "archives",
    "contents",
    "cpython",
    "files",
    "hashing",
    "judging",
    "network",
    "problems",
}

#: Inside a package, each module's own row: those of its modules that it may import.
INSIDE: dict[str, dict[str, set[str]]] = {
    "judging": {
        "__init__": set(),
        "wording": set(),
        "reading": set(),
        "licences": set(),
        "validation": set(),
        "structure": {"reading", "wording"},
        "identifiers": {"reading", "wording"},
        "licensing": {"licences", "reading", "wording"},
        "digests": {"reading", "wording"},
        "creation": {"reading", "wording"},
        "invariants": {"creation", "digests", "identifiers", "licensing", "reading", "structure"},
        "features": {"reading"},
        "extractors": {"features", "identifiers", "reading"},
        "licence_extractors": {"features", "licences", "reading"},
        "formula": {"extractors", "features", "licence_extractors"},
        "score": {"features", "formula", "reading"},
        "verdict": {"score"},
        "loading": {"wording"},
        "judges": {"validation", "verdict", "wording"},
        "report": {"score", "verdict"},
        "court": {"invariants", "judges", "loading", "score", "verdict", "wording"},
    },
    "document": {
        "__init__": set(),
        "relations": set(),
        "packages": {"relations"},
        "files": set(),
        "builds": {"files", "packages", "relations"},
        "rendering": set(),
    },
    "contents": {
        "__init__": set(),
        "names": set(),
        "shipped": set(),
        "folder": {"shipped"},
        "archive": {"names", "shipped"},
    },
    "evidence": {
        "__init__": set(),
        "rule": set(),
        "binary": set(),
        "pe": {"binary"},
        "keeping": {"binary", "pe"},
        "search": {"binary", "pe", "rule"},
    },
    "examining": {
        "__init__": set(),
        "claims": set(),
        "verdicts": {"claims"},
        "tracing": {"claims"},
        "identify": {"tracing"},
        "guests": {"claims", "verdicts"},
        "told": {"identify", "verdicts"},
        "examiner": {"claims", "identify", "verdicts"},
    },
    "verifying": {
        "__init__": set(),
        "listed": set(),
        "comparison": {"listed"},
        "restating": {"listed"},
    },
    "cpython": {
        "__init__": set(),
        "places": set(),
        "folder": set(),
        "tree": set(),
        "msbuild": set(),
        "listed": {"folder", "places"},
        "projects": {"folder", "msbuild"},
        "statements": {"folder", "msbuild", "places"},
        "sums": {"folder"},
    },
    "release": {
        "__init__": set(),
        "folder": set(),
        "described": set(),
        "agreement": {"described"},
        "packages": {"described"},
        "parts": set(),
        "whole": {"described", "packages", "parts"},
        "slices": set(),
        "index": {"described"},
        "published": {"slices"},
    },
    "archives": {
        "__init__": set(),
        "inflate": set(),
        "tar": {"inflate"},
        "facts": {"inflate", "tar"},
    },
    "network": {
        "__init__": set(),
        "addresses": set(),
        "attempt": set(),
        "cache": set(),
        "progress": set(),
        "transport": {"addresses", "attempt"},
        "download": {"addresses", "attempt", "transport"},
        "fetching": {"addresses", "cache", "download", "progress"},
    },
}
INSIDE_OWNERS = {
    "spdx_tools": {"judging/validation", "document/packages"},
    "packageurl": {"judging/identifiers"},
    "lief": {"evidence/pe"},
    "urllib3": {"network/attempt", "network/download", "network/transport"},
}
INSIDE_PURE = {f"judging/{name}" for name in INSIDE["judging"]} - {
    "judging/court",
    "judging/judges",
    "judging/loading",
    "judging/validation",
}
INSIDE_PURE |= {"contents/names", "contents/shipped", "cpython/places", "cpython/msbuild"}


def modules() -> list[tuple[str, Path]]:
    package = ROOT / "sbom"
    paths = [path for path in package.rglob("*.py") if "verbs" not in path.parts]
    return [(path.relative_to(package).with_suffix("").parts[0], path) for path in sorted(paths)]


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names if node.module in ("sbom", "sbom.judging") else {node.module}
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
        assert not (roots | found) & EDGES


def inside() -> list[Path]:
    return [path for name in INSIDE for path in sorted((ROOT / "sbom" / name).glob("*.py"))]


@pytest.mark.parametrize("path", inside(), ids=str)
def test_a_module_of_a_package_knows_only_what_it_may(path: Path) -> None:
    package = path.parent.name
    found = imports(path)
    ours = {word.split(".")[2] for word in found if word.startswith(f"sbom.{package}.")}
    assert ours <= INSIDE[package][path.stem]
    roots = {word.split(".")[0] for word in found}
    for library, owners in INSIDE_OWNERS.items():
        assert library not in roots or f"{package}/{path.stem}" in owners
    if f"{package}/{path.stem}" in INSIDE_PURE:
        assert not (roots | found) & EDGES


def test_what_builds_documents_shares_only_the_validation_with_what_judges_them() -> None:
    modules = (ROOT / "sbom" / "document").glob("*.py")
    found = {word for path in modules for word in imports(path)}
    shared = {word for word in found if word.startswith("sbom.judging")}
    assert shared == {"sbom.judging.validation"}
