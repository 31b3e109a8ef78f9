"""A rule that shows a component in PE files, ready to be searched with.

The rules are data: ``[[component.<name>.evidence]]`` of the manifest, which compiles them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sbom.patterns import PathPatterns

#: What a group of an expression may be called: the version of the component, or the tag that
#: the build was told to use.
GROUPS = frozenset({"version", "tag"})


@dataclass(frozen=True, kw_only=True, slots=True)
class CompiledRule:
    """A rule of a component: all that it names has to be in a file.

    It is searched for in the files that ``files`` matches, or in all if ``anywhere``. A match of
    a group ``version`` is the version, or stands for the one in ``version_by_match``; one of a
    group ``tag`` is a tag of ``external``. ``number`` counts the component's rules from 0.
    """

    component: str
    number: int
    files: PathPatterns
    anywhere: bool
    anchor: bytes
    pattern: re.Pattern[bytes] | None
    version_resource: Mapping[str, re.Pattern[str]]
    version_by_match: Mapping[str, str]
    external: str


def compile_bytes_pattern(text: str) -> re.Pattern[bytes]:
    r"""Return a regular expression over bytes, in which ``\\x00`` is the byte 0.

    Raises ValueError or re.error if it is not one.
    """
    return re.compile(text.encode("latin-1"))
