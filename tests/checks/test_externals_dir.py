"""What was really pulled is what is described: intact, patched, damaged, missing or strange."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from manifests import COMMITTED, committed
from msgspec import structs

from sbom.checks.pulled import ExternalsDir, Integrity, inspect_externals_dir
from sbom.cli import main
from sbom.diagnostics import SbomError
from sbom.files.hashing import HashedFile, hash_folder, verification_code
from sbom.manifest.external_key import parse_external_key
from sbom.manifest.model import Manifest, Pin

ZLIB = {"zlib-ng.h": b"ng", "deflate.c": b"deflate", "doc/algorithm.txt": b"text"}
SOURCE = {"configure": b"#!/bin/sh", "src/ffi.c": b"ffi"}
BINARY = {"amd64/libffi-8.dll": b"MZ", "include/ffi.h": b"header"}


def sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def code(contents: Mapping[str, bytes]) -> str:
    return verification_code([sha1(data) for data in contents.values()])


def manifest_of(codes: Mapping[str, str]) -> Manifest:
    """Return the committed manifest with these verification codes and no others."""
    pins = tuple(
        structs.replace(pin, verification_code=codes.get(str(pin.key), ""))
        for pin in committed().pins
    )
    return replace(committed(), pins=pins)


MANIFEST = manifest_of(
    {
        "source.zlib-ng": code(ZLIB),
        "source.libffi": code(SOURCE),
        "binary.libffi": code(BINARY),
    }
)


def hashed(contents: Mapping[str, bytes]) -> tuple[HashedFile, ...]:
    return tuple(HashedFile(path, len(data), (sha1(data),)) for path, data in contents.items())


def looked(
    folders: Mapping[str, Mapping[str, bytes]], archives: Mapping[str, Mapping[str, bytes]]
) -> ExternalsDir:
    def contents(pin: Pin) -> Mapping[str, str] | None:
        if str(pin.key) not in archives:
            return None
        return {path: sha1(data) for path, data in archives[str(pin.key)].items()}

    files = {name: hashed(some) for name, some in folders.items()}
    return inspect_externals_dir(files, MANIFEST, contents, "externals")


def test_what_fits_its_verification_code_is_intact() -> None:
    pull = looked({"zlib-ng-2.2.4": ZLIB}, {})
    assert [(str(one.pin.key), one.state) for one in pull.found] == [
        ("source.zlib-ng", Integrity.INTACT)
    ]


def test_what_a_build_leaves_behind_is_told_apart() -> None:
    built = {**ZLIB, "deflate.obj": b"object", "x64/Release/zlib.log": b"log"}
    assert looked({"zlib-ng-2.2.4": built}, {}).found[0].state is Integrity.INTACT


def test_one_byte_changed_one_file_gone_and_one_added_are_each_named() -> None:
    patched = {"zlib-ng.h": b"nG", "doc/algorithm.txt": b"text", "evil.c": b"!", "a.obj": b""}
    pull = looked({"zlib-ng-2.2.4": patched}, {"source.zlib-ng": ZLIB})
    [one] = pull.found
    assert (one.state, one.changed, one.missing, one.added) == (
        Integrity.MODIFIED,
        ("zlib-ng.h",),
        ("deflate.c",),
        ("evil.c",),
    )
    assert str(pull.problems[0]) == (
        "externals/zlib-ng-2.2.4: is not zlib-ng-2.2.4 as it was pulled: "
        "1 changed (zlib-ng.h), 1 missing (deflate.c), 1 added (evil.c)"
    )


def test_a_name_that_is_no_text_is_shown_as_one_line_of_it() -> None:
    pull = looked(
        {"zlib-ng-2.2.4": {**ZLIB, "bad\udcff\n::error::.c": b"!"}}, {"source.zlib-ng": ZLIB}
    )
    assert "1 added (bad\\udcff\\n::error::.c)" in str(pull.problems[0])


def test_without_the_archive_a_change_is_found_though_not_named() -> None:
    pull = looked({"zlib-ng-2.2.4": {**ZLIB, "zlib-ng.h": b"nG"}}, {})
    assert pull.found[0].state is Integrity.MODIFIED
    assert "its files are not those of the archive" in str(pull.problems[0])


@pytest.mark.parametrize(
    ("contents", "key"), [(SOURCE, "source.libffi"), (BINARY, "binary.libffi")]
)
def test_source_or_binary_of_one_tag_is_decided_by_contents(
    contents: dict[str, bytes], key: str
) -> None:
    assert looked({"libffi-3.4.4": contents}, {}).found[0].pin.key == parse_external_key(key)


def test_a_patched_one_of_two_is_the_one_that_shares_most_files() -> None:
    archives = {"source.libffi": SOURCE, "binary.libffi": BINARY}
    pull = looked({"libffi-3.4.4": {**BINARY, "include/ffi.h": b"patched"}}, archives)
    assert (str(pull.found[0].pin.key), pull.found[0].changed) == (
        "binary.libffi",
        ("include/ffi.h",),
    )


def test_a_patched_one_of_two_is_never_guessed_without_the_archives() -> None:
    pull = looked({"libffi-3.4.4": {**BINARY, "include/ffi.h": b"patched"}}, {})
    assert pull.found == ()
    assert "nothing at hand tells which" in str(pull.problems[0])


def test_an_external_without_a_known_code_is_not_called_intact() -> None:
    assert looked({"xz-5.2.5": {"a": b"a"}}, {}).found[0].state is Integrity.UNVERIFIED


def test_a_folder_that_no_manifest_knows_is_a_problem_with_what_it_does_know() -> None:
    pull = looked({"zlib-ng-2.1.0": {}, "strange": {}, "zips": {}}, {})
    assert [str(p) for p in pull.problems if p.code == "stranger"] == [
        "externals/strange: is no external of the manifest",
        "externals/zlib-ng-2.1.0: is no external of the manifest; it has zlib-ng-2.2.4",
    ]


def all_default() -> dict[str, dict[str, bytes]]:
    return {pin.tag: {} for pin in MANIFEST.pins if pin.default}


def test_a_full_set_comes_from_no_flags_and_lacks_nothing() -> None:
    pull = looked({**all_default(), "libffi-3.4.4": BINARY}, {})
    assert (pull.settings, pull.absent) == ((), ())


def test_the_flags_that_leave_a_set_are_found() -> None:
    folders = {**all_default(), "libffi-3.4.4": BINARY}
    del folders["tcltk-9.0.4.0"], folders["llvm-19.1.7.0"]
    folders |= {"openssl-3.5.7": {}, "nasm-2.11.06": {}}
    pull = looked(folders, {})
    assert pull.settings == ("--openssl-src", "--no-llvm", "--no-tkinter")


def test_a_flag_that_brings_two_misses_the_other() -> None:
    pull = looked({**all_default(), "libffi-3.4.4": BINARY, "nasm-2.11.06": {}}, {})
    assert [str(pin.key) for pin in pull.absent] == ["source.openssl"]


def test_the_source_beside_no_binary_is_the_flag_for_the_source() -> None:
    pull = looked({**all_default(), "libffi-3.4.4": SOURCE}, {})
    assert pull.settings == ("--libffi-src",)
    assert pull.absent == ()


# On a real disk.


def archive(tag: str, contents: Mapping[str, bytes]) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for path, data in contents.items():
            member = tarfile.TarInfo(f"cpython-source-deps-{tag}/{path}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return gzip.compress(plain.getvalue(), mtime=0)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a manifest of one external, pulled and then patched, and its archive."""
    data = archive("zlib-ng-2.2.4", ZLIB)
    digest = hashlib.sha256(data).hexdigest()
    text = COMMITTED.read_text(encoding="utf-8")
    start = text.index("[source.bzip2]")
    end = text.index("# Who every component is")
    pin = (
        f'[source.zlib-ng]\ntag = "zlib-ng-2.2.4"\nsha256 = "{digest}"\n'
        f'verification-code = "{code(ZLIB)}"\n\n'
    )
    (tmp_path / "externals.toml").write_text(text[:start] + pin + text[end:], encoding="utf-8")
    for path, contents in {**ZLIB, "zlib-ng.h": b"patched", "x.obj": b"o"}.items():
        file = tmp_path / "externals/zlib-ng-2.2.4" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(contents)
    blobs = tmp_path / "cache/cpython-windows-sbom/blobs"
    blobs.mkdir(parents=True)
    (blobs / digest).write_bytes(data)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_check_names_the_patched_file(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--externals", str(place / "externals")]) == 1
    out = capsys.readouterr().out
    assert "zlib-ng-2.2.4 as it was pulled: 1 changed (zlib-ng.h) [error: modified]" in out
    assert "1 externals, as get_externals.bat leaves them without flags: 0 intact" in out


def test_build_says_modified_instead_of_a_false_checksum(place: Path) -> None:
    words = ["build", "--externals", str(place / "externals"), "--platform", "amd64"]
    assert main(words) == 1
    [path] = (place / "dist/sbom").iterdir()
    document = json.loads(path.read_text())
    [package] = [p for p in document["packages"] if p["name"] == "zlib-ng"]
    assert "checksums" not in package
    assert "checksum" not in package["externalRefs"][0]["referenceLocator"]
    assert package["sourceInfo"].endswith("Modified after it was pulled: 1 changed (zlib-ng.h).")
    assert package["annotations"][0]["comment"] == (
        "Modified after it was pulled: 1 changed (zlib-ng.h)."
    )
    assert "leaves there without flags" in document["creationInfo"]["comment"]


def test_a_folder_is_hashed_as_one_thread_would(tmp_path: Path) -> None:
    sizes = [0, 1, 100, 40_000, 70_000, 5_000_000]
    for number in range(60):
        file = tmp_path / f"{number % 7}/{number}.bin"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(bytes([number]) * sizes[number % len(sizes)])
    (tmp_path / "link").symlink_to(tmp_path / "0/0.bin")
    found = hash_folder(tmp_path, ("sha1", "sha256"))
    expected = [
        HashedFile(
            path.relative_to(tmp_path).as_posix(),
            path.stat().st_size,
            (sha1(path.read_bytes()), hashlib.sha256(path.read_bytes()).hexdigest()),
        )
        for path in sorted(tmp_path.glob("*/*"), key=lambda p: p.relative_to(tmp_path).as_posix())
    ]
    assert list(found) == expected


def test_a_folder_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(SbomError) as caught:
        hash_folder(tmp_path / "gone")
    assert "cannot be read" in str(caught.value)
