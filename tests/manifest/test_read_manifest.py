"""A manifest is read whole, or refused with all that is wrong with it, each at its key path."""

from __future__ import annotations

import contextlib
import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifests import COMMITTED

from sbom.checks.manifest_entries import check_manifest
from sbom.data import read_data
from sbom.diagnostics import SbomError
from sbom.manifest.read import ManifestTables, read_manifest
from sbom.manifest.schema import find_tables
from sbom.manifest.tables import Table, key_fields

TEXT = COMMITTED.read_text(encoding="utf-8")


def errors(*edits: tuple[str, str]) -> list[str]:
    """Return what is wrong with the manifest of the tests once it is edited."""
    text = TEXT
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return refused(text)


def refused(text: str) -> list[str]:
    with pytest.raises(SbomError) as caught:
        read_manifest(text)
    return [f"{one.subject}: {one.message}".removeprefix(": ") for one in caught.value.diagnostics]


def hints(old: str, new: str) -> list[str]:
    with pytest.raises(SbomError) as caught:
        read_manifest(TEXT.replace(old, new, 1))
    return [one.hint for one in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('tag = "xz-5.2.5"', "tag = 5", "source.xz.tag: expected a git tag, found 5"),
        (
            'tag = "xz-5.2.5"',
            'tag = "zlib-5.2.5"',
            "source.xz.tag: expected a tag of 'xz', found 'zlib-5.2.5'",
        ),
        (
            'tag = "xz-5.2.5"',
            'tag = "xz-5.2.5\\n"',
            "source.xz.tag: expected a git tag, found 'xz-5.2.5\n'",
        ),
        ('tag = "xz-5.2.5"\n', "", "source.xz.tag: missing key"),
        ("[source.xz]\n", '[source.xz]\nname = "zlib"\n', "source.xz.name: unknown key"),
        (
            'enabled-by = [["--libffi-src"]]',
            'enabled-by = [["sometimes"]]',
            "source.libffi.enabled-by[0][0]: "
            "expected a flag such as --openssl-src, or NAME=value, found 'sometimes'",
        ),
        (
            'enabled-by = [["--libffi-src"]]',
            'enabled-by = "--libffi-src"',
            "source.libffi.enabled-by: expected an array, found '--libffi-src'",
        ),
        (
            "default = false",
            "default = 0",
            "source.libffi.default: expected true or false, found 0",
        ),
        (
            'revisions = ">=9"',
            'revisions = "from 9"',
            "component.libtommath.ships[7].revisions: "
            "expected a version range such as '>=8.6.13,<9', found 'from 9'",
        ),
        (
            'lines = "3.8-"\nname = "libffi"',
            'lines = "new"\nname = "libffi"',
            "component.libffi.lines: "
            "expected CPython lines such as '2.7, 3.5-3.6, 3.14-', found 'new'",
        ),
        (
            "files-on = { arm64",
            "files-on = { arm65",
            "component.openssl.ships[1].files-on.arm65: there is no [platform.arm65]",
        ),
        (
            'cpe = ["zlib:zlib"]',
            'cpe = ["zlib"]',
            "component.zlib.cpe[0]: expected an NVD vendor:product, found 'zlib'",
        ),
        (
            "/tags/{tag}.tar.gz",
            "/tags/.tar.gz",
            "cpython.archive-url: expected an address with {organization} and {repository} and "
            "{tag}, each once, found "
            "'https://github.com/{organization}/{repository}/archive/refs/tags/.tar.gz'",
        ),
        (
            "[platform.win32]",
            '[platform."../win32"]',
            'platform."../win32": '
            "expected a name of letters, digits, '.', '_', '+' and '-', found '../win32'",
        ),
        (
            "[variant.debug]",
            '[variant."a b"]',
            'variant."a b": '
            "expected a name of letters, digits, '.', '_', '+' and '-', found 'a b'",
        ),
        (
            "[vendored.macholib]",
            '[vendored."mach lib"]',
            'vendored."mach lib": '
            "expected a name of letters, digits, '.', '_', '+' and '-', found 'mach lib'",
        ),
        (
            "[license-text.LicenseRef-scancode-public-domain]",
            "[license-text.public-domain]",
            "license-text.public-domain: "
            "expected an id such as LicenseRef-Name, found 'public-domain'",
        ),
        (
            'version = "3.14.7"',
            'version = "3.14"',
            "cpython.version: expected a CPython version such as 3.14.7, found '3.14'",
        ),
        (
            'external = "source.bzip2"',
            'external = "bzip2"',
            "component.bzip2.ships[0].external: "
            "expected 'source.', 'binary.' or 'vendored.' and a name, found 'bzip2'",
        ),
        (
            'without = "binary.libffi"',
            'without = "vendored.libffi"',
            "component.libffi.ships[2].without: "
            "expected 'source.' or 'binary.' and a name, found 'vendored.libffi'",
        ),
        (
            'embeds-channel = "store"',
            'embeds-channel = "shop"',
            "channel.store-upload.embeds-channel: there is no [channel.shop]",
        ),
        (
            'win32 = "python-{version}.exe"',
            'win32 = "python.exe"',
            "channel.installer.files.win32: "
            "expected either {version} or {nuget} once, found 'python.exe'",
        ),
        (
            "revision-pattern = '(?P<version>",
            "revision-pattern = '(?P<number>",
            "component.bzip2.revision-pattern: expected a group named 'version'",
        ),
    ],
)
def test_each_error_is_reported_at_its_key_path(old: str, new: str, expected: str) -> None:
    assert expected in errors((old, new))


