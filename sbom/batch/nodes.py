"""The commands of a batch file as values: what the parser makes and the interpreter runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

#: The line a command starts at, and how many start before it at that line.
CommandKey = tuple[int, int]
#: The line an ``if`` starts at, and how many start before it at that line.
TestKey = tuple[int, int]
#: Instead of that number where a search compares.
SEARCH = -1
#: What ``if`` compares two texts with, beside ``==``.
COMPARISONS = ("EQU", "NEQ", "LSS", "LEQ", "GTR", "GEQ")


@dataclass(frozen=True, slots=True)
class Simple:
    """A command without grammar of its own; carets are gone, quotes are kept.

    ``number`` counts those that start at one line, from 0.
    """

    line: int
    text: str
    number: int = 0

    @property
    def key(self) -> CommandKey:
        """Return what tells it from the other commands of its file, whatever it expands to."""
        return self.line, self.number


@dataclass(frozen=True, slots=True)
class Block:
    """Commands in parentheses."""

    line: int
    body: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """Two or more commands joined by the same operator: ``&``, ``&&``, ``||`` or ``|``."""

    line: int
    operator: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class If:
    """``if``; ``test`` is ``==``, a word such as NEQ, or defined, exist, errorlevel.

    ``number`` counts those that start at one line, from 0.
    """

    line: int
    number: int
    negated: bool
    ignore_case: bool
    test: str
    left: str
    right: str
    then: Node
    otherwise: Node | None

    @property
    def key(self) -> TestKey:
        """Return what tells it from the other ifs of its file, whatever it expands to."""
        return self.line, self.number


@dataclass(frozen=True, slots=True)
class For:
    """``for``; ``switch`` is empty, ``/D`` or another letter in upper case."""

    line: int
    switch: str
    variable: str
    items: str
    body: Node


#: A parsed command; its ``line`` is the number of the line it starts at.
Node = Simple | Block | Chain | If | For


def simple_commands(node: Node | None) -> Iterator[Simple]:
    """Yield the simple commands in a command, run or not, in the order of the text."""
    match node:
        case Simple():
            yield node
        case Block():
            parts: tuple[Node | None, ...] = node.body
        case Chain():
            parts = node.parts
        case If():
            parts = (node.then, node.otherwise)
        case For():
            parts = (node.body,)
    if node is not None and not isinstance(node, Simple):
        for part in parts:
            yield from simple_commands(part)
