"""What all tests share: no way out to the network, and properties that run the same each time."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

#: Fixtures that several directories of tests share.
pytest_plugins = ["release_runs"]

# The same few examples in every run of the suite; `nox -s fuzz` tries many others.
settings.register_profile("suite", derandomize=True, deadline=None, max_examples=25)
settings.register_profile("fuzz", deadline=None, max_examples=2000, print_blob=True)
settings.load_profile("suite")

ROOT = Path(__file__).parent.parent
#: The variable by which platformdirs uses another directory on Windows than the user's.
LOCAL_APPDATA = "WIN_PD_OVERRIDE_LOCAL_APPDATA"
FACTS = Path(__file__).parent / "facts"


def make_link(link: Path, target: Path) -> None:
    """Make a symbolic link; skip the test where the system makes none."""
    try:
        link.symlink_to(target, target_is_directory=target.is_dir())
    except OSError:
        pytest.skip("Windows makes symbolic links only for those with the privilege")
    if not link.is_symlink():
        pytest.skip("Wine 8 makes no symbolic links")


@pytest.fixture(autouse=True)
def _only_temporary_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Keep lock files out of the user's state directory."""
    for name in ("XDG_STATE_HOME", LOCAL_APPDATA):
        monkeypatch.setenv(name, str(tmp_path_factory.getbasetemp() / "state"))


@pytest.fixture(autouse=True)
def _only_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test reach an address outside this machine."""
    connect = socket.socket.connect

    def local(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            pytest.fail(f"a test opened a connection to {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", local)
