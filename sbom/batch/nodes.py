"""The commands of a batch file as values: what the parser makes and the interpreter runs."""

from __future__ import annotations

from dataclasses import dataclass

#: What ``if`` compares two texts with, beside ``==``.
COMPARISONS = ("EQU", "NEQ", "LSS", "LEQ", "GTR", "GEQ")


@dataclass(frozen=True, slots=True)
class Simple:
    """A command without grammar of its own; carets are gone, quotes are kept."""

    line: int
    text: str


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
    """``if``; ``test`` is ``==``, a word such as NEQ, or defined, exist, errorlevel."""

    line: int
    negated: bool
    ignore_case: bool
    test: str
    left: str
    right: str
    then: Node
    otherwise: Node | None


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
