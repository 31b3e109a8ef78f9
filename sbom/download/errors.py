"""Why a download failed, in words, and whether another attempt makes sense."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum
from http import HTTPStatus

import urllib3
from urllib3 import exceptions as http_errors


class FailureReason(StrEnum):
    """Why a download failed; UNAVAILABLE and REJECTED are statuses of HTTP."""

    UNREACHABLE = "unreachable"
    INCOMPLETE = "incomplete"
    UNAVAILABLE = "unavailable"
    REJECTED = "rejected"
    CERTIFICATE = "certificate"
    PROXY = "the proxy requires authentication"
    REDIRECT = "redirect"
    INVALID_URL = "invalid URL"
    TOO_LARGE = "too large"
    TIMEOUT = "timeout"
    INTERRUPTED = "interrupted"


_RETRYABLE = {FailureReason.UNREACHABLE, FailureReason.INCOMPLETE, FailureReason.UNAVAILABLE}
_HINTS: dict[FailureReason | int, str] = {
    FailureReason.UNREACHABLE: "check the connection, and the proxy if there is one",
    FailureReason.INCOMPLETE: "check the connection, and the proxy if there is one",
    FailureReason.CERTIFICATE: "check the clock and the proxy; SSL_CERT_FILE adds authorities",
    FailureReason.PROXY: "add the user and password of the proxy to HTTPS_PROXY",
    FailureReason.REDIRECT: "open the URL in a browser",
    401: "check GITHUB_TOKEN, or unset it",
    403: "check GITHUB_TOKEN, or unset it",
    404: "check organization, repository and tag, and whether GITHUB_TOKEN may read them",
    407: "add the user and password of the proxy to HTTPS_PROXY",
    429: "wait a while, or set GITHUB_TOKEN for a higher limit",
}


class DownloadError(Exception):
    """One failed attempt; ``retry_after`` is the wait in seconds that the server asks for."""

    def __init__(
        self,
        reason: FailureReason,
        message: str = "",
        hint: str = "",
        retry_after: float | None = None,
    ) -> None:
        """Take a message that does not name the URL; without one, the reason is the message."""
        self.reason = reason
        self.message = message or reason.value
        self.hint = hint or _HINTS.get(reason, "")
        self.retry_after = retry_after
        super().__init__(self.message)

    @property
    def is_retryable(self) -> bool:
        """Return whether another attempt makes sense."""
        return self.reason in _RETRYABLE


def classify_response(response: urllib3.BaseHTTPResponse, retry: urllib3.Retry) -> DownloadError:
    """Return the error of a response whose status is not 200; ``retry`` says which may pass."""
    status, phrase, retry_after = response.status, "", None
    with suppress(ValueError):
        phrase = f" {HTTPStatus(status).phrase}"
    with suppress(http_errors.InvalidHeader, ValueError, OverflowError):
        retry_after = retry.get_retry_after(response)
    may_pass = retry.is_retry("GET", status, has_retry_after="Retry-After" in response.headers)
    reason = FailureReason.UNAVAILABLE if may_pass else FailureReason.REJECTED
    return DownloadError(reason, f"HTTP {status}{phrase}", _HINTS.get(status, ""), retry_after)


def classify_error(error: Exception, connect_timeout: float, read_timeout: float) -> DownloadError:
    """Return what an error of urllib3 or of a socket means; the timeouts are in seconds."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            message = f"certificate verification failed: {cause.verify_message}"
            return DownloadError(FailureReason.CERTIFICATE, message)
        if "Tunnel connection failed: 407" in str(cause):
            return DownloadError(FailureReason.PROXY)
        for kind, reason, template in _KINDS:
            # Every NewConnectionError is a ConnectTimeoutError to urllib3; its cause says why.
            if isinstance(cause, kind) and type(cause) is not http_errors.NewConnectionError:
                message = template.format(connect=connect_timeout, read=read_timeout)
                return DownloadError(reason, message)
        if isinstance(cause, OSError) and cause.strerror:
            return DownloadError(FailureReason.UNREACHABLE, f"connection failed: {cause.strerror}")
    return DownloadError(FailureReason.UNREACHABLE, f"connection failed: {type(error).__name__}")


_KINDS: tuple[tuple[type[BaseException], FailureReason, str], ...] = (
    (http_errors.NameResolutionError, FailureReason.UNREACHABLE, "cannot resolve host"),
    (http_errors.ConnectTimeoutError, FailureReason.UNREACHABLE, "no connection in {connect:g} s"),
    (http_errors.ReadTimeoutError, FailureReason.INCOMPLETE, "no data for {read:g} s"),
    (ConnectionRefusedError, FailureReason.UNREACHABLE, "connection refused"),
    (http.client.IncompleteRead, FailureReason.INCOMPLETE, "response ended early"),
    (http_errors.InvalidChunkLength, FailureReason.INCOMPLETE, "response ended early"),
    (ConnectionError, FailureReason.INCOMPLETE, "connection closed by the server"),
    (ValueError, FailureReason.INVALID_URL, "invalid URL"),
)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and the errors that led to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
