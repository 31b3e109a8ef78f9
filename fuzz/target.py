"""One thing to fuzz: a parser, what it is started from, and how its input is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

#: Changes bytes without knowing what they are: takes data and the largest size.
MutateBytes = Callable[[bytes, int], bytes]
#: Changes data of one kind: takes data, the largest size, a seed, and what changes mere bytes.
Mutator = Callable[[bytes, int, int, MutateBytes], bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A parser that is fuzzed.

    ``run`` gives it some bytes, and raises only what the parser must not raise. ``seeds`` returns
    valid inputs; ``words`` are pieces of them that are put together. Without a ``mutator``, bytes
    are changed.
    """

    name: str
    run: Callable[[bytes], object]
    seeds: Callable[[], Iterable[bytes]]
    words: tuple[bytes, ...] = ()
    mutator: Mutator | None = None
