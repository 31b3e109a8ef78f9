"""What is measured: layouts, artifacts, binaries and installers, made the same each time.

Names are those of the layout script of CPython 3.14.7, sizes those of a real layout: half of its
files are smaller than 4 KB, the mean is 15 KB.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from binaries import binaries
from cabinets import MSZIP, STORED
from installers import bundle, msi
from manifests import committed
from pe_files import pe
from releases import make_release, members, packages_of

PLATFORM = "amd64"
_VERSION = "3.14.7"
_RESOURCE = {
    "CompanyName": "Python Software Foundation",
    "FileVersion": _VERSION,
    "ProductName": "Python",
}
_PADDING = 300_000
#: Packages of the installers that are published beside them: with the others, 40 artifacts.
_PACKAGES = [
    ("amd64", ("core", "dev", "exe", "lib")),
    ("arm64", ("core", "exe", "lib")),
    ("win32", ("core", "exe", "lib")),
]


def make_layout(directory: Path, count: int) -> Path:
    """Write a layout of ``count`` files, about seventy of them binaries, and return it."""
    chance = random.Random(1)
    for path in islice(_layout_paths(), count):
        data = (
            pe(machine="x64", resource=_RESOURCE, fixed=(3, 14, 7150, 1013))
            + chance.randbytes(_PADDING)
            if path.endswith((".dll", ".exe", ".pyd"))
            else chance.randbytes(int(min(chance.lognormvariate(8.3, 1.6), 4_000_000)))
        )
        _write(directory / path, data)
    return directory


def _layout_paths() -> Iterator[str]:
    """Yield the paths of a layout with all tests, and then more modules."""
    yield from members(_VERSION)[PLATFORM, "pymanager-test"]
    for number in range(1_000_000):
        yield f"Lib/test/more_{number // 100}/test_{number}.py"


def make_unowned(directory: Path, count: int) -> Path:
    """Write a layout with ``count`` more files, which belong to no component, and return it."""
    chance = random.Random(2)
    make_layout(directory, len(members(_VERSION)[PLATFORM, "pymanager-test"]))
    for number in range(count):
        size = int(min(chance.lognormvariate(8.3, 1.6), 4_000_000))
        _write(directory / f"extra_{number // 100}/file_{number}.bin", chance.randbytes(size))
    return directory


def make_artifacts(directory: Path) -> Path:
    """Write the 40 artifacts of a release, and return their directory."""
    make_release(directory, committed())
    for platform, names in _PACKAGES:
        packages = packages_of(_VERSION, platform)
        for name in names:
            _write(directory / f"{platform}/{name}.msi", msi(packages[f"{name}.msi"]))
    return directory


def make_binaries(directory: Path, count: int) -> Path:
    """Write binaries of 0.4 MB that show the components of a build, and return their directory."""
    chance = random.Random(7)
    made = cycle(binaries().items())
    for number, (name, data) in enumerate(islice(made, count)):
        # After the sections, as a certificate is, so that the file is still a whole one.
        _write(directory / f"{number}/{name}", data + chance.randbytes(400_000 - len(data)))
    return directory


def make_installer(directory: Path, method: int) -> Path:
    """Write an installer of about 30 MB, whose cabinets are stored or compressed."""
    chance = random.Random(11)
    pieces = [chance.randbytes(12) for _ in range(4000)]
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
    path = directory / ("python-mszip.exe" if method == MSZIP else "python-stored.exe")
    _write(path, bundle(packages, method=STORED))
    return path


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
