"""A batch file as lines and labels, and its commands parsed as they are reached.

cmd reads a batch file a line at a time and expands it before it parses, so a command cannot
be parsed once and for all. What is kept is the parse of each text a line has expanded to:
running the same script again under other arguments parses almost nothing anew.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from sbom.batch.nodes import Node
from sbom.batch.source import Source
from sbom.batch.syntax import parse
from sbom.diagnostics import Code, Diagnostic, SbomError

#: No get_externals.bat ever was a tenth of this.
SIZE_LIMIT = 100_000
#: What parsing costs a program's runs, per line and per character of it.
_LINE_COST = 80
_CHARACTER_COST = 6

_LABEL = re.compile(r"[\s,;=]*:[\s,;=]*([^\s,;=+:&|<>]+)")
_CONFLICT = re.compile(r"<{7} |={7}$|>{7} ")


@dataclass(slots=True)
class _Seen:
    """What a line, expanded to some text, was parsed to.

    A command, in a tuple because a comment parses to None; or, where the command goes on, the
    texts its next line has been expanded to.
    """

    node: tuple[Node | None] | None = None
    further: dict[str, _Seen] = field(default_factory=dict)


class Program:
    """The text of one batch file; ``file`` is its name in problems.

    ``spent`` counts what all its runs have cost together.
    """

    def __init__(self, text: str, file: str) -> None:
        """Split ``text`` into lines; LF and CRLF are the same.

        Raises SbomError for merge-conflict markers and for a text no script could be.
        """
        self.file = file
        self.spent = 0
        self._refuse_size(len(text))
        self.lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
        self._refuse_conflicts()
        self._labels: defaultdict[str, list[int]] = defaultdict(list)
        for index, line in enumerate(self.lines):
            if match := _LABEL.match(line):
                self._labels[match[1].lower()].append(index)
        self._parsed: dict[int, _Seen] = {}

    def _refuse_size(self, size: int) -> None:
        if size > SIZE_LIMIT:
            raise self.error(
                Code.BATCH_LIMIT,
                1,
                f"the text has {size} characters, more than the {SIZE_LIMIT} "
                "that any such script could have",
                "name the script itself",
            )

    def _refuse_conflicts(self) -> None:
        problems = [
            self.problem(
                Code.CONFLICT_MARKER,
                number,
                f"a merge-conflict marker: {line.split()[0]}",
                "resolve the merge conflict in the script",
            )
            for number, line in enumerate(self.lines, 1)
            if _CONFLICT.match(line)
        ]
        if problems:
            raise SbomError(problems)

    def problem(self, code: Code, line: int, message: str, hint: str) -> Diagnostic:
        """Return a problem at a line of this script."""
        return Diagnostic(code=code, file=self.file, line=line, message=message, hint=hint)

    def error(self, code: Code, line: int, message: str, hint: str) -> SbomError:
        """Return the error that a problem at a line of this script stops the run with."""
        return SbomError([self.problem(code, line, message, hint)])

    def find(self, label: str, start: int) -> int | None:
        """Return the index of the line behind ``label``, searched from ``start`` and around."""
        found = self._labels.get(label.lower())
        return found[bisect_left(found, start) % len(found)] if found else None

    def read(self, index: int, expand: Callable[[int], str]) -> tuple[Node | None, int]:
        """Return the command that starts at a line and the index of the line behind it.

        ``expand`` returns a line of this script, by index, with its variables in place.
        Raises SbomError where the line, or the block it opens, is no valid command.
        """
        seen = self._parsed.setdefault(index, _Seen())
        expanded: list[str] = []
        while seen.node is None:
            expanded.append(expand(index + len(expanded)))
            if expanded[-1] not in seen.further:
                return self._parse(index, expanded, expand)
            seen = seen.further[expanded[-1]]
        return seen.node[0], index + len(expanded)

    def _parse(
        self, index: int, expanded: list[str], expand: Callable[[int], str]
    ) -> tuple[Node | None, int]:
        """Parse from a line on and remember the result; ``expanded`` are lines at hand."""
        used = 1

        def more() -> tuple[int, str] | None:
            nonlocal used
            if index + used >= len(self.lines):
                return None
            used += 1
            if len(expanded) < used:
                expanded.append(expand(index + used - 1))
            self.spent += _LINE_COST + _CHARACTER_COST * len(expanded[used - 1])
            return index + used, expanded[used - 1]

        self.spent += _LINE_COST + _CHARACTER_COST * len(expanded[0])
        node = parse(Source(index + 1, expanded[0], more), self.file)
        seen = self._parsed[index]
        for text in expanded[:used]:
            seen = seen.further.setdefault(text, _Seen())
        seen.node = (node,)
        return node, index + used
