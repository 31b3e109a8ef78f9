"""What urllib3 lacks: a deadline for a whole download, proxies of the system, errors in words.

urllib3 and http.client limit the wait for the next byte only, which a server that sends one byte
at a time never exceeds. At the deadline the socket is shut down, which ends the read under way.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from contextvars import ContextVar
from enum import StrEnum
from http import HTTPStatus
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3 import connection, connectionpool
from urllib3 import exceptions as http_errors
from urllib3.util import make_headers, parse_url

#: How many requests go to a server at a time.
CONNECTIONS = 4
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Deadline:
    """Shuts down the connection that the thread which made it reads from, when time is over."""

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self.sock: socket.socket | None = None
        self._timer = threading.Timer(seconds, self.end)
        self._timer.daemon = True
        self._timer.start()
        _CURRENT.set(self)

    def end(self) -> None:
        """Act as if the time were over; safe to call from any thread."""
        self.is_over = True
        if self.sock is not None:
            with suppress(OSError):
                # Not SSLSocket.shutdown: it also drops the TLS state that another thread uses.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
                if sys.platform == "win32":
                    # There, only closing it wakes a thread that waits for the server.
                    socket.close(self.sock.detach())

    def close(self) -> None:
        """Stop watching."""
        self.sock = None
        self._timer.cancel()


#: urllib3 passes nothing from the caller of a request to the connection that is used for it.
_CURRENT: ContextVar[Deadline] = ContextVar("_CURRENT")


class _HTTPConnection(connection.HTTPConnection):
    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]
        deadline = _CURRENT.get()
        deadline.sock = self.sock
        if deadline.is_over:
            deadline.end()
        return super().getresponse()


class _HTTPSConnection(_HTTPConnection, connection.HTTPSConnection):
    pass


class _HTTPConnectionPool(connectionpool.HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSConnectionPool(connectionpool.HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


_POOL_CLASSES = {"http": _HTTPConnectionPool, "https": _HTTPSConnectionPool}


def new_manager(proxy: str) -> urllib3.PoolManager:
    """Return the connections that go through a proxy, or through none if it is empty."""
    manager = urllib3.PoolManager(maxsize=CONNECTIONS)
    if proxy:
        credentials = parse_url(proxy).auth_decoded_joined
        headers = make_headers(proxy_basic_auth=credentials, proxy_basic_auth_encoding="utf-8")
        manager = urllib3.ProxyManager(proxy, proxy_headers=headers, maxsize=CONNECTIONS)
    manager.pool_classes_by_scheme = _POOL_CLASSES
    return manager


def origin(url: str) -> str:
    """Return scheme, host and port of a URL; without the port where it is the scheme's default."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def redact_url(url: str) -> str:
    """Return a URL as it may be printed: without credentials, query and fragment.

    An ``@`` in the path may be that of credentials with an unquoted slash, so it is left out too.
    """
    with suppress(ValueError):
        parts = urlsplit(url)
        if parts.hostname:
            return origin(url) + (parts.path if "@" not in parts.path else "/...")
    return "invalid URL"


def system_proxy(url: str) -> str:
    """Return the URL of the proxy that the environment or the system sets for a URL, or ""."""
    parts = urlsplit(url)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all") or ""
    if not proxy or not parts.hostname or proxy_bypass(parts.hostname):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


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

    retry_after: float | None = None

    def __init__(self, reason: FailureReason, message: str = "", hint: str = "") -> None:
        """Take a message that does not name the URL; without one, the reason is the message."""
        self.reason = reason
        self.is_retryable = reason in _RETRYABLE
        self.message = message or reason.value
        self.hint = hint or _HINTS.get(reason, "")
        super().__init__(self.message)


def classify_response(response: urllib3.BaseHTTPResponse, retry: urllib3.Retry) -> DownloadError:
    """Return the error of a response whose status is not 200; ``retry`` decides which may pass."""
    status, phrase = response.status, ""
    with suppress(ValueError):
        phrase = f" {HTTPStatus(status).phrase}"
    may_pass = retry.is_retry("GET", status, has_retry_after="Retry-After" in response.headers)
    reason = FailureReason.UNAVAILABLE if may_pass else FailureReason.REJECTED
    error = DownloadError(reason, f"HTTP {status}{phrase}", _HINTS.get(status, ""))
    with suppress(http_errors.InvalidHeader, ValueError, OverflowError):
        error.retry_after = retry.get_retry_after(response)
    return error


def classify_error(error: Exception, connect_timeout: float, read_timeout: float) -> DownloadError:
    """Return what an error of urllib3 or of a socket means; the timeouts are in seconds."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            message = f"certificate verification failed: {cause.verify_message}"
            return DownloadError(FailureReason.CERTIFICATE, message)
        if "Tunnel connection failed: 407" in str(cause):
            return DownloadError(FailureReason.PROXY)
        for kind, reason, template in _KINDS:
            # Every NewConnectionError is a ConnectTimeoutError to urllib3; its cause differs.
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
