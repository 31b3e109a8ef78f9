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

import re
from collections.abc import Iterable, Iterator, Mapping

# Own code, because pathspec 1.1 reports only the last pattern that matches, while ownership
# needs every one; its import takes 0.1 s, and matching CPython's 1,500 members twice as long.
_TOKEN = re.compile(
    r"(?P<any_parts>\*\*/)|(?P<any>\*\*)|(?P<some>\*)|(?P<one>\?)"
    r"|\[(?P<negated>!?)(?P<set>\]?[^]]*)\]|(?P<literal>.)",
    re.DOTALL,
)
_WILDCARDS = {"any_parts": "(?:.*/)?", "any": ".*", "some": "[^/]*", "one": "[^/]"}
_NOTHING = r"(?!)"


class PathPatterns:
    """Patterns to match many paths against; those without wildcards are looked up by name."""

    __slots__ = ("_exact", "_exclusions", "_in_names", "_in_paths", "_patterns")

    def __init__(self, patterns: Iterable[str]) -> None:
        given = tuple(dict.fromkeys(patterns))
        exclusions = [pattern[1:] for pattern in given if pattern.startswith("!")]
        self._exclusions = PathPatterns(exclusions) if exclusions else None
        self._patterns = tuple(pattern for pattern in given if not pattern.startswith("!"))
        self._exact: dict[str, list[int]] = {}
        expressions: dict[bool, dict[int, str]] = {True: {}, False: {}}
        for position, pattern in enumerate(self._patterns):
            anchored = "/" in pattern
            normalized = _anchor(pattern) if anchored else pattern.lower()
            if set(normalized) & set("*?["):
                expressions[anchored][position] = _translate(normalized)
            else:
                self._exact.setdefault(normalized, []).append(position)
        self._in_paths = _Expressions(expressions[True])
        self._in_names = _Expressions(expressions[False])

    def matches(self, path: str) -> bool:
        """Return whether any pattern matches a path, whose parts are separated by ``/``."""
        return bool(self.find(path))

    def find(self, path: str) -> tuple[str, ...]:
        """Return the patterns that match a path, in the order they were given."""
        whole = _anchor(path)
        if self._exclusions and whole not in self._exact and self._exclusions.matches(path):
            return ()
        positions = [*self._in_paths.find(whole), *self._in_names.find(whole.rpartition("/")[2])]
        if self._exact:
            positions += (n for name in _names(whole) for n in self._exact.get(name, ()))
        return tuple(self._patterns[position] for position in sorted(positions))


class _Expressions:
    """Regular expressions by their positions; most texts are rejected by all of them at once."""

    __slots__ = ("_any", "_single")

    def __init__(self, expressions: Mapping[int, str]) -> None:
        self._any = re.compile("|".join(expressions.values()) or _NOTHING, re.DOTALL)
        self._single = [(n, re.compile(text, re.DOTALL)) for n, text in expressions.items()]

    def find(self, text: str) -> list[int]:
        """Return the positions of the expressions that match a whole text."""
        if not self._any.fullmatch(text):
            return []
        return [n for n, expression in self._single if expression.fullmatch(text)]


def _anchor(path: str) -> str:
    return f"/{path.removeprefix('/').lower()}"


def _names(whole: str) -> Iterator[str]:
    """Yield what a pattern without wildcards may be: the file's name, its path, a directory."""
    yield whole.rpartition("/")[2]
    yield whole
    end = whole.find("/", 1)
    while end > 0:
        yield whole[:end]
        end = whole.find("/", end + 1)


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