#: What documents cannot state: validators refuse it, or the NVD's grammar.
UNSTATED = [
    (
        '[vendored.pip]\nversion = "26.2.1"',
        '[vendored.pip]\nversion = "%s"',
        ["", " ", "26 2", "é"],
    ),
    (
        "[vendored.macholib]\n",
        '[vendored.macholib]\ndownload-location = "%s"\n',
        ["", " ", "GPL", "https://exa mple.org/x", "https:@//example.org/", "https://f?o.org/x"],
    ),
    (
        'homepage = "https://sourceware.org/bzip2/"',
        'homepage = "%s"',
        ["", "https://sourceware.?org/", "https://éxample.org/", "ftp://example.org/"],
    ),
    ('cpe = ["zlib:zlib"]', 'cpe = ["%s"]', ["zliéb:zlib", "zl b:zlib", "zlib:", "a:b:c"]),
    (
        'reason = "Tcl/Tk 9.0.4',
        'reason = "%sTcl/Tk 9.0.4',
        ["\\u0000", "\\u0085", "\\u2028", "\\u202e", "\\u001b[31m"],
    ),
    ('name = "zstandard"', 'name = "%s"', ["", "  ", " zstd", "zstd\\n", "a\\u001bb"]),
]


@pytest.mark.parametrize(
    ("old", "new"), [(old, new % value) for old, new, values in UNSTATED for value in values]
)
def test_what_a_document_cannot_state_is_an_error_of_the_manifest(old: str, new: str) -> None:
    assert errors((old, new))


def test_every_error_is_reported_in_one_run() -> None:
    found = errors(
        ('tag = "xz-5.2.5"', "tag = 5"),
        ('cpe = ["zlib:zlib"]', 'cpe = ["zlib"]'),
        ('lines = "3.11-"', 'lines = "new"'),
        ("[variant.debug]\ntitle", "[variant.debug]\ntitel"),
        ('link = "static"', 'link = "statik"'),
    )
    assert [line.split(":")[0] for line in found] == [
        "source.xz.tag",
        "platform.arm64.lines",
        "variant.debug.titel",
        "component.bzip2.ships[0].link",
        "component.zlib.cpe[0]",
    ]


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ('tag = "xz-5.2.5"', 'tga = "xz-5.2.5"', "did you mean 'tag'?"),
        ("[source.xz]", "[sources.xz]", "did you mean 'source'?"),
        ('link = "static"', 'link = "statik"', "did you mean 'static'?"),
        ('"source-binary-mismatch"', '"source-mismatch"', "did you mean 'source-binary-mismatch'?"),
        ('"source-binary-mismatch"', '"SBM309"', "did you mean 'source-binary-mismatch'?"),
        ("[export]\n", "[export]\nzzz = 1\n", "use one of 'script-order-versions'"),
        ('tag = "xz-5.2.5"', "tag = 5", "see [source.<name>] in docs/manifest.md"),
    ],
)
def test_the_hint_is_what_was_probably_meant_or_where_to_look(
    old: str, new: str, hint: str
) -> None:
    assert hint in hints(old, new)


