"""Signatures of osslsigncode: what it verifies is intact and trusted, what it does not is not.

``nox -s debian-tools`` runs them.
"""

from __future__ import annotations

import io
import random
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cabinets import cabinet
from debian_tools import needs_debian_tools, run
from installers import msi, no_cabinet
from pe_files import pe
from releases import zipped

from sbom.binaries.chain import ChainVerifier, Usage
from sbom.binaries.pe import read_headers
from sbom.binaries.search import Inspector
from sbom.binaries.signature import Signature, SignatureStatus
from sbom.binaries.windows_roots import parse_roots
from sbom.files.cabinet_archive import CabinetReader
from sbom.files.msi import MsiReader
from sbom.files.zip import ZipReader

pytestmark = needs_debian_tools
FILES = {"python.exe": pe(texts=[b"python"]), "Lib/os.py": b"import sys\n" * 4000}
_CONTENT_TYPES = (
    b'<Types><Override PartName="/AppxSignature.p7x" '
    b'ContentType="application/vnd.ms-appx.signature"/></Types>'
)
_BLOCK_MAP = b'<BlockMap HashMethod="http://www.w3.org/2001/04/xmlenc#sha256"></BlockMap>'
UNSIGNED = {
    "python.exe": pe(texts=[b"python"]) + bytes(range(256)) * 4,
    "core.msi": msi(FILES),
    "files.cab": cabinet(FILES),
    "python.msix": zipped(
        FILES | {"[Content_Types].xml": _CONTENT_TYPES, "AppxBlockMap.xml": _BLOCK_MAP}
    ),
}
_CONFIGURATION = """[req]
distinguished_name=name
[name]
[authority]
basicConstraints=critical,CA:true
keyUsage=critical,keyCertSign
[code]
extendedKeyUsage=codeSigning
[time]
extendedKeyUsage=critical,timeStamping
"""


@dataclass(frozen=True, slots=True)
class Signers:
    """A directory with an authority of certificates, and keys whose certificates it issued."""

    directory: Path

    def issue(self, name: str, kind: str, key: Sequence[str] = ("rsa:2048",)) -> None:
        """Make a key, and a certificate of a kind for it: code or time."""
        options = ["-newkey", *key, "-nodes", "-keyout", f"{name}.key", "-config", "any.cnf"]
        run("openssl", "req", *options, "-subj", f"/O={name} Foundation/CN={name}",
            "-out", f"{name}.csr", cwd=self.directory)  # fmt: skip
        run("openssl", "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "900", "-extfile", "any.cnf", "-extensions", kind,
            "-out", f"{name}.pem", cwd=self.directory)  # fmt: skip

    def sign(self, source: Path, signed: Path, name: str, *options: str) -> Path:
        """Sign a file by one of the keys."""
        run("osslsigncode", "sign", "-certs", f"{name}.pem", "-key", f"{name}.key", *options,
            "-in", source, "-out", signed, cwd=self.directory)  # fmt: skip
        return signed

    def verify(self, path: Path) -> tuple[bool, list[tuple[str, bool]]]:
        """Return whether osslsigncode accepts a file, and who signed it, each with a result."""
        command = ["osslsigncode", "verify", "-CAfile", "ca.pem", "-TSA-CAfile", "ca.pem"]
        done = subprocess.run(
            [*command, "-in", path], cwd=self.directory, capture_output=True, check=False
        )
        printed = done.stdout.decode(errors="replace")
        results = []
        for part in re.split(r"(?m)^Signature Index: ", printed)[1:]:
            names = re.search(r"Signer #0:\s+Subject: .*?/?O ?= ?([^/,\n]*)", part)
            is_valid = re.search(r"(?m)^Signature verification: ok", part) is not None
            results.append((names[1] if names else "", is_valid))
        return done.returncode == 0, results

    def accepts(self, signature: Signature) -> bool:
        """Return whether this project finds a signature intact, and a root of it."""
        verifier = ChainVerifier(parse_roots((self.directory / "ca.pem").read_text("ascii")))
        now = datetime.now(tz=UTC)
        return (
            signature.status is SignatureStatus.INTACT
            and not signature.has_invalid_timestamp
            and not verifier.find_fault(signature.certificates, Usage.CODE_SIGNING, now)
        )


