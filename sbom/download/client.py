"""An address to its bytes, whole, in time and from where they should come; the only network.

Asks again, later and later, whatever may pass: no connection, a broken one, silence, an answer
that ends early, 429, 5xx. The token goes to the origins it is for and to no other; it is in no
message, and no address in a message holds a password or a query.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3 import exceptions as http_errors

from sbom.diagnostics import Code, Diagnostic, InputError, OperationalError
from sbom.download.addresses import credentials, origin, shown, system_proxy
from sbom.download.attempt import NO_ADDRESS, AttemptError, explained
from sbom.download.transport import DEADLINE, Deadline, Pools

T = TypeVar("T")

GITHUB = frozenset(
    f"https://{host}" for host in ("github.com", "api.github.com", "codeload.github.com")
)
_CHUNK = 1 << 16
_DIGITS = 20
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """How long and how much: seconds, bytes and times.

    ``total`` is for one address with every attempt and wait; ``base`` and ``longest`` are of the
    wait before another attempt, ``retry_after`` the most a server may ask for.
    """

    connect: float = 15
    silence: float = 30
    total: float = 600
    size: int = 512 << 20
    attempts: int = 6
    redirects: int = 5
    base: float = 0.5
    longest: float = 30
    retry_after: float = 120


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What else a download needs of the world: clocks, sleep, chance, the proxy of an address."""

    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], object] | None = None
    chance: Callable[[], float] = random.random
    proxy_for: Callable[[str], str] = system_proxy


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server says identifies a version of an answer, to ask it whether there is a newer."""

    etag: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of an answer, readable once; ``length`` is what the server says, -1 for nothing."""

    chunks: Iterator[bytes]
    length: int
    validators: Validators


class IncompleteError(Exception):
    """Raised by who reads a body that turns out to be a part of what it should be."""


