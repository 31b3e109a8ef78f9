"""Values of two sides as pairs: which of the new ones an old one has become."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")
#: A value before and after a change: at least one of the two is there.
Paired = tuple[T, T | None] | tuple[None, T]


def pair_values(
    old: Iterable[T], new: Iterable[T], keys: Sequence[Callable[[T], Hashable | None]]
) -> list[Paired[T]]:
    """Return each value once, beside the one of the other side that has the same key.

    The keys are tried in their order, with what the ones before left over; a value whose key is
    None has none. Values that share a key are paired in their order.
    """
    old_left, new_left = list(old), list(new)
    pairs: list[Paired[T]] = []
    for key in keys:
        waiting: dict[Hashable, list[T]] = {}
        for value in new_left:
            waiting.setdefault(key(value), []).append(value)
        waiting.pop(None, None)
        unpaired = []
        taken: set[int] = set()
        for value in old_left:
            same = waiting.get(key(value))
            if same:
                partner = same.pop(0)
                taken.add(id(partner))
                pairs.append((value, partner))
            else:
                unpaired.append(value)
        old_left = unpaired
        new_left = [value for value in new_left if id(value) not in taken]
    return [*pairs, *((value, None) for value in old_left), *((None, value) for value in new_left)]
