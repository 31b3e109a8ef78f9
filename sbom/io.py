"""Files read and written: every failure of the disk becomes one of our errors."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO

from sbom.content_kind import UTF_16, describe_content
from sbom.diagnostics import InputError, OperationalError
from sbom.diagnostics.io_messages import describe_error, input_error, unexpected_kind, write_error

#: The largest script or manifest; none has a tenth of it.
_TEXT_LIMIT = 8_000_000
#: The largest SBOM; one of 20,000 files has 14 MB.
DOCUMENT_LIMIT = 256_000_000
#: Windows: access denied, and used by another process. A scanner or an indexer that looks at a new
#: file has it open for a moment; these are the seconds between attempts to replace it.
_HELD = (5, 32)
_ATTEMPTS = (0.01, 0.04, 0.15, 0.4, 0.8)


def read_bytes(path: Path, limit: int = _TEXT_LIMIT, *, missing_hint: str = "") -> bytes:
    """Return the contents of a file of at most ``limit`` bytes.

    Raises InputError, with ``missing_hint`` for a file that does not exist.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise read_error(path, error, missing_hint) from error
    if len(data) > limit:
        message = f"is larger than {limit:,} bytes"
        raise InputError([input_error(str(path), message, "check the path")])
    return data


def read_utf8(path: Path, *, missing_hint: str = "") -> str:
    """Return a UTF-8 text, its line ends as they are. Raises InputError as ``read_bytes`` does."""
    return decode_utf8(read_bytes(path, missing_hint=missing_hint), path)


def decode_utf8(content: bytes, path: Path) -> str:
    """Return the UTF-8 text that a file has as its content. Raises InputError."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        kind = describe_content(content, str(path))
        if kind not in ("", UTF_16):
            raise unexpected_kind(str(path), "text", kind, "check the path") from None
        message = f"is not UTF-8: byte {error.start} is 0x{error.object[error.start]:02x}"
        raise InputError([input_error(str(path), message, "save it as UTF-8")]) from error


def read_error(path: Path, error: OSError | ValueError, missing_hint: str = "") -> InputError:
    """Return the error of a path that the system refuses to read."""
    reason = describe_error(error)
    if isinstance(error, PermissionError) and is_directory(path):
        reason = os.strerror(errno.EISDIR)  # what Windows refuses to open as a file
    message = f"cannot be read: {reason}"
    hint = "check the path and its permissions"
    if isinstance(error, FileNotFoundError):
        hint = missing_hint or "check the path"
    elif is_directory(path):
        hint = "name a file"
    return InputError([input_error(str(path), message, hint)])


def is_directory(path: Path) -> bool:
    """Return whether a path leads to a directory; one that cannot be read does not."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def find_file(directory: Path, path: str) -> Path | None:
    """Return the file that a path with slashes leads to on Windows, where names have no case.

    Of several files, that of the same case is preferred.
    """
    first, slash, rest = path.partition("/")
    names = [entry.name for entry in directory.glob("*") if entry.name.lower() == first.lower()]
    for name in sorted(names, key=lambda name: (name != first, name)):
        entry = directory / name
        if found := find_file(entry, rest) if slash else (entry if entry.is_file() else None):
            return found
    return None


def require_directory(path: Path, hint: str) -> None:
    """Raise InputError, with a hint for the user, unless a path leads to a directory."""
    if not is_directory(path):
        reason = (
            "is not a directory" if path_exists(path) else "is not a directory: it does not exist"
        )
        raise InputError([input_error(str(path), reason, hint)])


def path_exists(path: Path) -> bool:
    """Return whether there is anything at a path; a path that cannot be is one to nothing."""
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that is too long, or that no path can have
        return False


