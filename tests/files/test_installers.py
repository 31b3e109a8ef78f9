"""MSIs and WiX bundles: the files they install, by path, and an error for whatever is wrong."""

from __future__ import annotations

import hashlib
import io
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import pytest
from cabinets import LZX, MSZIP, STORED, cabinet, split_set
from conftest import FACTS
from hypothesis import given
from hypothesis import strategies as st
from installers import bundle, compound_file, msi, msi_tables, no_cabinet
from manifests import committed
from pe_files import pe
from signatures import signed_pe

from sbom.binaries.binary import InspectFn
from sbom.binaries.search import Inspector
from sbom.diagnostics import Code, failing
from sbom.files.burn import BundleReader
from sbom.files.burn_manifest import is_bundle
from sbom.files.cabinet import OpenFile
from sbom.files.msi import MsiReader
from sbom.files.zip import ArchiveContents
from sbom.patterns import PathPatterns

FILES = {
    "python.exe": pe(texts=[b"python"]),
    "DLLs/libcrypto-3.dll": pe(texts=[b"OpenSSL 3.5.7"]),
    "Lib/test/support/__init__.py": Path(__file__).read_bytes(),
    "Lib/os.py": b"",
}


def read(
    data: bytes, open_source: OpenFile = no_cabinet, inspect: InspectFn | None = None
) -> ArchiveContents:
    return MsiReader(inspect).read(io.BytesIO(data), "core.msi", open_source)


def digests(contents: ArchiveContents) -> dict[str, str]:
    return {file.path: file.sha256 for file in contents.members}


def expected(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}


@pytest.mark.parametrize("method", [STORED, MSZIP, LZX])
def test_an_msi_lists_what_it_installs(method: int) -> None:
    contents = read(msi(FILES, method=method))
    assert contents.diagnostics == ()
    assert digests(contents) == expected(FILES)


def test_the_cabinets_of_an_msi_can_be_beside_it() -> None:
    parts = dict(
        zip(["1.cab", "2.cab"], split_set("F1", b"x" * 900, ["1.cab", "2.cab"]), strict=True)
    )
    tables = msi_tables({"Lib/os.py": b"x" * 900}, "1.cab")
    tables["Media"].append([2, 1, None, "2.cab", None, None])
    made = msi({}, tables=tables, cabinets={})
    opened: list[io.BytesIO] = []

    def open_part(name: str) -> IO[bytes]:
        opened.append(io.BytesIO(parts[name]))
        return opened[-1]

    assert digests(read(made, open_part)) == expected({"Lib/os.py": b"x" * 900})
    assert [part.closed for part in opened] == [True, True]
    assert "1.cab, which is not there" in str(read(made).diagnostics[0])


UNCOMPRESSED, COMPRESSED, SHORT_NAMES, CABINETS = 0x2000, 0x4000, 1, 2


def sources(root: Path) -> OpenFile:
    def open_source(name: str) -> IO[bytes] | None:
        path = root / name
        return path.open("rb") if path.is_file() else None

    return open_source


@pytest.mark.parametrize(
    ("word_count", "attributes"),
    [(0, 512), (4, 512), (0, 0), (CABINETS, UNCOMPRESSED), (None, UNCOMPRESSED | 512)],
)
def test_files_beside_an_msi_are_read(
    tmp_path: Path, word_count: int | None, attributes: int
) -> None:
    """As an administrative installation leaves them: msiexec /a."""
    tables = msi_tables(FILES)
    for row in tables["File"]:
        row[6] = attributes
    for path, data in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    tables["Media"][0][3] = None
    made = msi({}, tables=tables, cabinets={}, word_count=word_count)
    contents = read(made, sources(tmp_path))
    assert contents.diagnostics == ()
    assert digests(contents) == expected(FILES)
    (tmp_path / "Lib/os.py").write_bytes(b"changed")
    (tmp_path / "python.exe").unlink()
    assert {(one.subject, one.message) for one in read(made, sources(tmp_path)).diagnostics} == {
        ("Lib/os.py", "expected 0 bytes, found 7"),
        ("python.exe", "is not beside the package: python.exe"),
    }


