"""The noxfile: README lists its sessions, the manifest its platforms; it imports no package."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT

from sbom.cli import build_parser

NOXFILE = (ROOT / "noxfile.py").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_session_is_in_the_readme() -> None:
    sessions = {
        node.name.replace("_", "-")
        for node in ast.parse(NOXFILE).body
        if isinstance(node, ast.FunctionDef)
        and any("session" in ast.unparse(decorator) for decorator in node.decorator_list)
    }
    listed = set(re.findall(r"`([\w-]+)`", README.split("## Sessions")[1].split("## ")[0]))
    assert sessions <= listed
    assert "sbom" in sessions


def test_it_never_imports_the_package() -> None:
    imported = {
        name
        for node in ast.walk(ast.parse(NOXFILE))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [getattr(node, "module", None) or node.names[0].name]
    }
    assert imported == {"__future__", "nox", "pathlib", "tempfile"}


def test_it_names_no_platform() -> None:
    manifest = tomllib.loads((ROOT / "externals.toml").read_text(encoding="utf-8"))
    for platform in manifest["platform"]:
        assert platform not in NOXFILE


@pytest.mark.parametrize("path", sorted((ROOT / "pipelines").iterdir()), ids=lambda p: p.name)
def test_the_pipelines_use_existing_sessions_and_flags(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = set(re.findall(r"-s \"?([\w-]+)", text))
    assert named == {"sbom", "release-sbom"}
    options = {
        option
        for action in build_parser()._actions  # noqa: SLF001 - argparse has no other way to ask
        for verb in ("build", "release")
        if action.choices
        for option in dict(action.choices)[verb]._option_string_actions  # noqa: SLF001
    }
    behind = re.sub(r"#.*", "", text).replace(" -- ", " ")
    assert set(re.findall(r"(?<![\w-])--[a-z][\w-]+", behind)) <= options
