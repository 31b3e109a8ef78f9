"""The regular expressions in the manifest and in the reference data take time that is linear."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from functools import cache

import pytest
from manifests import RELEASED, committed

from sbom.manifest.read import read_manifest

#: Characters that are searched. The slowest pattern takes 0.03 s, a quadratic one minutes.
SIZE = 400_000
SECONDS = 1.0
#: What a pattern consists of beside the text that it matches.
_SYNTAX = re.compile(r"\(\?P<\w+>|\(\?[:=!<]+|\{[\d,]+\}|\\x\w\w|\\[a-zA-Z]|[()\[\]^$*+?|]")


@cache
def patterns() -> tuple[str, ...]:
    found = [source.pattern for source in committed().reference.version_sources]
    for manifest in (committed(), read_manifest(RELEASED.read_text(encoding="utf-8"))):
        found += [rule.pattern for spec in manifest.components for rule in spec.evidence]
    return tuple(dict.fromkeys(filter(None, found)))


def hostile_texts(pattern: str) -> Iterator[str]:
    """Yield texts of repeated beginnings of what a pattern matches."""
    yield from (part * (SIZE // len(part)) for part in (" ", "\n", "1", "1.", "a"))
    literals = [part for part in _SYNTAX.sub(" ", pattern).replace("\\", "").split() if part[1:]]
    for literal in (*literals[:2], " ".join(literals)):
        for end in ("", " ", "1."):
            part = f"{literal}{end}" or "x"
            yield part * (SIZE // len(part))


@pytest.mark.parametrize("pattern", patterns())
def test_no_text_takes_a_pattern_long(pattern: str) -> None:
    compiled = re.compile(pattern, re.MULTILINE)
    for text in hostile_texts(pattern):
        start = time.process_time()
        for _ in compiled.finditer(text):
            pass
        assert time.process_time() - start < SECONDS, text[:40]
