"""Workflows and the action: what they use is pinned to one commit, and the action runs."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from collections import defaultdict
from pathlib import Path

import pytest
from conftest import ROOT
from manifests import COMMITTED
from trees import make_tree

FILES = sorted(
    [
        *(ROOT / ".github/workflows").glob("*.yml"),
        *(ROOT / "pipelines").glob("github-*.yml"),
        ROOT / "action.yml",
    ]
)
USES = re.compile(r"^\s*-?\s*uses:\s*(.*?)\s*$", re.MULTILINE)
PINNED = re.compile(r"(?P<action>[\w-]+/[\w-]+)@(?P<commit>[0-9a-f]{40}) # v\d+\.\d+\.\d+")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_action_is_pinned_by_commit_with_its_tag_in_a_comment(path: Path) -> None:
    used = USES.findall(path.read_text(encoding="utf-8"))
    assert used
    assert [text for text in used if not PINNED.fullmatch(text)] == []


def test_an_action_is_pinned_to_the_same_commit_everywhere() -> None:
    pins = defaultdict(set)
    for path in (*FILES, ROOT / "docs/adopt.md"):
        for pin in PINNED.finditer(path.read_text(encoding="utf-8")):
            pins[pin["action"]].add(pin[0])
    assert "actions/checkout" in pins
    assert {action: found for action, found in pins.items() if len(found) > 1} == {}


def steps(path: Path) -> dict[str, str]:
    """Return the scripts of the steps of a workflow or an action, by their names."""
    found = re.findall(
        r"^ +- name: ([^\n]+)\n(?:(?! +- ).*\n)*? +run: \|\n((?: {8}.*\n)+)",
        path.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    return {name: textwrap.dedent(script) for name, script in found}


@pytest.mark.skipif(sys.platform == "win32", reason="the action is for Linux and macOS")
def test_the_action_writes_a_summary_and_annotations(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "cpython")
    script = tree / "PCbuild/get_externals.bat"
    text = script.read_text(encoding="utf-8")
    script.write_text(text.replace("xz-5.2.5", "xz-5.8.1"), encoding="utf-8")
    python = tmp_path / "sbom/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    environment = {
        "PYTHONPATH": str(ROOT),
        "CPYTHON": ".",
        "MANIFEST": str(COMMITTED),
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "PATH": "/usr/bin:/bin",
    }

    def run(name: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/bash", "-e", "-o", "pipefail", "-c", steps(ROOT / "action.yml")[name]],
            cwd=tree,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    shown = run("Show what the checkout changes")
    assert shown.returncode == 0, shown.stderr
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "xz" in summary
    assert "5.2.5 → 5.8.1" in summary
    compared = run("Compare the manifest with the checkout")
    assert compared.returncode == 1
    assert "title=SBM403 tag-changed::" in compared.stdout
    assert "::error file=PCbuild/python.props,line=" in compared.stdout
