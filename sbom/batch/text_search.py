"""``findstr`` and ``find`` over one line of text, as ``echo text | findstr`` gives it to them.

``findstr /?`` has the options. What it does beyond that was observed at
https://stackoverflow.com/questions/8844868 ("What are the undocumented features and limitations
of the Windows FINDSTR command?"): options can be joined, quotes do not keep words together, and
letters in a range are ordered as in a dictionary.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

#: What ERRORLEVEL is for a line that matches, for one that does not, and for wrong usage.
FOUND, NOT_FOUND, WRONG_USAGE = 0, 1, 2
#: The options without a value; m, n, o, p and s only change what is printed or read.
_OPTIONS = frozenset("beilmnoprsvx")
_META = frozenset(".*^$[]")
#: ASCII's digits and letters in the order of a range: ``[a-c]`` is a, A, b, B and c.
_ORDER = "0123456789" + "".join(
    f"{letter}{letter.upper()}" for letter in "abcdefghijklmnopqrstuvwxyz"
)
_QUOTED_WORD = re.compile(r'(?:\\"|"(?:\\"|[^"])*"?|[^\s"])+')


class UnsupportedSearchError(Exception):
    """A search whose result cannot be determined, and what in it cannot."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TextSearch:
    """A search for any of some strings; ``options`` are the letters of findstr's."""

    strings: tuple[str, ...]
    options: frozenset[str]

    def run(self, text: str) -> int:
        """Return the ERRORLEVEL of a search in one line of text.

        Raises UnsupportedSearchError for an expression that is not modeled.
        """
        found = any(_matches(wanted, self.options, text) for wanted in self.strings if wanted)
        return FOUND if found != ("v" in self.options) else NOT_FOUND


def parse_search(program: str, arguments: str) -> TextSearch | None:
    """Return what ``find`` or ``findstr`` searches with these arguments; None for wrong usage.

    Raises UnsupportedSearchError for a search in files, or with options that are not modeled.
    """
    return _parse_find(arguments) if program == "find" else _parse_findstr(arguments)


def _parse_find(arguments: str) -> TextSearch | None:
    match = re.fullmatch(r'((?:\s*/\w+)*)\s*"((?:""|[^"])*)"\s*(.*)', arguments.strip())
    if match is None:
        return None
    options = frozenset(match[1].lower().replace("/", " ").split())
    if unknown := options - {"v", "c", "n", "i", "off", "offline"}:
        raise UnsupportedSearchError(f"the option /{min(unknown)}")
    if match[3]:
        raise UnsupportedSearchError(f"the file {match[3]}")
    return TextSearch(strings=(match[2].replace('""', '"'),), options=options & {"v", "i"} | {"l"})


def _parse_findstr(arguments: str) -> TextSearch | None:
    options: set[str] = set()
    strings: list[str] = []
    words: list[str] = []
    for word in _QUOTED_WORD.findall(arguments):
        plain = _unquote(word)
        if word[0] in "/-" and not words:
            _read_options(plain[1:], options, strings)
        else:
            words.append(plain)
    if not strings and words:
        strings = words.pop(0).split(" ")
        if "l" not in options and _is_expression(strings[0]):
            options.add("r")
    if words:
        raise UnsupportedSearchError(f"the file {words[0]}")
    return TextSearch(strings=tuple(strings), options=frozenset(options)) if strings else None


def _unquote(word: str) -> str:
    """Return an argument as the C runtime passes it on."""
    return re.sub(r'\\"|"', lambda match: '"' if len(match[0]) > 1 else "", word)


def _read_options(text: str, options: set[str], strings: list[str]) -> None:
    """Read one word of options, of which only the last can have a value."""
    while text:
        letter, rest = text[0].lower(), text[1:]
        if letter == "c" and rest.startswith(":"):
            strings.append(rest[1:])
            return
        if text.lower() in ("off", "offline"):
            return
        if rest.startswith(":") or letter not in _OPTIONS:
            raise UnsupportedSearchError(f"the option /{text}")
        options.add(letter)
        text = rest


def _is_expression(wanted: str) -> bool:
    """Return whether a string has a character with a meaning that no backslash takes away."""
    return bool(_META & set(re.sub(r"\\.", "", wanted)))


def _matches(wanted: str, options: Collection[str], text: str) -> bool:
    if "r" in options and "l" not in options:
        steps = list(_read_expression(wanted))
    elif "\\" in wanted:
        raise UnsupportedSearchError("a backslash in a literal string")
    else:
        steps = [_Step(characters=letter) for letter in wanted]
    if "b" in options or "x" in options:
        steps.insert(0, _Step(place=_is_start))
    if "e" in options or "x" in options:
        steps.append(_Step(place=_is_end))
    if "i" in options:
        text = text.lower()
        steps = [replace(step, characters=step.characters.lower()) for step in steps]
    return _search(steps, text)


