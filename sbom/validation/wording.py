"""What is said of a document, in one line of a bearable length and not more often than that."""

from __future__ import annotations

#: Where, the sentence, the hint.
Finding = tuple[str, str, str]
#: A judge's finding: where, and the sentence.
Said = tuple[str, str]
#: Problems that one judge may report of one document; what is beyond is counted.
LIMIT = 50


def more(beyond: int) -> str:
    """Return the line that stands for what is beyond the limit."""
    return f"and {beyond} more"


def one_line(value: object) -> str:
    """Return a value as one line of a bearable length; judges quote whole documents."""
    text = " ".join(str(value)[:2000].split())
    return text if len(text) <= 300 else f"{text[:299]}…"  # noqa: PLR2004 - about three lines