def write_all(contents: Mapping[Path, bytes | IO[bytes]]) -> None:
    """Write files, each whole or not at all; none is replaced before all are on the disk.

    Raises OperationalError if one cannot be written; each file is then the old or the new one. A
    device or a pipe, such as /dev/null, is written to, and never replaced.
    """
    waiting: list[tuple[str, Path]] = []
    try:
        for named, data in contents.items():
            path = named.resolve()  # what a link leads to is replaced, not the link
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, "is a directory")
            if named.exists() and not path.is_file():
                _write_through(named, data)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            waiting.append((_temporary(path, data), path))
        while waiting:
            temporary, path = waiting[0]
            _replace(temporary, path)
            del waiting[0]
    except (OSError, ValueError) as error:
        raise OperationalError([write_error(str(named), error)]) from error
    finally:
        for temporary, _ in waiting:
            _remove(temporary)


def _write_through(path: Path, data: bytes | IO[bytes]) -> None:
    with os.fdopen(_open_device(path), "wb") as file:
        _write_data(file, data)


def _write_data(file: IO[bytes], data: bytes | IO[bytes]) -> None:
    if isinstance(data, bytes):
        file.write(data)
    else:
        shutil.copyfileobj(data, file)


def _open_device(path: Path) -> int:
    """Open a device or a pipe to write to; a pipe without a reader is an error after a moment."""
    if sys.platform == "win32":
        return os.open(path, os.O_WRONLY | os.O_BINARY)
    waits = iter(_ATTEMPTS)
    while True:
        try:
            opened = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            seconds = next(waits, None)
            if error.errno != errno.ENXIO or seconds is None:
                raise
            time.sleep(seconds)
        else:
            os.set_blocking(opened, True)
            return opened


def _replace(source: str, target: Path) -> None:
    """Move a file onto another one, on Windows also if a program has it open for a moment."""
    for seconds in _ATTEMPTS:
        try:
            os.replace(source, target)  # noqa: PTH105 - the atomic one, named as its promise is
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _HELD:
                raise
            time.sleep(seconds)
        else:
            return
    os.replace(source, target)  # noqa: PTH105 - the same


def time_ns() -> int:
    """Return the time in nanoseconds, as the system states that of files."""
    return time.time_ns()


@contextlib.contextmanager
def locked(path: Path, note: Callable[[str], None]) -> Iterator[None]:
    """Lock a path for all runs of this program by one user.

    ``note`` is called with a sentence if another run has to end first. Lock files are in the
    user's state directory, and none beside ``path``; where the system refuses them, there is no
    lock.
    """
    import filelock  # noqa: PLC0415 - these take 0.15 s to import, and most runs write nothing
    import platformdirs  # noqa: PLC0415

    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError, RuntimeError):
            directory = platformdirs.user_state_path(
                "cpython-windows-sbom", appauthor=False, ensure_exists=True
            )
            name = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()
            lock = filelock.FileLock(directory / f"{name}.lock")
            try:
                lock.acquire(blocking=False)
            except filelock.Timeout:
                note(f"waiting for another run that uses {path}")
                lock.acquire()
            stack.callback(lock.release)
        yield


def default_cache_dir() -> Path:
    """Return the directory of this program in the user's cache directory."""
    import platformdirs  # noqa: PLC0415 - most runs need no cache

    return platformdirs.user_cache_path("cpython-windows-sbom", appauthor=False)


def _temporary(path: Path, data: bytes | IO[bytes]) -> str:
    """Write ``data`` beside ``path`` and return the name it has until it is moved there."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
    handle, name = _make_temporary(path)
    try:
        with os.fdopen(handle, "wb") as file:
            _write_data(file, data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
    except BaseException:
        _remove(name)
        raise
    return name


def _make_temporary(path: Path) -> tuple[int, str]:
    """Open a new file beside ``path``, which only this user can read, and return its name, too.

    The module tempfile does the same, and takes 5 ms to import.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
    flags |= (
        getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)
    )
    while True:
        name = f"{path.parent / f'.{path.name}.'}{os.urandom(6).hex()}"
        with contextlib.suppress(FileExistsError):
            return os.open(name, flags, 0o600), name


def _remove(temporary: str) -> None:
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            Path(temporary).chmod(stat.S_IWRITE)  # which a file needs to be removed there
        Path(temporary).unlink()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
