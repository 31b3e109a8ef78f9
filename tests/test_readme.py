"""README is true: its commands, its output, its exit statuses, its tables."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT
from manifests import COMMITTED, entry_of, script_of

from sbom.cli import build_parser, main
from sbom.diagnostics import Exit
from sbom.manifest import channels
from sbom.manifest import component_spec as identities
from sbom.manifest import model as schema
from sbom.manifest.tables import Table, key_fields

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_table_of_fetches_is_what_the_program_prints(
    capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    script = tmp_path_factory.mktemp("readme") / "get_externals.bat"
    script.write_text(script_of(entry_of("3.14.7")))
    assert main(["fetches", str(script), "--all"]) == 0
    shown = README.split("<!-- output of: fetches --all -->\n```text\n")[1].split("```")[0]
    assert capsys.readouterr().out == shown


def test_the_first_command_prints_what_it_says(
    capsys: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("readme"))
    assert main(["build", "--manifest", str(COMMITTED)]) == 0
    shown = README.split("writes three SPDX 2.3 documents:\n\n```text\n")[1].split("```")[0]
    assert capsys.readouterr().out.replace("\\", "/") == shown


def test_the_validation_is_what_the_program_prints(
    capsys: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("ntia_conformance_checker", reason="is in the group 'validation'")
    monkeypatch.chdir(tmp_path_factory.mktemp("readme"))
    assert main(["build", "--manifest", str(COMMITTED), "--platform", "amd64"]) == 0
    capsys.readouterr()
    assert main(["validate", "dist/sbom/python-3.14.7-amd64.spdx.json"]) == 0
    shown = README.split("<!-- output of: validate -->\n```text\n")[1].split("```")[0]
    assert capsys.readouterr().out.replace("\\", "/") == shown


def test_a_new_tag_is_reported_as_it_says(
    capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("readme")
    manifest, script = folder / "externals.toml", folder / "get_externals.bat"
    manifest.write_bytes(COMMITTED.read_bytes())
    script.write_text(script_of(entry_of("3.14.7")).replace("xz-5.2.5", "xz-5.8.1"))
    words = ["regen", "--manifest", str(manifest), "--script", str(script), "--offline"]
    assert main(words) == 0
    shown = README.split("$ nox -s regen -- --cpython ../cpython\n")[1].split("```")[0]
    assert capsys.readouterr().out == shown


def test_every_exit_status_is_in_its_table() -> None:
    rows = re.findall(r"^\| (\d) \| ", README, re.MULTILINE)
    assert [int(row) for row in rows] == [status.value for status in Exit]


def test_every_verb_and_flag_is_told_of() -> None:
    for action in build_parser()._subparsers._group_actions:  # type: ignore[union-attr]  # noqa: SLF001
        for verb, options in action.choices.items():  # type: ignore[union-attr]
            assert f"`{verb}`" in README
            for option in options._option_string_actions:  # noqa: SLF001
                if option.startswith("--") and option not in ("--help", "--output"):
                    assert option in README, (verb, option)


@pytest.mark.parametrize(
    "table",
    [
        schema.CPython,
        schema.DocumentConfig,
        schema.Pin,
        identities.ComponentSpec,
        identities.Inclusion,
        identities.BuiltFrom,
        schema.Vendored,
        channels.Platform,
        channels.Variant,
        channels.Channel,
        channels.ReleaseConfig,
        schema.LayoutConfig,
        identities.EvidenceRule,
        schema.UpstreamConfig,
        schema.ExternalsDirConfig,
        schema.LicenseText,
        schema.Exemption,
    ],
    ids=lambda table: table.__name__,
)
def test_every_key_of_the_manifest_is_explained(table: type[Table]) -> None:
    for key in key_fields(table):
        assert f"`{key}`" in README, key


def test_ci_runs_what_a_newcomer_is_told() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    told = re.findall(r"^\$ (nox -s tests)$", README, re.MULTILINE)
    assert told == ["nox -s tests"]
    assert script.index("nox -s tests\n") < script.index("nox -s lint types check sbom\n")
