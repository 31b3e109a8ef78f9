"""Characters and words of a batch file: blanks, quotes, carets, redirections."""

from __future__ import annotations

import re
from collections.abc import Callable

from sbom.diagnostics import SbomError
from sbom.diagnostics.script_messages import batch_syntax

#: What separates words.
BLANKS = " \t,;=\xa0\x0b\x0c"
REDIRECTION = re.compile(r"([0-9]?)(>>|>|<)[ \t,;=]*(&[0-9-])?")

_SPECIAL = "&|<>()"

#: Returns the next line, already expanded, with its number, or None at the end of the file.
NextLine = Callable[[], tuple[int, str] | None]


class Lexer:
    """Reads characters and words off a line, and off more lines as blocks and carets need them.

    ``position`` is where it is in ``text``, which is line ``line`` of ``file``.
    """

    def __init__(self, file: str, line: int, text: str, next_line: NextLine) -> None:
        self.file = file
        self.line = line
        self.text = text
        self.position = 0
        self._next_line = next_line

    def error(self, message: str, hint: str = "") -> SbomError:
        """Return the error of a line that cmd does not understand either."""
        return SbomError([batch_syntax(self.file, self.line, message, hint)])

    def unexpected(self, text: str) -> SbomError:
        """Return the error that cmd itself has for a token in the wrong place."""
        return self.error(f"'{text}' was unexpected at this time")

    # Characters.

    def peek(self) -> str:
        """Return the next character, or an empty string at the end of the line."""
        return self.text[self.position : self.position + 1]

    def starts_with(self, text: str) -> bool:
        """Return whether ``text`` comes next."""
        return self.text.startswith(text, self.position)

    def advance_line(self) -> bool:
        """Go to the next line; return False if there is none."""
        following = self._next_line()
        if following is None:
            return False
        self.line, self.text = following
        self.position = 0
        return True

    def skip_line(self) -> None:
        """Go to the end of the line."""
        self.position = len(self.text)

    def skip_blanks(self) -> None:
        """Go to the next word."""
        while self.position < len(self.text) and self.text[self.position] in BLANKS:
            self.position += 1

    # Words.

    def read_escape(self) -> str:
        """Read ``^x`` as x; a caret at the end of a line joins the next one."""
        self.position += 1
        if self.peek() == "" and not self.advance_line():
            return ""
        character = self.peek()
        self.position += 1
        return character

    def read_word(self) -> str:
        """Read one word: up to a blank or special character outside quotes."""
        text: list[str] = []
        is_quoted = False
        while (character := self.peek()) != "":
            if character == '"':
                is_quoted = not is_quoted
            elif not is_quoted and character == "^":
                text.append(self.read_escape())
                continue
            elif not is_quoted and (character in BLANKS or character in _SPECIAL):
                break
            text.append(character)
            self.position += 1
        return "".join(text)

    # Redirections: where output goes decides nothing that is fetched.

    def find_redirection(self, before: str) -> re.Match[str] | None:
        """Return the redirection that comes next, or None.

        The digit of a handle counts only where the character ``before`` it ends a word.
        """
        match = REDIRECTION.match(self.text, self.position)
        if match and match[1] and before not in BLANKS + '"':
            return None
        return match

    def skip_redirection(self, match: re.Match[str]) -> None:
        """Skip a redirection and the file it names."""
        self.position = match.end()
        if not match[3] and not self.read_word():
            raise self.error(f"expected the name of a file after '{match[2]}'")

    def skip_redirections(self) -> None:
        """Skip the redirections after a block."""
        self.skip_blanks()
        while match := REDIRECTION.match(self.text, self.position):
            self.skip_redirection(match)
            self.skip_blanks()
