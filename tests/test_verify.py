"""verify: files against a script, the manifest or a document; and what they were built from."""

from __future__ import annotations

import copy
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from binaries import binaries, knowing, own, written
from conftest import FACTS
from manifests import COMMITTED, entry_of, script_of
from pe_files import pe
from releases import zipped

from sbom.cli import main
from sbom.diagnostics import Exit

#: What the miniature build was built from.
TAGS = {
    "sqlite": "sqlite-3.49.1.0",
    "tcltk": "tcltk-8.6.15.0",
    "openssl-bin": "openssl-bin-3.0.16.2",
}


def script_with(tags: Mapping[str, str], version: str = "3.13.0rc2") -> str:
    """Return a script that fetches what one of that version does, some of it by other tags."""
    entry = copy.deepcopy(entry_of(version))
    for pin in entry["pins"]:
        for name, tag in tags.items():
            if pin["tag"].startswith(f"{name}-") and pin["tag"][len(name) + 1].isdigit():
                pin["tag"] = tag
    return script_of(entry)


class Case:
    """A folder of binaries, a script and a manifest, and what ``verify`` says of them."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.place = folder / "build"
        self.files = binaries()
        self.tags = dict(TAGS)
        self.version = "3.13.0rc2"
        self.manifest = COMMITTED.read_text(encoding="utf-8")
        self.known = ["libffi-3.4.4", "tcltk-8.6.15.0"]
        self._capsys = capsys

    def run(self, *more: str, form: str = "json", script: bool = True) -> tuple[int, Any]:
        manifest = self.folder / "externals.toml"
        text = self.manifest
        for tag in self.known:
            text = knowing(text, tag, binaries())
        manifest.write_text(text, encoding="utf-8")
        words = [
            "verify",
            str(self.place),
            "--manifest",
            str(manifest),
            "--output-format",
            form,
            *more,
        ]
        if script:
            path = self.folder / "get_externals.bat"
            path.write_text(script_with(self.tags, self.version), encoding="utf-8")
            words += ["--script", str(path)]
        if not self.place.exists():
            written(self.place, self.files)
        status = main(words)
        out = self._capsys.readouterr().out
        return status, json.loads(out) if form == "json" else out

    def verdicts(self, *more: str, script: bool = True) -> dict[tuple[str, str], str]:
        """Return the verdicts by file and component."""
        _, told = self.run(*more, script=script)
        return {(row["file"], row["component"]): row["verdict"] for row in told["verdicts"]}


@pytest.fixture
def case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Case:
    return Case(tmp_path, capsys)


def problems(told: Any, code: str) -> dict[str, str]:
    return {one["where"]: one["message"] for one in told["problems"] if one["code"] == code}


# Against a script.


def test_a_build_of_what_the_script_says_is_confirmed(case: Case) -> None:
    status, told = case.run()
    assert (status, told["problems"]) == (Exit.OK, [])
    assert (told["cpython"], told["platform"]) == (["3.13.5"], "amd64")
    rows = {(row["file"], row["component"]): row for row in told["verdicts"]}
    assert rows["python313.dll", "zlib"] == {
        "file": "python313.dll",
        "component": "zlib",
        "expected": "1.3.1",
        "found": "1.3.1",
        "verdict": "confirmed",
        "evidence": rows["python313.dll", "zlib"]["evidence"],
        "key": "zlib",
    }
    assert rows["python313.dll", "zlib"]["evidence"].startswith("'1.3.1' at 0x")
    verdicts = {key: row["verdict"] for key, row in rows.items()}
    assert verdicts["libssl-3.dll", "openssl"] == "confirmed"  # by FileVersion: it has no text
    assert verdicts["_lzma.pyd", "xz"] == "present, version not shown"
    assert verdicts["libffi-8.dll", "libffi"] == "confirmed by digest"
    assert verdicts["_tkinter.pyd", "binary.tcltk"] == "confirmed"
    assert verdicts["pyexpat.pyd", "libexpat"] == "shown, nobody states it"
    assert verdicts["python313.dll", "hacl-star"] == "present, version not shown"
    assert verdicts["_elementtree.pyd", "libexpat"] == "no rule"


@pytest.mark.parametrize(
    ("tags", "files", "where", "message"),
    [
        (
            {"openssl-bin": "openssl-bin-3.0.15"},
            {},
            "libcrypto-3.dll",
            "is said to hold openssl 3.0.15, and shows 3.0.16",
        ),
        (
            {"bzip2": "bzip2-1.0.6"},
            {},
            "_bz2.pyd",
            "is said to hold bzip2 1.0.6, and shows 1.0.8 ('1.0.8, 13-Jul-2019' at 0x22a)",
        ),
        (
            {"tcltk": "tcltk-8.6.14.0"},
            {},
            "_tkinter.pyd",
            "is said to hold binary.tcltk tcltk-8.6.14.0, and shows tcltk-8.6.15.0",
        ),
        # sqlite3.dll's FileVersion is the name of its folder; what is in it is something else.
        ({}, {"sqlite": "3.45.3"}, "sqlite3.dll", "sqlite 3.49.1, and shows 3.45.3, 3.49.1"),
        ({}, {"tcl_zlib": "1.2.13"}, "zlib1.dll", "is said to hold zlib 1.3.1, and shows 1.2.13"),
        ({}, {"zlib": "1.2.11"}, "python313.dll", "zlib 1.3.1, and shows 1.2.11"),
    ],
)
def test_another_version_than_the_scripts_is_contradicted(
    case: Case, tags: dict[str, str], files: dict[str, str], where: str, message: str
) -> None:
    case.tags |= tags
    case.files = binaries("x64", **files)
    status, told = case.run()
    assert status == Exit.ERRORS
    assert message in problems(told, "contradicted")[where]


def test_a_tag_that_holds_another_version_than_it_says_is_told(case: Case) -> None:
    # The tag tcltk-8.6.11.0 holds Tcl/Tk 8.6.10, and shipped so in 3.10.0rc1.
    case.version, case.tags = "3.10.0rc1+", {}
    case.files = binaries(
        "x64", python="3.10.0rc1", tcl="8.6.10", tcltk="tcltk-8.6.11.0", zlib="1.2.11",
        bzip2="1.0.6",
    )  # fmt: skip
    for name in ("tcl86t.dll", "tk86t.dll", "_tkinter.pyd", "python310.dll", "_bz2.pyd"):
        written(case.place, {name: case.files[name]})
    status, told = case.run()
    assert status == Exit.ERRORS
    assert {row["verdict"] for row in told["verdicts"] if row["component"] in ("tcl", "tk")} == {
        "mislabeled tag"
    }
    assert problems(told, "contradicted")["tcl86t.dll"] == (
        "holds tcl 8.6.10 (FileVersion '8.6.10', '8.6.10' at 0x20f; "
        "the tag tcltk-8.6.11.0 says 8.6.11)"
    )


def test_a_tag_that_was_moved_is_found_out_by_what_shipped(case: Case) -> None:
    # openssl-bin-1.1.1k held 1.1.1i when 3.9.4 took it.
    case.version, case.tags = "3.9.4+", {"openssl-bin": "openssl-bin-1.1.1k"}
    resource = {"FileVersion": "1.1.1i"}
    text = b"OpenSSL 1.1.1i  8 Dec 2020"
    case.files = {
        "python39.dll": own("3.9.4", b"tags/v3.9.4", b"incorrect header check", b"1.2.11"),
        "libcrypto-1_1.dll": pe(resource=resource, texts=[text]),
        "libssl-1_1.dll": pe(resource=resource, texts=[text]),
    }
    status, told = case.run()
    assert status == Exit.ERRORS
    assert problems(told, "contradicted").keys() == {"libcrypto-1_1.dll", "libssl-1_1.dll"}


def test_a_binary_of_the_same_version_from_elsewhere_is_another_build(case: Case) -> None:
    case.files["tk86t.dll"] = pe(
        resource={"FileVersion": "8.6.15"}, texts=[b"tk_patchLevel", b"8.6.15", b"patched"]
    )
    status, told = case.run()
    assert status == Exit.OK
    assert problems(told, "differs").keys() == {"tk86t.dll"}
    assert case.run("--strict")[0] == Exit.ERRORS


def test_signing_again_is_no_other_build(case: Case) -> None:
    case.files["libffi-8.dll"] = pe(texts=[b"libffi-8.dll"])  # the one recorded is signed
    assert case.verdicts()["libffi-8.dll", "libffi"] == "confirmed by digest"


def test_what_only_a_digest_tells_is_contradicted_by_another_one(case: Case) -> None:
    case.files["libffi-8.dll"] = pe(texts=[b"another libffi"])
    status, told = case.run()
    assert status == Exit.ERRORS
    assert problems(told, "contradicted")["libffi-8.dll"] == (
        "is said to hold libffi 3.4.4, and is another file "
        "(libffi-3.4.4 has another file of this name)"
    )


def test_what_is_in_no_list_is_found(case: Case) -> None:
    # 3.11.9 shipped zlib 1.3.1, and a second one hidden in tcl86t.dll.
    case.files["tcl86t.dll"] = pe(
        resource={"FileVersion": "8.6.15"},
        texts=[b"tcl_patchLevel", b"8.6.15", b"incorrect header check", b"1.2.11"],
    )
    status, told = case.run()
    assert status == Exit.ERRORS
    assert "holds zlib 1.2.11, which no list names" in problems(told, "found")["tcl86t.dll"]


def test_a_binary_that_nobody_knows_is_told_with_what_it_says_it_is(case: Case) -> None:
    case.files["evil.dll"] = pe(resource={"ProductName": "Evil", "FileVersion": "6.6.6"})
    status, told = case.run()
    assert status == Exit.ERRORS
    assert problems(told, "unknown-file") == {
        "evil.dll": "is a binary that nobody knows; it says to be Evil, 6.6.6"
    }


def test_what_a_file_says_of_itself_does_not_reach_the_terminal_raw(case: Case) -> None:
    case.files["evil.dll"] = pe(resource={"ProductName": "\x1b[2J", "FileVersion": "1\n2"})
    _, out = case.run(form="text")
    assert "\x1b" not in out
    assert r"\x1b[2J, 1\n2" in out


def test_two_versions_that_nobody_names_are_two_findings(case: Case) -> None:
    texts = [b"incorrect header check", b"1.2.8", b"1.2.11"]
    case.files["evil.dll"] = pe(texts=texts)
    _, told = case.run()
    rows = [row for row in told["verdicts"] if row["verdict"] == "in no list"]
    assert [(row["component"], row["found"]) for row in rows] == [
        ("zlib", "1.2.8"), ("zlib", "1.2.11"),
    ]  # fmt: skip


def test_what_should_be_there_and_does_not_show_is_a_warning(case: Case) -> None:
    case.files["_bz2.pyd"] = own("3.13.5")
    status, told = case.run()
    assert status == Exit.OK
    assert problems(told, "not-shown").keys() == {"_bz2.pyd"}


@pytest.mark.parametrize(
    ("data", "verdict"),
    [(b"text", "no PE file"), (binaries()["_bz2.pyd"][:-1], "damaged"), (b"MZ", "damaged")],
)
def test_a_damaged_binary_is_a_problem(case: Case, data: bytes, verdict: str) -> None:
    case.files["_bz2.pyd"] = data
    status, told = case.run()
    assert status == Exit.ERRORS
    assert verdict in {row["verdict"] for row in told["verdicts"] if row["file"] == "_bz2.pyd"}
    assert problems(told, "damaged").keys() == {"_bz2.pyd"}


def test_a_module_of_another_release_is_contradicted(case: Case) -> None:
    case.files["select.pyd"] = own("3.13.4")
    status, told = case.run()
    assert status == Exit.ERRORS
    assert problems(told, "contradicted") == {
        "select.pyd": "is said to hold python 3.13.5, and shows 3.13.4 (FileVersion '3.13.4')"
    }


def test_free_threaded_modules_may_lie_beside_the_others(case: Case) -> None:
    for name in ("_bz2", "_lzma", "pyexpat"):
        case.files[f"{name}.cp313t-win_amd64.pyd"] = case.files[f"{name}.pyd"]
    status, told = case.run()
    assert (status, told["problems"]) == (Exit.OK, [])
    status, told = case.run("--variant", "default")
    assert problems(told, "unknown-file").keys() == {
        f"{name}.cp313t-win_amd64.pyd" for name in ("_bz2", "_lzma", "pyexpat")
    }


@pytest.mark.parametrize("machine", ["x86", "arm64"])
def test_every_platform_shows_the_same(case: Case, machine: str) -> None:
    case.files = binaries(machine)
    case.files.pop("libffi-8.dll")  # its digests were made of the one for x64
    if machine == "arm64":
        for name in ("libcrypto-3", "libssl-3"):
            case.files[f"{name}-arm64.dll"] = case.files.pop(f"{name}.dll")
    status, told = case.run()
    wrong = {one["code"] for one in told["problems"]}
    assert (status, wrong) == (Exit.OK, {"differs"})  # and so were those of Tcl/Tk
    assert told["platform"] == {"x86": "win32", "arm64": "arm64"}[machine]


def test_what_was_added_to_an_installed_python_is_not_its_own(case: Case) -> None:
    hidden = pe(texts=[b"incorrect header check", b"1.2.11"])
    case.files |= {"Lib/site-packages/numpy/core.pyd": hidden, "Scripts/tool.exe": pe()}
    status, told = case.run()
    assert (status, told["problems"], told["added-later"]) == (Exit.OK, [], 2)
    case.files = {"DLLs/core.pyd": hidden}
    written(case.place, case.files)
    status, told = case.run()
    assert problems(told, "unknown-file").keys() == {"DLLs/core.pyd"}


def test_an_external_that_no_component_is_known_for_claims_nothing(case: Case) -> None:
    case.tags["xz"] = "xz-5.2.5 brotli-1.1.0"
    status, told = case.run()
    assert (status, told["problems"]) == (Exit.OK, [])


def test_a_manifest_that_was_regenerated_without_a_tree_knows_what_is_vendored(
    case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    case.run()
    manifest, script = case.folder / "externals.toml", case.folder / "get_externals.bat"
    words = ["regen", "--manifest", str(manifest), "--script", str(script), "--offline"]
    assert main([*words, "--python-version", "3.13.5"]) == Exit.OK
    capsys.readouterr()
    case.manifest, case.known = manifest.read_text(encoding="utf-8"), []
    status, told = case.run(script=False)
    assert (status, told["problems"]) == (Exit.OK, [])


def test_a_script_that_fetches_nothing_is_refused(
    case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    written(case.place, {**case.files, "x.bat": b"@echo off"})
    script = ["--script", str(case.place / "x.bat")]
    assert main(["verify", str(case.place), "--manifest", str(COMMITTED), *script]) == 1
    assert "fetches nothing, whatever its flags" in capsys.readouterr().err


# What is looked at.


def test_a_package_is_looked_into_as_a_folder_is(case: Case, tmp_path: Path) -> None:
    case.files |= {"LICENSE.txt": b"license"}
    case.place = tmp_path / "python.3.13.5.nupkg"
    inside = {f"tools/{name}": data for name, data in case.files.items()}
    case.place.write_bytes(zipped({**inside, "python.nuspec": b"<package/>"}))
    status, told = case.run()
    assert (status, told["problems"]) == (Exit.OK, [])
    assert ("tools/_bz2.pyd", "bzip2") in case.verdicts()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "externals.toml", "get_externals.bat", "python.3.13.5.nupkg",
    ]  # fmt: skip


def test_a_package_in_a_package_is_looked_into_too(case: Case, tmp_path: Path) -> None:
    case.place = tmp_path / "python-3.13.5-amd64-store.msixupload"
    case.place.write_bytes(zipped({"python-store.msix": zipped(case.files)}))
    assert case.verdicts()["python-store.msix/_bz2.pyd", "bzip2"] == "confirmed"


def test_one_dll_is_enough(case: Case, tmp_path: Path) -> None:
    case.place = written(tmp_path, {"libcrypto-3.dll": case.files["libcrypto-3.dll"]})
    case.place /= "libcrypto-3.dll"
    status, told = case.run()
    assert (status, told["files"]) == (Exit.OK, 1)
    assert [row["verdict"] for row in told["verdicts"]] == ["confirmed"]


@pytest.mark.parametrize(
    ("data", "status", "message"),
    [
        (b"text", Exit.USAGE, "is not a directory, a zip file or a PE file"),
        (b"PK\x03\x04", Exit.ERRORS, "is no whole zip file"),
        (None, Exit.USAGE, "cannot be read: No such file or directory"),
    ],
)
def test_what_cannot_be_looked_at(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    data: bytes | None,
    status: int,
    message: str,
) -> None:
    path = tmp_path / "file.zip"
    if data is not None:
        path.write_bytes(data)
    assert main(["verify", str(path), "--manifest", str(COMMITTED)]) == status
    assert message in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_nobody_waits_for_a_pipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe")
    words = ["verify", str(tmp_path / "pipe"), "--manifest", str(COMMITTED)]
    assert main(words) == Exit.USAGE
    assert "is neither a folder nor a regular file" in capsys.readouterr().err


def test_binaries_of_another_release_than_the_manifests_are_told_so(case: Case) -> None:
    status, told = case.run(script=False)
    assert status == Exit.ERRORS
    [other] = [one for one in told["problems"] if one["code"] == "version-changed"]
    assert "is of CPython 3.13.5, and" in other["message"]
    assert "--identify" in other["hint"]


def test_people_read_a_table(case: Case) -> None:
    status, out = case.run(form="text")
    lines = out.splitlines()
    assert status == Exit.OK
    assert lines[0].split() == ["file", "component", "expected", "found", "verdict"]
    assert any(line.split() == ["sqlite3.dll", "sqlite", "3.49.1", "3.49.1", "confirmed"]
               for line in lines)  # fmt: skip
    assert lines[-1].endswith("; no problems")
    assert "1 shown, nobody states it, 3 present, version not shown" in lines[-1]


def test_a_pipeline_reads_commands(case: Case) -> None:
    case.files["evil.dll"] = pe()
    _, out = case.run(form="github")
    assert out.startswith("::error file=")
    assert len(out.splitlines()) == 1


# Against a document.


def document(files: Mapping[str, bytes], folder: Path, name: str) -> Path:
    """Write a document that lists files, with zlib in Python's DLL, as ``build`` writes one."""
    listed = [
        {
            "SPDXID": f"SPDXRef-File-{n}",
            "fileName": f"./{path}",
            "checksums": [
                {"algorithm": kind.upper(), "checksumValue": hashlib.new(kind, data).hexdigest()}
                for kind in ("sha1", "sha256")
            ],
        }
        for n, (path, data) in enumerate(sorted(files.items()))
    ]
    held = {"zlib": "1.3.1", "python": "3.13.5", "openssl": "3.0.16", "tcl": "8.6.15.0",
            "tk": "8.6.15", "sqlite": "3.49.1.0", "bzip2": "1.0.8", "xz": "5.2.5", "expat": "2.7.1",
            "mpdecimal": "4.0.0", "libffi": "3.4.4", "hacl-star": "1", "mimalloc": "2"}  # fmt: skip
    data = {
        "spdxVersion": "SPDX-2.3",
        "files": listed,
        "packages": [
            {"SPDXID": f"SPDXRef-{name}", "name": name, "versionInfo": version}
            for name, version in held.items()
        ],
    }
    path = folder / f"{name}.spdx.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_files_as_the_document_beside_them_lists_them_are_fine(case: Case) -> None:
    document(case.files, case.folder, "build")
    status, told = case.run(script=False)
    assert (status, told["problems"]) == (Exit.OK, [])
    assert (told["against"], told["same"]) == ("build.spdx.json", len(case.files))


