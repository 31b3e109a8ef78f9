"""Downloads over HTTP: retries, redirects, proxies, limits, and a token for GitHub only.

``urllib3.Retry`` decides how often and after which wait a request is repeated; two loops are ours.
urllib3 repeats a request until its headers arrive, but a body that breaks off has to be requested
again too. It follows redirects from https to http as well, through the proxy of the first host,
and without the token after a change of host: GitHub sends archives from codeload.github.com.
requests would trust the certificates of certifi and not those of the system.
"""

from __future__ import annotations

import re
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, TypeVar
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import make_headers, parse_url

from sbom.diagnostics import InputError, OperationalError
from sbom.diagnostics.io_messages import download_failed, invalid_token, write_error
from sbom.download.connections import (
    Deadline,
    DownloadError,
    FailureReason,
    classify_error,
    classify_response,
    new_manager,
    origin,
    redact_url,
    system_proxy,
)

T = TypeVar("T")

#: The origins that GITHUB_TOKEN is sent to.
GITHUB = frozenset({"https://github.com", "https://api.github.com", "https://codeload.github.com"})
_HEADERS = {"User-Agent": "cpython-windows-sbom", "Accept-Encoding": "identity"}
_CHUNK = 1 << 16
#: A body of up to so many bytes stays in memory, a larger one is in a temporary file.
_SPOOLED = 1 << 20


class RetryPolicy(urllib3.Retry):
    """``urllib3.Retry``; GitHub limits rates by 403 with Retry-After as well as by 429."""

    RETRY_AFTER_STATUS_CODES = frozenset({403, 413, 429, 503})


