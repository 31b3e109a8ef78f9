"""The how-tos: each command of this project in them is run, in their order, as a user would."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import shutil
import tomllib
import zipfile
from collections.abc import Iterable
from pathlib import Path

import jsonschema
import pytest
from build_files import MADE
from conftest import ROOT
from manifests import COMMITTED
from release_runs import EPOCH
from trees import make_tree

from sbom.cli import main
from sbom.diagnostics import Exit
from sbom.options.verbs import VERBS

#: Sessions that have another name than their verb.
SESSIONS = {"sbom": "build", "release-sbom": "release"}
#: Commands of other programs, which tests do not run.
OTHERS = {"cosign", "curl", "export", "for", "grype", "osv-scanner", "trivy"}
HOW_TOS = ("adopt", "answer-a-scanner-report", "extend", "redistribute", "release-day", "scan")
#: The externals of 3.14.7 of which the checksum is not known.
UNPINNED = ("binary.llvm", "binary.openssl-bin", "binary.tcltk")
#: What states the versions of vendored code that is in the artifacts, and not in the small tree.
STATED = {
    "Modules/_hacl/refresh.sh": "expected_hacl_star_rev=8ba599b2f6c9701b3dc961db895b0856a2210f76\n",
    "Include/internal/mimalloc/mimalloc.h": "#define MI_MALLOC_VERSION 212\n",
}
#: The directories that the script of 3.14.7 fills with --no-libffi.
EXTERNALS = (
    "bzip2-1.0.8", "mpdecimal-4.0.0", "sqlite-3.50.4.0", "xz-5.2.5", "zlib-ng-2.2.4", "zstd-1.5.7",
    "openssl-bin-3.5.7", "tcltk-9.0.4.0", "llvm-19.1.7.0",
)  # fmt: skip
#: The channels that are published, for the sake of speed, and their artifacts.
CHANNELS = {"embed": "*-embed-*.zip", "installer": "*.exe", "installer-packages": "*.msi"}


def few_channels(text: str) -> str:
    """Return a manifest without the channels that are not in ``CHANNELS``."""
    tables = re.split(r"^(?=\[)", text, flags=re.MULTILINE)
    others = re.compile(rf"\[channel\.(?!(?:{'|'.join(CHANNELS)})[.\]])")
    return "".join(table for table in tables if not others.match(table))


def exemptions(diagnostic: str, keys: Iterable[str]) -> str:
    """Return lines of a manifest that accept diagnostics."""
    return "".join(
        f'\n[[exemption]]\ndiagnostic = "{diagnostic}"\nkey = "{key}"\nreason = "for a test"\n'
        for key in keys
    )


def text_of(page: str) -> str:
    return (ROOT / f"docs/{page}.md").read_text(encoding="utf-8")


def commands(page: str) -> list[str]:
    """Return the commands of a page in their order."""
    blocks = re.findall(r"^ *```console\n(.*?)^ *```", text_of(page), re.DOTALL | re.MULTILINE)
    return re.findall(r"^ *\$ (.*)$", "\n".join(blocks), re.MULTILINE)


def blocks(page: str, name: str) -> list[str]:
    """Return the blocks of a page that a comment names, without their margin."""
    found = re.findall(
        rf"^( *)<!-- {re.escape(name)} -->\n *```\w+\n(.*?)^ *```",
        text_of(page),
        re.DOTALL | re.MULTILINE,
    )
    return [re.sub(rf"^{margin}", "", block, flags=re.MULTILINE) for margin, block in found]


def argv_of(command: str) -> list[str]:
    """Return the arguments of a command of this project; none of another program's."""
    words = shlex.split(command)
    if words[:3] == ["python", "-m", "sbom"]:
        return words[3:]
    if words[0] in OTHERS:
        return []
    assert words[:2] == ["nox", "-s"], command
    session, _, parameters = words[2].partition("(")
    verb = SESSIONS.get(session, session)
    platform = re.findall(r"platform='(\w+)'", parameters)
    assert words[3:4] in ([], ["--"]), command
    return [verb, *(["--platform", *platform] if platform else []), *words[4:]]


