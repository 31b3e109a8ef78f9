"""Checksums that come from a mirror are marked until their location confirms them."""

from __future__ import annotations

import gzip
import hashlib
import lzma
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import LOCAL_APPDATA
from manifests import COMMITTED
from server import Server, archive, body, running

from sbom.cli import main
from sbom.manifest.external_key import parse_external_key
from sbom.manifest.pins import Pin
from sbom.manifest.read import read_manifest

XZ = archive({"liblzma/api.h": b"xz"}, top="cpython-source-deps-xz-9.9", commit="ab" * 20)
PATH = "/python/cpython-source-deps/archive/refs/tags/xz-9.9.tar.gz"


@pytest.fixture
def mirror() -> Iterator[Server]:
    with running() as server:
        server.respond(PATH, body(XZ))
        yield server


@pytest.fixture
def original() -> Iterator[Server]:
    with running() as server:
        server.respond(PATH, body(XZ))
        yield server


@pytest.fixture
def manifest(tmp_path: Path, original: Server, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a manifest of one external, whose archive is on a local server."""
    text = COMMITTED.read_text(encoding="utf-8")
    start, end = text.index("[source.bzip2]"), text.index("# Diagnostics that people")
    pin = '[source.xz]\ntag = "xz-9.9"\nsha256 = ""\n\n'
    text = (text[:start] + pin + text[end:]).replace("https://github.com/", f"{original.base}/", 1)
    path = tmp_path / "externals.toml"
    path.write_text(text, encoding="utf-8")
    for name in ("XDG_CACHE_HOME", LOCAL_APPDATA):
        monkeypatch.setenv(name, str(tmp_path / "cache"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return path


def regen(manifest: Path, *words: str) -> int:
    return main(["regen", "--manifest", str(manifest), *words])


def pin(manifest: Path) -> Pin:
    found = read_manifest(manifest.read_text("utf-8")).get_pin(parse_external_key("source.xz"))
    assert found is not None
    return found


def test_a_checksum_from_a_mirror_is_marked_until_its_location_confirms_it(
    manifest: Path, mirror: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = mirror.base.replace("://", "://user:secret@")
    assert regen(manifest, "--base-url", secret) == 0
    assert pin(manifest).mirror == mirror.base
    assert "secret" not in manifest.read_text("utf-8")
    capsys.readouterr()
    main(["check", "--manifest", str(manifest)])
    message = f"source.xz: the checksums of xz-9.9 were computed from a copy at {mirror.base}"
    assert message in capsys.readouterr().out
    assert regen(manifest, "--verify", "--base-url", mirror.base) == 0
    assert pin(manifest).mirror == mirror.base  # the mirror cannot confirm itself
    assert regen(manifest, "--verify") == 0
    assert pin(manifest).mirror == ""
    assert pin(manifest).sha256
    assert "mirror" not in manifest.read_text("utf-8")


def test_a_mirror_that_has_another_archive_is_found_out(
    manifest: Path, mirror: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    other = archive({"liblzma/api.h": b"evil"}, top="cpython-source-deps-xz-9.9", commit="cd" * 20)
    mirror.respond(PATH, body(other))
    assert regen(manifest, "--base-url", mirror.base) == 0
    capsys.readouterr()
    assert regen(manifest, "--verify") == 1
    assert "[error: SBM408 tag-moved]" in capsys.readouterr().err
    assert pin(manifest).mirror == mirror.base


def test_a_checksum_from_the_location_itself_has_no_mark(manifest: Path) -> None:
    assert regen(manifest) == 0
    assert (pin(manifest).mirror, bool(pin(manifest).sha256)) == ("", True)


def test_the_checksums_of_a_release_asset_are_recorded_as_those_of_an_archive(
    manifest: Path, original: Server
) -> None:
    """get_external.py --release fetches {tag}.tar.xz, whose top directory is the tag."""
    asset = lzma.compress(gzip.decompress(archive({"bin/clang.exe": b"MZ"}, top="llvm-21.1.4.0")))
    path = "/python/cpython-bin-deps/releases/download/llvm-21.1.4.0/llvm-21.1.4.0.tar.xz"
    original.respond(path, body(asset))
    text = manifest.read_text("utf-8").replace(
        "[source.xz]", '[binary.llvm]\ntag = "llvm-21.1.4.0"\nmethod = "release"\n\n[source.xz]', 1
    )
    template = "/{organization}/{repository}/releases/download/{tag}/{asset}"
    url = f'release-url = "{original.base}{template}"'
    manifest.write_text(text.replace("[cpython]\n", f"[cpython]\n{url}\n", 1), "utf-8")
    assert regen(manifest) == 0
    llvm = read_manifest(manifest.read_text("utf-8")).get_pin(parse_external_key("binary.llvm"))
    assert llvm is not None
    assert (llvm.sha256, llvm.sha512) == (
        hashlib.sha256(asset).hexdigest(),
        hashlib.sha512(asset).hexdigest(),
    )
    assert (llvm.size, llvm.file_count, bool(llvm.verification_code)) == (len(asset), 1, True)


@pytest.mark.parametrize("address", ["notaurl", "ftp://mirror", "http://", "http://[", ""])
def test_what_is_no_address_of_a_server_is_refused(
    manifest: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert regen(manifest, "--dry-run", "--base-url", address) == 2
    assert capsys.readouterr().err.startswith(
        "--base-url: is not the address of a server [error: SBM901 usage]\n"
    )
