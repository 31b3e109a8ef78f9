"""What ships inside CPython for Windows: from get_externals.bat to SBOMs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sbom.version import __version__

if TYPE_CHECKING:
    from sbom.script.externals import Fetch

__all__ = ["__version__", "fetches"]


def fetches(
    text: str, arguments: Sequence[str] = (), environment: Mapping[str, str] | None = None
) -> tuple[Fetch, ...]:
    """Return what ``cmd`` would fetch if it ran a get_externals.bat, in order.

    ``text`` is the script, with LF or CRLF line ends; ``arguments`` are its command-line
    arguments, such as ``["--openssl-src"]``; ``environment`` are the variables it is run with,
    whose names have no case. Nothing is inherited from the environment of this process, and
    nothing is downloaded, written or run.

    Each value has a ``kind`` (``"source"`` or ``"binary"``), a ``tag`` (``"sqlite-3.50.4.0"``),
    the ``organization`` (``"python"``) and ``repository`` (``"cpython-source-deps"``) that it is
    fetched from, and a ``method``: ``"archive"`` of the tag, an asset of its ``"release"``,
    ``"git"`` or ``"svn"``. Of these two, ``organization`` is empty, and ``repository`` is the
    address that is cloned, or the one that the tag is appended to. A script that rejects its
    arguments fetches nothing: the result is empty.

    Raises ``sbom.diagnostics.SbomError`` for a script that cmd could not run to its end, and for
    one with a command whose effect cannot be determined. Its ``diagnostics`` have the line and
    the message of each error.
    """
    # Imported when it is called: `import sbom` is for the version, too.
    from sbom.script.run import run_script  # noqa: PLC0415

    return run_script(text, arguments, environment).fetches
