"""README, CONTRIBUTING and docs/ are true: commands, output, options, tables, links."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from manifests import COMMITTED, entry_of, regenerated, script_of

import sbom
from sbom.cli import build_parser, main
from sbom.diagnostics import Exit

NAMES = ("README.md", "CONTRIBUTING.md", "SECURITY.md")
PAGES = [*(ROOT / name for name in NAMES), *sorted((ROOT / "docs").glob("*.md"))]
TEXT = {str(page.relative_to(ROOT)).replace("\\", "/"): page.read_text("utf-8") for page in PAGES}
EVERYTHING = "\n".join(TEXT.values())
#: What people wrote: the page that is made from the options names each of them.
WRITTEN = "\n".join(text for page, text in TEXT.items() if page != "docs/commands.md")


def output_of(page: str, name: str) -> str:
    """Return the block of a page that shows the output of a command, without the command."""
    block = TEXT[page].split(f"<!-- output of: {name} -->\n")[1].split("```")[1]
    lines = block.splitlines(keepends=True)[1:]
    return "".join(line for line in lines if not line.startswith("$ "))


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "get_externals.bat"
    path.write_text(script_of(entry_of("3.14.7")), encoding="utf-8")
    return path


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.replace("\\", "/")


def test_fetches_prints_what_the_documentation_shows(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetches", str(script), "--all"]) == Exit.OK
    assert printed(capsys) == output_of("docs/update-an-external.md", "fetches --all")


def test_diff_prints_what_the_documentation_shows(
    script: Path, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = script.read_text("utf-8").replace("openssl-3.5.7", "openssl-3.5.8")
    text = text.replace("openssl-bin-3.5.7", "openssl-bin-3.5.8")
    new = directory / "new.toml"
    new.write_text(regenerated(COMMITTED.read_text("utf-8"), text), encoding="utf-8")
    assert main(["diff", str(COMMITTED), str(new)]) == Exit.ERRORS
    assert printed(capsys) == output_of("docs/diff.md", "diff")


@pytest.mark.usefixtures("directory")
def test_build_prints_what_the_readme_shows(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "--manifest", str(COMMITTED)]) == Exit.OK
    assert printed(capsys) == output_of("README.md", "build")


@pytest.mark.usefixtures("directory")
def test_validate_prints_what_the_documentation_shows(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("ntia_conformance_checker", reason="is in the group 'validation'")
    assert main(["build", "--manifest", str(COMMITTED), "--platform", "amd64"]) == Exit.OK
    capsys.readouterr()
    assert main(["validate", "dist/sbom/python-3.14.7-amd64.spdx.json"]) == Exit.OK
    assert printed(capsys) == output_of("docs/documents.md", "validate")


@pytest.mark.parametrize("subject", ["openssl", "SBM204", "CVE-2023-45853"])
def test_explain_prints_what_the_documentation_shows(
    subject: str, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (directory / "externals.toml").write_bytes(COMMITTED.read_bytes())
    (directory / "vex.toml").write_bytes((ROOT / "vex.toml").read_bytes())
    assert main(["explain", subject]) == Exit.OK
    assert_shows(f"explain {subject}", printed(capsys))


def test_explain_finds_what_the_documentation_shows(
    directory: Path, released: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(released, directory / "dist/release")
    assert main(["explain", "zlib", "--in", "dist/release"]) == Exit.OK
    assert_shows("explain zlib --in dist/release", printed(capsys))


def assert_shows(name: str, rest: str) -> None:
    """Assert that a block of docs/explain.md shows parts of an output in their order."""
    for part in output_of("docs/explain.md", name).removesuffix("…\n").split("…\n"):
        assert part in rest
        rest = rest.partition(part)[2]


def test_regen_prints_what_the_readme_shows(
    script: Path, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = directory / "externals.toml"
    manifest.write_bytes(COMMITTED.read_bytes())
    script.write_text(script.read_text("utf-8").replace("xz-5.2.5", "xz-5.8.1"), encoding="utf-8")
    argv = ["regen", "--manifest", str(manifest), "--script", str(script), "--offline"]
    assert main(argv) == Exit.OK
    assert printed(capsys) == output_of("README.md", "regen")


def test_the_example_of_the_readme_runs(
    script: Path, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (directory / "PCbuild").mkdir()
    script.rename(directory / "PCbuild/get_externals.bat")
    [example] = re.findall(r"```python\n(.*?)```", TEXT["README.md"], re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})  # noqa: S102 - it is our own
    assert "source openssl-3.5.7 cpython-source-deps" in printed(capsys)
    assert sbom.fetches is sys.modules["sbom"].fetches


def test_the_table_of_exit_statuses_is_complete() -> None:
    rows = re.findall(r"^\| (\d+) \| ", TEXT["README.md"], re.MULTILINE)
    assert [int(row) for row in rows] == [status.value for status in Exit]


def options() -> Iterator[tuple[str, str]]:
    [verbs] = build_parser()._subparsers._group_actions  # type: ignore[union-attr]  # noqa: SLF001
    for verb, parser in verbs.choices.items():  # type: ignore[union-attr]
        for option in parser._option_string_actions:  # noqa: SLF001
            if option.startswith("--") and option != "--help":
                yield verb, option


def test_every_verb_and_option_is_documented() -> None:
    assert not [(verb, option) for verb, option in options() if option not in WRITTEN]
    assert not {verb for verb, _ in options() if f"`{verb}`" not in TEXT["README.md"]}


def test_every_option_in_the_documentation_exists() -> None:
    known = {option for _, option in options()} | {"--help", "--version", "--print-completion"}
    # Options of the script, git, Nox, cosign, trivy, uv, pip, the benchmark and fuzzing.
    others = {"--openssl-src", "--libffi-src", "--tkinter-src", "--no-libffi", "--no-openssl",
              "--no-tkinter", "--no-llvm", "--statement", "--bundle", "--type",
              "--certificate-identity", "--certificate-oidc-issuer", "--vex", "--upgrade",
              "--rounds", "--timeout", "--without", "--json", "--seconds", "--input",
              "--group"}  # fmt: skip
    found = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", EVERYTHING))
    assert found - known - others == set()


def test_every_link_leads_to_a_file() -> None:
    for page, text in TEXT.items():
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (ROOT / page).parent.joinpath(link).exists(), (page, link)


def test_every_path_in_contributing_exists() -> None:
    for path in re.findall(
        r"`((?:sbom|tests|docs|tools|benchmarks)/[\w./*]*)`", TEXT["CONTRIBUTING.md"]
    ):
        assert list(ROOT.glob(path.rstrip("/"))), path


def test_generated_pages_are_up_to_date() -> None:
    namespace: dict[str, object] = {"__name__": "reference", "__file__": "docs/reference.py"}
    source = (ROOT / "docs/reference.py").read_text("utf-8")
    exec(compile(source, "docs/reference.py", "exec"), namespace)  # noqa: S102 - it is our own
    pages = namespace["pages"]
    assert callable(pages)
    for name, text in pages().items():
        assert (ROOT / "docs" / name).read_text("utf-8") == text, (
            f"run: python docs/reference.py ({name})"
        )


def test_the_readme_is_short() -> None:
    assert len(TEXT["README.md"].splitlines()) < 200


def test_ci_runs_the_commands_of_the_readme() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert re.findall(r"^\$ (nox -s tests)$", TEXT["README.md"], re.MULTILINE) == ["nox -s tests"]
    assert script.index("nox -s tests\n") < script.index("nox -s lint types check docs sbom\n")


def test_a_page_that_runs_the_module_says_what_it_takes() -> None:
    shown = {page for page, text in TEXT.items() if "python -m sbom " in text}
    assert shown - {page for page, text in TEXT.items() if "pip install -e ." in text} == set()
