"""What ``echo … | findstr`` and ``echo … | find`` do: programs that read what another prints."""

from __future__ import annotations

import re

from sbom.batch.evaluation import Comparison, Evaluator
from sbom.batch.nodes import SEARCH
from sbom.batch.text_search import (
    WRONG_USAGE,
    UnsupportedSearchError,
    parse_search,
    printed_lines,
)

#: What can be simulated of a search.
SEARCH_HINT = (
    "search what echo prints, as in 'echo %TAG% | findstr /b llvm-', or compare variables with "
    "'if'; what is in files or what other programs print is not known"
)
#: A program that searches what it reads for text.
_SEARCH = re.compile(r"(findstr|find)(?:\.exe)?(?=[\s/\"]|$)", re.IGNORECASE)


def is_search(text: str) -> bool:
    """Return whether a command searches for text; its name comes first."""
    return _SEARCH.match(text) is not None


class Pipe:
    """The commands of one pipe, each of which reads what the one before it prints.

    Only what ``echo`` prints is known, and only ``find`` and ``findstr`` read anything. The
    texts of commands are expanded and start with the command's name.
    """

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._state = evaluator.state
        self._before = ""
        self._printed: tuple[str, ...] = ()

    def search(self, text: str, line: int) -> int | None:
        """Run a command that searches what the one before it prints, and return its ERRORLEVEL.

        None if it is no search, or is the first command and reads the keyboard.
        """
        match = _SEARCH.match(text)
        if match is None or not self._before:
            return None
        if not self._printed:
            message = (
                f"cannot determine what '{self._before}' prints, in which '{text.strip()}' searches"
            )
            return self._state.report_unsupported(line, message, SEARCH_HINT)
        return self._search_printed(match[1].lower(), text[match.end() :], line)

    def pass_on(self, text: str) -> None:
        """Take a command as the one whose output the next command reads."""
        self._before, self._printed = text.strip(), printed_lines(text)

    def _search_printed(self, program: str, arguments: str, line: int) -> int:
        self._state.charge(len(arguments) * sum(map(len, self._printed)), line)
        try:
            search = parse_search(program, arguments)
            if search is None:
                return self._state.set_errorlevel(WRONG_USAGE)
            found = {search.run(text) for text in self._printed}
        except UnsupportedSearchError as error:
            reason = str(error)
        else:
            self._evaluator.comparisons |= {
                Comparison((line, SEARCH), text.strip(), wanted)
                for text in self._printed
                for wanted in search.strings
            }
            if len(found) == 1:
                return self._state.set_errorlevel(found.pop())
            reason = "whether echo is on is not known"
        message = f"cannot determine what '{program}{arguments.rstrip()}' finds: {reason}"
        return self._state.report_unsupported(line, message, SEARCH_HINT)
