"""Whether the tests notice changes of the code: a sample of mutants per package, by Cosmic Ray.

Each mutant is one small change, such as ``<`` to ``<=``. The tests of its package run first and,
if they pass, those of the packages that use it; a mutant that all of them pass has survived. The
sample is drawn by a seed, so that a run can be repeated. Works on a copy of the tracked files.

Options: --sample N, --seed N, --package NAME (repeatable), --least PERCENT.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome

#: The packages that are measured, with the directories of tests that a mutant runs.
TESTS = {
    "batch": ("batch", "script"),
    "script": ("script", "batch", "checks"),
    "manifest": ("manifest", "checks", "commands"),
    "components": ("components", "bom", "formats", "commands"),
    "bom": ("bom", "formats", "release", "commands"),
    "binaries": ("binaries", "verification"),
    "verification": ("verification", "release"),
}
#: Changes that mean nothing here: ``|`` is mostly that of a type, which is not evaluated, and
#: ``is`` for ``==`` is the same for the small values that are compared.
_EQUIVALENT = re.compile(
    r"core/ReplaceBinaryOperator_BitOr_.*|.*_(Eq_Is|NotEq_IsNot|Is_Eq|IsNot_NotEq)"
)
#: Seconds that the tests of a directory may take; a mutant that needs more loops.
_TIMEOUT = 300.0


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test noticed: where it is, which change it was, and what changed."""

    path: str
    line: int
    operator: str
    difference: str


def copy_tracked(source: Path, target: Path) -> None:
    """Copy what git tracks in a working tree, as it is there now."""
    listed = subprocess.run(
        ["git", "-C", str(source), "ls-files", "-z"],  # noqa: S607 - git is where the user has it
        check=True,
        capture_output=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (source / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, target / name)


def list_mutants(package: str, database: Path) -> list[MutationSpec]:
    """Return every mutant of a package of the current directory, in a fixed order."""
    paths = sorted(Path("sbom", package).rglob("*.py"))
    with use_db(str(database), WorkDB.Mode.create) as work:
        init(paths, work, {})
        found = [mutation for item in work.work_items for mutation in item.mutations]
    return sorted(
        (mutant for mutant in found if not _EQUIVALENT.fullmatch(mutant.operator_name)),
        key=lambda mutant: (
            str(mutant.module_path),
            mutant.start_pos,
            mutant.operator_name,
            mutant.occurrence,
        ),
    )


def survives(mutant: MutationSpec, directories: Sequence[str]) -> Survivor | None:
    """Return a mutant that the tests in all of the directories pass; None if they notice it."""
    difference = ""
    for directory in directories:
        command = f"{sys.executable} -m pytest -x -q -p no:cacheprovider tests/{directory}"
        result = mutate_and_test([mutant], command, _TIMEOUT)
        if result.test_outcome != TestOutcome.SURVIVED:
            return None
        difference = str(result.diff)
    return Survivor(
        mutant.module_path.as_posix(), mutant.start_pos[0], mutant.operator_name, difference
    )


def measure(package: str, size: int, seed: int) -> Iterator[Survivor | None]:
    """Yield what became of each mutant of a sample."""
    mutants = list_mutants(package, Path(f"{package}.sqlite"))
    sample = random.Random(seed).sample(mutants, min(size, len(mutants)))
    for mutant in sample:
        yield survives(mutant, TESTS[package])


def _positive(text: str) -> int:
    """Return the number that a text is. Raises ValueError for one below 1, which has no score."""
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


def main(arguments: Sequence[str]) -> int:
    """Print the score of each package and the survivors; return 1 if a score is too low."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sample", type=_positive, default=20, help="mutants per package (20)")
    parser.add_argument("--seed", type=int, default=1, help="what the sample is drawn by (1)")
    parser.add_argument("--package", action="append", choices=TESTS, help="only this one")
    parser.add_argument("--least", type=float, default=90, help="the lowest score, in %% (90)")
    options = parser.parse_args(arguments)
    low = []
    with tempfile.TemporaryDirectory() as temporary:
        copy_tracked(Path.cwd(), Path(temporary))
        os.chdir(temporary)
        os.environ |= {"PYTHONPATH": temporary, "PYTHONDONTWRITEBYTECODE": "1"}
        for package in options.package or TESTS:
            results = list(measure(package, options.sample, options.seed))
            survivors = [result for result in results if result is not None]
            score = 100 * (len(results) - len(survivors)) / len(results)
            print(f"{package}: {len(results) - len(survivors)} of {len(results)}, {score:.0f} %")
            for survivor in survivors:
                print(f"  {survivor.path}:{survivor.line}: {survivor.operator}")
                for line in survivor.difference.splitlines():
                    if line.startswith(("-", "+")) and not line.startswith(("---", "+++")):
                        print(f"    {line}")
            sys.stdout.flush()
            if score < options.least:
                low.append(package)
    if low:
        print(f"below {options.least:.0f} %: {', '.join(low)}")
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
