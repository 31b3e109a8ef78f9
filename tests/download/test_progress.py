"""Progress is shown as lines, with a bar below them where a person looks at a terminal."""

from __future__ import annotations

import io
import re

import pytest

from sbom.download.progress import Progress, open_progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "has_bar"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"CI": "true"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_a_bar_is_for_terminals(
    stream: io.StringIO,
    environment: dict[str, str],
    *,
    has_bar: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    with open_progress(stream, 2, environment):
        pass
    assert ("0/2" in stream.getvalue()) is has_bar


def test_each_download_has_a_line() -> None:
    stream = io.StringIO()
    progress = Progress(stream, 2)
    with progress:
        progress.advance(10)
        progress.finish("source.a", "downloaded")
    assert stream.getvalue() == "[1/2] source.a: downloaded\n"


def test_the_bar_shows_finished_downloads_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    progress = Progress(stream, 2, with_bar=True)
    with progress:
        progress.advance(2_500_000)
        progress.finish("source.a", "[b]downloaded[/b]")
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    assert "[1/2] source.a: [b]downloaded[/b]\n" in text
    assert re.search(r"[━-]+.* 1/2 2\.5 MB", text)
