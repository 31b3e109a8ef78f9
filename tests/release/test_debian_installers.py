"""An installer whose packages msibuild and gcab wrote: its SBOM is that of the layout.

``nox -s debian-tools`` runs it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from binaries import written
from cabinets import MSZIP, STORED
from debian_tools import Medium, Package, Placed, needs_debian_tools, write_with_wixl
from installers import bundle
from one_build import INSTALLER, PYMANAGER, components, files, in_packages, members
from release_runs import PARTIAL, Run, read_json

pytestmark = needs_debian_tools


def package_of(contents: dict[str, bytes], directory: Path, name: str) -> bytes:
    """Return a package in which files have keys and short names, in two cabinets."""
    placed = [
        Placed(path, data, f"F{number}_{len(path)}", 1 + number % 2)
        for number, (path, data) in enumerate(sorted(contents.items()))
    ]
    media = [Medium("#one.cab"), Medium("#two.cab", is_compressed=False)]
    return Package(placed, media, gap=3).write(directory, name).read_bytes()


@pytest.mark.parametrize(
    ("write", "method"),
    [
        (package_of, MSZIP),
        (package_of, STORED),
        (lambda *words: write_with_wixl(*words).read_bytes(), MSZIP),
    ],
    ids=["msibuild, MSZIP", "msibuild, stored", "wixl"],
)
def test_its_document_is_that_of_the_layout_file_by_file(
    run: Run, tmp_path: Path, write: Callable[[dict[str, bytes], Path, str], bytes], method: int
) -> None:
    contents = members()
    layout = written(tmp_path / "layout", contents)
    packages = {
        name: write(inside, tmp_path, name) for name, inside in in_packages(contents).items()
    }
    written(tmp_path / "in", {INSTALLER: bundle(packages, method=method)})
    out = tmp_path / "built"
    status, _, err = run("build", "--layout", layout, "--platform", "amd64", "--output", out)
    assert status == 0, err
    words = ("--artifacts", tmp_path / "in", "--output", tmp_path / "released", *PARTIAL)
    status, _, err = run("release", *words)
    assert status == 0, err
    expected = read_json(out / "python-3.14.7-amd64.spdx.json")
    found = read_json(tmp_path / "released" / f"{INSTALLER}.spdx.json")
    with_pymanager = files(expected)
    assert files(found) | {PYMANAGER: with_pymanager[PYMANAGER]} == with_pymanager
    assert len(files(found)) > 500
    root = "SPDXRef-cpython"
    in_installer = components(found, root)
    assert in_installer.pop("wix")
    assert in_installer == components(expected, root)
