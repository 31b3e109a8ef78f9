"""Installers of a release: opened with all packages, in them and beside them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from build_files import build_file
from installers import bundle, msi
from manifests import committed
from pe_files import pe
from release_runs import PARTIAL, Run, component_names, failed_release, read_json, violations
from releases import installer_of, packages_of
from signatures import signed_pe

from sbom.manifest.channels import expected_artifacts

INSTALLER = "python-3.14.7-amd64.exe"
Packages = dict[str, dict[str, bytes]]
#: What packages of the debug build install, by Tools/msi of 3.14.
DEBUG: Packages = {
    package: {name: build_file("3.14.7", "amd64", "debug", Path(name).name) for name in names}
    for package, names in {
        "core_d.msi": ("python314_d.dll", "python3_d.dll"),
        "exe_d.msi": ("python_d.exe", "pythonw_d.exe"),
        "lib_d.msi": (
            "DLLs/_bz2_d.pyd", "DLLs/_ctypes_d.pyd", "DLLs/_decimal_d.pyd",
            "DLLs/_elementtree_d.pyd", "DLLs/_hashlib_d.pyd", "DLLs/_lzma_d.pyd",
            "DLLs/_sqlite3_d.pyd", "DLLs/_ssl_d.pyd", "DLLs/_zstd_d.pyd", "DLLs/pyexpat_d.pyd",
            "DLLs/sqlite3_d.dll",
        ),
    }.items()
}  # fmt: skip


def another(name: str) -> bytes:
    """Return a file of that name which is not the one of the build."""
    return build_file("3.14.7", "amd64", "another", name)


def release_with(directory: Path, installer: bytes, detached: Mapping[str, bytes] = {}) -> Path:
    """Fill a directory with an installer, and with packages where python.org has them."""
    (directory / "amd64").mkdir(parents=True)
    (directory / INSTALLER).write_bytes(installer)
    for name, data in detached.items():
        (directory / "amd64" / name).write_bytes(data)
    return directory


def paths(document: dict[str, Any]) -> set[str]:
    return {file["fileName"].removeprefix("./") for file in document["files"]}


def without_libffi(packages: Packages) -> None:
    del packages["lib.msi"]["DLLs/libffi-8.dll"]


def with_old_openssl(packages: Packages) -> None:
    text = b"OpenSSL 3.0.15 3 Sep 2024"
    packages["lib.msi"]["DLLs/libcrypto-3.dll"] = pe(texts=[text])


def with_stray_file(packages: Packages) -> None:
    packages["exe.msi"]["DLLs/evil.pyd"] = b"x"


def with_file_twice(packages: Packages) -> None:
    packages["exe.msi"]["python3.dll"] = another("python3.dll")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_libffi, f"{INSTALLER}: libffi-8.dll: missing file: expected by libffi 3.4.4"),
        (
            with_old_openssl,
            f"{INSTALLER}/lib.msi: DLLs/libcrypto-3.dll: expected openssl 3.5.7, found 3.0.15",
        ),
        (
            with_stray_file,
            f"{INSTALLER}/exe.msi: DLLs/evil.pyd: unowned file: belongs to no component",
        ),
        (
            with_file_twice,
            f"{INSTALLER}: python3.dll: is installed by exe.msi and by another package",
        ),
    ],
)
def test_what_is_wrong_in_an_installer_is_named_with_package_and_file(
    run: Run, tmp_path: Path, change: Callable[[Packages], None], message: str
) -> None:
    packages = packages_of("3.14.7", "amd64")
    change(packages)
    directory = release_with(tmp_path / "in", installer_of(packages))
    status, output = failed_release(run, directory, "--partial")
    assert status == 1
    assert [line for line in output if line.startswith(message)], output
    assert len(output) == 1, output


def test_an_installer_with_another_package_than_it_states_is_refused(
    run: Run, tmp_path: Path
) -> None:
    made = {name: msi(inside) for name, inside in packages_of("3.14.7", "amd64").items()}
    installer = bundle(made, listed={"lib.msi": b"another"})
    directory = release_with(tmp_path / "in", installer)
    _, [line] = failed_release(run, directory, "--partial")
    assert line.startswith(f"{INSTALLER}: lib.msi: is not the file that the bundle's manifest")


def test_a_package_beside_an_installer_is_the_one_in_it(run: Run, tmp_path: Path) -> None:
    packages = packages_of("3.14.7", "amd64")
    other = {**packages["exe.msi"], "LICENSE.txt": b"another"}
    directory = release_with(
        tmp_path / "in", installer_of(packages), {"exe.msi": msi(other), "lib.msi": b"no package"}
    )
    _, output = failed_release(run, directory, "--partial")
    assert [line.split(" [")[0] for line in output] == [
        "amd64/lib.msi: is not a complete compound file: not an OLE2 structured storage file",
        f"{INSTALLER}/exe.msi: expected the same file as amd64/exe.msi, found another",
    ]


def test_a_library_in_an_installer_is_the_one_in_the_zip_of_its_build(
    run: Run, artifacts: Path, tmp_path: Path
) -> None:
    packages = packages_of("3.14.7", "amd64")
    packages["lib.msi"]["DLLs/_bz2.pyd"] = another("_bz2.pyd")
    directory = release_with(tmp_path / "in", installer_of(packages))
    shutil.copy(artifacts / "python-3.14.7-amd64.zip", directory)
    out = tmp_path / "out"
    _, _, err = run("release", "--artifacts", directory, "--output", out, *PARTIAL)
    assert (
        f"python-3.14.7-amd64.zip: _bz2.pyd: expected the same file as in {INSTALLER}/lib.msi, "
        "of the same build, found another [warning: SBM210 unexpected-build]"
    ) in err


@pytest.fixture
def with_packages(tmp_path: Path) -> Path:
    """Return a release whose installer downloads the debug build, with all packages beside it."""
    packages = packages_of("3.14.7", "amd64")
    debug = {name: msi(inside) for name, inside in DEBUG.items()}
    installer = bundle({name: msi(inside) for name, inside in packages.items()}, detached=debug)
    detached = {**debug, "lib.msi": msi(packages["lib.msi"]), "path.msi": msi({})}
    return release_with(tmp_path / "in", installer, detached)


def test_packages_have_documents_beside_them(run: Run, with_packages: Path) -> None:
    words = ("--artifacts", with_packages, "--in-place", *PARTIAL)
    status, _, err = run("release", *words)
    assert status == 0, err
    documents = sorted(
        path.relative_to(with_packages).as_posix() for path in with_packages.rglob("*.spdx.json")
    )
    assert documents == [
        *(f"amd64/{name}.msi.spdx.json" for name in ("core_d", "exe_d", "lib", "lib_d", "path")),
        "python-3.14.7-amd64.exe.spdx.json",
        "python-3.14.7-windows.spdx.json",
    ]
    for name in documents:
        assert violations(with_packages / name) == [], name
    installer = read_json(with_packages / f"{INSTALLER}.spdx.json")
    debug = read_json(with_packages / "amd64/core_d.msi.spdx.json")
    library = read_json(with_packages / "amd64/lib.msi.spdx.json")
    assert paths(debug) == {"python314_d.dll", "python3_d.dll"}
    assert paths(installer) >= {"python314.dll", "python314_d.dll", *paths(library)}
    assert component_names(library) >= {"openssl", "pip", "sqlite"}
    assert not component_names(library) & {"tcl", "wix", "vcruntime", "zlib-ng"}
    empty = read_json(with_packages / "amd64/path.msi.spdx.json")
    assert component_names(empty) == {"amd64/path.msi"}
    related = {
        (one["relatedSpdxElement"], one["relationshipType"])
        for one in installer["relationships"]
        if one["spdxElementId"] == f"SPDXRef-Artifact-{INSTALLER}"
    }
    assert ("SPDXRef-Artifact-amd64-lib.msi", "CONTAINS") in related
    assert any("core-d.msi" in other and kind == "DEPENDS_ON" for other, kind in related), related
    status, out, err = run("release", "--artifacts", with_packages, "--in-place", "--check")
    assert status == 0, out + err
    index = read_json(with_packages / "sbom-index.json")
    [entry] = [one for one in index["artifacts"] if one["file"] == "amd64/core_d.msi"]
    assert (entry["variant"], entry["described-from"]) == ("debug", "members")
    assert entry["location"] == "https://www.python.org/ftp/python/3.14.7/amd64/core_d.msi"


def test_packages_that_are_not_at_hand_are_named(run: Run, tmp_path: Path) -> None:
    packages = packages_of("3.14.7", "amd64")
    debug = {name: msi(DEBUG[f"{name}.msi"]) for name in ("core_d", "exe_d", "lib_d")}
    detached = {"core_d.msi": debug["core_d"]}
    directory = release_with(tmp_path / "in", installer_of(packages, **debug), detached)
    out = tmp_path / "out"
    status, _, err = run("release", "--artifacts", directory, "--output", out, *PARTIAL)
    assert status == 0, err
    assert (
        f"{INSTALLER}: not inspected: packages that it downloads are not available: exe_d.msi, "
        "lib_d.msi [warning: SBM208 not-inspected]"
    ) in err
    document = read_json(out / f"{INSTALLER}.spdx.json")
    assert {"python314.dll", "python314_d.dll"} <= paths(document)
    [root] = [one for one in document["packages"] if one["name"] == INSTALLER]
    assert root["comment"] == (
        "Described from its members: it was opened. It downloads these packages when needed; "
        "they were not available: exe_d.msi, lib_d.msi."
    )


def test_an_early_release_has_its_packages_in_a_directory_of_its_own() -> None:
    artifacts = expected_artifacts(committed().channels, "3.15.0rc1", "3.15")
    [package] = [one for one in artifacts if one.file.endswith("/core.msi") and "arm" in one.file]
    assert (package.file, package.location) == (
        "arm64rc1/core.msi",
        "https://www.python.org/ftp/python/3.15.0/arm64rc1/core.msi",
    )


def test_documents_state_who_signed_an_installer_its_packages_and_files(
    run: Run, tmp_path: Path
) -> None:
    packages = packages_of("3.14.7", "amd64")
    packages["lib.msi"]["DLLs/_bz2.pyd"] = signed_pe(pe(), "Any Foundation")
    made = {name: msi(inside) for name, inside in packages.items()}
    made["lib.msi"] = msi(packages["lib.msi"], signer="Any Foundation")
    directory = release_with(tmp_path / "in", bundle(made), {"lib.msi": made["lib.msi"]})
    out = tmp_path / "out"
    status, _, err = run("release", "--artifacts", directory, "--output", out, *PARTIAL)
    assert status == 0, err
    document = read_json(out / f"{INSTALLER}.spdx.json")
    sentence = (
        "Signed by CN=Any Foundation Signing, O=Any Foundation, C=US (issuer "
        "CN=Any Foundation Signing, O=Any Foundation, C=US, serial 0102)"
    )
    [library] = [one for one in document["files"] if one["fileName"] == "./DLLs/_bz2.pyd"]
    assert f"{sentence}; the file is the one that was signed." in library["comment"]
    [package] = [one for one in document["packages"] if one["name"] == "amd64/lib.msi"]
    assert f"{sentence}; the file is the one that was signed." in package["comment"]


def test_a_package_that_was_changed_after_signing_is_an_error(run: Run, tmp_path: Path) -> None:
    package = msi(packages_of("3.14.7", "amd64")["lib.msi"], signer="Any Foundation")
    changed = package.replace(b"Python 3.14.7", b"Python 3.14.8")
    installer = installer_of(packages_of("3.14.7", "amd64"))
    directory = release_with(tmp_path / "in", installer, {"path.msi": changed})
    _, [line] = failed_release(run, directory, "--partial")
    assert "amd64/path.msi: invalid signature of Any Foundation: its contents are not" in line


def test_a_file_in_a_package_that_is_not_at_hand_is_not_missing(run: Run, tmp_path: Path) -> None:
    packages = packages_of("3.14.7", "amd64")
    tcltk = msi(packages.pop("tcltk.msi"))
    directory = release_with(tmp_path / "in", installer_of(packages, tcltk=tcltk))
    out = tmp_path / "out"
    status, _, err = run("release", "--artifacts", directory, "--output", out, *PARTIAL)
    assert status == 0, err
    assert "packages that it downloads are not available: tcltk.msi" in err
    assert "tcl" not in component_names(read_json(out / f"{INSTALLER}.spdx.json"))


def test_an_installer_that_is_not_of_its_layout_is_an_error(run: Run, tmp_path: Path) -> None:
    packages = packages_of("3.14.7", "amd64")
    layout = tmp_path / "layout"
    for path, data in (item for inside in packages.values() for item in inside.items()):
        (layout / path).parent.mkdir(parents=True, exist_ok=True)
        (layout / path).write_bytes(data)
    packages["core.msi"]["python314.dll"] = another("python314.dll")
    installer = installer_of(packages, core_d=b"debug")
    directory = release_with(tmp_path / "in", installer)
    _, output = failed_release(run, directory, "--partial", "--layout", f"amd64={layout}")
    assert output == [
        f"{INSTALLER}: python314.dll: expected the same file as in the layout of amd64, found "
        "another [error: SBM209 file-mismatch]"
    ]
