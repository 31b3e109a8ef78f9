"""Binaries compared with what a script fetches: the status of each, and the diagnostics."""

from __future__ import annotations

from pathlib import Path

import pytest
from binaries import binaries, own, written
from manifests import COMMITTED, committed
from pe_files import pe
from verify_case import VerifyCase, messages

from sbom.cli import main
from sbom.diagnostics import Exit
from sbom.verification.expectations import KnownDlls


@pytest.fixture
def case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> VerifyCase:
    return VerifyCase(tmp_path, capsys)


def test_a_build_of_the_tags_in_the_script_is_confirmed(case: VerifyCase) -> None:
    status, report = case.run()
    assert (status, report["diagnostics"]) == (Exit.OK, [])
    assert (report["cpython"], report["platform"]) == (["3.13.5"], "amd64")
    rows = {(row["file"], row["component"]): row for row in report["results"]}
    assert rows["python313.dll", "zlib"] == {
        "file": "python313.dll",
        "component": "zlib",
        "expected": "1.3.1",
        "found": "1.3.1",
        "status": "confirmed",
        "evidence": rows["python313.dll", "zlib"]["evidence"],
        "key": "zlib",
    }
    assert rows["python313.dll", "zlib"]["evidence"].startswith("'1.3.1' at 0x")
    statuses = {key: row["status"] for key, row in rows.items()}
    assert statuses["libssl-3.dll", "openssl"] == "confirmed"  # by FileVersion: it has no text
    assert statuses["_lzma.pyd", "xz"] == "present, version unknown"
    assert statuses["libffi-8.dll", "libffi"] == "confirmed by digest"
    assert statuses["_tkinter.pyd", "binary.tcltk"] == "confirmed"
    assert statuses["pyexpat.pyd", "libexpat"] == "detected, not declared"
    assert statuses["python313.dll", "hacl-star"] == "present, version unknown"
    assert statuses["_elementtree.pyd", "libexpat"] == "no evidence rule"


@pytest.mark.parametrize(
    ("tags", "files", "file", "message"),
    [
        (
            {"openssl-bin": "openssl-bin-3.0.15"},
            {},
            "libcrypto-3.dll",
            "expected openssl 3.0.15, found 3.0.16",
        ),
        (
            {"bzip2": "bzip2-1.0.6"},
            {},
            "_bz2.pyd",
            "expected bzip2 1.0.6, found 1.0.8 ('1.0.8, 13-Jul-2019' at 0x22a)",
        ),
        (
            {"tcltk": "tcltk-8.6.14.0"},
            {},
            "_tkinter.pyd",
            "expected binary.tcltk tcltk-8.6.14.0, found tcltk-8.6.15.0",
        ),
        # sqlite3.dll's FileVersion is the name of its directory, and no evidence.
        ({}, {"sqlite": "3.45.3"}, "sqlite3.dll", "expected sqlite 3.49.1, found 3.45.3, 3.49.1"),
        ({}, {"tcl_zlib": "1.2.13"}, "zlib1.dll", "expected zlib 1.3.1, found 1.2.13"),
        ({}, {"zlib": "1.2.11"}, "python313.dll", "expected zlib 1.3.1, found 1.2.11"),
    ],
)
def test_another_version_than_the_script_fetches_is_a_version_mismatch(
    case: VerifyCase, tags: dict[str, str], files: dict[str, str], file: str, message: str
) -> None:
    case.tags |= tags
    case.files = binaries("x64", **files)
    status, report = case.run()
    assert status == Exit.ERRORS
    assert message in messages(report, "version-mismatch")[file]


def test_a_tag_that_contains_another_version_than_its_name_says_is_a_mislabeled_tag(
    case: VerifyCase,
) -> None:
    # The tag tcltk-8.6.11.0 contains Tcl/Tk 8.6.10, and shipped so in 3.10.0rc1.
    case.version, case.tags = "3.10.0rc1+", {}
    case.files = binaries(
        "x64", python="3.10.0rc1", tcl="8.6.10", tcltk="tcltk-8.6.11.0", zlib="1.2.11",
        bzip2="1.0.6",
    )  # fmt: skip
    for name in ("tcl86t.dll", "tk86t.dll", "_tkinter.pyd", "python310.dll", "_bz2.pyd"):
        written(case.path, {name: case.files[name]})
    status, report = case.run()
    assert status == Exit.ERRORS
    assert {row["status"] for row in report["results"] if row["component"] in ("tcl", "tk")} == {
        "mislabeled tag"
    }
    assert messages(report, "version-mismatch")["tcl86t.dll"] == (
        "expected tcl 8.6.11, found 8.6.10 (FileVersion '8.6.10', '8.6.10' at 0x20f; "
        "the tag tcltk-8.6.11.0 names 8.6.11)"
    )


