"""The commands that fetch: parsed as their programs parse them, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from sbom import fetches
from sbom.cli import main
from sbom.diagnostics import Code, Exit, SbomError

GET = "python get_external.py -e ext"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"{GET} -Ocontoso xz-5.2.5", ("source", "xz-5.2.5", "cpython-source-deps", "contoso")),
        (f"{GET} -bO contoso libffi-3", ("binary", "libffi-3", "cpython-bin-deps", "contoso")),
        (f"{GET} --bin --org any libffi-3", ("binary", "libffi-3", "cpython-bin-deps", "any")),
        (f"{GET} -- xz-5.2.5", ("source", "xz-5.2.5", "cpython-source-deps", "python")),
        (
            "git clone --jobs 8 -q https://example.org/xz-5.2.5.git",
            ("source", "xz-5.2.5", "https://example.org/xz-5.2.5.git", ""),
        ),
        (
            "git clone -bxz-5.2.5 https://github.com/a/deps xz",
            ("source", "xz-5.2.5", "deps", "a"),
        ),
        (
            "svn export --username me --force https://example.org/e/xz-5.2.5",
            ("source", "xz-5.2.5", "https://example.org/e", ""),
        ),
    ],
)
def test_options_are_read_as_the_program_reads_them(
    line: str, expected: tuple[str, str, str, str]
) -> None:
    [fetch] = fetches(f"{line}\n")
    assert (fetch.kind, fetch.tag, fetch.repository, fetch.organization) == expected


@pytest.mark.parametrize(
    "line",
    [
        f"{GET} xz-5.2.5 bzip2-1.0.8",
        f"{GET} -O",
        f"{GET} --unknown xz-5.2.5",
        f"{GET} -O a\\b xz-5.2.5",
        "git clone --unknown 8 https://example.org/xz",
        "git clone C:\\repositories\\xz-5.2.5",
        "git clone git@example.org:a\\xz-5.2.5",
        "git clone \\\\server\\share\\xz-5.2.5",
        "git clone ../local/xz-5.2.5",
        "git clone file:///C:/x/xz-5.2.5",
        "git clone https://\xe9.org/xz-5.2.5",
        'git clone "https://example.org/a b/xz-5.2.5.git"',
        "svn export http:\\\\example.org\\e\\xz-5.2.5",
        "svn export -r 100 https://example.org/e/xz-5.2.5",
        "svn export ^^/e/xz-5.2.5",
        'powershell -Command "Invoke-WebRequest https://example.org/xz.zip -OutFile xz.zip"',
        "nuget install openssl-native -Version 3.0.1",
    ],
)
def test_what_is_not_known_or_cannot_be_named_is_refused(line: str) -> None:
    with pytest.raises(SbomError) as caught:
        fetches(f"@echo off\n{line}\n")
    [diagnostic] = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.location.line) == (Code.UNSUPPORTED_COMMAND, 2)


@pytest.mark.parametrize(
    "line",
    [
        "git clone https://user:secret@example.org/xz-5.2.5",
        "git clone ssh://user:secret@example.org/xz-5.2.5",
        "svn export https://user:secret@example.org/e/xz-5.2.5",
        "svn export svn+ssh://user:secret@example.org/e/xz-5.2.5",
        "svn export --password secret https://example.org/e/xz-5.2.5",
    ],
)
def test_no_password_is_recorded(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "get_externals.bat"
    script.write_text(f"{line}\n", "utf-8")
    assert main(["fetches", str(script)]) == Exit.OK
    output = capsys.readouterr().out
    assert "xz-5.2.5" in output
    assert "secret" not in output
