"""The noxfile: README lists its sessions, the manifest its platforms; it imports no package."""

from __future__ import annotations

import ast
import contextlib
import itertools
import re
import tomllib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from conftest import ROOT
from nox.command import CommandFailed

from sbom.cli import build_parser
from sbom.options.verbs import VERBS

NOXFILE = (ROOT / "noxfile.py").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_session_is_in_the_readme() -> None:
    sessions = {
        node.name.replace("_", "-")
        for node in ast.parse(NOXFILE).body
        if isinstance(node, ast.FunctionDef)
        and any("session" in ast.unparse(decorator) for decorator in node.decorator_list)
    }
    listed = set(re.findall(r"`([\w-]+)`", README.split("## Sessions")[1].split("## ")[0]))
    assert sessions <= listed
    assert "sbom" in sessions


def test_sessions_of_one_purpose_stand_together() -> None:
    tags = re.findall(r"^@nox\.session\(.*tags=\[\"([\w-]+)\"\]\)$", NOXFILE, re.MULTILINE)
    assert len(tags) == NOXFILE.count("@nox.session(") == len(re.findall("@nox.session", NOXFILE))
    assert [tag for tag, _ in itertools.groupby(tags)] == [
        "pipeline",
        "development",
        "on-request",
        "supply-chain",
    ]


def test_it_never_imports_the_package() -> None:
    imported = {
        name
        for node in ast.walk(ast.parse(NOXFILE))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [getattr(node, "module", None) or node.names[0].name]
    }
    standard = {"__future__", "itertools", "pathlib", "shutil", "tempfile"}
    assert imported - standard == {"nox", "nox.command"}


def test_it_names_no_platform() -> None:
    manifest = tomllib.loads((ROOT / "externals.toml").read_text(encoding="utf-8"))
    for platform in manifest["platform"]:
        assert platform not in NOXFILE


@pytest.mark.parametrize(
    "path", [ROOT / "action.yml", *sorted((ROOT / "pipelines").iterdir())], ids=lambda p: p.name
)
def test_the_pipelines_use_existing_sessions_and_flags(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = set(re.findall(r"-s \"?([\w-]+)", text))
    verbs = set(re.findall(r"-m sbom ([\w-]+)", text))
    assert named | verbs
    assert named <= {"sbom", "release-sbom"}
    assert verbs <= VERBS.keys()
    options = {
        option
        for action in build_parser()._actions  # noqa: SLF001 - argparse has no other way to ask
        for verb in verbs or ("build", "release")
        if isinstance(action.choices, dict)
        for option in action.choices[verb]._option_string_actions  # noqa: SLF001
    }
    after = re.sub(r"#.*|-m pip install .*", "", text).replace(" -- ", " ")
    assert set(re.findall(r"(?<![\w-])--[a-z][\w-]+", after)) <= options


class Session:
    """What nox passes to a session, with what that ran.

    What ``missing`` names cannot be installed.
    """

    def __init__(self, *posargs: str, missing: str = "") -> None:
        self.posargs = list(posargs)
        self.missing = missing
        self.ran: list[tuple[str, ...]] = []
        self.installed: list[tuple[str, ...]] = []
        self.env: dict[str, str | None] = {"PYTHONPATH": "elsewhere"}

    def install(self, *argv: str, **_: object) -> None:
        """Record what is installed."""
        if self.missing in argv and self.missing:
            raise CommandFailed
        self.installed.append(argv)

    def run(self, *argv: str, **_: object) -> None:
        """Record a command."""
        self.ran.append(argv)

    def skip(self, reason: str) -> None:
        """Stop as nox does."""
        raise RuntimeError(reason)


@pytest.fixture(scope="module")
def noxfile() -> ModuleType:
    spec = spec_from_file_location("noxfile", ROOT / "noxfile.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    with contextlib.chdir(ROOT):
        spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("words", [["--platform", "amd64"], ["--platform=amd64"]])
def test_sbom_builds_the_platform_that_is_named(noxfile: ModuleType, words: list[str]) -> None:
    session = Session(*words)
    for platform in ("arm64", "win32"):
        with pytest.raises(RuntimeError, match="another platform is named"):
            noxfile.sbom.func(session, platform)
    noxfile.sbom.func(session, "amd64")
    assert session.ran == [("python", "-m", "sbom", "build", "--platform", "amd64", *words)]


def test_a_platform_that_is_not_known_is_left_to_build(noxfile: ModuleType) -> None:
    session = Session("--platform", "mips")
    noxfile.sbom.func(session, "amd64")
    assert len(session.ran) == 1


def test_check_only_prints_its_help(noxfile: ModuleType) -> None:
    session = Session("--help")
    noxfile.check.func(session)
    assert session.ran == [("python", "-m", "sbom", "check", "--help")]


def test_only_what_is_locked_is_installed_and_imported(noxfile: ModuleType) -> None:
    session = Session("--offline")
    noxfile.regen.func(session)
    assert session.installed == [("--only-binary", ":all:", "-r", "pylock.toml")]
    assert session.env["PYTHONPATH"] is None


def test_arguments_of_fuzz_are_those_of_the_parsers(noxfile: ModuleType) -> None:
    session = Session("zip", "--seconds", "60")
    noxfile.fuzz.func(session)
    assert session.ran == [("python", "fuzz/all_targets.py", "zip", "--seconds", "60")]


def test_fuzz_runs_the_property_tests_and_says_why_it_fuzzes_no_parser(
    noxfile: ModuleType,
) -> None:
    session = Session(missing="atheris")
    with pytest.raises(RuntimeError, match="atheris has wheels for Linux on x86-64 only"):
        noxfile.fuzz.func(session)
    assert [command[:3] for command in session.ran] == [("pytest", "-m", "hypothesis")]


def test_sbom_prints_its_help_once(noxfile: ModuleType) -> None:
    session = Session("--help")
    noxfile.sbom.func(session, "amd64")
    for platform in ("arm64", "win32"):
        with pytest.raises(RuntimeError, match="the same for every platform"):
            noxfile.sbom.func(session, platform)
    assert len(session.ran) == 1
