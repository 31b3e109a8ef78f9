"""What shows a component in a binary, as people write it. A part of the schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sbom.manifest.external_key import ExternalKey


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceRule:
    r"""``[[component.<name>.evidence]]``: what in a PE file shows the component.

    It is looked for in files whose name, whatever its case, matches one of ``files``; with
    ``anywhere`` also in every other one, where it is a surprise. All that a rule names has to
    be there: ``anchor`` is a text, ``pattern`` a regular expression over the file's bytes
    (``\x00`` is the byte 0), ``version_resource`` maps keys of the version resource to
    expressions for the whole of their texts. A group ``version`` is upstream's version, by
    ``version_by_match`` where that says what a text means; without one, the component is there
    and its version unknown. A group ``tag`` is the tag of ``external`` that the build asked
    for. With ``major_version_only``, only the first number of a version has to agree: the
    component is whatever was there when it was built.
    """

    files: tuple[str, ...] = ()
    anywhere: bool = False
    anchor: str = ""
    pattern: str = ""
    version_resource: Mapping[str, str] = field(default_factory=dict)
    version_by_match: Mapping[str, str] = field(default_factory=dict)
    external: ExternalKey | None = None
    major_version_only: bool = False


def validate_evidence_rule(rule: EvidenceRule) -> Iterator[str]:
    """Yield what is wrong with the texts of a rule, each a sentence's end."""
    if not rule.files and not rule.anywhere:
        yield "has neither 'files' nor 'anywhere', so nothing is ever looked at"
    if not rule.pattern and not rule.version_resource:
        yield "has neither a 'pattern' nor a 'resource', so it shows nothing"
    if rule.anywhere and not rule.anchor:
        yield "is looked for anywhere, and has no 'anchor' that tells it from other texts"
    groups: set[str] = set()
    for text in (rule.pattern, *rule.version_resource.values()):
        try:
            groups |= set(re.compile(text.encode("latin-1")).groupindex)
        except (re.error, UnicodeEncodeError) as error:
            yield f"has the pattern {text!r}, which is no regular expression over bytes: {error}"
            return
    for group in sorted(groups - {"version", "tag"}):
        yield f"has a group '{group}'; known are 'version' and 'tag'"
    if ("tag" in groups) != bool(rule.external):
        yield "needs both 'external' and a group named 'tag', or neither"
