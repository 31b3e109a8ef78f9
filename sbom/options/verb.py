"""What a verb is to the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verb(Generic[T_co]):
    """A verb: its name, one sentence on what it does, and its options.

    ``examples`` are the words after the verb of complete commands, each with what that is for.
    ``unknown_hint`` is added where an argument is not known.
    """

    name: str
    summary: str
    options: type[T_co]
    examples: tuple[tuple[str, str], ...]
    unknown_hint: str = ""
