"""Workflows: each action is pinned to one commit, and the templates use the commits of CI."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest
from conftest import ROOT

FILES = sorted(
    [*(ROOT / ".github/workflows").glob("*.yml"), *(ROOT / "pipelines").glob("github-*.yml")]
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
    for path in FILES:
        for pin in PINNED.finditer(path.read_text(encoding="utf-8")):
            pins[pin["action"]].add(pin[0])
    assert "actions/checkout" in pins
    assert {action: found for action, found in pins.items() if len(found) > 1} == {}
