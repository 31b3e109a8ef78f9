"""Releases: what is in each artifact decides, and every slice is the whole's own."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from manifests import COMMITTED, committed, entry_of, regenerated, script_of
from releases import make_release, zipped

from sbom.cli import main
from sbom.diagnostics import Diagnostic
from sbom.manifest.model import Manifest
from sbom.manifest.read import read_manifest
from sbom.validation.runner import validate_document

EPOCH = "1782000000"
LOUD = "--allow-unpinned"
SOME = (LOUD, "--partial")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)

    def run(verb: str, *words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        manifest = () if "--manifest" in words else ("--manifest", COMMITTED)
        status = main([verb, *map(str, (*manifest, *words))])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture(scope="session")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("artifacts")
    assert len(make_release(folder, committed())) == 30
    return folder


@pytest.fixture(scope="session")
def few(artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some artifacts, one of each form, for what does not depend on how many there are."""
    folder = tmp_path_factory.mktemp("few")
    for name in ("embed-amd64.zip", "embed-win32.zip", "amd64.exe", "amd64-store.msixupload"):
        shutil.copy(artifacts / f"python-3.14.7-{name}", folder)
    shutil.copy(artifacts / "python-3.14.7.exe", folder)
    return folder


@pytest.fixture(scope="session")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest of 3.13.5, as somebody would make it for that branch."""
    text = COMMITTED.read_text(encoding="utf-8")
    path = tmp_path_factory.mktemp("older") / "externals.toml"
    # The newest script of that line in the facts; which tags it names is not what this is about.
    path.write_text(regenerated(text, script_of(entry_of("3.13.0rc2")), "3.13.5"), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def released(artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("released")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", EPOCH)
        words = ["--artifacts", str(artifacts), "--output", str(out), LOUD]
        assert main(["release", "--manifest", str(COMMITTED), *words]) == 0
    return out


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def names(data: dict[str, Any]) -> set[str]:
    return {package["name"] for package in data["packages"]}


def violations(path: Path) -> list[Diagnostic]:
    """Return what any validator reports of a document, fsct3-min apart, which is noted."""
    return [
        diagnostic
        for result in validate_document(path).results
        if not result.notes
        for diagnostic in result.diagnostics
    ]


def slices(folder: Path) -> list[Path]:
    return [p for p in sorted(folder.glob("*.spdx.json")) if "-windows." not in p.name]


# What comes out.


def test_every_artifact_has_a_slice_that_is_the_wholes_own(released: Path) -> None:
    whole = read(released / "python-3.14.7-windows.spdx.json")
    elements = {e["SPDXID"]: e for key in ("packages", "files") for e in whole[key]}
    relations = [json.dumps(relation) for relation in whole["relationships"]]
    assert len(set(relations)) == len(relations)
    assert len(slices(released)) == 30
    for path in slices(released):
        data = read(path)
        for element in (*data["packages"], *data["files"]):
            assert element == elements[element["SPDXID"]]
        own = {json.dumps(relation) for relation in data["relationships"]} - set(relations)
        [described] = (json.loads(relation) for relation in own)
        assert described["relationshipType"] == "DESCRIBES"
        root = elements[described["relatedSpdxElement"]]
        assert f"{root['packageFileName']}.spdx.json" == path.name


def test_a_slice_holds_what_is_reachable_and_no_more(released: Path) -> None:
    for path in slices(released):
        data = read(path)
        ends: dict[str, set[str]] = {}
        for relation in data["relationships"]:
            ends.setdefault(relation["spdxElementId"], set()).add(relation["relatedSpdxElement"])
        reached, waiting = {"SPDXRef-DOCUMENT"}, ["SPDXRef-DOCUMENT"]
        while waiting:
            new = ends.get(waiting.pop(), set()) - reached
            reached |= new
            waiting += new
        assert {e["SPDXID"] for k in ("packages", "files") for e in data[k]} <= reached


def test_each_slice_has_the_namespace_of_its_download(released: Path) -> None:
    spaces = {path.name: read(path)["documentNamespace"] for path in slices(released)}
    assert len(set(spaces.values())) == 30
    python = "https://www.python.org/ftp/python/3.14.7/"
    assert spaces["python-3.14.7-amd64.exe.spdx.json"] == (
        f"{python}python-3.14.7-amd64.exe.spdx.json"
    )
    assert spaces["pythonx86.3.14.7.nupkg.spdx.json"] == (
        "https://www.nuget.org/api/v2/package/pythonx86/3.14.7.spdx.json"
    )


@pytest.mark.parametrize(
    ("artifact", "there", "absent"),
    [
        ("python-3.14.7-embed-amd64.zip", {"openssl", "macholib"}, {"tcl", "tk", "pip", "zlib"}),
        ("python-3.14.7-embeddable-win32.zip", {"openssl"}, {"tcl", "pip", "libtommath"}),
        ("python.3.14.7.nupkg", {"pip", "certifi", "sqlite"}, {"tcl", "tk", "libtommath", "zlib"}),
        ("python-freethreaded.3.14.7.nupkg", {"pip", "zlib-ng"}, {"tcl", "tk", "llvm"}),
        ("python-3.14.7-amd64.zip", {"tcl", "tk", "zlib", "libtommath", "pip"}, set()),
        ("python-3.14.7t-arm64.zip", {"tcl", "openssl"}, {"llvm"}),
        ("python-3.14.7-amd64-store.msixupload", {"tcl", "pip"}, set()),
        ("python-3.14.7-arm64.exe", {"tcl", "wix", "pip"}, set()),
    ],
)
def test_each_channel_has_what_it_ships(
    released: Path, artifact: str, there: set[str], absent: set[str]
) -> None:
    found = names(read(released / f"{artifact}.spdx.json"))
    assert there <= found
    assert not absent & found
    assert "python" in found


def test_nuget_packages_have_their_own_purls(released: Path) -> None:
    purls = set()
    for path in released.glob("*.nupkg.spdx.json"):
        for package in read(path)["packages"]:
            for reference in package.get("externalRefs", []):
                if reference["referenceLocator"].startswith("pkg:nuget/"):
                    purls.add(reference["referenceLocator"])
    assert purls == {
        f"pkg:nuget/python{bits}{threads}@3.14.7"
        for bits in ("", "x86", "arm64")
        for threads in ("", "-freethreaded")
    }


def test_every_member_is_a_file_with_its_digests_and_its_owner(
    released: Path, artifacts: Path
) -> None:
    data = read(released / "python-3.14.7-embed-arm64.zip.spdx.json")
    files = {file["fileName"]: file for file in data["files"]}
    library = files["./libcrypto-3-arm64.dll"]
    content = b"arm64 default libcrypto-3-arm64.dll\n" * 3
    sums = {one["algorithm"]: one["checksumValue"] for one in library["checksums"]}
    assert sums["SHA1"] == hashlib.sha1(content, usedforsecurity=False).hexdigest()
    assert sums["SHA512"] == hashlib.sha512(content).hexdigest()
    tied = {
        (r["spdxElementId"], r["relationshipType"], r["relatedSpdxElement"])
        for r in data["relationships"]
    }
    assert (library["SPDXID"], "OTHER", "SPDXRef-openssl") in tied
    decimal = files["./_decimal.pyd"]
    assert (decimal["SPDXID"], "STATIC_LINK", "SPDXRef-mpdecimal") in tied
    [root] = (p for p in data["packages"] if p.get("packageFileName", "").endswith("arm64.zip"))
    sha1s = sorted(
        one["checksumValue"]
        for file in data["files"]
        for one in file["checksums"]
        if one["algorithm"] == "SHA1"
    )
    code = hashlib.sha1("".join(sha1s).encode(), usedforsecurity=False).hexdigest()
    assert root["packageVerificationCode"]["packageVerificationCodeValue"] == code
    digests = {one["algorithm"]: one["checksumValue"] for one in root["checksums"]}
    whole = (artifacts / "python-3.14.7-embed-arm64.zip").read_bytes()
    assert digests["SHA256"] == hashlib.sha256(whole).hexdigest()


def test_validators_accept_the_release_document_and_slices_of_every_form(released: Path) -> None:
    pytest.importorskip("ntia_conformance_checker", reason="is in the group 'validation'")
    chosen = ["windows", "embed-win32.zip", "amd64.exe", "python.3.14.7.nupkg", "store.msixupload"]
    paths = [p for p in sorted(released.glob("*.spdx.json")) if any(c in p.name for c in chosen)]
    for path in paths:
        assert violations(path) == [], path.name


def test_sums_and_index_name_everything(released: Path) -> None:
    rows = [line.split(" *") for line in (released / "SHA256SUMS").read_text().splitlines()]
    sums = {name: digest for digest, name in rows}
    there = {path.name for path in released.iterdir()} - {"SHA256SUMS"}
    assert sums.keys() == there
    for name, digest in sums.items():
        assert hashlib.sha256((released / name).read_bytes()).hexdigest() == digest
    index = read(released / "sbom-index.json")
    assert len(index["artifacts"]) == 30
    sources = {row["file"]: row["described-from"] for row in index["artifacts"]}
    assert sources["python-3.14.7-amd64.exe"] == "manifest"
    assert sources["python-3.14.7-amd64.zip"] == "members"


def test_a_release_of_an_older_line_is_described_too(run: Run, older: Path, tmp_path: Path) -> None:
    manifest = read_manifest(older.read_text(encoding="utf-8"))
    assert len(make_release(tmp_path / "in", manifest)) == 30
    words = ("--artifacts", tmp_path / "in", "--output", tmp_path / "out", LOUD)
    status, out, err = run("release", "--manifest", older, *words)
    assert (status, "error" in err) == (0, False), out + err
    found = names(read(tmp_path / "out/python-3.13.5-embed-amd64.zip.spdx.json"))
    assert "zlib" in found
    assert not {"tcl", "tk", "pip"} & found
    comments = {
        relation["relatedSpdxElement"]: relation.get("comment")
        for relation in read(tmp_path / "out/python.3.13.5.nupkg.spdx.json")["relationships"]
        if relation["relationshipType"] == "STATIC_LINK" and "comment" in relation
    }
    assert "Linked into python313.dll." in comments.values()


def test_a_run_again_changes_nothing_and_another_release_is_refused(
    run: Run, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, out = tmp_path / "in", tmp_path / "out"
    shutil.copytree(few, inside)
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    words = ("--artifacts", inside, "--output", out, *SOME)
    assert run("release", *words)[0] == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    status, told, _ = run("release", *words)
    assert status == 0
    assert "is up to date" in told
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    (inside / "python-3.14.7.exe").write_bytes(b"MZ another")
    status, _, told = run("release", *words)
    assert status == 1
    assert "already exists, written by another release run" in told
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert run("release", *words, "--replace")[0] == 0


def test_without_the_flag_nothing_unpinned_is_released(run: Run, few: Path, tmp_path: Path) -> None:
    status, _, told = run("release", "--artifacts", few, "--output", tmp_path / "out", "--partial")
    assert status == 1
    assert "[error: SBM308 missing-checksum]" in told
    assert not (tmp_path / "out").exists()


def test_what_is_unpinned_is_loud_and_in_the_document(run: Run, few: Path, tmp_path: Path) -> None:
    words = ("--artifacts", few, "--output", tmp_path, *SOME)
    assert "RELEASED UNPINNED" in run("release", *words)[2]
    comment = read(tmp_path / "python-3.14.7-windows.spdx.json")["creationInfo"]["comment"]
    assert "Released with --allow-unpinned" in comment
    assert "binary.openssl-bin" in comment


# What is wrong.


def wrong(
    run: Run, folder: Path, *more: object, manifest: Path = COMMITTED
) -> tuple[int, list[str]]:
    """Return exit status and problems of a release that must not be written."""
    out = folder.parent / "never"
    words = ("--manifest", manifest, "--artifacts", folder, "--output", out, LOUD, *more)
    status, _, err = run("release", *words)
    assert not out.exists()
    lines = err.splitlines()
    return status, [line for line in lines if "[error" in line]


def changed(change: Callable[[str, dict[str, bytes]], None], folder: Path) -> Path:
    make_release(folder, committed(), change, msix=False)
    return folder


def test_what_slips_past_a_filter_is_told_by_name_until_somebody_accepts_it(
    run: Run, tmp_path: Path
) -> None:
    def slip(file: str, inside: dict[str, bytes]) -> None:
        if "embed-amd64" in file:
            inside["libtommath.dll"] = b"x"

    folder = changed(slip, tmp_path / "in")
    status, told = wrong(run, folder)
    assert status == 1
    assert told == [
        "python-3.14.7-embed-amd64.zip: libtommath.dll: is there, and its channel leaves it out; "
        "it is of libtommath 1.3.0 [error: SBM206 excluded-component]"
    ]
    manifest = tmp_path / "externals.toml"
    exemption = "excluded-component"
    accepted = (
        f'\n[[exemption]]\ndiagnostic = "{exemption}"\nkey = "libtommath.dll"\nreason = "a bug"\n'
    )
    manifest.write_text(COMMITTED.read_text(encoding="utf-8") + accepted, encoding="utf-8")
    words = ("--artifacts", folder, "--output", tmp_path / "out", LOUD)
    status, out, _ = run("release", "--manifest", manifest, *words)
    assert status == 0
    assert "[exempted: excluded-component]" in out
    found = names(read(tmp_path / "out/python-3.14.7-embed-amd64.zip.spdx.json"))
    assert "libtommath" in found


@pytest.mark.parametrize(
    "member", ["evil.dll", "DLLs/evil.pyd", "Lib/evil.exe", "Lib/site-packages/x/y.py", "a.bin"]
)
def test_a_planted_stranger_is_found_by_name(run: Run, tmp_path: Path, member: str) -> None:
    def plant(file: str, inside: dict[str, bytes]) -> None:
        if file == "python-3.14.7-arm64.zip":
            inside[member] = b"MZ"

    status, told = wrong(run, changed(plant, tmp_path / "in"))
    assert status == 1
    [line] = told
    assert line.startswith(f"python-3.14.7-arm64.zip: {member}: is nobody's")


@pytest.mark.parametrize("member", ["libssl-3.dll", "_bz2.pyd", "sqlite3.dll", "vcruntime140.dll"])
def test_a_missing_member_is_found_by_name(run: Run, tmp_path: Path, member: str) -> None:
    def lose(file: str, inside: dict[str, bytes]) -> None:
        if file == "python-3.14.7-embed-amd64.zip":
            del inside[member]

    status, told = wrong(run, changed(lose, tmp_path / "in"))
    assert status == 1
    assert all(line.startswith(f"python-3.14.7-embed-amd64.zip: {member}: ") for line in told)
    assert told


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
def test_swapped_artifacts_are_found_by_name(
    run: Run, artifacts: Path, tmp_path: Path, one: str, other: str
) -> None:
    folder = tmp_path / "in"
    shutil.copytree(artifacts, folder)
    (folder / one).write_bytes((artifacts / other).read_bytes())
    (folder / other).write_bytes((artifacts / one).read_bytes())
    status, told = wrong(run, folder)
    assert status == 1
    assert {line.partition(": ")[0] for line in told} & {one, other}


def test_a_module_for_another_machine_is_found_by_name(run: Run, tmp_path: Path) -> None:
    header = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0"

    def build(file: str, inside: dict[str, bytes]) -> None:
        if file == "python-3.14.7-embed-arm64.zip":
            inside["_ssl.pyd"] = header + (0x8664).to_bytes(2, "little") + bytes(64)

    status, told = wrong(run, changed(build, tmp_path / "in"))
    assert status == 1
    assert told == [
        "python-3.14.7-embed-arm64.zip: _ssl.pyd: is built for x64, and the artifact for arm64 "
        "[error: SBM209 file-mismatch]"
    ]


def test_a_library_that_differs_between_artifacts_of_a_build_is_told(
    run: Run, tmp_path: Path
) -> None:
    def build(file: str, inside: dict[str, bytes]) -> None:
        if file == "python.3.14.7.nupkg":
            inside["tools/DLLs/libssl-3.dll"] = b"another build"

    folder = changed(build, tmp_path / "in")
    status, _, err = run("release", "--artifacts", folder, "--output", tmp_path / "out", LOUD)
    assert status == 0
    assert (
        "python.3.14.7.nupkg: libssl-3.dll: is another file than in python-3.14.7-amd64.zip, "
        "which is of the same build [warning: SBM210 unexpected-build]" in err
    )


def test_a_library_that_is_no_zip_is_told_and_taken_as_it_should_be(
    run: Run, tmp_path: Path
) -> None:
    def blank(file: str, inside: dict[str, bytes]) -> None:
        if file == "python-3.14.7-embed-amd64.zip":
            inside["python314.zip"] = b"no zip"

    folder = changed(blank, tmp_path / "in")
    status, _, err = run("release", "--artifacts", folder, "--output", tmp_path / "out", LOUD)
    assert status == 0
    assert "python-3.14.7-embed-amd64.zip: python314.zip: is no zip file" in err
    found = names(read(tmp_path / "out/python-3.14.7-embed-amd64.zip.spdx.json"))
    assert "macholib" in found
    assert "pip" not in found


def test_parts_that_say_no_more_than_the_manifest_change_nothing(
    run: Run, few: Path, tmp_path: Path
) -> None:
    assert run("build", "--output", tmp_path / "parts")[0] == 0
    flags = [
        word
        for part in sorted((tmp_path / "parts").iterdir())
        if "arm64" not in part.name  # no artifact here is of that build
        for word in ("--platform-sbom", part)
    ]
    words = ("--artifacts", few, *SOME, "--output")
    assert run("release", *words, tmp_path / "one")[0] == 0
    assert run("release", *words, tmp_path / "two", *flags)[0] == 0
    assert {p.name: p.read_bytes() for p in (tmp_path / "one").iterdir()} == {
        p.name: p.read_bytes() for p in (tmp_path / "two").iterdir()
    }


def test_names_in_the_folder_each_have_their_own_message(
    run: Run, artifacts: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    shutil.copytree(artifacts, folder)
    (folder / "again").mkdir()
    shutil.copy(folder / "python-3.14.7.exe", folder / "again")
    (folder / "python-3.14.6.exe").write_bytes(b"MZ")
    (folder / "python-3.14.7-amd64.rar").write_bytes(b"x")
    (folder / "python-3.14.7-arm64-store.msix").unlink()
    (folder / "python.3.14.7.nupkg").unlink()
    (folder / "python-3.14.7.exe.asc").write_text("signature")
    _, told = wrong(run, folder)
    assert [line.partition(" [")[0] for line in told] == [
        "python-3.14.6.exe: expected an artifact of CPython 3.14.7, found one of 3.14.6",
        "python-3.14.7-amd64.rar: unknown artifact: no channel publishes a file of this name",
        "python-3.14.7-arm64-store.msix: missing artifact: channel store publishes it",
        "python-3.14.7.exe: second artifact of this name: the first is again/python-3.14.7.exe",
        "python.3.14.7.nupkg: missing artifact: channel nuget publishes it",
    ]


def test_a_part_of_a_release_is_one_only_where_that_is_said(
    run: Run, artifacts: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(artifacts / "python-3.14.7-embed-amd64.zip", folder)
    assert wrong(run, folder)[0] == 1
    words = ("--artifacts", folder, "--output", tmp_path / "out", LOUD, "--partial")
    assert run("release", *words)[0] == 0
    assert len(slices(tmp_path / "out")) == 1


def test_a_folder_without_artifacts_is_no_release(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    status, told = wrong(run, tmp_path / "in", "--partial")
    assert status == 1
    assert told == [
        "--artifacts: the directory contains no artifact of this release "
        "[error: SBM703 no-artifacts]"
    ]


def test_an_msix_that_is_not_the_one_in_its_upload_is_told(
    run: Run, artifacts: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    shutil.copytree(artifacts, folder)
    upload = folder / "python-3.14.7-amd64-store.msixupload"
    held = artifacts / "python-3.14.7-arm64-store.msix"
    upload.write_bytes(zipped({"python-3.14.7-amd64-store.msix": held.read_bytes()}))
    _, told = wrong(run, folder)
    assert any("is another file than python-3.14.7-amd64-store.msix" in line for line in told)


# Parts built elsewhere.


def layout(folder: Path, platform: str, manifest: Manifest) -> Path:
    """Make a layout as PC/layout does for PyManager, with the library's files in it."""
    from releases import members  # noqa: PLC0415

    for name in members(manifest.cpython.version)[platform, "pymanager-test"]:
        if name != "__install__.json":
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"{platform} default {path.name}\n".encode() * 3)
    return folder


