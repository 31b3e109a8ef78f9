"""Packages and cabinets of msitools and gcab, compared with what other tools read in them.

``nox -s debian-tools`` runs them.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest
from debian_tools import (
    Medium,
    Package,
    Placed,
    digests,
    msiextract,
    needs_debian_tools,
    read_tree,
    run,
    seven_zip,
    write_with_wixl,
)
from installers import no_cabinet

from sbom.files.cabinet_archive import CabinetReader
from sbom.files.msi import MsiReader
from sbom.files.zip import ArchiveContents
from sbom.io import find_file

pytestmark = needs_debian_tools
FILES = (
    Placed("python.exe", b"MZ" + bytes(range(256)) * 300, "exe"),
    Placed("Lib/os.py", b"import sys\n" * 4000, "os.py", name="OS~1.PY|os.py"),
    Placed("Lib/test/a long name/empty.txt", b"", "_empty"),
    Placed("Lib/test/ä/x.txt", b"x", "x.txt_1"),
    Placed("DLLs/_bz2.pyd", random.Random(1).randbytes(70_000), "bz2"),
)


def read(package: Path) -> ArchiveContents:
    def open_beside(name: str) -> IO[bytes] | None:
        path = find_file(package.parent, name)
        return path.open("rb") if path else None

    with package.open("rb") as file:
        return MsiReader().read(file, package.name, open_beside)


def check(package: Path, files: dict[str, bytes]) -> None:
    """Compare what is read of a package with what it was made of, and with two other tools."""
    contents = read(package)
    assert contents.diagnostics == ()
    found = {file.path: file.sha256 for file in contents.members}
    assert found == digests(files)
    assert found == msiextract(package, package.with_suffix(".msiextract"))
    assert {file.path: file.size for file in contents.members} == {
        path: len(data) for path, data in files.items()
    }


def test_packages_of_wixl_are_read(tmp_path: Path) -> None:
    files = {file.path: file.data for file in FILES}
    check(write_with_wixl(files, tmp_path, "core.msi"), files)


def spread(count: int) -> list[Placed]:
    """Return the files, in as many cabinets."""
    return [
        Placed(file.path, file.data, file.key, 1 + number % count, file.name)
        for number, file in enumerate(FILES)
    ]


@pytest.mark.parametrize(
    ("media", "change"),
    [
        ([Medium("#files.cab")], {}),
        ([Medium("#files.cab", is_compressed=False)], {"gap": 7}),
        ([Medium("Files.cab")], {}),
        ([Medium("#one.cab"), Medium("#two.cab", is_compressed=False)], {"gap": 2}),
        ([Medium("#one.cab"), Medium("Two.cab"), Medium("three.cab")], {}),
        ([Medium("#files.cab")], {"conditions": {"exe": "VersionNT >= 603", "os.py": "0"}}),
        (
            [Medium("#files.cab")],
            {
                "directories": {
                    "programs": ("ProgramFilesFolder", "TARGETDIR", "PFiles"),
                    "DLLs/": ("INSTALLDIR", "TARGETDIR", "DL~1|DLLs"),
                    "Lib/": ("LIB", "TARGETDIR", "Lib"),
                    "same": ("SAME", "TARGETDIR", "."),
                }
            },
        ),
    ],
    ids=["MSZIP", "stored", "external", "two", "three", "conditions", "directories"],
)
def test_each_shape_of_package_is_read(
    tmp_path: Path, media: list[Medium], change: dict[str, object]
) -> None:
    package = Package(spread(len(media)), media, **change)  # type: ignore[arg-type]
    path = package.write(tmp_path, "core.msi")
    check(path, {file.path: file.data for file in FILES})
    embedded = [number for number, medium in enumerate(media, 1) if medium.cabinet.startswith("#")]
    inside = {file.path: file.data for file in package.files if file.media in embedded}
    if inside:
        assert seven_zip(path, tmp_path / "7z") == sorted(digests(inside).values())


def random_package(seed: int) -> tuple[list[Placed], list[Medium]]:
    rng = random.Random(seed)
    media = [
        Medium(f"{rng.choice(['#', ''])}{number}.cab", is_compressed=rng.random() < 0.7)
        for number in range(rng.randint(1, 4))
    ]
    paths: set[str] = set()
    while len(paths) < rng.randint(3, 60):
        depth = rng.randrange(4)
        parts = [f"{rng.choice(['d', 'long directory '])}{rng.randrange(3)}" for _ in range(depth)]
        paths.add("/".join([*parts, f"{rng.choice(['a', 'A long name '])}{rng.randrange(99)}.py"]))
    contents = [rng.randbytes(rng.choice([0, 1, 900, 70_000])) * rng.choice([1, 3]) for _ in "1234"]
    files = [
        Placed(
            path, rng.choice(contents), f"F{number}_{rng.randrange(9)}", rng.randint(1, len(media))
        )
        for number, path in enumerate(sorted(paths))
    ]
    used = sorted({file.media for file in files})
    return (
        [Placed(f.path, f.data, f.key, used.index(f.media) + 1) for f in files],
        [media[number - 1] for number in used],
    )


@pytest.mark.parametrize("seed", range(8))
def test_packages_of_any_shape_are_read(tmp_path: Path, seed: int) -> None:
    files, media = random_package(seed)
    path = Package(files, media, gap=1 + seed % 3).write(tmp_path, "core.msi")
    check(path, {file.path: file.data for file in files})


def test_a_package_with_more_than_one_level_of_its_allocation_table_is_read(
    tmp_path: Path,
) -> None:
    """Of a compound file, the header has the places of the first 7 MB only."""
    data = random.Random(2).randbytes(9 << 20)
    files = [Placed("large.bin", data, "large"), Placed("small.txt", b"small", "small")]
    check(Package(files).write(tmp_path, "core.msi"), {file.path: file.data for file in files})


@pytest.mark.parametrize("options", [["-z"], []], ids=["MSZIP", "stored"])
@pytest.mark.parametrize("extract", ["cabextract", "7z"])
def test_cabinets_are_read_as_other_tools_read_them(
    tmp_path: Path, options: list[str], extract: str
) -> None:
    home = tmp_path / "in"
    for file in FILES:
        path = home / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)
    run("gcab", "-c", *options, "../files.cab", *(file.path for file in FILES), cwd=home)
    with (tmp_path / "files.cab").open("rb") as opened:
        contents = CabinetReader().read(opened, "files.cab", no_cabinet)
    assert contents.diagnostics == ()
    commands: dict[str, Callable[[], str]] = {
        "cabextract": lambda: run("cabextract", "-q", "-d", "out", "files.cab", cwd=tmp_path),
        "7z": lambda: run("7z", "x", "-y", "-oout", "files.cab", cwd=tmp_path),
    }
    commands[extract]()
    found = {file.path: file.sha256 for file in contents.members}
    assert found == digests(read_tree(tmp_path / "out"))
    assert found == digests({file.path: file.data for file in FILES})