@pytest.mark.parametrize(
    ("word_count", "source"),
    [(0, "src long/python.exe"), (SHORT_NAMES, "SRC~1/PYTHON~1.EXE")],
)
def test_a_file_beside_an_msi_has_its_names_in_the_source(
    tmp_path: Path, word_count: int, source: str
) -> None:
    tables = msi_tables({"target/python.exe": b"MZ"}, None)
    tables["Directory"][1][2] = "target:SRC~1|src long"
    tables["File"][0][2] = "PYTHON~1.EXE|python.exe"
    made = msi({}, tables=tables, cabinets={}, word_count=word_count)
    (tmp_path / source).parent.mkdir()
    (tmp_path / source).write_bytes(b"MZ")
    assert digests(read(made, sources(tmp_path))) == expected({"target/python.exe": b"MZ"})


@pytest.mark.parametrize("word_count", [0, CABINETS])
def test_an_msi_can_have_files_in_a_cabinet_and_beside_it(tmp_path: Path, word_count: int) -> None:
    tables = msi_tables(FILES)
    for number, row in enumerate(tables["File"]):
        row[6] = UNCOMPRESSED if number == 0 else COMPRESSED
    (tmp_path / "python.exe").write_bytes(b"x" * len(FILES["python.exe"]))
    made = msi(FILES, tables=tables, word_count=word_count)
    contents = read(made, sources(tmp_path))
    assert digests(contents) == expected(
        FILES | {"python.exe": (tmp_path / "python.exe").read_bytes()}
    )


def test_files_beside_an_msi_have_a_limit_together() -> None:
    tables = msi_tables({"a.bin": b"a", "b.bin": b"b", "c.bin": b"c"}, None)
    for row in tables["File"]:
        row[3] = 2_000_000_000
    made = msi({}, tables=tables, cabinets={}, word_count=0)
    [diagnostic] = read(made).diagnostics
    assert "has files of 6000000000 bytes beside it; the limit is" in diagnostic.message


def test_a_source_that_leads_out_is_refused() -> None:
    tables = msi_tables({"target/python.exe": b"MZ"}, None)
    tables["Directory"][1][2] = "target:.."
    made = msi({}, tables=tables, cabinets={}, word_count=0)
    [diagnostic] = read(made, sources(Path("/"))).diagnostics
    assert (diagnostic.code, diagnostic.message) == (
        Code.UNSAFE_ARCHIVE,
        "leads out of the archive with '..'",
    )


@pytest.mark.parametrize(
    ("table", "row", "column", "value", "message"),
    [
        ("File", 0, 3, 4, "expected 4 bytes, found"),
        ("File", 0, 3, 2_000_000_000, "would unpack to"),
        ("File", 0, 1, "C99", "a component that does not exist"),
        ("File", 0, 0, "F99", "is in none of the package's cabinets"),
        ("File", 0, 2, "nul.txt", "name of a Windows device"),
        ("File", 0, 2, "a|b\\c", "contains a backslash"),
        ("Directory", 1, 2, "..", "leads out of the archive"),
        ("Directory", 1, 1, "D2", "is below itself"),
        ("Media", 0, 3, "#other.cab", "other.cab, which is not there"),
    ],
)
def test_an_msi_that_is_wrong_is_an_error(
    table: str, row: int, column: int, value: str | int, message: str
) -> None:
    tables = msi_tables(FILES)
    changed = list(tables[table][row])
    changed[column] = value
    tables[table][row] = changed
    if message == "is below itself":
        tables["Directory"][2] = ["D2", "D1", "x"]
    contents = read(msi(FILES, tables=tables))
    assert any(message in str(diagnostic) for diagnostic in failing(contents.diagnostics)), (
        contents.diagnostics
    )