def test_each_difference_from_the_document_is_told(case: Case) -> None:
    case.files["Lib/os.py"] = b"import sys\n"
    document(case.files | {"Lib/gone.py": b""}, case.folder, "build")
    case.files["Lib/os.py"] += b"import evil\n"
    case.files["Lib/evil.py"] = b"new"
    case.files["Lib/site-packages/pip/x.py"] = case.files["Lib/__pycache__/os.pyc"] = b"later"
    status, told = case.run(script=False)
    assert status == Exit.ERRORS
    found = {(one["code"], one["where"]) for one in told["problems"]}
    assert found == {
        ("wrong-file", "Lib/os.py"),
        ("missing", "Lib/gone.py"),
        ("unknown-file", "Lib/evil.py"),
    }


def test_a_package_in_a_package_is_compared_by_its_own_paths(case: Case) -> None:
    inner = zipped(case.files)
    document({"python.msix": inner, **case.files}, case.folder, "build")
    case.place = case.folder / "build"
    case.place.write_bytes(zipped({"python.msix": inner}))
    status, told = case.run(script=False)
    assert (status, told["same"]) == (Exit.OK, len(case.files) + 1)


def test_an_installer_is_its_own_digest_and_no_more(case: Case) -> None:
    name = "python-3.13.5-amd64.exe"
    case.place = case.folder / name
    data = pe(resource={"FileVersion": "3.13.5150.0"}, signed=True)
    case.place.write_bytes(data)
    package = {
        "SPDXID": "SPDXRef-x",
        "name": "python",
        "packageFileName": name,
        "checksums": [
            {"algorithm": "SHA256", "checksumValue": hashlib.sha256(data).hexdigest()},
        ],
    }
    text = json.dumps({"spdxVersion": "SPDX-2.3", "packages": [package]})
    (case.folder / f"{name}.spdx.json").write_text(text)
    status, told = case.run(script=False)
    assert status == Exit.OK
    assert [one["code"] for one in told["problems"]] == ["unopened"]
    case.place.write_bytes(data + b"\0")
    status, told = case.run(script=False)
    assert status == Exit.ERRORS
    assert {one["code"] for one in told["problems"]} == {"unopened", "wrong-file"}


