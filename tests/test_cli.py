"""The command line: exit statuses, whole messages, nothing half-written, never a traceback."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT, make_link
from manifests import COMMITTED, entry_of, script_of
from trees import make_tree

import sbom
from sbom.cli import main

JSON = ["--output-format", "json"]
SCRIPT = script_of(entry_of("3.14.7"))


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "get_externals.bat"
    path.write_bytes(SCRIPT.encode())
    return path


@pytest.fixture
def manifest(tmp_path: Path, script: Path) -> Path:
    """Return a manifest that was regenerated from the script."""
    path = tmp_path / "externals.toml"
    path.write_bytes(COMMITTED.read_bytes())
    assert main(["regen", "--manifest", str(path), "--script", str(script), "--offline"]) == 0
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return as much of a CPython source tree as is read."""
    folder = tmp_path / "cpython"
    (folder / "PCbuild").mkdir(parents=True)
    (folder / "Include").mkdir()
    (folder / "PCbuild/get_externals.bat").write_bytes(SCRIPT.encode())
    (folder / "Include/patchlevel.h").write_text('#define PY_VERSION      "3.14.7"\n')
    return folder


def line_of(text: str, path: Path) -> int:
    """Return the first line of a file that starts with a text."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(text))


def captured(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    streams = capsys.readouterr()
    return streams.out, streams.err


# fetches


def test_fetches_prints_a_table(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetches", str(script), "--", "--no-openssl", "--no-llvm", "--no-tkinter"]) == 0
    out, err = captured(capsys)
    assert err == ""
    assert out == (
        "kind    tag              organization  repository           method   fetched\n"
        "source  bzip2-1.0.8      python        cpython-source-deps  archive  always\n"
        "source  mpdecimal-4.0.0  python        cpython-source-deps  archive  always\n"
        "source  sqlite-3.50.4.0  python        cpython-source-deps  archive  always\n"
        "source  xz-5.2.5         python        cpython-source-deps  archive  always\n"
        "source  zlib-ng-2.2.4    python        cpython-source-deps  archive  always\n"
        "source  zstd-1.5.7       python        cpython-source-deps  archive  always\n"
        "binary  libffi-3.4.4     python        cpython-bin-deps     archive  unless --no-libffi "
        "(not beside the source of the same tag)\n"
    )


def test_fetches_prints_the_values_of_the_public_function(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = """
git clone https://gitlab.com/someone/xz-5.0.5.git
git clone --branch zlib-1.3.1 https://github.com/someone/cpython-source-deps zlib-1.3.1
python get_external.py --release --organization me --externals-dir "C:\\e" llvm-21.1.4.0
"""
    path = tmp_path / "get_externals.bat"
    path.write_text(text, encoding="utf-8")
    assert main(["fetches", str(path), "--all"]) == 0
    header, *rows = (line.split() for line in captured(capsys)[0].splitlines())
    assert header[:5] == ["kind", "tag", "organization", "repository", "method"]
    assert [row[:5] for row in rows] == [
        [one.kind, one.tag, one.organization or "-", one.repository, one.method]
        for one in sbom.fetches(text)
    ]
    assert [row[2:5] for row in rows] == [
        ["-", "https://gitlab.com/someone/xz-5.0.5.git", "git"],
        ["someone", "cpython-source-deps", "archive"],
        ["me", "cpython-bin-deps", "release"],
    ]


def test_fetches_prints_json_with_conditions(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetches", str(script), "--all", *JSON]) == 0
    rows = json.loads(captured(capsys)[0])["externals"]
    assert len(rows) == 15
    assert rows[0] == {
        "kind": "source",
        "tag": "bzip2-1.0.8",
        "organization": "python",
        "repository": "cpython-source-deps",
        "method": "archive",
        "decided": True,
        "default": True,
        "enabled_by": [],
        "disabled_by": [],
    }
    [nasm] = [row for row in rows if row["tag"] == "nasm-2.11.06"]
    assert (nasm["default"], nasm["enabled_by"]) == (False, [["--openssl-src"]])


def test_fetches_takes_variables(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetches", str(script), *JSON, "--env", "IncludeSSL=false"]) == 0
    tags = [row["tag"] for row in json.loads(captured(capsys)[0])["externals"]]
    assert "openssl-bin-3.5.7" not in tags
    assert "tcltk-9.0.4.0" in tags


def test_a_flag_the_script_rejects_fetches_nothing_and_is_reported(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The real script prints a message about its options, and ends with -1."""
    assert main(["fetches", str(script), *JSON, "--", "--bogus"]) == 2
    found = json.loads(captured(capsys)[0])
    assert found["externals"] == []
    assert [one["name"] for one in found["diagnostics"]] == ["usage"]
    assert main(["fetches", str(script), "--", "--no-tkinter", "--bogus"]) == 2
    out, err = captured(capsys)
    message = f"-- --no-tkinter --bogus: {script} ends with status -1 and fetches nothing [error"
    assert (out, err.startswith(message)) == ("", True), err


