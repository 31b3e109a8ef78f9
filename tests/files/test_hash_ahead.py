"""Other processes hash a directory: as one process does, whatever happens to them."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from sbom.diagnostics import SbomError
from sbom.files.directory import hash_directory
from sbom.files.directory_scan import DirectoryScan, scan_directory
from sbom.files.hash_ahead import HashAhead, hash_ahead

_NO_FORK = "other processes are copies of this one, which neither Windows nor macOS makes"
needs_fork = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason=_NO_FORK)

#: Runs in a process of its own, which has no threads, as that of a test may.
_RUN = """
import json, os, sys
from pathlib import Path
from sbom.files import directory, hash_ahead
from sbom.files.directory_scan import scan_directory

hash_ahead.count_processors = lambda: 3
with hash_ahead.hash_ahead(Path(sys.argv[1])) as ahead:
    started = ahead.is_running
    {during}
    files = directory.hash_directory(Path(sys.argv[1]), ahead=ahead)
try:
    os.waitpid(-1, os.WNOHANG)
    left = True
except ChildProcessError:
    left = False
rows = [(f.path, f.size, f.sha1, f.sha256, f.sha512) for f in files]
print(json.dumps([started, left, rows]))
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Files of 18 MB: more than one batch."""
    for number in range(8):
        (tmp_path / f"large_{number}.bin").write_bytes(bytes([number]) * 2_000_000)
    for number in range(150):
        (tmp_path / f"small_{number}.py").write_bytes(b"%d" % number * number)
    (tmp_path / "library.dll").write_bytes(b"MZ" + bytes(2000))
    (tmp_path / "also_a_library.bin").write_bytes(b"MZ" + bytes(2000))
    (tmp_path / "very_large.bin").write_bytes(bytes(9_000_000))
    return tmp_path


def _expected(directory: Path) -> list[list[object]]:
    return [
        [path.name, len(data), *(hashlib.new(name, data).hexdigest() for name in _ALGORITHMS)]
        for path in sorted(directory.iterdir(), key=lambda path: path.name)
        for data in [path.read_bytes()]
    ]


_ALGORITHMS = ("sha1", "sha256", "sha512")


@needs_fork
@pytest.mark.parametrize(
    "during",
    [
        pytest.param("pass", id="left alone"),
        pytest.param("[os.kill(child, 9) for child, _ in ahead._children]", id="killed"),
        pytest.param("__import__('time').sleep(0.2)", id="they end first"),
    ],
)
def test_other_processes_hash_every_file_as_this_one_does(directory: Path, during: str) -> None:
    command = [sys.executable, "-c", _RUN.format(during=during), str(directory)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    started, left, rows = json.loads(output)
    assert started
    assert not left
    assert rows == _expected(directory)


def test_a_file_that_is_gone_when_it_is_hashed_is_an_error(directory: Path) -> None:
    scan = scan_directory(directory)
    gone = DirectoryScan(directory, (*scan.files, ("gone.py", 5)), ())
    with HashAhead(gone) as ahead, pytest.raises(SbomError, match=r"gone\.py: cannot be read"):
        hash_directory(directory, ahead=ahead)


def test_only_a_directory_is_hashed_ahead(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x")
    for path in (None, file, tmp_path / "missing"):
        with hash_ahead(path) as ahead:
            assert ahead is None