# Keys that had another name.


def test_an_old_key_is_reported_with_its_new_name_and_its_value_still_read() -> None:
    old_files = ('files = ["bz2.pyd"]', "extras = 1")
    assert errors(("\nlicense-concluded =", "\nlicence ="), old_files) == [
        "component.bzip2.licence: old name of 'license-concluded'",
        "component.bzip2.ships[0].extras: old name of 'optional-files'",
        "component.bzip2.ships[0].extras: expected an array, found 1",
    ]


def test_the_old_spelling_of_a_required_key_is_its_old_name_and_no_guess() -> None:
    assert errors(("license-list-version =", "licence-list =")) == [
        "document.licence-list: old name of 'license-list-version'"
    ]


def test_an_old_key_that_several_replace_is_reported_with_all_of_them() -> None:
    assert errors(('enabled-by = [["--libffi-src"]]', 'guard = "only with --libffi-src"')) == [
        "source.libffi.guard: replaced by 'default', 'enabled-by' and 'disabled-by'"
    ]


def test_an_old_table_is_reported_with_its_new_name_and_old_keys_in_it_too() -> None:
    new = '[[acknowledged]]\ncode = "source-binary-mismatch"\nplace = '
    old = '[[exemption]]\ndiagnostic = "source-binary-mismatch"\nkey = '
    renamed = [("[[exemption]]", "[[acknowledged]]")] * (TEXT.count("[[exemption]]") - 1)
    assert errors((old, new), *renamed) == [
        "acknowledged: old name of 'exemption'",
        "acknowledged[0].code: old name of 'diagnostic'",
        "acknowledged[0].place: old name of 'key'",
    ]


@pytest.mark.parametrize("name", ["archives", "digests", "stated", "exported"])
def test_a_table_that_is_reference_data_now_is_reported_with_its_file(name: str) -> None:
    file = read_data("renamed_keys")["moved"][name]
    assert errors(("[export]\n", f"[{name}]\nx = 1\n\n[export]\n")) == [
        f"{name}: no longer in the manifest: {file} has the reference data"
    ]


def test_every_new_name_of_a_key_is_one() -> None:
    tables = {"manifest": ManifestTables, **_tables_by_form()}
    tables |= {"acknowledged": tables["exemption"], "pulled": tables["externals-dir"]}
    for form, names in read_data("renamed_keys")["renamed"].items():
        known = key_fields(tables[form])
        for old, new in names.items():
            assert old not in known, (form, old)
            assert set([new] if isinstance(new, str) else new) <= known.keys(), (form, new)


def _tables_by_form() -> dict[str, type[Table]]:
    forms: dict[str, type[Table]] = {}
    for key, field in key_fields(ManifestTables).items():
        table, *below = find_tables(field.type)
        forms |= {key: table, f"{key}.<name>": table}
        names = {"Override": "when", "Inclusion": "ships", "EvidenceRule": "evidence"}
        for one in below:
            forms[f"{key}.<name>.{names.get(one.__name__, one.__name__)}"] = one
    return forms


# Texts that are no manifest.


def test_a_syntax_error_is_reported_with_its_line() -> None:
    with pytest.raises(SbomError) as caught:
        read_manifest("[cpython]\nversion = \n")
    [found] = caught.value.diagnostics
    assert (found.location.line, found.code) == (2, "invalid-toml")


