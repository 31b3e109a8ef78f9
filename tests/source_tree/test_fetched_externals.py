"""An externals directory is compared with the pins: intact, modified, absent or unexpected."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import LOCAL_APPDATA
from manifests import COMMITTED, committed
from msgspec import structs

from sbom.checks.externals_directory import check_externals_dir
from sbom.cli import main
from sbom.files.shipped_file import ShippedFile, verification_code
from sbom.files.targz import read_targz
from sbom.io import default_cache_dir
from sbom.manifest.pins import Pin
from sbom.script.externals import ExternalKind
from sbom.source_tree.fetched_externals import (
    ExternalsDir,
    Integrity,
    inspect_externals_dir,
    read_externals_dir,
)

ZLIB = {"zlib-ng.h": b"ng", "deflate.c": b"deflate", "doc/algorithm.txt": b"text"}
LIBFFI_SOURCE = {"configure": b"#!/bin/sh", "src/ffi.c": b"ffi"}
LIBFFI_BINARY = {"amd64/libffi-8.dll": b"MZ", "include/ffi.h": b"header"}


def sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def code(contents: Mapping[str, bytes]) -> str:
    return verification_code([sha1(data) for data in contents.values()])


def source(tag: str, verification_code: str = "") -> Pin:
    name = tag.rpartition("-")[0]
    return Pin(kind=ExternalKind.SOURCE, name=name, tag=tag, verification_code=verification_code)


def binary(tag: str, flag: str, verification_code: str = "") -> Pin:
    return Pin(
        kind=ExternalKind.BINARY,
        name=tag.rpartition("-")[0],
        tag=tag,
        disabled_by=((flag,), ("IncludeIt=false",)),
        verification_code=verification_code,
    )


def on_request(pin: Pin, flag: str) -> Pin:
    return structs.replace(pin, default=False, enabled_by=((flag,),), disabled_by=())


#: Externals as the script of 3.14.7 has them, in its order; few with a verification code.
PINS = (
    source("bzip2-1.0.8"),
    on_request(source("libffi-3.4.4", code(LIBFFI_SOURCE)), "--libffi-src"),
    on_request(source("openssl-3.5.7"), "--openssl-src"),
    on_request(source("tcl-9.0.4.0"), "--tkinter-src"),
    source("xz-5.2.5"),
    source("zlib-ng-2.2.4", code(ZLIB)),
    binary("libffi-3.4.4", "--no-libffi", code(LIBFFI_BINARY)),
    binary("llvm-19.1.7.0", "--no-llvm"),
    on_request(binary("nasm-2.11.06", ""), "--openssl-src"),
    binary("openssl-bin-3.5.7", "--no-openssl"),
    binary("tcltk-9.0.4.0", "--no-tkinter"),
)
MANIFEST = replace(committed(), pins=PINS)


def hashed(contents: Mapping[str, bytes]) -> tuple[ShippedFile, ...]:
    return tuple(ShippedFile(path, len(data), sha1(data)) for path, data in contents.items())


def inspect(
    directories: Mapping[str, Mapping[str, bytes]],
    archives: Mapping[str, Mapping[str, bytes]] | None = None,
) -> ExternalsDir:
    """Return what directories are, where these archives are available, by key."""

    def read_checksums(pin: Pin) -> Mapping[str, str] | None:
        archive = (archives or {}).get(str(pin.key))
        return {path: sha1(data) for path, data in archive.items()} if archive else None

    files = {name: hashed(contents) for name, contents in directories.items()}
    return inspect_externals_dir(files, MANIFEST, read_checksums, "externals")


def messages(directory: ExternalsDir, code: str) -> list[str]:
    found = [str(one) for one in check_externals_dir(directory, MANIFEST) if one.code == code]
    return [one.replace(f"externals{os.sep}", "externals/") for one in found]


def test_files_that_match_the_verification_code_are_intact() -> None:
    [one] = inspect({"zlib-ng-2.2.4": ZLIB}).externals
    assert (str(one.pin.key), one.integrity) == ("source.zlib-ng", Integrity.INTACT)


def test_the_outputs_of_a_build_do_not_count() -> None:
    built = {**ZLIB, "deflate.obj": b"object", "x64/Release/zlib.log": b"log"}
    assert inspect({"zlib-ng-2.2.4": built}).externals[0].integrity is Integrity.INTACT


def test_a_changed_a_missing_and_an_added_file_are_each_named() -> None:
    patched = {"zlib-ng.h": b"nG", "doc/algorithm.txt": b"text", "evil.c": b"!", "a.obj": b""}
    directory = inspect({"zlib-ng-2.2.4": patched}, {"source.zlib-ng": ZLIB})
    [one] = directory.externals
    assert (one.integrity, one.changed, one.missing, one.added) == (
        Integrity.MODIFIED,
        ("zlib-ng.h",),
        ("deflate.c",),
        ("evil.c",),
    )
    assert messages(directory, "modified-external") == [
        "externals/zlib-ng-2.2.4: differs from the archive of zlib-ng-2.2.4: "
        "1 changed (zlib-ng.h), 1 missing (deflate.c), 1 added (evil.c)"
    ]


def test_a_file_name_that_is_not_text_is_printed_on_one_line() -> None:
    files = {**ZLIB, "bad\udcff\n::error::.c": b"!"}
    directory = inspect({"zlib-ng-2.2.4": files}, {"source.zlib-ng": ZLIB})
    [message] = messages(directory, "modified-external")
    assert "1 added (bad\\udcff\\n::error::.c)" in message


def test_without_the_archive_a_change_is_found_though_not_named() -> None:
    directory = inspect({"zlib-ng-2.2.4": {**ZLIB, "zlib-ng.h": b"nG"}})
    assert directory.externals[0].integrity is Integrity.MODIFIED
    [message] = messages(directory, "modified-external")
    assert message.endswith("its files are not those of the archive")


@pytest.mark.parametrize(
    ("contents", "key"), [(LIBFFI_SOURCE, "source.libffi"), (LIBFFI_BINARY, "binary.libffi")]
)
def test_the_files_decide_between_source_and_binary_of_one_tag(
    contents: dict[str, bytes], key: str
) -> None:
    assert str(inspect({"libffi-3.4.4": contents}).externals[0].pin.key) == key


def test_a_modified_one_of_two_is_the_one_that_shares_most_files() -> None:
    archives = {"source.libffi": LIBFFI_SOURCE, "binary.libffi": LIBFFI_BINARY}
    patched = {**LIBFFI_BINARY, "include/ffi.h": b"patched"}
    [one] = inspect({"libffi-3.4.4": patched}, archives).externals
    assert (str(one.pin.key), one.changed) == ("binary.libffi", ("include/ffi.h",))


def test_a_modified_one_of_two_is_never_guessed_without_the_archives() -> None:
    directory = inspect({"libffi-3.4.4": {**LIBFFI_BINARY, "include/ffi.h": b"patched"}})
    assert directory.externals == ()
    assert messages(directory, "ambiguous-external") == [
        "externals/libffi-3.4.4: could be the source or the binary of this tag, and matches neither"
    ]


def test_an_external_without_a_verification_code_is_not_called_intact() -> None:
    assert inspect({"xz-5.2.5": {"a": b"a"}}).externals[0].integrity is Integrity.UNVERIFIED


def test_an_unexpected_directory_is_reported_with_the_tag_that_was_expected() -> None:
    directory = inspect({"zlib-ng-2.2.4": ZLIB, "zlib-ng-2.1.0": {}, "strange": {}, "zips": {}})
    assert messages(directory, "unexpected-external") == [
        "externals/strange: is not an external of externals.toml",
        "externals/zlib-ng-2.1.0: is not an external of externals.toml: expected zlib-ng-2.2.4",
    ]


def all_default() -> dict[str, Mapping[str, bytes]]:
    known = {"libffi-3.4.4": LIBFFI_BINARY, "zlib-ng-2.2.4": ZLIB}
    return {pin.tag: known.get(pin.tag, {}) for pin in PINS if pin.default}


def test_a_full_set_comes_from_no_flags_and_lacks_nothing() -> None:
    directory = inspect(all_default())
    assert (directory.settings, directory.absent) == ((), ())
    assert list(check_externals_dir(directory, MANIFEST)) == []


def test_the_flags_that_a_set_was_fetched_with_are_inferred() -> None:
    directories = all_default()
    del directories["tcltk-9.0.4.0"], directories["llvm-19.1.7.0"]
    directories |= {"openssl-3.5.7": {}, "nasm-2.11.06": {}}
    assert inspect(directories).settings == ("--openssl-src", "--no-llvm", "--no-tkinter")


def test_of_two_externals_of_one_flag_the_absent_one_is_reported() -> None:
    directory = inspect({**all_default(), "nasm-2.11.06": {}})
    assert [str(pin.key) for pin in directory.absent] == ["source.openssl"]
    assert messages(directory, "missing-external") == [
        "externals: source.openssl: does not contain openssl-3.5.7 "
        "(fetched only with --openssl-src)"
    ]


def test_the_source_of_a_tag_in_place_of_its_binary_comes_from_the_flag_for_it() -> None:
    directory = inspect({**all_default(), "libffi-3.4.4": LIBFFI_SOURCE})
    assert directory.settings == ("--libffi-src",)
    assert directory.absent == ()


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
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory: a manifest of one external, which is fetched, cached and patched."""
    data = archive("zlib-ng-2.2.4", ZLIB)
    digest = hashlib.sha256(data).hexdigest()
    text = COMMITTED.read_text(encoding="utf-8")
    others = re.sub(r"(?ms)^\[(source|binary)\.[^\n]*\]\n.*?\n(?=\[|#|\Z)", "", text)
    pin = (
        f'[source.zlib-ng]\ntag = "zlib-ng-2.2.4"\nsha256 = "{digest}"\n'
        f'verification-code = "{code(ZLIB)}"\n\n'
    )
    start = others.index("\n[vendored.") + 1
    manifest = others[:start] + pin + others[start:]
    (tmp_path / "externals.toml").write_text(manifest, encoding="utf-8")
    for path, contents in {**ZLIB, "zlib-ng.h": b"patched", "x.obj": b"o"}.items():
        file = tmp_path / "externals/zlib-ng-2.2.4" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(contents)
    for name in ("XDG_CACHE_HOME", LOCAL_APPDATA, "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "cache"))
    blobs = default_cache_dir() / "blobs"
    assert blobs.is_relative_to(tmp_path)
    blobs.mkdir(parents=True)
    (blobs / digest).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_check_names_the_patched_file(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--externals", str(directory / "externals")]) == 1
    out = capsys.readouterr().out
    assert (
        "zlib-ng-2.2.4: differs from the archive of zlib-ng-2.2.4: 1 changed (zlib-ng.h) "
        "[error: SBM502 modified-external]" in out
    )
    assert "1 external, as get_externals.bat fetches them without flags: 0 intact" in out


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ((), "no directory"),
        (("xz-5.2.4", "include"), "include, xz-5.2.4"),
        (("a", "b", "c", "d", "e"), "a, b, c and 2 more"),
    ],
)
def test_a_directory_without_any_external_of_the_manifest_is_another_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], names: tuple[str, ...], found: str
) -> None:
    wrong = tmp_path / "elsewhere"
    wrong.mkdir()
    for name in names:
        (wrong / name).mkdir()
    words = ["--externals", str(wrong), "--manifest", str(COMMITTED)]
    assert main(["check", *words]) == 1
    line = (
        f"{wrong}: contains no external of externals.toml: expected bzip2-1.0.8, libffi-3.4.4, "
        f"llvm-19.1.7.0 and 7 more; found {found} [error: SBM505 other-directory]"
    )
    assert [text for text in capsys.readouterr().out.splitlines() if "SBM50" in text] == [line]
    out = tmp_path / "out"
    assert main(["build", *words, "--keep-going", "--output", str(out)]) == 1
    assert line in capsys.readouterr().err
    assert not out.exists()


