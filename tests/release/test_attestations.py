"""``release --attest``: an unsigned statement for each opened artifact, as sigstore reads it."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from release_runs import PARTIAL, Run, read_json
from sigstore import dsse
from sigstore.errors import Error

OPENED = {
    "python-3.14.7-amd64-store.msixupload",
    "python-3.14.7-embed-amd64.zip",
    "python-3.14.7-embed-win32.zip",
}
SUFFIX = ".intoto.json"


@pytest.fixture
def attested(run: Run, few: Path, tmp_path: Path) -> Path:
    words = ("--artifacts", few, "--output", tmp_path / "out", *PARTIAL, "--attest")
    assert run("release", *words)[0] == 0
    return tmp_path / "out"


def test_each_opened_artifact_has_a_statement_with_its_digest_and_its_sbom(
    attested: Path, few: Path
) -> None:
    paths = list(attested.glob(f"*{SUFFIX}"))
    assert {path.name.removesuffix(SUFFIX) for path in paths} == OPENED
    for path in paths:
        name = path.name.removesuffix(SUFFIX)
        assert read_json(path) == {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [
                {
                    "name": name,
                    "digest": {"sha256": hashlib.sha256((few / name).read_bytes()).hexdigest()},
                }
            ],
            "predicateType": "https://spdx.dev/Document",
            "predicate": read_json(attested / f"{name}.spdx.json"),
        }


def test_sigstore_reads_and_signs_the_statements(attested: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    for path in attested.glob(f"*{SUFFIX}"):
        statement = dsse.Statement(path.read_bytes())
        # What signs and verifies without a server is not public.
        envelope = dsse._sign(key, statement)  # noqa: SLF001
        assert dsse._verify(key.public_key(), envelope) == path.read_bytes()  # noqa: SLF001


@pytest.mark.parametrize("field", ["_type", "subject", "sha256", "predicateType"])
def test_sigstore_refuses_a_statement_without_what_it_needs(attested: Path, field: str) -> None:
    data = (attested / f"python-3.14.7-embed-amd64.zip{SUFFIX}").read_bytes()
    with pytest.raises(Error, match="malformed in-toto statement"):
        dsse.Statement(data.replace(f'"{field}"'.encode(), b'"other"', 1))


def test_an_artifact_that_was_not_opened_is_named(run: Run, few: Path, tmp_path: Path) -> None:
    words = ("--artifacts", few, "--output", tmp_path / "out", *PARTIAL)
    status, _, err = run("release", *words, "--attest")
    assert status == 0
    assert [line for line in err.splitlines() if "SBM708" in line] == [
        f"{name}: no attestation: the artifact was not opened. Described from what the build is "
        "known to contain. [warning: SBM708 not-attested]"
        for name in ("python-3.14.7-amd64.exe", "python-3.14.7.exe")
    ]
    assert "SBM708" not in run("release", *words)[2]


def test_statements_are_beside_the_artifacts_of_a_release_in_place(
    run: Run, few: Path, tmp_path: Path
) -> None:
    directory = tmp_path / "release"
    shutil.copytree(few, directory)
    words = ("--artifacts", directory, "--in-place", *PARTIAL, "--attest")
    assert run("release", *words)[0] == 0
    first = {path.name: path.read_bytes() for path in directory.glob(f"*{SUFFIX}")}
    assert {name.removesuffix(SUFFIX) for name in first} == OPENED
    assert "is up to date" in run("release", *words)[1]
    assert run("release", "--check", "--artifacts", directory)[0] == 0


def test_each_format_has_statements_of_its_own(run: Run, few: Path, tmp_path: Path) -> None:
    formats = ("--format", "spdx-2.3", "--format", "cyclonedx-1.6")
    words = ("--artifacts", few, "--output", tmp_path / "out", *PARTIAL, "--attest")
    assert run("release", *words, *formats)[0] == 0
    for name in OPENED:
        statements = {
            "https://spdx.dev/Document": (f"{name}{SUFFIX}", f"{name}.spdx.json"),
            "https://cyclonedx.org/bom": (f"{name}.cyclonedx-1.6{SUFFIX}", f"{name}.cdx.json"),
        }
        for predicate_type, (statement, sbom) in statements.items():
            data = read_json(tmp_path / "out" / statement)
            assert data["predicateType"] == predicate_type
            assert data["predicate"] == read_json(tmp_path / "out" / sbom)
            dsse.Statement((tmp_path / "out" / statement).read_bytes())
