"""Times as all formats of documents write them."""

from __future__ import annotations

from datetime import UTC, datetime


def format_timestamp(time: datetime | None) -> str:
    """Return a time in UTC, in seconds; empty if there is none. ``time`` knows its time zone.

    SPDX 2.3, clause 6.9, and the class DateTime of SPDX 3.0.1 ask for this; CycloneDX and OpenVEX
    accept it, as RFC 3339 does.
    """
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else ""


def parse_timestamp(text: str) -> datetime | None:
    """Return the time that a text of ISO 8601 states; one without a time zone is in UTC."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
