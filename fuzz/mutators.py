"""Changes of JSON and of lines of text that leave most of an input valid."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

from target import MutateBytes, Mutator

#: What a JSON value is replaced by: another type, what is too large, or odd characters.
HOSTILE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1e308, 10**30, "", " ", "\0", "\ud800", "é\u202e\x1b[31m"),
    *([], [[]], [None], {}, {"": None}, [{}], "a" * 5000, "9" * 5000, "../../x", "NOASSERTION"),
)
#: What a value in TOML is replaced by.
HOSTILE_TOML = (
    *("0", "-1", "9" * 5000, "1e999", "nan", "true", '""', '"{0}"', '"%s"', '"\\u001b"', "''"),
    *("[]", "[[]]", "{}", "[1]", '[""]', '{x = ""}', "1979-05-27", '"(?P<version>"', '"**/["'),
    *('"$(x)"', '"a/../b"', '"NUL"', '"\\uFEFF"', '"' + "a" * 5000 + '"', '"(a+)+$"', "'''x\n'''"),
)


def mutate_json(data: bytes, size: int, seed: int, mutate_bytes: MutateBytes) -> bytes:
    """Return JSON with a few other values, keys or elements; one time in eight, other bytes."""
    chance = random.Random(seed)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return mutate_bytes(data, size)
    if not chance.randrange(8):
        return mutate_bytes(data, size)
    for _ in range(chance.choice((1, 1, 2, 5))):
        value = _change(value, chance)
    made = json.dumps(value).encode()
    return made if len(made) <= size else data


def _change(value: Any, chance: random.Random) -> Any:
    """Return a value in which one place has changed."""
    places = [*_places(value)]
    if not places:
        return copy.deepcopy(chance.choice(HOSTILE))
    holder, key = chance.choice(places)
    other, other_key = chance.choice(places)
    match chance.randrange(5):
        case 0:
            holder[key] = copy.deepcopy(chance.choice(HOSTILE))
        case 1:
            del holder[key]
        case 2:
            holder[key] = copy.deepcopy(other[other_key])
        case _ if isinstance(holder, list):
            holder.insert(key, copy.deepcopy(other[other_key]))
        case _:
            holder[str(chance.choice(HOSTILE))] = holder[key]
    return value


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return each place in a value: what holds it, and its key there."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        if isinstance(holder, dict | list):
            keys = [*(holder if isinstance(holder, dict) else range(len(holder)))]
            found += ((holder, key) for key in keys)
            waiting += (holder[key] for key in keys)
    return found


def lines_mutator(change_line: Callable[[bytes, random.Random], bytes]) -> Mutator:
    """Return what removes, repeats, swaps and changes lines; one time in four, other bytes."""

    def mutate(data: bytes, size: int, seed: int, mutate_bytes: MutateBytes) -> bytes:
        chance = random.Random(seed)
        lines = data.split(b"\n")
        if not chance.randrange(4):
            return mutate_bytes(data, size)
        for _ in range(chance.choice((1, 1, 2, 5))):
            first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
            match chance.randrange(5):
                case 0 if len(lines) > 1:
                    del lines[first]
                case 1:
                    lines.insert(first, lines[second])
                case 2:
                    lines[first], lines[second] = lines[second], lines[first]
                case _:
                    lines[first] = change_line(lines[first], chance)
        made = b"\n".join(lines)
        return made if len(made) <= size else data

    return mutate


def change_toml_line(line: bytes, chance: random.Random) -> bytes:
    """Return a line of TOML with another value."""
    key, separator, _ = line.partition(b" = ")
    return key + separator + chance.choice(HOSTILE_TOML).encode() if separator else line