@pytest.mark.parametrize(
    "number", ["9" * 5000, "0x" + "f" * 6000, "9223372036854775808", "-9223372036854775809"]
)
@pytest.mark.parametrize("line", ["version = {}", "version = {{x = [{}]}}", 'a = "1"\nsize = {}'])
def test_an_integer_of_more_than_64_bits_is_no_toml(number: str, line: str) -> None:
    with pytest.raises(SbomError) as caught:
        read_manifest("[cpython]\n" + line.format(number))
    [found] = caught.value.diagnostics
    assert (found.location.line, found.code) == (2 + line.count("\n"), "invalid-toml")
    assert found.message.endswith("it has an integer of more than 64 bits")


def test_an_integer_of_64_bits_is_toml() -> None:
    text = TEXT.replace("[cpython]\n", "[cpython]\nx = -9223372036854775808\n")
    with pytest.raises(SbomError) as caught:
        read_manifest(text)
    assert [found.code for found in caught.value.diagnostics] == ["invalid-manifest"]


@given(st.integers(0, len(TEXT) - 1), st.text(max_size=3), st.integers(0, 30))
def test_a_damaged_manifest_is_read_or_refused_never_a_traceback(
    at: int, put: str, cut: int
) -> None:
    with contextlib.suppress(SbomError):
        check_manifest(read_manifest(TEXT[:at] + put + TEXT[at + cut :]))


@given(st.data())
def test_any_value_in_the_place_of_another_is_read_or_refused(data: st.DataObject) -> None:
    tables = tomllib.loads(TEXT)
    target: object = tables
    path: list[str | int] = []
    while isinstance(target, (dict, list)) and target and data.draw(st.integers(0, 4)):
        keys: list[str | int] = [*(target if isinstance(target, dict) else range(len(target)))]
        path.append(data.draw(st.sampled_from(keys)))
        target = target[path[-1]]  # type: ignore[index]
    value = data.draw(st.sampled_from([0, -1, True, "", "x", [], [1], [{}], {}, {"x": 1}]))
    holder: object = tables
    for key in path[:-1]:
        holder = holder[key]  # type: ignore[index]
    if path:
        holder[path[-1]] = value  # type: ignore[index]
    lines = [f"{json.dumps(key)} = {_inline(below)}" for key, below in tables.items()]
    with contextlib.suppress(SbomError):
        check_manifest(read_manifest("\n".join(lines)))


def _inline(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value)


@pytest.mark.parametrize("text", ["", "[", "a=1\n" * 50, "[" * 5000, "x = " + "[" * 3000])
def test_what_is_not_a_manifest_at_all_is_refused(text: str) -> None:
    assert refused(text)


LIBTOMMATH = """text = '''
LibTomMath is hereby released into the Public Domain.

-- Tom St Denis
'''"""


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ('amd64 = "pkg:nuget/python"', 'amd64 = "x y"', "channel.nuget.purls.amd64"),
        ('amd64 = "pkg:nuget/python"', 'amd64 = ""', "channel.nuget.purls.amd64"),
        ('files = ["_lzma.pyd"]', 'files = [""]', "component.xz.ships[0].files[0]"),
        ('name = "xz"', 'name = "bzip2"', "component.xz.name"),
        (
            LIBTOMMATH,
            'text = " "',
            "license-text.LicenseRef-LibTomMath-public-domain.text",
        ),
    ],
)
def test_what_no_document_could_state_is_refused(old: str, new: str, path: str) -> None:
    text = COMMITTED.read_text("utf-8")
    assert old in text
    with pytest.raises(SbomError) as caught:
        read_manifest(text.replace(old, new, 1))
    assert path in {diagnostic.subject for diagnostic in caught.value.diagnostics}


def test_no_annotation_of_a_table_has_to_be_compiled() -> None:
    tables = [kind for kind in Table.__subclasses__() if kind.__module__.startswith("sbom.")]
    assert ManifestTables in tables
    annotations = [each for kind in tables for each in kind.__annotations__.values()]
    assert [each for each in annotations if isinstance(each, str)] == []
