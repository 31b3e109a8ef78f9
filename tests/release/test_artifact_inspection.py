"""What is wrong with the artifacts of a release, each by its name."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from build_files import MADE, build_file
from manifests import committed
from pe_files import pe
from release_runs import (
    PARTIAL,
    UNPINNED,
    Run,
    component_names,
    failed_release,
    read_json,
    slice_paths,
)
from releases import contents_of, make_release, web_installer, zipped

from sbom.manifest.channels import DEFAULT, Artifact, expected_artifacts


def changed_release(
    change: Callable[[str, dict[str, bytes]], None], directory: Path, *only: str
) -> Path:
    """Return a directory with the artifacts of a release, or only some, whose members differ."""
    make_release(directory, committed(), change, msix=False, only=only)
    return directory


def test_an_excluded_component_is_an_error_until_it_is_exempted(run: Run, tmp_path: Path) -> None:
    def slip(file: str, inside: dict[str, bytes]) -> None:
        if "embed-amd64" in file:
            inside["tcl90.dll"] = build_file("3.14.7", "amd64", DEFAULT, "tcl90.dll")

    directory = changed_release(slip, tmp_path / "in")
    status, output = failed_release(run, directory)
    assert status == 1
    assert output == [
        "python-3.14.7-embed-amd64.zip: tcl90.dll: should not be in this channel; "
        "belongs to tcl 9.0.4 [error: SBM206 excluded-component]"
    ]
    manifest = tmp_path / "externals.toml"
    exemption = """
