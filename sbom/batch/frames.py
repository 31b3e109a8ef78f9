"""Where a script stands, and how it goes elsewhere."""

from __future__ import annotations

from dataclasses import dataclass


class Goto(Exception):  # noqa: N818 - a jump, not an error
    """Go to a label of the file."""

    def __init__(self, label: str, line: int) -> None:
        self.label = label
        self.line = line


class ExitScript(Exception):  # noqa: N818 - a jump, not an error
    """Leave the subroutine or file; with ``script``, all of it."""

    def __init__(self, *, script: bool) -> None:
        self.script = script


@dataclass(slots=True)
class Frame:
    """One running file or ``call :label``: where it stands and its arguments."""

    arguments: list[str]
    rest: str
    index: int = 0
