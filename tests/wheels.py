"""Fetch the wheels of facts/wheels.json into a folder: ``python tests/wheels.py FOLDER``.

Each is held against its SHA-256. The exit status is 3 where PyPI cannot be reached.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

PINNED = Path(__file__).parent / "facts/wheels.json"
INDEX = "https://pypi.org/simple/panda3d/"


def main(folder: Path) -> int:
    """Fetch what is not there yet, and return the exit status."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [one for one in json.loads(PINNED.read_text()) if not (folder / one["file"]).exists()]
    try:
        with PoolManager(timeout=Timeout(connect=10, read=60)) as pool:
            found = _addresses(pool) if missing else {}
            for one in missing:
                data = pool.request("GET", found[one["file"]]).data
                if hashlib.sha256(data).hexdigest() != one["sha256"]:
                    print(f"{one['file']}: is another file than the one that is pinned")
                    return 1
                (folder / one["file"]).write_bytes(data)
    except HTTPError as error:
        print(f"the wheels cannot be had: {error}")
        return 3
    print(f"all wheels are in {folder}")
    return 0


def _addresses(pool: PoolManager) -> dict[str, str]:
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
    listed = pool.request("GET", INDEX, headers=accept).json()
    return {one["filename"]: one["url"] for one in listed["files"]}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
