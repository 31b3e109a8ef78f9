"""Downloads over HTTP: retries, redirects, proxies, limits, and a token for GitHub only.

``urllib3.Retry`` decides how often and after which wait a request is repeated; two loops are ours.
urllib3 repeats a request until its headers arrive, but a body that breaks off has to be requested
again too. It follows redirects from https to http as well, through the proxy of the first host,
and without the token behind a change of host: GitHub sends archives from codeload.github.com.
requests would trust the certificates of certifi and not those of the system, and takes 0.3 s to
import where urllib3 takes 0.2 s.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import make_headers, parse_url

from sbom.diagnostics import InputError, OperationalError
from sbom.diagnostics.io_messages import download_failed, invalid_token
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
class Clock:
    """Where a client reads the time, in seconds, and how it waits for that or for an event."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[threading.Event, float], object] = threading.Event.wait


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
    """Downloads; may be used from several threads, as many as it has ``connections`` at best.

    ``on_data`` is called with the number of bytes of each piece that arrives.
    """

    def __init__(
        self,
        *,
        token: str = "",
        token_origins: frozenset[str] = GITHUB,
        limits: DownloadLimits | None = None,
        retry: urllib3.Retry = RETRY,
        clock: Clock | None = None,
        proxy_for: Callable[[str], str] = system_proxy,
        connections: int = 4,
        on_data: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Send ``token`` to ``token_origins`` only. Raises InputError where it cannot be one."""
        if token and not re.fullmatch(r"[\x21-\x7e]+", token):
            raise InputError([invalid_token()])
        self._token = token
        self._token_origins = token_origins
        self._limits = limits or DownloadLimits()
        self._retry = retry
        self._clock = clock or Clock()
        self._proxy_for = proxy_for
        self._connections = connections
        self._on_data = on_data
        self._managers: dict[str, urllib3.PoolManager] = {}
        self._deadlines: list[Deadline] = []
        self._stopped = threading.Event()

    def get(
        self,
        url: str,
        parse: Callable[[bytes], T],
        known: Validators = UNKNOWN,
        *,
        retry_missing: bool = False,
    ) -> tuple[T, Validators] | None:
        """Return what ``parse`` makes of the body of a URL, or None if it is the one ``known``.

        ``parse`` may raise DownloadError too. With ``retry_missing``, 404 is retried: GitHub
        answers so for a moment after a tag is pushed. Raises OperationalError.
        """
        started, retry = self._clock.now(), self._retry
        if retry_missing:
            retry = retry.new(status_forcelist={*retry.status_forcelist, 404})
        with closing(Deadline(self._limits.total_timeout)) as deadline:
            self._deadlines.append(deadline)
            while True:
                attempts = len(retry.history) + 1
                try:
                    received = self._attempt(url, known, retry, deadline)
                    return received and (parse(received[0]), received[1])
                except DownloadError as error:
                    failure = error
                if not failure.is_retryable or not retry.total:
                    break
                retry = retry.increment("GET", redact_url(url), error=failure)
                wait = failure.retry_after
                wait = retry.get_backoff_time() if wait is None else wait
                if self._clock.now() + wait >= started + self._limits.total_timeout:
                    break
                self._clock.sleep(self._stopped, wait)
        seconds = self._clock.now() - started
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
        self, url: str, known: Validators, retry: urllib3.Retry, deadline: Deadline
    ) -> tuple[bytes, Validators] | None:
        self._check_time(deadline)
        try:
            with closing(self._open(url, known)) as response:
                received = self._receive(response, known, retry)
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

    def _receive(
        self, response: urllib3.BaseHTTPResponse, known: Validators, retry: urllib3.Retry
    ) -> tuple[bytes, Validators] | None:
        """Return the body of a response, or None if it is the one that is known."""
        headers = response.headers
        received = Validators(headers.get("ETag", ""), headers.get("Last-Modified", ""))
        match response.status:
            case HTTPStatus.NOT_MODIFIED if known != UNKNOWN:
                return None
            case HTTPStatus.OK if known.etag and known.etag == received.etag:
                return None  # GitHub has sent ETag and body in spite of If-None-Match
            case HTTPStatus.OK:
                return self._read_body(response), received
        _discard(response)
        raise classify_response(response, retry)

    def _open(self, url: str, known: Validators) -> urllib3.BaseHTTPResponse:
        """Return the response behind all redirects; its body is not read."""
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
        timeout = urllib3.Timeout(
            connect=self._limits.connect_timeout, read=self._limits.read_timeout
        )
        return self._manager(target).request(
            "GET",
            target,
            headers=headers | _HEADERS | known.headers(),
            timeout=timeout,
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )

    def _manager(self, url: str) -> urllib3.PoolManager:
        """Return the connection pools for a URL: each proxy has its own."""
        proxy = self._proxy_for(url)
        if proxy not in self._managers:
            self._managers.setdefault(proxy, new_manager(proxy, self._connections))
        return self._managers[proxy]

    def _read_body(self, response: urllib3.BaseHTTPResponse) -> bytes:
        chunks: list[bytes] = []
        size = response.length_remaining or 0
        while size <= self._limits.size:
            chunk = response.read(_CHUNK, decode_content=False)
            if not chunk:
                return b"".join(chunks)
            chunks.append(chunk)
            self._on_data(len(chunk))
            size = max(size, response.tell())
        raise DownloadError(FailureReason.TOO_LARGE, f"larger than {self._limits.size} bytes")


def _discard(response: urllib3.BaseHTTPResponse) -> None:
    """Read a body that is not needed, if it is short, so that its connection can be reused."""
    with suppress(HTTPError, OSError):
        response.read(_CHUNK)
    response.close()


def _redirect_target(url: str, base: str, location: str) -> str:
    """Return where a redirect leads. Raises DownloadError where it must not be followed."""
    target = urljoin(base, location)
    parts = urlsplit(target)
    if not location or not parts.hostname or parts.scheme not in ("https", urlsplit(url).scheme):
        where = redact_url(target) if location else "nowhere"
        raise DownloadError(FailureReason.REDIRECT, f"redirect to {where} not followed")
    return target
