"""A PE file's bytes to the evidence in them, by the rules of ``sbom.binaries.rule``."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sbom.binaries.binary import Binary, EvidenceMatch, Overlay, PEHeaders
from sbom.binaries.pe import read_headers, read_imports
from sbom.binaries.pe_layout import is_pe
from sbom.binaries.rule import CompiledRule
from sbom.diagnostics.render import printable

#: A rule with more matches in one file proves nothing there; the first ones are reported.
_MOST_MATCHES = 8


class Inspector:
    """Inspects binaries; the same contents with the same file name only once."""

    def __init__(self, rules: Sequence[CompiledRule]) -> None:
        """Search with ``rules``."""
        self._rules = rules
        self._inspected: dict[tuple[str, str], Binary] = {}

    def __call__(self, path: str, data: bytes, overlay: Overlay | None = None) -> Binary | None:
        """Return what is known of a file; None if it does not start like a PE file.

        With an ``overlay``, ``data`` are the start of the file, and git's id is not known.
        """
        if not is_pe(data):
            return None
        blob = "" if overlay else _git_blob_id(data)
        content = overlay.digests["sha256"].hex() + overlay.table.hex() if overlay else blob
        key = path.rpartition("/")[2].lower(), content
        if key not in self._inspected:
            headers = read_headers(data, overlay)
            matches = tuple(_search_evidence(path, data, headers, self._rules))
            unsearched_size = overlay.size - len(data) if overlay else 0
            self._inspected[key] = Binary(headers, matches, blob, unsearched_size)
        return self._inspected[key]


def _git_blob_id(data: bytes) -> str:
    """Return the name that git gives a file: the SHA-1 of a header and the contents."""
    digest = hashlib.sha1(b"blob %d\0" % len(data), usedforsecurity=False)
    digest.update(data)
    return digest.hexdigest()


def _search_evidence(
    path: str, data: bytes, headers: PEHeaders, rules: Iterable[CompiledRule]
) -> Iterator[EvidenceMatch]:
    """Yield the distinct matches in a file, in the order of the rules."""
    for rule in rules:
        if _is_searched(rule, path, data):
            resource = _match_resource(rule, headers.version_resource)
            if resource is None:
                continue
            if rule.pattern is None:
                yield _match_of_resource(rule, resource)
            else:
                yield from _match_bytes(rule, rule.pattern, data)


def _is_searched(rule: CompiledRule, path: str, data: bytes) -> bool:
    """Return whether a rule is for a file that has its anchor: by its name, or by what it loads.

    The name is compared first: looking for the anchors of all rules takes as long as the digests.
    """
    is_named = rule.files.matches(path)
    if not (is_named or rule.anywhere) or rule.anchor not in data:
        return False
    if is_named or not rule.unless_imported:
        return True
    return not any(rule.unless_imported.matches(name) for name in read_imports(data))


def _match_resource(
    rule: CompiledRule, resource: Mapping[str, str]
) -> Mapping[str, re.Match[str]] | None:
    """Return the matches in the version resource by their keys; None unless all match."""
    matches: dict[str, re.Match[str]] = {}
    for key, expression in rule.version_resource.items():
        match = expression.fullmatch(resource.get(key, ""))
        if match is None:
            return None
        matches[key] = match
    return matches


def _match_of_resource(rule: CompiledRule, matches: Mapping[str, re.Match[str]]) -> EvidenceMatch:
    """Return the match of a rule for the version resource alone: the one that has groups."""
    key = max(matches, key=lambda key: len(matches[key].groupdict()))
    return _evidence(rule, matches[key].groupdict(), matches[key][0], resource_key=key)


def _match_bytes(
    rule: CompiledRule, pattern: re.Pattern[bytes], data: bytes
) -> Iterator[EvidenceMatch]:
    """Yield the distinct texts that match, each where it is first."""
    distinct: dict[bytes, re.Match[bytes]] = {}
    for match in pattern.finditer(data):
        distinct.setdefault(match[0], match)
        if len(distinct) == _MOST_MATCHES or not pattern.groups:
            break
    for text, match in distinct.items():
        groups = {key: value.decode("latin-1") for key, value in match.groupdict().items() if value}
        found = text.strip(b"\0").decode("latin-1")
        yield _evidence(rule, groups, found, offset=match.start())


def _evidence(
    rule: CompiledRule,
    groups: Mapping[str, str],
    text: str,
    *,
    offset: int | None = None,
    resource_key: str = "",
) -> EvidenceMatch:
    version = groups.get("version", "")
    by_match = rule.version_by_match
    return EvidenceMatch(
        component=rule.component,
        version=by_match.get(version, "") if by_match else version,
        text=printable(text),
        offset=offset,
        resource_key=resource_key,
        external=rule.external,
        tag=groups.get("tag", ""),
        rule=rule.number,
    )
