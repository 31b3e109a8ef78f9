"""A published directory is compared with itself."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from build_files import MADE
from release_runs import (
    PARTIAL,
    Run,
    read_json,
)

from sbom.cli import main


@pytest.fixture(scope="session")
def published(few: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a few artifacts with their documents beside them."""
    directory = tmp_path_factory.mktemp("published") / "in"
    shutil.copytree(few, directory)
    words = ["--artifacts", str(directory), "--in-place", *PARTIAL]
    assert main(["release", "--manifest", str(MADE), *words]) == 0
    return directory


@pytest.fixture
def small(published: Path, tmp_path: Path) -> Path:
    return shutil.copytree(published, tmp_path / "published")


@pytest.fixture
def place(released: Path, artifacts: Path, tmp_path: Path) -> Path:
    directory = tmp_path / "published"
    shutil.copytree(artifacts, directory)
    for path in released.iterdir():
        shutil.copy(path, directory)
    return directory


def test_a_published_directory_agrees_with_itself(run: Run, place: Path) -> None:
    status, out, _ = run("release", "--check", "--artifacts", place)
    assert (status, out.splitlines()[-1].partition(": ")[2]) == (
        0,
        "30 artifacts, 33 documents, no errors",
    )


def edit_slice(directory: Path) -> None:
    path = directory / "python-3.14.7-embed-amd64.zip.spdx.json"
    data = read_json(path)
    data["packages"][0]["versionInfo"] = "6.6.6"
    path.write_text(json.dumps(data))
    index = directory / "sbom-index.json"
    rows = read_json(index)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    for row in rows["artifacts"]:
        for sbom in row["sboms"]:
            if sbom["file"] == path.name:
                sbom["sha256"] = digest
    index.write_text(json.dumps(rows))


def write_json(path: Path, data: object) -> None:
    path.write_text(json.dumps(data), encoding="utf-8")


def update_sums(directory: Path) -> None:
    """Make index and checksums agree with the documents as they are now."""
    index = read_json(directory / "sbom-index.json")
    for entry in (
        *index["documents"],
        *(one for row in index["artifacts"] for one in row["sboms"]),
    ):
        data = (directory / entry["file"]).read_bytes()
        entry |= {
            "sha256": hashlib.sha256(data).hexdigest(),
            "namespace": json.loads(data)["documentNamespace"],
        }
    write_json(directory / "sbom-index.json", index)
    names = [line.partition("*")[2] for line in (directory / "SHA256SUMS").read_text().splitlines()]
    sums = {name: hashlib.sha256((directory / name).read_bytes()).hexdigest() for name in names}
    lines = [f"{sha256} *{name}\n" for name, sha256 in sums.items()]
    (directory / "SHA256SUMS").write_text("".join(lines))


def reuse_namespace(directory: Path) -> None:
    whole = directory / "python-3.14.7-windows.spdx.json"
    data = read_json(whole)
    data["creationInfo"]["comment"] += " Anything else."
    write_json(whole, data)
    update_sums(directory)


def deny_partial(directory: Path) -> None:
    """Describe fewer artifacts, and state nowhere that this is so."""
    (directory / "python-3.14.7.exe").unlink()
    (directory / "python-3.14.7.exe.spdx.json").unlink()
    index = read_json(directory / "sbom-index.json")
    rows = [row for row in index["artifacts"] if row["file"] != "python-3.14.7.exe"]
    write_json(directory / "sbom-index.json", index | {"artifacts": rows})
    update_sums_without(directory, "python-3.14.7.exe", "python-3.14.7.exe.spdx.json")


def claim_complete(directory: Path) -> None:
    index = read_json(directory / "sbom-index.json")
    changed = {"partial": False, "missing": []}
    write_json(directory / "sbom-index.json", index | changed)
    update_sums(directory)


def update_sums_without(directory: Path, *names: str) -> None:
    sums = directory / "SHA256SUMS"
    lines = [line for line in sums.read_text().splitlines() if line.partition("*")[2] not in names]
    sums.write_text("\n".join(lines) + "\n")
    update_sums(directory)


