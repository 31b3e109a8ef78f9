"""Times in documents: written in one way, read as other tools write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sbom.formats.document_time import format_timestamp, parse_timestamp

NOON = datetime(2026, 6, 9, 12, tzinfo=UTC)


def test_a_time_is_written_in_utc() -> None:
    local = NOON.astimezone(timezone(timedelta(hours=2)))
    assert format_timestamp(local) == "2026-06-09T12:00:00Z"


def test_no_time_is_written_as_an_empty_text() -> None:
    assert format_timestamp(None) == ""


@pytest.mark.parametrize(
    "text", ["2026-06-09T12:00:00Z", "2026-06-09T14:00:00+02:00", "2026-06-09T12:00:00"]
)
def test_a_time_is_read_with_its_time_zone_or_as_utc(text: str) -> None:
    assert parse_timestamp(text) == NOON


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z"])
def test_what_is_no_time_is_read_as_none(text: str) -> None:
    assert parse_timestamp(text) is None
