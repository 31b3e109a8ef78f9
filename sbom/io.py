"""Files read and written: the disk, with every failure turned into a problem of ours."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from sbom.diagnostics import Code, Diagnostic, InputError, OperationalError

#: No script or manifest comes near this; a larger file is not one.
_TEXT_LIMIT = 8_000_000
#: An SBOM of 20 000 files has 14 MB; a file of sixteen times that is not one of ours.
DOCUMENT_LIMIT = 256_000_000


def read_bytes(path: Path, limit: int = _TEXT_LIMIT) -> bytes:
    """Return the contents of a file. Raises InputError where it cannot be read or is too large."""
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise input_error(path, f"cannot be read: {reason}", "check the path") from error
    if len(data) > limit:
        raise input_error(path, f"is larger than {limit} bytes", "name the right file")
    return data


def input_error(path: Path, message: str, hint: str) -> InputError:
    """Return the error of an input that is not what it has to be."""
    problem = Diagnostic(code=Code.INPUT_ERROR, file=str(path), message=message, hint=hint)
    return InputError([problem])


def is_directory(path: Path) -> bool:
    """Return whether a path leads to a folder; one that cannot be looked at does not."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def read_utf8(path: Path) -> str:
    """Return a UTF-8 text, its line ends as they are. Raises UnusableError."""
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"is not UTF-8: byte {error.start} is 0x{error.object[error.start]:02x}"
        raise input_error(path, message, "save it as UTF-8") from error


def read_script_file(path: Path) -> tuple[str, str]:
    """Return the text of a batch file, and the SHA-256 of it with LF endings.

    cmd reads bytes in whatever code page is set, so bytes that are no UTF-8 are characters too.
    """
    return decode_script(read_bytes(path))


def decode_script(data: bytes) -> tuple[str, str]:
    """Return a batch file's bytes as text, and their digest; as ``read_script``."""
    digest = hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()
    try:
        return data.decode("utf-8"), digest
    except UnicodeDecodeError:
        return data.decode("latin-1"), digest


def write_all(contents: Mapping[Path, bytes]) -> None:
    """Write files, each whole or not at all; none is replaced before all are on the disk.

    Raises OutsideError where the disk refuses; each file is then the old or the new one.
    """
    waiting: list[tuple[str, Path]] = []
    try:
        for named, data in contents.items():
            path = named.resolve()  # what a link leads to is replaced, not the link
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, "is a folder")
            path.parent.mkdir(parents=True, exist_ok=True)
            waiting.append((_temporary(path, data), path))
        while waiting:
            temporary, path = waiting[0]
            os.replace(temporary, path)  # noqa: PTH105 - the atomic one, named as its promise is
            del waiting[0]
    except (OSError, ValueError) as error:
        problem = Diagnostic(
            code=Code.WRITE_ERROR,
            file=str(named),
            message=f"cannot be written: {getattr(error, 'strerror', None) or error}",
            hint="check the disk and the permissions, and run it again",
        )
        raise OperationalError([problem]) from error
    finally:
        for temporary, _ in waiting:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()


@contextlib.contextmanager
def locked(path: Path, note: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock on a path that all runs of this program by one user respect.

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


def _temporary(path: Path, data: bytes) -> str:
    """Write ``data`` beside ``path`` and return the name it has until it is moved there."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    return name


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