def test_build_states_modified_instead_of_a_false_checksum(directory: Path) -> None:
    argv = ["build", "--externals", str(directory / "externals"), "--platform", "amd64"]
    assert main(argv) == 1
    assert not (directory / "dist").exists()
    assert main([*argv, "--keep-going"]) == 1
    [path] = (directory / "dist/sbom").glob("*.spdx.json")
    document = json.loads(path.read_text())
    [package] = [p for p in document["packages"] if p["name"] == "zlib-ng"]
    assert "checksums" not in package
    assert "checksum" not in package["externalRefs"][0]["referenceLocator"]
    note = "Modified after it was fetched: 1 changed (zlib-ng.h)."
    assert package["sourceInfo"].endswith(note)
    assert package["annotations"][0]["comment"] == note
    assert "without flags" in document["creationInfo"]["comment"]


def test_a_zip_extracted_without_links_is_intact(tmp_path: Path) -> None:
    """get_external.py extracts with zipfile, which writes a link as a file with its target."""
    files = {"zstd.h": b"zstd", "tests/bin/zstd": b"#!/bin/sh"}
    links = {"tests/bin/unzstd": "zstd", "tests/bin/zstdcat": "zstd"}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(f"top/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        for name, target in links.items():
            member = tarfile.TarInfo(f"top/{name}")
            member.type, member.linkname = tarfile.SYMTYPE, target
            tar.addfile(member)
    packed.seek(0)
    archive = read_targz(packed, "zstd-1.5.7.tar.gz")
    path = tmp_path / "zstd.zip"
    with zipfile.ZipFile(path, "w") as made:
        for name, data in files.items():
            made.writestr(name, data)
        for name, target in links.items():
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, 0o120777 << 16
            made.writestr(info, target)
    with zipfile.ZipFile(path) as made:
        made.extractall(tmp_path / "externals/zstd-1.5.7")  # noqa: S202 - made above
    pin = structs.replace(
        source("zstd-1.5.7", archive.verification_code),
        verification_code_with_links=archive.verification_code_with_links,
    )
    for known, integrity in (
        (pin, Integrity.INTACT),
        (structs.replace(pin, verification_code_with_links=""), Integrity.MODIFIED),
    ):
        manifest = replace(committed(), pins=(known,))
        [external] = read_externals_dir(tmp_path / "externals", manifest, no_checksums).externals
        assert external.integrity is integrity


def no_checksums(_: str) -> None:
    return None