[[exemption]]
diagnostic = "excluded-component"
key = "tcl90.dll"
reason = "a bug"
"""
    manifest.write_text(MADE.read_text(encoding="utf-8") + exemption, encoding="utf-8")
    words = ("--artifacts", directory, "--output", tmp_path / "out", UNPINNED)
    status, out, _ = run("release", "--manifest", manifest, *words)
    assert status == 0
    assert "[exempted: SBM206 excluded-component]" in out
    found = component_names(read_json(tmp_path / "out/python-3.14.7-embed-amd64.zip.spdx.json"))
    assert "tcl" in found


@pytest.mark.parametrize(
    "member", ["evil.dll", "DLLs/evil.pyd", "Lib/evil.exe", "Lib/site-packages/x/y.py", "a.bin"]
)
def test_a_planted_file_is_reported_by_name(run: Run, tmp_path: Path, member: str) -> None:
    def plant(file: str, inside: dict[str, bytes]) -> None:
        assert file == "python-3.14.7-arm64.zip"
        inside[member] = b"MZ"

    directory = changed_release(plant, tmp_path / "in", "python-3.14.7-arm64.zip")
    status, output = failed_release(run, directory, "--partial")
    assert status == 1
    [line] = output
    assert line.startswith(f"python-3.14.7-arm64.zip: {member}: unowned file: ")


@pytest.mark.parametrize("member", ["libssl-3.dll", "_bz2.pyd", "sqlite3.dll", "vcruntime140.dll"])
def test_a_missing_member_is_reported_by_name(run: Run, tmp_path: Path, member: str) -> None:
    def lose(file: str, inside: dict[str, bytes]) -> None:
        assert file == "python-3.14.7-embed-amd64.zip"
        del inside[member]

    directory = changed_release(lose, tmp_path / "in", "python-3.14.7-embed-amd64.zip")
    status, output = failed_release(run, directory, "--partial")
    assert status == 1
    assert all(line.startswith(f"python-3.14.7-embed-amd64.zip: {member}: ") for line in output)
    assert output


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("python-3.14.7-embed-amd64.zip", "python-3.14.7-embed-win32.zip"),
        ("python-3.14.7-amd64.zip", "python-3.14.7-embed-amd64.zip"),
        ("python-3.14.7-amd64.zip", "python-3.14.7t-amd64.zip"),
        ("python.3.14.7.nupkg", "python-freethreaded.3.14.7.nupkg"),
        ("python-3.14.7-arm64.zip", "python-3.14.7-amd64.zip"),
    ],
)
def test_swapped_artifacts_are_reported_by_name(
    run: Run, artifacts: Path, tmp_path: Path, one: str, other: str
) -> None:
    directory = tmp_path / "in"
    directory.mkdir()
    (directory / one).write_bytes((artifacts / other).read_bytes())
    (directory / other).write_bytes((artifacts / one).read_bytes())
    status, output = failed_release(run, directory, "--partial")
    assert status == 1
    assert {line.partition(": ")[0] for line in output} & {one, other}


def test_a_module_for_another_machine_is_reported_by_name(run: Run, tmp_path: Path) -> None:
    def build(file: str, inside: dict[str, bytes]) -> None:
        assert file == "python-3.14.7-embed-arm64.zip"
        inside["_ssl.pyd"] = build_file("3.14.7", "amd64", DEFAULT, "_ssl.pyd")

    directory = changed_release(build, tmp_path / "in", "python-3.14.7-embed-arm64.zip")
    status, output = failed_release(run, directory, "--partial")
    assert status == 1
    assert output == [
        "python-3.14.7-embed-arm64.zip: _ssl.pyd: expected a binary for arm64, found one for x64 "
        "[error: SBM209 file-mismatch]"
    ]


def test_a_library_that_differs_between_artifacts_of_a_build_is_reported(
    run: Run, tmp_path: Path
) -> None:
    def build(file: str, inside: dict[str, bytes]) -> None:
        if file == "python.3.14.7.nupkg":
            inside["tools/DLLs/libssl-3.dll"] = pe(resource={"FileVersion": "3.5.7"})

    names = ("python.3.14.7.nupkg", "python-3.14.7-amd64.zip")
    directory = changed_release(build, tmp_path / "in", *names)
    words = ("--artifacts", directory, "--output", tmp_path / "out", *PARTIAL)
    status, _, err = run("release", *words)
    assert status == 0
    assert (
        "python.3.14.7.nupkg: libssl-3.dll: expected the same file as in python-3.14.7-amd64.zip, "
        "of the same build, found another [warning: SBM210 unexpected-build]" in err
    )


def test_a_nested_archive_that_cannot_be_opened_is_an_error(run: Run, tmp_path: Path) -> None:
    def blank(file: str, inside: dict[str, bytes]) -> None:
        assert file == "python-3.14.7-embed-amd64.zip"
        inside["python314.zip"] = b"no zip"

    directory = changed_release(blank, tmp_path / "in", "python-3.14.7-embed-amd64.zip")
    assert failed_release(run, directory, "--partial", "--attest") == (
        1,
        [
            "python-3.14.7-embed-amd64.zip: python314.zip: not a zip file "
            "[error: SBM211 unreadable-file]"
        ],
    )


@pytest.mark.parametrize("data", [b"text", b"MZ, and no PE header", b""])
def test_a_binary_that_cannot_be_read_is_the_same_error_in_every_verb(
    run: Run, tmp_path: Path, data: bytes
) -> None:
    """No document states what is in it, and none is attested."""

    def damage(_file: str, inside: dict[str, bytes]) -> None:
        inside |= dict.fromkeys(("python314.dll", "_bz2.pyd", "libssl-3.dll"), data)

    directory = changed_release(damage, tmp_path / "in", EMBED)
    status, output = failed_release(run, directory, "--partial", "--attest")
    assert status == 1
    verified, of_archive, _ = run("verify", directory / EMBED)
    layout = tmp_path / "layout"
    with zipfile.ZipFile(directory / EMBED) as archive:
        archive.extractall(layout)
    out = tmp_path / "out"
    words = ("--layout", layout, "--platform", "amd64", "--output", out, "--verbose")
    built, _, err = run("build", *words)
    assert (verified, built, out.exists()) == (1, 1, False)
    found = [
        {line.partition(": ")[2] for line in text if "[error: SBM211 unreadable-file]" in line}
        for text in (output, of_archive.splitlines(), err.splitlines())
    ]
    assert [len(lines) for lines in found] == [3, 3, 3]
    assert found[0] == found[1] == found[2]


def test_parts_that_state_no_more_than_the_manifest_change_nothing(
    run: Run, few: Path, tmp_path: Path
) -> None:
    assert run("build", "--output", tmp_path / "parts")[0] == 0
    flags = [
        word
        for part in sorted((tmp_path / "parts").glob("*.spdx.json"))
        if "arm64" not in part.name  # no artifact here is of that build
        for word in ("--platform-sbom", part)
    ]
    words = ("--artifacts", few, *PARTIAL, "--output")
    assert run("release", *words, tmp_path / "one")[0] == 0
    assert run("release", *words, tmp_path / "two", *flags)[0] == 0
    assert {p.name: p.read_bytes() for p in (tmp_path / "one").iterdir()} == {
        p.name: p.read_bytes() for p in (tmp_path / "two").iterdir()
    }


def test_each_wrong_name_in_the_directory_has_its_own_message(
    run: Run, artifacts: Path, tmp_path: Path
) -> None:
    directory = tmp_path / "in"
    shutil.copytree(artifacts, directory)
    (directory / "again").mkdir()
    shutil.copy(directory / "python-3.14.7.exe", directory / "again")
    (directory / "python-3.14.6.exe").write_bytes(b"MZ")
    (directory / "python-3.14.7-amd64.rar").write_bytes(b"x")
    (directory / "python-3.14.7-arm64-store.msix").unlink()
    (directory / "python.3.14.7.nupkg").unlink()
    (directory / "python-3.14.7.exe.asc").write_text("signature")
    _, output = failed_release(run, directory)
    assert [line.partition(" [")[0] for line in output] == [
        "python-3.14.6.exe: expected an artifact of CPython 3.14.7, found one of 3.14.6",
        "python-3.14.7-amd64.rar: unknown artifact: no channel publishes a file of this name",
        "python-3.14.7-arm64-store.msix: missing artifact: channel store publishes it",
        "python-3.14.7.exe: second artifact of this name: the first is again/python-3.14.7.exe",
        "python.3.14.7.nupkg: missing artifact: channel nuget publishes it",
    ]


def test_some_artifacts_are_a_release_only_with_partial(
    run: Run, artifacts: Path, tmp_path: Path
) -> None:
    directory = tmp_path / "in"
    directory.mkdir()
    shutil.copy(artifacts / "python-3.14.7-embed-amd64.zip", directory)
    assert failed_release(run, directory)[0] == 1
    words = ("--artifacts", directory, "--output", tmp_path / "out", UNPINNED, "--partial")
    assert run("release", *words)[0] == 0
    assert len(slice_paths(tmp_path / "out")) == 1


def test_a_directory_without_artifacts_is_not_a_release(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for partial in ([], ["--partial"]):  # that all of them are missing is one error, not thirty
        status, output = failed_release(run, tmp_path / "in", *partial)
        assert status == 1
        assert output == [
            f"{tmp_path / 'in'}: contains no artifact of CPython 3.14.7 "
            "[error: SBM703 no-artifacts]"
        ]


def test_an_msix_that_differs_from_the_one_in_its_upload_is_reported(
    run: Run, artifacts: Path, tmp_path: Path
) -> None:
    directory = tmp_path / "in"
    shutil.copytree(artifacts, directory)
    upload = directory / "python-3.14.7-amd64-store.msixupload"
    held = artifacts / "python-3.14.7-arm64-store.msix"
    upload.write_bytes(zipped({"python-3.14.7-amd64-store.msix": held.read_bytes()}))
    _, output = failed_release(run, directory)
    assert any(
        "expected the same file as python-3.14.7-amd64-store.msix, found another" in line
        for line in output
    )


def test_what_the_zip_of_a_build_shows_its_installer_states_too(
    run: Run, few: Path, tmp_path: Path
) -> None:
    directory = tmp_path / "in"
    shutil.copytree(few, directory)
    (directory / "python-3.14.7-amd64-store.msixupload").unlink()
    resource = {"CompanyName": "Microsoft Corporation", "FileVersion": "14.51.99999.0"}
    path = directory / "python-3.14.7-embed-amd64.zip"
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    contents |= dict.fromkeys(
        ("vcruntime140.dll", "vcruntime140_1.dll"), pe(resource=resource, signed=True)
    )
    path.write_bytes(zipped(contents))
    manifest = tmp_path / "externals.toml"
    text = MADE.read_text(encoding="utf-8")
    for name in ("vcruntime140.dll", "vcruntime140_1.dll"):
        text = text.replace(
            "[platform.",
            f"""[[exemption]]
