"""What is fuzzed of documents: readers of SPDX 2.3, SPDX 3 and CycloneDX, and a release's index."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from conftest import ROOT
from mutators import mutate_json
from target import Target

from sbom.changes.boms import compare_boms
from sbom.diagnostics import SbomError
from sbom.formats import FORMATS, read_document
from sbom.formats.json_document import parse_json
from sbom.release.index import (
    PublishedArtifact,
    PublishedSbom,
    ReleaseIndex,
    read_index,
    write_index,
)
from sbom.validation.invariants import check_document_invariants

_GOLDEN = ROOT / "tests/formats/golden"
_MOST = 3


def _run_document(data: bytes) -> None:
    with suppress(SbomError):
        bom = read_document(data, "a.json")
        compare_boms(bom, bom, "old", "new")
        check_document_invariants(parse_json(data, "a.json"), "a.json")
        for each in FORMATS:
            each.write(bom)


def _run_index(data: bytes) -> None:
    index = read_index(data)
    if index is not None:
        assert len(index.sbom_paths) >= len(index.artifact_names)


def _shortened(value: Any) -> Any:
    """Return a document with the first elements of each array, those of each type of a graph."""
    if isinstance(value, dict):
        return {
            key: _of_each_type(inside) if key == "@graph" else _shortened(inside)
            for key, inside in value.items()
        }
    return [*map(_shortened, value[:_MOST])] if isinstance(value, list) else value


def _of_each_type(elements: list[Any]) -> list[Any]:
    kept: dict[str, list[Any]] = {}
    for element in elements:
        kept.setdefault(str(element.get("type")), []).append(_shortened(element))
    return [element for alike in kept.values() for element in alike[:2]]


def _seeds(pattern: str) -> Callable[[], Iterator[bytes]]:
    def read() -> Iterator[bytes]:
        for path in sorted(_GOLDEN.glob(pattern)):
            yield json.dumps(_shortened(json.loads(path.read_bytes()))).encode()

    return read


def _index_seeds() -> Iterator[bytes]:
    names = ("channel", "platform", "variant", "described-from", "location", "size")
    sbom = PublishedSbom("spdx-2.3", "a.spdx.json", "https://example.org/a", "ab" * 32)
    checksums = {"sha256": "cd" * 32, "sha512": "cd" * 64}
    artifact = PublishedArtifact("a.zip", checksums, dict.fromkeys(names, ""), (sbom,))
    yield write_index(ReleaseIndex("3.14.7", ("b.zip",), (sbom,), (artifact,)))


TARGETS = (
    Target(name="spdx2", run=_run_document, seeds=_seeds("*.spdx.json"), mutator=mutate_json),
    Target(name="spdx3", run=_run_document, seeds=_seeds("*.spdx3.json"), mutator=mutate_json),
    Target(name="cyclonedx", run=_run_document, seeds=_seeds("*.cdx.json"), mutator=mutate_json),
    Target(name="release-index", run=_run_index, seeds=_index_seeds, mutator=mutate_json),
)
