"""An attempt that failed: what an error of the connection means, and whether to ask again."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator

from urllib3 import exceptions as http_errors


class AttemptError(Exception):
    """One attempt that failed; ``again`` says whether another may do better."""

    def __init__(
        self, message: str, hint: str = "", *, again: bool, wait: float | None = None
    ) -> None:
        """Say it in a sentence; ``wait`` is how many seconds a server asks for."""
        super().__init__(message)
        self.message, self.hint, self.again, self.wait = message, hint, again, wait


def explained(error: Exception, connect: float, silence: float) -> AttemptError:
    """Return what an error of the connection means, for people.

    ``connect`` and ``silence`` are the seconds that were waited for either.
    """
    for cause in _causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                message = f"has a certificate that is not trusted: {cause.verify_message}"
                return AttemptError(message, _CERTIFICATE, again=False)
            case http_errors.LocationValueError():
                return AttemptError(NO_ADDRESS, again=False)
            case OSError() if "Tunnel connection failed: 407" in str(cause):
                return AttemptError("is behind a proxy that asks who we are", _PROXY, again=False)
            case http_errors.NewConnectionError() if type(cause) is http_errors.NewConnectionError:
                continue  # a ConnectTimeoutError to urllib3; what it was made of says why
        for kind, sentence in _PASSING:
            if isinstance(cause, kind):
                return _again(sentence.format(connect=connect, silence=silence))
        if isinstance(cause, OSError) and cause.strerror:
            return _again(f"could not be read: {cause.strerror}")
    if isinstance(error, ValueError):
        return AttemptError(f"{NO_ADDRESS}, or answered what is no HTTP", again=False)
    return _again(f"could not be read: {type(error).__name__}")


_PASSING: tuple[tuple[type[BaseException], str], ...] = (
    (http_errors.NameResolutionError, "has a host name that is not found"),
    (http_errors.ConnectTimeoutError, "was not reached in {connect:g} s"),
    (http_errors.ReadTimeoutError, "sent nothing for {silence:g} s"),
    (ConnectionRefusedError, "refused the connection"),
    (http.client.IncompleteRead, "ended its answer early"),
    (http_errors.InvalidChunkLength, "ended its answer early"),
    (ConnectionError, "broke the connection off"),
)
NO_ADDRESS = "is no address that can be asked"
_CERTIFICATE = "check the clock and the proxy; SSL_CERT_FILE names more authorities"
_PROXY = "give the proxy's user and password in HTTPS_PROXY"


def _again(message: str) -> AttemptError:
    return AttemptError(message, "check the connection, and the proxy if there is one", again=True)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and everything it was made of."""
    seen: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and one not in seen:
            seen.append(one)
            yield one
            waiting += [*one.args, one.__cause__, one.__context__]