def test_the_version_of_an_installed_file_is_that_of_its_row() -> None:
    """As in the packages of WiX: up to four numbers, or the key of another file."""
    files = {
        "python314.dll": pe(fixed=(3, 14, 7150, 1013)),
        "a.dll": pe(fixed=(1, 2, 0, 0)),
        "b.dll": pe(fixed=(1, 2, 0, 0)),
        "c.dll": pe(fixed=(1, 2, 0, 0)),
        "plain.dll": pe(),
    }
    tables = msi_tables(files)
    versions = ["3.14.7150.1013", "1.2", "F1", None, "9.9"]
    for row, version in zip(tables["File"], versions, strict=True):
        row[4] = version
    contents = read(msi(files, tables=tables), inspect=Inspector(()))
    assert contents.diagnostics == ()
    assert {file.path: file.listed_version for file in contents.members if file.listed_version} == {
        "python314.dll": "3.14.7150.1013",
        "a.dll": "1.2",
        "plain.dll": "9.9",
    }


@pytest.mark.parametrize("version", ["3.14.6150.1013", "3.14"])
def test_a_row_with_another_version_than_its_file_is_reported(version: str) -> None:
    files = {"python314.dll": pe(fixed=(3, 14, 7150, 1013))}
    tables = msi_tables(files)
    tables["File"][0][4] = version
    [diagnostic] = read(msi(files, tables=tables), inspect=Inspector(())).diagnostics
    assert (diagnostic.code, diagnostic.subject) == (Code.OTHER_LISTED_VERSION, "python314.dll")
    assert f"expected version {version} as in" in diagnostic.message


def test_one_path_with_two_contents_is_an_error() -> None:
    tables = msi_tables(FILES)
    tables["File"][3] = [*tables["File"][3][:1], *tables["File"][0][1:3], 0, None, None, 512, 4]
    [diagnostic] = read(msi(FILES, tables=tables)).diagnostics
    assert (diagnostic.code, diagnostic.subject) == (Code.UNSAFE_ARCHIVE, "python.exe")


def test_one_path_with_two_contents_on_conditions_is_a_warning() -> None:
    """As in the package of the Visual C++ 2005 runtime, for versions of Windows."""
    tables = msi_tables(FILES)
    tables["File"][3] = ["F4", "C4", tables["File"][0][2], 0, None, None, 512, 4]
    root = tables["Component"][0]
    tables["Component"].append(["C4", None, root[2], 0, "VersionNT >= 501", None])
    [error] = read(msi(FILES, tables=tables)).diagnostics
    assert error.code is Code.UNSAFE_ARCHIVE
    root[4] = "VersionNT < 501"
    contents = read(msi(FILES, tables=tables))
    [diagnostic] = contents.diagnostics
    assert (diagnostic.code, diagnostic.subject) == (Code.NOT_INSPECTED, "python.exe")
    assert digests(contents)["python.exe"] == expected(FILES)["python.exe"]


def test_the_folder_of_programs_has_its_own_name() -> None:
    """Windows has its path; msiextract writes it so, whatever the name in the package."""
    tables = msi_tables({"PFiles/Python/os.py": b""})
    for row in tables["Directory"]:
        row[:2] = ["ProgramFilesFolder" if key == "D1" else key for key in row[:2]]
    contents = read(msi({"PFiles/Python/os.py": b""}, tables=tables))
    assert [file.path for file in contents.members] == ["Program Files/Python/os.py"]


