"""A batch file as lines and labels, and its commands parsed as they are reached.

cmd reads a batch file a line at a time and expands it before it parses, so a command cannot
be parsed once and for all. What is kept is the parse of each text a line has expanded to:
running the same script again under other arguments parses almost nothing anew.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sbom.batch.nodes import CommandKey, Node, Simple, simple_commands
from sbom.batch.syntax import parse_command
from sbom.diagnostics import SbomError
from sbom.diagnostics.script_messages import batch_limit, conflict_marker

#: No get_externals.bat ever was a tenth of this.
SIZE_LIMIT = 100_000
#: What parsing costs a program's runs, per line and per character of it.
_LINE_COST = 80
_CHARACTER_COST = 6

_LABEL = re.compile(r"[\s,;=]*:[\s,;=]*([^\s,;=+:&|<>]+)")
_CONFLICT = re.compile(r"<{7} |={7}$|>{7} ")

#: Returns a line of a program, by its index, with variables expanded.
ExpandLine = Callable[[int], str]


@dataclass(slots=True)
class _ParsedLine:
    """What a line, expanded to some text, was parsed to.

    A command, in a tuple because a comment parses to None; or, where the command goes on, the
    texts its next line has been expanded to.
    """

    node: tuple[Node | None] | None = None
    next_lines: dict[str, _ParsedLine] = field(default_factory=dict)


class Program:
    """The text of one batch file; ``file`` is its name in diagnostics.

    ``cost`` counts what all its runs have cost together; ``without_items`` collects the commands
    of loops over nothing.
    """

    def __init__(self, text: str, file: str) -> None:
        """Split ``text`` into lines; cmd removes every CR, so LF and CRLF are the same.

        Raises SbomError for merge-conflict markers and for a text no script could be.
        """
        self.file = file
        self.cost = 0
        self.without_items: set[CommandKey] = set()
        if len(text) > SIZE_LIMIT:
            message = f"expected at most {SIZE_LIMIT} characters, found {len(text)}"
            raise SbomError([batch_limit(file, 1, message, "name the script itself")])
        self.lines = text.removeprefix("\ufeff").replace("\r", "").split("\n")
        self._refuse_conflicts()
        self._labels: defaultdict[str, list[int]] = defaultdict(list)
        for index, line in enumerate(self.lines):
            if match := _LABEL.match(line):
                self._labels[match[1].lower()].append(index)
        self._parsed: dict[int, _ParsedLine] = {}
        self._read_lines: set[int] = set()

    def _refuse_conflicts(self) -> None:
        markers = [
            conflict_marker(self.file, number, line.split()[0])
            for number, line in enumerate(self.lines, 1)
            if _CONFLICT.match(line)
        ]
        if markers:
            raise SbomError(markers)

    def find_label(self, label: str, start: int) -> int | None:
        """Return the index of the line of a label, searched from ``start`` and around."""
        found = self._labels.get(label.lower())
        return found[bisect_left(found, start) % len(found)] if found else None

    def read_command(self, index: int, expand: ExpandLine) -> tuple[Node | None, int]:
        """Return the command that starts at a line and the index of the line after it.

        Raises SbomError if the line, or the block it opens, is not a valid command.
        """
        parsed = self._parsed.setdefault(index, _ParsedLine())
        expanded: list[str] = []
        while parsed.node is None:
            expanded.append(expand(index + len(expanded)))
            if expanded[-1] not in parsed.next_lines:
                return self._parse(index, expanded, expand)
            parsed = parsed.next_lines[expanded[-1]]
        return parsed.node[0], index + len(expanded)

    def _parse(
        self, index: int, expanded: list[str], expand: ExpandLine
    ) -> tuple[Node | None, int]:
        """Parse from a line on and keep the result; ``expanded`` are those known."""
        used = 1

        def next_line() -> tuple[int, str] | None:
            nonlocal used
            if index + used >= len(self.lines):
                return None
            used += 1
            if len(expanded) < used:
                expanded.append(expand(index + used - 1))
            self._charge_line(expanded[used - 1])
            return index + used, expanded[used - 1]

        self._charge_line(expanded[0])
        node = parse_command(self.file, index + 1, expanded[0], next_line)
        self._read_lines.update(range(index, index + used))
        parsed = self._parsed[index]
        for text in expanded[:used]:
            parsed = parsed.next_lines.setdefault(text, _ParsedLine())
        parsed.node = (node,)
        return node, index + used

    def read_commands(self) -> Iterator[Simple]:
        """Yield the simple commands of all lines that any run has read, run or not."""
        waiting = list(self._parsed.values())
        for parsed in waiting:
            waiting += parsed.next_lines.values()
            if parsed.node is not None:
                yield from simple_commands(parsed.node[0])

    def unread_lines(self) -> Iterator[tuple[int, str]]:
        """Yield number and text of the lines that no run has read."""
        for index, line in enumerate(self.lines):
            if index not in self._read_lines:
                yield index + 1, line

    def _charge_line(self, text: str) -> None:
        self.cost += _LINE_COST + _CHARACTER_COST * len(text)
