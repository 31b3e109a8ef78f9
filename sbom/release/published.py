"""A published folder held against itself: artifacts, their SBOMs, the index and the sums.

Needs nothing but the files themselves: what is wrong shows whoever made them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sbom.diagnostics import Code, Diagnostic, sort_diagnostics
from sbom.release.slices import SliceExtractor

#: The names of what a release writes beside the SBOMs.
INDEX, SUMS = "sbom-index.json", "SHA256SUMS"
_SUM = re.compile(r"([0-9a-f]{64}) [ *](.+)")


@dataclass(frozen=True, slots=True)
class Published:
    """What there is to look at: digests of artifacts by path, and documents by path.

    ``artifacts`` maps the path of each artifact to its digests by algorithm in lower case,
    ``documents`` the path of everything a release has written to its bytes.
    """

    artifacts: Mapping[str, Mapping[str, str]]
    documents: Mapping[str, bytes]


def check_published_release(published: Published) -> tuple[Diagnostic, ...]:
    """Return everything that is wrong with a published folder, in order."""
    data = published.documents.get(INDEX)
    index = _json(data) if data is not None else None
    if not isinstance(index, Mapping) or not isinstance(index.get("artifacts"), list):
        return (_problem(INDEX, "", "is missing, or is no index of a release", _AGAIN),)
    problems = [*_sums(published), *_artifacts(published, index)]
    whole_path = str(_at(index, "document", "file"))
    whole = _document(published, whole_path, problems)
    if whole is not None:
        problems += _digest(published, whole_path, str(_at(index, "document", "sha256")))
        problems += _slices(published, index, whole)
    return sort_diagnostics(problems)


_AGAIN = "run: nox -s release-sbom, and publish all that it writes"


def _sums(published: Published) -> Iterator[Diagnostic]:
    """Hold the file of sums against everything that it names and should name."""
    data = published.documents.get(SUMS)
    if data is None:
        yield _problem(SUMS, "", "is missing", _AGAIN)
        return
    named = {}
    for n, line in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
        match = _SUM.fullmatch(line)
        if match is None:
            yield _problem(SUMS, str(n), "is no line of sha256sum", _AGAIN)
        else:
            named[match[2]] = match[1]
    known = {path: hashlib.sha256(data).hexdigest() for path, data in published.documents.items()}
    known |= {path: digests["sha256"] for path, digests in published.artifacts.items()}
    for path in sorted(named):
        if path not in known:
            yield _problem(path, "", f"is named by {SUMS} and missing", _AGAIN)
        elif named[path] != known[path]:
            yield _problem(path, "", f"is not what {SUMS} says: {_short(known[path])}", _AGAIN)
    for path in sorted(published.documents.keys() - named.keys() - {SUMS}):
        yield _problem(path, "", f"is not named by {SUMS}", _AGAIN)


def _artifacts(published: Published, index: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """Hold the index against the artifacts: each indexed, each with its SBOM and its digests."""
    rows = {str(_at(row, "file")): row for row in index["artifacts"]}
    for path in sorted(published.artifacts.keys() - rows.keys()):
        yield _problem(path, "", "has no SBOM: the index does not name it", _AGAIN)
    for path, row in sorted(rows.items()):
        sbom = str(_at(row, "sbom", "file"))
        if path not in published.artifacts:
            yield _problem(path, "", "is in the index and missing", "publish it with its SBOM")
            continue
        for algorithm, value in published.artifacts[path].items():
            if row.get(algorithm) != value:
                said = f"is another file than its SBOM describes: its {algorithm} is"
                yield _problem(path, "", f"{said} {_short(value)}", _AGAIN)
        if sbom not in published.documents:
            yield _problem(path, "", f"has no SBOM: {sbom} is missing", _AGAIN)
        else:
            yield from _digest(published, sbom, str(_at(row, "sbom", "sha256")))


def _digest(published: Published, path: str, expected: str) -> Iterator[Diagnostic]:
    data = published.documents.get(path)
    if data is not None and hashlib.sha256(data).hexdigest() != expected:
        yield _problem(path, "", "is not what the index says it is", _AGAIN)


def _slices(
    published: Published, index: Mapping[str, Any], whole: Mapping[str, Any]
) -> Iterator[Diagnostic]:
    """Hold every slice against what would be cut from the whole now."""
    try:
        cutter = SliceExtractor(whole)
        roots = {
            str(package.get("packageFileName")): package["SPDXID"] for package in whole["packages"]
        }
    except (KeyError, TypeError, AttributeError):
        yield _problem(str(_at(index, "document", "file")), "", "is no SPDX document", _AGAIN)
        return
    for row in index["artifacts"]:
        path, sbom = str(_at(row, "file")), str(_at(row, "sbom", "file"))
        problems: list[Diagnostic] = []
        found = _document(published, sbom, problems)
        yield from problems
        name = path.rpartition("/")[2]
        if found is None:
            continue
        if name not in roots:
            yield _problem(sbom, "", f"the whole document has no package of {name}", _AGAIN)
            continue
        namespace = str(_at(row, "sbom", "namespace"))
        cut = cutter.slice(roots[name], str(found.get("name")), namespace)
        yield from _differences(sbom, found, cut)


def _differences(
    path: str, found: Mapping[str, Any], cut: Mapping[str, Any]
) -> Iterator[Diagnostic]:
    """Yield where a slice is not what the whole says, element by element."""
    for key in sorted(found.keys() | cut.keys()):
        if found.get(key) == cut.get(key):
            continue
        ours, theirs = (_elements(one.get(key)) for one in (found, cut))
        for id_ in sorted(ours.keys() | theirs.keys()):
            if ours.get(id_) != theirs.get(id_):
                message = f"is no slice of the whole document: {key} differ"
                yield _problem(path, id_, message, _AGAIN)


def _elements(value: Any) -> dict[str, Any]:
    if not isinstance(value, list):
        return {"": value}
    found: dict[str, Any] = {}
    for item in value:
        id_ = item.get("SPDXID") or item.get("spdxElementId") if isinstance(item, dict) else ""
        found.setdefault(str(id_ or ""), []).append(item)
    return found


def _document(
    published: Published, path: str, problems: list[Diagnostic]
) -> Mapping[str, Any] | None:
    data = published.documents.get(path)
    if data is None:
        problems.append(_problem(path, "", "is missing", _AGAIN))
        return None
    found = _json(data)
    if not isinstance(found, Mapping):
        problems.append(_problem(path, "", "is no JSON document", _AGAIN))
        return None
    return found


def _json(data: bytes) -> Any:
    parse: Callable[[bytes], Any] = json.loads
    try:
        return parse(data)
    except (ValueError, RecursionError):
        return None


def _at(value: Any, *keys: str) -> Any:
    """Return what is below keys, or an empty text where there is nothing of the kind."""
    for key in keys:
        value = value.get(key, "") if isinstance(value, Mapping) else ""
    return value


def _short(digest: str) -> str:
    return f"{digest[:12]}…"


def _problem(file: str, where: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(
        code=Code.INCONSISTENT_RELEASE, file=file, subject=where, message=message, hint=hint
    )


def names_of(index: Mapping[str, Any]) -> Sequence[str]:
    """Return the paths of all documents that an index names."""
    rows = index.get("artifacts", [])
    return [str(_at(index, "document", "file")), *(str(_at(row, "sbom", "file")) for row in rows)]
