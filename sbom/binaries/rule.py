"""What shows a component in a PE file, as data that is ready to be searched for.

The rules are ``[[component.<name>.evidence]]`` of the manifest, which compiles them;
``sbom.binaries.search`` searches with them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sbom.patterns import PathPatterns

#: What a group of an expression may be called: the version of the component, or the tag that
#: the build used.
GROUPS = frozenset({"version", "tag"})


@dataclass(frozen=True, kw_only=True, slots=True)
class CompiledRule:
    """A rule of a component: all that it names has to be in a file.

    It is searched for in the files that ``files`` matches, or in all if ``anywhere``; but not in
    those that load a DLL of ``unless_imported``, which do not contain the component. A match of
    a group ``version`` is the version, or stands for the one in ``version_by_match``; one of a
    group ``tag`` is a tag of ``external``. ``number`` counts the component's rules from 0.
    """

    component: str
    number: int
    files: PathPatterns
    anywhere: bool
    unless_imported: PathPatterns | None
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
