"""The text a command is parsed from: one line, and more of them as it needs them."""

from __future__ import annotations

from collections.abc import Callable

#: What separates words.
BLANKS = " \t,;=\xa0\x0b\x0c"


class Source:
    """The text being parsed; more lines are asked for as blocks and carets need them.

    ``more`` returns the next line, already expanded, with its number, or None at the end.
    """

    def __init__(self, line: int, text: str, more: Callable[[], tuple[int, str] | None]) -> None:
        """Start at the beginning of ``text``, which is line number ``line``."""
        self.line = line
        self.text = text
        self.position = 0
        self._more = more

    def peek(self) -> str:
        """Return the character at hand, or an empty string at the end of the line."""
        return self.text[self.position : self.position + 1]

    def ahead(self, text: str) -> bool:
        """Return whether ``text`` stands at the position."""
        return self.text.startswith(text, self.position)

    def advance(self) -> bool:
        """Go to the next line; return False where there is none."""
        following = self._more()
        if following is None:
            return False
        self.line, self.text = following
        self.position = 0
        return True

    def blanks(self) -> None:
        """Skip what separates words."""
        while self.position < len(self.text) and self.text[self.position] in BLANKS:
            self.position += 1
