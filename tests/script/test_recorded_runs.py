"""What a script fetches is what a real command interpreter was seen to fetch."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import FACTS
from scripts import get_external_script, git_script, svn_script

from sbom import fetches
from sbom.diagnostics import SbomError
from sbom.script.analysis import analyze_script
from sbom.script.externals import Condition, ExternalKind, split_tag
from sbom.script.run import run_script

ENTRIES: list[dict[str, Any]] = json.loads((FACTS / "get_externals.json").read_text())
ERAS = {
    "svn": (svn_script,),
    "git": (git_script, get_external_script),
}


def entry_id(entry: dict[str, Any]) -> str:
    return f"{entry['cpython']}-{entry['sha256'][:8]}"


def test_the_facts_are_all_there() -> None:
    assert len(ENTRIES) == 161
    assert sum(len(entry["runs"]) for entry in ENTRIES) == 2249


@pytest.mark.parametrize("entry", ENTRIES, ids=entry_id)
def test_every_recorded_run_is_reproduced_in_order(entry: dict[str, Any]) -> None:
    for render in ERAS[entry["era"]]:
        text = render(entry)
        for recorded in entry["runs"]:
            run = run_script(text, recorded["arguments"], recorded["environment"])
            assert [[f.kind, f.tag] for f in run.fetches] == recorded["fetched"]
            assert run.status == recorded.get("exit", 0)


@pytest.mark.parametrize("entry", ENTRIES, ids=entry_id)
def test_conditions_are_found_for_every_pin_and_never_for_the_others(entry: dict[str, Any]) -> None:
    pins = {
        (ExternalKind.BINARY if p["variable"] == "binaries" else ExternalKind.SOURCE, p["tag"]): p[
            "guard"
        ]
        for p in entry["pins"]
    }
    script = analyze_script(ERAS[entry["era"]][-1](entry))
    assert script.diagnostics == ()
    assert {(e.kind, e.tag) for e in script.externals} == set(pins)
    flags = {(name, value): flag for flag, (name, value) in entry["flags"].items()}
    for external in script.externals:
        guard = pins[external.kind, external.tag]
        assert external.condition == _expected(guard, entry["defaults"], flags)


def _expected(
    guard: str | None, defaults: dict[str, str], flags: dict[tuple[str, str], str]
) -> Condition:
    if guard is None:
        return Condition()
    if defaults.get(guard) == "false":
        return Condition(default=False, enabled_by=((flags[guard, "true"],),))
    return Condition(disabled_by=((flags.get((guard, "false"), f"{guard}=false"),),))


def test_the_source_of_the_same_tag_takes_the_directory_of_the_binary() -> None:
    """`--libffi-src` really fetches the source libffi-3.4.4 and skips the binary."""
    entry = next(e for e in ENTRIES if e["cpython"] == "3.14.7")
    text = get_external_script(entry)
    usual = [(f.kind, f.tag) for f in fetches(text)]
    with_source = [(f.kind, f.tag) for f in fetches(text, ["--libffi-src"])]
    assert (ExternalKind.BINARY, "libffi-3.4.4") in usual
    assert (ExternalKind.SOURCE, "libffi-3.4.4") in with_source
    assert (ExternalKind.BINARY, "libffi-3.4.4") not in with_source
    shadowed = [e.tag for e in analyze_script(text).externals if e.shadowed]
    assert shadowed == ["libffi-3.4.4"]


def test_fetches_have_repository_and_organization() -> None:
    text = git_script(next(e for e in ENTRIES if e["cpython"] == "3.14.7"))
    fetched = fetches(text, ["--organization", "acme"])
    assert {f.organization for f in fetched} == {"acme"}
    assert {(f.kind, f.repository) for f in fetched} == {
        (ExternalKind.SOURCE, "cpython-source-deps"),
        (ExternalKind.BINARY, "cpython-bin-deps"),
    }


def test_a_prebuilt_release_archive_is_a_binary() -> None:
    """3.15 takes llvm from the releases of cpython-bin-deps."""
    text = (
        'python get_external.py --release --organization me --externals-dir "C:\\e" llvm-21.1.4.0'
    )
    [fetch] = fetches(text)
    assert (fetch.kind, fetch.tag, fetch.repository) == (
        ExternalKind.BINARY,
        "llvm-21.1.4.0",
        "cpython-bin-deps",
    )


def test_a_repository_of_its_own_for_each_external_names_the_tag() -> None:
    """Forks of 2.7 did `git clone https://gitlab.com/<who>/<tag>.git`."""
    [fetch] = fetches("git clone https://gitlab.com/someone/xz-5.0.5.git")
    assert (fetch.tag, fetch.repository) == ("xz-5.0.5", "https://gitlab.com/someone/xz-5.0.5.git")


@pytest.mark.parametrize(
    ("tag", "name", "revision"),
    [
        ("openssl-bin-1.1.1k-1", "openssl-bin", "1.1.1k-1"),
        ("libffi-3.3.0-rc0-r1", "libffi", "3.3.0-rc0-r1"),
        ("tcl-core-8.6.9.0", "tcl-core", "8.6.9.0"),
        ("zlib-ng-2.2.4", "zlib-ng", "2.2.4"),
        ("libffi", "libffi", ""),
        ("python.pgd", "python.pgd", ""),
        ("8.6.14.0", "", "8.6.14.0"),
    ],
)
def test_tags_split_into_name_and_revision(tag: str, name: str, revision: str) -> None:
    assert split_tag(tag) == (name, revision)


def test_a_tag_that_nothing_fetches_is_reported_with_its_line() -> None:
    text = "set libraries=bzip2-1.0.8\nfor %%e in (%libraries%) do git clone --branch %%e https://u/r\n"
    assert analyze_script(text).diagnostics == ()
    late = analyze_script(
        text + "rem xz-5.2.5\necho zstd-1.5.7\nset libraries=%libraries% zlib-1.3.1\n"
    )
    assert [str(diagnostic) for diagnostic in late.diagnostics] == [
        "get_externals.bat:5: zlib-1.3.1: looks like a tag, "
        "but no flag or variable that was tried fetches it"
    ]


def test_an_external_that_needs_two_settings_is_found() -> None:
    text = (
        ':top\nif "%~1"=="--a" (set A=1) & shift & goto top\n'
        'if "%~1"=="--b" (set B=1) & shift & goto top\n'
        'if "%A%"=="1" if "%B%"=="1" git clone --branch x-1.0 https://u/r\n'
        "git clone --branch y-1.0 https://u/r\n"
    )
    script = analyze_script(text)
    assert [(e.tag, e.condition) for e in script.externals] == [
        ("x-1.0", Condition(default=False, enabled_by=(("--a", "--b"),))),
        ("y-1.0", Condition()),
    ]
    assert [str(e.condition) for e in script.externals] == ["only with --a and --b", "always"]


def test_an_unknown_program_is_an_error() -> None:
    with pytest.raises(SbomError) as caught:
        fetches("@echo off\ncurl -O https://example.org/zlib-1.3.1.tar.gz\n")
    assert str(caught.value) == (
        "get_externals.bat:2: cannot determine what "
        "'curl -O https://example.org/zlib-1.3.1.tar.gz' does"
    )


@pytest.mark.parametrize(
    ("line", "condition"),
    [
        ("if defined A if defined B {get}", [("A=*", "B=*")]),
        ('if "%1"=="--full" if defined WITH_XZ {get}', [("--full", "WITH_XZ=*")]),
        ('if "%A%"=="1" if defined B if defined C {get}', [("A=1", "B=*", "C=*")]),
    ],
)
def test_conditions_in_each_other_are_found(line: str, condition: list[tuple[str, ...]]) -> None:
    get = "python get_external.py -e ext"
    text = f"{get} bzip2-1.0.8\nset V=5.2.5\n{line.format(get=f'{get} xz-%V%')}\n"
    found = {one.tag: one.condition for one in analyze_script(text).externals}
    assert found["bzip2-1.0.8"].default
    assert not found["xz-5.2.5"].default
    assert list(found["xz-5.2.5"].enabled_by) == condition


def test_what_every_windows_has_is_no_condition() -> None:
    text = 'if "%OS%"=="Windows_NT" python get_external.py -e ext xz-5.2.5\n'
    [external] = analyze_script(text).externals
    assert (external.tag, external.condition) == ("xz-5.2.5", Condition())
