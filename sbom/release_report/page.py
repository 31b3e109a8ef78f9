"""The report of a release as one HTML page that needs nothing beside it.

What documents state is text: it is escaped, and an address becomes a link only if it is one of
the web. The policy in the page allows no script and no style but its own, and no request at all.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sbom import __version__
from sbom.bom.bom import RelationshipKind
from sbom.release_report.rows import ReleaseReport

#: What the page calls each kind of relationship, read from source to target.
_KINDS = {
    RelationshipKind.CONTAINS: "contains",
    RelationshipKind.DEPENDS_ON: "depends on",
    RelationshipKind.STATIC_LINK: "is statically linked with",
    RelationshipKind.DYNAMIC_LINK: "is dynamically linked with",
    RelationshipKind.BUILD_TOOL: "is built with",
    RelationshipKind.PART_OF: "is part of",
    RelationshipKind.OTHER: "is otherwise related to",
}
#: What it calls the way in which a component ships.
_SHIPMENTS = {
    RelationshipKind.CONTAINS: "contained",
    RelationshipKind.DEPENDS_ON: "downloaded when needed",
    RelationshipKind.STATIC_LINK: "statically linked",
    RelationshipKind.DYNAMIC_LINK: "dynamically linked",
    RelationshipKind.BUILD_TOOL: "build tool",
    RelationshipKind.PART_OF: "part of it",
    RelationshipKind.OTHER: "otherwise related",
}


def render_page(report: ReleaseReport) -> bytes:
    """Return the report as an HTML page in UTF-8 with LF line ends, the same for equal reports."""
    environment = Environment(
        loader=PackageLoader("sbom.release_report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "kind": _KINDS.__getitem__,
        "shipment": _SHIPMENTS.__getitem__,
        "thousands": "{:,}".format,
        "web_address": web_address,
    }
    style, script = _read_text("report.css"), _read_text("report.js")
    page = environment.get_template("report.html").render(
        report=report,
        program=f"cpython-windows-sbom {__version__}",
        # Ours, and of no document: neither has a character sequence that ends its element.
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        policy="; ".join(
            [
                "default-src 'none'",
                f"style-src '{_source_hash(style)}'",
                f"script-src '{_source_hash(script)}'",
                "base-uri 'none'",
                "form-action 'none'",
            ]
        ),
    )
    return page.encode()


def web_address(text: str) -> str:
    """Return a text if it is an address of the web that can be linked to; else an empty one.

    Anything but http and https can run a script or open a program.
    """
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
    return text if is_address and text.isprintable() and " " not in text else ""


def _visible(value: object) -> object:
    """Return a text with everything escaped that cannot be seen: controls, changes of direction.

    Line ends and tabs stay.
    """
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable():
        return value
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else ascii(letter)[1:-1]
        for letter in value
    )


def _read_text(name: str) -> str:
    """Return a file of the templates with LF line ends."""
    text = (files("sbom.release_report") / "templates" / name).read_text("utf-8")
    return text.replace("\r\n", "\n")


def _source_hash(text: str) -> str:
    """Return the source expression of an inline style or script: CSP Level 3, section 2.3.1."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
