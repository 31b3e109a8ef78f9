"""regen, online: pins that prove, from a real local server that misbehaves."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
import server
from conftest import LOCAL_APPDATA, ROOT
from manifests import COMMITTED
from pe_files import pe
from server import Server, archive, body, reset, running, status

from sbom.binaries.pe import authenticode_of
from sbom.cli import main
from sbom.manifest.external_key import parse_external_key
from sbom.manifest.pins import Pin
from sbom.manifest.read import read_manifest

XZ = archive({"liblzma/api.h": b"xz"}, top="cpython-source-deps-xz-5.2.5", commit="ab" * 20)
NASM = archive({"nasm.exe": b"MZ"}, top="cpython-bin-deps-nasm-2.11.06")
XZ_PATH = "/python/cpython-source-deps/archive/refs/tags/xz-5.2.5.tar.gz"
NASM_PATH = "/python/cpython-bin-deps/archive/refs/tags/nasm-2.11.06.tar.gz"
TOKEN = "ghp_thisIsASecretThatNobodyMaySee"  # noqa: S105 - made up here


@pytest.fixture
def github() -> Iterator[Server]:
    with running() as server:
        server.respond(XZ_PATH, body(XZ, ETag='"xz"'))
        server.respond(NASM_PATH, body(NASM, ETag='"nasm"'))
        yield server


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a manifest of two externals that have no pins."""
    text = COMMITTED.read_text(encoding="utf-8")
    start, end = text.index("[source.bzip2]"), text.index("# Diagnostics that people")
    pins = (
        '[source.xz]\ntag = "xz-5.2.5" # kept\nsha256 = ""\n\n'
        '[binary.nasm]\ntag = "nasm-2.11.06"\n'
        'default = false\nenabled-by = [["--openssl-src"]]\nsha256 = ""\n\n'
    )
    path = tmp_path / "externals.toml"
    path.write_text(text[:start] + pins + text[end:], encoding="utf-8")
    for name in ("XDG_CACHE_HOME", LOCAL_APPDATA):
        monkeypatch.setenv(name, str(tmp_path / "cache"))
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    monkeypatch.setenv("CI", "1")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return path


def regen(manifest: Path, github: Server, *more: str) -> int:
    return main(["regen", "--manifest", str(manifest), "--base-url", github.base, *more])


def pin_of(manifest: Path, key: str) -> Pin:
    pin = read_manifest(manifest.read_text(encoding="utf-8")).get_pin(parse_external_key(key))
    assert pin is not None
    return pin


def test_an_archive_is_pinned_with_all_that_proves_it(
    manifest: Path, github: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert regen(manifest, github) == 0
    pin = pin_of(manifest, "source.xz")
    sha1 = hashlib.sha1(b"xz", usedforsecurity=False).hexdigest()
    assert (
        pin.sha256,
        pin.sha512,
        pin.size,
        pin.file_count,
        pin.verification_code,
        pin.commit,
    ) == (
        hashlib.sha256(XZ).hexdigest(),
        hashlib.sha512(XZ).hexdigest(),
        len(XZ),
        1,
        hashlib.sha1(sha1.encode(), usedforsecurity=False).hexdigest(),
        "ab" * 20,
    )
    assert 'tag = "xz-5.2.5" # kept' in manifest.read_text()
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "netwide_assembler 2.11.06: re-pinned",
        "    binary.nasm",
        f"        sha256: {hashlib.sha256(NASM).hexdigest()}",
        f"        mirror: {github.base}",
        "",
        "xz 5.2.5: re-pinned",
        "    source.xz",
        f"        commit: {'ab' * 20}",
        f"        sha256: {hashlib.sha256(XZ).hexdigest()}",
        f"        mirror: {github.base}",
        "    ships: Linked into _lzma.pyd.",
        "",
        "2 components changed: 2 re-pinned",
    ]
    assert "[2/2]" in err