def test_a_document_that_states_another_version_is_contradicted(case: Case) -> None:
    path = document(case.files, case.folder, "other")
    path.write_text(path.read_text().replace('"3.49.1.0"', '"3.45.3.0"'))
    status, told = case.run("--sbom", str(path), script=False)
    assert status == Exit.ERRORS
    assert "sqlite 3.45.3, and shows 3.49.1" in problems(told, "contradicted")["sqlite3.dll"]


def test_a_digest_speaks_for_a_document_too(case: Case) -> None:
    path = document(case.files, case.folder, "build")
    assert case.verdicts(script=False)["libffi-8.dll", "libffi"] == "confirmed by digest"
    path.write_text(path.read_text().replace('"3.4.4"', '"3.4.2"'))
    assert case.verdicts(script=False)["libffi-8.dll", "libffi"] == "contradicted"
    path.write_text(path.read_text().replace('"3.4.2"', '""'))
    assert case.verdicts(script=False)["libffi-8.dll", "libffi"] == "shown, nobody states it"


def test_a_component_that_the_document_leaves_out_is_found(case: Case) -> None:
    path = document(case.files, case.folder, "build")
    path.write_text(path.read_text().replace('"name": "bzip2"', '"name": "other"'))
    status, told = case.run(script=False)
    assert status == Exit.ERRORS
    assert "holds bzip2 1.0.8, which no list names" in problems(told, "found")["_bz2.pyd"]