@pytest.fixture(scope="module")
def signers(tmp_path_factory: pytest.TempPathFactory) -> Signers:
    made = Signers(tmp_path_factory.mktemp("signers"))
    (made.directory / "any.cnf").write_text(_CONFIGURATION, encoding="ascii")
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out",
        "ca.pem", "-subj", "/O=Any Authority/CN=Any Root", "-config", "any.cnf", "-extensions",
        "authority", "-days", "1000", cwd=made.directory)  # fmt: skip
    for name in ("Any", "Other"):
        made.issue(name, "code")
    made.issue("Elliptic", "code", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
    made.issue("Clock", "time")
    return made


def read(name: str, data: bytes, directory: Path) -> Signature | None:
    match name.rpartition(".")[2]:
        case "exe":
            return read_headers(data).signature
        case "msi":
            return MsiReader().read(io.BytesIO(data), name, no_cabinet).archive.signature
        case "cab":
            opened = CabinetReader(Inspector([])).read(io.BytesIO(data), name, no_cabinet)
            return opened.archive.signature
    path = directory / f"read-{name}"
    path.write_bytes(data)
    return ZipReader().read(path, name).archive.signature


@pytest.mark.parametrize("name", ["python.exe", "core.msi", "files.cab"])
@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha384", "sha512"])
def test_each_digest_is_verified(
    signers: Signers, tmp_path: Path, name: str, algorithm: str
) -> None:
    source = tmp_path / name
    source.write_bytes(UNSIGNED[name])
    signed = signers.sign(source, tmp_path / f"signed-{name}", "Any", "-h", algorithm)
    signature = read(name, signed.read_bytes(), tmp_path)
    assert signature
    assert (signature.signer, signature.secondary) == ("Any Foundation", ())
    assert signers.accepts(signature)
    assert signers.verify(signed) == (True, [("Any Foundation", True)])


def nested(signers: Signers, directory: Path, name: str) -> Path:
    """Return a file with three signatures, one with a timestamp and one by an elliptic curve."""
    source = directory / name
    source.write_bytes(UNSIGNED[name])
    one = signers.sign(source, directory / f"1-{name}", "Any", "-h", "sha1")
    two = signers.sign(one, directory / f"2-{name}", "Other", "-nest", "-h", "sha256")
    time = ["-TSA-certs", "Clock.pem", "-TSA-key", "Clock.key"]
    options = ["-nest", "-h", "sha384", *time]
    return signers.sign(two, directory / f"3-{name}", "Elliptic", *options)


@pytest.mark.parametrize("name", ["python.exe", "core.msi", "files.cab"])
def test_nested_signatures_are_verified(signers: Signers, tmp_path: Path, name: str) -> None:
    signed = nested(signers, tmp_path, name)
    signature = read(name, signed.read_bytes(), tmp_path)
    assert signature
    found = [(one.signer, signers.accepts(one)) for one in signature.all_signatures]
    assert found == [("Any Foundation", True), ("Other Foundation", True),
                     ("Elliptic Foundation", True)]  # fmt: skip
    is_accepted, others = signers.verify(signed)
    assert is_accepted
    assert sorted(others) == sorted(found)
    assert [bool(one.signed_at) for one in signature.all_signatures] == [False, False, True]


@pytest.mark.parametrize(
    ("name", "options"), [("python.exe", ["-ph"]), ("core.msi", ["-add-msi-dse"])]
)
def test_what_else_a_signature_can_cover_is_accepted(
    signers: Signers, tmp_path: Path, name: str, options: list[str]
) -> None:
    """Digests of pages, and of the names, sizes and times of streams."""
    source = tmp_path / name
    source.write_bytes(UNSIGNED[name])
    signed = signers.sign(source, tmp_path / f"signed-{name}", "Any", "-h", "sha256", *options)
    signature = read(name, signed.read_bytes(), tmp_path)
    assert signature
    assert signers.accepts(signature)
    assert signers.verify(signed)[0]


def test_the_streams_of_a_package_can_have_names_that_start_alike(
    signers: Signers, tmp_path: Path
) -> None:
    source = tmp_path / "core.msi"
    source.write_bytes(msi(FILES, cabinets={"Py.cab": b"first", "Py.cab.1": b"second"}))
    signed = signers.sign(source, tmp_path / "signed.msi", "Any", "-h", "sha256", "-add-msi-dse")
    signature = read("core.msi", signed.read_bytes(), tmp_path)
    assert signature
    assert signers.accepts(signature)
    assert signers.verify(signed)[0]


@pytest.mark.parametrize(
    ("name", "mark", "size"),
    [
        ("python.exe", bytes(range(256)), 1024),
        ("core.msi", b"Python 3.14.7", 13),
        ("core.msi", b"CK", 80),
        ("files.cab", b"CK", 80),
        ("python.msix", b"AppxBlockMap.xml", 60),
    ],
)
def test_a_change_of_covered_bytes_is_found(
    signers: Signers, tmp_path: Path, name: str, mark: bytes, size: int
) -> None:
    """The bytes are in a section, a table, a cabinet and a member."""
    source = tmp_path / name
    source.write_bytes(UNSIGNED[name])
    signed = signers.sign(source, tmp_path / f"signed-{name}", "Any", "-h", "sha256")
    data, rng = signed.read_bytes(), random.Random(20261128)
    start = data.index(mark)
    for _ in range(20):
        changed = bytearray(data)
        at = rng.randrange(start, start + size)
        changed[at] ^= 1 << rng.randrange(8)
        path = tmp_path / f"changed-{name}"
        path.write_bytes(changed)
        signature = read(name, bytes(changed), tmp_path)
        assert not (signature and signers.accepts(signature)), hex(at)
        assert not signers.verify(path)[0], hex(at)


@pytest.mark.parametrize("name", ["python.exe", "core.msi", "files.cab"])
def test_a_nested_signature_of_another_file_is_found(
    signers: Signers, tmp_path: Path, name: str
) -> None:
    """osslsigncode accepts a file of which one signature fits, and says which does not."""
    signed = nested(signers, tmp_path, name)
    data = bytearray(signed.read_bytes())
    # Of the signer that was nested first, the last name is in the certificate before it signs.
    at = data.rindex(b"Other Foundation") + 400
    data[at] ^= 1
    signed.write_bytes(data)
    signature = read(name, bytes(data), tmp_path)
    assert signature
    found = [(one.signer, signers.accepts(one)) for one in signature.all_signatures]
    assert found[0] == ("Any Foundation", True)
    assert sorted(signers.verify(signed)[1]) == sorted(found)