def test_an_installer_is_described_from_a_layout_or_from_the_part_made_of_it(
    run: Run, few: Path, tmp_path: Path
) -> None:
    place = layout(tmp_path / "amd64", "amd64", committed())
    status, _, err = run(
        "build", "--platform", "amd64", "--layout", place, "--output", tmp_path / "part"
    )
    assert status == 0, err
    part = tmp_path / "part/python-3.14.7-amd64.spdx.json"
    words = ("--artifacts", few, *SOME, "--output")
    assert run("release", *words, tmp_path / "one", "--layout", f"amd64={place}")[0] == 0
    assert run("release", *words, tmp_path / "two", "--platform-sbom", part)[0] == 0
    assert {p.name: p.read_bytes() for p in (tmp_path / "one").iterdir()} == {
        p.name: p.read_bytes() for p in (tmp_path / "two").iterdir()
    }
    data = read(tmp_path / "one/python-3.14.7-amd64.exe.spdx.json")
    assert "./DLLs/tcl90.dll" in {file["fileName"] for file in data["files"]}
    embed = read(tmp_path / "one/python-3.14.7-embed-amd64.zip.spdx.json")
    assert "./DLLs/tcl90.dll" not in {file["fileName"] for file in embed["files"]}


def test_twelve_builds_merge_to_the_same_bytes_in_any_order(
    run: Run, few: Path, tmp_path: Path
) -> None:
    parts = []
    for variant in ("default", "debug", "free-threaded", "free-threaded-debug"):
        out = tmp_path / "parts"
        assert run("build", "--variant", variant, "--output", out)[0] == 0
        parts = sorted(out.iterdir())
    assert len(parts) == 12
    results = []
    for n, order in enumerate((parts, parts[::-1], parts[5:] + parts[:5])):
        flags = [word for part in order for word in ("--platform-sbom", part)]
        out = tmp_path / f"out{n}"
        assert run("release", "--artifacts", few, "--output", out, *SOME, *flags)[0] == 0
        results.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert results[0] == results[1] == results[2]
    whole = json.loads(results[0]["python-3.14.7-windows.spdx.json"])
    assert {"python-amd64-debug", "python-win32-free-threaded-debug"} <= names(whole)
    assert violations(tmp_path / "out0/python-3.14.7-windows.spdx.json") == []


