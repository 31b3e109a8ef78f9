"""The noxfile: sessions README names, platforms from the manifest, nothing of the package."""

from __future__ import annotations

import ast
import re
import tomllib

from conftest import ROOT

NOXFILE = (ROOT / "noxfile.py").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_session_is_in_the_readme() -> None:
    sessions = {
        node.name
        for node in ast.parse(NOXFILE).body
        if isinstance(node, ast.FunctionDef)
        and any("session" in ast.unparse(decorator) for decorator in node.decorator_list)
    }
    told = set(re.findall(r"`([\w-]+)`", README.split("## Sessions")[1].split("## ")[0]))
    assert sessions <= told
    assert "sbom" in sessions


def test_it_never_imports_the_package() -> None:
    imported = {
        name
        for node in ast.walk(ast.parse(NOXFILE))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [getattr(node, "module", None) or node.names[0].name]
    }
    assert imported == {"__future__", "nox", "pathlib", "tempfile"}


def test_it_knows_no_platform_by_name() -> None:
    manifest = tomllib.loads((ROOT / "externals.toml").read_text(encoding="utf-8"))
    for platform in manifest["platform"]:
        assert platform not in NOXFILE