@dataclass(frozen=True, slots=True)
class _Step:
    """One step of an expression: a character, or a place between two.

    A character is one of ``characters``, or with ``is_negated`` none of them; any number of them
    with ``is_repeated``.
    """

    characters: str = ""
    is_negated: bool = False
    is_repeated: bool = False
    place: Callable[[str, int], bool] | None = None

    def accepts(self, character: str) -> bool:
        return self.place is None and (character in self.characters) != self.is_negated


def _search(steps: Sequence[_Step], text: str) -> bool:
    """Return whether steps match anywhere, in time proportional to steps times text."""
    active: set[int] = set()
    for position in range(len(text) + 1):
        active = _follow(steps, {0, *active}, text, position)
        if len(steps) in active:
            return True
        following = set()
        for index in active:
            if position < len(text) and steps[index].accepts(text[position]):
                following.add(index if steps[index].is_repeated else index + 1)
        active = following
    return False


def _follow(steps: Sequence[_Step], active: set[int], text: str, position: int) -> set[int]:
    """Return the steps that can be next at a position, with those after optional ones."""
    reached: set[int] = set()
    waiting = list(active)
    while waiting:
        index = waiting.pop()
        if index in reached:
            continue
        reached.add(index)
        if index < len(steps):
            step = steps[index]
            if step.is_repeated or (step.place is not None and step.place(text, position)):
                waiting.append(index + 1)
    return reached


def _is_start(_: str, position: int) -> bool:
    return position == 0


def _is_end(text: str, position: int) -> bool:
    return position == len(text)


def _is_word(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == "_")


def _is_word_start(text: str, position: int) -> bool:
    before, after = text[position - 1 : position], text[position : position + 1]
    return _is_word(after) and not _is_word(before)


def _is_word_end(text: str, position: int) -> bool:
    before, after = text[position - 1 : position], text[position : position + 1]
    return _is_word(before) and not _is_word(after)


_PLACES = {"<": _is_word_start, ">": _is_word_end}


def _read_expression(wanted: str) -> Iterator[_Step]:
    position = 0
    while position < len(wanted):
        step, position = _read_step(wanted, position)
        is_repeated = wanted.startswith("*", position)
        if is_repeated and step.place is not None:
            raise UnsupportedSearchError("a * after \\< or \\>")
        while wanted.startswith("*", position):
            position += 1
        yield replace(step, is_repeated=is_repeated)


def _read_step(wanted: str, position: int) -> tuple[_Step, int]:
    """Return the step at a position, and the position after it; a ``*`` there is a character."""
    character, following = wanted[position], wanted[position + 1 : position + 2]
    if character == "\\" and following:
        place = _PLACES.get(following)
        return _Step(characters="" if place else following, place=place), position + 2
    if character == "[" and (closing := wanted.find("]", position + 2)) > 0:
        return _read_class(wanted[position + 1 : closing]), closing + 1
    if character == "^" and position == 0:
        return _Step(place=_is_start), 1
    if character == "$" and not following:
        return _Step(place=_is_end), position + 1
    if character == ".":
        return _Step(is_negated=True), position + 1
    return _Step(characters=character), position + 1


def _read_class(text: str) -> _Step:
    """Return the step of a class such as ``0-9_`` or ``^a-c``."""
    members = text.removeprefix("^")
    if "\\" in members:
        raise UnsupportedSearchError("a backslash in a class")
    characters = re.sub(r"(.)-(.)", lambda match: _range(match[1], match[2]), members)
    return _Step(characters=characters, is_negated=text.startswith("^"))


def _range(first: str, last: str) -> str:
    if first not in _ORDER or last not in _ORDER:
        raise UnsupportedSearchError(f"the range {first}-{last}")
    return _ORDER[_ORDER.index(first) : _ORDER.index(last) + 1]


def printed_lines(text: str) -> tuple[str, ...]:
    """Return the line that an ``echo`` prints, or those that it can; none for other commands."""
    match = re.match(r"echo(?=[\s.:,;=(/+\[\]\\]|$)", text, re.IGNORECASE)
    if match is None:
        return ()
    rest = text[match.end() :]
    if not rest.strip():
        return ("ECHO is on.", "ECHO is off.")
    is_switch = rest[:1].isspace() and rest.strip().lower() in ("on", "off")
    return () if is_switch else (rest[1:],)
