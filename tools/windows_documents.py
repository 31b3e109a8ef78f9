"""Documents that are made on Windows, compared with those of this platform, byte for byte.

``windows_documents.py DIRECTORY`` runs verbs with this Python, and with the Windows Python that
windows_python.py has made in DIRECTORY, on the same files: a build in every format, a layout, and
a release of artifacts that are made for it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from subprocess import run

from build_files import MADE
from inputs import PLATFORM, make_layout
from manifests import committed
from releases import make_release
from windows_python import ROOT
from windows_python import run as run_on_windows

#: Runs a verb in a directory, and returns its exit status and what it has printed.
Verb = Callable[[Path, Sequence[str]], tuple[int, bytes]]
_VARIABLES = {"SOURCE_DATE_EPOCH": "1782000000", "NO_COLOR": "1"}
_FILES = 1_000
_MANIFEST = ("--manifest", "externals.toml")
#: Verbs by the directory that each writes to.
_VERBS = {
    "build": ("build", *_MANIFEST, "--format", "all", "--output", "build"),
    "layout": (
        *("build", *_MANIFEST, "--layout", "files", "--platform", PLATFORM, "--keep-going"),
        *("--format", "all", "--output", "layout"),
    ),
    "release": (
        *("release", *_MANIFEST, "--artifacts", "artifacts", "--allow-unpinned", "--attest"),
        *("--format", "all", "--output", "release"),
    ),
}


def differing(here: Mapping[str, bytes], windows: Mapping[str, bytes]) -> list[str]:
    """Return a sentence for each file, by its path, that is not the same on both platforms."""
    return [
        f"{path}: differs on Windows"
        if path in here and path in windows
        else f"{path}: only on {'Windows' if path in windows else 'this platform'}"
        for path in sorted({*here, *windows})
        if here.get(path) != windows.get(path)
    ]


def with_slashes(printed: bytes) -> bytes:
    """Return what a verb has printed with the separators of this platform."""
    return printed.replace(b"\\", b"/")


def read_files(directory: Path) -> dict[str, bytes]:
    """Return the contents of each file in a directory by its path."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def _run_here(directory: Path, words: Sequence[str]) -> tuple[int, bytes]:
    environment = {**os.environ, **_VARIABLES, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "sbom", *words]
    done = run(command, cwd=directory, env=environment, capture_output=True, check=False)
    return done.returncode, done.stdout + done.stderr


def _run_there(python: Path) -> Verb:
    def run_there(directory: Path, words: Sequence[str]) -> tuple[int, bytes]:
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            command = ["-m", "sbom", *words]
            status = run_on_windows(
                python, command, output, errors, cwd=directory, variables=_VARIABLES
            )
            output.seek(0)
            errors.seek(0)
            return status, output.read() + errors.read()

    return run_there


def compare(directory: Path, here: Verb, windows: Verb) -> tuple[list[str], int]:
    """Return what differs after each verb, and how many files have been compared."""
    errors: list[str] = []
    count = 0
    for name, words in _VERBS.items():
        results = []
        for verb, platform in ((here, "here"), (windows, "windows")):
            status, printed = verb(directory, words)
            written = directory / name
            moved = directory / platform / name
            moved.parent.mkdir(exist_ok=True)
            if written.is_dir():
                written.rename(moved)
            results.append((status, with_slashes(printed), read_files(moved)))
        (status, printed, files), (other_status, other_printed, other_files) = results
        if not files or (status, printed) != (other_status, other_printed):
            errors.append(
                f"{name}: ends with {status} and {len(files)} files here, with {other_status} on "
                f"Windows:\n{printed.decode()}\n{other_printed.decode()}"
            )
        errors += [f"{name}/{error}" for error in differing(files, other_files)]
        count += len(files)
    return errors, count


def main(argv: Sequence[str]) -> int:
    """Compare what verbs write on both platforms. Return an exit status."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "externals.toml").write_bytes(MADE.read_bytes())
        make_layout(directory / "files", _FILES)
        make_release(directory / "artifacts", committed())
        errors, count = compare(directory, _run_here, _run_there(Path(argv[0]).resolve()))
    for error in errors:
        print(f"error: {error}", file=sys.stderr)
    if not errors:
        print(f"{count} files of {len(_VERBS)} runs are the same on Windows")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