def change_index(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Return what changes the index of a release and makes the checksums agree with it."""

    def harm(directory: Path) -> None:
        index = read_json(directory / "sbom-index.json")
        change(index)
        write_json(directory / "sbom-index.json", index)
        sums = directory / "SHA256SUMS"
        digest = hashlib.sha256((directory / "sbom-index.json").read_bytes()).hexdigest()
        lines = [
            f"{digest} *sbom-index.json" if line.endswith("*sbom-index.json") else line
            for line in sums.read_text().splitlines()
        ]
        sums.write_text("\n".join(lines) + "\n")

    return harm


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", 1),
        ("channel", "nuget"),
        ("platform", "arm64"),
        ("variant", "debug"),
        ("described-from", "manifest"),
        ("location", "https://example.org/"),
    ],
)
def test_what_the_index_states_of_an_artifact_is_compared(
    run: Run, small: Path, name: str, value: object
) -> None:
    change_index(lambda index: index["artifacts"][0].update({name: value}))(small)
    status, out, _ = run("release", "--check", "--artifacts", small)
    assert status == 1
    assert f"sbom-index.json: python-3.14.7-amd64-store.msixupload: states {name} {value}" in out


def drop_license(directory: Path) -> None:
    path = directory / "python-3.14.7-windows.spdx.json"
    data = read_json(path)
    del data["dataLicense"]
    write_json(path, data)
    update_sums(directory)


def drop_package(directory: Path) -> None:
    """Take the package of an artifact out of the SBOM of the whole release."""
    path = directory / "python-3.14.7-windows.spdx.json"
    data = read_json(path)
    [gone] = [row for row in data["packages"] if row["name"] == "python-3.14.7.exe"]
    data["packages"].remove(gone)
    data["relationships"] = [
        row
        for row in data["relationships"]
        if gone["SPDXID"] not in (row["spdxElementId"], row["relatedSpdxElement"])
    ]
    write_json(path, data)
    update_sums(directory)


def drop_sum(directory: Path) -> None:
    sums = directory / "SHA256SUMS"
    lines = sums.read_text().splitlines(keepends=True)
    sums.write_text("".join(line for line in lines if not line.endswith("-windows.spdx.json\n")))


def name_twice(directory: Path) -> None:
    sums = directory / "SHA256SUMS"
    sums.write_text(f"{sums.read_text()}{'0' * 64} *sbom-index.json\n")


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
        (
            reuse_namespace,
            "python-3.14.7-windows.spdx.json",
            "its namespace is not that of its contents",
        ),
        (
            deny_partial,
            "python-3.14.7.exe",
            "missing artifact: channel installer publishes it",
        ),
        (
            claim_complete,
            "python-3.14.7-windows.spdx.json",
            "expected a complete release, as sbom-index.json states, found a partial one",
        ),
        (
            change_index(lambda index: index["documents"][0].update(namespace="https://a.org/")),
            "sbom-index.json",
            "python-3.14.7-windows.spdx.json: states namespace https://a.org/, expected",
        ),
        (
            change_index(lambda index: index.update(partial=True, missing=["made-up.exe"])),
            "sbom-index.json",
            "names made-up.exe as missing, which no channel publishes",
        ),
        (
            change_index(lambda index: index.update(partial=True, missing=["python-3.14.7.exe"])),
            "sbom-index.json",
            "names python-3.14.7.exe as missing, and describes it",
        ),
        (
            change_index(lambda index: index["documents"][0].update(sha256="0" * 64)),
            "python-3.14.7-windows.spdx.json",
            "differs from its SHA-256 in the index: expected 000000000000…",
        ),
        (
            change_index(lambda index: index["artifacts"][0]["sboms"][0].update(sha256="0" * 64)),
            "python-3.14.7-amd64-store.msixupload.spdx.json",
            "differs from its SHA-256 in the index: expected 000000000000…",
        ),
        (
            change_index(lambda index: index["artifacts"].pop()),
            "python-3.14.7.exe",
            "has no SBOM: the index does not name it",
        ),
        (drop_sum, "python-3.14.7-windows.spdx.json", "is not named by SHA256SUMS"),
        (
            lambda f: (f / "SHA256SUMS").unlink(),
            "SHA256SUMS",
            "is missing",
        ),
        (
            drop_package,
            "python-3.14.7.exe.spdx.json",
            "python-3.14.7-windows.spdx.json has no component of python-3.14.7.exe",
        ),
        (name_twice, "SHA256SUMS:13", "names sbom-index.json a second time"),
        (drop_license, "python-3.14.7-windows.spdx.json", "dataLicense"),
        (
            lambda f: shutil.copy(f / "python-3.14.7.exe.spdx.json", f / "old.exe.spdx.json"),
            "old.exe.spdx.json",
            "is not named by sbom-index.json",
        ),
    ],
    ids=[
        "swapped",
        "gone",
        "without",
        "sums",
        "slice",
        "index",
        "unexpected",
        "namespace",
        "undescribed",
        "complete",
        "namespace in the index",
        "made-up",
        "missing and described",
        "digest of the whole in the index",
        "digest of a slice in the index",
        "not in the index",
        "not in the sums",
        "no sums",
        "not in the whole",
        "named twice",
        "license",
        "stale document",
    ],
)
def test_each_harm_to_a_published_directory_is_reported(
    run: Run, small: Path, harm: Callable[[Path], object], file: str, sentence: str
) -> None:
    harm(small)
    status, out, _ = run("release", "--check", "--artifacts", small)
    assert status == 1
    assert any(line.startswith(f"{file}: ") and sentence in line for line in out.splitlines()), out


def test_artifacts_without_documents_are_not_a_published_release(
    run: Run, few: Path, tmp_path: Path
) -> None:
    words = ("--artifacts", few, "--output", tmp_path / "nowhere")
    status, out, _ = run("release", "--check", *words)
    assert status == 1
    assert "sbom-index.json: is missing, or is not the index of a release" in out


def test_documents_cannot_be_written_beside_the_artifacts_and_elsewhere(
    run: Run, few: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        run("release", "--artifacts", few, "--in-place", "--output", few / "x")
    assert "not allowed with argument" in capsys.readouterr().err


def test_what_a_person_accepted_is_no_error(run: Run, small: Path, tmp_path: Path) -> None:
    (small / "notes.zip").write_bytes(b"")
    manifest = tmp_path / "externals.toml"
    exemption = """\n[[exemption]]
diagnostic = "unknown-artifact"
key = "notes.zip"
reason = "accepted"
"""
    manifest.write_text(MADE.read_text("utf-8") + exemption, encoding="utf-8")
    words = ("release", "--check", "--artifacts", small, "--manifest")
    assert run(*words, MADE)[0] == 1
    status, out, _ = run(*words, manifest)
    assert status == 0
    assert "[exempted: SBM701 unknown-artifact]" in out


def test_documents_beside_the_artifacts_are_checked_where_they_are(
    run: Run, few: Path, tmp_path: Path
) -> None:
    directory = tmp_path / "in"
    (directory / "amd64").mkdir(parents=True)
    for path in few.iterdir():
        shutil.copy(path, directory / "amd64" if "amd64" in path.name else directory)
    assert run("release", "--artifacts", directory, "--in-place", *PARTIAL)[0] == 0
    assert (directory / "amd64/python-3.14.7-amd64.exe.spdx.json").is_file()
    sums = (directory / "SHA256SUMS").read_text()
    assert " *amd64/python-3.14.7-amd64.exe\n" in sums
    assert run("release", "--check", "--artifacts", directory)[0] == 0
    assert "is up to date" in run("release", "--artifacts", directory, "--in-place", *PARTIAL)[1]


def test_a_partial_release_agrees_with_itself(run: Run, few: Path, tmp_path: Path) -> None:
    directory = tmp_path / "in"
    shutil.copytree(few, directory)
    assert run("release", "--artifacts", directory, "--in-place", *PARTIAL)[0] == 0
    status, out, _ = run("release", "--check", "--artifacts", directory)
    assert (status, out.splitlines()[-1].partition(": ")[2]) == (
        0,
        "5 artifacts, 8 documents, no errors; partial: 21 artifacts missing",
    )
