"""What most verbs start from: commands that are suggested can be typed as they are printed."""

from __future__ import annotations

import pytest

from sbom.inputs import quote_argument


@pytest.mark.parametrize(
    ("argument", "sh", "cmd"),
    [
        ("externals.toml", "externals.toml", "externals.toml"),
        ("my tree", "'my tree'", '"my tree"'),
        (r"C:\cpython", r"'C:\cpython'", r"C:\cpython"),
        (r"C:\Program Files\cpython", r"'C:\Program Files\cpython'", r'"C:\Program Files\cpython"'),
        (r"C:\a&b", r"'C:\a&b'", r'"C:\a&b"'),
        (r"C:\a (2)\b", r"'C:\a (2)\b'", r'"C:\a (2)\b"'),
        ("it's", "'it'\"'\"'s'", "it's"),
    ],
)
def test_a_path_in_a_suggested_command_is_quoted_for_the_shell(
    argument: str, sh: str, cmd: str
) -> None:
    assert quote_argument(argument, is_windows=False) == sh
    assert quote_argument(argument, is_windows=True) == cmd