diagnostic = "version-mismatch"
key = "{name}"
reason = "another runtime"

[platform.""",
            1,
        )
    manifest.write_text(text, encoding="utf-8")
    words = ("--manifest", manifest, "--artifacts", directory, *PARTIAL)
    status, _, err = run("release", *words, "--output", tmp_path / "out")
    assert status == 0, err
    for name in ("embed-amd64.zip", "amd64.exe"):
        data = read_json(tmp_path / f"out/python-3.14.7-{name}.spdx.json")
        assert "14.51.99999.0" in {package.get("versionInfo") for package in data["packages"]}
        [runtime] = [one for one in data["packages"] if "vcruntime" in one["SPDXID"]]
        assert runtime["versionInfo"] == "14.51.99999.0"


def test_an_exempted_component_in_two_variants_is_one_in_their_release(
    run: Run, tmp_path: Path
) -> None:
    """Both variants of a build hide the same zlib, in files of their own."""
    hidden = pe(resource={"ProductName": "Python"}, texts=[b"incorrect header check", b"1.2.11"])

    def hide(file: str, inside: dict[str, bytes]) -> None:
        names = {"python-3.14.7-amd64.zip": "_queue.pyd",
                 "python-3.14.7t-amd64.zip": "_queue.cp314t-win_amd64.pyd"}  # fmt: skip
        if file in names:
            inside[f"DLLs/{names[file]}"] = hidden

    directory = changed_release(
        hide,
        tmp_path / "in",
        "python-3.14.7-amd64.zip",
        "python-3.14.7t-amd64.zip",
        "python-3.14.7-amd64.exe",
    )
    status, output = failed_release(run, directory, "--partial")
    assert (status, len(output)) == (1, 2)
    assert all("undeclared component: found zlib 1.2.11" in line for line in output)
    manifest = tmp_path / "externals.toml"
    exemptions = "".join(
        f'\n[[exemption]]\ndiagnostic = "undeclared-component"\nkey = "DLLs/{name}"\n'
        'reason = "known"\n'
        for name in ("_queue.pyd", "_queue.cp314t-win_amd64.pyd")
    )
    manifest.write_text(MADE.read_text("utf-8") + exemptions, "utf-8")
    out = tmp_path / "out"
    words = ("--manifest", manifest, "--artifacts", directory, "--output", out, *PARTIAL)
    status, _, err = run("release", *words)
    assert status == 0, err
    whole = read_json(out / "python-3.14.7-windows.spdx.json")
    [found] = [
        one for one in whole["packages"] if (one["name"], one["versionInfo"]) == ("zlib", "1.2.11")
    ]
    linked = {
        one["spdxElementId"]
        for one in whole["relationships"]
        if one["relatedSpdxElement"] == found["SPDXID"]
    }
    assert {id_ for id_ in linked if "Artifact" in id_} >= {
        "SPDXRef-Artifact-python-3.14.7-amd64.zip",
        "SPDXRef-Artifact-python-3.14.7t-amd64.zip",
    }
    # What the zip shows of its build is true of the installer that was not opened.
    installer = component_names(read_json(out / "python-3.14.7-amd64.exe.spdx.json"))
    assert "zlib" in installer


def test_artifacts_that_show_different_versions_say_nothing_of_an_installer(
    run: Run, tmp_path: Path
) -> None:
    shown = {"python-3.14.7-amd64.zip": "3.5.7", "python-3.14.7-embed-amd64.zip": "3.5.6"}

    def show(file: str, inside: dict[str, bytes]) -> None:
        if version := shown.get(file):
            prefix = "" if "embed" in file else "DLLs/"
            for name in ("libcrypto-3.dll", "libssl-3.dll"):
                inside[f"{prefix}{name}"] = pe(
                    texts=[f"OpenSSL {version} 9 Jun 2026".encode()],
                    resource={"FileVersion": version, "CompanyName": "The OpenSSL Project"},
                )

    directory = changed_release(show, tmp_path / "in", *shown)
    (directory / "python-3.14.7-amd64.exe").write_bytes(web_installer())
    manifest = tmp_path / "externals.toml"
    exemption = "".join(
        f"""
[[exemption]]
diagnostic = "version-mismatch"
key = "{name}"
artifacts = ["python-*-embed-*.zip"]
reason = "known"
"""
        for name in ("libcrypto-3.dll", "libssl-3.dll")
    )
    manifest.write_text(MADE.read_text("utf-8") + exemption, "utf-8")
    words = ("--manifest", manifest, "--artifacts", directory, *PARTIAL)
    status, _, err = run("release", *words, "--output", tmp_path / "out")
    assert status == 0, err
    for name, version in {**shown, "python-3.14.7-amd64.exe": "3.5.7"}.items():
        data = read_json(tmp_path / f"out/{name}.spdx.json")
        found = [one["versionInfo"] for one in data["packages"] if one["name"] == "openssl"]
        assert found == [version], name


def test_a_layout_is_compared_with_the_artifacts_of_its_build(run: Run, tmp_path: Path) -> None:
    directory = changed_release(lambda _file, _inside: None, tmp_path / "in", EMBED)
    layout = tmp_path / "layout"
    for name, data in contents_of("3.14.7", artifact_of("python-3.14.7-amd64.zip")).items():
        (layout / name).parent.mkdir(parents=True, exist_ok=True)
        other = build_file("3.14.7", "amd64", "another", "_bz2.pyd")
        (layout / name).write_bytes(other if name.endswith("_bz2.pyd") else data)
    words = ("--artifacts", directory, "--layout", f"amd64={layout}", *PARTIAL)
    _, _, err = run("release", *words, "--output", tmp_path / "out")
    assert (
        f"{EMBED}: _bz2.pyd: expected the same file as in the layout of amd64, of the same build, "
        "found another [warning: SBM210 unexpected-build]"
    ) in err


EMBED = "python-3.14.7-embed-amd64.zip"


def artifact_of(file: str) -> Artifact:
    cpython = committed().cpython
    artifacts = expected_artifacts(committed().channels, cpython.version, cpython.line)
    [found] = [one for one in artifacts if one.file == file]
    return found
