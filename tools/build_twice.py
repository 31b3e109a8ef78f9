"""The wheel and the sdist of the last commit, built twice: ``nox -s dist`` runs this.

Both builds have the same ``SOURCE_DATE_EPOCH``, that of the commit unless it is set. Directory,
times, permissions, time zone, locale and hash seed differ, and must not change a byte.
"""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
#: The surroundings of the two builds, as far as the environment decides them.
_SURROUNDINGS: tuple[Mapping[str, str], ...] = (
    {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "0"},
    {"TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"},
)


def differing(first: Mapping[str, bytes], second: Mapping[str, bytes]) -> list[str]:
    """Return a sentence for each file, by its name, that two builds did not make alike."""
    return [
        f"{name}: differs between two builds"
        if name in first and name in second
        else f"{name}: made by only one of two builds"
        for name in sorted({*first, *second})
        if first.get(name) != second.get(name)
    ]


def missing_members(sdist: bytes, tracked: Iterable[str]) -> list[str]:
    """Return a sentence for each tracked file that an sdist lacks."""
    with tarfile.open(fileobj=io.BytesIO(sdist)) as archive:
        members = {name.partition("/")[2] for name in archive.getnames()}
    return [f"{path}: not in the sdist" for path in sorted(set(tracked) - members)]


def section_errors(changelog: str, names: Iterable[str]) -> list[str]:
    """Return what is wrong with the changelog of the version that a wheel's name states."""
    versions = {name.split("-")[1] for name in names if name.endswith(".whl")}
    return [
        f"CHANGELOG.md: no section for {version}"
        for version in sorted(versions)
        if not any(line.split()[:2] == ["##", version] for line in changelog.splitlines())
    ]


def checksum_lines(files: Mapping[str, bytes]) -> str:
    """Return the lines of a SHA256SUMS file."""
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))


def _git(*argv: str) -> bytes:
    command = ["git", *argv]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout


def _build(archive: bytes, directory: Path, number: int, epoch: str) -> dict[str, bytes]:
    """Return what is built from a tar archive of the sources in one of the two surroundings."""
    copy = directory / ("x" * (number + 1))
    output = directory / f"dist{number}"
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(copy, filter="data")
    for path in copy.rglob("*"):
        # As with another umask: git records only whether a file is executable.
        path.chmod(path.stat().st_mode & (0o700 if number else 0o755))
        os.utime(path, (number * 10**9, number * 10**9))
    environment = {**os.environ, **_SURROUNDINGS[number], "SOURCE_DATE_EPOCH": epoch}
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(output), str(copy)]
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    return {path.name: path.read_bytes() for path in output.iterdir()}


def main(argv: Sequence[str]) -> int:
    """Write what was built to the directory that is named. Return an exit status."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or _git("log", "-1", "--format=%ct").decode()
    if _git("status", "--porcelain"):
        print("warning: changes that are not committed are not built", file=sys.stderr)
    archive = _git("archive", "--format=tar", "HEAD")
    with tempfile.TemporaryDirectory() as name:
        first, second = (_build(archive, Path(name), number, epoch.strip()) for number in (0, 1))
    tracked = _git("ls-tree", "-r", "-z", "--name-only", "HEAD").decode().strip("\0").split("\0")
    errors = differing(first, second)
    for file, data in first.items():
        errors += missing_members(data, tracked) if file.endswith(".tar.gz") else []
    errors += section_errors((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), first)
    if errors:
        print("\n".join(f"error: {error}" for error in errors), file=sys.stderr)
        return 1
    output = Path(argv[0])
    output.mkdir(parents=True, exist_ok=True)
    for old in output.iterdir():
        old.unlink()
    for file, data in first.items():
        (output / file).write_bytes(data)
    sums = checksum_lines(first)
    (output / "SHA256SUMS").write_text(sums, encoding="utf-8", newline="\n")
    print(sums, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