def test_a_tag_that_was_moved_later_is_a_version_mismatch(case: VerifyCase) -> None:
    # openssl-bin-1.1.1k contained 1.1.1i when 3.9.4 was built.
    case.version, case.tags = "3.9.4+", {"openssl-bin": "openssl-bin-1.1.1k"}
    resource = {"FileVersion": "1.1.1i"}
    text = b"OpenSSL 1.1.1i  8 Dec 2020"
    case.files = {
        "python39.dll": own("3.9.4", b"tags/v3.9.4", b"incorrect header check", b"1.2.11"),
        "libcrypto-1_1.dll": pe(resource=resource, texts=[text]),
        "libssl-1_1.dll": pe(resource=resource, texts=[text]),
    }
    status, report = case.run()
    assert status == Exit.ERRORS
    assert messages(report, "version-mismatch").keys() == {"libcrypto-1_1.dll", "libssl-1_1.dll"}


def test_another_build_of_the_expected_version_is_a_warning(case: VerifyCase) -> None:
    case.files["tk86t.dll"] = pe(
        resource={"FileVersion": "8.6.15"}, texts=[b"tk_patchLevel", b"8.6.15", b"patched"]
    )
    status, report = case.run()
    assert status == Exit.OK
    assert messages(report, "unexpected-build").keys() == {"tk86t.dll"}
    assert case.run("--strict")[0] == Exit.ERRORS


def test_a_dll_that_was_signed_again_is_the_same_build(case: VerifyCase) -> None:
    case.files["libffi-8.dll"] = pe(texts=[b"libffi-8.dll"])  # the one recorded is signed
    assert case.statuses()["libffi-8.dll", "libffi"] == "confirmed by digest"


def test_another_digest_is_a_version_mismatch_where_a_dll_shows_no_version(
    case: VerifyCase,
) -> None:
    case.files["libffi-8.dll"] = pe(texts=[b"another libffi"])
    status, report = case.run()
    assert status == Exit.ERRORS
    assert messages(report, "version-mismatch")["libffi-8.dll"] == (
        "expected libffi 3.4.4, found another file (libffi-3.4.4 has another file of this name)"
    )


def test_a_component_hidden_in_a_dll_is_undeclared(case: VerifyCase) -> None:
    # 3.11.9 shipped zlib 1.3.1, and a second one hidden in tcl86t.dll.
    case.files["tcl86t.dll"] = pe(
        resource={"FileVersion": "8.6.15"},
        texts=[b"tcl_patchLevel", b"8.6.15", b"incorrect header check", b"1.2.11"],
    )
    status, report = case.run()
    assert status == Exit.ERRORS
    message = messages(report, "undeclared-component")["tcl86t.dll"]
    assert message.startswith("undeclared component: found zlib 1.2.11 ('1.2.11' at 0x")


def test_an_unowned_binary_is_reported_with_its_version_resource(case: VerifyCase) -> None:
    case.files["evil.dll"] = pe(resource={"ProductName": "Evil", "FileVersion": "6.6.6"})
    status, report = case.run()
    assert status == Exit.ERRORS
    assert messages(report, "unowned-file") == {
        "evil.dll": "unowned file: belongs to no component; its version resource says Evil, 6.6.6"
    }


def test_a_version_resource_is_escaped_for_the_terminal(case: VerifyCase) -> None:
    case.files["evil.dll"] = pe(resource={"ProductName": "\x1b[2J", "FileVersion": "1\n2"})
    _, out = case.run(output_format="text")
    assert "\x1b" not in out
    assert r"\x1b[2J, 1\n2" in out


def test_two_undeclared_versions_are_two_results(case: VerifyCase) -> None:
    texts = [b"incorrect header check", b"1.2.8", b"1.2.11"]
    case.files["evil.dll"] = pe(texts=texts)
    _, report = case.run()
    rows = [row for row in report["results"] if row["status"] == "undeclared"]
    assert [(row["component"], row["found"]) for row in rows] == [
        ("zlib", "1.2.8"), ("zlib", "1.2.11"),
    ]  # fmt: skip


def test_a_component_that_shows_no_evidence_is_a_warning(case: VerifyCase) -> None:
    case.files["_bz2.pyd"] = own("3.13.5")
    status, report = case.run()
    assert status == Exit.OK
    assert messages(report, "no-evidence").keys() == {"_bz2.pyd"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"text", "not a PE file"), (binaries()["_bz2.pyd"][:-1], "damaged"), (b"MZ", "damaged")],
)
def test_a_binary_that_cannot_be_read_is_an_error(
    case: VerifyCase, data: bytes, expected: str
) -> None:
    case.files["_bz2.pyd"] = data
    status, report = case.run()
    assert status == Exit.ERRORS
    assert expected in {row["status"] for row in report["results"] if row["file"] == "_bz2.pyd"}
    assert messages(report, "unreadable-file").keys() == {"_bz2.pyd"}