def test_an_archive_of_another_tag_is_rejected(
    manifest: Path, github: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mirror that has the old archive under the new tag's name."""
    assert regen(manifest, github) == 0
    before = manifest.read_bytes()
    script = manifest.with_name("get_externals.bat")
    script.write_text("python get_external.py -O python -e externals xz-5.2.6\n")
    path = XZ_PATH.replace("5.2.5", "5.2.6")
    same = archive({"liblzma/api.h": b"xz"}, top="cpython-source-deps-xz-5.2.6", commit="ab" * 20)
    github.respond(path, body(same))
    assert regen(manifest, github, "--script", str(script)) == 1
    assert "has the commit and the files of xz-5.2.5" in capsys.readouterr().err
    assert manifest.read_bytes() == before
    other = archive({"liblzma/api.h": b"xz"}, top="cpython-source-deps-xz-5.2.6", commit="cd" * 20)
    github.respond(path, body(other))
    assert regen(manifest, github, "--script", str(script)) == 0


def test_pinned_again_nothing_is_asked_and_nothing_changes(
    manifest: Path, github: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert regen(manifest, github) == 0
    before, asked = manifest.read_bytes(), len(github.requests)
    capsys.readouterr()
    assert regen(manifest, github) == 0
    assert (manifest.read_bytes(), len(github.requests)) == (before, asked)
    assert capsys.readouterr().out == f"{manifest} is up to date\n"


def test_resets_and_busy_servers_are_outlived(manifest: Path, github: Server) -> None:
    busy = status(429, Retry_After="0")
    github.respond(XZ_PATH, reset(XZ[:20]), busy, status(503, Retry_After="0"), body(XZ))
    assert regen(manifest, github) == 0
    assert pin_of(manifest, "source.xz").sha256 == hashlib.sha256(XZ).hexdigest()


def test_one_failure_loses_nothing_and_writes_nothing(
    manifest: Path, github: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    before = manifest.read_bytes()
    github.respond(NASM_PATH, status(410))
    assert regen(manifest, github) == 3
    assert f"{github.base}{NASM_PATH}" in capsys.readouterr().err
    assert manifest.read_bytes() == before
    github.respond(NASM_PATH, body(NASM))
    fetched = [one.path for one in github.requests].count(XZ_PATH)
    github.respond(XZ_PATH, status(304))
    assert regen(manifest, github) == 0
    assert pin_of(manifest, "source.xz").sha256 == hashlib.sha256(XZ).hexdigest()
    assert fetched == 1


def test_a_tag_with_other_contents_is_reported_with_both_digests(
    manifest: Path, github: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert regen(manifest, github) == 0
    moved = archive({"liblzma/api.h": b"other"}, top="cpython-source-deps-xz-5.2.5")
    github.respond(XZ_PATH, body(moved, ETag='"moved"'))
    before = manifest.read_bytes()
    capsys.readouterr()
    assert regen(manifest, github, "--verify") == 1
    printed = capsys.readouterr().err
    assert (
        f"source.xz: expected SHA-256 {hashlib.sha256(XZ).hexdigest()}, found "
        f"{hashlib.sha256(moved).hexdigest()} at {github.base}{XZ_PATH}; "
        "changed files: liblzma/api.h [error: SBM408 tag-moved]" in printed
    )
    assert manifest.read_bytes() == before


def test_an_archive_that_is_only_packed_differently_is_recorded_with_a_warning(
    manifest: Path, github: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert regen(manifest, github) == 0
    old = pin_of(manifest, "source.xz")
    repacked = gzip.compress(gzip.decompress(XZ), 1, mtime=5)
    github.respond(XZ_PATH, body(repacked, ETag='"repacked"'))
    capsys.readouterr()
    assert regen(manifest, github, "--verify") == 0
    pin = pin_of(manifest, "source.xz")
    assert pin.sha256 == hashlib.sha256(repacked).hexdigest() != old.sha256
    assert (pin.commit, pin.verification_code) == (old.commit, old.verification_code)
    assert "[warning: SBM409 archive-repacked]" in capsys.readouterr().err


def test_what_is_proven_is_not_downloaded_again(manifest: Path, github: Server) -> None:
    assert regen(manifest, github) == 0
    for path, tag in ((XZ_PATH, '"xz"'), (NASM_PATH, '"nasm"')):
        github.respond(path, server.when("if-none-match", tag, server.not_modified, status(500)))
    assert regen(manifest, github, "--verify") == 0


def test_without_a_cache_everything_is_downloaded(manifest: Path, github: Server) -> None:
    assert regen(manifest, github, "--no-cache") == 0
    # Lock files are in the same directory on Windows.
    assert list((manifest.parent / "cache").rglob("blobs")) == []
    assert regen(manifest, github, "--verify", "--no-cache") == 0
    assert [one.path for one in github.requests].count(XZ_PATH) == 2


def test_offline_opens_no_connection_and_leaves_unpinned_what_it_cannot_pin(
    manifest: Path, github: Server
) -> None:
    script = manifest.parent / "get_externals.bat"
    script.write_text("git clone --branch xz-5.8.1 https://github.com/python/cpython-source-deps x")
    assert regen(manifest, github, "--offline", "--script", str(script)) == 0
    assert github.requests == []
    assert (pin_of(manifest, "source.xz").tag, pin_of(manifest, "source.xz").sha256) == (
        "xz-5.8.1",
        "",
    )


def test_a_script_can_be_had_by_its_ref(
    manifest: Path, github: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    text = b"git clone --branch xz-5.2.5 https://github.com/python/cpython-source-deps x\r\n"
    github.respond("/python/cpython/3.14/PCbuild/get_externals.bat", body(text))
    header = b'#define PY_VERSION "3.14.8"\n'
    github.respond("/python/cpython/3.14/Include/patchlevel.h", body(header))
    assert regen(manifest, github, "--ref", "3.14") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "python 3.14.7 -> 3.14.8: updated"
    assert "netwide_assembler 2.11.06: removed" in lines


def test_a_script_of_a_ref_that_is_too_large_is_refused(
    manifest: Path, github: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    path = "/python/cpython/main/PCbuild/get_externals.bat"
    url = github.respond(path, body(b"rem\n" * 250_001))
    assert regen(manifest, github, "--ref", "main") == 2
    assert f"{url}: is larger than 1,000,000 bytes" in capsys.readouterr().err


def test_archives_are_not_kept_in_memory(manifest: Path, github: Server) -> None:
    size, tags = 8 << 20, [f"large{number}-1.0" for number in range(4)]
    data = archive({"random": os.urandom(size)}, level=0)
    text = manifest.read_text(encoding="utf-8")
    start, end = text.index("[source.xz]"), text.index("# Diagnostics that people")
    pins = [f'[source.{tag[:-4]}]\ntag = "{tag}"\nsha256 = ""\n\n' for tag in tags]
    manifest.write_text(text[:start] + "".join(pins) + text[end:], encoding="utf-8")
    for tag in tags:
        path = f"/python/cpython-source-deps/archive/refs/tags/{tag}.tar.gz"
        github.respond(path, body(data, ETag='"large"'))
    tracemalloc.start()
    assert regen(manifest, github) == 0
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 << 20 < len(tags) * size
    assert pin_of(manifest, "source.large3").size == len(data)


@pytest.mark.parametrize("ref", ["no-such", "../../evil", "a b%"])
def test_a_ref_that_is_not_there_is_a_failure_outside_that_names_the_address(
    ref: str, manifest: Path, github: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert regen(manifest, github, "--ref", ref) == 3
    assert github.base in capsys.readouterr().err


def test_the_token_is_never_shown_nor_sent_to_a_mirror(
    manifest: Path,
    github: Server,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    github.respond(NASM_PATH, status(403))
    assert regen(manifest, github) == 3
    out, err = capsys.readouterr()
    assert TOKEN not in out + err
    assert all("authorization" not in one.headers for one in github.requests)


def test_a_token_that_cannot_be_one_is_refused_without_being_shown(
    manifest: Path,
    github: Server,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", f"{TOKEN}\nX-Evil: 1")
    assert regen(manifest, github) == 2
    assert TOKEN not in capsys.readouterr().err


def test_killed_at_any_moment_the_manifest_is_the_old_or_the_new_one(
    manifest: Path, github: Server
) -> None:
    old = manifest.read_bytes()
    assert regen(manifest, github) == 0
    new = manifest.read_bytes()
    words = ["regen", "--manifest", str(manifest), "--base-url", github.base]
    seen = set()
    for number in range(12):
        manifest.write_bytes(old)
        process = subprocess.Popen(
            [sys.executable, "-m", "sbom", *words],
            cwd=ROOT,
            env={**os.environ},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(0.25 + 0.03 * number)
        process.kill()
        process.wait()
        seen.add(manifest.read_bytes())
    assert seen <= {old, new}


def test_every_address_is_one_of_the_manifests_templates(manifest: Path, github: Server) -> None:
    assert regen(manifest, github) == 0
    pattern = re.compile(r"/python/cpython-(source|bin)-deps/archive/refs/tags/[\w.-]+\.tar\.gz")
    assert all(pattern.fullmatch(one.path) for one in github.requests)


def test_the_dlls_of_a_binary_external_are_recorded_by_what_signing_does_not_change(
    manifest: Path, github: Server
) -> None:
    files = {"amd64/nasm.dll": pe(signed=True), "amd64/text.dll": b"none", "a.exe": pe()}
    github.respond(NASM_PATH, body(archive(files, top="deps-nasm-2.11.06"), ETag='"nasm"'))
    text = manifest.read_text(encoding="utf-8")
    assert regen(manifest, github) == 0
    read = read_manifest(manifest.read_text(encoding="utf-8"))
    assert read.dll_digests["nasm-2.11.06"] == {"amd64/nasm.dll": authenticode_of(pe())}
    assert read.dll_digests.keys() == read_manifest(text).dll_digests.keys() | {"nasm-2.11.06"}
    before = manifest.read_bytes()
    assert regen(manifest, github, "--verify") == 0
    assert manifest.read_bytes() == before


def test_what_was_recorded_of_a_tag_gives_way_to_what_its_archive_holds(
    manifest: Path, github: Server
) -> None:
    text = manifest.read_text(encoding="utf-8")
    old = f'[binary.nasm.dll-digests]\n"amd64/gone.dll" = "{"0" * 64}"\n\n'
    manifest.write_text(text.replace("# Diagnostics", f"{old}# Diagnostics"), encoding="utf-8")
    archived = archive({"amd64/nasm.dll": pe()}, top="deps-nasm-2.11.06")
    github.respond(NASM_PATH, body(archived, ETag='"nasm"'))
    assert regen(manifest, github) == 0
    read = read_manifest(manifest.read_text(encoding="utf-8"))
    assert read.dll_digests["nasm-2.11.06"].keys() == {"amd64/nasm.dll"}
