"""The web pages by which people and organizations are known where no mail address is."""

from __future__ import annotations

from sbom.bom.bom import Bom


def home_pages(bom: Bom) -> dict[str, list[str]]:
    """Return the home pages of what each originator created, sorted, by the text that names it.

    BSI TR-03183-2, clause 5.2.2, takes the project's web page for the creator of a component.
    """
    pages: dict[str, set[str]] = {}
    for component in bom.components:
        if component.homepage.startswith(("http://", "https://")):
            pages.setdefault(component.originator, set()).add(component.homepage)
    return {originator: sorted(found) for originator, found in pages.items()}
