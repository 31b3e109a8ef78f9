"""Texts and conditions at the moment a command runs: what they expand to, whether they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sbom.batch.comparison import compare, leading_number
from sbom.batch.expansion import (
    Context,
    ExpansionError,
    GrowthError,
    expand_delayed,
    expand_for,
    expand_line,
)
from sbom.batch.frames import Frame
from sbom.batch.nodes import If
from sbom.batch.state import State, listed
from sbom.diagnostics import Code

#: What expanding costs, for each percent sign.
_PERCENT_COST = 6
#: What every cmd since Windows 2000 says of its command extensions.
_EXTENSIONS = 2


class Evaluation:
    """Expands and compares for one run; ``comparisons`` are the pairs its ``if``s compared."""

    def __init__(self, state: State) -> None:
        """Look at ``state``; the frame that runs is the last of ``frames``."""
        self.state = state
        self.frames: list[Frame] = []
        self.comparisons: set[tuple[str, str]] = set()

    def early(self, text: str, line: int) -> str:
        """Expand arguments and variables, as cmd does before it parses."""
        cost = _PERCENT_COST * text.count("%")
        with self.refusing(line):
            text = expand_line(text, self.context(line))
        self.state.spend(cost + len(text), line)
        return text

    def context(self, line: int) -> Context:
        """Return what the percent expressions of a line are expanded from."""
        frame = self.frames[-1]
        return Context(
            frame.arguments,
            frame.rest,
            self.state.variables,
            self.state.disk.folder,
            lambda cost: self.state.spend(cost, line),
        )

    @contextmanager
    def refusing(self, line: int) -> Iterator[None]:
        """Turn a percent expression that cmd refuses into an error with its line."""
        try:
            yield
        except ExpansionError as error:
            hint = "cmd stops here as well; mend the script"
            raise self.state.program.error(Code.BATCH_SYNTAX, line, str(error), hint) from error
        except GrowthError as error:
            hint = "a variable grows without end; mend the script"
            raise self.state.program.error(Code.BATCH_LIMIT, line, str(error), hint) from error

    def holds(self, node: If, left: str, right: str) -> bool:
        """Return whether the test of an ``if`` holds, its ``not`` aside."""
        if node.test == "defined":
            return self.state.variables.get(left) is not None
        if node.test == "exist":
            self.look_through(left, node.line)
            return self.state.disk.exists(left)
        if node.test == "errorlevel":
            return self.state.errorlevel >= leading_number(left)
        if node.test == "cmdextversion":
            return leading_number(left) <= _EXTENSIONS
        self.comparisons.add((left, right))
        return compare(node.test, left, right, ignore_case=node.ignore_case)

    def look_through(self, path: str, line: int) -> None:
        """Pay for looking at every path there is, where ``path`` is a pattern."""
        if "*" in path or "?" in path:
            self.state.spend(self.state.disk.count + len(path), line)

    def loop_values(self, switch: str, text: str, line: int) -> Iterator[str]:
        """Yield what a loop variable holds in turn, for a list, ``/D`` or ``/L``."""
        found = listed(text)
        if switch == "/L":
            start, step, end = ([leading_number(word) for word in found] + [0, 0, 0])[:3]
            yield from map(str, _count(start, step, end))
            return
        for item in found:
            if "*" in item or "?" in item:
                self.look_through(item, line)
                yield from self.state.disk.matching(item)
            else:
                yield item

    def late(self, text: str, items: Mapping[str, str], line: int) -> str:
        """Expand loop variables, and delayed ones where the script turned them on."""
        delayed = self.state.delayed and "!" in text
        if not delayed and not (items and "%" in text):
            return text
        with self.refusing(line):
            text = expand_for(text, items, self.context(line))
            if self.state.delayed and "!" in text:
                text = expand_delayed(text, self.context(line))
        self.state.spend(len(text), line)
        return text


def _count(start: int, step: int, end: int) -> range:
    """Return the numbers of ``for /L``; a step of zero never ends, but the budget does."""
    if step == 0:
        return range(10**9)
    return range(start, end + (1 if step > 0 else -1), step)
