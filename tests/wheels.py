"""Download the wheels of facts/wheels.json: ``python tests/wheels.py DIRECTORY``.

Each is compared with its SHA-256. The exit status is 3 where PyPI cannot be reached.
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


def main(directory: Path) -> int:
    """Download what is missing, and return the exit status."""
    directory.mkdir(parents=True, exist_ok=True)
    wheels = json.loads(PINNED.read_text())
    missing = [wheel for wheel in wheels if not (directory / wheel["file"]).exists()]
    try:
        with PoolManager(timeout=Timeout(connect=10, read=60)) as pool:
            urls = _list_urls(pool) if missing else {}
            for wheel in missing:
                data = pool.request("GET", urls[wheel["file"]]).data
                sha256 = hashlib.sha256(data).hexdigest()
                if sha256 != wheel["sha256"]:
                    print(f"{wheel['file']}: expected SHA-256 {wheel['sha256']}, found {sha256}")
                    return 1
                (directory / wheel["file"]).write_bytes(data)
    except HTTPError as error:
        print(f"the wheels cannot be downloaded: {error}")
        return 3
    print(f"all wheels are in {directory}")
    return 0


def _list_urls(pool: PoolManager) -> dict[str, str]:
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
    index = pool.request("GET", INDEX, headers=accept).json()
    return {file["filename"]: file["url"] for file in index["files"]}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
