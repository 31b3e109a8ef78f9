"""Words of a command line: quotes, carets, redirections."""

from __future__ import annotations

import re

from sbom.batch.source import BLANKS, Source
from sbom.diagnostics import Code, Diagnostic, SbomError

_SPECIAL = "&|<>()"
REDIRECTION = re.compile(r"([0-9]?)(>>|>|<)[ \t,;=]*(&[0-9-]?)?")


class Lexer:
    """Reads words off a source; ``file`` is its name in problems."""

    def __init__(self, source: Source, file: str) -> None:
        """Read from where ``source`` stands."""
        self.source = source
        self.file = file

    def error(self, message: str, hint: str = "") -> SbomError:
        """Return the error of a text that cmd does not understand either, at this line."""
        hint = hint or "cmd stops here as well; mend the script"
        return SbomError(
            [
                Diagnostic(
                    code=Code.BATCH_SYNTAX,
                    file=self.file,
                    line=self.source.line,
                    message=message,
                    hint=hint,
                )
            ]
        )

    def redirect(self, match: re.Match[str]) -> None:
        """Skip a redirection and the file it names."""
        self.source.position = match.end()
        if not match[3] and not self.word():
            raise self.error(f"'{match[2]}' names no file")

    def redirection(self, text: list[str]) -> re.Match[str] | None:
        """Return the redirection here; a handle number counts only at the start of a word."""
        match = REDIRECTION.match(self.source.text, self.source.position)
        if match and match[1] and text and text[-1] not in BLANKS + '"':
            return None
        return match

    def escaped(self) -> str:
        """Read ``^x`` as x; a caret at the end of a line joins the next one."""
        source = self.source
        source.position += 1
        if source.peek() == "" and not source.advance():
            return ""
        character = source.peek()
        source.position += 1
        return character

    def word(self) -> str:
        """Read one word: up to a blank or special character outside quotes."""
        source = self.source
        text: list[str] = []
        quoted = False
        while (character := source.peek()) != "":
            if character == '"':
                quoted = not quoted
            elif not quoted and character == "^":
                text.append(self.escaped())
                continue
            elif not quoted and (character in BLANKS or character in _SPECIAL):
                break
            text.append(character)
            source.position += 1
        return "".join(text)