def test_a_script_that_fetches_nothing_is_an_error(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in ("", "@echo off\n"):
        script.write_text(text, encoding="utf-8")
        assert main(["fetches", str(script)]) == 1
        assert "fetches nothing with any flags [error: SBM107" in captured(capsys)[1]


def test_a_damaged_script_is_reported_with_its_line(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script.write_text("@echo off\nfor %%e in (a b do echo %%e\n")
    assert main(["fetches", str(script)]) == 1
    assert captured(capsys)[1] == (
        f"{script}:2:1: expected ')': the list that opens here is never closed "
        "[error: SBM101 batch-syntax]\n"
        "  |\n2 | for %%e in (a b do echo %%e\n  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "    fix the line; cmd stops here as well\n"
        "1 error\n"
    )


def test_a_merge_conflict_is_reported_as_one(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script.write_text("set a=1\n<<<<<<< HEAD\nset a=2\n=======\nset a=3\n>>>>>>> other\n")
    assert main(["fetches", str(script)]) == 1
    assert f"{script}:2:1: unresolved merge conflict: <<<<<<<" in captured(capsys)[1]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["fetches", "no/such.bat"], "no/such.bat: cannot be read: No such file or directory"),
        (["fetches", "."], ".: cannot be read: Is a directory"),
        (["check", "--manifest", "no.toml"], "no.toml: cannot be read: No such file or directory"),
        (["check", "--cpython", "no/tree"], "no/tree: is not a directory"),
        (["check", "--cpython", "tests"], "tests: does not contain PCbuild/get_externals.bat"),
        (["regen", "--offline"], "--offline: expected a script to compare with"),
        (
            ["regen", "--verify", "--dry-run"],
            "--verify: fetches archives, which --dry-run rules out",
        ),
        (
            ["regen", "--script", "x", "--python-version", "new"],
            "--python-version new: is not a version",
        ),
        (["check", "--cpython", "y" * 5000], "y" * 5000 + ": is not a directory"),
        (["check", "--externals", "y" * 5000], "y" * 5000 + ": is not a directory"),
        (
            ["regen", "--offline", "--ref", "3.14"],
            "--ref: downloads the script, which --offline rules out",
        ),
        (["build", "--platform", "arm32"], "--platform arm32: unknown platform"),
    ],
)
def test_unusable_input_ends_with_status_2(
    argv: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(argv) == 2
    assert captured(capsys)[1].replace("no\\", "no/").startswith(message)


@pytest.mark.parametrize(
    "argv", [["check"], ["build"], ["verify", "."], ["explain", "xz"], ["regen", "--verify"]]
)
def test_without_a_manifest_it_is_said_how_to_name_one(
    argv: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(argv) == 2
    first, hint, _ = captured(capsys)[1].splitlines()
    assert first.startswith("externals.toml: cannot be read: No such file or directory")
    assert hint == "    run it in the directory of the manifest, or name that with --manifest FILE"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["build", "--output", "file"], "--output file: is not a directory"),
        (["build", "--output", "file/b"], "--output file/b: cannot be created: file is a file"),
        (["release", "--artifacts", "a", "--output", "file"], "--output file: is not a directory"),
        (["release", "--artifacts", "a", "--vex-file", "a"], "--vex-file a: is a directory"),
        (["report", "a", "--output", "a"], "--output a: is a directory"),
        (["export", "--cpython", "a", "--output", "a"], "--output a: is a directory"),
    ],
)
def test_a_place_that_cannot_be_written_to_is_refused_first(
    argv: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_bytes(b"")
    Path("a").mkdir()
    assert main([*argv, "--manifest", str(COMMITTED)]) == 2
    assert captured(capsys)[1].replace("\\", "/").startswith(message)


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["nonsense"],
        ["check", "--cpython", "a", "--script", "b"],
        ["check", "--strictly"],
        ["check", "--stric"],
        ["check", "--output-format", "yaml"],
        ["fetches", "x.bat", "--env", "IncludeSSL"],
        ["fetches", "x.bat", "--env", "=false"],
        ["export"],
        ["validate"],
    ],
)
def test_wrong_usage_ends_with_status_2(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(argv)
    assert caught.value.code == 2
    assert captured(capsys)[1].startswith("usage: python -m sbom")


# check


def test_check_agrees_with_the_script_it_was_regenerated_from(
    manifest: Path, script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    captured(capsys)
    assert main(["check", "--manifest", str(manifest), "--script", str(script)]) == 0
    files = (manifest, ROOT / "sbom/data/components.toml")
    listed = {
        name for file in files for name in tomllib.loads(file.read_text("utf-8"))["component"]
    }
    assert captured(capsys)[0].splitlines()[-1] == (
        f"{manifest}: CPython 3.14.7, 15 externals, {len(listed)} components, 3 platforms, "
        f"compared with {script}: no errors, 3 warnings"
    )


def test_check_reports_what_differs_and_the_command_that_fixes_it(
    manifest: Path, script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    captured(capsys)
    text = SCRIPT.replace("xz-5.2.5", "xz-5.8.1").replace("zstd-1.5.7", "brotli-1.1.0")
    script.write_bytes(text.encode())
    assert main(["check", "--manifest", str(manifest), "--script", str(script)]) == 1
    errors = [
        line for line in captured(capsys)[0].splitlines() if "[error" in line or "run:" in line
    ]
    at_xz = f"{manifest}:{line_of('[source.xz]', manifest)}:1"
    at_zstd = f"{manifest}:{line_of('[source.zstd]', manifest)}:1"
    fix = f"    run: nox -s regen -- --script {script} --manifest {manifest}"
    assert [line for line in errors if "network access" not in line] == [
        f"{manifest}: source.brotli: the script fetches brotli-1.1.0, which the manifest does not "
        "have [error: SBM401 not-in-manifest]",
        fix,
        f"{at_xz}: source.xz: expected xz-5.2.5 as recorded, found xz-5.8.1 in the script "
        "[error: SBM403 tag-changed]",
        fix,
        f"{at_zstd}: source.zstd: the script no longer fetches zstd-1.5.7 "
        "[error: SBM402 not-in-script]",
        fix,
    ]


def test_check_of_a_tree_reads_its_version(
    manifest: Path, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--manifest", str(manifest), "--cpython", str(tree)]) == 0
    (tree / "Include/patchlevel.h").write_text('#define PY_VERSION "3.14.8+"\n')
    captured(capsys)
    assert main(["check", "--manifest", str(manifest), "--cpython", str(tree)]) == 1
    location = f"{manifest}:{line_of('version = ', manifest)}:11"
    assert (
        f"{location}: cpython.version: expected "
        "CPython 3.14.7 as recorded, found 3.14.8+ in the source tree" in captured(capsys)[0]
    )


def test_strict_treats_warnings_as_errors(
    manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    captured(capsys)
    assert main(["check", "--manifest", str(manifest), "--strict"]) == 1
    assert (
        "no checksum of llvm-19.1.7.0 is recorded [error: SBM308 missing-checksum]"
        in captured(capsys)[0]
    )


def test_diagnostics_are_printed_as_json_and_as_workflow_commands(
    manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    captured(capsys)
    assert main(["check", "--manifest", str(manifest), "--output-format", "json"]) == 0
    problems = json.loads(captured(capsys)[0])
    assert problems[0] == {
        "id": "SBM308",
        "name": "missing-checksum",
        "severity": "warning",
        "file": str(manifest),
        "line": line_of("[binary.llvm]", manifest),
        "column": 1,
        "subject": "binary.llvm",
        "message": "no checksum of llvm-19.1.7.0 is recorded",
        "hint": "run with network access: nox -s regen",
        "exemption_key": "binary.llvm",
        "exemption_toml": (
            '[[exemption]]\ndiagnostic = "missing-checksum"\nkey = "binary.llvm"\nreason = ""\n'
        ),
    }
    assert main(["check", "--manifest", str(manifest), "--output-format", "github"]) == 0
    assert captured(capsys)[0].splitlines()[0] == (
        f"::warning file={manifest.as_posix().replace(':', '%3A')},"
        f"line={line_of('[binary.llvm]', manifest)},col=1,"
        "title=SBM308 missing-checksum::"
        f"{manifest}:{line_of('[binary.llvm]', manifest)}:1: binary.llvm: "
        "no checksum of llvm-19.1.7.0 is recorded%0Arun with network access: nox -s regen"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["check", "--frobnicate"], "python -m sbom check: error: unrecognized arguments"),
        (["fetches", "s.bat", "--no-tkinter"], "arguments of the script go after --"),
        (["check", "--stric"], "unrecognized arguments: --stric; did you mean --strict?"),
        (["build", "--fromat=all"], "--fromat=all; did you mean --format?"),
        (["build", "--format", "spdx-2"], "did you mean spdx-2.3?"),
    ],
)
def test_an_unknown_option_is_refused_with_the_usage_of_its_verb(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words)
    error = capsys.readouterr().err
    assert error.startswith(f"usage: python -m sbom {words[0]} ")
    assert message in error


def test_a_verb_that_looks_like_another_one_is_answered_with_that(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["chek"])
    assert "invalid choice: 'chek' (choose from regen, check, " in (err := captured(capsys)[1])
    assert err.endswith("; did you mean check?\n")


def test_a_command_in_githubs_log_says_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """The log shows the message alone. An option is in no file that could be annotated."""
    words = ["--output-format", "github", "--manifest", str(COMMITTED)]
    assert main(["build", "--platform", "arm32", *words]) == 2
    assert captured(capsys)[0].startswith(
        "::error title=SBM901 usage::--platform arm32: unknown platform%0Ause one of "
    )
    assert main(["explain", "xz", *words[:3], "no.toml"]) == 2
    assert "::no.toml: cannot be read: " in captured(capsys)[0]


# regen


def test_regen_prints_what_changed_and_writes_it(
    manifest: Path, script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    captured(capsys)
    script.write_bytes(
        SCRIPT.replace("xz-5.2.5", "xz-5.8.1")
        .replace("zstd-1.5.7", "brotli-1.1.0")
        .replace('if NOT "%IncludeSSLSrc%"=="false" set binaries', "set binaries")
        .encode()
    )
    argv = ["regen", "--manifest", str(manifest), "--script", str(script), "--offline"]
    before = manifest.read_bytes()
    assert main([*argv, "--dry-run"]) == 0
    assert manifest.read_bytes() == before
    shown = captured(capsys)[0]
    assert re.findall(r"^\S.*", shown, re.MULTILINE) == [
        "brotli 1.1.0: added",
        "netwide_assembler 2.11.06: added",
        "xz 5.2.5 -> 5.8.1: updated, relicensed",
        "zstandard 1.5.7: removed",
        "4 components changed: 2 added, 1 removed, 1 updated, 1 relicensed",
    ]
    assert "        fetched: only with --openssl-src -> always\n" in shown
    assert "        tag: xz-5.2.5 -> xz-5.8.1\n" in shown
    assert main(argv) == 0
    assert captured(capsys)[0] == shown
    assert main(argv) == 0
    assert captured(capsys)[0] == f"{manifest} is up to date with {script}\n"


def test_regen_of_a_tree_takes_its_version(
    manifest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = make_tree(tmp_path / "cpython", "3.14.8")
    captured(capsys)
    assert main(["regen", "--manifest", str(manifest), "--cpython", str(tree), "--offline"]) == 0
    assert captured(capsys)[0].splitlines()[0] == "python 3.14.7 -> 3.14.8: updated"
    assert 'version = "3.14.8"' in manifest.read_text()


def test_regen_writes_nothing_while_the_script_has_an_error(
    manifest: Path, script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = manifest.read_bytes()
    script.write_bytes(f"{SCRIPT}set libraries=%libraries% brotli-1.1.0\r\n".encode())
    assert main(["regen", "--manifest", str(manifest), "--script", str(script), "--offline"]) == 1
    assert "brotli-1.1.0: looks like a tag" in captured(capsys)[1]
    assert manifest.read_bytes() == before


@pytest.mark.parametrize("text", ["", "@echo off\n", SCRIPT[:900]])
def test_regen_never_empties_the_manifest_for_a_script_that_fetches_nothing(
    text: str, manifest: Path, script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = manifest.read_bytes()
    script.write_bytes(text.encode())
    words = ["--manifest", str(manifest), "--script", str(script)]
    captured(capsys)
    assert main(["regen", *words, "--offline"]) == 1
    assert "fetches nothing with any flags" in captured(capsys)[1]
    assert main(["check", *words]) == 1
    assert manifest.read_bytes() == before


def test_a_full_disk_is_status_3_and_leaves_the_old_file(
    manifest: Path,
    script: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = manifest.read_bytes()
    script.write_bytes(SCRIPT.replace("xz-5.2.5", "xz-5.8.1").encode())
    monkeypatch.setattr("os.replace", refuse)
    captured(capsys)
    assert main(["regen", "--manifest", str(manifest), "--script", str(script), "--offline"]) == 3
    assert f"{manifest}: cannot be written: No space left on device" in captured(capsys)[1]
    assert manifest.read_bytes() == before
    assert sorted(p.name for p in manifest.parent.iterdir()) == [
        "externals.toml",
        "get_externals.bat",
    ]


# build


def test_build_writes_one_document_per_platform(
    manifest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    captured(capsys)
    out = tmp_path / "out"
    assert main(["build", "--manifest", str(manifest), "--output", str(out)]) == 0
    names = [f"python-3.14.7-{p}.spdx.json" for p in ("amd64", "arm64", "win32")]
    assert captured(capsys)[0].splitlines() == [f"{out / name}: 38 packages" for name in names]
    records = [f"python-3.14.7-{p}.build.json" for p in ("amd64", "arm64", "win32")]
    assert sorted(path.name for path in out.iterdir()) == sorted(names + records)


def test_build_rejects_a_script_that_differs_from_the_manifest(
    manifest: Path, script: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script.write_bytes(SCRIPT.replace("xz-5.2.5", "xz-5.8.1").encode())
    out = tmp_path / "out"
    argv = ["build", "--manifest", str(manifest), "--script", str(script), "--output", str(out)]
    assert main(argv) == 1
    assert "found xz-5.8.1 in the script" in captured(capsys)[1]
    assert not out.exists()


@pytest.mark.parametrize("epoch", ["soon", "1e9", "99999999999999999999"])
def test_an_invalid_source_date_epoch_is_rejected(
    epoch: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    out = str(tmp_path / "out")
    assert main(["build", "--manifest", str(COMMITTED), "--output", out]) == 2
    assert captured(capsys)[1].startswith(f"SOURCE_DATE_EPOCH={epoch}: is not a number of seconds")


# The program as it is started.


def run(*words: str | Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        check=False,
    )


#: What `check` and `fetches` do not need, and what takes a tenth of their time or more.
SLOW_LIBRARIES = (
    *("asn1crypto", "cryptography", "lief", "olefile", "ssl", "urllib3", "filelock"),
    *("packageurl", "platformdirs", "rdflib", "rich", "spdx_tools", "tomlkit"),
)
#: What `check` does not need: 0.03 s of the 0.2 s that it takes.
NOT_CHECKED = (
    *("orjson", "packaging", "tempfile", "sbom.batch", "sbom.binaries.binary"),
    *("sbom.bom.bom", "sbom.components.component", "sbom.download", "sbom.files", "sbom.formats"),
    *("sbom.manifest.table_errors", "sbom.release", "sbom.validation", "sbom.verification"),
)


def loaded_modules(*words: str | Path) -> list[str]:
    code = "import sys\nfrom sbom.cli import main\nmain(sys.argv[1:])\nprint(*sys.modules)\n"
    done = run("-c", code, *map(str, words), PYTHONUTF8="1")
    return done.stdout.decode().splitlines()[-1].split()


@pytest.mark.parametrize("verb", ["fetches", "check"])
def test_quick_answers_import_no_slow_library(verb: str, script: Path) -> None:
    modules = loaded_modules(verb, *([script] if verb == "fetches" else ["--script", script]))
    assert sorted({*SLOW_LIBRARIES} & {*modules}) == []
    commands = [name for name in modules if name.startswith("sbom.commands.")]
    assert commands == [f"sbom.commands.{verb}"]


def test_check_imports_only_what_a_manifest_needs() -> None:
    modules = loaded_modules("check")
    assert "sbom.manifest.read" in modules
    assert sorted({*NOT_CHECKED} & {*modules}) == []


def test_an_interrupt_during_the_imports_ends_quietly() -> None:
    code = (
        "import sys\n"
        "class Finder:\n"
        "    @staticmethod\n"
        "    def find_spec(name, path=None, target=None):\n"
        "        if name == 'sbom.options.verbs':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Finder)\n"
        "from sbom.__main__ import start\n"
        "start()\n"
    )
    done = run("-c", code, "--version")
    assert (done.returncode, done.stderr) == (130, b"")


def test_a_narrow_locale_prints_the_same(script: Path) -> None:
    script.write_bytes("set a=\xe9-1.0\nexit /b 1\n".encode("latin-1"))
    words = ("-m", "sbom", "check", "--script", script)
    assert run(*words, LC_ALL="C", PYTHONUTF8="0").stdout == run(*words).stdout


def test_an_invalid_manifest_is_reported_in_the_requested_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "m.toml").write_text("x = \n")
    assert main(["check", "--manifest", str(tmp_path / "m.toml"), "--output-format", "json"]) == 1
    out, err = captured(capsys)
    assert (json.loads(out)[0]["name"], err) == ("invalid-toml", "")


posix_streams = pytest.mark.skipif(
    sys.platform == "win32" or not Path("/dev/full").exists(),
    reason="no shell of this platform closes a stream, and it has no /dev/full",
)


@pytest.mark.parametrize(
    ("words", "note"),
    [
        (["export", "--cpython", "cpython"], "no document was written"),
        (["build", "--cpython", "cpython"], "no document was written"),
        (["release", "--artifacts", "cpython"], "no document was written"),
    ],
)
def test_what_stops_a_verb_is_an_error_and_that_nothing_was_written_is_said(
    words: list[str],
    note: str,
    tree: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A missing checksum is a warning of ``check``, and no file can be written without it."""
    script = tree / "PCbuild/get_externals.bat"
    text = script.read_text(encoding="utf-8").replace("xz-5.2.5", "xz-5.2.99")
    script.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tree.parent)
    before = sorted(tree.parent.rglob("*"))
    captured(capsys)
    assert main([*words, "--manifest", str(COMMITTED)]) == 1
    out, err = captured(capsys)
    assert out == ""
    assert re.search(r"\[error: .*^\d+ errors?\n" + note, err, re.MULTILINE | re.DOTALL)
    assert "[warning: " not in err
    assert sorted(tree.parent.rglob("*")) == before


@posix_streams
@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">/dev/full", "2>/dev/full"])
def test_streams_that_are_closed_or_full_are_no_traceback(redirection: str) -> None:
    command = f"{sys.executable} -m sbom check {redirection}"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=ROOT, capture_output=True, check=False)
    assert b"Traceback" not in done.stderr + done.stdout
    assert done.returncode in (0, 3)


@posix_streams
def test_a_full_disk_behind_the_output_is_reported() -> None:
    command = f"{sys.executable} -m sbom check > /dev/full"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (
        3,
        b"standard output cannot be written: No space left on device\n",
    )


def test_a_manifest_behind_a_link_is_written_where_it_is(
    manifest: Path, script: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link.toml"
    make_link(link, manifest)
    script.write_bytes(SCRIPT.replace("xz-5.2.5", "xz-5.8.1").encode())
    assert main(["regen", "--manifest", str(link), "--script", str(script), "--offline"]) == 0
    assert link.is_symlink()
    assert "xz-5.8.1" in manifest.read_text()


def test_a_reader_that_goes_away_is_no_traceback(script: Path) -> None:
    words = [sys.executable, "-m", "sbom", "fetches", str(script), "--all"]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, cwd=ROOT, stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


def test_a_dependency_that_is_not_installed_is_named() -> None:
    code = "import sys\nsys.modules['msgspec'] = None\nfrom sbom.__main__ import start\nstart()\n"
    done = run("-c", code, "check")
    assert done.returncode == 2
    assert done.stderr.decode() == (
        "msgspec is not installed\n"
        "    run: python -m pip install -e ., or nox -s with the name of the verb\n"
    )
