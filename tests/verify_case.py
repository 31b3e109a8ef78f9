"""A directory of binaries, a script and a manifest, and what ``verify`` prints about them."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from binaries import binaries, knowing, written
from manifests import COMMITTED, entry_of, script_of
from signatures import pem_of

from sbom.cli import main

#: What the miniature build was built from.
TAGS = {
    "sqlite": "sqlite-3.49.1.0",
    "tcltk": "tcltk-8.6.15.0",
    "openssl-bin": "openssl-bin-3.0.16.2",
}


class VerifyCase:
    """One run of ``verify``: change its attributes, then run it.

    ``path`` is what is verified; ``files`` are written there if nothing is. The script fetches
    what the one of ``version`` does, some of it by other ``tags``, and is in a tree of ``release``
    unless that is empty. Digests of the DLLs are
    recorded for the tags ``recorded``. The certificates of ``trusted`` organizations are roots.
    """

    def __init__(self, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.directory = directory
        self.path = directory / "build"
        self.files = binaries()
        self.tags = dict(TAGS)
        self.version = "3.13.0rc2"
        self.release = "3.13.5"
        self.manifest = COMMITTED.read_text(encoding="utf-8")
        self.recorded = ["libffi-3.4.4", "tcltk-8.6.15.0"]
        self.trusted = ["Python Software Foundation", "Microsoft Corporation", "Any Authority"]
        self._capsys = capsys

    def run(self, *more: str, output_format: str = "json", script: bool = True) -> tuple[int, Any]:
        """Return the exit status, and what was printed: parsed, if it is JSON."""
        manifest = self.directory / "externals.toml"
        text = self.manifest
        for tag in self.recorded:
            text = knowing(text, tag, binaries())
        manifest.write_text(text, encoding="utf-8")
        argv = ["verify", str(self.path), "--manifest", str(manifest)]
        argv += ["--output-format", output_format, *more]
        if self.trusted and "--identify" not in more:
            roots = self.directory / "roots.pem"
            roots.write_text(pem_of(self.trusted), encoding="ascii")
            argv += ["--root", str(roots)]
        if script:
            path = self.directory / "tree/PCbuild/get_externals.bat"
            path.parent.mkdir(parents=True, exist_ok=True)
            if self.release:
                header = path.parents[1] / "Include/patchlevel.h"
                header.parent.mkdir(exist_ok=True)
                header.write_text(f'#define PY_VERSION "{self.release}"\n', encoding="utf-8")
            path.write_text(_script_with(self.tags, self.version), encoding="utf-8")
            argv += ["--script", str(path)]
        if not self.path.exists():
            written(self.path, self.files)
        status = main(argv)
        out = self._capsys.readouterr().out
        return status, json.loads(out) if output_format == "json" else out

    def statuses(self, *more: str, script: bool = True) -> dict[tuple[str, str], str]:
        """Return the status of each file and component."""
        _, report = self.run(*more, script=script)
        return {(one["file"], one["component"]): one["status"] for one in report["results"]}


def _script_with(tags: Mapping[str, str], version: str) -> str:
    """Return a script that fetches what one of that version does, some of it by other tags."""
    entry = copy.deepcopy(entry_of(version))
    for pin in entry["pins"]:
        for name, tag in tags.items():
            if pin["tag"].startswith(f"{name}-") and pin["tag"][len(name) + 1].isdigit():
                pin["tag"] = tag
    return script_of(entry)


def messages(report: Any, name: str) -> dict[str, str]:
    """Return the messages of the diagnostics of a name, by their subjects."""
    return {one["subject"]: one["message"] for one in report["diagnostics"] if one["name"] == name}


def write_document(files: Mapping[str, bytes], directory: Path, name: str) -> Path:
    """Write an SPDX document of a build: its files, and the components of the miniature build."""
    listed = [
        {
            "SPDXID": f"SPDXRef-File-{n}",
            "fileName": f"./{path}",
            "checksums": [
                {"algorithm": kind.upper(), "checksumValue": hashlib.new(kind, data).hexdigest()}
                for kind in ("sha1", "sha256")
            ],
        }
        for n, (path, data) in enumerate(sorted(files.items()))
    ]
    versions = {
        "zlib": "1.3.1", "python": "3.13.5", "openssl": "3.0.16", "tcl": "8.6.15.0",
        "tk": "8.6.15", "sqlite": "3.49.1.0", "bzip2": "1.0.8", "xz": "5.2.5", "expat": "2.7.1",
        "mpdecimal": "4.0.0", "libffi": "3.4.4", "hacl-star": "1", "mimalloc": "2",
    }  # fmt: skip
    data = {
        "spdxVersion": "SPDX-2.3",
        "files": listed,
        "packages": [
            {"SPDXID": f"SPDXRef-{component}", "name": component, "versionInfo": version}
            for component, version in versions.items()
        ],
    }
    path = directory / f"{name}.spdx.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path