#: Up to 6 attempts of up to 5 redirects; waits of 0, 1, 2, 4 and 8 s, each up to 1 s longer.
RETRY = RetryPolicy(
    total=5,
    redirect=5,
    status_forcelist={429, *range(500, 600)},
    backoff_factor=0.5,
    backoff_jitter=1,
    retry_after_max=120,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class DownloadLimits:
    """Seconds for a connection, without data, and for all attempts together; bytes of a body."""

    connect_timeout: float = 15
    read_timeout: float = 30
    total_timeout: float = 600
    size: int = 512 << 20


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server identifies a version of a body by (RFC 9110, 8.8); empty where unknown."""

    etag: str = ""
    last_modified: str = ""

    def headers(self) -> dict[str, str]:
        """Return the headers that ask for a body only if it is another one."""
        if self.etag:
            return {"If-None-Match": self.etag}
        return {"If-Modified-Since": self.last_modified} if self.last_modified else {}


UNKNOWN = Validators()


class Client:
    """Downloads; may be used from several threads, up to ``CONNECTIONS`` at best.

    ``on_data`` is called with the number of bytes of each piece that arrives; ``now`` returns the
    time in seconds, and ``sleep`` waits for so many of them or for an event.
    """

    def __init__(
        self,
        *,
        token: str = "",
        token_origins: frozenset[str] = GITHUB,
        accept: str = "*/*",
        limits: DownloadLimits | None = None,
        retry: urllib3.Retry = RETRY,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[threading.Event, float], object] = threading.Event.wait,
        proxy_for: Callable[[str], str] = system_proxy,
        on_data: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Send ``token`` to ``token_origins`` only, and ask for the media type ``accept``.

        Raises InputError if the token cannot be one.
        """
        if token and not re.fullmatch(r"[\x21-\x7e]+", token):
            raise InputError([invalid_token()])
        self._token, self._token_origins = token, token_origins
        self._headers = _HEADERS | {"Accept": accept}
        self._limits, self._retry = limits or DownloadLimits(), retry
        self._now, self._sleep = now, sleep
        self._proxy_for, self._on_data = proxy_for, on_data
        self._managers: dict[str, urllib3.PoolManager] = {}
        self._deadlines: list[Deadline] = []
        self._stopped = threading.Event()

    def get(
        self,
        url: str,
        parse: Callable[[IO[bytes], Validators], T],
        known: Validators = UNKNOWN,
        *,
        retry_missing: bool = False,
    ) -> T | None:
        """Return what ``parse`` makes of the body of a URL, or None if it is the one ``known``.

        ``parse`` gets a file that is closed afterwards, and may raise DownloadError too. With
        ``retry_missing``, 404 is retried: GitHub answers so for a moment after a tag is pushed.
        Raises OperationalError.
        """
        started, retry = self._now(), self._retry
        if retry_missing:
            retry = retry.new(status_forcelist={*retry.status_forcelist, 404})
        with closing(Deadline(self._limits.total_timeout)) as deadline:
            self._deadlines.append(deadline)
            while True:
                attempts = len(retry.history) + 1
                try:
                    with tempfile.SpooledTemporaryFile(_SPOOLED) as body:
                        received = self._attempt(url, known, retry, deadline, body)
                        return None if received is None else parse(body, received)
                except DownloadError as error:
                    failure = error
                if not failure.is_retryable or not retry.total:
                    break
                if failure.reason is FailureReason.INCOMPLETE:
                    # The server may close that connection, or send the rest of its response,
                    # only when the next request is on its way.
                    self.close()
                retry = retry.increment("GET", redact_url(url), error=failure)
                wait = failure.retry_after
                wait = retry.get_backoff_time() if wait is None else wait
                if self._now() + wait >= started + self._limits.total_timeout:
                    break
                self._sleep(self._stopped, wait)
        seconds = self._now() - started
        problem = download_failed(redact_url(url), failure.message, failure.hint, attempts, seconds)
        raise OperationalError([problem])

    def stop(self) -> None:
        """End all downloads, also those that are started later; safe to call from any thread."""
        self._stopped.set()
        for deadline in self._deadlines:
            deadline.end()

    def close(self) -> None:
        """Close the connections that are not in use."""
        for manager in self._managers.values():
            manager.clear()

    def _attempt(
        self,
        url: str,
        known: Validators,
        retry: urllib3.Retry,
        deadline: Deadline,
        body: IO[bytes],
    ) -> Validators | None:
        """Write ``body`` and return its validators, or None if it is the one that is known."""
        self._check_time(deadline)
        try:
            with closing(self._open(url, known)) as response:
                received = _check_response(response, known, retry)
                if received is not None:
                    self._save_body(response, body)
        except (HTTPError, OSError, ValueError) as error:
            self._check_time(deadline)
            limits = self._limits
            raise classify_error(error, limits.connect_timeout, limits.read_timeout) from error
        self._check_time(deadline)  # a body without a length seems to end when its time is over
        return received

    def _check_time(self, deadline: Deadline) -> None:
        if self._stopped.is_set():
            raise DownloadError(FailureReason.INTERRUPTED)
        if deadline.is_over:
            message = f"not finished in {self._limits.total_timeout:g} s"
            raise DownloadError(FailureReason.TIMEOUT, message)

    def _open(self, url: str, known: Validators) -> urllib3.BaseHTTPResponse:
        """Return the response after all redirects; its body is not read."""
        target = url
        redirects = int(self._retry.redirect or 0)
        for _ in range(redirects + 1):
            response = self._request(target, url, known)
            location = response.get_redirect_location()
            if location is False:
                return response
            _discard(response)
            target = _redirect_target(url, target, location or "")
        message = f"more than {redirects} redirects, the last to {redact_url(target)}"
        raise DownloadError(FailureReason.REDIRECT, message)

    def _request(self, target: str, url: str, known: Validators) -> urllib3.BaseHTTPResponse:
        """Return the response of ``target``, to which a redirect from ``url`` may have led."""
        if not target.startswith(("http://", "https://")) or not urlsplit(target).hostname:
            raise DownloadError(FailureReason.INVALID_URL)
        credentials = parse_url(target).auth_decoded_joined
        if credentials is None and origin(target) == origin(url):
            credentials = parse_url(url).auth_decoded_joined
        headers = make_headers(basic_auth=credentials, basic_auth_encoding="utf-8")
        if credentials is None and self._token and origin(target) in self._token_origins:
            headers["authorization"] = f"Bearer {self._token}"
        connect, read = self._limits.connect_timeout, self._limits.read_timeout
        return self._manager(target).request(
            "GET",
            target,
            headers=headers | self._headers | known.headers(),
            timeout=urllib3.Timeout(connect=connect, read=read),
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )

    def _manager(self, url: str) -> urllib3.PoolManager:
        """Return the connection pools for a URL: each proxy has its own."""
        proxy = self._proxy_for(url)
        if proxy not in self._managers:
            self._managers.setdefault(proxy, new_manager(proxy))
        return self._managers[proxy]

    def _save_body(self, response: urllib3.BaseHTTPResponse, body: IO[bytes]) -> None:
        size = response.length_remaining or 0
        while size <= self._limits.size:
            chunk = response.read(_CHUNK, decode_content=False)
            if not chunk:
                body.seek(0)
                return
            _write_chunk(body, chunk)
            self._on_data(len(chunk))
            size = max(size, response.tell())
        raise DownloadError(FailureReason.TOO_LARGE, f"larger than {self._limits.size} bytes")


def _write_chunk(body: IO[bytes], chunk: bytes) -> None:
    try:
        body.write(chunk)
        body.flush()
    except OSError as error:  # of the disk, which no other attempt helps against
        raise OperationalError([write_error("temporary file", error)]) from error


def _check_response(
    response: urllib3.BaseHTTPResponse, known: Validators, retry: urllib3.Retry
) -> Validators | None:
    """Return the validators of a body, or None if it is known. Raises DownloadError."""
    headers = response.headers
    received = Validators(headers.get("ETag", ""), headers.get("Last-Modified", ""))
    match response.status:
        case HTTPStatus.NOT_MODIFIED if known != UNKNOWN:
            return None
        case HTTPStatus.OK if known.etag and known.etag == received.etag:
            return None  # GitHub has sent ETag and body in spite of If-None-Match
        case HTTPStatus.OK:
            return received
    _discard(response)
    raise classify_response(response, retry)


def _discard(response: urllib3.BaseHTTPResponse) -> None:
    """Read a body that is not needed, if it is short, so that its connection can be reused."""
    with suppress(HTTPError, OSError):
        response.read(_CHUNK)
    response.close()


def _redirect_target(url: str, base: str, location: str) -> str:
    """Return where a redirect leads. Raises DownloadError if it must not be followed."""
    target = urljoin(base, location)
    parts = urlsplit(target)
    if not location or not parts.hostname or parts.scheme not in ("https", urlsplit(url).scheme):
        where = redact_url(target) if location else "nowhere"
        raise DownloadError(FailureReason.REDIRECT, f"redirect to {where} not followed")
    return target
