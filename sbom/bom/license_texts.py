"""The texts of licenses in a BOM: those that the SPDX list lacks, and that components name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sbom.bom.bom import Bom, ExtractedLicense
from sbom.bom.licenses import unknown_licenses
from sbom.components.component import Component
from sbom.diagnostics import Diagnostic
from sbom.diagnostics.release_messages import unknown_license
from sbom.manifest.model import LicenseText


def license_texts(
    components: Iterable[Component], texts: Iterable[LicenseText]
) -> tuple[ExtractedLicense, ...]:
    """Return the texts of the licenses that components name, each ending in one LF."""
    extracted = (ExtractedLicense(text.id, text.name, text.text.strip() + "\n") for text in texts)
    return used_license_texts(components, extracted)


def used_license_texts(
    components: Iterable[Component], texts: Iterable[ExtractedLicense]
) -> tuple[ExtractedLicense, ...]:
    """Return the texts of the licenses that components name, each once, sorted by id."""
    expressions = " ".join(
        f"{component.license_concluded} {component.license_declared}" for component in components
    )
    named = set(re.findall(r"LicenseRef-[\w.-]+", expressions))
    by_id = {text.id: text for text in texts if text.id in named}
    return tuple(by_id[id_] for id_ in sorted(by_id))


def check_licenses(bom: Bom) -> Iterator[Diagnostic]:
    """Yield licenses that are neither on the SPDX list nor in the BOM with their texts."""
    texts = {text.id for text in bom.license_texts}
    for component in bom.components:
        for expression in {component.license_concluded, component.license_declared}:
            for name in unknown_licenses(expression):
                if name not in texts:
                    yield unknown_license(bom.name, component.id, name)
