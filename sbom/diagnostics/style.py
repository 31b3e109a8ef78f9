"""How text looks: colors of a terminal, and how much is printed."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

#: What the lines of a sentence after the first start with, where it has no indent of its own.
_CONTINUED = "  "


class ColorChoice(StrEnum):
    """When text is colored."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, kw_only=True, slots=True)
class TextStyle:
    """How text is printed: with ``quiet``, only errors; with ``verbose``, everything known.

    Lines of sentences are wrapped at ``width`` columns; 0 is for files and programs, where each
    diagnostic is one line.
    """

    width: int = 0
    color: bool = False
    quiet: bool = False
    verbose: bool = False

    def wrap(self, text: str, indent: str = "") -> str:
        """Return a text in lines that fit, each with an indent.

        Without an indent, the lines after the first start with two blanks. What is longer than a
        line, such as an address, stays whole, so that it can be copied. So does what has no-break
        spaces.
        """
        if not self.width:
            return indent + text
        return "\n".join(
            textwrap.wrap(
                text,
                self.width,
                initial_indent=indent,
                subsequent_indent=indent or _CONTINUED,
                break_long_words=False,
                break_on_hyphens=False,
            )
        )

    def error(self, text: str) -> str:
        """Return a text as that of an error."""
        return self._paint(text, "1;31")

    def warning(self, text: str) -> str:
        """Return a text as that of a warning."""
        return self._paint(text, "1;33")

    def location(self, text: str) -> str:
        """Return a text as a location."""
        return self._paint(text, "1")

    def hint(self, text: str) -> str:
        """Return a text as a hint."""
        return self._paint(text, "36")

    def _paint(self, text: str, attributes: str) -> str:
        """Return a text between SGR sequences (ECMA-48, 8.3.117), which terminals show."""
        return f"\x1b[{attributes}m{text}\x1b[0m" if self.color else text


#: Text for files and programs.
PLAIN = TextStyle()


def is_colored(
    choice: ColorChoice, environment: Mapping[str, str], *, is_terminal: bool, is_windows: bool
) -> bool:
    """Return whether text is colored.

    ``--color`` goes before ``NO_COLOR`` (https://no-color.org), that before ``FORCE_COLOR``
    (https://force-color.org), and both before what the output is. On Windows, only terminals that
    say so are known to understand colors.
    """
    if choice is not ColorChoice.AUTO:
        return choice is ColorChoice.ALWAYS
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    is_known = not is_windows or "WT_SESSION" in environment or "TERM" in environment
    return is_terminal and is_known and environment.get("TERM") != "dumb"