@pytest.mark.parametrize(
    "data",
    [b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", msi(FILES)[:5_000], compound_file({"Word": b"x"})],
)
def test_what_is_no_msi_is_an_error(data: bytes) -> None:
    assert failing(read(data).diagnostics)


@given(st.integers(0, 20_000), st.integers(1, 255))
def test_a_changed_byte_never_crashes(at: int, change: int) -> None:
    data = bytearray(msi({"python.exe": b"x" * 300, "Lib/os.py": b"y" * 100}))
    data[at % len(data)] ^= change
    contents = read(bytes(data))
    assert failing(contents.diagnostics) or sum(file.size for file in contents.members) <= 400


# Bundles.


def read_bundle(data: bytes, detached: Mapping[str, bytes] | None = None) -> ArchiveContents:
    def opened(name: str) -> IO[bytes] | None:
        return io.BytesIO(detached[name]) if detached and name in detached else None

    return BundleReader().read(io.BytesIO(data), "python-3.14.7-amd64.exe", opened)


def test_a_bundle_lists_its_packages_and_what_they_install() -> None:
    packages = {"core.msi": msi(FILES), "lib.msi": msi({"Lib/re.py": b"1"}, method=LZX)}
    made = bundle(packages)
    contents = read_bundle(made)
    assert is_bundle(made)
    assert not is_bundle(FILES["python.exe"])
    assert contents.diagnostics == ()
    assert digests(contents) == expected(packages)
    assert digests(contents.nested["core.msi"]) == expected(FILES)
    assert digests(contents.nested["lib.msi"]) == expected({"Lib/re.py": b"1"})


def test_what_is_after_the_packages_of_a_bundle_is_reported() -> None:
    made = bundle({"core.msi": msi(FILES)})
    [diagnostic] = (
        BundleReader().read(io.BytesIO(made + bytes(2000)), "x.exe", no_cabinet).diagnostics
    )
    assert diagnostic.message == (
        "not inspected: 2,000 bytes after its packages belong to none of them"
    )
    assert BundleReader().read(io.BytesIO(made), "x.exe", no_cabinet).diagnostics == ()
    signed = signed_pe(made, "Any Foundation")
    assert BundleReader().read(io.BytesIO(signed), "x.exe", no_cabinet).diagnostics == ()


def test_a_package_beside_a_bundle_is_read_and_a_downloaded_one_reported() -> None:
    debug = {"core_d.msi": msi({"python_d.exe": b"1"})}
    made = bundle({"core.msi": msi(FILES)}, detached=debug)
    assert digests(read_bundle(made, debug).nested["core_d.msi"]) == expected(
        {"python_d.exe": b"1"}
    )
    [diagnostic] = read_bundle(made).diagnostics
    assert (diagnostic.code, diagnostic.subject) == (Code.NOT_INSPECTED, "")
    assert "packages that it downloads are not available: core_d.msi" in diagnostic.message


def test_another_package_than_the_bundle_states_is_an_error() -> None:
    inside = bundle({"core.msi": msi(FILES)}, listed={"core.msi": b"another"})
    outside = bundle({}, detached={"core.msi": b"expected"})
    for contents in (read_bundle(inside), read_bundle(outside, {"core.msi": b"another!"})):
        [diagnostic] = failing(contents.diagnostics)
        assert diagnostic.subject == "core.msi"
        assert "digest differs" in diagnostic.message


def test_a_file_in_a_package_that_is_wrong_is_named_with_bundle_and_package() -> None:
    tables = msi_tables(FILES)
    tables["File"][0] = [*tables["File"][0][:3], 1, None, None, 512, 1]
    [diagnostic] = read_bundle(bundle({"core.msi": msi(FILES, tables=tables)})).diagnostics
    assert diagnostic.location.path == "python-3.14.7-amd64.exe/core.msi"
    assert diagnostic.subject == "python.exe"


@given(st.integers(0, 8_000), st.integers(1, 255))
def test_a_changed_byte_of_a_bundle_never_crashes(at: int, change: int) -> None:
    data = bytearray(bundle({"core.msi": msi({"python.exe": b"x" * 300})}))
    data[at % len(data)] ^= change
    contents = read_bundle(bytes(data))
    assert failing(contents.diagnostics) or len(contents.members) <= 1


DAMAGES = st.lists(
    st.tuples(
        st.sampled_from(["byte", "word", "copy", "cut"]),
        st.integers(0, 1 << 20),
        st.sampled_from([0, 1, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]),
    ),
    min_size=1,
    max_size=6,
)
SMALL = {"python.exe": b"MZ" + b"a" * 300, "DLLs/_ssl.pyd": b"b" * 5000}


def damaged(data: bytes, damages: list[tuple[str, int, int]]) -> bytes:
    made = bytearray(data)
    for kind, place, value in damages:
        at = place % max(len(made), 1)
        if kind == "byte":
            made[at : at + 1] = bytes([value & 0xFF])
        elif kind == "word":
            made[at & ~1 : (at & ~1) + 4] = value.to_bytes(4, "little")
        elif kind == "copy":
            made[at : at + 64] = made[(place * 7) % max(len(made), 1) :][:64]
        else:
            del made[at:]
    return bytes(made)


@given(DAMAGES, st.sampled_from([STORED, MSZIP, LZX]))
def test_a_damaged_msi_is_read_or_has_an_error(
    damages: list[tuple[str, int, int]], method: int
) -> None:
    contents = read(damaged(msi(SMALL, method=method), damages))
    assert contents.members or contents.diagnostics or contents.archive.size


@given(DAMAGES)
def test_a_damaged_bundle_is_read_or_has_an_error(damages: list[tuple[str, int, int]]) -> None:
    data = damaged(bundle({"core.msi": msi(SMALL)}), damages)
    contents = BundleReader().read(io.BytesIO(data), "python.exe", lambda _: None)
    assert contents.members or contents.diagnostics


def test_a_table_without_a_column_is_named() -> None:
    tables = msi_tables(SMALL)
    made = msi(SMALL, tables=tables).replace(b"Component_", b"Komponent_")
    [diagnostic] = read(made).diagnostics
    assert "has a table File without the column Component_" in str(diagnostic)


def test_a_row_with_a_negative_size_is_named() -> None:
    tables = msi_tables(SMALL)
    for value in (-5, None):
        tables["File"][1][3] = value
        [diagnostic] = read(msi(SMALL, tables=tables)).diagnostics
        assert f"has a table File whose row 2, FileSize, is {value}" in str(diagnostic)


def test_a_file_of_another_size_than_its_row_states_is_not_unpacked() -> None:
    tables = msi_tables(SMALL)
    tables["File"][1][3] = 6000
    [diagnostic] = read(msi(SMALL, tables=tables)).diagnostics
    assert "DLLs/_ssl.pyd: " in str(diagnostic)
    assert "expected 6000 bytes, found 5000" in str(diagnostic)


def test_a_cabinet_that_would_unpack_to_too_much_is_refused() -> None:
    tables = msi_tables({"python.exe": b""})
    tables["File"][0][3] = 1
    bomb = cabinet({"F1": b"a", "hidden": b"\0" * (20 << 20)})
    assert len(bomb) < 1 << 20
    [diagnostic] = read(msi({}, tables=tables, cabinets={"files.cab": bomb})).diagnostics
    assert "would unpack to 20971521 bytes" in str(diagnostic)


@pytest.mark.parametrize(
    "name", ["../../etc/x.cab", "/etc/x.cab", "C:\\x.cab", "a\\..\\x.cab", ".."]
)
def test_a_cabinet_elsewhere_is_never_opened(name: str) -> None:
    def opened(_: str) -> IO[bytes] | None:
        raise AssertionError

    contents = read(msi({}, tables=msi_tables(SMALL, name), cabinets={}), opened)
    assert "which is not there" in str(contents.diagnostics[0])


def test_a_directory_below_itself_and_a_long_path_are_refused() -> None:
    tables = msi_tables({f"{'d' * 200}/x.py": b""})
    tables["Directory"][1][1] = tables["Directory"][1][0]
    assert read(msi({}, tables=tables)).diagnostics
    deep = "/".join(["d" * 600] * 60)
    [diagnostic] = read(msi({f"{deep}/x.py": b""})).diagnostics
    assert "whose path is longer than Windows takes" in str(diagnostic)


def test_directories_whose_paths_are_together_too_long_are_refused() -> None:
    tables = msi_tables({f"{'d' * 9000}/{number}/x.py": b"" for number in range(5)})
    parent = tables["Directory"][1][0]
    tables["Directory"] += [[f"X{n}", parent, "e" * 200] for n in range(5000)]
    started = time.perf_counter()
    [diagnostic] = read(msi({}, tables=tables)).diagnostics
    assert "has directories whose paths have more than" in str(diagnostic)
    assert time.perf_counter() - started < 10


def test_a_table_with_too_many_rows_is_refused() -> None:
    tables = msi_tables(SMALL)
    tables["Property"] = [["a", "b"]] * 10
    tables["Component"] += [["C0", None, "TARGETDIR", 0, None, None]] * 200_001
    [diagnostic] = read(msi(SMALL, tables=tables)).diagnostics
    assert "has a table Component of 200003 rows; the limit is 200000" in str(diagnostic)


def test_a_cabinet_that_is_named_twice_is_refused() -> None:
    tables = msi_tables(SMALL)
    tables["Media"].append([2, 1, None, "#FILES.cab", None, None])
    [diagnostic] = read(msi(SMALL, tables=tables)).diagnostics
    assert "names a cabinet twice" in str(diagnostic)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (b"<UX>", b"<UX>" + b"<a/>" * 200_000, "has more than 200000 elements"),
        (b"<BurnManifest ", b"<!DOCTYPE a []><BurnManifest ", "declares a document type"),
        (b"</BurnManifest>", b"", "has a manifest that is not XML"),
        (b"<UX>", b"<UX>" + b"<a>" * 300, "has more than 200 elements in each other"),
    ],
)
def test_a_manifest_that_is_no_plain_xml_is_refused(old: bytes, new: bytes, sentence: str) -> None:
    data = bundle({"core.msi": msi(SMALL)}, change=lambda manifest: manifest.replace(old, new))
    contents = BundleReader().read(io.BytesIO(data), "python.exe", lambda _: None)
    assert sentence in str(contents.diagnostics[0])


