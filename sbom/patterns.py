"""Path patterns: the one dialect of the manifest, of evidence rules and of the source tree.

Patterns read as in .gitignore, but never with regard to case, because Windows has none:

- ``python3.dll``: without ``/``, a pattern matches the name of a file in any directory;
- ``/Lib/*.py``: with ``/``, it matches the whole path, from the top directory on;
- ``/Lib/test``, ``/Lib/*``: a directory that such a pattern matches is matched with all in it;
- ``*`` matches any characters but ``/``, ``?`` one of them, ``**`` any characters;
- ``[abc]``, ``[a-z]``, ``[!a-z]``: one character that is in the set, or that is not;
- ``!/Lib/site-packages``: excludes what other patterns match, except a path that one of them
  contains in full.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

# Own code, because pathspec 1.1 reports only the last pattern that matches, while ownership
# needs every one; its import takes 0.1 s, and matching CPython's 1,500 members twice as long.
_TOKEN = re.compile(
    r"(?P<any_parts>\*\*/)|(?P<any>\*\*)|(?P<some>\*)|(?P<one>\?)"
    r"|\[(?P<negated>!?)(?P<set>\]?[^]]{0,255})\]|(?P<literal>.)",
    re.DOTALL,
)
_WILDCARDS = {"any_parts": "(?:.*/)?", "any": ".*", "some": "[^/]*", "one": "[^/]"}
_WILDCARD = re.compile(r"[*?[]")
_NOTHING = r"(?!)"


class PathPatterns:
    """Patterns to match many paths against; most are looked up by path, name or directory.

    The others are expressions. Of those for paths, each is tried only below the directory that
    it starts with.
    """

    __slots__ = ("_below", "_directories", "_exact", "_exclusions", "_names", "_paths", "_patterns")

    def __init__(self, patterns: Iterable[str]) -> None:
        given = tuple(dict.fromkeys(patterns))
        exclusions = [pattern[1:] for pattern in given if pattern.startswith("!")]
        self._exclusions = PathPatterns(exclusions) if exclusions else None
        self._patterns = tuple(pattern for pattern in given if not pattern.startswith("!"))
        self._exact: dict[str, list[int]] = {}
        self._below: dict[str, list[int]] = {}
        in_names: dict[int, str] = {}
        in_paths: dict[str, dict[float, dict[int, str]]] = {}
        for position, pattern in enumerate(self._patterns):
            normalized = _anchor(pattern) if "/" in pattern else pattern.lower()
            literal = _WILDCARD.split(normalized, maxsplit=1)[0]
            directory, slash, _ = literal.rpartition("/")
            if literal == normalized:
                self._exact.setdefault(normalized, []).append(position)
            elif not slash:
                in_names[position] = normalized
            elif directory and normalized in (f"{directory}/*", f"{directory}/**"):
                self._below.setdefault(directory, []).append(position)
            else:
                depth = math.inf if "**" in normalized else normalized.count("/")
                in_paths.setdefault(directory, {}).setdefault(depth, {})[position] = normalized
        self._names = _Expressions(in_names) if in_names else None
        #: Expressions by the directory that they start with, each with how many parts of a path
        #: decide whether it matches.
        self._paths = {
            directory: [(depth, _Expressions(found)) for depth, found in by_depth.items()]
            for directory, by_depth in in_paths.items()
        }
        #: What is known of the directories of paths that were looked up.
        self._directories: dict[str, tuple[tuple[int, ...], tuple[_Expressions, ...]]] = {}

    def matches(self, path: str) -> bool:
        """Return whether any pattern matches a path, whose parts are separated by ``/``."""
        return bool(self._find(path))

    def find(self, path: str) -> tuple[str, ...]:
        """Return the patterns that match a path, in the order they were given."""
        positions = self._find(path)
        if not positions:
            return ()
        return tuple([self._patterns[position] for position in sorted(positions)])

    def find_any(self, paths: Iterable[str]) -> frozenset[str]:
        """Return the patterns that match any of some paths."""
        if self._exclusions or self._names or self._paths or any("/" in p for p in self._patterns):
            return frozenset(pattern for path in paths for pattern in self.find(path))
        # Patterns that are names: one look at each path is enough.
        names = {path.rpartition("/")[2].lower() for path in paths}
        return frozenset(pattern for pattern in self._patterns if pattern.lower() in names)

    def _find(self, path: str) -> Sequence[int]:
        """Return the positions of the patterns that match a path, in any order."""
        if not self._patterns:
            return ()
        whole, directory, name = _split(path)
        exact = self._exact.get(whole, ())
        if self._exclusions and not exact and self._exclusions.matches(path):
            return ()
        known = self._directories.get(directory)
        if known is None:
            known = self._directories[directory] = self._find_directory(directory)
        positions, expressions = known
        if exact or name in self._exact:
            positions = (*positions, *exact, *self._exact.get(name, ()))
        for each in expressions:
            positions += each.find(whole)
        return positions + self._names.find(name) if self._names else positions

    def _find_directory(self, directory: str) -> tuple[tuple[int, ...], tuple[_Expressions, ...]]:
        """Return what matches all below a directory, and expressions that may match some of it."""
        positions: list[int] = []
        expressions: list[_Expressions] = []
        depth = directory.count("/")
        for parent in ("", *_parents(directory)):
            if parent:
                positions += (*self._exact.get(parent, ()), *self._below.get(parent, ()))
            for decisive, each in self._paths.get(parent, ()):
                if decisive <= depth:  # it matches all that is in the directory, or nothing
                    positions += each.find(directory)
                else:
                    expressions.append(each)
        return tuple(positions), tuple(expressions)


class _Expressions:
    """Patterns by their positions; most texts are rejected by all of them at once."""

    __slots__ = ("_any", "_patterns", "_single")

    def __init__(self, patterns: Mapping[int, str]) -> None:
        self._patterns = patterns
        self._any = _compile(patterns.values())
        self._single: list[tuple[int, re.Pattern[str]]] = []

    def find(self, text: str) -> tuple[int, ...]:
        """Return the positions of the patterns that match a whole text."""
        if not self._any.fullmatch(text):
            return ()
        if not self._single:  # compiled only once a text matches
            self._single = [(n, _compile([pattern])) for n, pattern in self._patterns.items()]
        return tuple([n for n, expression in self._single if expression.fullmatch(text)])


def _compile(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(_translate, patterns)), re.DOTALL)


def _anchor(path: str) -> str:
    return f"/{path.removeprefix('/').lower()}"


# One path is looked up in several patterns, one after the other.
@lru_cache(maxsize=64)
def _split(path: str) -> tuple[str, str, str]:
    """Return a path as it is matched: the whole, its directory, and the file's name."""
    whole = _anchor(path)
    directory, _, name = whole.rpartition("/")
    return whole, directory, name


def _parents(directory: str) -> Iterator[str]:
    """Yield a directory and those that contain it, the topmost first, without the root."""
    end = directory.find("/", 1)
    while end > 0:
        yield directory[:end]
        end = directory.find("/", end + 1)
    if directory:
        yield directory


@lru_cache(maxsize=1024)
def _translate(pattern: str) -> str:
    """Return a regular expression for the whole of a path or of a file's name."""
    inside = "(?:/.*)?" if pattern.startswith("/") else ""
    return "".join(map(_translate_token, _TOKEN.finditer(pattern))) + inside


def _translate_token(token: re.Match[str]) -> str:
    if token["set"] is None:
        return _WILDCARDS.get(token.lastgroup or "") or re.escape(token[0])
    characters = re.sub(r"[\\\[\]&~|^]", r"\\\g<0>", token["set"])
    expression = f"(?!/)[{'^' if token['negated'] else ''}{characters}]"
    try:
        re.compile(expression)
    except re.error:  # a range that ends before it starts
        return _NOTHING
    return expression
