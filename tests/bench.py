"""How long things take, each compared with a baseline: ``nox -s bench``.

Both sides of a row run in turn, so that a machine that drifts drifts for both; ratios are
medians of the ratios pair by pair. Only the ratios travel to another machine.
"""

from __future__ import annotations

import hashlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from binaries import binaries, written
from cabinets import MSZIP, STORED
from installers import bundle, msi
from manifests import committed, entry_of, script_of
from pe_files import pe
from releases import make_release

from sbom.files.shipped_file import hash_directory
from sbom.verification.inspection import make_inspector
from sbom.verification.target import open_target

ROUNDS = 9
ROOT = Path(__file__).parent.parent


def process(*words: str) -> Callable[[], None]:
    """Return a run of a whole process."""

    def run() -> None:
        subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, check=True)

    return run


def timed(action: Callable[[], object]) -> float:
    """Return the seconds that an action took."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def row(
    name: str, action: Callable[[], object], baseline: str, other: Callable[[], object]
) -> None:
    """Run two actions in turn and print medians and the ratio."""
    action(), other()
    pairs = [(timed(action), timed(other)) for _ in range(ROUNDS)]
    mine, its = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"{name:34} {mine * 1000:8.0f} ms   {baseline:28} {its * 1000:8.0f} ms   x {ratio:.2f}")


def tree(folder: Path, files: int) -> None:
    """Make files of the sizes a source archive has: most small, a few large."""
    chance = random.Random(1)
    for number in range(files):
        size = int(min(chance.lognormvariate(8.3, 1.6), 4_000_000))
        path = folder / f"{number % 97}" / f"{number}.c"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(chance.randbytes(size))


def plainly(folder: Path, algorithms: Sequence[str]) -> None:
    """Hash a folder the way one writes it first."""
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for algorithm in algorithms:
                hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()


def with_coreutils(folder: Path) -> None:
    """Hash a folder with each of the three programs of coreutils, one behind the other."""
    for program in ("sha1sum", "sha256sum", "sha512sum"):
        command = f"find {folder} -type f -print0 | xargs -0 -P2 -n500 {program}"
        subprocess.run(command, shell=True, capture_output=True, check=True)  # noqa: S602


def releasing(folder: Path) -> None:
    """Measure a release of thirty artifacts, compared with hashing the same files alone."""
    make_release(folder / "artifacts", committed())
    words = ["--artifacts", str(folder / "artifacts"), "--output", str(folder / "release")]
    released = process("-m", "sbom", "release", *words, "--allow-unpinned", "--replace")
    hashed = partial(plainly, folder / "artifacts", ("sha256", "sha512"))
    row("release, thirty artifacts", released, "hashing these files", hashed)


def examining(folder: Path) -> None:
    """Measure looking into sixty binaries of 24 MB, compared with hashing them plainly."""
    made = list(binaries().items())
    chance = random.Random(7)
    for number in range(60):
        name, data = made[number % len(made)]
        # Behind the sections, as a certificate is, so that the file is still a whole one.
        padding = chance.randbytes(24_000_000 // 60 - len(data))
        written(folder / str(number), {name: data + padding})
    three = ("sha1", "sha256", "sha512")

    def examined() -> None:
        hash_directory(folder, inspect=make_inspector(committed()))

    examined()  # imports LIEF
    hashed = partial(plainly, folder, three)
    row("60 binaries, hashes and evidence", examined, "one thread, Path.read_bytes", hashed)
    verified = process("-m", "sbom", "verify", str(folder), "--identify")
    row("verify --identify, 60 binaries", verified, "importing LIEF", process("-c", "import lief"))


def opening(folder: Path) -> None:
    """Measure opening an installer of 30 MB, compared with hashing the file."""
    chance = random.Random(11)
    pieces = [chance.randbytes(12) for _ in range(4000)]
    for method, name in ((MSZIP, "MSZIP"), (STORED, "stored")):
        packages = {
            f"{number}.msi": msi(
                {
                    f"DLLs/{number}_{at}.pyd": pe() + b"".join(chance.choices(pieces, k=80_000))
                    for at in range(5 if method == STORED else 7)
                },
                method=method,
            )
            for number in range(6)
        }
        place = folder / name
        place.mkdir(parents=True)
        (place / "python.exe").write_bytes(bundle(packages, method=STORED))
        size = (place / "python.exe").stat().st_size // 1_000_000
        row(
            f"installer of {size} MB, {name}",
            partial(open_target, place / "python.exe", make_inspector(committed())),
            "hashing the file",
            partial(plainly, place, ("sha1", "sha256", "sha512")),
        )


def main() -> None:
    """Print all rows."""
    bare = process("-c", "pass")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        script = folder / "get_externals.bat"
        script.write_text(script_of(entry_of("3.14.7")))
        out = str(folder / "out")
        row("fetches", process("-m", "sbom", "fetches", str(script)), "a bare interpreter", bare)
        row("check", process("-m", "sbom", "check"), "a bare interpreter", bare)
        both = ("-m", "sbom", "check", "--script", str(script))
        row("check --script", process(*both), "a bare interpreter", bare)
        imports = process("-c", "import spdx_tools.spdx.model")
        built = process("-m", "sbom", "build", "--output", out)
        row("build, three platforms", built, "importing spdx_tools", imports)
        releasing(folder)
        examining(folder / "binaries")
        opening(folder / "installers")
        files = folder / "files"
        files.mkdir()
        tree(files, 5000)
        three = ("sha1", "sha256", "sha512")
        if shutil.which("xargs") and shutil.which("sha512sum"):
            row(
                "hash 5000 files, 3 digests",
                partial(hash_directory, files, three),
                "sha1sum, sha256sum, sha512sum",
                partial(with_coreutils, files),
            )
        for algorithms in (("sha1",), three):
            row(
                f"hash 5000 files, {len(algorithms)} digests",
                partial(hash_directory, files, algorithms),
                "one thread, Path.read_bytes",
                partial(plainly, files, algorithms),
            )


if __name__ == "__main__":
    main()