def test_a_module_of_another_cpython_release_is_a_version_mismatch(case: VerifyCase) -> None:
    case.files["select.pyd"] = own("3.13.4")
    status, report = case.run()
    assert status == Exit.ERRORS
    assert messages(report, "version-mismatch") == {
        "select.pyd": "expected python 3.13.5, found 3.13.4 (FileVersion '3.13.4')"
    }


def test_free_threaded_modules_may_be_in_the_same_directory(case: VerifyCase) -> None:
    for name in ("_bz2", "_lzma", "pyexpat"):
        case.files[f"{name}.cp313t-win_amd64.pyd"] = case.files[f"{name}.pyd"]
    status, report = case.run()
    assert (status, report["diagnostics"]) == (Exit.OK, [])
    status, report = case.run("--variant", "default")
    assert messages(report, "unowned-file").keys() == {
        f"{name}.cp313t-win_amd64.pyd" for name in ("_bz2", "_lzma", "pyexpat")
    }


@pytest.mark.parametrize("machine", ["x86", "arm64"])
def test_every_platform_shows_the_same_evidence(case: VerifyCase, machine: str) -> None:
    case.files = binaries(machine)
    case.files.pop("libffi-8.dll")  # its digests were made of the one for x64
    if machine == "arm64":
        for name in ("libcrypto-3", "libssl-3"):
            case.files[f"{name}-arm64.dll"] = case.files.pop(f"{name}.dll")
    status, report = case.run()
    names = {one["name"] for one in report["diagnostics"]}
    assert (status, names) == (Exit.OK, {"unexpected-build"})  # and so were those of Tcl/Tk
    assert report["platform"] == {"x86": "win32", "arm64": "arm64"}[machine]


def test_binaries_added_to_an_installed_python_are_not_compared(case: VerifyCase) -> None:
    hidden = pe(texts=[b"incorrect header check", b"1.2.11"])
    case.files |= {"Lib/site-packages/numpy/core.pyd": hidden, "Scripts/tool.exe": pe()}
    status, report = case.run()
    assert (status, report["diagnostics"], report["runtime_files"]) == (Exit.OK, [], 2)
    case.files = {"DLLs/core.pyd": hidden}
    written(case.path, case.files)
    status, report = case.run()
    assert messages(report, "unowned-file").keys() == {"DLLs/core.pyd"}


def test_nothing_is_expected_of_an_external_that_no_component_describes(case: VerifyCase) -> None:
    case.tags["xz"] = "xz-5.2.5 brotli-1.1.0"
    status, report = case.run()
    assert (status, report["diagnostics"]) == (Exit.OK, [])


def test_vendored_code_is_expected_of_a_manifest_regenerated_without_a_tree(
    case: VerifyCase, capsys: pytest.CaptureFixture[str]
) -> None:
    case.run()
    manifest, script = (
        case.directory / "externals.toml",
        case.directory / "tree/PCbuild/get_externals.bat",
    )
    argv = ["regen", "--manifest", str(manifest), "--script", str(script), "--offline"]
    assert main([*argv, "--python-version", "3.13.5"]) == Exit.OK
    capsys.readouterr()
    case.manifest, case.recorded = manifest.read_text(encoding="utf-8"), []
    status, report = case.run(script=False)
    assert (status, report["diagnostics"]) == (Exit.OK, [])


def test_a_script_that_fetches_nothing_is_refused(
    case: VerifyCase, capsys: pytest.CaptureFixture[str]
) -> None:
    written(case.path, {**case.files, "x.bat": b"@echo off"})
    script = ["--script", str(case.path / "x.bat")]
    assert main(["verify", str(case.path), "--manifest", str(COMMITTED), *script]) == 1
    assert "fetches nothing with any flags" in capsys.readouterr().err


def test_digests_of_one_platform_state_nothing_of_the_others() -> None:
    """Of tcltk-9.0.4.0 and openssl-bin-3.5.7, only the DLLs for 64-bit x86 have been seen."""
    known = KnownDlls(committed())
    for tag, name in (("tcltk-9.0.4.0", "tcl90.dll"), ("openssl-bin-3.5.7", "libssl-3.dll")):
        [digest] = known.get_digests(tag, name, "amd64")
        assert known.find_tags([digest]) == (tag,)
        assert known.get_digests(tag, name, "arm64") == frozenset()
    of_each = {
        name: known.get_digests("libffi-3.4.4", "libffi-8.dll", name)
        for name in ("amd64", "arm64", "win32")
    }
    assert all(len(digests) == 1 for digests in of_each.values())
    assert len(set(of_each.values())) == 3
