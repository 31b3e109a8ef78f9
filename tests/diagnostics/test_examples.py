"""Examples of diagnostics that need more than a script or a manifest: each is what a run prints.

Every case is named after its diagnostic. It prepares the current directory, and returns the command
whose output has the example.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from binaries import binaries, knowing, written
from build_files import MADE
from conftest import ROOT
from exemptions import assert_exemptions_hold
from installers import msi, msi_tables
from manifests import COMMITTED, entry_of, script_of
from pe_files import pe
from release_runs import EPOCH
from releases import web_installer, zipped
from server import Server, archive, body, running, status
from signatures import signed_pe
from statements import VALID
from test_catalog import MANIFESTS, SCRIPTS
from trees import make_tree, wheel

from sbom.cli import main
from sbom.diagnostics.catalog import catalog

PSF = "Python Software Foundation"
EMBED = "python-3.14.7-embed-amd64.zip"
BZ2 = "_bz2.pyd"
XZ = archive({"liblzma/api.h": b"xz"}, top="cpython-source-deps-xz-5.2.5", commit="ab" * 20)
XZ_PATH = "/python/cpython-source-deps/archive/refs/tags/xz-5.2.5.tar.gz"


@dataclass(frozen=True)
class Surroundings:
    """What is beside the current directory, which has the manifest of 3.14.7."""

    artifacts: Path
    released: Path
    github: Server


def change(path: str, old: str, new: str) -> None:
    text = Path(path).read_text(encoding="utf-8")
    assert old in text
    Path(path).write_text(text.replace(old, new, 1), encoding="utf-8")


def tree(path: str = "", old: str = "", new: str = "") -> list[str]:
    """Return a check of a source tree in which one file is changed."""
    make_tree(Path("cpython"))
    main(["regen", "--cpython", "cpython", "--offline"])
    if path:
        change(f"cpython/{path}", old, new)
    return ["check", "--cpython", "cpython"]


def absent_code(_: Surroundings) -> list[str]:
    command = tree()
    shutil.rmtree("cpython/Modules/expat")
    return command


def checksum_mismatch(_: Surroundings) -> list[str]:
    return tree("Modules/expat/x.c", "int x", "long x")


def invalid_wheel(_: Surroundings) -> list[str]:
    command = tree()
    bundled = Path("cpython/Lib/ensurepip/_bundled/pip-26.2.1-py3-none-any.whl")
    bundled.write_bytes(wheel("pip", "26.2.0"))
    return command


def link_mismatch(_: Surroundings) -> list[str]:
    return tree("PCbuild/_bz2.vcxproj", "$(bz2Dir)", "$(sqlite3Dir)")


def stale_version(_: Surroundings) -> list[str]:
    return tree("PCbuild/readme.txt", "SQLite 3.50.4", "SQLite 3.49.1")


def unlisted_component(_: Surroundings) -> list[str]:
    command = tree()
    real = ROOT / "tests/facts/cpython/3.14.7/externals.spdx.json"
    shutil.copy(real, "cpython/Misc/externals.spdx.json")
    change("externals.toml", "Misc/externals.spdx.json zlib", "Misc/externals.spdx.json other")
    return command


def vendored_changed(_: Surroundings) -> list[str]:
    command = tree("Modules/expat/expat.h", "MICRO_VERSION 2", "MICRO_VERSION 3")
    change("cpython/Misc/sbom.spdx.json", '"2.8.2"', '"2.8.3"')
    return command


def version_changed(_: Surroundings) -> list[str]:
    make_tree(Path("cpython"), "3.14.8")
    return ["check", "--cpython", "cpython"]


def altered_wheel(given: Surroundings) -> list[str]:
    make_tree(Path("cpython"))
    text = Path("externals.toml").read_text(encoding="utf-8")
    start, end = text.index("[vendored.expat]"), text.index("# Diagnostics that people")
    text = (text[:start] + text[end:]).replace('sha256 = ""', f'sha256 = "{"ee" * 32}"')
    Path("externals.toml").write_text(text, encoding="utf-8")
    bundled = "pip-26.2.1-py3-none-any.whl"
    url = f"https://files.pythonhosted.org/packages/{bundled}"
    file = {"filename": bundled, "url": url, "hashes": {"sha256": "ab" * 32}, "size": 1}
    found = {"meta": {"api-version": "1.1"}, "name": "pip", "files": [file]}
    given.github.respond("/simple/pip/", body(json.dumps(found).encode()))
    return ["regen", "--cpython", "cpython", "--base-url", given.github.base]


def unknown_wheel_contents(_: Surroundings) -> list[str]:
    root = make_tree(Path("cpython"), "3.10.12")
    buffer = io.BytesIO(wheel("setuptools", "56.0.9"))
    with zipfile.ZipFile(buffer, "a") as bundled:
        bundled.writestr("setuptools/_vendor/ordered_set.py", b"")
    name = "setuptools-56.0.9-py3-none-any.whl"
    (root / "Lib/ensurepip/_bundled" / name).write_bytes(buffer.getvalue())
    return ["regen", "--cpython", "cpython", "--offline"]


def incomplete_package(_: Surroundings) -> list[str]:
    command = tree()
    Path("cpython/Modules/expat/x.c").unlink()
    return command


def other_directory(_: Surroundings) -> list[str]:
    Path("elsewhere").mkdir()
    return ["check", "--externals", "elsewhere"]


def incomplete_tree(_: Surroundings) -> list[str]:
    shutil.rmtree(make_tree(Path("cpython")) / "Modules/expat")
    return ["regen", "--cpython", "cpython", "--offline"]


def unknown_cpe(_: Surroundings) -> list[str]:
    tree()
    script = "cpython/PCbuild/get_externals.bat"
    line = "set libraries=%libraries%                    xz-5.2.5"
    change(script, line, f"{line}\r\n{line.replace('xz-5.2.5', 'brotli-1.1.0')}")
    return ["export", "--cpython", "cpython"]


def build(**files: bytes) -> list[str]:
    """Return the verification of a directory with these files."""
    written(Path("build"), files)
    return ["verify", "build", "--platform", "amd64"]


def without(given: Surroundings, *names: str, **changed: bytes) -> list[str]:
    """Return the verification of a published package that was unpacked, without some members."""
    with zipfile.ZipFile(given.artifacts / EMBED) as whole:
        members = {name: whole.read(name) for name in whole.namelist() if name not in names}
    written(Path("python"), members | changed)
    return ["verify", "python", "--sbom", str(given.released / f"{EMBED}.spdx.json")]


def missing_component(given: Surroundings) -> list[str]:
    return without(given, "libcrypto-3.dll", "libssl-3.dll")


def no_evidence(_: Surroundings) -> list[str]:
    return build(**{BZ2: binaries()["_lzma.pyd"]})


def invalid_signature(_: Surroundings) -> list[str]:
    data = bytearray(signed_pe(binaries()[BZ2]))
    data[0x200] ^= 1
    return build(**{BZ2: bytes(data)})


def other_python_version(_: Surroundings) -> list[str]:
    return build(**{BZ2: binaries()[BZ2]})


def unexpected_signer(_: Surroundings) -> list[str]:
    files = binaries()
    return build(
        **{BZ2: signed_pe(files[BZ2], "Example"), "_lzma.pyd": signed_pe(files["_lzma.pyd"])}
    )


def unsigned_file(_: Surroundings) -> list[str]:
    files = binaries()
    return build(**{BZ2: files[BZ2], "_lzma.pyd": signed_pe(files["_lzma.pyd"])})


def other_listed_version(_: Surroundings) -> list[str]:
    files = {"python314.dll": pe(fixed=(3, 14, 7150, 1013))}
    tables = msi_tables(files)
    tables["File"][0][4] = "3.14.6150.1013"
    Path("core.msi").write_bytes(msi(files, tables=tables))
    return ["verify", "core.msi", "--platform", "amd64"]


def untrusted_signer(_: Surroundings) -> list[str]:
    return build(**{BZ2: signed_pe(binaries()[BZ2])})


def file_mismatch(given: Surroundings) -> list[str]:
    return without(given, **{"python314._pth": b"import site\n"})


def unsafe_archive(_: Surroundings) -> list[str]:
    Path(EMBED).write_bytes(zipped({"../python.exe": b"MZ"}))
    return ["verify", EMBED]


def download_failed(given: Surroundings) -> list[str]:
    unpinned()
    given.github.respond(XZ_PATH, status(403))
    return ["regen", "--base-url", given.github.base]


def unpinned() -> None:
    """Leave one external in the manifest, without checksum."""
    text = Path("externals.toml").read_text(encoding="utf-8")
    start, end = text.index("[source.bzip2]"), text.index("# Diagnostics that people")
    pin = '[source.xz]\ntag = "xz-5.2.5"\nsha256 = ""\n\n'
    Path("externals.toml").write_text(text[:start] + pin + text[end:], encoding="utf-8")


def pinned(given: Surroundings) -> None:
    """Pin the one external."""
    unpinned()
    given.github.respond(XZ_PATH, body(XZ, ETag='"xz"'))
    assert main(["regen", "--base-url", given.github.base]) == 0


def tag_moved(given: Surroundings) -> list[str]:
    pinned(given)
    moved = archive({"liblzma/api.h": b"other"}, top="cpython-source-deps-xz-5.2.5")
    given.github.respond(XZ_PATH, body(moved, ETag='"moved"'))
    return ["regen", "--verify", "--base-url", given.github.base]


def archive_repacked(given: Surroundings) -> list[str]:
    pinned(given)
    repacked = gzip.compress(gzip.decompress(XZ), 1, mtime=5)
    given.github.respond(XZ_PATH, body(repacked, ETag='"repacked"'))
    return ["regen", "--verify", "--base-url", given.github.base]


def archive_of_another_tag(given: Surroundings) -> list[str]:
    pinned(given)
    Path("get_externals.bat").write_text("python get_external.py xz-5.2.6\n", encoding="utf-8")
    same = archive({"liblzma/api.h": b"xz"}, top="cpython-source-deps-xz-5.2.6", commit="ab" * 20)
    given.github.respond(XZ_PATH.replace("5.2.5", "5.2.6"), body(same))
    return ["regen", "--script", "get_externals.bat", "--base-url", given.github.base]


def release(given: Surroundings, *more: str) -> list[str]:
    shutil.copy(MADE, "externals.toml")
    Path("artifacts").mkdir()
    shutil.copy(given.artifacts / EMBED, "artifacts")
    return ["release", "--artifacts", "artifacts", "--partial", "--allow-unpinned", *more]


def duplicate_artifact(given: Surroundings) -> list[str]:
    command = release(given)
    Path("artifacts/copy").mkdir()
    shutil.copy(given.artifacts / EMBED, "artifacts/copy")
    return command


def not_attested(given: Surroundings) -> list[str]:
    command = release(given, "--attest")
    Path("artifacts/python-3.14.7-amd64.exe").write_bytes(web_installer())
    return command


def ambiguous_external(_: Surroundings) -> list[str]:
    written(Path("externals/libffi-3.4.4"), {"ffi.h": b"patched"})
    return ["check", "--externals", "externals"]


def inconsistent_release(given: Surroundings) -> list[str]:
    assert main(release(given)) == 0
    change(f"dist/release/{EMBED}.spdx.json", '"2.8.2"', '"2.8.1"')
    return ["release", "--artifacts", "artifacts", "--check"]


def rejected_part(given: Surroundings) -> list[str]:
    shutil.copy(MADE, "externals.toml")
    assert main(["build", "--platform", "amd64"]) == 0
    part = "dist/sbom/python-3.14.7-amd64.spdx.json"
    change(part, '"2.8.2"', '"2.8.1"')
    return release(given, "--platform-sbom", part)


CASES: list[Callable[[Surroundings], list[str]]] = [
    missing_component, no_evidence, file_mismatch, unsafe_archive, invalid_signature,
    unexpected_signer, unsigned_file, untrusted_signer, version_changed, tag_moved,
    archive_repacked, stale_version, checksum_mismatch, link_mismatch, invalid_wheel,
    unlisted_component, vendored_changed, absent_code, inconsistent_release, rejected_part,
    not_attested, duplicate_artifact, download_failed, incomplete_package, unknown_cpe,
    other_python_version, ambiguous_external, archive_of_another_tag, altered_wheel,
    unknown_wheel_contents, other_listed_version, other_directory, incomplete_tree,
]  # fmt: skip


# Diagnostics whose examples are of other inputs than these.


def unknown_release(_: Surroundings) -> list[str]:
    Path("get_externals.bat").write_text("python get_external.py xz-5.2.6\n", encoding="utf-8")
    return [*build(**binaries()), "--script", "get_externals.bat"]


def missing_file(given: Surroundings) -> list[str]:
    return without(given, "sqlite3.dll")


def unowned_file(given: Surroundings) -> list[str]:
    return without(given, **{"a.txt": b"a"})


def version_mismatch(_: Surroundings) -> list[str]:
    return build(**binaries(zlib="1.2.11"))


def undeclared_component(_: Surroundings) -> list[str]:
    return build(**{"tcl86t.dll": binaries()["python313.dll"]})


def unexpected_build(_: Surroundings) -> list[str]:
    tag, text = "tcltk-8.6.15.0", Path("externals.toml").read_text(encoding="utf-8")
    Path("externals.toml").write_text(knowing(text, tag, binaries()), encoding="utf-8")
    script = re.sub(r"tcltk-[\d.]+", tag, script_of(entry_of("3.13.0rc2")))
    Path("get_externals.bat").write_bytes(script.encode())
    resource, texts = {"FileVersion": "8.6.15"}, [b"tk_patchLevel", b"8.6.15", b"patched"]
    command = build(**{"tk86t.dll": pe(resource=resource, texts=texts)})
    return [*command, "--script", "get_externals.bat"]


def unreadable_file(_: Surroundings) -> list[str]:
    return build(**{BZ2: binaries()[BZ2][:200]})


def not_inspected(given: Surroundings) -> list[str]:
    command = release(given)
    Path("artifacts/python-3.14.7-amd64.exe").write_bytes(web_installer())
    return command


def excluded(given: Surroundings, **files: bytes) -> list[str]:
    """Return the release of an embeddable package with these files, too."""
    command = release(given)
    with zipfile.ZipFile(Path("artifacts", EMBED), "a") as embeddable:
        for name, data in files.items():
            embeddable.writestr(name, data)
    return command


def excluded_component(given: Surroundings) -> list[str]:
    return excluded(given, **{"zlib1.dll": b"amd64 default zlib1.dll\n"})


def excluded_file(given: Surroundings) -> list[str]:
    return excluded(given, **{"_tkinter.pyd": pe()})


def source_binary_mismatch(_: Surroundings) -> list[str]:
    return ["check"]


def conflicting_reference(_: Surroundings) -> list[str]:
    text = Path("externals.toml").read_text(encoding="utf-8")
    table = text[text.index("[source.zlib-ng]") :]
    digest = table[table.index('sha256 = "') + 10 :][:64]
    change("externals.toml", digest, "0" * 64)
    return ["check"]


def unexpected_external(_: Surroundings) -> list[str]:
    for name in ("brotli-1.1.0", "zstd-1.5.7"):
        written(Path("externals", name), {"a.c": b"a"})
    return ["check", "--externals", "externals"]


def modified_external(_: Surroundings) -> list[str]:
    written(Path("externals/zstd-1.5.7"), {"a.c": b"a"})
    return ["check", "--externals", "externals"]


def missing_external(_: Surroundings) -> list[str]:
    written(Path("externals/zstd-1.5.7"), {"a.c": b"a"})
    return ["check", "--externals", "externals"]


def unknown_artifact(given: Surroundings) -> list[str]:
    command = release(given)
    Path("artifacts/notes.txt").write_bytes(b"")
    return command


def missing_artifact(given: Surroundings) -> list[str]:
    return [word for word in release(given) if word != "--partial"]


def unmatched_statement(_: Surroundings) -> list[str]:
    Path("vex.toml").write_text(VALID.replace("<5.6.3", "<1"), encoding="utf-8")
    return ["check"]


MORE_CASES: list[Callable[[Surroundings], list[str]]] = [
    unknown_release, missing_file, unowned_file, version_mismatch, undeclared_component,
    unexpected_build, unreadable_file, not_inspected, excluded_component, excluded_file,
    source_binary_mismatch, conflicting_reference, unexpected_external, modified_external,
    missing_external, unknown_artifact, missing_artifact, unmatched_statement,
]  # fmt: skip


@pytest.fixture
def given(
    artifacts: Path, released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Surroundings]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "cache"))
    shutil.copy(COMMITTED, "externals.toml")
    with running() as github:
        yield Surroundings(artifacts, released, github)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__.replace("_", "-"))
def test_the_example_is_printed(
    case: Callable[[Surroundings], list[str]],
    given: Surroundings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = case(given)
    capsys.readouterr()
    main(command)
    printed = "".join(capsys.readouterr()).replace(given.github.base, "https://github.com")
    example = catalog()[case.__name__.replace("_", "-")].example
    assert without_digests(example) in without_digests(printed.replace("\\", "/"))


@pytest.mark.parametrize(
    "case", [*CASES, *MORE_CASES], ids=lambda case: case.__name__.replace("_", "-")
)
def test_what_is_printed_to_accept_a_diagnostic_accepts_it(
    case: Callable[[Surroundings], list[str]],
    given: Surroundings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = case(given)
    before = Path("externals.toml").read_bytes()
    capsys.readouterr()
    main(command)
    printed = "".join(capsys.readouterr())
    Path("externals.toml").write_bytes(before)
    assert_exemptions_hold(case.__name__.replace("_", "-"), command, printed, capsys)


def test_every_diagnostic_that_can_be_exempted_has_a_case() -> None:
    cases = {case.__name__.replace("_", "-") for case in (*CASES, *MORE_CASES)}
    cases |= {name for name, *_ in (*SCRIPTS, *MANIFESTS)}
    exemptible = {name for name, entry in catalog().items() if entry.exemptible}
    assert exemptible - cases == set()


def test_a_build_of_an_ambiguous_external_offers_no_exemption(
    given: Surroundings, capsys: pytest.CaptureFixture[str]
) -> None:
    ambiguous_external(given)
    words = ["build", "--externals", "externals"]
    assert main(words) == 1
    assert "exemption" not in capsys.readouterr().err
    assert main([*words, "--output-format", "json"]) == 1
    [found] = json.loads(capsys.readouterr().out)["diagnostics"]
    assert (found["name"], found["exemption_key"], found["exemption_toml"]) == (
        "ambiguous-external", None, None
    )  # fmt: skip


def without_digests(text: str) -> str:
    """Return a text without digests: that of an archive depends on the zlib that packed it."""
    return re.sub(r"\b[0-9a-f]{12,}\b", "", text)
