"""Baseline: the least that any program has to do, with a process on each core.

Walk, SHA-1, SHA-256 and SHA-512 of each file, and one line of text for it: python
hash_in_processes.py DIR FILE. It imports as little as possible.
"""

from __future__ import annotations

import hashlib
import os
import sys
from multiprocessing import Pool

_BATCH = 256
_SHARE_OF_A_FILE = 16_384


def scan(directory: str) -> list[tuple[str, int]]:
    """Return path and size of each file below a directory."""
    found, waiting = [], [directory]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    found.append((entry.path, entry.stat().st_size))
    return found


def batches(files: list[tuple[str, int]]) -> list[list[tuple[str, int]]]:
    """Return the files in batches of about the same work, those with the largest first."""
    files.sort(key=lambda file: -file[1])
    result: list[list[tuple[str, int]]] = [[]]
    size = 0
    for file in files:
        size += file[1] + _SHARE_OF_A_FILE
        result[-1].append(file)
        if size > _BATCH * 2 * _SHARE_OF_A_FILE:
            result.append([])
            size = 0
    return result


def describe(files: list[tuple[str, int]]) -> str:
    """Return a line for each file."""
    lines = []
    for path, size in files:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        data = os.read(handle, size + 1)
        while more := os.read(handle, size + 1):
            data += more
        os.close(handle)
        sha1 = hashlib.sha1(data, usedforsecurity=False).hexdigest()
        sha256, sha512 = hashlib.sha256(data).hexdigest(), hashlib.sha512(data).hexdigest()
        lines.append(f"{path}\t{sha1}\t{sha256}\t{sha512}\n")
    return "".join(lines)


def main() -> None:
    """Hash a directory and write a file."""
    with Pool() as pool:
        parts = pool.imap_unordered(describe, batches(scan(sys.argv[1])))
        with open(sys.argv[2], "w", encoding="utf-8") as output:
            output.write("".join(sorted("".join(parts).splitlines(keepends=True))))


if __name__ == "__main__":
    main()
