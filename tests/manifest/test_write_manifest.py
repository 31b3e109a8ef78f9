"""regen changes what a script says has changed, and not one word of what people wrote."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifests import COMMITTED, changed_lines, entries, entry_of, regenerated, script_of

from sbom.checks.manifest_entries import check_manifest
from sbom.diagnostics import Code, SbomError
from sbom.manifest.external_key import parse_external_key
from sbom.manifest.read import read_manifest

TEXT = COMMITTED.read_text(encoding="utf-8")
ENTRY = entry_of("3.14.7")


def edited_by_people(text: str) -> str:
    """Return the manifest with comments, another order and other spacing of people."""
    text = text.replace(
        '[source.sqlite]\ntag = "sqlite-3.50.4.0"',
        '# Ask upstream before bumping.\n[source.sqlite]\ntag    =  "sqlite-3.50.4.0"   # careful',
    )
    start, end = text.index("[source.xz]"), text.index("[source.zlib-ng]")
    moved = text[start:end]
    rest = text[:start] + text[end:]
    return rest.replace("[platform.amd64]", f"# moved up by hand\n{moved}[platform.amd64]")


def script_with(*edits: tuple[str, str], drop: str = "", add: str = "") -> str:
    pins = [dict(pin) for pin in ENTRY["pins"] if pin["tag"] != drop]
    for pin in pins:
        for old, new in edits:
            if pin["tag"] == old:
                pin["tag"] = new
    if add:
        pins.insert(0, {"guard": None, "line": 0, "tag": add, "variable": "libraries"})
    return script_of({**ENTRY, "pins": pins})


def test_regen_with_the_recorded_script_changes_its_digest_alone() -> None:
    went, came = changed_lines(TEXT, regenerated(TEXT, script_of(ENTRY)))
    assert [line.split(" = ")[0] for line in (*went, *came)] == ["script-sha256"] * 2


def test_three_tags_one_new_and_one_removed_change_those_lines_alone() -> None:
    script = script_with(
        ("sqlite-3.50.4.0", "sqlite-3.51.0.0"),
        ("openssl-3.5.7", "openssl-3.5.8"),
        ("openssl-bin-3.5.7", "openssl-bin-3.5.8"),
        drop="zstd-1.5.7",
        add="brotli-1.1.0",
    )
    people = edited_by_people(TEXT)
    new = regenerated(people, script)
    went, came = changed_lines(people, new)
    zstd = people[people.index("[source.zstd]") : people.index("[binary.libffi]")]
    assert set(zstd.splitlines()) <= {*went, ""}
    assert 'tag    =  "sqlite-3.51.0.0"   # careful' in came
    assert "# Ask upstream before bumping." in new
    assert "# moved up by hand\n[source.xz]" in new
    assert 'tag = "openssl-3.5.8"' in came
    assert 'tag = "openssl-bin-3.5.8"' in came
    assert "[source.brotli]" in came
    touched = {"zstd", "sqlite", "openssl", "openssl-bin", "brotli"}
    assert _tables_without(people, touched) == _tables_without(new, touched)


def _tables_without(text: str, names: set[str]) -> list[str]:
    """Return the lines of a manifest that are in no table of these names."""
    kept = []
    inside = False
    for line in text.splitlines():
        if line.startswith("["):
            kind, _, name = line.strip("[]").partition(".")
            owner = name.split(".")[0]
            inside = owner in names and (kind in ("source", "binary") or owner == "brotli")
        if not inside and line.strip() and not line.startswith("script-sha256"):
            kept.append(line)
    return kept


def test_a_new_tag_forgets_what_was_known_of_the_old_archive() -> None:
    new = regenerated(TEXT, script_with(("xz-5.2.5", "xz-5.8.1")))
    pin = read_manifest(new).get_pin(parse_external_key("source.xz"))
    assert pin is not None
    assert (pin.tag, pin.sha256, pin.commit, pin.size, pin.file_count, pin.verification_code) == (
        "xz-5.8.1",
        "",
        "",
        0,
        0,
        "",
    )


def test_a_new_external_stands_in_its_sorted_place_and_fails_until_it_is_filled_in() -> None:
    new = regenerated(TEXT, script_with(add="brotli-1.1.0"))
    assert new.index("[source.brotli]") < new.index("[source.bzip2]")
    assert new.index("[component.bzip2]") > new.index("[component.brotli]")
    unfilled = [p.subject for p in check_manifest(read_manifest(new)) if p.code is Code.PLACEHOLDER]
    assert unfilled == [
        "component.brotli.copyright",
        "component.brotli.homepage",
        "component.brotli.license-concluded",
        "component.brotli.originator",
        "component.brotli.purl",
        "component.brotli.ships[0].files[0]",
        "component.brotli.ships[0].link",
    ]


def test_a_removed_external_leaves_its_component_which_is_then_unused() -> None:
    new = regenerated(TEXT, script_with(drop="zstd-1.5.7"))
    assert "[source.zstd]" not in new
    assert "[component.zstd]" in new
    assert [
        p.subject for p in check_manifest(read_manifest(new)) if p.code is Code.UNUSED_ENTRY
    ] == ["component.zstd"]


def test_a_comment_above_the_next_table_outlives_a_removed_one() -> None:
    text = TEXT.replace("[binary.libffi]", "# Prebuilt from here on.\n[binary.libffi]")
    assert "# Prebuilt from here on.\n[binary.libffi]" in regenerated(
        text, script_with(drop="zstd-1.5.7")
    )


def test_quotes_in_comments_hide_no_words_of_people() -> None:
    """A scanner that counted quotes took comments for strings, and removed them."""
    words = "# begin \"\"\" quoted\n# precious words\n# it's ''' odd\n"
    text = TEXT.replace("[source.openssl]", f"{words}[source.openssl]")
    assert words in regenerated(text, script_with(drop="mpdecimal-4.0.0"))


def test_externals_in_one_inline_table_are_refused_and_not_broken() -> None:
    start, end = TEXT.index("[source.bzip2]"), TEXT.index("[binary.libffi]")
    text = 'source = { xz = { tag = "xz-5.2.5" } }\n' + TEXT[:start] + TEXT[end:]
    with pytest.raises(SbomError) as caught:
        regenerated(text, script_with(add="lzo-1.2.3"))
    assert "cannot be edited safely" in str(caught.value)


def test_one_windows_line_end_does_not_spread() -> None:
    text = TEXT.replace("\n", "\r\n", 1)
    assert regenerated(text, script_with(("xz-5.2.5", "xz-5.8.1"))).count("\r\n") == 1


def test_a_byte_order_mark_stays() -> None:
    new = regenerated("\ufeff" + TEXT, script_with(("xz-5.2.5", "xz-5.8.1")))
    assert new.startswith("\ufeff#")


def test_windows_line_ends_stay() -> None:
    new = regenerated(TEXT.replace("\n", "\r\n"), script_with(("xz-5.2.5", "xz-5.8.1")))
    assert new.count("\r\n") == new.count("\n")
    assert 'tag = "xz-5.8.1"\r\n' in new


@pytest.mark.parametrize("entry", entries()[::9], ids=lambda e: f"{e['cpython']}-{e['sha256'][:8]}")
def test_regen_from_any_release_is_a_manifest_and_a_second_run_changes_nothing(
    entry: dict[str, Any],
) -> None:
    script = script_of(entry)
    once = regenerated(TEXT, script)
    assert {pin.tag for pin in read_manifest(once).pins} == {pin["tag"] for pin in entry["pins"]}
    assert regenerated(once, script) == once


@given(st.data())
def test_comments_anywhere_survive_any_change(data: st.DataObject) -> None:
    lines = TEXT.splitlines()
    headers = [n for n, line in enumerate(lines) if line.startswith("[")]
    places = data.draw(st.lists(st.sampled_from(headers), unique=True, max_size=6))
    for number, place in enumerate(sorted(places, reverse=True)):
        lines.insert(place, f"# kept {number}: a 'quote', a [table] and a \"string\"")
    text = "\n".join(lines) + "\n"
    tags = [pin["tag"] for pin in ENTRY["pins"]]
    drop = data.draw(st.sampled_from(["", *tags]))
    bump = data.draw(st.sampled_from(tags))
    new = regenerated(text, script_with((bump, f"{bump}.99"), drop=drop, add="aaa-1.0"))
    for number in range(len(places)):
        assert f"# kept {number}:" in new


def test_externals_written_inline_are_refused_and_not_broken() -> None:
    text = TEXT.replace(TEXT[TEXT.index("[source.zstd]") : TEXT.index("[binary.libffi]")], "")
    text = text.replace("[source.bzip2]", '[source]\nzstd = { tag = "zstd-1.5.7" }\n[source.bzip2]')
    with pytest.raises(SbomError) as caught:
        regenerated(text, script_with(drop="zstd-1.5.7"))
    assert "cannot be edited safely" in str(caught.value)
