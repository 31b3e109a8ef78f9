"""Files found, read and replaced."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import ROOT

from sbom.diagnostics import InputError, OperationalError
from sbom.io import find_file, read_bytes, write_all

windows = pytest.mark.skipif(sys.platform != "win32", reason="only Windows refuses this")


@pytest.mark.parametrize("name", ["Core.msi", "core.msi", "CORE.MSI"])
def test_a_file_is_found_in_any_case(tmp_path: Path, name: str) -> None:
    (tmp_path / "Core.msi").write_bytes(b"")
    assert find_file(tmp_path, name) == tmp_path / "Core.msi"


def test_a_directory_of_a_path_can_have_any_case(tmp_path: Path) -> None:
    (tmp_path / "Lib").mkdir()
    (tmp_path / "Lib/Os.py").write_bytes(b"")
    assert find_file(tmp_path, "LIB/os.py") == tmp_path / "Lib/Os.py"


def test_a_file_of_the_same_case_is_preferred(tmp_path: Path) -> None:
    names = ("CORE.msi", "Core.msi", "core.msi")
    for name in names:
        (tmp_path / name).write_bytes(b"")
    if len(list(tmp_path.iterdir())) < len(names):
        pytest.skip("this file system does not distinguish names by case")
    assert [find_file(tmp_path, name) for name in names] == [tmp_path / name for name in names]


def test_a_directory_and_a_missing_file_are_not_found(tmp_path: Path) -> None:
    (tmp_path / "core.msi").mkdir()
    assert find_file(tmp_path, "core.msi") is None
    assert find_file(tmp_path, "amd64/core.msi") is None


def test_a_directory_is_named_as_one(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_bytes(tmp_path)
    assert caught.value.diagnostics[0].message == "cannot be read: Is a directory"


@windows
def test_a_file_that_another_program_has_open_for_a_moment_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"old")
    opened = path.open("rb")  # as the C library opens files: it cannot be replaced
    closing = threading.Timer(0.3, opened.close)
    closing.start()
    write_all({path: b"new"})
    closing.join()
    assert path.read_bytes() == b"new"
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]


@windows
def test_a_file_that_another_program_keeps_open_is_reported_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"old")
    with path.open("rb"), pytest.raises(OperationalError) as caught:
        write_all({path: b"new"})
    assert caught.value.diagnostics[0].message.startswith("cannot be written: ")
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]


def test_nothing_is_left_beside_a_read_only_file_that_windows_does_not_replace(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with suppress(OperationalError):
        write_all({path: b"new"})
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]
    assert path.read_bytes() in (b"old", b"new")


def test_no_other_error_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.replace", refuse)
    started = time.monotonic()
    with pytest.raises(OperationalError, match="Permission denied"):
        write_all({tmp_path / "a.json": b"new"})
    assert time.monotonic() - started < 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this platform has no named pipes")
def test_what_is_no_regular_file_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    """/dev/null was replaced by a file, where the user may do that."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()), daemon=True)
    reader.start()
    write_all({pipe: b"a document", tmp_path / "beside": b"b"})
    reader.join(timeout=10)
    assert (found, pipe.is_fifo()) == ([b"a document"], True)
    assert (tmp_path / "beside").read_bytes() == b"b"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this platform has no named pipes")
def test_a_pipe_without_a_reader_is_an_error_and_no_hang(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OperationalError, match="cannot be written"):
        write_all({pipe: b"a document"})
    assert [*tmp_path.iterdir()] == [pipe]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="it has no /dev/stdout")
def test_a_page_can_go_to_standard_output() -> None:
    code = (
        "from pathlib import Path\nfrom sbom.io import write_all\n"
        "write_all({Path('/dev/stdout'): b'a page'})\n"
    )
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, check=True)
    assert done.stdout == b"a page"