def test_parts_that_disagree_are_told(run: Run, few: Path, tmp_path: Path) -> None:
    assert run("build", "--output", tmp_path / "parts")[0] == 0
    parts = sorted((tmp_path / "parts").iterdir())
    text = (
        parts[0].read_text(encoding="utf-8").replace('"versionInfo": "1.0.8"', '"versionInfo": "9"')
    )
    parts[0].write_text(text, encoding="utf-8")
    flags = [word for part in parts for word in ("--platform-sbom", part)]
    status, told = wrong(run, few, "--partial", *flags)
    assert status == 1
    assert any("bzip2: differs from component bzip2 of build amd64" in t for t in told)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("no json", "is not JSON"),
        ("{}", "is not an SPDX 2.3 document"),
        ('{"spdxVersion": "SPDX-2.3", "name": "x"}', "is not the SBOM of a build"),
        ('{"spdxVersion": "SPDX-2.3", "name": "python-3.14.7-amd64"}', "is not the SBOM of"),
    ],
)
def test_a_part_that_is_none_is_refused(
    run: Run, few: Path, tmp_path: Path, content: str, sentence: str
) -> None:
    part = tmp_path / "part.json"
    part.write_text(content)
    status, told = wrong(run, few, "--partial", "--platform-sbom", part)
    assert status == 2
    assert sentence in told[0]


