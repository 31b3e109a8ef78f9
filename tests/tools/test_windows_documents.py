"""Documents of two platforms are compared: nothing that is missing or different passes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from windows_documents import Verb, compare, differing

RUNS = 3


def test_each_file_that_differs_or_is_missing_is_named() -> None:
    here = {"a.json": b"1", "b/c.json": b"2", "same": b"3"}
    windows = {"a.json": b"1\r", "b/d.json": b"2", "same": b"3"}
    assert differing(here, windows) == [
        "a.json: differs on Windows",
        "b/c.json: only on this platform",
        "b/d.json: only on Windows",
    ]


def writing(data: bytes, status: int = 0, printed: bytes = b"") -> Verb:
    """Return a verb that writes a file to the directory after ``--output``."""

    def write(directory: Path, words: Sequence[str]) -> tuple[int, bytes]:
        output = directory / words[words.index("--output") + 1]
        output.mkdir()
        (output / "a.json").write_bytes(data)
        return status, printed

    return write


def nothing(_: Path, __: Sequence[str]) -> tuple[int, bytes]:
    return 0, b""


def test_the_same_files_and_output_are_the_same_but_for_separators(tmp_path: Path) -> None:
    here, windows = writing(b"{}", 1, b"build/a.json\n"), writing(b"{}", 1, b"build\\a.json\n")
    assert compare(tmp_path, here, windows) == ([], RUNS)


@pytest.mark.parametrize(
    "windows", [writing(b"{ }"), writing(b"{}", 1), writing(b"{}", 0, b"warning"), nothing]
)
def test_another_byte_status_or_message_is_an_error(tmp_path: Path, windows: Verb) -> None:
    errors, _ = compare(tmp_path, writing(b"{}"), windows)
    assert len(errors) >= RUNS


def test_verbs_that_write_nothing_anywhere_are_an_error(tmp_path: Path) -> None:
    assert len(compare(tmp_path, nothing, nothing)[0]) == RUNS
