"""A PE file's bytes to the evidence in them, by the rules of the manifest."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sbom.binaries.binary import Binary, EvidenceMatch, PEHeaders, printable
from sbom.binaries.pe import is_pe, read_headers
from sbom.files.patterns import PathPatterns
from sbom.manifest.component_spec import EvidenceRule

#: A rule that finds more than this in one file is of no use there; the first ones are told.
_MOST = 8


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule of a component, ready to be searched with."""

    component: str
    number: int
    evidence: EvidenceRule
    names: PathPatterns
    anchor: bytes
    pattern: re.Pattern[bytes] | None
    resource: Mapping[str, re.Pattern[str]]

    def lists(self, path: str) -> bool:
        """Return whether it names a file by ``files``, where its evidence is expected."""
        return self.names.matches(path)


def compile_rules(
    evidence: Iterable[tuple[str, Sequence[EvidenceRule]]],
) -> tuple[CompiledRule, ...]:
    """Return the rules of components, given as pairs of a component's key and its tables."""
    return tuple(
        CompiledRule(
            key,
            number,
            one,
            PathPatterns(one.files),
            one.anchor.encode(),
            re.compile(one.pattern.encode("latin-1")) if one.pattern else None,
            {name: re.compile(pattern) for name, pattern in one.version_resource.items()},
        )
        for key, rows in evidence
        for number, one in enumerate(rows)
    )


class Inspector:
    """Looks into files; what is the same file under the same name is looked into once."""

    def __init__(self, rules: Sequence[CompiledRule]) -> None:
        """Keep the rules to look by."""
        self._rules = rules
        self._known: dict[tuple[str, str], Binary] = {}

    def __call__(self, path: str, data: bytes) -> Binary | None:
        """Return what is known of a file, or None where it does not start like a PE file."""
        if not is_pe(data):
            return None
        blob = blob_id(data)
        key = path.rpartition("/")[2].lower(), blob
        if key not in self._known:
            image = read_headers(data)
            found = tuple(search(path, data, image, self._rules))
            self._known[key] = Binary(image, found, blob)
        return self._known[key]


def blob_id(data: bytes) -> str:
    """Return the name git gives a file of these bytes: the SHA-1 of a header and of them."""
    header = b"blob %d\0" % len(data)
    return hashlib.sha1(header + data, usedforsecurity=False).hexdigest()


def search(
    path: str, data: bytes, image: PEHeaders, rules: Iterable[CompiledRule]
) -> Iterator[EvidenceMatch]:
    """Yield the distinct findings in a file, in the order of the rules."""
    for rule in rules:
        if (rule.evidence.anywhere or rule.lists(path)) and rule.anchor in data:
            yield from _found(rule, data, dict(image.resource))


def _found(rule: CompiledRule, data: bytes, resource: Mapping[str, str]) -> Iterator[EvidenceMatch]:
    """Yield what a rule finds in a file that has its anchor; nothing unless all of it is there."""
    said: dict[str, re.Match[str]] = {}
    for key, expression in rule.resource.items():
        match = expression.fullmatch(resource.get(key, ""))
        if match is None:
            return
        said[key] = match
    if rule.pattern is None:
        key = max(said, key=lambda key: len(said[key].groupdict()))
        yield _finding(rule, said[key].groupdict(), said[key][0], key)
        return
    distinct: dict[bytes, re.Match[bytes]] = {}
    for there in rule.pattern.finditer(data):
        distinct.setdefault(there[0], there)
        if len(distinct) == _MOST or not rule.pattern.groups:
            break
    for text, there in distinct.items():
        groups = {key: value.decode("latin-1") for key, value in there.groupdict().items() if value}
        yield _finding(rule, groups, text.strip(b"\0").decode("latin-1"), f"0x{there.start():x}")


def _finding(rule: CompiledRule, groups: Mapping[str, str], text: str, place: str) -> EvidenceMatch:
    version = groups.get("version", "")
    known = rule.evidence.version_by_match
    return EvidenceMatch(
        component=rule.component,
        version=known.get(version, "") if known else version,
        place=place,
        text=printable(text),
        external=rule.evidence.external,
        tag=groups.get("tag", ""),
        rule=rule.number,
    )
