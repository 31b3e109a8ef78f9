"""Unmodified source releases of CPython: ``nox -s real-trees -- DIR`` with DIR/3.14.7 and so on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from manifests import COMMITTED, RELEASED
from test_source_tree import check, regen

from sbom.cli import main
from sbom.diagnostics import Location

TREES = os.environ.get("SBOM_TREES", "")

# Real trees.

#: What is known to disagree in each real tree: exemption key, line and what is stated there.
EXPECTED = {
    "3.11.2": {
        ("PCbuild/readme.txt xz", 167, "xz 5.2.2"),
        ("PCbuild/readme.txt openssl", 171, "openssl 1.1.1q"),
        ("PCbuild/readme.txt tcltk", 194, "tcltk 8.6.6"),
    },
    "3.13.5": {
        ("Misc/externals.spdx.json zlib", 0, "zlib1.dll"),
        ("Misc/sbom.spdx.json expat", 1580, "expat 2.6.3"),
        ("Misc/sbom.spdx.json mpdecimal", 1668, "mpdecimal 2.5.1"),
        ("PCbuild/readme.txt xz", 171, "xz 5.2.2"),
    },
    "3.13.15": {
        ("Misc/externals.spdx.json zlib", 0, "zlib1.dll"),
        ("Misc/sbom.spdx.json mpdecimal", 1696, "mpdecimal 2.5.1"),
        ("PCbuild/readme.txt xz", 171, "xz 5.2.2"),
    },
    "3.14.7": {
        ("Misc/externals.spdx.json libtommath", 0, "libtommath.dll"),
        ("Misc/externals.spdx.json zlib", 0, "zlib1.dll"),
        ("Misc/sbom.spdx.json mpdecimal", 1856, "mpdecimal 2.5.1"),
        ("PCbuild/python.props zlib", 89, "zlib 1.3.1"),
        ("PCbuild/readme.txt xz", 210, "xz 5.2.2"),
        ("PCbuild/tcltk.props tk", 18, "tk 9.0.4.0"),
    },
}


@pytest.mark.skipif(not TREES, reason="run: nox -s real-trees -- DIR")
@pytest.mark.parametrize("version", EXPECTED)
def test_every_known_difference_of_a_real_tree_is_reported_and_nothing_else(version: str) -> None:
    root = Path(TREES) / version
    if not root.is_dir():
        pytest.skip(f"SBOM_TREES has no {version}")
    found = [one for one in check(root, COMMITTED) if one.code != "vendored-changed"]
    assert len(found) == len(EXPECTED[version])
    for key, line, stated in EXPECTED[version]:
        [one] = [one for one in found if one.exemption_key == key]
        assert one.location == Location(str(root / key.partition(" ")[0]), line)
        assert stated in one.message


#: Real trees whose every difference is exempted in externals.toml.
GREEN = ["3.8.10", "3.9.2", "3.10.12", "3.11.2", "3.12.3", "3.13.15", "3.14.6", "3.14.7"]


@pytest.mark.skipif(not TREES, reason="run: nox -s real-trees -- DIR")
@pytest.mark.parametrize("version", GREEN)
def test_an_unmodified_real_tree_has_no_error(version: str, tmp_path: Path) -> None:
    root = Path(TREES) / version
    if not root.is_dir():
        pytest.skip(f"SBOM_TREES has no {version}")
    manifest = tmp_path / "externals.toml"
    manifest.write_bytes(RELEASED.read_bytes())
    if version != "3.14.7":
        regen(root, manifest)
    assert main(["check", "--cpython", str(root), "--manifest", str(manifest)]) == 0