@pytest.fixture
def clone(tmp_path: Path, artifacts: Path, released: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current directory: a clone, with all that the how-tos find there."""
    directory = tmp_path / "clone"
    directory.mkdir()
    monkeypatch.chdir(directory)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)
    tree = make_tree(tmp_path / "cpython")
    for path, stated in STATED.items():
        (tree / path).parent.mkdir(parents=True)
        (tree / path).write_text(stated, encoding="utf-8")
    text = few_channels(MADE.read_text(encoding="utf-8"))
    Path("externals.toml").write_text(
        text + exemptions("missing-checksum", UNPINNED), encoding="utf-8"
    )
    shutil.copy(ROOT / "vex.toml", directory)
    Path("artifacts").mkdir()
    for pattern in CHANNELS.values():
        for artifact in artifacts.glob(pattern):
            Path("artifacts", artifact.name).hardlink_to(artifact)
    shutil.copytree(released, "dist/release")
    return directory


def run_all(page: str, **statuses: int) -> None:
    """Run the commands of a page; ``statuses`` are those of verbs that do not end with 0."""
    for command in commands(page):
        argv = argv_of(command)
        if not argv:
            continue
        offline = ["--offline"] if argv[0] == "regen" else []
        assert main([*argv, *offline]) == statuses.get(argv[0], Exit.OK), command


def test_every_how_to_has_commands_of_verbs() -> None:
    for page in HOW_TOS:
        assert {argv[0] for command in commands(page) if (argv := argv_of(command))} <= set(VERBS)
    assert argv_of("nox -s \"sbom(platform='amd64')\" -- --layout a") == [
        "build", "--platform", "amd64", "--layout", "a",
    ]  # fmt: skip


@pytest.mark.usefixtures("clone")
def test_on_release_day() -> None:
    shutil.rmtree("dist/release")
    run_all("release-day")
    names = {path.name for path in Path("dist/release").iterdir()}
    assert {"python-3.14.7-amd64.exe.spdx.json", "python-3.14.7.openvex.json"} <= names
    assert Path("report.html").exists()


@pytest.mark.usefixtures("clone")
def test_scanning() -> None:
    run_all("scan")


@pytest.mark.usefixtures("clone")
def test_a_check_of_a_checkout_names_what_ci_will_report(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run_all("adopt", check=Exit.ERRORS)
    assert "::error file=../cpython/Misc/sbom.spdx.json,line=40," in capsys.readouterr().out


@pytest.mark.usefixtures("clone")
def test_answering_a_scanner_report(capsys: pytest.CaptureFixture[str]) -> None:
    [statement] = blocks("answer-a-scanner-report", "add to vex.toml")
    with Path("vex.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{statement}")
    run_all("answer-a-scanner-report")
    out = capsys.readouterr().out
    [shown] = blocks("answer-a-scanner-report", "output of: explain CVE-2024-47611")
    assert shown.partition("\n")[2] in out
    assert main(["explain", "CVE-2026-12345"]) == Exit.OK
    assert "  in CPython 3.14.7  applies to bzip2 1.0.8" in capsys.readouterr().out
    for name in ("openvex", "vex.cdx"):
        written = Path(f"dist/vex/python-3.14.7.{name}.json").read_text(encoding="utf-8")
        assert "CVE-2026-12345" in written


def test_a_new_external_is_complete_with_the_component_that_is_shown(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = clone.parent / "cpython/PCbuild/get_externals.bat"
    text = script.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines(keepends=True) if "xz-5.2.5" in line)
    script.write_text(
        text.replace(line, line + line.replace("xz-5.2.5", "brotli-1.1.0")), encoding="utf-8"
    )
    assert main(["regen", "--script", str(script), "--offline"]) == Exit.OK
    manifest = Path("externals.toml").read_text(encoding="utf-8")
    [filled] = blocks("extend", "component of a new external")
    [template] = re.findall(
        r'^\[component\.brotli\].*?^files = \["FILL IN"\]\n', manifest, re.DOTALL | re.MULTILINE
    )
    keys = re.compile(r"^[\w-]+(?= = )", re.MULTILINE)
    assert set(keys.findall(template)) <= set(keys.findall(filled))
    Path("externals.toml").write_text(manifest.replace(template, filled), encoding="utf-8")
    capsys.readouterr()
    assert main(["check"]) == Exit.OK
    assert capsys.readouterr().out.count("no checksum of brotli-1.1.0 is recorded [warning") == 1
    run_all("extend")
    assert "purl               pkg:generic/brotli@1.1.0" in capsys.readouterr().out


@pytest.mark.usefixtures("clone")
def test_what_is_added_to_the_manifest_is_valid_and_changes_no_other_release(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["check"]) == Exit.OK
    before = capsys.readouterr().out
    added = blocks("extend", "add to externals.toml")
    assert [next(iter(tomllib.loads(one))) for one in added] == ["platform", "channel", "variant"]
    with Path("externals.toml").open("a", encoding="utf-8") as file:
        file.write("\n" + "\n".join(added))
    assert main(["check"]) == Exit.OK
    assert capsys.readouterr().out == before.replace("3 platforms", "4 platforms")


@pytest.mark.parametrize("index", [0, 1])
def test_an_example_of_the_manifest_is_in_it(index: int) -> None:
    assert blocks("extend", "as in externals.toml")[index] in COMMITTED.read_text(encoding="utf-8")


def test_redistributing(clone: Path, artifacts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [document] = blocks("redistribute", "[document]")
    manifest = Path("externals.toml").read_text(encoding="utf-8")
    for line in document.splitlines()[1:]:
        key = line.partition(" = ")[0]
        manifest, replaced = re.subn(
            rf"^{key} = .*(?=\n)", line, manifest, count=1, flags=re.MULTILINE
        )
        assert replaced == 1
    Path("my").mkdir()
    Path("my/externals.toml").write_text(
        manifest + exemptions("modified-external", EXTERNALS[:6]), encoding="utf-8"
    )
    for tag in EXTERNALS:
        (clone.parent / "cpython/externals" / tag).mkdir(parents=True)
        (clone.parent / "cpython/externals" / tag / "a.c").write_bytes(b"int a;\n")
    for package, directory in (("embed-amd64", "my-application"), ("amd64", "layout")):
        with zipfile.ZipFile(artifacts / f"python-3.14.7-{package}.zip") as archive:
            archive.extractall(directory)
    Path("layout/__install__.json").unlink()
    run_all("redistribute")
    assert "my-application: 36 files, amd64, " in (out := capsys.readouterr().out)
    assert out.count("python-3.14.7-embed-amd64.zip.spdx.json: 36 files as listed; ") == 4
    written = json.loads(Path("dist/sbom/python-3.14.7-amd64.spdx.json").read_text("utf-8"))
    assert written["documentNamespace"].startswith("https://sbom.example.org/python/3.14.7/")
    assert written["creationInfo"]["creators"][0] == "Organization: Example"


def test_a_reference_to_a_published_document_leads_to_its_package(released: Path) -> None:
    [spdx], [cyclonedx] = (blocks("redistribute", name) for name in ("spdx", "cyclonedx"))
    path = released / "python-3.14.7-embed-amd64.zip.spdx.json"
    published = json.loads(path.read_text(encoding="utf-8"))
    target = json.loads(spdx)["relationships"][0]["relatedSpdxElement"].partition(":")[2]
    assert target in {package["SPDXID"] for package in published["packages"]}
    schema = json.loads(
        (ROOT / "sbom/validation/schemas/spdx-2.3.1.schema.json").read_text("utf-8")
    )
    reference = json.loads(spdx)["externalDocumentRefs"][0]
    reference["spdxDocument"] = published["documentNamespace"]
    sha1 = hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest()
    reference["checksum"]["checksumValue"] = sha1
    jsonschema.validate(reference, schema["properties"]["externalDocumentRefs"]["items"])
    [link] = json.loads(cyclonedx)["components"][0]["externalReferences"]
    assert link["url"].endswith(f"/1#{target.removeprefix('SPDXRef-')}")
