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
    several = len({one.component.name for one in contained}) > 1
    for one in contained:
        component, container = one.component, one.container
        name = f"{component.name} {component.version}" if several else component.version
        cells = (container.name, container.platform, container.channel, name)
        below = [] if container.location in _UNKNOWN else [container.location]
        files = list(one.files[:_FILES])
        if len(one.files) > _FILES:
            files.append(f"and {count(len(one.files) - _FILES, 'more file')}")
        yield cells, [*below, *(files or one.linkages)]


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
                "id": one.id,
                "name": one.name,
                "version": one.version or None,
                "purl": one.purl or None,
                "cpes": list(one.cpes),
                "license": one.license_concluded or None,
                "download-location": _known(one.download_location),
                "checksums": dict(one.checksums),
                "source-info": one.source_info or None,
            }
            for one in containment.components
        ],
        "contained-in": [
            {
                "name": one.container.name,
                "channel": one.container.channel or None,
                "platform": one.container.platform or None,
                "variant": one.container.variant or None,
                "download-location": _known(one.container.location),
                "component": one.component.id,
                "version": one.component.version or None,
                "linkages": list(one.linkages),
                "files": list(one.files),
            }
            for one in containment.contained
        ],
        "not-in": list(containment.without),
        "not-described": list(containment.not_described),
        "related": list(containment.related),
    }


def _known(location: str) -> str | None:
    return None if location in _UNKNOWN else location
