"""What contains a component, as text for people and as JSON values for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sbom.components.component import Component
from sbom.diagnostics.render import count, printable
from sbom.explanation.containment import ContainedComponent, Containment
from sbom.explanation.render_explanation import wrap_fact
from sbom.manifest.component_spec import UNKNOWN_LOCATION

#: How many files of a component are named as text.
_FILES = 4
_UNKNOWN = ("", UNKNOWN_LOCATION)


def render_containment(containment: Containment, width: int) -> str:
    """Return what contains a component as text, the versions and their identifiers first.

    Sentences are wrapped at ``width`` columns.
    """
    return "".join(f"{printable(line)}\n" for line in _lines(containment, width))


def _lines(containment: Containment, width: int) -> Iterator[str]:
    containers = containment.containers
    number = len(containers) + len(containment.without)
    if containers and containers[0].id:
        which = f"{len(containers)} of {count(number, 'artifact')}"
        verb = "contains" if len(containers) == 1 else "contain"
        yield f"{which} of {containment.source} {verb} {containment.word}"
    else:
        yield f"{containment.source} contains {containment.word}"
    for component in containment.components:
        yield ""
        yield from _component_lines(component, width)
    yield ""
    yield from _table(_rows(containment.contained))
    if containment.without:
        yield ""
        yield "not in:"
        yield from (f"  {name}" for name in containment.without)
    if containment.not_described:
        yield ""
        yield "not described, because the release is partial:"
        yield from (f"  {name}" for name in containment.not_described)
    if containment.related:
        yield ""
        names = printable(", ".join(containment.related))
        yield from wrap_fact("components with similar names: ", names, width)


def _component_lines(component: Component, width: int) -> Iterator[str]:
    yield f"{component.name} {component.version}".rstrip()
    facts = {
        "purl": component.purl,
        "cpe": " ".join(component.cpes),
        "license": component.license_concluded,
        "download location": component.download_location,
        "source": component.source_info,
    }
    facts |= dict(component.checksums)
    known = {name: text for name, text in facts.items() if text not in _UNKNOWN}
    column = max(map(len, known), default=0)
    for name, text in known.items():
        yield from wrap_fact(f"  {name.ljust(column)}  ", printable(text), width)


def _rows(contained: Sequence[ContainedComponent]) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Yield the cells of each row, and the lines below it."""
    several = len({found.component.name for found in contained}) > 1
    for found in contained:
        component, container = found.component, found.container
        name = f"{component.name} {component.version}" if several else component.version
        cells = (container.name, container.platform, container.channel, name)
        below = [] if container.location in _UNKNOWN else [container.location]
        files = list(found.files[:_FILES])
        if len(found.files) > _FILES:
            files.append(f"and {count(len(found.files) - _FILES, 'more file')}")
        yield cells, [*below, *(files or found.linkages)]


def _table(rows: Iterator[tuple[tuple[str, ...], list[str]]]) -> Iterator[str]:
    listed = list(rows)
    widths = [max(map(len, column)) for column in zip(*(cells for cells, _ in listed), strict=True)]
    for cells, below in listed:
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True) if width)
        yield "  ".join(padded).rstrip()
        yield from (f"    {line}" for line in below)


def containment_as_json(containment: Containment) -> dict[str, object]:
    """Return what contains a component as JSON values; what is not known is null."""
    return {
        "source": containment.source,
        "components": [
            {
                "id": component.id,
                "name": component.name,
                "version": component.version or None,
                "purl": component.purl or None,
                "cpes": list(component.cpes),
                "license": component.license_concluded or None,
                "download-location": _known(component.download_location),
                "checksums": dict(component.checksums),
                "source-info": component.source_info or None,
            }
            for component in containment.components
        ],
        "contained-in": [
            {
                "name": found.container.name,
                "channel": found.container.channel or None,
                "platform": found.container.platform or None,
                "variant": found.container.variant or None,
                "download-location": _known(found.container.location),
                "component": found.component.id,
                "version": found.component.version or None,
                "linkages": list(found.linkages),
                "files": list(found.files),
            }
            for found in containment.contained
        ],
        "not-in": list(containment.without),
        "not-described": list(containment.not_described),
        "related": list(containment.related),
    }


def _known(location: str) -> str | None:
    return None if location in _UNKNOWN else location
