"""Baseline: a plain script that lists a directory as JSON, in one thread, as one writes it first.

Walk, SHA-1, SHA-256 and SHA-512 of each file, its own JSON: python hash_serially.py DIR FILE.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys


def describe(directory: str) -> list[dict[str, str]]:
    """Return path and digests of each file below a directory."""
    rows = []
    for parent, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(parent, name)
            with open(path, "rb") as file:
                data = file.read()
            rows.append(
                {
                    "path": os.path.relpath(path, directory).replace(os.sep, "/"),
                    "sha1": hashlib.sha1(data, usedforsecurity=False).hexdigest(),
                    "sha256": hashlib.sha256(data).hexdigest(),
                    "sha512": hashlib.sha512(data).hexdigest(),
                }
            )
    return sorted(rows, key=lambda row: row["path"])


if __name__ == "__main__":
    with open(sys.argv[2], "w", encoding="utf-8") as output:
        json.dump(describe(sys.argv[1]), output, indent=2)