# From outside.


@pytest.fixture
def place(released: Path, artifacts: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "published"
    shutil.copytree(artifacts, folder)
    for path in released.iterdir():
        shutil.copy(path, folder)
    return folder


def test_a_published_folder_agrees_with_itself(run: Run, place: Path) -> None:
    status, out, _ = run("release", "--check", "--artifacts", place)
    assert (status, out.splitlines()[-1].partition(": ")[2]) == (
        0,
        "30 artifacts, 33 documents, no errors",
    )


def edit_slice(folder: Path) -> None:
    path = folder / "python-3.14.7-embed-amd64.zip.spdx.json"
    data = read(path)
    data["packages"][0]["versionInfo"] = "6.6.6"
    path.write_text(json.dumps(data))
    index = folder / "sbom-index.json"
    rows = read(index)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    for row in rows["artifacts"]:
        if row["sbom"]["file"] == path.name:
            row["sbom"]["sha256"] = digest
    index.write_text(json.dumps(rows))


@pytest.mark.parametrize(
    ("harm", "file", "sentence"),
    [
        (
            lambda f: (f / "python-3.14.7.exe").write_bytes(b"MZ other"),
            "python-3.14.7.exe",
            "differs from the sha256 that its SBOM describes",
        ),
        (
            lambda f: (f / "python-3.14.7.exe").unlink(),
            "python-3.14.7.exe",
            "is missing, but named by the index",
        ),
        (
            lambda f: (f / "python-3.14.7.exe.spdx.json").unlink(),
            "python-3.14.7.exe",
            "has no SBOM",
        ),
        (
            lambda f: (f / "SHA256SUMS").write_text("0" * 64 + " *sbom-index.json\n"),
            "sbom-index.json",
            "differs from its SHA-256 in SHA256SUMS",
        ),
        (
            edit_slice,
            "python-3.14.7-embed-amd64.zip.spdx.json",
            "is not a slice of",
        ),
        (
            lambda f: (f / "sbom-index.json").write_text("{"),
            "sbom-index.json",
            "is not the index of a release",
        ),
        (
            lambda f: (f / "python-3.14.6.exe").write_bytes(b"MZ"),
            "python-3.14.6.exe",
            "expected an artifact of CPython 3.14.7, found one of 3.14.6",
        ),
    ],
    ids=["swapped", "gone", "without", "sums", "slice", "index", "stranger"],
)
def test_each_harm_to_a_published_folder_is_found(
    run: Run, place: Path, harm: Callable[[Path], object], file: str, sentence: str
) -> None:
    harm(place)
    status, out, _ = run("release", "--check", "--artifacts", place)
    assert status == 1
    assert any(line.startswith(f"{file}: ") and sentence in line for line in out.splitlines()), out


def test_documents_beside_the_artifacts_are_checked_where_they_lie(
    run: Run, few: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    (folder / "amd64").mkdir(parents=True)
    for path in few.iterdir():
        shutil.copy(path, folder / "amd64" if "amd64" in path.name else folder)
    assert run("release", "--artifacts", folder, "--in-place", *SOME)[0] == 0
    assert (folder / "amd64/python-3.14.7-amd64.exe.spdx.json").is_file()
    sums = (folder / "SHA256SUMS").read_text()
    assert " *amd64/python-3.14.7-amd64.exe\n" in sums
    assert run("release", "--check", "--artifacts", folder)[0] == 0
    assert "is up to date" in run("release", "--artifacts", folder, "--in-place", *SOME)[1]