class Client:
    """Downloads, from as many threads as there are ``connections``."""

    def __init__(
        self,
        *,
        token: str = "",
        origins: frozenset[str] = GITHUB,
        bounds: Bounds | None = None,
        surroundings: Surroundings | None = None,
        connections: int = 4,
    ) -> None:
        """Send ``token`` to ``origins`` only. Raises UnusableError if it cannot be one."""
        if token and not re.fullmatch(r"[\x21-\x7e]+", token):
            message = "is no token: it holds a blank, a line end or a character that is not ASCII"
            raise InputError([_problem("GITHUB_TOKEN", message, "set it again, or unset it")])
        self.bounds = bounds or Bounds()
        self._token = token
        self._origins = origins
        self._around = surroundings or Surroundings()
        self._stopped = threading.Event()
        self._sleep = self._around.sleep or self._stopped.wait
        self._pools = Pools(self._around.proxy_for, connections)

    def get(
        self,
        url: str,
        use: Callable[[Body], T],
        known: Validators | None = None,
        *,
        fresh: bool = False,
    ) -> T | None:
        """Return what ``use`` makes of the bytes at ``url``, or None if they are those ``known``.

        ``use`` is called once for each attempt, and raises IncompleteError to ask for another.
        With ``fresh``, 404 is asked again: GitHub answers so for a moment after a tag is made.
        Raises OutsideError, which names ``url``.
        """
        clock = self._around.clock
        started = clock()
        deadline = Deadline(clock, started + self.bounds.total, self._stopped)
        for attempt in range(1, self.bounds.attempts + 1):
            try:
                return self._attempt(url, use, known or Validators(), deadline, fresh=fresh)
            except AttemptError as error:
                failed = error
            wait = self._wait(attempt) if failed.wait is None else failed.wait
            more = failed.again and attempt < self.bounds.attempts
            if not more or clock() + wait >= deadline.at:
                break
            self._sleep(wait)
        times = f", {attempt} times in {clock() - started:.0f} s" if attempt > 1 else ""
        raise OperationalError([_problem(shown(url), failed.message + times, failed.hint)])

    def stop(self) -> None:
        """End every download under way, as soon as it sends something or falls silent."""
        self._stopped.set()

    def close(self) -> None:
        """Close the connections."""
        self._pools.close()

    def _wait(self, attempt: int) -> float:
        """Return how long to wait: anything up to twice as long as before."""
        limit: float = min(self.bounds.longest, self.bounds.base * 2**attempt)
        return self._around.chance() * limit

    def _attempt(
        self,
        url: str,
        use: Callable[[Body], T],
        known: Validators,
        deadline: Deadline,
        *,
        fresh: bool,
    ) -> T | None:
        DEADLINE.set(deadline)
        with ExitStack() as stack:
            with self._network(deadline):
                response = self._answer(url, known, deadline)
            stack.callback(response.release_conn)
            stack.callback(response.close)
            if response.status == HTTPStatus.NOT_MODIFIED:
                return None
            if response.status != HTTPStatus.OK:
                _spend(response)
                raise self._refused(response, fresh=fresh)
            header = response.headers.get
            said = Validators(header("ETag", ""), header("Last-Modified", ""))
            if known.etag and said.etag == known.etag:
                return None  # GitHub has sent the ETag and the body in spite of If-None-Match
            length = header("Content-Length", "")
            size = int(length) if length.isdecimal() and len(length) < _DIGITS else -1
            try:
                return use(Body(self._chunks(response, size, deadline), size, said))
            except IncompleteError as error:
                raise AttemptError(str(error), again=True) from error

    @contextmanager
    def _network(self, deadline: Deadline) -> Iterator[None]:
        """Turn what a connection raises into an attempt that failed."""
        try:
            yield
        except (http_errors.HTTPError, OSError, ValueError) as error:
            if not deadline.over:
                raise explained(error, self.bounds.connect, self.bounds.silence) from error
            late = f"took longer than {self.bounds.total:g} s"
            message = "was stopped" if self._stopped.is_set() else late
            raise AttemptError(message, again=False) from error

    def _answer(self, url: str, known: Validators, deadline: Deadline) -> urllib3.BaseHTTPResponse:
        """Return the answer at the end of the redirects."""
        at = url
        for _ in range(self.bounds.redirects + 1):
            target, headers = self._request(at, url, known)
            pool = self._pools.to(target)
            timeout = urllib3.Timeout(
                connect=min(self.bounds.connect, deadline.left()),
                read=min(self.bounds.silence, deadline.left()),
            )
            response = pool.request(
                "GET",
                target,
                headers=headers,
                timeout=timeout,
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            if response.status not in _REDIRECTS:
                return response
            _spend(response)
            at = _redirected(url, at, response.headers.get("Location", ""))
        message = f"redirects more than {self.bounds.redirects} times, last to {shown(at)}"
        raise AttemptError(message, "look at the address in a browser", again=False)

    def _request(self, at: str, url: str, known: Validators) -> tuple[str, dict[str, str]]:
        """Return the address to ask and the headers: the token only for its own origins."""
        if not at.startswith(("http://", "https://")) or not urlsplit(at).hostname:
            raise AttemptError(NO_ADDRESS, again=False)
        target, headers = credentials(at)
        if not headers and origin(at) == origin(url):
            headers = credentials(url)[1]
        if not headers and self._token and origin(at) in self._origins:
            headers["Authorization"] = f"Bearer {self._token}"
        headers["User-Agent"] = "cpython-windows-sbom"
        headers["Accept-Encoding"] = "identity"
        if known.etag:
            headers["If-None-Match"] = known.etag
        elif known.modified:
            headers["If-Modified-Since"] = known.modified
        return target, headers

    def _chunks(
        self, response: urllib3.BaseHTTPResponse, size: int, deadline: Deadline
    ) -> Iterator[bytes]:
        while size <= self.bounds.size:
            with self._network(deadline):
                data = response.read(_CHUNK, decode_content=False)
            if not data:
                return
            yield data
            size = max(size, response.tell())
        raise AttemptError(f"is larger than {self.bounds.size} bytes", again=False)

    def _refused(self, response: urllib3.BaseHTTPResponse, *, fresh: bool) -> AttemptError:
        status = response.status
        asked = response.headers.get("Retry-After", "")
        again = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
        again |= status == HTTPStatus.FORBIDDEN and bool(asked)  # how GitHub says 429 as well
        again |= status == HTTPStatus.NOT_FOUND and fresh
        wait = self._asked(asked) if again and asked else None
        return AttemptError(
            f"answered {_named(status)}", _HINTS.get(status, ""), again=again, wait=wait
        )

    def _asked(self, text: str) -> float | None:
        """Return the seconds a Retry-After asks for, none below 0 or above the bound."""
        seconds: float | None = None
        with suppress(ValueError, OverflowError):
            if text.strip().isdecimal():
                seconds = float(text)
            else:
                seconds = parsedate_to_datetime(text).timestamp() - self._around.now()
        return None if seconds is None else min(max(seconds, 0), self.bounds.retry_after)


def _spend(response: urllib3.BaseHTTPResponse) -> None:
    """Read what comes with an answer that is not the one, so that its connection can be used."""
    with suppress(http_errors.HTTPError, OSError):
        response.read(_CHUNK)
    response.close()


def _redirected(base: str, at: str, location: str) -> str:
    target = urljoin(at, location)
    allowed = {"https", urlsplit(base).scheme}
    if not location or urlsplit(target).scheme not in allowed or not urlsplit(target).hostname:
        message = f"redirects to {shown(target) if location else 'nowhere'}"
        raise AttemptError(message, "only https is followed", again=False)
    return target


def _problem(file: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code=Code.DOWNLOAD_FAILED, file=file, message=message, hint=hint)


def _named(status: int) -> str:
    with suppress(ValueError):
        return f"{status} {HTTPStatus(status).phrase}"
    return str(status)


_HINTS = {
    401: "check GITHUB_TOKEN, or unset it",
    403: "check GITHUB_TOKEN, or unset it",
    404: "check organization, repository and tag, and whether GITHUB_TOKEN may read them",
    407: "give the proxy's user and password in HTTPS_PROXY",
    429: "wait a while; with GITHUB_TOKEN set, more is allowed",
}