def test_each_of_two_copies_of_a_package_is_compared_with_its_digest() -> None:
    """A bundle has a package for one user and for all users; either can be replaced."""
    whole = bundle({"core.msi": b"package 1"}, repeats=2, method=STORED)
    at = whole.index(b"package 1package 1")
    # Without the checksum of the block, which is before its sizes.
    changed = whole[: at - 8] + bytes(4) + whole[at - 4 : at + 9] + b"package 2" + whole[at + 18 :]
    contents = BundleReader().read(io.BytesIO(changed), "python.exe", lambda _: None)
    [diagnostic] = contents.diagnostics
    assert "its digest differs" in str(diagnostic)


def test_packages_that_an_installer_lists_twice_are_read_once() -> None:
    packages = {"core.msi": msi(FILES), "py.exe": b"MZ launcher"}
    contents = read_bundle(bundle(packages, detached={"core_d.msi": b"1"}, repeats=2))
    assert digests(contents) == expected(packages)
    assert contents.absent == ("core_d.msi",)
    assert [one.code for one in contents.diagnostics] == [Code.NOT_INSPECTED]


@pytest.mark.parametrize("order", [1, -1])
def test_a_package_whose_cabinet_is_a_payload_too_is_read(order: int) -> None:
    """As in the Visual C++ redistributables."""
    keys = {f"F{number}": content for number, content in enumerate(FILES.values(), 1)}
    payloads = {
        "packages/x/core.msi": msi(FILES, tables=msi_tables(FILES, "Cab1.cab"), cabinets={}),
        "packages/x/cab1.cab": cabinet(keys),
    }
    contents = read_bundle(bundle(dict([*payloads.items()][::order])))
    assert contents.diagnostics == ()
    assert digests(contents.nested["packages/x/core.msi"]) == expected(FILES)


INSTALLERS = tomllib.loads((FACTS / "installers.toml").read_text("utf-8"))["installer"]


@pytest.mark.parametrize("installer", INSTALLERS, ids=lambda one: one["file"])
def test_the_payloads_of_real_installers_are_those_that_the_channel_names(
    installer: dict[str, Any],
) -> None:
    channels = {channel.name: channel for channel in committed().channels}
    packages = {f"{name}.msi" for name in channels["installer-packages"].packages}
    is_web = "webinstall" in installer["file"]
    channel = channels["web-installer" if is_web else "installer"]
    runs = PathPatterns(channel.container_files)
    paths = [payload["path"] for payload in installer["payloads"]]
    assert len(paths) > 50
    assert {path for path in paths if path not in packages and not runs.matches(path)} == set()
    absent = {one["path"] for one in installer["payloads"] if not one["is-embedded"]}
    if is_web:
        assert {*paths} - absent == {"py.exe"}
    else:
        extra = ("_d.msi", "_pdb.msi")
        assert {path for path in absent if not path.endswith(extra)} == {"ucrt.msi"}