def test_cpythons_own_document_can_be_held_against_binaries(case: Case) -> None:
    # Misc/externals.spdx.json of 3.13.5, which lists sources and no file.
    path = FACTS / "cpython/3.13.5/externals.spdx.json"
    status, told = case.run("--sbom", str(path), script=False)
    contradicted = problems(told, "contradicted")
    assert status == Exit.ERRORS
    assert not contradicted
    # It knows nothing of what CPython's own repository holds copies of.
    assert problems(told, "found").keys() == {"pyexpat.pyd", "python313.dll"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"spdxVersion": "SPDX-3.0"}', "[" * 100_000])
def test_a_document_that_is_none_is_refused(
    case: Case, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    path = case.folder / "x.spdx.json"
    path.write_text(text)
    written(case.place, case.files)
    words = ["verify", str(case.place), "--sbom", str(path), "--manifest", str(COMMITTED)]
    assert main(words) == Exit.ERRORS
    assert "is no" in capsys.readouterr().err


# What it was built from.


def test_a_folder_tells_what_it_was_built_from(case: Case) -> None:
    status, told = case.run("--identify", script=False)
    assert status == Exit.OK
    assert (told["cpython"], told["platforms"], told["variants"]) == (
        ["3.13.5"], ["amd64"], ["default"],
    )  # fmt: skip
    assert {one["external"]: one["tags"] for one in told["externals"]} == {
        "binary.libffi": ["libffi-3.4.4"],
        "binary.openssl-bin": ["openssl-bin-3.0.16.2"],
        "binary.tcltk": ["tcltk-8.6.15.0"],
        "source.bzip2": ["bzip2-1.0.8"],
        "source.mpdecimal": ["mpdecimal-4.0.0"],
        "source.sqlite": ["sqlite-3.49.1.0"],
        "source.xz": ["xz-5.0.5", "xz-5.2.2", "xz-5.2.5"],
        "source.zlib": ["zlib-1.3.1"],
    }
    assert {"component": "expat", "version": "2.7.1", "file": "pyexpat.pyd"} in told["components"]


def test_a_version_of_no_known_tag_is_written_as_tags_are_and_said_to_be_so(case: Case) -> None:
    case.files = binaries("x64", sqlite="3.99.1", openssl="3.0.99")
    _, out = case.run("--identify", form="text", script=False)
    assert out.splitlines()[0] == "CPython 3.13.5, amd64, default"
    inferred = "inferred: no known tag has this version"
    assert f"binary.openssl-bin: openssl-bin-3.0.99, {inferred}" in out
    assert "and, of no external:\n    expat 2.7.1 in pyexpat.pyd\n" in out


def test_evidence_that_disagrees_is_told_so(case: Case) -> None:
    case.files = binaries("x64", tcl="8.6.12")
    _, told = case.run("--identify", script=False)
    [bundle] = [one for one in told["externals"] if one["external"] == "binary.tcltk"]
    assert bundle["disagrees"]
    assert {"_tkinter.pyd names tcltk-8.6.15.0", "tcl86t.dll shows tcl 8.6.12"} <= set(
        bundle["evidence"]
    )
    _, out = case.run("--identify", form="text", script=False)
    assert "and no tag agrees with all of this" in out


@pytest.mark.parametrize(
    "words", [("--sbom", "x.json"), ("--platform", "amd64"), ("--variant", "default")]
)
def test_evidence_alone_takes_nobodys_word(
    case: Case, capsys: pytest.CaptureFixture[str], words: tuple[str, str]
) -> None:
    written(case.place, case.files)
    place = [str(case.place), "--manifest", str(COMMITTED)]
    assert main(["verify", *place, "--identify", *words]) == Exit.USAGE
    assert f"{words[0]}: is of no use to --identify" in capsys.readouterr().err


def test_nothing_is_told_of_what_is_nothing_of_cpython(case: Case) -> None:
    case.files = {"other.dll": pe(resource={"FileVersion": "3.13.5"})}
    status, told = case.run("--identify", script=False)
    assert (status, told["cpython"], told["externals"]) == (Exit.ERRORS, [], [])
